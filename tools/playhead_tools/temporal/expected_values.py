"""Expected counts and lengths of events that happen or not, independently, each with its own p."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from playhead_tools.temporal.event import Event


def expected_clusters(ordered: Sequence[Event], gap_s: float) -> float:
    """The expected number of clusters, those at most `gap_s` apart being one.

    An event begins a cluster when it happened and none of the earlier ones that reach it did.

    Args:
        ordered: events of one video in time order.
        gap_s: seconds between two events up to which they are one.
    """
    return sum(
        event.p * prod(1.0 - e.p for e in ordered[:i] if event.window.start_s - e.window.end_s <= gap_s)
        for i, event in enumerate(ordered)
    )


def expected_s(ordered: Sequence[Event], gap_s: float) -> float:
    """The expected seconds in which an event is on, gaps of at most `gap_s` counting as on.

    Args:
        ordered: events of one video.
        gap_s: seconds between two events up to which the time between them counts too.
    """
    cuts = sorted({bound_s for e in ordered for bound_s in (e.window.start_s, e.window.end_s)})
    return sum((b - a) * _p_on(ordered, a, b, gap_s) for a, b in pairwise(cuts))


def _p_on(events: Sequence[Event], start_s: float, end_s: float, gap_s: float) -> float:
    """How probable it is that a stretch without a boundary inside is on, or lies in a short gap."""
    off = prod(1.0 - e.p for e in events if e.window.start_s <= start_s and end_s <= e.window.end_s)
    left = [(-e.window.end_s, e.p) for e in events if end_s - gap_s <= e.window.end_s <= start_s]
    right = [(e.window.start_s, e.p) for e in events if end_s <= e.window.start_s <= start_s + gap_s]
    nearest_right = _nearest(right)
    bridged = sum(
        p_left * p_right
        for minus_left_s, p_left in _nearest(left)
        for right_s, p_right in nearest_right
        if right_s + minus_left_s <= gap_s
    )
    return 1.0 - off + off * bridged


def _nearest(rows: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """For each place, how probable it is that the nearest thing that happened lies there."""
    none_nearer = 1.0
    places = []
    for place_s, p in sorted(rows):
        places.append((place_s, none_nearer * p))
        none_nearer *= 1.0 - p
    return places
