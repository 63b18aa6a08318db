"""From evidence to answer: what the last nodes do, and what is left of a run that was stopped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from playhead_agent.finalise import (
    Computation,
    Ledger,
    ScanRecord,
    check_draft,
    dropped_notes,
    finalise,
    written,
)
from playhead_agent.models.invoke import failure_of
from playhead_agent.perception.conclude import (
    is_negative,
    seen_claims,
    seen_finding,
    seen_judgement,
    seen_negative,
    sight_of,
)  # fmt: skip
from playhead_agent.perception.session import ObservedClip
from playhead_agent.question import Question
from playhead_agent.rules.choose_option import chosen_option
from playhead_agent.rules.extractive import (
    AnswerContext,
    Lost,
    abstention,
    computed_numbers,
    extractive_claims,
)
from playhead_agent.rules.llm_writer import written_claims
from playhead_agent.rules.passage_confidence import PassageFeatures
from playhead_agent.rules.passages import sentence_of, spans_of_sentence
from playhead_agent.rules.plan import KINDS_TO_READ
from playhead_agent.rules.reasoning import TemporalResult, finding_in, reason
from playhead_agent.rules.retrieve import SPAN_KINDS, of_spans
from playhead_agent.rules.score_evidence import speaker_labels
from playhead_agent.rules.speakers import speaking_finding
from playhead_agent.rules.verdict import AnswerVerdict, judge, why_missing
from playhead_agent.rules.word_forms import (
    asks_for_words,
    forms_of,
    split_forms,
    with_forms,
    with_occurrences,
)
from playhead_agent.state import (
    Context,
    SegmentRef,
    State,
    coverage_of,
    evidence_in,
    evidence_of,
    spec_of,
    stretches_of,
)
from playhead_agent.verification.drafts import Draft
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable
from playhead_index.speakers import with_speaker
from playhead_index.store.catalog import SpanRow
from playhead_index.store.recordings import read_clock
from playhead_index.window import Window
from playhead_tools.citations import (
    CheckReport,
    reads_like_orders,
    texts_of,
    without_markers,
)  # fmt: skip
from playhead_tools.confidence import MENTION_ONLY, OTHER_FORM
from playhead_tools.details import NOT_STATED, Detail, required_detail
from playhead_tools.evidence import (
    Answer,
    Claim,
    Reason,
    Status,
    coverage_sentence,
    is_any_searched,
    listed,
)  # fmt: skip
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.extent import places_spelled_alike, places_that_say, with_extent
from playhead_tools.options import declining
from playhead_tools.retrieval import read_spans
from playhead_tools.speaking import ScopeSpeakers, with_unknown_speakers
from playhead_tools.spec import QuestionSpec
from playhead_tools.verdict_rules import (
    SearchedExtent,
    allowed_verdict,
    kinds_of,
    missing_detail,
    statement_asked,
    statement_made,
)  # fmt: skip

MAX_PLACES = 3
NEAR_SPEAKER_S = 30.0
"""What somebody else says is close to the words of a speaker within so much time."""
NO_SEARCH_TERM = "No search term was found in the question; name one, such as: when is entropy mentioned?"
_OPS = {"count": "count", "nth": "nth", "how_long": "total_duration", "order": "order", "gap": "gap"}
"""What `Computation.op` calls what a finding computes."""
BEST_PASSAGES = "No certain answer; the passages that fit best"
NEAREST_PASSAGES = "No passage holds a word of the question; the closest in meaning"
NO_SUMMARY = "No summary was written, for which it takes a chat model (--model); sentences from each topic"
NO_CLAIM_HELD = "extractive answer: no statement of the chat model passed the citation check"


def reckoned(state: State, context: Context) -> TemporalResult:
    """The finding for the evidence in a state."""
    sight = sight_of(state)
    if sight is not None:
        return seen_finding(sight, evidence_in(state, context))
    spec = spec_of(state)
    anchors = spec.relation.anchors if spec.relation is not None else ()
    kinds = [spec.wanted, *(anchor.kind for anchor in anchors if anchor.kind != "any")]
    whole = state["whole"] and allowed_verdict("count", kinds, extent_of(state, context)).is_allowed
    if spec.speaking:
        stretches = stretches_of(state["stretches"])
        is_heard = allowed_verdict("duration", ["speech"], extent_of(state, context)).is_allowed
        return speaking_finding(spec, evidence_in(state, context), stretches, context, is_heard=is_heard)
    records = {record.id: record for record in evidence_in(state, context)}
    spans = context.cache.spans_of(records.values())
    texts = texts_of(context.catalog, records.values(), spans)
    counting, forms = split_forms(spec, list(records.values()), texts)
    clock = read_clock(context.catalog)
    found = reason(spec, counting, whole, context.limits.anchors, cut=state["cut"], clock=clock)
    return with_forms(with_occurrences(found, spec, records, spans), forms)


def judged(state: State, context: Context) -> AnswerVerdict:
    """What may be said of the finding in a state."""
    sight = sight_of(state)
    if sight is not None:
        return seen_judgement(sight, spec_of(state), extent_of(state, context))
    finding = finding_in(state, context)
    features = state.get("features")
    passage = None if features is None else PassageFeatures(**features)
    return judge(spec_of(state), finding, evidence_in(state, context), extent_of(state, context), passage)


def extent_of(state: State, context: Context) -> SearchedExtent:
    """What of the scope of a question was searched and viewed."""
    viewed = viewed_of(state)
    stretches = stretches_of(state["stretches"])
    sight = sight_of(state)
    coverage = with_extent(coverage_of(state), context.extents, stretches, viewed)
    spec = spec_of(state)
    if spec.speakers or spec.speaking or required_detail(spec) == "speaker":
        num_unknown = ScopeSpeakers(context.catalog, [video_id for video_id, _ in stretches]).num_unknown
        coverage = with_unknown_speakers(coverage, num_unknown)
    return SearchedExtent(
        coverage,
        picture_threshold=context.thresholds.picture is not None,
        pictures_viewed=sight is not None and sight.whole and bool(viewed),
    )


def viewed_of(state: State) -> list[SegmentRef]:
    """The windows of a run for which a video-LLM did not decline to answer."""
    seen = [ObservedClip.from_json(row).look for row in state["looks"] if "failed" not in row]
    return [(look.video_id, look.window) for look in seen if not look.declines]


def verified(state: State, context: Context) -> dict[str, Any]:
    """The judgement on a state; before absence is stated, other spellings of what was asked are compared.

    Returns:
        The keys of the state that change.
    """
    judgement = judged(state, context)
    lost = lost_of(state)
    near = spans_near_speakers(lost, state, context) if judgement.status == "abstained" else []
    if near:
        who = listed(list(spec_of(state).speakers))
        where = f"cited is where it comes up close to what {who} says"
        note = f"nothing that {who} says matches “{lost.text}”; {where}"
        return _judged_with(near, note, state, context)
    if judgement.status != "abstained" or judgement.reason != "absent" or sight_of(state) is not None:
        return {"verdict": judgement.to_json()}
    kinds = [kind for kind in SPAN_KINDS if kind in KINDS_TO_READ[lost.kind]]
    if not lost.text:
        return {"verdict": judgement.to_json()}
    stretches, min_match = stretches_of(state["stretches"]), context.thresholds.supported
    alike = places_spelled_alike(context.catalog, stretches, kinds, lost.text, min_match)
    if not alike.span_ids:
        reason: Reason = "absent" if alike.is_complete else "unknown"
        return {"verdict": replace(judgement, reason=reason).to_json()}
    spans = read_spans(context.catalog, alike.span_ids)
    labels = speaker_labels(spec_of(state).speakers, stretches, context)
    if labels is not None:
        said = {i: span for i, span in spans.items() if span.words.speaker in labels.get(span.video_id, ())}
        if not said:
            return {"verdict": judgement.to_json()}
        spans = said
    windows = ", ".join(f"{span.words.window}" for span in spans.values())
    note = f"“{lost.text}” may stand at {windows} in another spelling"
    if lost.is_anchor:
        changed = replace(judgement, reason="unknown")
        return {"verdict": changed.to_json(), "notes": [*state["notes"], note]}
    return _judged_with(list(spans.values()), note, state, context)


def spans_near_speakers(lost: Lost, state: State, context: Context) -> list[SpanRow]:
    """The first spans in which others say what is asked, close to words of the speakers that are asked about.

    Who answers what another says does not name it again. None where it is asked whether somebody says it.
    """
    spec = spec_of(state)
    is_asked = spec.speakers and lost.text and not lost.is_anchor and not spec.speaking
    if not is_asked or spec.intent != "describe" or required_detail(spec) == "speaker":
        return []
    stretches = stretches_of(state["stretches"])
    places = places_that_say(
        context.catalog, stretches, ["speech"], lost.text, spec.quoted, context.thresholds.supported
    )
    labels = speaker_labels(spec.speakers, stretches, context) or {}
    found = list[SpanRow]()
    for span in read_spans(context.catalog, places.span_ids).values():
        window, own = span.words.window, labels.get(span.video_id, ())
        around = Window(max(0.0, window.start_s - NEAR_SPEAKER_S), window.end_s + NEAR_SPEAKER_S)
        if any(one.words.speaker in own for one in context.catalog.spans(span.video_id, "speech", around)):
            found.append(span)
        if len(found) == MAX_PLACES:
            break
    return found


def _judged_with(spans: Sequence[SpanRow], note: str, state: State, context: Context) -> dict[str, Any]:
    """The judgement with some spans as unverified evidence: the keys of the state that change."""
    min_match = context.thresholds.supported
    table = EvidenceTable.of(evidence_in(state, context), context.limits.evidence + len(spans))
    for span in spans:
        table.add(of_spans([span], "unverified", min_match, "target0", (span.words.kind,)))
    update: dict[str, Any] = {
        "evidence": [record.to_json(compact=True) for record in table.records.values()],
        "notes": [*state["notes"], note],
    }
    now: State = {**state, **update}  # type: ignore[typeddict-item]
    update["finding"] = reckoned(now, context).to_json()
    return {**update, "verdict": judged({**now, "finding": update["finding"]}, context).to_json()}


def lost_of(state: State) -> Lost:
    """What was not found: the target of a question, or the anchor that it is tied to."""
    spec = spec_of(state)
    if spec.relation is not None and not any(e.role.startswith("anchor") for e in evidence_of(state)):
        anchor = spec.relation.anchors[0]
        return Lost(anchor.text, anchor.kind, is_anchor=True)
    return Lost(", ".join(spec.targets), spec.wanted)


def draft_claims(state: State, context: Context) -> tuple[dict[str, Any], list[str]]:
    """The claims of the answer, not yet checked, who wrote them, and notes.

    Raises:
        CostLimit: the model calls are used up.
        TimeLimit: the seconds are used up.
    """
    answer_context = answer_context_of(state, context)
    is_counted = answer_context.finding.op == "speaking"
    if context.chat is None or is_counted or state["verdict"]["status"] == "abstained":
        answer_context.notes.extend(_suspicious(answer_context))
        return _draft(_code_claims(state, answer_context), "code"), answer_context.notes
    try:
        claims, no_answer = written_claims(answer_context, context, answer_context.notes)
    except (ModelUnavailable, ModelOutputInvalid) as error:
        fallback = f"extractive answer: {failure_of(error)}"
        answer_context.notes.insert(0, fallback)
        return _draft(_code_claims(state, answer_context), "code", fallback=fallback), answer_context.notes
    answer_context.notes.extend(_suspicious(answer_context))
    return _draft(claims, "model", no_answer), answer_context.notes


def _code_claims(state: State, answer_context: AnswerContext) -> list[Claim]:
    sight = sight_of(state)
    return extractive_claims(answer_context) if sight is None else seen_claims(sight, answer_context)


def _draft(claims: Sequence[Claim], by: str, no_answer: str = "", fallback: str = "") -> dict[str, Any]:
    rows = [{"text": without_markers(c.text), "evidence_ids": list(c.evidence_ids)} for c in claims]
    return {"claims": rows, "by": by, "no_answer": no_answer, "fallback": fallback}


def _suspicious(answer_context: AnswerContext) -> list[str]:
    found = [i for i, text in answer_context.texts.items() if reads_like_orders(text)]
    return [f"{', '.join(found)} reads like an instruction to a model; it was taken as data"] if found else []


def answer_context_of(state: State, context: Context) -> AnswerContext:
    """What sentences are made of, the words read from the catalog; without notes."""
    inputs = (state["spec"], state["finding"], state["stretches"], state.get("evidence", []))
    answer_context = context.cache.once("material", inputs, lambda: _read_material(state, context))
    return replace(answer_context, notes=[])


def _read_material(state: State, context: Context) -> AnswerContext:
    evidence = {record.id: record for record in evidence_in(state, context)}
    spans = context.cache.spans_of(evidence.values())
    texts = texts_of(context.catalog, evidence.values(), spans)
    own = {i: [spans[n] for n in one.span_ids if n in spans] for i, one in evidence.items()}
    speakers = context.cache.speakers
    said_by = {i: speakers.of_spans(spans_of_sentence(one, own[i])) for i, one in evidence.items()}
    evidence = {
        i: one if one.speaker == said_by[i] else replace(one, speaker=said_by[i])
        for i, one in evidence.items()
    }
    quotes = {
        i: sentence_of(one, own[i], context.catalog)
        for i, one in evidence.items()
        if one.sentence_s is not None
    }
    finding = finding_in(state, context)
    stretches = tuple(stretches_of(state["stretches"]))
    videos = context.cache.videos(video_id for video_id, _ in stretches)
    return AnswerContext(
        spec_of(state), finding, evidence, texts, videos, spans=spans, stretches=stretches, quotes=quotes
    )


@dataclass(frozen=True, slots=True)
class _Checked:
    """The claims that held, against what, by whom, which part of those written, and what is to be noted."""

    report: CheckReport
    ledger: Ledger
    by_model: bool
    share: float
    notes: tuple[str, ...]


def final_answer(state: State, context: Context) -> Answer:
    """The checked answer of a state that has a draft, or a refusal."""
    refusal = state["refusal"]
    if refusal is not None:
        reason: Any = refusal["reason"]
        return _answer(state, context, refusal["text"], "abstained", reason)
    if state["draft"]["no_answer"]:
        return _model_found_nothing(state, context, state["draft"]["no_answer"])
    answer_context = answer_context_of(state, context)
    checked = _checked(state, context, answer_context)
    sight = sight_of(state)
    if sight is not None and is_negative(sight) and state["verdict"]["status"] != "abstained":
        judgement = AnswerVerdict(**state["verdict"])
        coverage = extent_of(state, context).coverage
        text = seen_negative(sight, coverage, is_sure=judgement.status != "partial")
        draft = Draft(
            by="code",
            status=judgement.status,
            reason=judgement.reason,
            text=text,
            confidence=judgement.confidence,
            choice=sight.choice,
        )
        return _finalised(state, context, draft, CheckReport((), ()), checked.notes)
    if not checked.report.kept:
        nothing = _nothing(state, context, checked.notes)
        return replace(nothing, choice=declining(answer_context.spec.options))
    choice, by = (None, "") if sight is None else (sight.choice, "")
    if sight is None and answer_context.spec.options:
        choice, by = chosen_option(answer_context, checked.report.kept)
        declines = declining(answer_context.spec.options)
        if declines is not None and all(
            answer_context.evidence[i].verdict != "supported" for i in cited_by(checked)
        ):
            choice, by = declines, ""  # the closest words are not what was asked, and that can be said
    answer = _kept(state, context, answer_context, _telling(checked, by))
    return replace(answer, choice=choice)


def cited_by(checked: _Checked) -> set[str]:
    """The evidence that the claims which held cite."""
    return {i for claim in checked.report.kept for i in claim.evidence_ids}


def _telling(checked: _Checked, evidence_id: str) -> _Checked:
    """Only the claims that cite the evidence which chose an option, where one did."""
    kept = tuple(claim for claim in checked.report.kept if evidence_id in claim.evidence_ids)
    return replace(checked, report=replace(checked.report, kept=kept)) if evidence_id and kept else checked


def _checked(state: State, context: Context, answer_context: AnswerContext) -> _Checked:
    ledger = _ledger(state, context, answer_context)
    draft = state["draft"]
    claims = tuple(Claim(row["text"], tuple(row["evidence_ids"])) for row in draft["claims"])
    by_model = draft["by"] == "model"
    unchecked = Draft(claims, by="model" if by_model else "code")
    report = check_draft(unchecked, ledger, context, use_model=False)  # the model only words what rules found
    notes = [*state["notes"], *dropped_notes(report.dropped)]
    if report.kept or not by_model:
        return _Checked(report, ledger, by_model, len(report.kept) / max(1, len(claims)), tuple(notes))
    notes.append(NO_CLAIM_HELD)
    by_code = Draft(tuple(_code_claims(state, answer_context)), by="code")
    return _Checked(check_draft(by_code, ledger, context), ledger, False, 1.0, tuple(notes))


def _ledger(state: State, context: Context, answer_context: AnswerContext) -> Ledger:
    """What a run of rules has established: its words were all judged, so that a search of it is a scan."""
    finding, spec = answer_context.finding, answer_context.spec
    ids = tuple(finding.evidence_ids)
    targets = [one for one in answer_context.evidence.values() if one.role.startswith("target")]
    num_found = sum(one.verdict == "supported" for one in targets)
    return Ledger(
        answer_context.evidence,
        extent_of(state, context),
        stretches_of(state["stretches"]),
        stretches_of(state["looked_at"]),
        [Computation(n, ids, finding.complete, _OPS.get(finding.op, "")) for n in computed_numbers(finding)],
        scans=[ScanRecord(", ".join(spec.targets), "words", state["whole"], num_found)],
        texts={
            i: with_speaker(text, answer_context.evidence[i].speaker)
            for i, text in answer_context.texts.items()
        },
    )


def _finalised(
    state: State,
    context: Context,
    draft: Draft,
    report: CheckReport,
    notes: Sequence[str],
    ledger: Ledger | None = None,
) -> Answer:
    """The answer of a checked draft, with the notes of the run; it cites nothing without a ledger."""
    fallback, name = _fallback(state, notes), context.rules.name
    full = replace(draft, notes=tuple(notes), fallback=fallback, calibration=name)
    ledger = ledger or Ledger({}, extent_of(state, context))
    return finalise(Question(state["question"]), full, report, ledger, context)


def _kept(state: State, context: Context, answer_context: AnswerContext, checked: _Checked) -> Answer:
    judgement, kept = AnswerVerdict(**state["verdict"]), checked.report.kept
    status, reason = judgement.status, judgement.reason
    extent = checked.ledger.extent
    if status == "answered" and checked.by_model and not _may_say(answer_context, kept, extent):
        status, reason = "partial", "unknown"
    text = _written(answer_context, kept, checked.by_model)
    coverage, sure = extent.coverage, judgement.confidence * checked.share * _form_factor(answer_context)
    missing = _missing_detail(state, answer_context, checked)
    if missing is not None and (status == "answered" or (status == "partial" and checked.by_model)):
        status, reason, sure = "partial", "unknown", sure * MENTION_ONLY
        text = f"Mentioned here; {NOT_STATED[missing]}:\n{text}"
    elif status == "partial":
        text = _partly(answer_context, judgement, text)
    if status == "partial":
        text += f"\n{coverage_sentence(coverage)}" if coverage else ""
    draft = Draft(kept, by="code", status=status, reason=reason, text=text, confidence=sure)
    answer = _finalised(state, context, draft, checked.report, checked.notes, checked.ledger)
    evidence = tuple(replace(one, text=answer_context.texts[one.id]) for one in answer.evidence)
    return replace(answer, evidence=evidence)


def _missing_detail(state: State, answer_context: AnswerContext, checked: _Checked) -> Detail | None:
    """What is asked for beyond a mention and not stated; pictures that were looked at are not judged so."""
    cited = [answer_context.evidence[i] for i in cited_by(checked)]
    if sight_of(state) is not None or any(record.kind in ("picture", "metadata") for record in cited):
        return None
    if any(record.speaker for record in cited) and required_detail(answer_context.spec) == "speaker":
        return None
    return missing_detail(
        answer_context.spec, checked.report.kept, answer_context.texts, by_model=checked.by_model
    )


def _form_factor(answer_context: AnswerContext) -> float:
    """Less than 1 where an answer about where words stand has found them in other forms alone."""
    finding, spec = answer_context.finding, answer_context.spec
    if not asks_for_words(spec) or not finding.evidence_ids:
        return 1.0
    ids = finding.evidence_ids
    only_forms = all(
        forms_of(spec, answer_context.evidence[i], answer_context.texts[i])
        for i in ids
        if i in answer_context.texts
    )
    return OTHER_FORM if only_forms else 1.0


def _may_say(answer_context: AnswerContext, kept: Sequence[Claim], extent: SearchedExtent) -> bool:
    """Whether the claims of a model may be called an answer: one is supported, and none says more than all
    that was searched can tell."""
    if all(claim.status == "unverified" for claim in kept):
        return False
    made = statement_made(answer_context.spec, " ".join(claim.text for claim in kept))
    if made is None or made == statement_asked(
        answer_context.spec
    ):  # a number asked for was judged by `judge`
        return True
    return allowed_verdict(made, kinds_of(answer_context.spec), extent).is_allowed


def _written(answer_context: AnswerContext, kept: Sequence[Claim], by_model: bool) -> str:
    """The claims with their markers: the model's as prose, those of code a line each."""
    if by_model:
        return written(kept, "model")
    supported = any(answer_context.evidence[i].verdict == "supported" for c in kept for i in c.evidence_ids)
    tells = answer_context.finding.op not in ("compare", "none", "seen", "passages")
    asked = answer_context.spec.intent == "yes_no" and tells
    return ("Found. " if asked and supported else "") + written(kept, "code")


