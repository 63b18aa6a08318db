"""The nodes `triage` and `watch`: which clips the video-LLM must be asked about, and one call of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import Send

from playhead_agent.perception.needs_visual import ANSWERING_ROLES, WORDS
from playhead_agent.perception.observation_request import (
    ObservationRequest,
    observation_of_row,
    observation_row,
)
from playhead_agent.perception.results import MIN_DETECTION_P, PerceptionResult
from playhead_agent.perception.session import PendingObservations, PerceptionSession
from playhead_agent.rules.read_neighbours import chosen_anchors, read_near
from playhead_agent.rules.run_view import RunView, Update, report_progress
from playhead_agent.state import Context, State, segment_ref_rows
from playhead_index.errors import ModelOutputInvalid, ModelUnavailable, VideoUnreadable
from playhead_index.search.results import Coverage
from playhead_tools.call_deadline import call_deadline
from playhead_tools.evidence import Evidence
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.retrieval import segments_with_frames
from playhead_tools.search_extent import SegmentRef
from playhead_tools.spec import QuestionSpec
from playhead_tools.video_llm.client import Observation, VlmClient

NO_VISUAL_TRACK = "no recording in scope has pictures, so nothing was looked at"
VLM_UNUSABLE = "the video-LLM could not be used: {why}; nothing was looked at"
NO_VISUAL_ANSWER = "looking at {num} {clips} with the video-LLM did not tell it; the words answer instead"
VLM_BUDGET_USED_UP = "not everything that could show it was looked at: the budget of looks is used up"
VLM_TIME_SHARE = 0.9
"""Share of the remaining seconds that a VLM call may take; the rest is for an answer without it."""


def triage(state: State, runtime: Runtime[Context]) -> Update:
    """Decides which clips the VLM must be asked about; with enough observations, the perception result."""
    view = RunView.at("triage", state, runtime)
    result = triage_question(view.spec, view.evidence, view.segment_refs, state["looks"], view.context)
    num_clips = len(result.requests)
    clips = "clip" if num_clips == 1 else "clips"
    report_progress(runtime, "triage", f"looking at {num_clips} {clips}" if num_clips else "")
    if result.requests:
        requests = [request.to_json() for request in result.requests]
        return {"wanted": requests, "coverage": view.joined_coverage_row(result.coverage)}
    if result.result is None:  # the evidence is as it was
        return {"wanted": [], "sight": None, "notes": [*state["notes"], *result.notes]}
    return {
        "wanted": [],
        "sight": result.result.to_json(),
        "evidence": [record.to_json(compact=True) for record in result.evidence],
        "coverage": view.joined_coverage_row(result.coverage),
        "looked_at": state["looked_at"] + segment_ref_rows(result.viewed),
        "notes": [*state["notes"], *result.notes],
    }


def observe_next(state: State) -> list[Send] | str:
    """One `watch` node for each pending observation, in parallel; on to `reason` when there is none."""
    return [Send("watch", {"wanted": [request]}) for request in state["wanted"]] or "reason"


def observe(state: State, runtime: Runtime[Context]) -> Update:
    """Asks the VLM one question about one clip."""
    request = ObservationRequest.from_json(state["wanted"][0])
    row = observe_clip(request, runtime.context)
    report_progress(runtime, "watch")
    return {"looks": [row]}


@dataclass(frozen=True, slots=True)
class Triage:
    """The next VLM calls, or the perception result when no more are needed.

    Args:
        requests: pending observations; empty when the procedure has ended.
        result: of the procedure; None while observations are pending, and for questions about text.
        evidence: all records, with those of the detections; empty while there is no result.
        coverage: of the searches for candidates.
        viewed: segments that the VLM saw, or whose text was read.
        notes: for the person.
    """

    requests: tuple[ObservationRequest, ...]
    result: PerceptionResult | None
    evidence: tuple[Evidence, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    viewed: tuple[SegmentRef, ...] = ()
    notes: tuple[str, ...] = ()


def triage_question(
    spec: QuestionSpec,
    evidence: Sequence[Evidence],
    segment_refs: Sequence[SegmentRef],
    rows: Sequence[Mapping[str, Any]],
    context: Context,
) -> Triage:
    """Runs the procedure of a visual question as far as the observations made so far allow.

    Args:
        spec: the question.
        evidence: the table.
        segment_refs: the scope.
        rows: observations, as `observe_clip` returns them.
        context: of the run.
    """
    if not context.rules.needs_visual_evidence(spec, evidence):
        return Triage((), None)
    vlm_client = context.open_vlm_client()
    if vlm_client is None:
        return Triage((), None)
    segment_refs = segments_with_frames(context.catalog, segment_refs)
    if not segment_refs:
        return Triage((), None, notes=(NO_VISUAL_TRACK,))
    if failures := [row["failed"] for row in rows if "failed" in row]:
        return Triage((), None, notes=(VLM_UNUSABLE.format(why=failures[0]),))
    observations_left = context.meter.vlm_calls_left(vlm_client.frames)
    observations = dict(map(observation_of_row, rows))
    session = PerceptionSession(
        context, segment_refs, observations, observations_left, vlm_client.plain_prompt
    )
    try:
        result = context.rules.observe(spec, session, _text_anchors(spec, evidence, context))
    except PendingObservations as pending:
        return Triage(pending.requests, None, coverage=tuple(session.coverages))
    return _completed_triage(
        spec, result, session, EvidenceTable.of(evidence, context.limits.evidence), context
    )


def _text_anchors(spec: QuestionSpec, evidence: Sequence[Evidence], context: Context) -> list[SegmentRef]:
    """Where the one anchor of a question is spoken or written; none when it is visual."""
    if spec.relation is None:
        return []
    supported = [e for e in evidence if e.kind in WORDS and e.verdict == "supported"]
    groups = chosen_anchors(spec, supported, context.limits.anchors)
    return [(group[0].video_id, group[0].window) for group in groups]


def _completed_triage(
    spec: QuestionSpec,
    result: PerceptionResult,
    session: PerceptionSession,
    table: EvidenceTable,
    context: Context,
) -> Triage:
    """The evidence of a finished procedure and, where anchors were located, of the text near them."""
    role = "anchor" if result.kind == "anchors" else "target"
    ids = []
    for i, detection in enumerate(result.detections):
        record = Evidence(
            "", detection.video_id, detection.window, "picture",
            "supported" if detection.p >= MIN_DETECTION_P else "unverified",
            match=round(detection.p, 3), role=f"{role}{_anchor_number(spec, role, i)}", lanes=("picture",),
            said=detection.text[:300],
        )  # fmt: skip
        ids.append(table.add(record))
    viewed = [
        (request.video_id, observation.window) for request, observation in session.used_observations.items()
    ]
    notes = [VLM_BUDGET_USED_UP] if session.is_over_budget else []
    num_declined = sum(observation.declines for observation in session.used_observations.values())
    if num_declined and not result.detections:
        notes.append(
            f"the video model declined to answer for {num_declined} of {len(session.used_observations)} clips"
        )
    if result.kind in ("absent", "unknown") and _has_text_answer(spec, table.records.values()):
        num_clips = len(session.used_observations)
        notes += (
            [NO_VISUAL_ANSWER.format(num=num_clips, clips="clip" if num_clips == 1 else "clips")]
            if num_clips
            else []
        )
        return Triage((), None, notes=tuple(notes))
    if role == "anchor" and result.detections:
        read_refs, more_notes = _read_near_anchors(
            spec, [r for i, r in table.records.items() if i in ids], context, table
        )
        viewed += read_refs
        notes += more_notes
    records = tuple(table.records.values())
    viewed_refs = tuple(dict.fromkeys(viewed))
    return Triage((), result, records, tuple(session.coverages), viewed_refs, tuple(notes))


def _has_text_answer(spec: QuestionSpec, evidence: Iterable[Evidence]) -> bool:
    """Whether there are passages to answer with where the observations gave no answer."""
    return bool(spec.query) and any(
        record.kind in WORDS and record.role in ANSWERING_ROLES for record in evidence
    )


def _anchor_number(spec: QuestionSpec, role: str, number: int) -> int:
    """The number of the anchor that a detection belongs to: several of one anchor are its likely places."""
    has_two_anchors = spec.relation is not None and len(spec.relation.anchors) > 1
    return number if role == "anchor" and has_two_anchors else 0


def _read_near_anchors(
    spec: QuestionSpec, anchors: Sequence[Evidence], context: Context, table: EvidenceTable
) -> tuple[list[SegmentRef], list[str]]:
    """Reads the text near detected anchors: of one anchor's likely places, up to the first with any text."""
    slots = sorted({record.role for record in anchors})
    if len(slots) > 1:
        return read_near(spec, anchors, context, table)
    read_refs, notes = list[SegmentRef](), list[str]()
    for anchor in anchors:
        num_known = len(table.records)
        more_refs, more_notes = read_near(spec, [anchor], context, table)
        read_refs, notes = read_refs + more_refs, notes + more_notes
        if len(table.records) > num_known:
            break
    return read_refs, notes


