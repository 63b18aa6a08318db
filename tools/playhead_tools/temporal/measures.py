"""How many events there are, how long they last, how often they come; each with its least and its most.

Expected values hold when events happen or not independently of one another, each with its own p.
"""

from collections.abc import Iterable
from math import inf

from playhead_tools.temporal.event import Event, by_video, merge_events
from playhead_tools.temporal.expected_values import expected_clusters, expected_s
from playhead_tools.temporal.results import BoundedValue
from playhead_tools.temporal.scan_coverage import Scan, ScanCoverage, fraction_of, is_complete

Span = tuple[float, float]


def count(events: Iterable[Event], *, merge_gap_s: float, scan_coverage: ScanCoverage) -> BoundedValue:
    """How many distinct events there are when those at most `merge_gap_s` apart are one.

    The value is the expected number. The least counts only what certainly happened, and as one what may
    be one at the worst of its bounds; the most counts all that may have happened and may be apart.

    Args:
        events: all of one kind.
        merge_gap_s: seconds between two events up to which they are one.
        scan_coverage: whether all in scope was searched, or where.

    Raises:
        ValueError: `merge_gap_s` is below 0.

    >>> from playhead_index.window import Window
    >>> near = [Event("v", Window(0, 4), ("E1",)), Event("v", Window(5, 9), ("E2",), p=0.5, delta_s=1)]
    >>> counted = count(near, merge_gap_s=0, scan_coverage=True)
    >>> counted.value, counted.low, counted.high
    (1.5, 1.0, 2.0)
    """
    counted = list(events)
    distinct = merge_events(counted, merge_gap_s)
    groups = list(by_video(counted).values())
    low = sum(_min_count(group, merge_gap_s, scan_coverage) for group in groups)
    high = sum(_max_count(group, merge_gap_s) for group in groups)
    if all(event.is_certain for event in counted):
        value = float(len(distinct))
    else:
        value = sum(expected_clusters(group, merge_gap_s) for group in groups)
    complete = is_complete(scan_coverage)
    return BoundedValue(
        min(max(value, low), high),
        tuple(distinct),
        complete,
        "" if complete else "of those found",
        low=float(low),
        high=float(high),
        scanned=fraction_of(scan_coverage),
    )


def total_duration(
    events: Iterable[Event], *, merge_gap_s: float = 0.0, scan_coverage: ScanCoverage = True
) -> BoundedValue:
    """Seconds in which any event is on: the length of the union of their windows, video by video.

    Gaps of at most `merge_gap_s` count as on. The value is the expected length; the least takes only what
    certainly happened at its shortest, the most takes all at its longest. An open side reaches as far as
    nobody looked, and without a `Scan` endlessly.

    Args:
        events: all of one kind.
        merge_gap_s: seconds between two events up to which the time between them counts too.
        scan_coverage: whether all in scope was searched, or where.

    Raises:
        ValueError: `merge_gap_s` is below 0.

    >>> from playhead_index.window import Window
    >>> lit = [Event("v", Window(0, 4), ("E1",), delta_s=0.5), Event("v", Window(3, 9), ("E2",))]
    >>> total = total_duration(lit)
    >>> total.value, total.low, total.high
    (9.0, 8.5, 9.5)
    """
    measured = list(events)
    distinct = merge_events(measured, merge_gap_s)
    groups = list(by_video(measured).values())
    low = sum(_closed_s([_core(e) for e in group if e.is_certain], merge_gap_s) for group in groups)
    high = sum(_closed_s([_hull(e, scan_coverage) for e in group], merge_gap_s) for group in groups)
    if all(event.is_certain for event in measured):
        value = sum(e.window.duration_s for e in distinct)
    else:
        value = sum(expected_s(group, merge_gap_s) for group in groups)
    complete = is_complete(scan_coverage)
    return BoundedValue(
        float(min(max(value, low), high)),
        tuple(distinct),
        complete,
        "" if complete else "of those found",
        low=float(low),
        high=float(high),
        scanned=fraction_of(scan_coverage),
    )


