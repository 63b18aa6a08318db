"""The node `verify`: the verdict from the evidence and from the searched extent."""

from collections.abc import Sequence
from dataclasses import replace

from langgraph.runtime import Runtime

from playhead_agent.perception.results import MIN_DETECTION_P, PerceptionResult
from playhead_agent.rules.extractive import MissingTarget
from playhead_agent.rules.reason import compute_temporal_result
from playhead_agent.rules.run_view import RunView, Update, report_progress
from playhead_agent.rules.score_evidence import speaker_labels
from playhead_agent.rules.search_spans import evidence_of_spans, span_kinds_of
from playhead_agent.rules.verdict import AnswerVerdict, decide_verdict
from playhead_agent.state import Context, State
from playhead_index.store.catalog import SpanRow
from playhead_index.store.spans import read_spans
from playhead_index.window import Window
from playhead_tools.evidence import Evidence, Reason, listed
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.required_detail import required_detail
from playhead_tools.search_extent import match_spans, match_spans_loosely
from playhead_tools.spec import QuestionSpec
from playhead_tools.verdict_rules import (
    NEGATIVE,
    SearchedExtent,
    Statement,
    allowed_verdict,
    kinds_of,
    requested_statement,
    stated_in_answer,
)  # fmt: skip

MAX_CONFIDENCE = 0.98
MAX_PLACES = 3
NEAR_SPEAKER_S = 30.0
"""Speech of somebody else counts as near that of a speaker within so many seconds."""


def verify(state: State, runtime: Runtime[Context]) -> Update:
    """Decides the verdict from the evidence and from the searched extent."""
    update = verify_verdict(RunView.at("verify", state, runtime))
    report_progress(runtime, "verify", "", update.get("evidence", state["evidence"]))
    return update


def compute_verdict(view: RunView) -> AnswerVerdict:
    """The verdict on the temporal result of a run."""
    if view.perception_result is not None:
        return verdict_on_perception(view.perception_result, view.spec, view.extent)
    return decide_verdict(view.spec, view.temporal_result, view.evidence, view.extent, view.passage_features)


def verdict_on_perception(
    result: PerceptionResult, spec: QuestionSpec, extent: SearchedExtent
) -> AnswerVerdict:
    """The verdict on a perception result; `verdict_rules` decides on statements about all of the scope.

    A negative that the searched extent does not bear out is no answer; where options were given, the option
    that states it is still the likeliest.
    """
    if result.kind == "unknown":
        return AnswerVerdict("abstained", "unknown", 0.0)
    if result.kind == "absent":
        return AnswerVerdict("abstained", allowed_verdict("absent", kinds_of(spec), extent).reason, 0.0)
    confidence = min(MAX_CONFIDENCE, result.p)
    if result.is_negative or _states_negative(result, spec):
        allowed = allowed_verdict("no", [spec.wanted], extent)
        if not allowed.is_allowed and result.choice is None:
            return AnswerVerdict("abstained", "unknown", 0.0)
        is_uncertain = result.p < MIN_DETECTION_P or not allowed.is_allowed
    else:
        statement = _statement(result, spec)
        is_allowed = statement is None or allowed_verdict(statement, ["picture"], extent).is_allowed
        is_uncertain = result.p < MIN_DETECTION_P or not is_allowed
    return AnswerVerdict(
        "partial" if is_uncertain else "answered", "unknown" if is_uncertain else "", confidence
    )


def _states_negative(result: PerceptionResult, spec: QuestionSpec) -> bool:
    return result.kind == "told" and stated_in_answer(spec, result.text) in NEGATIVE


def _statement(result: PerceptionResult, spec: QuestionSpec) -> Statement | None:
    """The statement about all of the scope that a result makes; a yes makes one only among options, where
    `yes, once` stands beside `yes, several times`."""
    if result.kind in ("count", "length"):
        return "count" if result.kind == "count" else "duration"
    if result.kind == "yes_no":
        return "count" if spec.options else None
    return requested_statement(spec)


