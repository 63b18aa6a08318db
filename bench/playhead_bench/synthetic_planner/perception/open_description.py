"""Open questions: the question is put to one clip after the other until a reply answers it."""

import re
from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.perception.observation_request import ObservationRequest
from playhead_agent.perception.results import Detection, PerceptionResult
from playhead_bench.synthetic_planner.perception.grounding import PIECE_S, narrow, split_long, stands_still
from playhead_bench.synthetic_planner.perception.session import ProcedureSession
from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_tools import options as choose
from playhead_tools.citations import reads_like_orders
from playhead_tools.search_extent import SegmentRef
from playhead_tools.spec import ActionTriple, QuestionSpec
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.parse_response import is_abstention, normalised, parse_choice

ANSWER_P = 0.75
MAX_ACTION_WORDS = 7
AROUND_S = 2.0


def ask_each(
    spec: QuestionSpec,
    session: ProcedureSession,
    places: Sequence[SegmentRef],
    action: ActionTriple | None = None,
) -> PerceptionResult:
    """The answer of the first place that gives one; `absent` when all of them decline.

    A reply that nothing happens counts only when no other place shows an action.

    Raises:
        PendingObservations: VLM calls are needed first.
    """
    searched = split_long(places) if spec.asks == "deed" else list(places)
    still_result: PerceptionResult | None = None
    no_result: PerceptionResult | None = None
    for i, place in enumerate(searched):
        reply = _ask(spec, session, place)
        if reply is None:
            continue
        observation, result = reply[0], _result(spec, reply, place, 0.95**i)
        if spec.intent == "yes_no" and not spec.options and says_no(observation.text):
            no_result = no_result or result  # of one place; another may show it
            continue
        if spec.asks == "deed" and stands_still(observation):
            still_result = still_result or result
            continue
        return (
            _with_narrowed_window(session, result, action)
            if spec.asks == "deed" and action is not None
            else result
        )
    if no_result is not None:
        return PerceptionResult("yes_no", "no", p=no_result.p, is_complete=session.is_complete)
    return still_result or PerceptionResult("absent", is_complete=session.is_complete)


def says_no(text: str) -> bool:
    """Whether a reply begins with no."""
    return text.strip().lower().startswith("no") and normalised(text).split(" ")[0] == "no"


def _is_plain_yes_no(text: str) -> bool:
    return normalised(text) in ("yes", "no")


def _with_narrowed_window(
    session: ProcedureSession, result: PerceptionResult, action: ActionTriple
) -> PerceptionResult:
    """The result with its detection narrowed to the action that the reply describes."""
    verb = re.sub(r"^it\s+", "", result.text.strip().rstrip("."), flags=re.IGNORECASE)
    if len(verb.split()) > MAX_ACTION_WORDS or reads_like_orders(verb):
        return result  # more than an action: words of a model or of a video are never asked back
    (detection,) = result.detections
    return replace(result, detections=(narrow(session, ActionTriple(action.subject, verb), detection),))


def answer_at(
    spec: QuestionSpec,
    session: ProcedureSession,
    detections: Sequence[Detection],
    action: ActionTriple | None,
) -> PerceptionResult:
    """The answer of places where what the question is about was seen already.

    Raises:
        PendingObservations: VLM calls are needed first.
    """
    best = detections[0]
    for detection in detections:
        window = _around(detection.window)
        place = (detection.video_id, window)
        reply = _ask(spec, session, place)
        if reply is not None:
            result = _result(spec, reply, detection.segment_ref, detection.p)
            exact = narrow(session, action, detection) if action is not None else detection
            cited = Detection(exact.video_id, exact.window, exact.p, reply[0].text, reply[0].window)
            return replace(result, detections=(cited,))
    return PerceptionResult("unknown", detections=(best,), is_complete=False)


def _around(window: Window) -> Window:
    """A short window with some seconds around it, so that a movement can be seen."""
    if window.duration_s >= PIECE_S / 2:
        return window
    return Window(max(0.0, window.start_s - AROUND_S / 2), window.end_s + AROUND_S / 2)


def _ask(
    spec: QuestionSpec, session: ProcedureSession, place: SegmentRef
) -> tuple[Observation, int | None] | None:
    """A reply that answers, with the option that it chooses; None for a refusal or an unreadable reply."""
    question = spec.clip_question or spec.text
    free_reply = (
        session.observe(ObservationRequest(place[0], place[1], question))
        if session.free_reply_first or not spec.options
        else None
    )
    if (
        free_reply is not None
        and not spec.options
        and spec.intent != "yes_no"
        and _is_plain_yes_no(free_reply.text)
    ):
        return None  # a plain yes or no does not answer who, what, where or when
    if free_reply is not None and not free_reply.declines:
        choice = choose.by_text(spec.options, free_reply.text)
        if choice is not None or not spec.options:
            return free_reply, choice
    if not spec.options or (free_reply is not None and free_reply.declines and not session.must_choose):
        return None
    observation = session.observe(ObservationRequest(place[0], place[1], question, spec.options))
    choice = None if observation is None or observation.declines else _choice(observation.text, spec.options)
    if observation is None or choice is None or is_abstention(spec.options[choice]):
        return None
    return observation, choice


def _result(
    spec: QuestionSpec, reply: tuple[Observation, int | None], place: SegmentRef, confidence: float
) -> PerceptionResult:
    observation, choice = reply
    text = observation.text if choice is None else spec.options[choice]
    detection = Detection(place[0], place[1], ANSWER_P * confidence, text, observation.window)
    return PerceptionResult("told", text, (detection,), choice, p=ANSWER_P * confidence)


def _choice(text: str, options: tuple[str, ...]) -> int | None:
    try:
        return parse_choice(text, options)
    except ModelOutputInvalid:
        return choose.by_text(options, text)
