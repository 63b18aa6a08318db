"""Grounding: candidate segments come from search, and each is checked by a VLM call before it is a detection.

A candidate becomes a detection when the model affirms the action for its clip alone and, where something
moves, also names it in reply to an open question, which does not mention the action.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from math import ceil, log

from playhead_agent.perception.observation_request import ObservationRequest
from playhead_agent.perception.results import Detection
from playhead_bench.synthetic_planner.perception.session import ProcedureSession
from playhead_bench.synthetic_planner.question.visual_questions import GENERIC_VERBS
from playhead_index.window import Window
from playhead_tools.search_extent import SegmentRef
from playhead_tools.spec import ActionTriple
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.refusals import yes_or_no
from playhead_tools.word_match import stem

MIN_DETECTION_P = 0.5
SAME_S = 2.0
"""Detections of one action with a smaller gap than this are merged."""
ACTION_S = 2.0
"""Assumed duration of an action of which only the start is known."""
PART_S, PART_STEP_S, MAX_PARTS = 4.0, 1.0, 6
"""A window is narrowed by parts of this length, at this distance, and at most so many."""
WEIGHED_S, GRID_S, MIN_P = 3.0, 0.25, 0.02
"""Windows of this length, at this distance, are scored; probabilities are clamped to [0.02, 0.98]. On 32
actions of dev videos half of the window then lies in the action for 0.81 of them; 0.66 with the intersection
of the most probable parts, and with windows of 2 s (an older nano-vlm; 0.84 and 0.78 now)."""
OPEN_PART = 0.6
"""Weight of the open reply beside the probability of Yes, with the values below. On 64 actions of dev videos
of the synthetic benchmark 0.4 separates as many pairs of a true and a false one (0.86; Yes alone 0.85, open
replies 0.71), but the most probable of many candidates must be right, and open replies seldom name what is
false: of 403 dev questions 81.4 % are right at 0.6, 80.6 at 0.4."""
PIECE_S = 8.0
"""Maximal length of a clip in which an action is searched: fewer frames a second show no movement."""
EDGE_S = 2.0
"""Margin before and after a retrieved moment that is checked too."""
P_YES_WORD, P_NO_WORD = 0.9, 0.1
"""Probability of a textual Yes or No where the backend gives no log-probabilities."""
P_ACTION_NAMED, P_OTHER_ACTION, P_REFUSED = 0.9, 0.475, 0.225
"""Probability by an open reply that names the action, names another one, or is a refusal."""
_RECOLOURED = re.compile(r"\b(?:turns?|becomes?)\b", re.IGNORECASE)
_STILL = re.compile(r"\bstands? still\b|\bnothing\b|\bdoes not move\b", re.IGNORECASE)


def locate(
    session: ProcedureSession,
    action: ActionTriple,
    max_candidates: int,
    *,
    confident_only: bool = False,
    assume_happens: bool = False,
    widen: bool = False,
) -> list[Detection]:
    """Where an action, or an object, is seen, best first.

    Args:
        session: of the procedures.
        action: with a subject; without a verb the object being there is enough.
        max_candidates: candidates that are checked.
        confident_only: only detections of at least `MIN_DETECTION_P`, also when something must be chosen.
        assume_happens: the question presupposes it, so the most probable place counts in any case.
        widen: the surroundings of the candidates are checked too.

    Raises:
        PendingObservations: VLM calls are needed first.
    """
    candidates = session.places_of(action, max_candidates)
    if action.verb and action.subject:
        visible_places = places_with_object(session, action.subject, candidates)
        candidates = visible_places or (candidates[:1] if session.must_choose and not confident_only else [])
    if action.verb:
        candidates = split_long(widen_places(session, candidates) if widen else candidates)
    detections = judge_all(session, action, candidates)
    ranked = sorted(detections, key=lambda one: -one.p)
    confident = [one for one in ranked if one.p >= MIN_DETECTION_P]
    if confident_only or not (session.must_choose or assume_happens):
        return confident
    return confident or ranked[:1]


def places_with_object(
    session: ProcedureSession, object_label: str, places: Sequence[SegmentRef]
) -> list[SegmentRef]:
    """The places in which an object is visible, each checked by one reliable VLM call.

    Raises:
        PendingObservations: VLM calls are needed first.
    """
    requests = [
        ObservationRequest(v, w, closed_question(ActionTriple(object_label, "")), yes_no=True)
        for v, w in places
    ]
    observations = session.observe_all(requests)
    return [
        p
        for p, observation in zip(places, observations, strict=True)
        if observation is not None and yes_probability(observation) >= MIN_DETECTION_P
    ]


def judge_all(
    session: ProcedureSession, action: ActionTriple, places: Sequence[SegmentRef]
) -> list[Detection]:
    """Detections with the probability of an action in each place that can be observed."""
    anything = action.verb in GENERIC_VERBS
    closed = (
        []
        if anything
        else [ObservationRequest(v, w, closed_question(action), yes_no=True) for v, w in places]
    )
    openly = bool(action.verb and action.subject) and (anything or session.critic)
    opened = [ObservationRequest(v, w, open_question(action)) for v, w in places] if openly else []
    observations = session.observe_all([*closed, *opened])
    judged = []
    for i, (video_id, window) in enumerate(places):
        yes = observations[i] if closed else None
        open_reply = observations[len(closed) + i] if opened else None
        words = open_reply or yes
        if words is not None:
            p = _combine_probabilities(
                None if yes is None else yes_probability(yes),
                None if open_reply is None else open_reply_probability(open_reply, action),
            )
            judged.append(Detection(video_id, window, p, words.text, words.window))
    return judged


def _combine_probabilities(yes: float | None, open_reply: float | None) -> float:
    """Combines the probabilities of the leading and the open question; the other one where one is missing."""
    if yes is None or open_reply is None:
        return yes if yes is not None else (open_reply or 0.0)
    return (1 - OPEN_PART) * yes + OPEN_PART * open_reply


def open_question(action: ActionTriple) -> str:
    """The open question about the subject of an action, which cannot lead."""
    return f"What does the {action.subject} do?"


def closed_question(action: ActionTriple) -> str:
    """The question whether an action happens, or an object is there, in a clip."""
    if not action.verb:
        return f"Is there a {action.subject}?"
    return f"Does it happen that the {action.text}?"


def yes_probability(observation: Observation) -> float:
    """The probability of Yes: by log-probabilities, or by the text of the reply."""
    if observation.declines:
        return P_NO_WORD
    if observation.p_yes is not None:
        return observation.p_yes
    return P_YES_WORD if yes_or_no(observation.text) else P_NO_WORD


def open_reply_probability(observation: Observation, action: ActionTriple) -> float:
    """The probability of an action by an open reply about its subject."""
    if observation.declines:
        return P_REFUSED
    if action.verb in GENERIC_VERBS:
        return P_OTHER_ACTION if stands_still(observation) else P_ACTION_NAMED
    words = {stem(word) for word in re.findall(r"\w+", observation.text.lower())}
    verb = [stem(word) for word in re.findall(r"\w+", action.verb.lower())]
    open_reply = bool(verb) and verb[0] in words
    if verb[:1] == [stem("change")] and verb[1:] in ([stem("colour")], [stem("color")]):
        open_reply = open_reply or bool(_RECOLOURED.search(observation.text))
    object_told = not action.object or all(stem(w) in words for w in action.object.lower().split())
    return P_ACTION_NAMED if open_reply and object_told else P_OTHER_ACTION


def stands_still(observation: Observation) -> bool:
    """The reply says that nothing is done."""
    return bool(_STILL.search(observation.text))


def widen_places(session: ProcedureSession, places: Sequence[SegmentRef]) -> list[SegmentRef]:
    """The places with what lies just before and behind them, up to the cuts; short ones up to a piece.

    What enters, leaves, blinks or is chased away is at the edge of where it can be found.
    """
    widened_places: list[SegmentRef] = []
    for video_id, window in places:
        margin_s = EDGE_S if window.duration_s >= PIECE_S else min(EDGE_S, (PIECE_S - window.duration_s) / 2)
        reach = Window(max(0.0, window.start_s - margin_s), window.end_s + margin_s)
        shots = [one for one in session.segments(video_id) if one.overlap_s(window) > 0]
        hull = Window(shots[0].start_s, shots[-1].end_s) if shots else window
        widened_places.append((video_id, (reach.clamped(hull) or window).hull(window)))
    return widened_places


def split_long(places: Sequence[SegmentRef], max_s: float = PIECE_S) -> list[SegmentRef]:
    """The places, long ones cut into equal pieces."""
    cut: list[SegmentRef] = []
    for video_id, window in places:
        count = max(1, ceil(window.duration_s / max_s - 1e-6))
        part_s = window.duration_s / count
        starts = [window.start_s + i * part_s for i in range(count)]
        cut += [(video_id, Window(start_s, start_s + part_s)) for start_s in starts]
    return cut


def narrow(session: ProcedureSession, action: ActionTriple, detection: Detection) -> Detection:
    """A detection narrowed to the part in which the action happens; unchanged for a mere object.

    The same question is put to overlapping parts of a few seconds (the open one for an unknown action); the
    window is the one that agrees best with all replies.

    Raises:
        PendingObservations: VLM calls are needed first.
    """
    complete = detection.searched_window
    if not action.verb or complete.duration_s <= ACTION_S * 1.5 or not session.critic:
        return detection
    parts, anything = _parts(complete), action.verb in GENERIC_VERBS
    question = open_question(action) if anything else closed_question(action)
    observations = session.observe_all(
        [ObservationRequest(detection.video_id, one, question, yes_no=not anything) for one in parts]
    )
    scored = [
        (open_reply_probability(observation, action) if anything else yes_probability(observation), part)
        for observation, part in zip(observations, parts, strict=True)
        if observation is not None
    ]
    if not scored or max(p for p, _ in scored) < MIN_DETECTION_P:
        return detection
    where = most_likely_window(scored, WEIGHED_S)
    start_s = max(0.0, (where.start_s + where.end_s - ACTION_S) / 2)
    return replace(detection, window=Window(start_s, start_s + ACTION_S))


def most_likely_window(scored: Sequence[tuple[float, Window]], lasts_s: float) -> Window:
    """The most likely window of an event of known duration, by its probabilities in overlapping parts.

    Maximum likelihood over a grid of windows: a part that overlaps the window should be affirmed, any other
    denied. Of equally likely windows the middle one is taken.

    Args:
        scored: how likely each part shows it, 0 to 1, and the part; at least one.
        lasts_s: how long it is taken to last.

    >>> parts = [(0.1, Window(0, 4)), (0.9, Window(2, 6)), (0.9, Window(4, 8)), (0.2, Window(6, 10))]
    >>> most_likely_window(parts, 2.0)
    Window(start_s=4.0, end_s=6.0)
    """
    first_s, last_s = min(part.start_s for _, part in scored), max(part.end_s for _, part in scored)
    steps = max(0, int((last_s - lasts_s - first_s) / GRID_S + 1e-6))
    places = [Window(first_s + i * GRID_S, first_s + i * GRID_S + lasts_s) for i in range(steps + 1)]
    open_reply = [
        sum(_agreement(p, part.overlap_s(place) / lasts_s) for p, part in scored) for place in places
    ]
    good = [place for place, sum_ in zip(places, open_reply, strict=True) if sum_ >= max(open_reply) - 1e-6]
    return good[len(good) // 2]


def _agreement(p: float, share: float) -> float:
    """Log-likelihood of the reply to a part that contains this share of the action."""
    clamped = min(max(p, MIN_P), 1 - MIN_P)
    return share * log(clamped) + (1 - share) * log(1 - clamped)


def _parts(complete: Window) -> list[Window]:
    """Overlapping parts of a window, those at its ends reaching a little beyond them."""
    low, high = max(0.0, complete.start_s - PART_S / 4), complete.end_s + PART_S / 4 - PART_S
    count = max(2, min(MAX_PARTS, ceil((high - low) / PART_STEP_S) + 1))
    starts = [low + i * max(0.0, high - low) / (count - 1) for i in range(count)]
    return [Window(start_s, start_s + PART_S) for start_s in starts]
