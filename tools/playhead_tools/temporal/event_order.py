"""Which of two events comes first, and the order of several kinds of event."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from math import inf

from playhead_tools.temporal.clock import NO_CLOCK, Clock, offset_s, on_line, timelines
from playhead_tools.temporal.event import Bounds, Event, refuse_negative
from playhead_tools.temporal.results import ComputedValue, EventOrder, Order
from playhead_tools.temporal.scan_coverage import ScanCoverage, is_covered, scope_ids

Groups = Mapping[str, Sequence[Event]]


def compare(a: Event, b: Event, tolerance_s: float = 0.0, *, clock: Clock | None = None) -> Order:
    """Whether `a` starts before or after `b`; undetermined within the tolerance or in two videos.

    Two videos can be compared on a library clock. What is unsure of the starts counts as well.

    Raises:
        ValueError: `tolerance_s` is below 0.
    """
    refuse_negative("tolerance_s", tolerance_s)
    apart_s = offset_s(b.video_id, a.video_id, clock)
    if apart_s is None:
        return "undetermined"
    return _earlier(a.bounds, b.bounds.moved(apart_s), tolerance_s)


def arrange(
    groups: Groups,
    *,
    tolerance_s: float = 0.0,
    scan_coverage: ScanCoverage,
    clock: Clock | None = None,
) -> EventOrder:
    """The names in the order of their first events, or the pairs that cannot be determined.

    A pair cannot be determined when the first events start within the tolerance and what is unsure of them,
    share no clock, or come in one order here and in another there. Timelines that hold all names speak
    alone; where none does there is no order, and each pair is told by the timelines that hold both.

    Args:
        groups: for each name its events.
        tolerance_s: seconds that cannot be distinguished from none.
        scan_coverage: whether all in scope was searched for all of them, or where.
        clock: when each video was recorded.

    Raises:
        ValueError: `tolerance_s` is below 0.

    >>> from playhead_index.window import Window
    >>> talk, bell = Event("v", Window(0, 5), ("E1",)), Event("v", Window(0.2, 1), ("E2",))
    >>> arrange({"talk": [talk], "bell": [bell]}, tolerance_s=0.5, scan_coverage=True).undetermined
    (('talk', 'bell'),)
    """
    refuse_negative("tolerance_s", tolerance_s)
    ids = [e.video_id for events in groups.values() for e in events]
    lines = timelines(ids, clock)
    full = [line for line in lines if all(on_line(events, line) for events in groups.values())]
    deciding = full or lines
    pairs = [
        (a, b)
        for a, b in combinations(groups, 2)
        if _pair_order(groups[a], groups[b], deciding, tolerance_s) == "undetermined"
    ]
    firsts = [event for line in full for event in _firsts(groups, line).values()]
    names = tuple(_firsts(groups, full[0])) if full and not pairs else None
    return EventOrder(
        names=names,
        undetermined=tuple(pairs),
        events=tuple(firsts),
        complete=_is_complete(groups, ids, scan_coverage, clock),
        meaning="" if names is not None else _why(groups, bool(full)),
    )


def order(
    groups: Groups,
    *,
    tolerance_s: float = 0.0,
    scan_coverage: ScanCoverage,
    clock: Clock | None = None,
) -> tuple[list[str], ComputedValue] | None:
    """The names in the order of their first events, with those events.

    None when it is undetermined: a group is empty, no video has all of them, several videos have them
    in different orders, or two first events start within the tolerance. `arrange` says which it is.

    Raises:
        ValueError: `tolerance_s` is below 0.
    """
    arrangement = arrange(groups, tolerance_s=tolerance_s, scan_coverage=scan_coverage, clock=clock)
    if arrangement.names is None:
        return None
    return list(arrangement.names), ComputedValue(
        float(len(groups)), arrangement.events, arrangement.complete
    )


def _firsts(groups: Groups, line: Clock) -> dict[str, Event]:
    """The first event of each name on a timeline that holds all, in their order."""
    firsts = {name: on_line(events, line)[0] for name, events in groups.items()}
    ordered = {id(e): place for place, e in enumerate(on_line(firsts.values(), line))}
    return dict(sorted(firsts.items(), key=lambda item: ordered[id(item[1])]))


def _pair_order(a: Sequence[Event], b: Sequence[Event], lines: Iterable[Clock], tolerance_s: float) -> Order:
    """What all timelines that hold both say, where they agree."""
    verdicts: set[Order] = set()
    for line in lines:
        a_start, b_start = _first_start(a, line), _first_start(b, line)
        if a_start is not None and b_start is not None:
            verdicts.add(_earlier(a_start, b_start, tolerance_s))
    return verdicts.pop() if len(verdicts) == 1 else "undetermined"


def _first_start(events: Sequence[Event], line: Clock) -> Bounds | None:
    """Where the first of several starts may lie; only the bounds of the start mean something."""
    moved = [e.bounds.moved(line[e.video_id]) for e in on_line(events, line)]
    if not moved:
        return None
    return Bounds(min(b.start_lo for b in moved), min(b.start_hi for b in moved), -inf, inf)


def _earlier(a: Bounds, b: Bounds, tolerance_s: float) -> Order:
    if b.start_lo - a.start_hi > tolerance_s:
        return "before"
    return "after" if a.start_lo - b.start_hi > tolerance_s else "undetermined"


def _is_complete(
    groups: Groups, ids: Sequence[str], scan_coverage: ScanCoverage, clock: Clock | None
) -> bool:
    """Whether no earlier event can change the order: all up to the last first event was searched."""
    for line in timelines([*ids, *scope_ids(scan_coverage)], clock):
        firsts = [on_line(events, line)[:1] for events in groups.values()]
        until_s = max((e.window.start_s + line[e.video_id] for first in firsts for e in first), default=inf)
        if not is_covered(scan_coverage, line, end_s=until_s if all(firsts) else inf):
            return False
    return True


def _why(groups: Groups, has_line: bool) -> str:
    missing = [name for name, events in groups.items() if not events]
    if missing:
        return f"not found: {', '.join(missing)}"
    return "their starts cannot be told apart, or differ from video to video" if has_line else NO_CLOCK
