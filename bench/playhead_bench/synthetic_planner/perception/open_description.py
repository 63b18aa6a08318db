"""The question put to clips in the model's own words, one after the other, until one of them tells."""

import re
from collections.abc import Sequence
from dataclasses import replace

from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.perception.results import Detection, PerceptionResult
from playhead_agent.state import SegmentRef
from playhead_bench.synthetic_planner.perception.grounding import PIECE_S, narrowed, pieces, stands_still
from playhead_bench.synthetic_planner.perception.session import ProcedureDesk
from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_tools import options as choose
from playhead_tools.citations import reads_like_orders
from playhead_tools.spec import ActionTriple, QuestionSpec
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.parse_response import is_abstention, normalised, parse_choice

TOLD_P = 0.75
MOST_DEED_WORDS = 7
AROUND_S = 2.0


def ask_each(
    spec: QuestionSpec, session: ProcedureDesk, places: Sequence[SegmentRef], deed: ActionTriple | None = None
) -> PerceptionResult:
    """The answer of the first place that gives one; `absent` when all of them decline.

    A reply that nothing is done counts only when no other place tells of something: what is asked about
    usually stands still most of the time.

    Raises:
        NeedLooks: looks are wanted.
    """
    looked = pieces(places) if spec.asks == "deed" else list(places)
    still: PerceptionResult | None = None
    said_no: PerceptionResult | None = None
    for i, place in enumerate(looked):
        told = _ask(spec, session, place)
        if told is None:
            continue
        look, sight = told[0], _sight(spec, told, place, 0.95**i)
        if spec.intent == "yes_no" and not spec.options and says_no(look.text):
            said_no = said_no or sight  # of one place; another may show it
            continue
        if spec.asks == "deed" and stands_still(look):
            still = still or sight
            continue
        return _timed(session, sight, deed) if spec.asks == "deed" and deed is not None else sight
    if said_no is not None:
        return PerceptionResult("yes_no", "no", p=said_no.p, whole=session.whole)
    return still or PerceptionResult("absent", whole=session.whole)


def says_no(text: str) -> bool:
    """Whether a reply begins with no."""
    return text.strip().lower().startswith("no") and normalised(text).split(" ")[0] == "no"


def _is_bare(text: str) -> bool:
    return normalised(text) in ("yes", "no")


def _timed(session: ProcedureDesk, sight: PerceptionResult, deed: ActionTriple) -> PerceptionResult:
    """The sight with the part of its window in which what was told happens."""
    verb = re.sub(r"^it\s+", "", sight.text.strip().rstrip("."), flags=re.IGNORECASE)
    if len(verb.split()) > MOST_DEED_WORDS or reads_like_orders(verb):
        return sight  # more than a deed: words of a model or of a video are never asked back
    (sighting,) = sight.sightings
    return replace(sight, sightings=(narrowed(session, ActionTriple(deed.subject, verb), sighting),))


def told_at(
    spec: QuestionSpec, session: ProcedureDesk, sightings: Sequence[Detection], deed: ActionTriple | None
) -> PerceptionResult:
    """The answer of places where what the question is about was seen already.

    Raises:
        NeedLooks: looks are wanted.
    """
    best = sightings[0]
    for sighting in sightings:
        window = _around(sighting.window)
        place = (sighting.video_id, window)
        told = _ask(spec, session, place)
        if told is not None:
            sight = _sight(spec, told, sighting.place, sighting.p)
            exact = narrowed(session, deed, sighting) if deed is not None else sighting
            kept = Detection(exact.video_id, exact.window, exact.p, told[0].text, told[0].window)
            return replace(sight, sightings=(kept,))
    return PerceptionResult("unknown", sightings=(best,), whole=False)


def _around(window: Window) -> Window:
    """A short window with some seconds around it, so that a movement can be seen."""
    if window.duration_s >= PIECE_S / 2:
        return window
    return Window(max(0.0, window.start_s - AROUND_S / 2), window.end_s + AROUND_S / 2)


def _ask(
    spec: QuestionSpec, session: ProcedureDesk, place: SegmentRef
) -> tuple[Observation, int | None] | None:
    """A reply that tells, with the option that it chooses; None for one that declines or cannot be read."""
    question = spec.clip_question or spec.text
    free = (
        session.look(ObservationRequest(place[0], place[1], question))
        if session.openly or not spec.options
        else None
    )
    if free is not None and not spec.options and spec.intent != "yes_no" and _is_bare(free.text):
        return None  # a bare yes or no tells nothing of who, what, where or when
    if free is not None and not free.declines:
        choice = choose.by_text(spec.options, free.text)
        if choice is not None or not spec.options:
            return free, choice
    if not spec.options or (free is not None and free.declines and not session.must_choose):
        return None
    look = session.look(ObservationRequest(place[0], place[1], question, spec.options))
    choice = None if look is None or look.declines else _choice(look.text, spec.options)
    if look is None or choice is None or is_abstention(spec.options[choice]):
        return None
    return look, choice


def _sight(
    spec: QuestionSpec, told: tuple[Observation, int | None], place: SegmentRef, sure: float
) -> PerceptionResult:
    look, choice = told
    text = look.text if choice is None else spec.options[choice]
    sighting = Detection(place[0], place[1], TOLD_P * sure, text, look.window)
    return PerceptionResult("told", text, (sighting,), choice, p=TOLD_P * sure)


def _choice(text: str, options: tuple[str, ...]) -> int | None:
    try:
        return parse_choice(text, options)
    except ModelOutputInvalid:
        return choose.by_text(options, text)
