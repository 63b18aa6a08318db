"""From what the model claimed to the answer: every claim is checked, and code says how far it holds."""

from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.gather import SPAN_KINDS
from playhead_agent.limits import Limits, Meter
from playhead_agent.plan import KINDS_TO_READ
from playhead_agent.state import Context, scope_from_json
from playhead_agent.with_tools.state import ToolContext, ToolState
from playhead_index.window import Window
from playhead_tools.cite import CheckReport, check_claims, reads_like_orders, stored_texts
from playhead_tools.confidence import MENTION_ONLY, confidence
from playhead_tools.details import NOT_STATED
from playhead_tools.evidence import (
    Answer,
    Claim,
    Interval,
    Reason,
    coverage_sentence,
    listed,
    uncertainty_notes,
)
from playhead_tools.extent import places_spelled_alike, with_extent
from playhead_tools.match import content_words
from playhead_tools.numbers import numbers_in
from playhead_tools.question import parse_question
from playhead_tools.spec import QuestionSpec
from playhead_tools.temporal.scan import Scan
from playhead_tools.toolbox import Kit
from playhead_tools.toolbox.scanning import scan_of
from playhead_tools.verdict_rules import (
    NEGATIVE,
    SearchedExtent,
    allowed_verdict,
    kinds_of,
    missing_detail,
    statement_made,
)  # fmt: skip

LEAST_S = 1.0
_NOT_ANSWERED: dict[Reason, str] = {
    "absent": "Nothing in what was asked about says or shows it.",
    "unknown": "What was found does not answer the question.",
    "false_premise": "The question takes for granted what was not found to be so.",
    "ambiguous": "The question can mean several things.",
}


def answer_of(state: ToolState, run: ToolContext) -> Answer:
    """The checked answer of a run that the model has ended."""
    kit, context = run.toolbox.kit, run.context
    conclusion = kit.conclusion
    if conclusion is None:
        raise ValueError("the model has not ended the question yet")
    if "abstained" in conclusion:
        return _abstained(state, run, conclusion["abstained"])
    claims = [Claim(row["text"], tuple(row["evidence_ids"])) for row in conclusion["claims"]]
    report = check_claims(claims, kit.grounds())
    dropped = [
        f"dropped {'citation ' + lost.evidence_id + ' of' if lost.evidence_id else 'claim'}"
        f" “{lost.claim[:120]}”: {lost.why}"
        for lost in report.dropped
    ]
    if not report.kept:
        answer = code_answer(state, context, "no claim of the model held", limit=False)
        return replace(answer, notes=tuple(dict.fromkeys([*dropped, *answer.notes])))
    return _kept(state, run, report, len(report.kept) / len(claims), dropped)


def _kept(
    state: ToolState, run: ToolContext, report: CheckReport, share: float, notes: Sequence[str]
) -> Answer:
    kit, extent = run.toolbox.kit, extent_of(run)
    coverage = extent.coverage
    ids = list(dict.fromkeys(i for claim in report.kept for i in claim.evidence_ids))
    records = [kit.table.records[i] for i in ids]
    texts = stored_texts(kit.catalog, records)
    claims = tuple(_borne_out(claim, kit) for claim in report.kept)
    spec = parse_question(state["question"])
    is_sure = _is_sure(kit, spec, claims, ids) and _may_say(spec, claims, extent)
    text = ". ".join(f"{c.text.rstrip('. ')} [{', '.join(c.evidence_ids)}]" for c in claims) + "."
    seen = any(record.kind in ("picture", "metadata") for record in records)
    missing = None if seen else missing_detail(spec, claims, texts, by_model=True)
    if missing is not None:
        text = f"Mentioned here; {NOT_STATED[missing]}:\n{text}"
        text += f"\n{coverage_sentence(coverage)}" if coverage else ""
    elif not is_sure:
        text = f"In what was searched:\n{text}" + (f"\n{coverage_sentence(coverage)}" if coverage else "")
    is_sure = is_sure and missing is None
    places = {video.video_id: video for video in kit.videos()}
    orders = [i for i in ids if reads_like_orders(texts[i])]
    if orders:
        notes = [*notes, f"{listed(orders)} reads like an instruction to a model; it was taken as data"]
    return Answer(
        text=text,
        status="answered" if is_sure else "partial",
        reason="" if is_sure else "unknown",
        intervals=tuple(Interval(r.video_id, places[r.video_id].path, r.window, r.id) for r in records),
        claims=claims,
        coverage=coverage,
        confidence=confidence(
            records,
            partly_searched=not is_sure,
            unfinished=coverage is not None and bool(coverage.unfinished),
            claims_kept=share * (1.0 if missing is None else MENTION_ONLY),
        ),
        cost=_cost(run.context.meter, kit),
        evidence=tuple(replace(record, text=texts[record.id]) for record in records),
        notes=tuple(dict.fromkeys([*state["notes"], *notes, *uncertainty_notes(records)])),
        question=state["question"],
    )


def _borne_out(claim: Claim, kit: Kit) -> Claim:
    """A claim that gives a reckoned number and cites all that it was reckoned from is supported."""
    said, cited = numbers_in(claim.text), set(claim.evidence_ids)
    told = any(row.get("value") in said and set(row["ids"]) <= cited for row in kit.reckoned)
    told &= not all(kit.table.records[i].is_uncertain for i in claim.evidence_ids)
    return replace(claim, status="supported") if told else claim


