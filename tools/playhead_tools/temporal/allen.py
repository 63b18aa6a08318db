"""The thirteen relations of two intervals, with a tolerance (Allen, 1983, CACM 26:832-843).

A tolerance is the largest difference of two boundaries that counts as none, such as half the
stride of the frames that were sampled. Where Allen's relations are exact, ours are then a set: every
relation that the true boundaries may have.
"""

from typing import Final, Literal

from playhead_index.window import Window
from playhead_tools.temporal.clock import NO_CLOCK, Clock, offset_s
from playhead_tools.temporal.event import Bounds, Event, refuse_negative
from playhead_tools.temporal.results import Allen, EventRelation

RELATIONS: Final[dict[Allen, tuple[str, ...]]] = {
    "before": ("s", "e", "S", "E"),
    "meets": ("s", "eS", "E"),
    "overlaps": ("s", "S", "e", "E"),
    "starts": ("sS", "e", "E"),
    "during": ("S", "s", "e", "E"),
    "finishes": ("S", "s", "eE"),
    "equals": ("sS", "eE"),
    "finished-by": ("s", "S", "eE"),
    "contains": ("s", "S", "E", "e"),
    "started-by": ("sS", "E", "e"),
    "overlapped-by": ("S", "s", "E", "e"),
    "met-by": ("S", "sE", "e"),
    "after": ("S", "E", "s", "e"),
}
"""Each relation as the order of four boundaries: start and end of `a` (s, e) and of `b` (S, E).

Boundaries in one string are equal, and each string comes later than the one before it.
"""

CONVERSE: Final[dict[Allen, Allen]] = dict(zip(RELATIONS, reversed(RELATIONS), strict=True))
"""The relation of `b` to `a` for each relation of `a` to `b`."""


def relation(a: Window, b: Window, tolerance_s: float = 0.0) -> Allen | Literal["undetermined"]:
    """The relation of one window to another; undetermined when within the tolerance it may be several.

    Args:
        a: the one.
        b: the other, on the same clock.
        tolerance_s: the largest difference of two boundaries that counts as none. Above 0 the
            relations with equal boundaries (meets, starts, finishes, equals) are never the only ones.

    Raises:
        ValueError: `tolerance_s` is below 0.

    >>> relation(Window(0, 5), Window(5, 9)), relation(Window(0, 5), Window(5, 9), tolerance_s=0.2)
    ('meets', 'undetermined')
    """
    return single_relation(possible_relations(a, b, tolerance_s))


def possible_relations(a: Window, b: Window, tolerance_s: float = 0.0) -> frozenset[Allen]:
    """Every relation that two windows may have within the tolerance; exactly one without it.

    Raises:
        ValueError: `tolerance_s` is below 0.

    >>> sorted(possible_relations(Window(0, 5), Window(5, 9), tolerance_s=0.2))
    ['before', 'meets', 'overlaps']
    """
    refuse_negative("tolerance_s", tolerance_s)
    return relations_within_bounds(
        _exact_bounds(a).widened(tolerance_s / 2), _exact_bounds(b).widened(tolerance_s / 2)
    )


def holds(name: Allen, a: Window, b: Window, tolerance_s: float = 0.0, *, strict: bool = False) -> bool:
    """Whether `a` may have the named relation to `b`, or with `strict` cannot have another.

    Raises:
        ValueError: `tolerance_s` is below 0.
    """
    relations = possible_relations(a, b, tolerance_s)
    return relations == {name} if strict else name in relations


def relate(a: Event, b: Event, tolerance_s: float = 0.0, clock: Clock | None = None) -> EventRelation:
    """How two events lie to each other, given how unsure their boundaries are.

    Without a common clock it is undetermined and says so. It is complete when neither event is open.

    Raises:
        ValueError: `tolerance_s` is below 0.

    >>> talk, slide = Event("v", Window(0, 9), ("E1",)), Event("v", Window(8, 12), ("E2",), delta_s=2)
    >>> sorted(relate(talk, slide).possible)
    ['before', 'meets', 'overlaps']
    """
    refuse_negative("tolerance_s", tolerance_s)
    apart_s = offset_s(b.video_id, a.video_id, clock)
    if apart_s is None:
        return EventRelation(
            relation="undetermined",
            possible=frozenset(RELATIONS),
            events=(a, b),
            complete=False,
            meaning=NO_CLOCK,
        )
    relations = relations_within_bounds(
        a.bounds.widened(tolerance_s / 2), b.bounds.moved(apart_s).widened(tolerance_s / 2)
    )
    return EventRelation(
        relation=single_relation(relations),
        possible=relations,
        events=(a, b),
        complete=not (a.is_open or b.is_open),
    )


def relations_within_bounds(a: Bounds, b: Bounds) -> frozenset[Allen]:
    """Every relation that some start and end inside the bounds of each have."""
    boxes = {
        "s": (a.start_lo, a.start_hi),
        "e": (a.end_lo, a.end_hi),
        "S": (b.start_lo, b.start_hi),
        "E": (b.end_lo, b.end_hi),
    }
    return frozenset(name for name, chain in RELATIONS.items() if _fits(chain, boxes))


def single_relation(relations: frozenset[Allen]) -> Allen | Literal["undetermined"]:
    """The one relation of a set of one; undetermined for more."""
    return next(iter(relations)) if len(relations) == 1 else "undetermined"


def _fits(chain: tuple[str, ...], boxes: dict[str, tuple[float, float]]) -> bool:
    """Whether boundaries can be put inside their boxes in the order of the chain.

    Each goes as early as it can; the second number counts the steps, as small as one likes, by which it
    must lie after a bound.
    """
    spot: tuple[float, int] | None = None
    for equal in chain:
        lo = max(boxes[name][0] for name in equal)
        hi = min(boxes[name][1] for name in equal)
        spot = (lo, 0) if spot is None else max((lo, 0), (spot[0], spot[1] + 1))
        if spot > (hi, 0):
            return False
    return True


def _exact_bounds(window: Window) -> Bounds:
    return Bounds(window.start_s, window.start_s, window.end_s, window.end_s)