def verify_verdict(view: RunView) -> Update:
    """The verdict on a state; before absence is stated, other spellings of the target are compared.

    Returns:
        The keys of the state that change.
    """
    context, spec, verdict = view.context, view.spec, compute_verdict(view)
    missing = missing_target(spec, view.evidence)
    spans_nearby = spans_near_speakers(missing, view) if verdict.status == "abstained" else []
    if spans_nearby:
        speakers = listed(list(spec.speakers))
        explanation = f"cited is where it comes up close to what {speakers} says"
        note = f"nothing that {speakers} says matches “{missing.text}”; {explanation}"
        return _verdict_with(spans_nearby, note, view)
    if verdict.status != "abstained" or verdict.reason != "absent" or view.perception_result is not None:
        return {"verdict": verdict.to_json()}
    kinds = span_kinds_of(missing.kind)
    if not missing.text:
        return {"verdict": verdict.to_json()}
    segment_refs, min_match = view.segment_refs, context.thresholds.supported
    similar = match_spans_loosely(context.catalog, segment_refs, kinds, missing.text, min_match)
    if not similar.span_ids:
        reason: Reason = "absent" if similar.is_complete else "unknown"
        return {"verdict": replace(verdict, reason=reason).to_json()}
    spans = read_spans(context.catalog, similar.span_ids)
    labels = speaker_labels(spec.speakers, segment_refs, context)
    if labels is not None:
        by_speakers = {
            i: span for i, span in spans.items() if span.words.speaker in labels.get(span.video_id, ())
        }
        if not by_speakers:
            return {"verdict": verdict.to_json()}
        spans = by_speakers
    windows = ", ".join(f"{span.words.window}" for span in spans.values())
    note = f"“{missing.text}” may stand at {windows} in another spelling"
    if missing.is_anchor:
        changed = replace(verdict, reason="unknown")
        return {"verdict": changed.to_json(), "notes": [*view.state["notes"], note]}
    return _verdict_with(list(spans.values()), note, view)


def spans_near_speakers(missing: MissingTarget, view: RunView) -> list[SpanRow]:
    """The first spans in which others mention the target, near speech of the speakers in the question.

    Whoever replies to a remark seldom repeats its words. None where the question is whether they say it.
    """
    spec, context = view.spec, view.context
    applies = spec.speakers and missing.text and not missing.is_anchor and not spec.speaking
    if not applies or spec.intent != "describe" or required_detail(spec) == "speaker":
        return []
    segment_refs = view.segment_refs
    places = match_spans(
        context.catalog, segment_refs, ["speech"], missing.text, spec.quoted, context.thresholds.supported
    )
    labels = speaker_labels(spec.speakers, segment_refs, context) or {}
    found = list[SpanRow]()
    for span in read_spans(context.catalog, places.span_ids).values():
        window, speaker_labels_here = span.words.window, labels.get(span.video_id, ())
        around = Window(max(0.0, window.start_s - NEAR_SPEAKER_S), window.end_s + NEAR_SPEAKER_S)
        if any(
            other.words.speaker in speaker_labels_here
            for other in context.catalog.spans(span.video_id, "speech", around)
        ):
            found.append(span)
        if len(found) == MAX_PLACES:
            break
    return found


def _verdict_with(spans: Sequence[SpanRow], note: str, view: RunView) -> Update:
    """The verdict with some spans as unverified evidence: the keys of the state that change."""
    context = view.context
    min_match = context.thresholds.supported
    table = EvidenceTable.of(view.evidence, context.limits.evidence + len(spans))
    for span in spans:
        table.add(evidence_of_spans([span], "unverified", min_match, "target0", (span.words.kind,)))
    rows = [record.to_json(compact=True) for record in table.records.values()]
    view = view.changed(evidence=rows, notes=[*view.state["notes"], note])
    view = view.changed(finding=compute_temporal_result(view).to_json())
    changed: Update = {name: view.state[name] for name in ("evidence", "notes", "finding")}
    return {**changed, "verdict": compute_verdict(view).to_json()}


def missing_target(spec: QuestionSpec, evidence: Sequence[Evidence]) -> MissingTarget:
    """What was not found: the target of a question, or the anchor that it is related to."""
    if spec.relation is not None and not any(e.role.startswith("anchor") for e in evidence):
        anchor = spec.relation.anchors[0]
        return MissingTarget(anchor.text, anchor.kind, is_anchor=True)
    return MissingTarget(", ".join(spec.targets), spec.wanted)
