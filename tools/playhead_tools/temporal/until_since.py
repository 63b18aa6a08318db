"""What goes on until something first starts, and since it last ended."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import inf

from playhead_index.window import Window
from playhead_tools.temporal.clock import Clock, on_line, timelines
from playhead_tools.temporal.event import Bounds, Event, refuse_negative
from playhead_tools.temporal.results import FilteredEvents
from playhead_tools.temporal.scan_coverage import ScanCoverage, is_covered, scope_ids


def until(
    events: Iterable[Event],
    anchors: Iterable[Event],
    *,
    scan_coverage: ScanCoverage,
    tolerance_s: float = 0.0,
    clock: Clock | None = None,
) -> FilteredEvents:
    """What of the events lies before the first anchor of their timeline, cut where that starts.

    A timeline without an anchor gives its events whole. It is complete when all before the first anchor
    was searched, and all of a timeline without one. `maybe` holds those whose start cannot be
    distinguished from the anchor's.

    Raises:
        ValueError: `tolerance_s` is below 0.

    >>> talk, bell = Event("v", Window(0.0, 60.0), ("E1",)), Event("v", Window(40, 41), ("E2",))
    >>> until([talk], [bell], scan_coverage=True).events[0].window
    Window(start_s=0.0, end_s=40.0)
    """
    return _cut_at_anchor(events, anchors, scan_coverage, tolerance_s, clock, is_until=True)


def since(
    events: Iterable[Event],
    anchors: Iterable[Event],
    *,
    scan_coverage: ScanCoverage,
    tolerance_s: float = 0.0,
    clock: Clock | None = None,
) -> FilteredEvents:
    """What of the events lies after the last anchor of their timeline, cut where that ends.

    The mirror image of `until`: pass one anchor to follow another than the last.

    Raises:
        ValueError: `tolerance_s` is below 0.
    """
    return _cut_at_anchor(events, anchors, scan_coverage, tolerance_s, clock, is_until=False)


def _cut_at_anchor(
    events: Iterable[Event],
    anchors: Iterable[Event],
    scan_coverage: ScanCoverage,
    tolerance_s: float,
    clock: Clock | None,
    *,
    is_until: bool,
) -> FilteredEvents:
    refuse_negative("tolerance_s", tolerance_s)
    candidates, marks = list(events), list(anchors)
    parts: list[tuple[bool, Event]] = []
    used: list[Event] = []
    complete, has_uncut = True, False
    for line in timelines([*(e.video_id for e in [*candidates, *marks]), *scope_ids(scan_coverage)], clock):
        line_anchors, side = on_line(marks, line), (-inf, inf)
        if line_anchors:
            mark, side = _border(line_anchors, line, is_until=is_until)
            used.append(mark)
            parts += _parts(candidates, line_anchors, mark, line, tolerance_s, is_until=is_until)
        else:
            parts += [(True, event) for event in on_line(candidates, line)]
            has_uncut = True
        complete = complete and is_covered(scan_coverage, line, *side)
    return FilteredEvents(
        events=tuple(event for surely, event in parts if surely),
        maybe=tuple(event for surely, event in parts if not surely),
        anchors=tuple(used),
        complete=complete,
        meaning="where no anchor was found the events are whole" if has_uncut else "",
    )


def _border(anchors: Sequence[Event], line: Clock, *, is_until: bool) -> tuple[Event, tuple[float, float]]:
    """The anchor at which the events are cut, and the stretch of the timeline that is asked for."""
    if is_until:
        mark = anchors[0]
        return mark, (-inf, mark.window.start_s + line[mark.video_id])
    mark = max(anchors, key=lambda e: e.window.end_s + line[e.video_id])
    return mark, (mark.window.end_s + line[mark.video_id], inf)


def _parts(
    events: Iterable[Event],
    anchors: Sequence[Event],
    mark: Event,
    line: Clock,
    tolerance_s: float,
    *,
    is_until: bool,
) -> list[tuple[bool, Event]]:
    """What of the events lies on the asked side of the mark, and whether it surely does."""
    bounds = [a.bounds.moved(line[a.video_id]) for a in anchors]
    parts = []
    for event in on_line(events, line):
        moved = event.bounds.moved(line[event.video_id])
        surely, possibly = _reaches(moved, bounds, tolerance_s, is_until=is_until)
        if possibly:
            parts.append((surely, _part(event, mark, line, is_until=is_until)))
    return parts


def _reaches(
    event: Bounds, anchors: Sequence[Bounds], tolerance_s: float, *, is_until: bool
) -> tuple[bool, bool]:
    """Whether a part of the event surely, and whether it possibly, lies on the asked side."""
    if is_until:
        first_lo, first_hi = min(a.start_lo for a in anchors), min(a.start_hi for a in anchors)
        return event.start_hi + tolerance_s < first_lo, event.start_lo - tolerance_s < first_hi
    last_lo, last_hi = max(a.end_lo for a in anchors), max(a.end_hi for a in anchors)
    return event.end_lo - tolerance_s > last_hi, event.end_hi + tolerance_s > last_lo


def _part(event: Event, mark: Event, line: Clock, *, is_until: bool) -> Event:
    """The event up to the mark or from it on; all of it when it only may reach over the border."""
    apart_s = line[mark.video_id] - line[event.video_id]
    border_s = (mark.window.start_s if is_until else mark.window.end_s) + apart_s
    window, delta_s = event.window, max(event.delta_s, mark.delta_s)
    if not window.start_s < border_s < window.end_s:
        return event
    if is_until:
        return replace(event, window=Window(window.start_s, border_s), delta_s=delta_s, open_right=False)
    return replace(event, window=Window(border_s, window.end_s), delta_s=delta_s, open_left=False)