def _is_sure(kit: Kit, spec: QuestionSpec, claims: Sequence[Claim], ids: Sequence[str]) -> bool:
    """Whether the answer is more than partial: something in it is supported, and a count is of all.

    How often, in which order, the first, the last: only what was reckoned over a whole scan is sure.
    """
    if all(claim.status == "unverified" for claim in claims):
        return False
    needs_whole = spec.intent in ("count", "order") or spec.ordinal is not None
    if not needs_whole or spec.of_things or spec.of_video:
        return True
    whole = [row for row in kit.reckoned if row["complete"] and row["op"] not in ("gap", "relation")]
    return any(set(row["ids"]) & set(ids) for row in whole)


def extent_of(run: ToolContext) -> SearchedExtent:
    """What of the scope the tools have searched, scanned and viewed."""
    kit = run.toolbox.kit
    stretches = list(kit.stretches().items())
    viewed = [
        (video_id, Window(*window))
        for scan in kit.scans
        if scan["where"] != "words"
        for video_id, windows in scan["seen"].items()
        for window in windows
    ]
    coverage = with_extent(run.toolbox.coverage(), run.context.extents, stretches, viewed)
    scan = Scan(dict(stretches), {v: [w for u, w in viewed if u == v] for v, _ in viewed})
    return SearchedExtent(coverage, pictures_viewed=bool(viewed) and scan.whole)


def _may_say(spec: QuestionSpec, claims: Sequence[Claim], extent: SearchedExtent) -> bool:
    """Whether a no, or a never, of the model says no more than all that was searched can tell."""
    made = statement_made(spec, " ".join(claim.text for claim in claims))
    return made not in NEGATIVE or allowed_verdict(made, kinds_of(spec), extent).is_allowed


def _abstained(state: ToolState, run: ToolContext, said: Reason) -> Answer:
    """No answer; the model's own "absent" counts only as far as a scan bears it out."""
    kit, extent = run.toolbox.kit, extent_of(run)
    coverage, spec = extent.coverage, parse_question(state["question"])
    reason: Reason = said
    if said == "absent":
        allowed = allowed_verdict("absent", kinds_of(spec), extent)
        reason = allowed.reason if is_absent(kit, spec) and _is_spelled_nowhere(run, spec) else "unknown"
    text = _NOT_ANSWERED[reason] + (f"\n{coverage_sentence(coverage)}" if coverage is not None else "")
    cost = _cost(run.context.meter, kit)
    notes = tuple(state["notes"])
    return Answer(
        text, "abstained", reason, coverage=coverage, cost=cost, notes=notes, question=state["question"]
    )


def _is_spelled_nowhere(run: ToolContext, spec: QuestionSpec) -> bool:
    """Whether no stored text of the scope holds what was asked in another spelling (`U.S.A.` for `USA`)."""
    kit, kinds = run.toolbox.kit, [kind for kind in SPAN_KINDS if kind in KINDS_TO_READ[spec.wanted]]
    stretches, least = list(kit.stretches().items()), run.context.thresholds.supported
    places = [
        places_spelled_alike(kit.catalog, stretches, kinds, target, least, max_found=1)
        for target in spec.targets
    ]
    return all(one.is_complete and not one.span_ids for one in places)


def is_absent(kit: Kit, spec: QuestionSpec) -> bool:
    """Whether scans for what was asked went through all of the scope and found nothing.

    Words rule out what would be said or written; what would be shown needs a scan of the pictures too.
    """
    needed = {"speech": {"words"}, "screen": {"words"}, "picture": {"pictures"}, "any": {"words", "pictures"}}
    asked, whole = content_words(spec.text), {v: [w.start_s, w.end_s] for v, w in kit.stretches().items()}
    done: set[str] = set()
    for scan in kit.scans:
        if scan["ids"] or not content_words(scan["what"]) & asked:
            continue
        if scan["scope"] == whole and scan_of(scan).whole:
            done |= {"words", "pictures"} if scan["where"] == "both" else {scan["where"]}
    return needed[spec.wanted] <= done


def code_answer(state: ToolState, context: Context, why: str, *, limit: bool) -> Answer:
    """The answer that code makes of the library alone, with a note that says why it is one.

    Args:
        state: the run.
        context: its seams; the chat model is not asked.
        why: the tools were given up.
        limit: a limit was reached: such an answer is never `answered`.
    """
    from playhead_agent.run import ask  # the rule-based strategy, within the time that is left

    seconds = max(LEAST_S, context.meter.remaining_s)
    clock = context.meter.clock
    limits = Limits(seconds=seconds)
    alone = replace(context, llm=None, chat=None, limits=limits, meter=Meter(limits, clock))
    answer = ask(state["question"], context=alone, scope=scope_from_json(state.get("scope")))
    said = f"extractive answer: {why}"
    cost = {**context.meter.cost(), "searches": context.meter.searches + answer.cost.get("searches", 0)}
    answer = replace(answer, notes=(said, *answer.notes), cost=cost, thread_id="", fallback=said)
    if not limit or answer.status == "abstained":
        return answer
    text = f"{answer.text}\nThe run ended early: {why}."
    return replace(answer, status="partial", reason="budget", text=text)


def _cost(meter: Meter, kit: Kit) -> dict[str, float]:
    """What the run used, the looks of the tools among it."""
    looks = {name: round(amount, 3) for name, amount in kit.used.items() if amount and name != "searches"}
    return {**meter.cost(), "searches": round(kit.used["searches"]), **looks}
