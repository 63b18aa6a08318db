"""The question put to clips in the model's own words, one after the other, until one of them tells."""

import re
from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.seeing.desk import Desk, Request
from playhead_agent.seeing.locate import PIECE_S, Sighting, narrowed, pieces, stands_still
from playhead_agent.seeing.sight import Sight
from playhead_agent.state import Stretch
from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_tools import options as choose
from playhead_tools.eyes import Look
from playhead_tools.replies import is_abstention, parse_choice
from playhead_tools.spec import Deed, QuestionSpec

TOLD_P = 0.75
AROUND_S = 2.0


def ask_each(spec: QuestionSpec, desk: Desk, places: Sequence[Stretch], deed: Deed | None = None) -> Sight:
    """The answer of the first place that gives one; `absent` when all of them decline.

    A reply that nothing is done counts only when no other place tells of something: what is asked about
    usually stands still most of the time.

    Raises:
        NeedLooks: looks are wanted.
    """
    looked = pieces(places) if spec.asks == "deed" else list(places)
    still: Sight | None = None
    for i, place in enumerate(looked):
        look = desk.look(_request(spec, place))
        if look is None or look.declines:
            continue
        sight = _read(spec, look, place, 0.95**i)
        if sight is None:
            continue
        if spec.asks == "deed" and stands_still(look):
            still = still or sight
            continue
        return _timed(desk, sight, deed) if spec.asks == "deed" and deed is not None else sight
    return still or Sight("absent", whole=bool(looked) and not desk.short)


def _timed(desk: Desk, sight: Sight, deed: Deed) -> Sight:
    """The sight with the part of its window in which what was told happens."""
    verb = re.sub(r"^it\s+", "", sight.text.strip().rstrip("."), flags=re.IGNORECASE)
    (sighting,) = sight.sightings
    return replace(sight, sightings=(narrowed(desk, Deed(deed.subject, verb), sighting),))


def told_at(spec: QuestionSpec, desk: Desk, sightings: Sequence[Sighting], deed: Deed | None) -> Sight:
    """The answer of places where what the question is about was seen already.

    Raises:
        NeedLooks: looks are wanted.
    """
    best = sightings[0]
    for sighting in sightings:
        window = _around(sighting.window)
        place = (sighting.video_id, window)
        look = desk.look(_request(spec, place))
        if look is None or look.declines:
            continue
        sight = _read(spec, look, sighting.place, sighting.p)
        if sight is not None:
            exact = narrowed(desk, deed, sighting) if deed is not None and deed.verb else sighting
            kept = Sighting(exact.video_id, exact.window, exact.p, look.text, look.window)
            return Sight(sight.kind, sight.text, (kept,), sight.choice, p=sight.p)
    return Sight("unknown", sightings=(best,), whole=False)


def _around(window: Window) -> Window:
    """A short window with some seconds around it, so that a movement can be seen."""
    if window.duration_s >= PIECE_S / 2:
        return window
    return Window(max(0.0, window.start_s - AROUND_S / 2), window.end_s + AROUND_S / 2)


def _request(spec: QuestionSpec, place: Stretch) -> Request:
    question = spec.clip_question or spec.text
    return Request(place[0], place[1], question, spec.options)


def _read(spec: QuestionSpec, look: Look, place: Stretch, sure: float) -> Sight | None:
    """The reply as a sight; None when it declines by an option or cannot be read."""
    text, choice = look.text, None
    if spec.options:
        choice = _choice(look.text, spec.options)
        if choice is None or is_abstention(spec.options[choice]):
            return None
        text = spec.options[choice]
    sighting = Sighting(place[0], place[1], TOLD_P * sure, text, look.window)
    return Sight("told", text, (sighting,), choice, p=TOLD_P * sure)


def _choice(text: str, options: tuple[str, ...]) -> int | None:
    try:
        return parse_choice(text, options)
    except ModelOutputInvalid:
        return choose.by_text(options, text)
