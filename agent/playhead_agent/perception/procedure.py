"""The procedure of the rules for visual questions: the VLM is asked the question about the best clips.

Read top to bottom. A short scope is given whole in one call. In a longer one the question is asked about the
clips that the search ranks first; whether, how often and when first or last something happens is found by
scanning all of the scope in windows, and stated only of what was viewed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from playhead_agent.perception.needs_visual import WORDS
from playhead_agent.perception.observation_request import ObservationRequest
from playhead_agent.perception.results import MIN_DETECTION_P, Detection, PerceptionResult
from playhead_agent.perception.session import PerceptionSession
from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_tools import options as choose
from playhead_tools.search_extent import SegmentRef
from playhead_tools.spec import EVERY, QuestionSpec
from playhead_tools.tolerance import EPSILON_S
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.parse_response import is_abstention, normalised, parse_choice
from playhead_tools.video_llm.refusals import yes_or_no

SHORT_SCOPE_S = 180.0
"""A scope of up to so many seconds is given whole in one call."""
MAX_WHOLE_SCOPE_VIDEOS = 4
MAX_WHOLE_SCOPE_FRAMES = 48
"""Maximum frames of the calls that show all of a short scope."""
FRAME_TOKENS = 300
"""About as many visual tokens as a frame of 336 pixels on its short side becomes (patches of 28 pixels)."""
NUM_CLIPS = 4
"""Clips that the VLM is asked about where not all of the scope is viewed."""
SCAN_WINDOW_S = 24.0
"""Maximum length of the windows in which all of a scope is scanned."""
NEAR_ANCHOR_S = 30.0
"""So many seconds before or after a spoken or written anchor are viewed."""
CITED_S = 1.0
"""A frame that a response cites stands for so many seconds around it."""
FREE_TEXT_P = 0.75
"""Assumed probability that a free-text response is right; lower for each later clip."""
LATER_CLIP_FACTOR = 0.95
YES_P, NO_P = 0.9, 0.1
"""Probability of Yes that a response counts as where the model gives none."""
ABSENT_P = 0.75
"""Assumed probability that something is absent where all of the scope was viewed and nothing shows it."""
SHOWS_PROMPT = 'Do these frames show what this question asks about, at least in part?\n"{}"'


def answer_visual_question(
    spec: QuestionSpec, session: PerceptionSession, anchors: Sequence[SegmentRef] = ()
) -> PerceptionResult:
    """The perception result of a question.

    Args:
        spec: the question.
        session: the observations so far, and what may still be viewed.
        anchors: where the anchors of the question are spoken or written.

    Raises:
        PendingObservations: it needs further observations first.
    """
    if spec.wanted in WORDS:
        return _locate_anchors(spec, session)
    windows = _windows_near(spec, session, anchors)
    if windows:
        return _first_informative_reply(
            spec,
            session,
            [ObservationRequest(v, w, spec.text, spec.options) for v, w in windows],
            is_whole_scope=False,
        )
    if requests := _whole_scope_requests(spec, session):
        return (
            _yes_no(session, requests)
            if _is_yes_no(spec)
            else _first_informative_reply(spec, session, requests, is_whole_scope=True)
        )
    if _needs_scan(spec, session.segment_refs):
        return _scan(spec, session)
    if spec.intent == "when" and not spec.options:
        return _locate(spec, session)
    return _first_informative_reply(spec, session, _best_requests(spec, session), is_whole_scope=False)


def _locate(spec: QuestionSpec, session: PerceptionSession) -> PerceptionResult:
    """When something is visible: the likeliest of the best clips, narrowed to the frames that are cited."""
    requests = _best_requests(spec, session)
    question = SHOWS_PROMPT.format(spec.text)
    detections = _likely_detections(
        session, [replace(request, question=question, yes_no=True) for request in requests]
    )
    if not detections:
        is_complete = session.is_complete and _covers(requests, session)
        return PerceptionResult("absent" if is_complete else "unknown", is_complete=is_complete)
    detection = detections[0]
    observation = session.observe(
        ObservationRequest(detection.video_id, detection.searched_window, spec.text)
    )
    if observation is not None and not observation.declines:
        detection = replace(
            detection, window=cited_window(observation, detection.window), text=observation.text
        )
    return PerceptionResult("when", spec.text, (detection,), p=detection.p, is_complete=False)


def _likely_detections(session: PerceptionSession, requests: Sequence[ObservationRequest]) -> list[Detection]:
    """The clips of some yes-or-no requests for which Yes is likely, the likeliest first."""
    observations = session.observe_all(requests)
    detections = [
        Detection(request.video_id, request.window, p_yes(observation), observation.text, observation.window)
        for request, observation in zip(requests, observations, strict=True)
        if observation is not None
    ]
    return sorted(
        (detection for detection in detections if detection.p >= MIN_DETECTION_P),
        key=lambda detection: -detection.p,
    )


def _best_requests(spec: QuestionSpec, session: PerceptionSession) -> list[ObservationRequest]:
    """Requests for the clips that the search ranks first, and for those that no search can rank."""
    places = session.find_moments(spec.query or spec.text, NUM_CLIPS)
    return [ObservationRequest(video_id, window, spec.text, spec.options) for video_id, window in places]


# ---- a short scope, given whole ----


def _whole_scope_requests(spec: QuestionSpec, session: PerceptionSession) -> list[ObservationRequest]:
    """Requests that together show all of the scope; none where it is too long for that."""
    seconds = sum(window.duration_s for _, window in session.segment_refs)
    num_videos, limits = len(session.segment_refs), session.context.limits
    frames_each = (
        min(MAX_WHOLE_SCOPE_FRAMES, limits.frames, limits.visual_tokens // FRAME_TOKENS) // num_videos
    )
    if (
        session.plain_prompt
        or seconds > SHORT_SCOPE_S
        or num_videos > MAX_WHOLE_SCOPE_VIDEOS
        or frames_each < 2
    ):
        return []
    yes_no = _is_yes_no(spec)
    return [
        ObservationRequest(video_id, window, spec.text, spec.options, yes_no=yes_no, frames=frames_each)
        for video_id, window in session.segment_refs
    ]


# ---- the question asked about some clips ----


@dataclass(frozen=True, slots=True)
class InformativeReply:
    """An observation that answers the question, and the option that it chooses, if any."""

    observation: Observation
    choice: int | None


def _first_informative_reply(
    spec: QuestionSpec,
    session: PerceptionSession,
    requests: Sequence[ObservationRequest],
    *,
    is_whole_scope: bool,
) -> PerceptionResult:
    """The result of the first observation that answers the question; `absent` or `unknown` where none does.

    The best clip is asked about alone, since it answers most often; the others in parallel, a few at a time.
    """
    position = 0
    while position < len(requests):
        batch = requests[position : position + (NUM_CLIPS if position else 1)]
        for request, observation in zip(batch, session.observe_all(batch), strict=True):
            reply = None if observation is None else parse_observation(spec, observation)
            if reply is not None:
                return _result_of_reply(
                    spec,
                    request,
                    reply,
                    FREE_TEXT_P * LATER_CLIP_FACTOR**position,
                    is_complete=is_whole_scope and session.is_complete,
                )
            position += 1
    is_complete = session.is_complete and (is_whole_scope or _covers(requests, session))
    return PerceptionResult("absent" if is_complete else "unknown", is_complete=is_complete)


def _result_of_reply(
    spec: QuestionSpec, request: ObservationRequest, reply: InformativeReply, p: float, *, is_complete: bool
) -> PerceptionResult:
    window = cited_window(reply.observation, request.window)
    text = reply.observation.text if reply.choice is None else spec.options[reply.choice]
    detection = Detection(request.video_id, window, p, reply.observation.text, reply.observation.window)
    is_about_whole_scope = spec.intent in ("order", "count", "how_long") or (
        _is_yes_no(spec) and spec.relation
    )
    p = (
        p if is_complete or not is_about_whole_scope else p * MIN_DETECTION_P
    )  # one clip does not show all that is asked about
    is_when = spec.intent == "when" and reply.choice is None
    return PerceptionResult(
        "when" if is_when else "told", text, (detection,), reply.choice, p=p, is_complete=is_complete
    )


def _covers(requests: Sequence[ObservationRequest], session: PerceptionSession) -> bool:
    """Whether the windows of some requests, which do not overlap, cover all recorded seconds of the scope."""
    recorded_s = sum(window.duration_s for _, window in session.split_scope(SCAN_WINDOW_S))
    return sum(request.window.duration_s for request in requests) >= recorded_s - EPSILON_S


def parse_observation(spec: QuestionSpec, observation: Observation) -> InformativeReply | None:
    """The answer in an observation; None for a refusal, and for a response that does not answer the question.

    A multiple choice needs one option; a mere yes or no does not answer who, what, where or when.
    """
    if observation.declines:
        return None
    if spec.options:
        choice = _chosen_option(observation.text, spec.options)
        return (
            None
            if choice is None or is_abstention(spec.options[choice])
            else InformativeReply(observation, choice)
        )
    is_only_yes_no = normalised(observation.text) in ("yes", "no")
    return None if is_only_yes_no and spec.intent != "yes_no" else InformativeReply(observation, None)


def _chosen_option(text: str, options: tuple[str, ...]) -> int | None:
    try:
        return parse_choice(text, options)
    except ModelOutputInvalid:
        return choose.by_text(options, text)


def cited_window(observation: Observation, window: Window) -> Window:
    """The part of a window around the frames that a response cites; all of it where it cites none."""
    if not observation.cited_s:
        return window
    around = Window(max(0.0, min(observation.cited_s) - CITED_S), max(observation.cited_s) + CITED_S)
    return around.clamped(window) or window


# ---- all of a scope, scanned in windows ----


def _is_yes_no(spec: QuestionSpec) -> bool:
    return spec.intent == "yes_no" and not spec.options


def _needs_scan(spec: QuestionSpec, segment_refs: Sequence[SegmentRef]) -> bool:
    """Whether a question is about all of the scope: whether, how often, the first or last time."""
    is_count = spec.intent == "count" and not spec.of_things
    is_one_video = len({video_id for video_id, _ in segment_refs}) == 1  # only one has a first and a last
    is_ordinal = spec.ordinal not in (None, EVERY) and spec.intent == "when"
    return spec.relation is None and (_is_yes_no(spec) or is_count or (is_ordinal and is_one_video))


def _scan(spec: QuestionSpec, session: PerceptionSession) -> PerceptionResult:
    if _is_yes_no(spec):
        best_requests = [replace(request, yes_no=True) for request in _best_requests(spec, session)]
        result = _yes_no(session, best_requests)
        return (
            result
            if result.value
            else _yes_no(session, [*best_requests, *_scan_requests(spec, session, spec.text)])
        )
    requests = _scan_requests(spec, session, SHOWS_PROMPT.format(spec.text))
    events = merge_detections(_likely_detections(session, requests))
    if not events:
        return PerceptionResult("absent", is_complete=session.is_complete)
    if spec.intent == "count":
        return _count(spec, session, events)
    position = (spec.ordinal or 1) - 1 if (spec.ordinal or 1) > 0 else len(events) + (spec.ordinal or -1)
    if not 0 <= position < len(events):
        return PerceptionResult("unknown", is_complete=session.is_complete)
    event = events[position]
    return PerceptionResult(
        "when",
        spec.text,
        (event,),
        p=event.p if session.is_complete else event.p * MIN_DETECTION_P,
        is_complete=session.is_complete,
    )


def _scan_requests(spec: QuestionSpec, session: PerceptionSession, question: str) -> list[ObservationRequest]:
    return [
        ObservationRequest(v, window, question, yes_no=True)
        for v, window in session.split_scope(SCAN_WINDOW_S)
    ]


def _yes_no(session: PerceptionSession, requests: Sequence[ObservationRequest]) -> PerceptionResult:
    """Yes where one clip shows it; no where none does, which `session.is_complete` qualifies."""
    observations = session.observe_all(requests)
    pairs = [
        (r, observation)
        for r, observation in zip(requests, observations, strict=True)
        if observation is not None
    ]
    detections = [
        Detection(r.video_id, r.window, p_yes(observation), observation.text, observation.window)
        for r, observation in pairs
    ]
    best = max(detections, key=lambda detection: detection.p, default=None)
    if best is not None and best.p >= MIN_DETECTION_P:
        return PerceptionResult(
            "yes_no", "yes", (best,), value=1.0, p=best.p, is_complete=session.is_complete
        )
    if not pairs or all(observation.declines for _, observation in pairs):
        return PerceptionResult("unknown", is_complete=False)
    return PerceptionResult("yes_no", "no", value=0.0, p=ABSENT_P, is_complete=session.is_complete)


def _count(spec: QuestionSpec, session: PerceptionSession, events: Sequence[Detection]) -> PerceptionResult:
    value = float(len(events))
    p = (
        sum(detection.p for detection in events)
        / len(events)
        * (LATER_CLIP_FACTOR if session.is_complete else MIN_DETECTION_P)
    )
    choice = choose.by_number(spec.options, value)
    return PerceptionResult(
        "count", f"{value:.0f}", tuple(events), choice, value, p, is_complete=session.is_complete
    )


def p_yes(observation: Observation) -> float:
    """The probability of Yes: the model's own, else one that its text stands for."""
    if observation.declines:
        return NO_P
    if observation.p_yes is not None:
        return observation.p_yes
    return YES_P if yes_or_no(observation.text) else NO_P


