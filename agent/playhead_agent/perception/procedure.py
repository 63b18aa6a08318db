"""What a rule-based planner without a chat model looks at: the question as asked, put to the best clips.

Read top to bottom. A short scope is shown whole in one look. In a longer one the question is put to the clips
that the search ranks first; whether, how often and when first or last something happens is found by looking
at all of the scope in pieces, and said only of what was looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.perception.results import SURE, Detection, PerceptionResult
from playhead_agent.perception.routing import WORDS
from playhead_agent.perception.session import PerceptionSession
from playhead_agent.state import SegmentRef
from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_tools import options as choose
from playhead_tools.spec import EVERY, QuestionSpec
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.parse_response import is_abstention, normalised, parse_choice
from playhead_tools.video_llm.refusals import yes_or_no

SHORT_SCOPE_S = 180.0
"""Up to so many seconds are shown whole in one look."""
MAX_WHOLE_STRETCHES = 4
WHOLE_FRAMES = 48
"""Frames of looks that show all of a short scope."""
FRAME_TOKENS = 300
"""About as many visual tokens as a frame of 336 pixels on its short side becomes (patches of 28 pixels)."""
NUM_CLIPS = 4
"""Clips that a question is put to where not all of the scope is looked at."""
PIECE_S = 24.0
"""All of a scope is looked at in pieces of at most so many seconds."""
BESIDE_S = 30.0
"""Before or after something that was said, so many seconds are looked at."""
CITED_S = 1.0
"""A frame that a reply names stands for so much time around it."""
TOLD_P = 0.75
"""How likely what a model tells freely is true where nobody has measured it; a later clip counts less."""
LATER_CLIP = 0.95
SAID_YES, SAID_NO = 0.9, 0.1
"""What a Yes or No counts where its probability cannot be had."""
UNSEEN_P = 0.75
"""How likely it is that something is not there, where all of the scope was looked at and shows it nowhere."""
SHOWS = 'Do these frames show what this question asks about, at least in part?\n"{}"'


def see(
    spec: QuestionSpec, session: PerceptionSession, anchors: Sequence[SegmentRef] = ()
) -> PerceptionResult:
    """What looking tells of a question.

    Args:
        spec: the question.
        session: what looks were made, and what may be looked at.
        anchors: where what the question is related to in time was said or written.

    Raises:
        NeedLooks: looks are wanted before it can go on.
    """
    if spec.wanted in WORDS:
        return _anchors(spec, session)
    beside = _beside(spec, session, anchors)
    if beside:
        return _told(
            spec,
            session,
            [ObservationRequest(v, w, spec.text, spec.options) for v, w in beside],
            all_seen=False,
        )
    if whole := _whole(spec, session):
        return _yes_no(session, whole) if _is_yes_no(spec) else _told(spec, session, whole, all_seen=True)
    if _is_scanned(spec, session.stretches):
        return _scanned(spec, session)
    if spec.intent == "when" and not spec.options:
        return _located(spec, session)
    return _told(spec, session, _best(spec, session), all_seen=False)


def _located(spec: QuestionSpec, session: PerceptionSession) -> PerceptionResult:
    """Where something is seen: of the best clips the likeliest, narrowed to the frames that a reply names."""
    best = _best(spec, session)
    shows = SHOWS.format(spec.text)
    likely = _likely(session, [replace(request, question=shows, yes_no=True) for request in best])
    if not likely:
        whole = session.whole and _covers(best, session)
        return PerceptionResult("absent" if whole else "unknown", whole=whole)
    first = likely[0]
    look = session.look(ObservationRequest(first.video_id, first.looked, spec.text))
    if look is not None and not look.declines:
        first = replace(first, window=cited_window(look, first.window), said=look.text)
    return PerceptionResult("when", spec.text, (first,), p=first.p, whole=False)


def _likely(session: PerceptionSession, requests: Sequence[ObservationRequest]) -> list[Detection]:
    """The clips of some yes-or-no looks that show what is asked about, the likeliest first."""
    looks = session.look_all(requests)
    seen = [
        Detection(request.video_id, request.window, p_yes(look), look.text, look.window)
        for request, look in zip(requests, looks, strict=True)
        if look is not None
    ]
    return sorted((one for one in seen if one.p >= SURE), key=lambda one: -one.p)


def _best(spec: QuestionSpec, session: PerceptionSession) -> list[ObservationRequest]:
    """Looks at the clips that the search ranks first for the question, and at what no search can rank."""
    places = session.moments(spec.query or spec.text, NUM_CLIPS)
    return [ObservationRequest(video_id, window, spec.text, spec.options) for video_id, window in places]


# ---- a short scope, shown whole ----


def _whole(spec: QuestionSpec, session: PerceptionSession) -> list[ObservationRequest]:
    """Looks that show all of the scope; none where it is too long for that."""
    seconds = sum(window.duration_s for _, window in session.stretches)
    num, limits = len(session.stretches), session.context.limits
    frames = min(WHOLE_FRAMES, limits.frames, limits.visual_tokens // FRAME_TOKENS) // num
    if session.plain_prompt or seconds > SHORT_SCOPE_S or num > MAX_WHOLE_STRETCHES or frames < 2:
        return []
    yes_no = _is_yes_no(spec)
    return [
        ObservationRequest(video_id, window, spec.text, spec.options, yes_no=yes_no, frames=frames)
        for video_id, window in session.stretches
    ]


# ---- the question put to some clips ----


@dataclass(frozen=True, slots=True)
class Told:
    """A reply that tells something: the look, and the option that it chooses."""

    look: Observation
    choice: int | None


def _told(
    spec: QuestionSpec, session: PerceptionSession, requests: Sequence[ObservationRequest], *, all_seen: bool
) -> PerceptionResult:
    """The first reply that tells something; `absent` or `unknown` where none does.

    The best clip is looked at alone, for it tells most often; the others side by side, a few at a time.
    """
    at = 0
    while at < len(requests):
        batch = requests[at : at + (NUM_CLIPS if at else 1)]
        for request, look in zip(batch, session.look_all(batch), strict=True):
            told = None if look is None else read_told(spec, look)
            if told is not None:
                return _told_sight(
                    spec, request, told, TOLD_P * LATER_CLIP**at, whole=all_seen and session.whole
                )
            at += 1
    whole = session.whole and (all_seen or _covers(requests, session))
    return PerceptionResult("absent" if whole else "unknown", whole=whole)


def _told_sight(
    spec: QuestionSpec, request: ObservationRequest, told: Told, p: float, *, whole: bool
) -> PerceptionResult:
    window = cited_window(told.look, request.window)
    text = told.look.text if told.choice is None else spec.options[told.choice]
    sighting = Detection(request.video_id, window, p, told.look.text, told.look.window)
    is_of_all = spec.intent in ("order", "count", "how_long") or (_is_yes_no(spec) and spec.relation)
    p = p if whole or not is_of_all else p * SURE  # one clip does not show all that is asked about
    is_when = spec.intent == "when" and told.choice is None
    return PerceptionResult("when" if is_when else "told", text, (sighting,), told.choice, p=p, whole=whole)


def _covers(requests: Sequence[ObservationRequest], session: PerceptionSession) -> bool:
    """Whether the windows of some looks, of which none overlap, are all that was recorded in the scope."""
    recorded_s = sum(window.duration_s for _, window in session.pieces(PIECE_S))
    return sum(request.window.duration_s for request in requests) >= recorded_s - 1e-3


def read_told(spec: QuestionSpec, look: Observation) -> Told | None:
    """What a reply tells; None for one that declines or does not say what was asked.

    Of a choice, one option or nothing; a bare yes or no tells nothing of who, what, where or when.
    """
    if look.declines:
        return None
    if spec.options:
        choice = _choice(look.text, spec.options)
        return None if choice is None or is_abstention(spec.options[choice]) else Told(look, choice)
    is_bare = normalised(look.text) in ("yes", "no")
    return None if is_bare and spec.intent != "yes_no" else Told(look, None)


def _choice(text: str, options: tuple[str, ...]) -> int | None:
    try:
        return parse_choice(text, options)
    except ModelOutputInvalid:
        return choose.by_text(options, text)


def cited_window(look: Observation, window: Window) -> Window:
    """The part of a window in which the frames lie that a reply names; all of it where it names none."""
    if not look.cited_s:
        return window
    around = Window(max(0.0, min(look.cited_s) - CITED_S), max(look.cited_s) + CITED_S)
    return around.clamped(window) or window


# ---- all of a scope, looked at in pieces ----


def _is_yes_no(spec: QuestionSpec) -> bool:
    return spec.intent == "yes_no" and not spec.options


def _is_scanned(spec: QuestionSpec, stretches: Sequence[SegmentRef]) -> bool:
    """Whether a question is plainly about all of the scope: whether, how often, the first or last time."""
    counts = spec.intent == "count" and not spec.of_things
    one_video = len({video_id for video_id, _ in stretches}) == 1  # only one has a first and a last
    ranks = spec.ordinal not in (None, EVERY) and spec.intent == "when"
    return spec.relation is None and (_is_yes_no(spec) or counts or (ranks and one_video))


def _scanned(spec: QuestionSpec, session: PerceptionSession) -> PerceptionResult:
    if _is_yes_no(spec):
        first = [replace(request, yes_no=True) for request in _best(spec, session)]
        found = _yes_no(session, first)
        return found if found.value else _yes_no(session, [*first, *_pieces(spec, session, spec.text)])
    requests = _pieces(spec, session, SHOWS.format(spec.text))
    events = merged(_likely(session, requests))
    if not events:
        return PerceptionResult("absent", whole=session.whole)
    if spec.intent == "count":
        return _counted(spec, session, events)
    position = (spec.ordinal or 1) - 1 if (spec.ordinal or 1) > 0 else len(events) + (spec.ordinal or -1)
    if not 0 <= position < len(events):
        return PerceptionResult("unknown", whole=session.whole)
    event = events[position]
    return PerceptionResult(
        "when", spec.text, (event,), p=event.p if session.whole else event.p * SURE, whole=session.whole
    )


def _pieces(spec: QuestionSpec, session: PerceptionSession, question: str) -> list[ObservationRequest]:
    return [ObservationRequest(v, window, question, yes_no=True) for v, window in session.pieces(PIECE_S)]


def _yes_no(session: PerceptionSession, requests: Sequence[ObservationRequest]) -> PerceptionResult:
    """Yes where one clip shows it; no where none does, which `desk.whole` qualifies."""
    looks = session.look_all(requests)
    told = [(r, look) for r, look in zip(requests, looks, strict=True) if look is not None]
    seen = [Detection(r.video_id, r.window, p_yes(look), look.text, look.window) for r, look in told]
    best = max(seen, key=lambda one: one.p, default=None)
    if best is not None and best.p >= SURE:
        return PerceptionResult("yes_no", "yes", (best,), value=1.0, p=best.p, whole=session.whole)
    if not told or all(look.declines for _, look in told):
        return PerceptionResult("unknown", whole=False)
    return PerceptionResult("yes_no", "no", value=0.0, p=UNSEEN_P, whole=session.whole)


def _counted(spec: QuestionSpec, session: PerceptionSession, events: Sequence[Detection]) -> PerceptionResult:
    value = float(len(events))
    p = sum(one.p for one in events) / len(events) * (LATER_CLIP if session.whole else SURE)
    choice = choose.by_number(spec.options, value)
    return PerceptionResult("count", f"{value:.0f}", tuple(events), choice, value, p, whole=session.whole)


def p_yes(look: Observation) -> float:
    """The probability of Yes: the model's own, or what its word counts."""
    if look.declines:
        return SAID_NO
    if look.p_yes is not None:
        return look.p_yes
    return SAID_YES if yes_or_no(look.text) else SAID_NO


