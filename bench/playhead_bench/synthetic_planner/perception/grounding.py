"""Finding what a picture shows: candidates from the search, a look at each, and only then a sighting.

A search ranks; it does not see. A candidate becomes a sighting when the model, asked about its clip alone,
says that it happens there, and, where something moves, also says so when it is asked openly: the second
question names no deed, so it cannot lead.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from math import ceil, log

from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.perception.results import Detection
from playhead_agent.state import SegmentRef
from playhead_bench.synthetic_planner.perception.session import ProcedureDesk
from playhead_bench.synthetic_planner.question.visual_questions import ANYTHING
from playhead_index.window import Window
from playhead_tools.match import stem
from playhead_tools.spec import ActionTriple
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.refusals import yes_or_no

SURE = 0.5
SAME_S = 2.0
"""Sightings of one deed nearer to each other than this are one."""
DEED_S = 2.0
"""How long a deed is taken to last when only its beginning is known."""
PART_S, PART_STEP_S, MOST_PARTS = 4.0, 1.0, 6
"""A window is narrowed by parts of this length, this far apart, and no more than so many."""
WEIGHED_S, GRID_S, LEAST_P = 3.0, 0.25, 0.02
"""Places of this length, this far apart, are weighed; no part is surer than 0.98 of yes or no. On 32 deeds of
dev videos the window then lies half in the deed for 0.81 of them; 0.66 where it was what the likeliest parts
share, and where places of 2 s are weighed (nano-vlm as it was; 0.84 and 0.78 as it is)."""
OPEN_PART = 0.6
"""How much the open reply counts beside the probability of Yes, with the values below. On 64 deeds of dev
videos of the made world 0.4 tells as many pairs of a true and a false one apart (0.86; Yes alone 0.85, open
replies 0.71), but of many candidates the likeliest must be right, and what is false is seldom told openly: of
403 dev questions 81.4 % are right at 0.6, 80.6 at 0.4."""
PIECE_S = 8.0
"""A deed is looked for in pieces of a moment of at most so much: fewer frames a second show no movement."""
EDGE_S = 2.0
"""So much before and behind a moment that was found is looked at, too."""
SAID_YES, SAID_NO = 0.9, 0.1
"""What a Yes or No counts where its probability cannot be had."""
TOLD, UNTOLD, REFUSED = 0.9, 0.475, 0.225
"""What an open reply counts that tells the deed, another deed, or that nothing is to be seen."""
_RECOLOURED = re.compile(r"\b(?:turns?|becomes?)\b", re.IGNORECASE)
_STILL = re.compile(r"\bstands? still\b|\bnothing\b|\bdoes not move\b", re.IGNORECASE)


def locate(
    session: ProcedureDesk,
    deed: ActionTriple,
    most: int,
    *,
    sure: bool = False,
    surely_happens: bool = False,
    wide: bool = False,
) -> list[Detection]:
    """Where a deed, or a thing, is seen, best first.

    Args:
        session: at which it is worked out.
        deed: with a subject; without a verb the thing being there is enough.
        most: candidates that are looked at.
        sure: only where it is more likely than not, also when something must be chosen.
        surely_happens: the question takes it for granted, so the likeliest place counts where none is sure.
        wide: what lies next to the candidates is looked at, too.

    Raises:
        NeedLooks: looks are wanted.
    """
    candidates = session.places_of(deed, most)
    if deed.verb and deed.subject:
        there = present(session, deed.subject, candidates)
        candidates = there or (candidates[:1] if session.must_choose and not sure else [])
    if deed.verb:
        candidates = pieces(widened(session, candidates) if wide else candidates)
    sightings = judge_all(session, deed, candidates)
    ranked = sorted(sightings, key=lambda one: -one.p)
    likely = [one for one in ranked if one.p >= SURE]
    if sure or not (session.must_choose or surely_happens):
        return likely
    return likely or ranked[:1]


def present(session: ProcedureDesk, thing: str, places: Sequence[SegmentRef]) -> list[SegmentRef]:
    """The places in which a thing is seen at all: that is told surely and by one look, so it comes first.

    Raises:
        NeedLooks: looks are wanted.
    """
    requests = [ObservationRequest(v, w, happens(ActionTriple(thing, "")), yes_no=True) for v, w in places]
    looks = session.look_all(requests)
    return [p for p, look in zip(places, looks, strict=True) if look is not None and p_of(look) >= SURE]


def judge_all(session: ProcedureDesk, deed: ActionTriple, places: Sequence[SegmentRef]) -> list[Detection]:
    """How likely a deed is in each place; places that cannot be looked at are left out."""
    anything = deed.verb in ANYTHING
    closed = [] if anything else [ObservationRequest(v, w, happens(deed), yes_no=True) for v, w in places]
    openly = bool(deed.verb and deed.subject) and (anything or session.critic)
    opened = [ObservationRequest(v, w, doing(deed)) for v, w in places] if openly else []
    looks = session.look_all([*closed, *opened])
    judged = []
    for i, (video_id, window) in enumerate(places):
        yes = looks[i] if closed else None
        told = looks[len(closed) + i] if opened else None
        said = told or yes
        if said is not None:
            p = _together(None if yes is None else p_of(yes), None if told is None else p_told(told, deed))
            judged.append(Detection(video_id, window, p, said.text, said.window))
    return judged


def _together(yes: float | None, told: float | None) -> float:
    """The leading and the open question as one probability; the one that there is, where one is missing."""
    if yes is None or told is None:
        return yes if yes is not None else (told or 0.0)
    return (1 - OPEN_PART) * yes + OPEN_PART * told


def doing(deed: ActionTriple) -> str:
    """The open question about the subject of a deed, which cannot lead."""
    return f"What does the {deed.subject} do?"


def happens(deed: ActionTriple) -> str:
    """The question whether a deed happens, or a thing is there, in a clip."""
    if not deed.verb:
        return f"Is there a {deed.subject}?"
    return f"Does it happen that the {deed.text}?"


def p_of(look: Observation) -> float:
    """The probability of Yes: the model's own, or what its word counts."""
    if look.declines:
        return SAID_NO
    if look.p_yes is not None:
        return look.p_yes
    return SAID_YES if yes_or_no(look.text) else SAID_NO