def merge_detections(detections: Sequence[Detection]) -> list[Detection]:
    """Detections in time order; those in adjacent windows are merged."""
    merged: list[Detection] = []
    for detection in sorted(detections, key=lambda s: (s.video_id, s.window)):
        last = merged[-1] if merged else None
        if (
            last is not None
            and last.video_id == detection.video_id
            and last.window.gap_s(detection.window) <= CITED_S
        ):
            merged[-1] = replace(last, window=last.window.hull(detection.window), p=max(last.p, detection.p))
        else:
            merged.append(detection)
    return merged


# ---- what is spoken, and what is visible, at another event ----


def _locate_anchors(spec: QuestionSpec, session: PerceptionSession) -> PerceptionResult:
    """The visual anchors of a question about text: the text near them is read afterwards."""
    by_anchor: list[list[Detection]] = []
    for anchor in spec.relation.anchors if spec.relation is not None else ():
        question = SHOWS_PROMPT.format(anchor.text)
        places = session.find_moments(anchor.text, NUM_CLIPS)
        requests = [ObservationRequest(v, window, question, yes_no=True) for v, window in places]
        by_anchor.append(_likely_detections(session, requests))
    if not by_anchor or not all(by_anchor):
        return PerceptionResult("unknown", is_complete=False)
    likeliest = by_anchor[0] if len(by_anchor) == 1 else [detections[0] for detections in by_anchor]
    return PerceptionResult(
        "anchors", detections=tuple(likeliest), p=min(detections[0].p for detections in by_anchor)
    )


def _windows_near(
    spec: QuestionSpec, session: PerceptionSession, anchors: Sequence[SegmentRef]
) -> list[SegmentRef]:
    """The windows that stand in the question's temporal relation to its anchors, within the scope."""
    kind = spec.relation.kind if spec.relation is not None else ""
    if not anchors or not kind:
        return []
    video_id, window = anchors[0]
    if kind == "between":
        ends = sorted([anchors[0][1], anchors[-1][1]])
        places = [Window(ends[0].end_s, ends[1].start_s)] if ends[0].end_s < ends[1].start_s else []
    elif kind == "after":
        places = [Window(window.end_s, window.end_s + NEAR_ANCHOR_S)]
    elif kind in ("before", "until"):
        places = (
            [Window(max(0.0, window.start_s - NEAR_ANCHOR_S), window.start_s)] if window.start_s > 0 else []
        )
    else:
        places = [window]
    inside = [(v, one.clamped(scope)) for one in places for v, scope in session.segment_refs if v == video_id]
    return [(v, one) for v, one in inside if one is not None]
