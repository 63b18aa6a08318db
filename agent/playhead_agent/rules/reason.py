"""The node `reason`: events are built from the evidence, and code computes with their times."""

from collections.abc import Sequence

from langgraph.runtime import Runtime

from playhead_agent.perception.results import PerceptionResult
from playhead_agent.rules.run_view import RunView, Update, report_progress
from playhead_agent.rules.speaking_turns import speaking_result
from playhead_agent.rules.temporal_reasoning import compute_result
from playhead_agent.rules.temporal_result import TemporalResult
from playhead_agent.rules.word_forms import split_forms, with_forms, with_occurrences
from playhead_agent.state import Context, State
from playhead_index.store.recordings import read_clock
from playhead_tools.citations import texts_of
from playhead_tools.evidence import Evidence
from playhead_tools.temporal.event import Event
from playhead_tools.verdict_rules import allowed_verdict


def reason(state: State, runtime: Runtime[Context]) -> Update:
    """Builds events and computes with their times."""
    temporal_result = compute_temporal_result(RunView.at("reason", state, runtime))
    report_progress(runtime, "reason", "", state["evidence"])
    return {"finding": temporal_result.to_json()}


def compute_temporal_result(view: RunView) -> TemporalResult:
    """The temporal result of the evidence of a run."""
    if view.perception_result is not None:
        return temporal_result_of(view.perception_result, view.evidence)
    spec, context = view.spec, view.context
    anchors = spec.relation.anchors if spec.relation is not None else ()
    kinds = [spec.wanted, *(anchor.kind for anchor in anchors if anchor.kind != "any")]
    is_complete = view.state["whole"] and allowed_verdict("count", kinds, view.extent).is_allowed
    if spec.speaking:
        is_speech_complete = allowed_verdict("duration", ["speech"], view.extent).is_allowed
        return speaking_result(
            spec, view.evidence, view.segment_refs, context, is_speech_complete=is_speech_complete
        )
    records = {record.id: record for record in view.evidence}
    spans = context.cache.spans_of(records.values())
    texts = texts_of(context.catalog, records.values(), spans)
    counting, forms = split_forms(spec, list(records.values()), texts)
    result = compute_result(
        spec, counting, is_complete, context.limits.anchors, is_cut=view.state["cut"],
        clock=read_clock(context.catalog),
    )  # fmt: skip
    return with_forms(with_occurrences(result, spec, records, spans), forms)


def temporal_result_of(result: PerceptionResult, evidence: Sequence[Evidence]) -> TemporalResult:
    """The temporal result of a perception result, on the evidence that was made of its detections."""
    evidence_by_segment = {(e.video_id, e.window): e for e in evidence if e.kind == "picture" and e.said}
    records = [
        evidence_by_segment[detection.segment_ref]
        for detection in result.detections
        if detection.segment_ref in evidence_by_segment
    ]
    events = tuple(Event(e.video_id, e.window, (e.id,)) for e in records)
    negative = result.kind == "yes_no" and not result.value
    op = "seen" if events or negative else "none"
    names = (result.text,) if op == "seen" else ()
    return TemporalResult(op, events, result.value, names, complete=result.is_complete)  # type: ignore[arg-type]
