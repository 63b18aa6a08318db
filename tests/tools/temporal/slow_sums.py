"""Slow oracles: every course that things may take, weighed by how probable it is."""

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod

from playhead_tools.temporal.event import Event, merge_events


def courses(events: Sequence[Event]) -> Iterator[tuple[list[Event], float]]:
    """Each set of events that may have happened, with its probability."""
    for here in product((True, False), repeat=len(events)):
        p = prod(e.p if there else 1 - e.p for e, there in zip(events, here, strict=True))
        yield [e for e, there in zip(events, here, strict=True) if there], p


def expected(events: Sequence[Event], measure: Callable[[list[Event]], float]) -> float:
    """The mean of a measure over all courses."""
    return sum(p * measure(course) for course, p in courses(events))


def clusters(events: Sequence[Event], gap_s: float) -> int:
    """Groups of events that hang together over gaps of at most `gap_s`, pair by pair."""
    groups: list[list[Event]] = []
    for event in events:
        near = [g for g in groups if any(_hang_together(event, e, gap_s) for e in g)]
        groups = [g for g in groups if g not in near] + [[event, *(e for g in near for e in g)]]
    return len(groups)


def on_s(events: Sequence[Event], gap_s: float) -> float:
    """Seconds of the events and the short gaps between them."""
    return sum(e.window.duration_s for e in merge_events(events, gap_s))


def _hang_together(a: Event, b: Event, gap_s: float) -> bool:
    return a.video_id == b.video_id and a.window.gap_s(b.window) <= gap_s
