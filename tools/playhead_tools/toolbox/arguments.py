"""Videos, ranges and evidence as a model names them; what lies outside is clamped, with a note."""

import re
from collections.abc import Sequence

from playhead_index.errors import ToolError
from playhead_index.window import Window, format_time, parse_time
from playhead_tools.evidence import Evidence, listed
from playhead_tools.retrieval import VideoEntry
from playhead_tools.search_extent import SegmentRef
from playhead_tools.toolbox.context import ToolContext
from playhead_tools.toolbox.result_rows import clock

MAX_NAMED = 8
MAX_RANGE_CHARS = 300
MIN_PREFIX_CHARS = 4
MIN_RANGE_S = 0.5
OUTSIDE_S = 30.0
"""So much of the end of a video is taken for a range that lies behind it."""
_TIME = r"\d{1,7}(?::\d{1,2}){0,2}(?:[.,]\d{1,6})?(?:\s?s)?"
_RANGE = re.compile(
    rf"(?:({_TIME})|start|begin|beginning)?\s?(?:-|–|—|,\s|\.\.|\bto\b|\buntil\b)\s?(?:({_TIME})|end)?$"
)
_POINT = re.compile(rf"(?:^|(?<=[\s@,]))({_TIME})$")
_EMPTY_RANGE = re.compile(r"[0:.]{1,9}\s?-\s?[0:.]{1,9}")
"""`00:00-00:00`, as small models fill a field that they have nothing for."""
_PLACEHOLDER = re.compile(r"(?:[a-z]|video|the video)?\s?\d{0,3}")
"""What small models write for the only video that there is: `S1`, `video`, `video 0`."""
_ID = re.compile(r"[EVS]\d{1,6}$")
_ALL_WORDS = frozenset(("", "all", "whole", "any", "everything", "full", "the whole video"))
_NOT_A_RANGE = (
    "no range {text!r}; write times like 12:30-12:41 or 750-761{video}, an id like E3, or nothing for all"
)


def resolve_video(context: ToolContext, video: str) -> VideoEntry:
    """The video that a name, a number of the list or the beginning of an id means; the only one when empty.

    Raises:
        ToolError: none or several are meant; the message lists those that there are.
    """
    videos = context.videos()
    name = video.strip().strip("\"'").casefold()
    if not name and len(videos) == 1:
        return videos[0]
    found = _matching_videos(videos, name) if name else []
    if not found and len(videos) == 1 and _PLACEHOLDER.fullmatch(name):
        return videos[0]
    if len(found) == 1:
        return found[0]
    if found:
        ids = listed([v.video_id for v in found])
        raise ToolError(f"{len(found)} videos are called {video!r}; give one of the ids {ids}")
    names = listed([f"{at} {v.name}" for at, v in enumerate(videos[:MAX_NAMED], start=1)])
    more = (
        f" and {len(videos) - MAX_NAMED} more (search without a query lists them)"
        if len(videos) > MAX_NAMED
        else ""
    )
    raise ToolError(
        f"no video {video!r} in scope; there is {names}{more}" if name else f"say which video: {names}{more}"
    )


def _matching_videos(videos: Sequence[VideoEntry], name: str) -> list[VideoEntry]:
    """The videos that a name matches, by the most specific rule that matches any."""
    number = re.fullmatch(r"(?:video\s?|v|#)?(\d{1,6})", name)
    numbered = f"{name} ".partition(" ")[0]
    ways = [
        [v for v in videos if name in (v.video_id.casefold(), v.name.casefold())],
        [v for v in videos if name == v.path.name.casefold()],
        [v for v in videos if name == v.path.stem.casefold()],
        [v for at, v in enumerate(videos, 1) if number and at == int(number[1])],
        [
            v
            for at, v in enumerate(videos, 1)
            if name == f"{numbered} {v.name.casefold()}" and str(at) == numbered
        ],
        [v for v in videos if len(name) >= MIN_PREFIX_CHARS and v.video_id.casefold().startswith(name)],
        [v for v in videos if len(name) >= MIN_PREFIX_CHARS and name in v.name.casefold()],
    ]
    return next((found for found in ways if found), [])


def resolve_videos(context: ToolContext, videos: Sequence[str]) -> list[VideoEntry]:
    """The videos that some names mean, each once; all in scope for none.

    Raises:
        ToolError: one of the names means none or several.
    """
    named = [one for one in videos if one.strip().casefold() not in _ALL_WORDS]
    return list(dict.fromkeys(resolve_video(context, one) for one in named)) if named else context.videos()


def resolve_windows(
    context: ToolContext, videos: Sequence[str], range_: str, notes: list[str]
) -> dict[str, Window]:
    """The part in scope of every video that is meant, cut to a range where one is given.

    Raises:
        ToolError: a name means none or several, or a range is given and several videos are meant.
    """
    if range_.strip().casefold() not in _ALL_WORDS and not _EMPTY_RANGE.fullmatch(range_.strip()):
        video_id, window = resolve_range(context, range_, videos, notes)
        return {video_id: window}
    clamped = context.scope_windows()
    return {v.video_id: clamped[v.video_id] for v in resolve_videos(context, videos) if v.video_id in clamped}


