"""Walking through a video from its beginning, or back from its end, to the nth that does something.

A search does not know what comes first: it brings up what looks most like the question. What happens first
lies near the beginning however long the video is, so it is looked for there, clip after clip. The model is
asked openly who does it; a name counts when the model also says so of that thing by itself.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from playhead_agent.perception.look_request import ObservationRequest
from playhead_agent.perception.results import Detection
from playhead_agent.state import SegmentRef
from playhead_bench.synthetic_planner.perception.grounding import SAME_S, SURE, judge_all, pieces
from playhead_bench.synthetic_planner.perception.options import Claim
from playhead_bench.synthetic_planner.perception.session import ProcedureDesk
from playhead_bench.synthetic_planner.perception.subjects import thing_named
from playhead_tools.spec import ActionTriple, QuestionSpec

STRIDE = 6
"""So many clips are looked at together."""
FAR, FARTHER = 24, 40
"""The most clips on the way to the first or the last, and to any other."""
COVERED = 100
"""With options, videos of up to so many clips are left to the search, which then brings up most of the
places where each thing is. Of first, last and nth on dev videos of the made world of 1 and 10 minutes search
and order give 24 of 30, the walk 18; of 20 minutes 9 and 11 of 19. Without options the walk names 19 of 49,
the search 3."""


def walk(
    spec: QuestionSpec, session: ProcedureDesk, ordinal: int, claims: Sequence[Claim]
) -> list[tuple[Claim, Detection]]:
    """Who does it as the nth, and where, behind those that were counted on the way to it.

    Nothing when it is not reached, or is better left to the search.

    Args:
        spec: asks who does something.
        session: at which it is worked out.
        ordinal: 1 for the first, -1 for the last.
        claims: the options; empty where there are none. Of these the one counts whose place in the order is
            nearest to the one that is asked for, since some on the way may be overlooked.

    Raises:
        NeedLooks: looks are wanted.
    """
    deed, offered = spec.deeds[0], {claim.deed.subject.lower(): claim for claim in claims}
    outermost = abs(ordinal) == 1
    places = _clips(session, backwards=ordinal < 0)
    if offered and len(places) <= COVERED:
        return []
    places = places[: FAR if outermost else FARTHER]
    only = frozenset(offered) if outermost else frozenset()
    passed, fitting = list[tuple[Claim, Detection]](), list[int]()
    for rank, (name, sighting) in enumerate(_events(spec, session, deed, places, only), 1):
        claim = offered.get(name) or Claim(rank - 1, ActionTriple(name, deed.verb, deed.object))
        passed.append((claim, sighting))
        if name in offered or not offered:
            fitting.append(rank)
        if rank == abs(ordinal):
            break
    else:  # the nth is not reached; what was seen on the way may still be the nearest to it
        if outermost or not offered:
            return []
    if not fitting:
        return []
    return passed[: min(fitting, key=lambda rank: abs(rank - abs(ordinal)))]


def _events(
    spec: QuestionSpec,
    session: ProcedureDesk,
    deed: ActionTriple,
    places: Sequence[SegmentRef],
    only: frozenset[str],
) -> Iterator[tuple[str, Detection]]:
    """What does it on the way, and where; of the things in `only`, of all where that is empty."""
    question, last = spec.clip_question or spec.text, dict[str, Detection]()
    for start in range(0, len(places), STRIDE):
        some = places[start : start + STRIDE]
        looks = session.look_all(
            [ObservationRequest(video_id, window, question) for video_id, window in some]
        )
        told = [
            (place, name)
            for place, look in zip(some, looks, strict=True)
            if look is not None and not look.declines and (name := thing_named(look.text).lower())
            if name in only or not only
        ]
        judged = session.at_once(
            [
                partial(judge_all, session, ActionTriple(name, deed.verb, deed.object), [place])
                for place, name in told
            ]
        )
        for (_, name), seen in zip(told, judged, strict=True):
            for one in seen:
                if one.p >= SURE:
                    known = last.get(name)
                    last[name] = one
                    if known is None or known.window.gap_s(one.window) > SAME_S:
                        yield name, one


def _clips(session: ProcedureDesk, *, backwards: bool) -> list[SegmentRef]:
    """The clips of what the question looks at, in the order in which they are walked through.

    None where they are of several videos of which nobody knows which was recorded first.
    """
    found = list[SegmentRef]()
    line = session.line(video_id for video_id, _ in session.stretches)
    if line is None:
        return found
    for video_id, window in sorted(session.stretches, key=lambda one: line[one[0]] + one[1].start_s):
        inside = [(video_id, w) for s in session.segments(video_id) if (w := s.clamped(window)) is not None]
        found += pieces(inside)
    return found[::-1] if backwards else found