def _open_vlm_client(context: Context) -> VlmClient:
    """The VLM client of a context.

    Raises:
        ModelUnavailable: there is none.
    """
    vlm_client: VlmClient | None = context.open_vlm_client()
    if vlm_client is None:
        raise ModelUnavailable("there is no video-LLM to look with")
    return vlm_client


def observe_clip(request: ObservationRequest, context: Context) -> dict[str, Any]:
    """The row of one observation for the state.

    A clip that cannot be read, or a response that cannot be parsed, counts as a refusal: the procedure goes
    on. Where the model cannot be called at all, the row says why, and the question is answered without it;
    the other requests of the run then fail with the same message, without being tried.
    """
    meter = context.meter
    if meter.vlm_failure:
        return {"request": request.to_json(), "failed": meter.vlm_failure, "times_s": []}
    try:
        vlm_client = _open_vlm_client(context)
        with call_deadline(VLM_TIME_SHARE * meter.remaining_s):
            observation = request.run(vlm_client)
    except ModelOutputInvalid as error:
        observation = vlm_client.failed_observation(request.video_id, request.window, request.question, error)
    except VideoUnreadable:
        observation = Observation(
            request.video_id, request.window, request.question, "not shown", (), refused=True
        )
    except ModelUnavailable as error:
        return {"request": request.to_json(), "failed": meter.record_vlm_failure(str(error)), "times_s": []}
    meter.add_vlm_call(
        observation.frames, observation.visual_tokens, observation.visual_tokens_given, observation.money
    )
    return observation_row(request, observation)
