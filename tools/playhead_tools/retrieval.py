"""Tools that look things up: search moments, read words at a time, an outline, the list of videos.

Every tool takes plain values and gives plain records. An argument that is too large is brought inside
its limits with a note; one that makes no sense is a `ToolError` that says what would.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Protocol

from playhead_index.errors import ToolError
from playhead_index.paths import display_path, path_exists
from playhead_index.search.modalities import read_modalities
from playhead_index.search.results import (
    TEXT_LANES,
    Coverage,
    Lane,
    LaneCoverage,
    ModalitySummary,
    Query,
    Scope,
    SearchResult,
)  # fmt: skip
from playhead_index.store.catalog import Catalog, SpanRow, VideoRow
from playhead_index.store.full_text import matching_ids_in_videos
from playhead_index.store.manifest import unfinished_videos
from playhead_index.store.recordings import read_clock
from playhead_index.store.spans import count_spans
from playhead_index.store.video_stages import read_gaps
from playhead_index.video_names import video_names
from playhead_index.window import Window, format_time, without_gaps
from playhead_index.words.protocol import SpanKind
from playhead_tools.tolerance import EPSILON_S
from playhead_tools.word_match import index_query

MAX_MOMENTS = 100
MAX_SPANS = 200
MAX_SCANNED = 5_000
MAX_PARTS = 40
MAX_QUERY_CHARS = 400
_SPARE_PART = 1e-6
"""Part of `max_s` by which a window may be longer than a whole number of them without one more part."""


class Finder(Protocol):
    """Searches a library; `playhead_index.search.engine.Searcher` is one, `ScriptedFinder` another."""

    def search(self, query: Query) -> SearchResult:
        """Moments for a query, best first, with what was searched."""
        ...


@dataclass(frozen=True, slots=True)
class VideoEntry:
    """A video of the scope: where its file is and how long it lasts.

    Args:
        label: the name that tells it from the other videos of the library; the file's when empty.
        recorded_at: when the recording began, seconds since 1970 (UTC); None where that is not known.
        width_px: of its pictures; 0 for one without.
        height_px: likewise.
        average_fps: pictures a second.
        has_audio: it has a sound track.
    """

    video_id: str
    path: Path
    duration_s: float
    label: str = ""
    recorded_at: float | None = None
    width_px: int = 0
    height_px: int = 0
    average_fps: float = 0.0
    has_audio: bool = True

    @property
    def name(self) -> str:
        """What it is called, for people: the file's name, with folders where others have the same."""
        return self.label or display_path(self.path.name)


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """A search's result, and notes on arguments that were brought inside their limits."""

    result: SearchResult
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """The words in a window of a video, in time order."""

    video_id: str
    window: Window
    spans: tuple[SpanRow, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutlinePart:
    """One part of an outline: a window and the span that best says what it is; None in silence."""

    window: Window
    span: SpanRow | None


def list_videos(catalog: Catalog, scope: Scope | None = None) -> list[VideoEntry]:
    """The videos of a scope, in the order in which they came into the library.

    Raises:
        ToolError: the scope names a video that the library does not hold.
    """
    rows = {row.video_id: row for row in catalog.videos()}
    video_ids = tuple(rows) if scope is None or scope.video_ids is None else scope.video_ids
    for video_id in video_ids:
        if video_id not in rows:
            raise ToolError(f"no video {video_id!r} in the library; it holds {len(rows)} videos")
    names, recorded = video_names(catalog), read_clock(catalog)
    return [_entry(catalog, rows[one], names[one], recorded.get(one)) for one in video_ids]


def _entry(catalog: Catalog, row: VideoRow, name: str, recorded_at: float | None) -> VideoEntry:
    places = catalog.places(row.video_id)
    path = next(filter(path_exists, places), places[0] if places else Path(row.video_id))
    size = (row.width_px, row.height_px, row.average_fps) if row.n_frames else (0, 0, 0.0)
    return VideoEntry(row.video_id, path, row.duration_s, name, recorded_at, *size, row.has_audio)


def segments_with_frames(
    catalog: Catalog, segments: Sequence[tuple[str, Window]]
) -> list[tuple[str, Window]]:
    """The segment references that lie in videos with frames; recordings of sound alone are left out."""
    sound_only = {video.video_id for video in catalog.videos() if not video.n_frames}
    return [(video_id, window) for video_id, window in segments if video_id not in sound_only]


def view_windows(
    window: Window, segments: Sequence[Window], gaps: Sequence[Window], max_s: float
) -> list[Window]:
    """A window in its segments, those that are longer than `max_s` in equal parts; gaps are left out.

    Where segments do not cover what was recorded in it, its recorded parts stand in their place.
    """
    recorded = without_gaps(window, gaps)
    inside = [one for segment in segments if (one := segment.clamped(window)) is not None]
    covered_s, recorded_s = (sum(one.duration_s for one in parts) for parts in (inside, recorded))
    pieces = list[Window]()
    for one in inside if inside and covered_s >= recorded_s - EPSILON_S else recorded:
        n = max(1, ceil(one.duration_s / max_s - _SPARE_PART))
        step_s = one.duration_s / n
        pieces += [Window(one.start_s + i * step_s, one.start_s + (i + 1) * step_s) for i in range(n)]
    return pieces


def search_moments(
    finder: Finder,
    text: str,
    *,
    scope: Scope | None = None,
    lanes: Sequence[Lane] | None = None,
    limit: int = 10,
) -> SearchOutcome:
    """Moments that answer a text, best first.

    Raises:
        ToolError: there is nothing to search for, or a lane cannot be searched by text.
    """
    words, notes = " ".join(text.split()), []
    if not words:
        raise ToolError("nothing to search for: the text is empty")
    for lane in lanes or ():
        if lane not in TEXT_LANES:
            raise ToolError(f"the lane {lane!r} cannot be searched by text; use {', '.join(TEXT_LANES)}")
    if len(words) > MAX_QUERY_CHARS:
        words = words[:MAX_QUERY_CHARS].rsplit(" ", 1)[0]
        notes.append(f"only the first {len(words)} characters were searched for")
    fitting = min(max(1, limit), MAX_MOMENTS)
    if fitting != limit:
        notes.append(f"limit {limit} became {fitting}")
    query = Query(
        text=words, scope=scope or Scope(), lanes=None if lanes is None else tuple(lanes), limit=fitting
    )
    return SearchOutcome(finder.search(query), tuple(notes))


def read_words(
    catalog: Catalog,
    video_id: str,
    window: Window,
    kind: SpanKind | None = None,
    *,
    limit: int = MAX_SPANS,
) -> Reading:
    """What is said, written and captioned in a window of a video, each span with its own window.

    Raises:
        ToolError: the library has no such video, or the window lies outside it.
    """
    video = list_videos(catalog, Scope((video_id,)))[0]
    inside = window.clamped(Window(0.0, video.duration_s))
    if inside is None:
        raise ToolError(f"{window} is outside {video.name}, which is {format_time(video.duration_s)} long")
    notes = []
    if inside != window:
        notes.append(f"{window} was cut to {inside}: {video.name} is {format_time(video.duration_s)} long")
    spans = catalog.spans(video_id, kind, inside)
    fitting = min(max(1, limit), MAX_SPANS)
    if len(spans) > fitting:
        notes.append(f"{len(spans)} spans, the first {fitting} are given")
    return Reading(video_id, inside, tuple(spans[:fitting]), tuple(notes))


def scan_words(
    catalog: Catalog,
    video_ids: Sequence[str],
    kinds: Sequence[SpanKind],
    text: str,
    *,
    limit: int = MAX_SCANNED,
) -> tuple[list[int], bool]:
    """Every span of some videos that holds any content word of a text, and whether none was left out.

    Unlike a search, which gives the best few, this reads the whole full-text index: what counting,
    `first` and `last` need. Words are compared by their Porter stems.
    """
    expression = index_query(text)
    if not expression or not video_ids or not kinds:
        return [], True
    found = matching_ids_in_videos(catalog, expression, video_ids, kinds, limit + 1)
    return found[:limit], len(found) <= limit


def outline(
    catalog: Catalog,
    video_id: str,
    parts: int = 8,
    window: Window | None = None,
    keep: Callable[[SpanRow], bool] = lambda span: True,
) -> list[OutlinePart]:
    """A video in at most `parts` equal windows, each with what is written, else said, first in it.

    Args:
        catalog: the open library.
        video_id: of the video.
        parts: at least 1.
        window: only this part of the video; all of it when None.
        keep: which spans count.

    Raises:
        ToolError: the library has no such video.
    """
    video = list_videos(catalog, Scope((video_id,)))[0]
    n = min(max(1, parts), MAX_PARTS)
    full_window = window or Window(0.0, video.duration_s)
    step_s = full_window.duration_s / n
    windows = [
        Window(full_window.start_s + i * step_s, full_window.start_s + (i + 1) * step_s) for i in range(n)
    ]
    spans = [span for span in catalog.spans(video_id) if keep(span)]
    return [OutlinePart(part_window, _head_line(spans, part_window)) for part_window in windows]


def _head_line(spans: Sequence[SpanRow], window: Window) -> SpanRow | None:
    starting = [s for s in spans if s.words.window.start_s in window]
    by_kind = sorted(
        starting, key=lambda s: (("screen", "caption", "speech").index(s.words.kind), s.words.window)
    )
    return by_kind[0] if by_kind else None


def reading_coverage(
    catalog: Catalog, segments: Sequence[tuple[str, Window]], lanes: Sequence[Lane]
) -> Coverage:
    """Coverage of reading all words of some windows; the picture lane is never read.

    Args:
        catalog: the open library.
        segments: (video_id, window) pairs that were read.
        lanes: the lanes that the question asked for.
    """
    windows: dict[str, Window] = {}
    for video_id, window in segments:
        windows[video_id] = window if video_id not in windows else windows[video_id].hull(window)
    modalities: dict[Lane, ModalitySummary] = {
        one.modality: one for one in read_modalities(catalog, windows) if one.modality in lanes
    }
    items = count_spans(catalog, windows.keys()) if lanes else {}
    gaps = read_gaps(catalog, windows.keys())
    lines = tuple(_read_line(lane, items.get(lane, 0), modalities.get(lane)) for lane in lanes)
    num_segments = sum(
        1
        for video_id, window in segments
        for segment in catalog.segments(video_id)
        if segment.window.overlap_s(window) > 0
    )
    return Coverage(
        len(windows),
        num_segments,
        sum(part.duration_s for video_id, w in segments for part in without_gaps(w, gaps.get(video_id, ()))),
        lines,
        tuple(video_id for video_id in unfinished_videos(catalog) if video_id in windows),
        tuple(modalities.values()),
    )


def _read_line(lane: Lane, items: int, summary: ModalitySummary | None) -> LaneCoverage:
    if lane not in ("speech", "screen", "caption"):
        return LaneCoverage(lane, False, 0, "only words were read")
    if items or (summary is not None and summary.is_complete):
        return LaneCoverage(lane, True, items)
    reasons = dict.fromkeys(one.why_not for one in summary.not_covered) if summary is not None else ()
    return LaneCoverage(lane, False, 0, "; ".join(reasons) or "the library holds none for these videos")
