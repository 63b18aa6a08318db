"""Arguments as a model gives them: names of videos, times; what is too large is cut, with a note."""

from math import isfinite

from playhead_index.errors import ToolError
from playhead_index.window import Window, format_time, parse_time
from playhead_tools.evidence import Evidence, listed
from playhead_tools.look_up import VideoEntry
from playhead_tools.toolbox.kit import Kit

Time = float | str
"""Seconds, or a clock as text: 75, "1:15", "1:02:05"."""
MOST_NAMED = 8


def video_of(kit: Kit, video: str) -> VideoEntry:
    """The video that a name or an id means; the only one in scope when it is empty.

    Raises:
        ToolError: none or several have this name; the message lists those that there are.
    """
    videos = kit.videos()
    asked = video.strip().casefold()
    if not asked and len(videos) == 1:
        return videos[0]
    exact = [v for v in videos if asked in (v.video_id.casefold(), v.name.casefold())]
    found = exact or [v for v in videos if asked and asked == v.path.name.casefold()]
    found = found or [v for v in videos if asked and asked == v.path.stem.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        ids = listed([v.video_id for v in found])
        raise ToolError(f"{len(found)} videos are called {video!r}; give one of the ids {ids}")
    names = listed([v.name for v in videos[:MOST_NAMED]])
    more = f" and {len(videos) - MOST_NAMED} more (list_videos)" if len(videos) > MOST_NAMED else ""
    raise ToolError(
        f"no video {video!r} in scope; there is {names}{more}" if asked else f"say which video: {names}{more}"
    )


def videos_of(kit: Kit, video: str) -> list[VideoEntry]:
    """The video that a name or an id means; all in scope when it is empty.

    Raises:
        ToolError: none or several have this name.
    """
    return [video_of(kit, video)] if video.strip() else kit.videos()


def seconds_of(time: Time, name: str) -> float:
    """Seconds from a number or a clock.

    Raises:
        ToolError: it is neither.
    """
    try:
        value = parse_time(time) if isinstance(time, str) else float(time)
    except ValueError as error:
        raise ToolError(f"{name}: {error}") from error
    if not isfinite(value):
        raise ToolError(f"{name} must be a time in seconds or a clock like 1:15, got {time}")
    return value


def moment_of(kit: Kit, video: str, time: Time) -> tuple[str, float]:
    """The id of a video and a time of it, in seconds.

    Raises:
        ToolError: there is no such video, or the time is none or not in its part in scope.
    """
    entry, time_s = video_of(kit, video), seconds_of(time, "time")
    whole = kit.whole(entry)
    if time_s not in whole:
        raise ToolError(f"{entry.name} has {whole} in scope, {format_time(time_s)} is outside")
    return entry.video_id, time_s


def window_of(kit: Kit, video: VideoEntry, start: Time | None, end: Time | None, notes: list[str]) -> Window:
    """The asked stretch of a video inside its part in scope; what lies outside is cut off, with a note.

    Raises:
        ToolError: a time is none, the stretch ends before it starts, or lies outside altogether.
    """
    whole = kit.whole(video)
    start_s = whole.start_s if start is None else seconds_of(start, "start")
    end_s = whole.end_s if end is None else seconds_of(end, "end")
    if end_s <= start_s and start is not None and end is not None:
        raise ToolError(f"end must lie behind start, got start {start} and end {end}")
    inside = Window(start_s, end_s).clamped(whole) if start_s < end_s else None
    if inside is None:
        raise ToolError(
            f"{video.name} has nothing from {format_time(start_s)} on: what is in scope of it is {whole}"
        )
    if (inside.start_s, inside.end_s) != (start_s, end_s):
        notes.append(
            f"{format_time(start_s)} to {format_time(end_s)} was cut to {inside}: {video.name} has {whole}"
        )
    return inside


def shortened(window: Window, most_s: float, notes: list[str]) -> Window:
    """The beginning of a window, at most so long, with a note when something was cut."""
    if window.duration_s <= most_s:
        return window
    kept = Window(window.start_s, window.start_s + most_s)
    notes.append(f"{window} is longer than {most_s:g} s: only {kept} was taken; ask for the rest in parts")
    return kept


def fitting(value: int, least: int, most: int, name: str, notes: list[str]) -> int:
    """A number inside its limits, with a note when it was outside."""
    inside = min(max(value, least), most)
    if inside != value:
        notes.append(f"{name} {value} became {inside}")
    return inside


def evidence_of(kit: Kit, evidence_id: str) -> Evidence:
    """The record of an id.

    Raises:
        ToolError: there is none; the message says which there are.
    """
    record = kit.table.records.get(evidence_id.strip())
    if record is None:
        n = len(kit.table.records)
        there = f"E1 to E{n}" if n else "none yet; search or read first"
        raise ToolError(f"no evidence {evidence_id!r}; there is {there}")
    return record
