"""Multi-hop questions: the unnamed object is resolved first, then the question is asked about it."""

from dataclasses import replace

from playhead_agent.perception.observation_request import ObservationRequest
from playhead_agent.perception.results import Detection, PerceptionResult
from playhead_bench.synthetic_planner.perception.grounding import (
    locate,
    narrow,
    places_with_object,
    split_long,
)
from playhead_bench.synthetic_planner.perception.open_description import ask_each
from playhead_bench.synthetic_planner.perception.session import ProcedureSession
from playhead_bench.synthetic_planner.perception.subjects import object_name
from playhead_bench.synthetic_planner.question.verbs import base_form
from playhead_index.window import Window
from playhead_tools.search_extent import SegmentRef
from playhead_tools.spec import ActionTriple, QuestionSpec

CANDIDATES = 4
MIN_ASSUMED_P = 0.25
"""From this probability on, the action that identifies the object is assumed to have happened."""


def answer_hop(spec: QuestionSpec, session: ProcedureSession) -> PerceptionResult:
    """The answer to a question about an object that another one carries, chases, stands beside, …

    Raises:
        PendingObservations: VLM calls are needed first.
        ValueError: the question has no second step.
    """
    hop = spec.hop
    if hop is None:
        raise ValueError("the question names its thing directly")
    found = locate(session, hop.deed, CANDIDATES, assume_happens=True)
    if not found or found[0].p < MIN_ASSUMED_P:
        return PerceptionResult("absent", is_complete=session.is_complete)
    first = found[0]
    if not hop.later and spec.clip_question:
        direct_answer = ask_each(spec, session, [first.segment_ref])
        if direct_answer.kind == "told":
            window = narrow(session, hop.deed, first).window
            return replace(
                direct_answer, detections=tuple(replace(s, window=window) for s in direct_answer.detections)
            )
    object_label = _unknown_object(session, hop.deed, first)
    if not object_label:
        return PerceptionResult("unknown", detections=(first,), is_complete=False)
    places = _later(object_label, session, first) if hop.later else [first.segment_ref]
    second_question = replace(
        spec,
        hop=None,
        clip_question=hop.question.format(f"the {object_label}"),
        deeds=(ActionTriple(object_label, ""),),
    )
    result = ask_each(second_question, session, places[:CANDIDATES])
    exact = narrow(session, hop.deed, first)
    return replace(result, detections=(exact, *result.detections), p=result.p * first.p)


def _unknown_object(session: ProcedureSession, action: ActionTriple, at: Detection) -> str:
    """What the missing side of an action is, as the model names it."""
    question = f"Which thing {action.text}?"
    if action.subject:
        question = f"Which thing does the {action.subject} {_base(action.verb)}?"
    observation = session.observe(ObservationRequest(at.video_id, at.searched_window, question))
    if observation is None or observation.declines:
        return ""
    return object_name(observation.text)


def _base(verb: str) -> str:
    first, _, rest = verb.partition(" ")
    return " ".join(part for part in (base_form(first), rest) if part)


def _later(object_label: str, session: ProcedureSession, first: Detection) -> list[SegmentRef]:
    """Places in the same video after a detection that show an object; all candidates if none does."""
    after_s = first.window.end_s
    places = split_long(
        [
            (video_id, Window(max(window.start_s, after_s), window.end_s))
            for video_id, window in session.find_moments(object_label, CANDIDATES * 2)
            if video_id == first.video_id and window.end_s > after_s + 1.0
        ]
    )
    return places_with_object(session, object_label, places) or places