def _partly(answer_context: AnswerContext, judgement: AnswerVerdict, text: str) -> str:
    finding, spec = answer_context.finding, answer_context.spec
    cited = [answer_context.evidence[i] for i in finding.evidence_ids]
    if finding.op == "passages":
        has_words = any(e.match > 0 or e.kind == "picture" for e in cited)
        return f"{BEST_PASSAGES if has_words else NEAREST_PASSAGES}:\n{text}"
    if finding.op == "seen":
        return f"Nothing certain; the likeliest is:\n{text}"
    if judgement.widened:
        return f"Found in another modality than the question asks about:\n{text}"
    if spec.of_things:
        return f"Objects cannot be counted from text alone; they are mentioned here:\n{text}"
    if finding.op == "outline":
        return f"{NO_SUMMARY}:\n{text}"
    if cited and all(e.verdict != "supported" for e in cited):
        return f"Nothing certain; the closest is:\n{text}"
    if spec.wanted == "picture":
        return f"No model has inspected the frames; the text there is:\n{text}"
    return f"In what was searched:\n{text}"


def _nothing(state: State, context: Context, notes: Sequence[str]) -> Answer:
    judgement, answer_context = AnswerVerdict(**state["verdict"]), answer_context_of(state, context)
    spec, extent = spec_of(state), extent_of(state, context)
    coverage, lost = extent.coverage, lost_of(state)
    if spec.of_things and not spec.targets:
        text = "Counting objects needs a video-LLM, and there is none; see --video-model."
        return _answer(state, context, text, "abstained", "out_of_scope", notes)
    if required_detail(spec) == "language":
        text = "Which language is spoken is not known: only the words that are spoken are searched."
        return _answer(state, context, text, "abstained", "unknown", notes)
    names_nothing = not lost.text and not (spec.times or spec.relation or spec.speaking or spec.verbatim)
    if not state["lookups"] or (names_nothing and spec.ordinal is None and spec.intent != "summarise"):
        return _answer(state, context, NO_SEARCH_TERM, "abstained", "ambiguous", notes)
    reason: Reason = judgement.reason if judgement.status == "abstained" else "unknown"
    sight = sight_of(state)
    why = sight.text if sight is not None and sight.kind == "unknown" else ""
    elsewhere = [] if sight is not None else _places_of(lost, state, context)
    if elsewhere and not spec.speakers and reason == "absent" and spec.ordinal is None:
        reason = "unknown"
    if spec.speakers and lost.text:
        text, reason = _not_said(spec, lost.text, answer_context, context, elsewhere, reason)
        text += f"\n{coverage_sentence(coverage)}" if coverage is not None else ""
        return _answer(state, context, text, "abstained", reason, notes)
    any_searched = coverage is not None and is_any_searched(coverage)
    text = (
        f"No answer: {why}."
        if why
        else abstention(spec, reason, lost, answer_context.stretches, elsewhere, any_searched=any_searched)
    )
    text += f"\n{coverage_sentence(coverage)}" if coverage is not None else ""
    return _answer(state, context, text, "abstained", reason, notes)


