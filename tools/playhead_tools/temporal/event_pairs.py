"""Two events at a time: the gap between them, and which of two kinds come together."""

from collections.abc import Iterable
from math import inf, nan

from playhead_tools.temporal.clock import NO_CLOCK, Clock, offset_s
from playhead_tools.temporal.event import Bounds, Event, in_order, refuse_negative
from playhead_tools.temporal.results import EventPairs, Gap, Sign
from playhead_tools.temporal.scan_coverage import ScanCoverage, is_complete


def gap(a: Event, b: Event, *, tolerance_s: float = 0.0, clock: Clock | None = None) -> Gap:
    """Seconds from the end of the earlier event to the start of the later; below 0 they share time.

    The sign is undetermined when the events may be apart or share time, given their bounds and the
    tolerance. Without a common clock the value is not a number. It is complete when neither event is open.

    Raises:
        ValueError: `tolerance_s` is below 0.

    >>> from playhead_index.window import Window
    >>> apart = gap(Event("v", Window(0, 5), ("E1",)), Event("v", Window(6, 9), ("E2",), delta_s=1.5))
    >>> apart.value, apart.low, apart.high, apart.sign
    (1.0, -0.5, 2.5, 'undetermined')
    """
    refuse_negative("tolerance_s", tolerance_s)
    apart_s = offset_s(b.video_id, a.video_id, clock)
    if apart_s is None:
        return Gap(nan, (a, b), False, NO_CLOCK, low=-inf, high=inf, sign="undetermined")
    b_window = b.window
    value = max(a.window.start_s, b_window.start_s + apart_s) - min(a.window.end_s, b_window.end_s + apart_s)
    low, high = _gap_bounds(a.bounds, b.bounds.moved(apart_s))
    sign: Sign = "undetermined"
    if low >= tolerance_s:
        sign = "apart"
    elif high < -tolerance_s:
        sign = "overlapping"
    return Gap(value, (a, b), not (a.is_open or b.is_open), low=low, high=high, sign=sign)


def co_occurrences(
    these: Iterable[Event],
    those: Iterable[Event],
    within_s: float,
    *,
    scan_coverage: ScanCoverage,
    clock: Clock | None = None,
) -> EventPairs:
    """The pairs of one of each kind that are at most `within_s` apart, surely or perhaps.

    An event is no pair with itself. Pairs over two videos need a library clock.

    Args:
        these: events of the one kind.
        those: events of the other kind.
        within_s: the most seconds between the two; 0 for those that touch or share time.
        scan_coverage: whether all in scope was searched for both, or where.
        clock: when each video was recorded.

    Raises:
        ValueError: `within_s` is below 0.
    """
    refuse_negative("within_s", within_s)
    certain, maybe = [], []
    others = in_order(those)
    for a in in_order(these):
        for b in others:
            apart_s = offset_s(b.video_id, a.video_id, clock)
            if a == b or apart_s is None:
                continue
            low, high = _gap_bounds(a.bounds, b.bounds.moved(apart_s))
            if high <= within_s:
                certain.append((a, b))
            elif low <= within_s:
                maybe.append((a, b))
    events = tuple(dict.fromkeys(event for pair in certain for event in pair))
    return EventPairs(
        pairs=tuple(certain), maybe=tuple(maybe), events=events, complete=is_complete(scan_coverage)
    )


def _gap_bounds(a: Bounds, b: Bounds) -> tuple[float, float]:
    """The least and the most seconds between two events, below 0 for time that they share."""
    low = max(a.start_lo, b.start_lo) - min(a.end_hi, b.end_hi)
    return low, max(a.start_hi, b.start_hi) - min(a.end_lo, b.end_lo)
