"""From evidence to answer: what the last nodes do, and what is left of a run that was stopped."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from playhead_agent.extractive import Material, abstention, computed_numbers, extractive_claims
from playhead_agent.reasoning import Finding, reason
from playhead_agent.state import (
    Context,
    State,
    coverage_of,
    evidence_of,
    scope_from_json,
    spec_of,
    stretches_of,
)
from playhead_agent.verdict import Judgement, fully_searched, judge, why_missing
from playhead_agent.writer import written_claims
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable
from playhead_index.search.results import Scope
from playhead_tools.cite import (
    CheckReport,
    Grounds,
    check_claims,
    reads_like_orders,
    stored_texts,
    without_markers,
)  # fmt: skip
from playhead_tools.evidence import Answer, Claim, Interval, Reason, Status, coverage_sentence
from playhead_tools.look_up import VideoEntry, list_videos


def reckoned(state: State, context: Context) -> Finding:
    """The finding for the evidence in a state."""
    spec, coverage = spec_of(state), coverage_of(state)
    calibrated = context.thresholds.picture is not None
    whole = state["whole"] and coverage is not None and fully_searched(spec.wanted, coverage, calibrated)
    return reason(spec, evidence_of(state), whole, context.limits.anchors)


def judged(state: State, context: Context) -> Judgement:
    """What may be said of the finding in a state."""
    finding = Finding.from_json(state["finding"])
    calibrated = context.thresholds.picture is not None
    return judge(spec_of(state), finding, evidence_of(state), coverage_of(state), calibrated)


def draft_claims(state: State, context: Context) -> tuple[dict[str, Any], list[str]]:
    """The claims of the answer, not yet checked, who wrote them, and notes.

    Raises:
        CostLimit: the model calls are used up.
        TimeLimit: the seconds are used up.
    """
    material = material_of(state, context)
    if context.llm is None or state["verdict"]["status"] == "abstained":
        return _draft(extractive_claims(material), "code"), material.notes
    try:
        claims, no_answer = written_claims(material, context, material.notes)
    except (ModelUnavailable, ModelOutputInvalid) as error:
        material.notes.append(f"the answer is made of the evidence alone: {error}")
        return _draft(extractive_claims(material), "code"), material.notes
    material.notes.extend(_suspicious(material))
    return _draft(claims, "model", no_answer), material.notes


def _draft(claims: Sequence[Claim], by: str, no_answer: str = "") -> dict[str, Any]:
    rows = [{"text": without_markers(c.text), "evidence_ids": list(c.evidence_ids)} for c in claims]
    return {"claims": rows, "by": by, "no_answer": no_answer}


def _suspicious(material: Material) -> list[str]:
    found = [i for i, text in material.texts.items() if reads_like_orders(text)]
    return [f"{', '.join(found)} reads like an instruction to a model; it was taken as data"] if found else []


def material_of(state: State, context: Context) -> Material:
    """What sentences are made of, the words read from the catalog."""
    evidence = {record.id: record for record in evidence_of(state)}
    texts = stored_texts(context.catalog, evidence.values())
    finding = Finding.from_json(state["finding"])
    return Material(spec_of(state), finding, evidence, texts, _videos(state, context))


def _videos(state: State, context: Context) -> dict[str, VideoEntry]:
    ids = tuple(video_id for video_id, _ in stretches_of(state["stretches"]))
    return {video.video_id: video for video in list_videos(context.catalog, Scope(ids))}


def final_answer(state: State, context: Context) -> Answer:
    """The checked answer of a state that has a draft, or a refusal."""
    refusal = state["refusal"]
    if refusal is not None:
        reason: Any = refusal["reason"]
        return _answer(state, context, refusal["text"], "abstained", reason)
    material = material_of(state, context)
    judgement = Judgement(**state["verdict"])
    draft, notes = state["draft"], list(state["notes"])
    if draft["no_answer"]:
        return _model_found_nothing(state, context, draft["no_answer"])
    claims = [Claim(row["text"], tuple(row["evidence_ids"])) for row in draft["claims"]]
    report = check_claims(claims, _grounds(state, context, material))
    notes += [_dropped_note(one.claim, one.evidence_id, one.why) for one in report.dropped]
    kept_share = len(report.kept) / len(claims) if claims else 0.0
    if draft["by"] == "model" and not report.kept:
        notes.append("no claim of the model held; the answer is made of the evidence alone")
        report = check_claims(extractive_claims(material), _grounds(state, context, material))
        kept_share = 1.0
    if not report.kept:
        return _nothing(state, context, judgement, notes)
    return _kept(state, context, material, judgement, report, kept_share, notes)


def _dropped_note(claim: str, evidence_id: str, why: str) -> str:
    what = f"citation {evidence_id} of" if evidence_id else "claim"
    return f"dropped {what} “{claim[:120]}”: {why}"


def _grounds(state: State, context: Context, material: Material) -> Grounds:
    looked_at = stretches_of(state["looked_at"])
    return Grounds(
        context.catalog, material.evidence, material.videos, looked_at, computed_numbers(material.finding)
    )


def _kept(
    state: State,
    context: Context,
    material: Material,
    judgement: Judgement,
    report: CheckReport,
    kept_share: float,
    notes: list[str],
) -> Answer:
    status, reason = judgement.status, judgement.reason
    by_model = state["draft"]["by"] == "model"
    if status == "answered" and by_model and all(c.status == "unverified" for c in report.kept):
        status, reason = "partial", "unknown"
    lines = [f"{claim.text.rstrip('. ')} [{', '.join(claim.evidence_ids)}]" for claim in report.kept]
    text = (". ".join(lines) + ".") if by_model else "\n".join(lines)
    coverage = coverage_of(state)
    if status == "partial":
        text = _partly(material, judgement, text) + (f"\n{coverage_sentence(coverage)}" if coverage else "")
    elif material.spec.intent == "yes_no" and not by_model and material.finding.op != "compare":
        text = f"Found. {text}"
    answer = _answer(state, context, text, status, reason, notes)
    cited = list(dict.fromkeys(i for claim in report.kept for i in claim.evidence_ids))
    return replace(
        answer,
        claims=report.kept,
        intervals=tuple(_interval(material, i) for i in cited),
        evidence=tuple(replace(material.evidence[i], text=material.texts[i]) for i in cited),
        confidence=judgement.confidence * min(1.0, kept_share),
    )


def _partly(material: Material, judgement: Judgement, text: str) -> str:
    finding, spec = material.finding, material.spec
    cited = [material.evidence[i] for i in finding.evidence_ids]
    if judgement.widened:
        return f"Not where the question places it, but found:\n{text}"
    if spec.of_things:
        return f"Things cannot be counted by words alone; here is where they come up:\n{text}"
    if finding.op == "outline":
        return f"No language model is at work; this is what stands at intervals:\n{text}"
    if cited and all(e.verdict != "supported" for e in cited):
        return f"Nothing certain; the closest is:\n{text}"
    if spec.wanted == "picture":
        return f"Nothing has looked at the picture itself; the words there are:\n{text}"
    return f"In what was searched:\n{text}"


def _interval(material: Material, evidence_id: str) -> Interval:
    record = material.evidence[evidence_id]
    return Interval(record.video_id, material.videos[record.video_id].path, record.window, evidence_id)


def _nothing(state: State, context: Context, judgement: Judgement, notes: Sequence[str]) -> Answer:
    spec, coverage = spec_of(state), coverage_of(state)
    if spec.of_things and not spec.targets:
        text = "Counting things needs a model that looks at the pictures; none is at work here."
        return _answer(state, context, text, "abstained", "out_of_scope", notes)
    if not state["lookups"]:
        return _answer(
            state, context, "The question names nothing to look for.", "abstained", "ambiguous", notes
        )
    reason: Reason = judgement.reason if judgement.status == "abstained" else "unknown"
    anchor_missing = not any(e.role.startswith("anchor") for e in evidence_of(state))
    text = abstention(spec, reason, anchor_missing)
    text += f"\n{coverage_sentence(coverage)}" if coverage is not None else ""
    return _answer(state, context, text, "abstained", reason, notes)


def _model_found_nothing(state: State, context: Context, said: str) -> Answer:
    """The model's own "not there" counts only as far as the search bears it out."""
    coverage = coverage_of(state)
    calibrated = context.thresholds.picture is not None
    missing = why_missing(spec_of(state), evidence_of(state), coverage, calibrated)
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
    return Answer(
        text=text,
        status=status,
        reason=reason,
        coverage=coverage_of(state),
        cost=context.meter.cost(),
        notes=tuple(dict.fromkeys(state["notes"] if notes is None else notes)),
        question=state["question"],
    )


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
        now["draft"], said = draft_claims(now, replace(context, llm=None))
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


def scoped(state: State) -> Scope:
    """The scope of a state."""
    return scope_from_json(state.get("scope"))
