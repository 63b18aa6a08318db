"""Subjects of an action that the question does not name: the model names candidates."""

from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.perception.observation_request import ObservationRequest
from playhead_agent.perception.results import Detection
from playhead_bench.synthetic_planner.perception.grounding import split_long
from playhead_bench.synthetic_planner.perception.options import OptionAction
from playhead_bench.synthetic_planner.perception.session import ProcedureSession
from playhead_tools.citations import reads_like_orders
from playhead_tools.spec import ActionTriple, QuestionSpec
from playhead_tools.video_llm.client import Observation

NAMED_PART = 0.3
"""Weight of the subject that the model names, beside its replies about each object alone."""
NAMED, OTHER_NAMED, NONE_NAMED = 0.9, 0.3, 0.2
MAX_WORDS = 5
"""A longer reply is no name of an object."""


def named_subjects(spec: QuestionSpec, session: ProcedureSession, max_candidates: int) -> list[OptionAction]:
    """The objects that the model names in the best moments, each as an action to be grounded.

    Raises:
        PendingObservations: VLM calls are needed first.
    """
    action = spec.deeds[0]
    places = split_long(session.find_moments(action.text or spec.text, max_candidates))
    question = spec.clip_question or spec.text
    observations = session.observe_all(
        [ObservationRequest(video_id, window, question) for video_id, window in places]
    )
    replies = [
        observation.text
        for observation in observations
        if observation is not None and not observation.declines
    ]
    names = dict.fromkeys(name for text in replies if (name := object_name(text)))
    return [OptionAction(i, ActionTriple(name, action.verb, action.object)) for i, name in enumerate(names)]


def reweight_by_naming(
    spec: QuestionSpec,
    session: ProcedureSession,
    candidates: Sequence[OptionAction],
    found: Sequence[Sequence[Detection]],
) -> list[list[Detection]]:
    """Detections of each candidate subject, reweighted by whom the model names there, best first.

    Models affirm too often when asked about each object alone; asked for the subject, they can name only one.

    Raises:
        PendingObservations: VLM calls are needed first.
    """
    actions = [candidate.action for candidate in candidates]
    if not actions or spec.asks == "colour" or not spec.deeds or spec.deeds[0].subject or not actions[0].verb:
        return [list(seen) for seen in found]
    question = spec.clip_question or spec.text
    places = list(dict.fromkeys((one.video_id, one.searched_window) for seen in found for one in seen))
    observations = session.observe_all(
        [ObservationRequest(video_id, window, question) for video_id, window in places]
    )
    replies = dict(zip(places, observations, strict=True))
    return [
        sorted(
            (_reweight(one, replies[one.video_id, one.searched_window], action.subject) for one in seen),
            key=lambda o: -o.p,
        )
        for action, seen in zip(actions, found, strict=True)
    ]


def _reweight(detection: Detection, observation: Observation | None, subject: str) -> Detection:
    if observation is None:
        return detection
    named = object_name(observation.text).lower()
    weight = NONE_NAMED if observation.declines else (NAMED if named == subject.lower() else OTHER_NAMED)
    return replace(detection, p=(1 - NAMED_PART) * detection.p + NAMED_PART * weight)


def object_name(text: str) -> str:
    """The object that a short reply names, without its article; empty for a longer one.

    >>> object_name("The red car."), object_name("I see a car that turns left at the corner.")
    ('red car', '')
    """
    words = text.strip().rstrip(".!").split()
    if words and words[0].lower() in ("the", "a", "an"):
        words = words[1:]
    named = 0 < len(words) <= MAX_WORDS and not reads_like_orders(text)
    return " ".join(words) if named else ""