def resolve_range(
    context: ToolContext, text: str, videos: Sequence[str], notes: list[str], around_s: float = 2.0
) -> SegmentRef:
    """The video and the window that a range means, inside what is in scope; what lies outside is clamped.

    Args:
        context: of the question.
        text: `12:30-12:41`, `750-761`, `12:30`, `-1:00`, `4:00-end`, each with a video in front where several
            are in scope (`2 12:30-12:41`); an id (`E3`); a video alone; or nothing for all of the one video.
        videos: that the call names beside it.
        notes: take what was changed.
        around_s: seconds on either side of a range that is one time.

    Raises:
        ToolError: it is none of these, or it does not say which of several videos is meant.
    """
    plain = " ".join(text.split())[:MAX_RANGE_CHARS].strip("[]()\"' ")
    if _ID.match(plain.upper()):
        return _resolve_id(context, plain.upper())
    if plain.casefold() in _ALL_WORDS or _EMPTY_RANGE.fullmatch(plain):
        entry = _one_video(context, videos)
        return entry.video_id, context.scope_window(entry)
    alone = _matching_videos(context.videos(), plain.casefold()) if not re.match(rf"{_TIME}$", plain) else []
    if len(alone) == 1:
        return alone[0].video_id, context.scope_window(alone[0])
    found = _RANGE.search(plain) or _POINT.search(plain)
    if found is None or not any(char.isdigit() or char.isalpha() for char in found[0]):
        raise ToolError(_NOT_A_RANGE.format(text=text[:60], video=_in_front(context)))
    front = plain[: found.start()].strip(" @,:;|[]()\"'").removeprefix("from ").removesuffix(" from").strip()
    entry = resolve_video(context, front) if front and front != "from" else _one_video(context, videos)
    start, end = found[1], found[2] if found.re is _RANGE else found[1]
    return entry.video_id, _window(context, entry, start, end, notes, around_s)


def _in_front(context: ToolContext) -> str:
    return " with the video's number in front (2 12:30-12:41)" if len(context.videos()) > 1 else ""


def _one_video(context: ToolContext, videos: Sequence[str]) -> VideoEntry:
    entries = resolve_videos(context, videos)
    if len(entries) > 1:
        names = listed(
            [f"{at} {v.name}" for at, v in enumerate(context.videos()[:MAX_NAMED], 1) if v in entries]
        )
        raise ToolError(f"a range is of one video; say which: {names}")
    return entries[0]


def _resolve_id(context: ToolContext, name: str) -> SegmentRef:
    event = context.table.event(name)
    if event is None:
        raise ToolError(f"no {name}; {_available_ids(context)}")
    return event.video_id, event.window


def _window(
    context: ToolContext,
    video: VideoEntry,
    start: str | None,
    end: str | None,
    notes: list[str],
    around_s: float,
) -> Window:
    """The window between two times, clamped to the scope; a single time gets `around_s` on each side."""
    scope_window = context.scope_window(video)
    start_s = scope_window.start_s if start is None else parse_seconds(start)
    end_s = scope_window.end_s if end is None else parse_seconds(end)
    if end_s < start_s:
        notes.append(f"{format_time(start_s)} lies behind {format_time(end_s)}: they were swapped")
        start_s, end_s = end_s, start_s
    requested = f"{format_time(start_s)}-{format_time(end_s)}"
    is_moment = end_s - start_s < MIN_RANGE_S
    if is_moment:
        start_s, end_s = start_s - around_s, end_s + around_s
    clamped = Window(start_s, end_s).clamped(scope_window)
    if clamped is None:
        edge_window = _edge_window(scope_window, at_end=start_s >= scope_window.end_s)
        notes.append(
            f"{requested} lies outside {video.name}, which has {clock(scope_window)}:"
            f" {clock(edge_window)} was taken"
        )
        return edge_window
    if not is_moment and (
        start_s < scope_window.start_s - MIN_RANGE_S or end_s > scope_window.end_s + MIN_RANGE_S
    ):
        notes.append(f"{requested} was cut to {clock(clamped)}: {video.name} has {clock(scope_window)}")
    return clamped


def _edge_window(scope_window: Window, *, at_end: bool) -> Window:
    length_s = min(OUTSIDE_S, scope_window.duration_s)
    if at_end:
        return Window(scope_window.end_s - length_s, scope_window.end_s)
    return Window(scope_window.start_s, scope_window.start_s + length_s)


def parse_seconds(time: str) -> float:
    """Seconds from a number or a clock; minutes and seconds above 59 are counted on (`1:75` is 2:15).

    Raises:
        ToolError: it is neither.
    """
    text = time.strip()
    try:
        return parse_time(text)
    except ValueError as error:
        parts = text.rstrip("s ").replace(",", ".").split(":")
        if not all(re.fullmatch(r"\d{1,7}(?:\.\d{1,6})?", part) for part in parts) or len(parts) > 3:
            raise ToolError(f"no time {time!r}; write seconds (75.5) or a clock (1:15, 1:02:05)") from error
        return float(sum(float(part) * 60.0**at for at, part in enumerate(reversed(parts))))


def truncate_window(window: Window, max_s: float, notes: list[str]) -> Window:
    """The beginning of a window, at most so long, with a note when something was cut."""
    if window.duration_s <= max_s:
        return window
    truncated = Window(window.start_s, window.start_s + max_s)
    notes.append(
        f"{clock(window)} is longer than {max_s:g} s: only {clock(truncated)} was taken;"
        " ask for the rest in parts"
    )
    return truncated


def clamp_number(value: int, minimum: int, maximum: int, name: str, notes: list[str]) -> int:
    """A number inside its limits, with a note when it was outside."""
    clamped = min(max(value, minimum), maximum)
    if clamped != value:
        notes.append(f"{name} {value} became {clamped}")
    return clamped


def resolve_evidence(context: ToolContext, evidence_id: str) -> Evidence:
    """The record of an id.

    Raises:
        ToolError: there is none; the message says which there are.
    """
    record = context.table.records.get(evidence_id.strip().upper())
    if record is None:
        raise ToolError(f"no evidence {evidence_id!r}; {_available_ids(context)}")
    return record


def _available_ids(context: ToolContext) -> str:
    n = len(context.table.records)
    return f"there is E1 to E{n}" if n else "there is none yet; search or read first"