def frequency(events: Iterable[Event], *, merge_gap_s: float, scan: Scan) -> BoundedValue:
    """How many distinct events come in a minute of the time that was looked at.

    Raises:
        ValueError: `merge_gap_s` is below 0, or nothing was scanned.

    >>> from playhead_index.window import Window
    >>> scan = Scan({"v": Window(0, 240)}, {"v": [Window(0, 120)]})
    >>> blinks = [Event("v", Window(t, t + 1), (f"E{t}",)) for t in (10, 30, 80)]
    >>> frequency(blinks, merge_gap_s=0, scan=scan).value
    1.5
    """
    if scan.scanned_s <= 0:
        raise ValueError("a frequency is of the time that was looked at, and nothing was scanned: scan first")
    counted = count(events, merge_gap_s=merge_gap_s, scan_coverage=scan)
    minutes = scan.scanned_s / 60
    return BoundedValue(
        counted.value / minutes,
        counted.events,
        counted.complete,
        "a minute of scanned time",
        low=counted.low / minutes,
        high=counted.high / minutes,
        scanned=counted.scanned,
    )


def _min_count(group: list[Event], gap_s: float, scan_coverage: ScanCoverage) -> int:
    """Clusters that hold something certain when all events happened and reach as far as they may."""
    spans = sorted((*_hull(e, scan_coverage), e.is_certain) for e in group)
    num_clusters, reach_s, has_certain = 0, -inf, True
    for number, (start_s, end_s, is_certain) in enumerate(spans):
        if number == 0 or start_s - reach_s > gap_s:
            reach_s, has_certain = end_s, False
        reach_s = max(reach_s, end_s)
        num_clusters += is_certain and not has_certain
        has_certain = has_certain or is_certain
    return num_clusters


def _max_count(group: list[Event], gap_s: float) -> int:
    """Clusters of the certain events at their shortest, and of others as many as are apart from all these."""
    certain = sorted(_core(e) for e in group if e.is_certain)
    clusters: list[Span] = []
    for start_s, end_s in certain:
        if clusters and start_s - clusters[-1][1] <= gap_s:
            clusters[-1] = (clusters[-1][0], max(clusters[-1][1], end_s))
        else:
            clusters.append((start_s, end_s))
    num_clusters, reach_s = len(clusters), -inf
    for start_s, end_s in sorted((_core(e) for e in group if not e.is_certain), key=lambda span: span[1]):
        is_apart = all(start_s - b > gap_s or a - end_s > gap_s for a, b in clusters)
        if is_apart and start_s - reach_s > gap_s:
            num_clusters, reach_s = num_clusters + 1, end_s
    return num_clusters


def _core(event: Event) -> Span:
    """What surely belongs to an event that happened; of no length when its bounds meet in the middle."""
    return event.bounds.start_hi, event.bounds.end_lo


def _hull(event: Event, scan_coverage: ScanCoverage) -> Span:
    """As far as an event may reach: its bounds inside the scope, and on an open side all that is unseen."""
    bounds, window = event.bounds, event.window
    if not isinstance(scan_coverage, Scan) or event.video_id not in scan_coverage.scope:
        return bounds.start_lo, bounds.end_hi
    scope = scan_coverage.scope[event.video_id]
    start_s, end_s = window.start_s - event.delta_s, window.end_s + event.delta_s
    unscanned = scan_coverage.unscanned_windows(event.video_id)
    if event.open_left:
        start_s = min([start_s, *(u.start_s for u in unscanned if u.start_s < start_s <= u.end_s)])
    if event.open_right:
        end_s = max([end_s, *(u.end_s for u in unscanned if u.start_s <= end_s < u.end_s)])
    return min(window.start_s, max(scope.start_s, start_s)), max(window.end_s, min(scope.end_s, end_s))


def _closed_s(spans: list[Span], gap_s: float) -> float:
    """Seconds of the union of spans and of the gaps of at most `gap_s` between them."""
    total_s, reach_s = 0.0, -inf
    for number, (start_s, end_s) in enumerate(sorted(spans)):
        if number == 0 or start_s - reach_s > gap_s:
            total_s += end_s - start_s
        else:
            total_s += max(0.0, end_s - reach_s)
        reach_s = max(reach_s, end_s)
    return total_s