def p_told(look: Observation, deed: ActionTriple) -> float:
    """What an open reply about the subject counts for a deed."""
    if look.declines:
        return REFUSED
    if deed.verb in ANYTHING:
        return UNTOLD if stands_still(look) else TOLD
    said = {stem(word) for word in re.findall(r"\w+", look.text.lower())}
    verb = [stem(word) for word in re.findall(r"\w+", deed.verb.lower())]
    told = bool(verb) and verb[0] in said
    if verb[:1] == [stem("change")] and verb[1:] in ([stem("colour")], [stem("color")]):
        told = told or bool(_RECOLOURED.search(look.text))
    object_told = not deed.object or all(stem(w) in said for w in deed.object.lower().split())
    return TOLD if told and object_told else UNTOLD


def stands_still(look: Observation) -> bool:
    """The reply says that nothing is done."""
    return bool(_STILL.search(look.text))


def widened(session: ProcedureDesk, places: Sequence[SegmentRef]) -> list[SegmentRef]:
    """The places with what lies just before and behind them, up to the cuts; short ones up to a piece.

    What enters, leaves, blinks or is chased away is at the edge of where it can be found.
    """
    wide: list[SegmentRef] = []
    for video_id, window in places:
        margin_s = EDGE_S if window.duration_s >= PIECE_S else min(EDGE_S, (PIECE_S - window.duration_s) / 2)
        reach = Window(max(0.0, window.start_s - margin_s), window.end_s + margin_s)
        shots = [one for one in session.segments(video_id) if one.overlap_s(window) > 0]
        hull = Window(shots[0].start_s, shots[-1].end_s) if shots else window
        wide.append((video_id, (reach.clamped(hull) or window).hull(window)))
    return wide


