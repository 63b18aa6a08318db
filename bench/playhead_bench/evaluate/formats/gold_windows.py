"""Gold windows from every way in which benchmarks write them."""

import re
from collections.abc import Mapping
from typing import Any

from playhead_bench.evaluate.formats.fields import first, number_of, unpack
from playhead_bench.evaluate.formats.records import InvalidRow
from playhead_index.window import Window, parse_time

SLACK_S = 1.0
"""A window may pass the end of its video by less than this, since benchmarks round durations."""

_STARTS = ("start", "start_s", "start_time", "start_sec", "begin", "st")
_ENDS = ("end", "end_s", "end_time", "end_sec", "ed")
_DASH = re.compile(r"\s*(?:-|–|—|~|\bto\b)\s*")


def windows_of(
    value: Any, duration_s: float | None = None, point_s: float | None = None
) -> tuple[tuple[Window, ...], tuple[str, ...]]:
    """The windows that a field holds, in time order, and notes on what was made to fit.

    Args:
        value: [start, end], a list of such, an object with start and end, a list of such, or "start-end" as
            text; times are seconds or clocks (75.5, "1:15", "00:01:15.5"). None and [] are no window.
        duration_s: of the video. A window that passes it by less than a second is cut at it, with a note.

    Raises:
        InvalidRow: a time is none or below 0, a window does not end after it starts or passes the end of the
            video by a second or more.

    >>> windows_of("00:10-01:15")
    ((Window(start_s=10.0, end_s=75.0),), ())
    """
    value = unpack(value)
    if value is None or value == []:
        return (), ()
    is_list = isinstance(value, list) and (not _is_pair(value))
    windows = [_window(item, duration_s, point_s) for item in (value if is_list else [value])]
    return (
        tuple(sorted(window for window, _ in windows)),
        tuple(note for _, note in windows if note),
    )


def _is_pair(value: list[Any]) -> bool:
    """Whether a list is one window: two single times, neither of them a window in itself."""
    return len(value) == 2 and all(_is_time(item) for item in value)


def _is_time(item: Any) -> bool:
    return isinstance(item, int | float) or (isinstance(item, str) and not _DASH.search(item.strip()))


def _window(item: Any, duration_s: float | None, point_s: float | None) -> tuple[Window, str]:
    start, end = (item, item) if point_s and isinstance(item, str) and _is_time(item) else _bounds(item)
    start_s, end_s = _time(start), _time(end)
    if point_s and start_s == end_s >= 0:
        return Window(start_s, start_s + point_s), f"{item!r} is a point of {point_s} s"
    if start_s < 0:
        raise InvalidRow(f"a window starts at 0 s or later, got [{start_s}, {end_s})")
    if end_s <= start_s:
        raise InvalidRow(f"a window ends after it starts, got [{start_s}, {end_s})")
    if duration_s is None or end_s <= duration_s:
        return Window(start_s, end_s), ""
    if end_s - duration_s >= SLACK_S or start_s >= duration_s:
        raise InvalidRow(f"the window [{start_s}, {end_s}) passes the end of the video at {duration_s} s")
    return Window(start_s, duration_s), f"window end {end_s} cut at the duration {duration_s}"


def _bounds(item: Any) -> tuple[Any, Any]:
    if isinstance(item, Mapping):
        start, end = first(item, _STARTS), first(item, _ENDS)
        if start is not None and end is not None:
            return start, end
    elif isinstance(item, str):
        parts = _DASH.split(item.strip())
        if len(parts) == 2:
            return parts[0], parts[1]
    elif isinstance(item, list) and len(item) == 2:
        return item[0], item[1]
    raise InvalidRow(f"expected a window of two times, got {item!r}")


def _time(value: Any) -> float:
    if not isinstance(value, str):
        return number_of(value)
    try:
        return parse_time(value)
    except ValueError as error:
        raise InvalidRow(str(error)) from error