def _not_said(
    spec: QuestionSpec,
    asked: str,
    answer_context: AnswerContext,
    context: Context,
    elsewhere: Sequence[str],
    reason: Reason,
) -> tuple[str, Reason]:
    """What is said where the speakers that a question means do not say what it asks for."""
    is_known = ScopeSpeakers(context.catalog, [v for v, _ in answer_context.stretches]).is_complete()
    absent = reason == "absent" and is_known
    who = listed(list(spec.speakers))
    text = f"Nothing that {who} says matches “{asked}”"
    text += f"; it comes up at {listed(elsewhere)}" if elsewhere else ""
    if absent:
        return f"{text}.", "absent"
    why = "it is not known of all speech who says it" if not is_known else "not everything was searched"
    return f"No answer. {text}, but {why}.", "unknown"


def _places_of(lost: Lost, state: State, context: Context) -> list[str]:
    """Where what an answer would say was not found is stored all the same, for people."""
    kinds = [kind for kind in SPAN_KINDS if kind in KINDS_TO_READ[lost.kind]]
    if not lost.text:
        return []
    places = places_that_say(
        context.catalog, stretches_of(state["stretches"]), kinds, lost.text, spec_of(state).quoted,
        context.thresholds.supported,
    )  # fmt: skip
    spans, answer_context = (
        read_spans(context.catalog, places.span_ids[:MAX_PLACES]),
        answer_context_of(state, context),
    )
    named = [answer_context.at(span.video_id, span.words.window) for span in spans.values()]
    more = len(places.span_ids) - len(named)
    return [*named, *([f"{more} more places"] if more else [])]


