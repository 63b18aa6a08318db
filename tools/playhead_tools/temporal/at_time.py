"""What is under way at a moment, and what was known by then."""

from collections.abc import Iterable
from dataclasses import replace

from playhead_index.window import Window
from playhead_tools.temporal.clock import NO_CLOCK, Clock, time_in
from playhead_tools.temporal.event import Event, in_order, refuse_negative
from playhead_tools.temporal.results import FilteredEvents
from playhead_tools.temporal.scan_coverage import Scan, ScanCoverage, scope_ids


def at(
    events: Iterable[Event],
    time_s: float,
    *,
    scan_coverage: ScanCoverage,
    video_id: str | None = None,
    clock: Clock | None = None,
    tolerance_s: float = 0.0,
) -> FilteredEvents:
    """The events under way at a moment: surely, or only perhaps given how unsure they are.

    It is complete when that moment was searched in the video, and with a library clock in every video of
    the scope that was running then.

    Args:
        events: which are asked about.
        time_s: the moment, on the clock of `video_id`, or on the library clock when that is None.
        scan_coverage: whether all in scope was searched, or where.
        video_id: the video that the moment belongs to.
        clock: when each video was recorded; without it only events of `video_id` are told.
        tolerance_s: seconds that cannot be distinguished from none.

    Raises:
        ValueError: `tolerance_s` is below 0, or there is neither a video nor a clock.

    >>> talk = Event("v", Window(10, 20), ("E1",), delta_s=1)
    >>> found = at([talk], 10.5, scan_coverage=True, video_id="v")
    >>> found.events, found.maybe == (talk,)
    ((), True)
    """
    refuse_negative("tolerance_s", tolerance_s)
    certain, maybe = [], []
    for event in in_order(events):
        here_s = time_in(event.video_id, time_s, video_id, clock)
        if here_s is None:
            continue
        bounds = event.bounds
        if bounds.start_hi + tolerance_s <= here_s < bounds.end_lo - tolerance_s:
            certain.append(event)
        elif bounds.start_lo - tolerance_s <= here_s < bounds.end_hi + tolerance_s:
            maybe.append(event)
    complete, meaning = _is_complete(scan_coverage, time_s, video_id, clock, up_to=False)
    return FilteredEvents(events=tuple(certain), maybe=tuple(maybe), complete=complete, meaning=meaning)


def as_of(
    events: Iterable[Event],
    time_s: float,
    *,
    scan_coverage: ScanCoverage,
    video_id: str | None = None,
    clock: Clock | None = None,
) -> FilteredEvents:
    """The events as they were known at a moment: what came later is left out or cut off.

    An event cut at the moment is open on its right side. Events of videos whose clock cannot be compared
    are left out, for they may lie later. It is complete when everything up to the moment was searched.

    Args:
        events: which are asked about.
        time_s: the moment, on the clock of `video_id`, or on the library clock when that is None.
        scan_coverage: whether all in scope was searched, or where.
        video_id: the video that the moment belongs to.
        clock: when each video was recorded.

    Raises:
        ValueError: there is neither a video nor a clock.

    >>> talk = Event("v", Window(10.0, 20.0), ("E1",))
    >>> as_of([talk], 15.0, scan_coverage=True, video_id="v").events[0].window
    Window(start_s=10.0, end_s=15.0)
    """
    known_events = []
    for event in in_order(events):
        here_s = time_in(event.video_id, time_s, video_id, clock)
        if here_s is None or event.window.start_s >= here_s:
            continue
        cut = Window(event.window.start_s, min(event.window.end_s, here_s))
        known_events.append(event if cut == event.window else replace(event, window=cut, open_right=True))
    complete, meaning = _is_complete(scan_coverage, time_s, video_id, clock, up_to=True)
    return FilteredEvents(events=tuple(known_events), complete=complete, meaning=meaning)


def _is_complete(
    scan_coverage: ScanCoverage, time_s: float, reference_id: str | None, clock: Clock | None, *, up_to: bool
) -> tuple[bool, str]:
    """Whether the moment, or all up to it, was searched in the videos meant; why not, where a clock lacks."""
    if not isinstance(scan_coverage, Scan):
        return scan_coverage, ""
    ids = (
        scope_ids(scan_coverage) if clock is not None else [reference_id] if reference_id is not None else []
    )
    times = {video_id: time_in(video_id, time_s, reference_id, clock) for video_id in ids}
    if any(here_s is None for here_s in times.values()):
        return False, NO_CLOCK
    return all(
        _is_scanned(scan_coverage, video_id, here_s, up_to=up_to)
        for video_id, here_s in times.items()
        if here_s is not None
    ), ""


def _is_scanned(scan: Scan, video_id: str, here_s: float, *, up_to: bool) -> bool:
    if up_to:
        return scan.covers(video_id, end_s=here_s)
    scope = scan.scope.get(video_id)
    if scope is None:
        return False
    return here_s not in scope or scan.covers_time(video_id, here_s)
