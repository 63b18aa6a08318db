"""Events picked by rank: the first, the last, the nth, the longest, the shortest."""

from collections.abc import Iterable
from math import inf

from playhead_tools.temporal.clock import Clock, on_line, timelines
from playhead_tools.temporal.event import Event, in_order, refuse_negative
from playhead_tools.temporal.results import RankedEvents
from playhead_tools.temporal.scan_coverage import ScanCoverage, is_complete, is_covered, scope_ids


def nth(
    events: Iterable[Event],
    n: int,
    *,
    scan_coverage: ScanCoverage,
    tolerance_s: float = 0.0,
    clock: Clock | None = None,
) -> RankedEvents:
    """The nth event of every video that has so many: 1 the first, -1 the last, -2 the last but one.

    Videos on a library clock count as one. It is complete when all that lies before the picked event (for
    a negative n: after it) was searched, and all of a video that has too few; else `meaning` says that it
    is the earliest (latest) found. `ties` are events whose start cannot be distinguished from its start.

    Args:
        events: all of one kind; how probable each is does not count.
        n: which.
        scan_coverage: whether all in scope was searched, or where.
        tolerance_s: seconds that cannot be distinguished from none.
        clock: when each video was recorded.

    Raises:
        ValueError: n is 0, or `tolerance_s` is below 0.

    >>> from playhead_index.window import Window
    >>> from playhead_tools.temporal.scan_coverage import Scan
    >>> scan = Scan({"v": Window(0, 60)}, {"v": [Window(30, 60)]})
    >>> first = nth([Event("v", Window(40, 50), ("E1",))], 1, scan_coverage=scan)
    >>> first.complete, first.meaning
    (False, 'earliest found')
    """
    if n == 0:
        raise ValueError("n is 1 for the first or -1 for the last, got 0")
    refuse_negative("tolerance_s", tolerance_s)
    candidates = list(events)
    picked: list[Event] = []
    ties: list[Event] = []
    complete = True
    for line in timelines([e.video_id for e in candidates] + scope_ids(scan_coverage), clock):
        ordered = on_line(candidates, line)
        if len(ordered) < abs(n):
            complete = complete and is_covered(scan_coverage, line)
            continue
        one = ordered[n - 1 if n > 0 else n]
        picked.append(one)
        ties += [e for e in ordered if e is not one and _tied(e, one, line, tolerance_s)]
        start_s, end_s = (w + line[one.video_id] for w in (one.window.start_s, one.window.end_s))
        side = (-inf, start_s) if n > 0 else (end_s, inf)
        complete = complete and is_covered(scan_coverage, line, *side)
    return RankedEvents(float(n), tuple(picked), complete, _rank(n, complete), ties=tuple(ties))


def first(
    events: Iterable[Event],
    *,
    scan_coverage: ScanCoverage,
    tolerance_s: float = 0.0,
    clock: Clock | None = None,
) -> RankedEvents:
    """The first event of every video, as `nth` with 1.

    Raises:
        ValueError: `tolerance_s` is below 0.
    """
    return nth(events, 1, scan_coverage=scan_coverage, tolerance_s=tolerance_s, clock=clock)


def last(
    events: Iterable[Event],
    *,
    scan_coverage: ScanCoverage,
    tolerance_s: float = 0.0,
    clock: Clock | None = None,
) -> RankedEvents:
    """The last event of every video, as `nth` with -1.

    Raises:
        ValueError: `tolerance_s` is below 0.
    """
    return nth(events, -1, scan_coverage=scan_coverage, tolerance_s=tolerance_s, clock=clock)


def longest(
    events: Iterable[Event], *, scan_coverage: ScanCoverage, tolerance_s: float = 0.0
) -> RankedEvents:
    """The longest event of all videos and its seconds; `ties` are others that may be the longest.

    Events in pieces are to be merged first. Nothing is picked of no events.

    Raises:
        ValueError: `tolerance_s` is below 0.

    >>> from playhead_index.window import Window
    >>> a, b = Event("v", Window(0, 10), ("E1",)), Event("v", Window(20, 29), ("E2",), delta_s=0.5)
    >>> picked = longest([a, b], scan_coverage=True)
    >>> picked.value, picked.determined, picked.ties == (b,)
    (10, False, True)
    """
    return _by_length(events, scan_coverage, tolerance_s, is_longest=True)


def shortest(
    events: Iterable[Event], *, scan_coverage: ScanCoverage, tolerance_s: float = 0.0
) -> RankedEvents:
    """The shortest event of all videos and its seconds; `ties` are others that may be the shortest.

    Raises:
        ValueError: `tolerance_s` is below 0.
    """
    return _by_length(events, scan_coverage, tolerance_s, is_longest=False)


def _by_length(
    events: Iterable[Event], scan_coverage: ScanCoverage, tolerance_s: float, *, is_longest: bool
) -> RankedEvents:
    refuse_negative("tolerance_s", tolerance_s)
    ordered = in_order(events)
    complete = is_complete(scan_coverage)
    if not ordered:
        return RankedEvents(0.0, (), complete, "there is no event")
    pick = max if is_longest else min
    best = pick(ordered, key=lambda e: e.window.duration_s)
    others = [e for e in ordered if e is not best]
    ties = [e for e in others if _may_beat(e, best, tolerance_s, is_longest=is_longest)]
    name = "longest" if is_longest else "shortest"
    meaning = name if complete else f"{name} found"
    return RankedEvents(best.window.duration_s, (best,), complete, meaning, ties=tuple(ties))


def _may_beat(event: Event, best: Event, tolerance_s: float, *, is_longest: bool) -> bool:
    """Whether the event may be as long (as short) as the best one."""
    (low_s, high_s), (best_low_s, best_high_s) = _length(event), _length(best)
    return high_s + tolerance_s >= best_low_s if is_longest else low_s - tolerance_s <= best_high_s


def _length(event: Event) -> tuple[float, float]:
    """The least and the most seconds that an event may last."""
    bounds = event.bounds
    return bounds.end_lo - bounds.start_hi, bounds.end_hi - bounds.start_lo


def _tied(event: Event, one: Event, line: Clock, tolerance_s: float) -> bool:
    a, b = event.bounds.moved(line[event.video_id]), one.bounds.moved(line[one.video_id])
    return a.start_lo - b.start_hi <= tolerance_s and b.start_lo - a.start_hi <= tolerance_s


def _rank(n: int, complete: bool) -> str:
    if complete:
        return {1: "first", -1: "last"}.get(n, f"number {n}" if n > 0 else f"number {-n} from the end")
    prefix = "earliest found" if n > 0 else "latest found"
    return prefix if abs(n) == 1 else f"number {abs(n)} of those found, from the {prefix}"