def _model_found_nothing(state: State, context: Context, said: str) -> Answer:
    """The model's own "not there" counts only as far as the search bears it out."""
    extent = extent_of(state, context)
    coverage = extent.coverage
    missing = why_missing(spec_of(state), evidence_in(state, context), extent)
    given: dict[str, Reason] = {"false_premise": "false_premise", "ambiguous": "ambiguous", "absent": missing}
    text = "What was found does not answer the question."
    text += f"\n{coverage_sentence(coverage)}" if coverage is not None else ""
    return _answer(state, context, text, "abstained", given.get(said, "unknown"), state["notes"])


def _answer(
    state: State,
    context: Context,
    text: str,
    status: Status,
    reason: Reason,
    notes: Sequence[str] | None = None,
) -> Answer:
    """An answer that cites nothing."""
    abstained: Reason = reason if status == "abstained" else ""
    draft = Draft(by="code", abstained=abstained, status=status, reason=reason, text=text, confidence=0.0)
    return _finalised(state, context, draft, CheckReport((), ()), state["notes"] if notes is None else notes)


def _fallback(state: State, notes: Sequence[str]) -> str:
    """Why a chat model that was given did not write the answer; empty when it did, or none was given."""
    failed: str = state["draft"].get("fallback", "")
    return failed or (NO_CLAIM_HELD if NO_CLAIM_HELD in notes else "")


def best_so_far(state: State, context: Context, why: str) -> Answer:
    """The answer that a stopped run can still give, from what it had; never `answered`."""
    if not state.get("spec"):
        question = state.get("question", "")
        return Answer(
            why + ".", "abstained", "budget", cost=context.meter.cost(), notes=(why,), question=question
        )
    now: State = {**state, "notes": [*state["notes"], why]}
    if now["refusal"] is None:
        now["finding"] = reckoned(now, context).to_json()
        now["verdict"] = judged(now, context).to_json()
        now["draft"], said = draft_claims(now, replace(context, llm=None, chat=None))
        now["notes"] += said
    answer = final_answer(now, context)
    if answer.status == "abstained":
        text = (
            answer.text if now["refusal"] is not None else f"Nothing was found before the run ended: {why}."
        )
        return replace(answer, text=text, reason="budget")
    return replace(
        answer, status="partial", reason="budget", text=f"{answer.text}\nThe run ended early: {why}."
    )