def pieces(places: Sequence[SegmentRef], most_s: float = PIECE_S) -> list[SegmentRef]:
    """The places, long ones cut into equal pieces."""
    cut: list[SegmentRef] = []
    for video_id, window in places:
        many = max(1, ceil(window.duration_s / most_s - 1e-6))
        part_s = window.duration_s / many
        starts = [window.start_s + i * part_s for i in range(many)]
        cut += [(video_id, Window(start_s, start_s + part_s)) for start_s in starts]
    return cut


def narrowed(session: ProcedureDesk, deed: ActionTriple, sighting: Detection) -> Detection:
    """A sighting with the part of its window in which the deed happens; of a thing that is there, as it is.

    The same question is asked of overlapping parts of a few seconds, for a deed that is not known the open
    one; where it lies is what agrees best with all that they said.

    Raises:
        NeedLooks: looks are wanted.
    """
    whole = sighting.looked
    if not deed.verb or whole.duration_s <= DEED_S * 1.5 or not session.critic:
        return sighting
    parts, anything = _parts(whole), deed.verb in ANYTHING
    question = doing(deed) if anything else happens(deed)
    looks = session.look_all(
        [ObservationRequest(sighting.video_id, one, question, yes_no=not anything) for one in parts]
    )
    scored = [
        (p_told(look, deed) if anything else p_of(look), part)
        for look, part in zip(looks, parts, strict=True)
        if look is not None
    ]
    if not scored or max(p for p, _ in scored) < SURE:
        return sighting
    where = likeliest(scored, WEIGHED_S)
    start_s = max(0.0, (where.start_s + where.end_s - DEED_S) / 2)
    return replace(sighting, window=Window(start_s, start_s + DEED_S))


def likeliest(scored: Sequence[tuple[float, Window]], lasts_s: float) -> Window:
    """Where something that lasts so long lies, told by how likely it is to be seen in overlapping parts.

    A part that shows much of it should say so, and a part that shows none of it should not: of all places the
    one under which what the parts said is likeliest, the middle one of places that are as good.

    Args:
        scored: how likely each part shows it, 0 to 1, and the part; at least one.
        lasts_s: how long it is taken to last.

    >>> likeliest([(0.1, Window(0, 4)), (0.9, Window(2, 6)), (0.9, Window(4, 8)), (0.2, Window(6, 10))], 2.0)
    Window(start_s=4.0, end_s=6.0)
    """
    first_s, last_s = min(part.start_s for _, part in scored), max(part.end_s for _, part in scored)
    steps = max(0, int((last_s - lasts_s - first_s) / GRID_S + 1e-6))
    places = [Window(first_s + i * GRID_S, first_s + i * GRID_S + lasts_s) for i in range(steps + 1)]
    told = [sum(_agreement(p, part.overlap_s(place) / lasts_s) for p, part in scored) for place in places]
    good = [place for place, sum_ in zip(places, told, strict=True) if sum_ >= max(told) - 1e-6]
    return good[len(good) // 2]


def _agreement(p: float, share: float) -> float:
    """Log-likelihood of what a part said, where it shows this share of the deed."""
    held = min(max(p, LEAST_P), 1 - LEAST_P)
    return share * log(held) + (1 - share) * log(1 - held)


def _parts(whole: Window) -> list[Window]:
    """Overlapping parts of a window, those at its ends reaching a little beyond them."""
    low, high = max(0.0, whole.start_s - PART_S / 4), whole.end_s + PART_S / 4 - PART_S
    many = max(2, min(MOST_PARTS, ceil((high - low) / PART_STEP_S) + 1))
    starts = [low + i * max(0.0, high - low) / (many - 1) for i in range(many)]
    return [Window(start_s, start_s + PART_S) for start_s in starts]