def merged(sightings: Sequence[Detection]) -> list[Detection]:
    """Sightings in time order; those in pieces that touch are one."""
    out: list[Detection] = []
    for one in sorted(sightings, key=lambda s: (s.video_id, s.window)):
        last = out[-1] if out else None
        if last is not None and last.video_id == one.video_id and last.window.gap_s(one.window) <= CITED_S:
            out[-1] = replace(last, window=last.window.hull(one.window), p=max(last.p, one.p))
        else:
            out.append(one)
    return out


# ---- what is said, and what is shown, at another event ----


def _anchors(spec: QuestionSpec, session: PerceptionSession) -> PerceptionResult:
    """Where what a question about words is tied to is seen: words are then read next to it."""
    found: list[list[Detection]] = []
    for anchor in spec.relation.anchors if spec.relation is not None else ():
        question = SHOWS.format(anchor.text)
        places = session.moments(anchor.text, NUM_CLIPS)
        requests = [ObservationRequest(v, window, question, yes_no=True) for v, window in places]
        found.append(_likely(session, requests))
    if not found or not all(found):
        return PerceptionResult("unknown", whole=False)
    likely = found[0] if len(found) == 1 else [one[0] for one in found]
    return PerceptionResult("anchors", sightings=tuple(likely), p=min(one[0].p for one in found))


def _beside(
    spec: QuestionSpec, session: PerceptionSession, anchors: Sequence[SegmentRef]
) -> list[SegmentRef]:
    """The stretches that lie to some anchors as the question says, inside what it is about."""
    kind = spec.relation.kind if spec.relation is not None else ""
    if not anchors or not kind:
        return []
    video_id, window = anchors[0]
    if kind == "between":
        ends = sorted([anchors[0][1], anchors[-1][1]])
        places = [Window(ends[0].end_s, ends[1].start_s)] if ends[0].end_s < ends[1].start_s else []
    elif kind == "after":
        places = [Window(window.end_s, window.end_s + BESIDE_S)]
    elif kind in ("before", "until"):
        places = [Window(max(0.0, window.start_s - BESIDE_S), window.start_s)] if window.start_s > 0 else []
    else:
        places = [window]
    inside = [(v, one.clamped(scope)) for one in places for v, scope in session.stretches if v == video_id]
    return [(v, one) for v, one in inside if one is not None]
