"""Events before, after, during and between others.

Events of different videos are compared only on a library clock; without one, events of
other videos than the anchor's are left out.
"""

from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Literal

from playhead_tools.temporal.clock import Clock, offset_s, timelines
from playhead_tools.temporal.event import Bounds, Event, in_order, refuse_negative
from playhead_tools.temporal.results import FilteredEvents
from playhead_tools.temporal.scan_coverage import ScanCoverage, is_covered, scope_ids

Kind = Literal["before", "after", "during", "between"]


def before(
    events: Iterable[Event],
    anchor: Event,
    tolerance_s: float = 0.0,
    *,
    strict: bool = False,
    clock: Clock | None = None,
) -> list[Event]:
    """Events that have ended when the anchor starts; they may reach `tolerance_s` into it.

    With `strict` they surely have ended, `tolerance_s` or more before: also at the worst of their bounds.

    Raises:
        ValueError: `tolerance_s` is below 0.

    >>> from playhead_index.window import Window
    >>> talk, late = Event("v", Window(10, 20), ("E1",)), Event("v", Window(5, 10.3), ("E2",))
    >>> before([late], talk), before([late], talk, 0.5) == [late]
    ([], True)
    """

    def test(e: Bounds, a: Bounds) -> bool:
        return e.end_hi + tolerance_s <= a.start_lo if strict else e.end_lo <= a.start_hi + tolerance_s

    return _filter(events, anchor, tolerance_s, clock, test)


def after(
    events: Iterable[Event],
    anchor: Event,
    tolerance_s: float = 0.0,
    *,
    strict: bool = False,
    clock: Clock | None = None,
) -> list[Event]:
    """Events that start when the anchor has ended; they may start `tolerance_s` sooner.

    With `strict` they surely do, `tolerance_s` or more later: also at the worst of their bounds.

    Raises:
        ValueError: `tolerance_s` is below 0.
    """

    def test(e: Bounds, a: Bounds) -> bool:
        return a.end_hi + tolerance_s <= e.start_lo if strict else a.end_lo <= e.start_hi + tolerance_s

    return _filter(events, anchor, tolerance_s, clock, test)


def during(
    events: Iterable[Event],
    anchor: Event,
    tolerance_s: float = 0.0,
    *,
    strict: bool = False,
    clock: Clock | None = None,
) -> list[Event]:
    """Events that share time with the anchor, or are less than `tolerance_s` away from it.

    With `strict` they surely share more than `tolerance_s` with it.

    Raises:
        ValueError: `tolerance_s` is below 0.
    """

    def test(e: Bounds, a: Bounds) -> bool:
        if strict:
            return max(e.start_hi, a.start_hi) - min(e.end_lo, a.end_lo) < -tolerance_s
        return max(e.start_lo, a.start_lo) - min(e.end_hi, a.end_hi) < tolerance_s

    return _filter(events, anchor, tolerance_s, clock, test)


def between(
    events: Iterable[Event],
    first: Event,
    second: Event,
    tolerance_s: float = 0.0,
    *,
    strict: bool = False,
    clock: Clock | None = None,
) -> list[Event]:
    """Events after the first anchor and before the second.

    Raises:
        ValueError: `tolerance_s` is below 0.
    """
    later = after(events, first, tolerance_s, strict=strict, clock=clock)
    return before(later, second, tolerance_s, strict=strict, clock=clock)


def filter_events(
    kind: Kind,
    events: Iterable[Event],
    anchors: Sequence[Event],
    *,
    scan_coverage: ScanCoverage,
    tolerance_s: float = 0.0,
    clock: Clock | None = None,
) -> FilteredEvents:
    """The events that certainly have a relation to the anchor, those that may have it, and completeness.

    It is complete when the time range in question was searched: all that comes before the anchor for
    `before`, the anchor's own window for `during`, and so on, in every video that can be compared.

    Args:
        kind: the relation.
        events: the candidates.
        anchors: two for `between`, one for the others.
        scan_coverage: whether all in scope was searched, or where.
        tolerance_s: seconds that cannot be distinguished from none.
        clock: when each video was recorded.

    Raises:
        ValueError: `tolerance_s` is below 0, or there are more or fewer anchors than the relation has.
    """
    num_anchors = 2 if kind == "between" else 1
    if len(anchors) != num_anchors:
        raise ValueError(f"{kind} takes {num_anchors} anchor(s), got {len(anchors)}")
    candidates = list(events)
    keep = {"before": before, "after": after, "during": during}
    if kind == "between":
        possible = between(candidates, anchors[0], anchors[1], tolerance_s, clock=clock)
        certain = between(candidates, anchors[0], anchors[1], tolerance_s, strict=True, clock=clock)
    else:
        possible = keep[kind](candidates, anchors[0], tolerance_s, clock=clock)
        certain = keep[kind](candidates, anchors[0], tolerance_s, strict=True, clock=clock)
    return FilteredEvents(
        events=tuple(certain),
        maybe=tuple(e for e in possible if e not in certain),
        anchors=tuple(anchors),
        complete=_is_range_covered(kind, anchors, scan_coverage, clock),
    )


def _filter(
    events: Iterable[Event],
    anchor: Event,
    tolerance_s: float,
    clock: Clock | None,
    test: Callable[[Bounds, Bounds], bool],
) -> list[Event]:
    refuse_negative("tolerance_s", tolerance_s)
    selected = []
    for event in in_order(events):
        apart_s = offset_s(event.video_id, anchor.video_id, clock)
        if apart_s is not None and test(event.bounds.moved(apart_s), anchor.bounds):
            selected.append(event)
    return selected


def _is_range_covered(
    kind: Kind, anchors: Sequence[Event], scan_coverage: ScanCoverage, clock: Clock | None
) -> bool:
    ids = [*scope_ids(scan_coverage), *(anchor.video_id for anchor in anchors)]
    line = next(line for line in timelines(ids, clock) if anchors[0].video_id in line)
    if any(anchor.video_id not in line for anchor in anchors):
        return False
    starts = [a.window.start_s + line[a.video_id] for a in anchors]
    ends = [a.window.end_s + line[a.video_id] for a in anchors]
    start_s, end_s = {
        "before": (-inf, starts[0]),
        "after": (ends[0], inf),
        "during": (starts[0], ends[0]),
        "between": (ends[0], starts[-1]),
    }[kind]
    return is_covered(scan_coverage, line, start_s, end_s)
