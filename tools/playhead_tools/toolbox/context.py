"""What the tools of one question share: the library, the evidence table, observations and results."""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playhead_index.errors import ToolError
from playhead_index.search.results import Coverage, Scope
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.window import Window
from playhead_tools.citations import stored_texts
from playhead_tools.evidence_table import EvidenceTable
from playhead_tools.numbers import clocks_in, numbers_in
from playhead_tools.retrieval import Finder, VideoEntry, list_videos
from playhead_tools.speaker_turns import ScopeSpeakers, SpeakerNames
from playhead_tools.toolbox.protocols import Reader, ToolImage, VideoObserver, VlmMeter

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = dict[str, Any]
"""What a tool gives back: plain JSON types."""
DEFAULT_FRAMES = 16


class BadCall(ToolError):
    """A call that no tool can take: an unknown name, or arguments that do not fit."""


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """Limits of one tool call; VLM calls over all tool calls are limited by the meter.

    Args:
        max_evidence: records in the evidence table.
        max_observations: observations of one call of `look`.
        max_scan_observations: observations of one call of `find_events`.
        max_rows: rows of one result.
        max_row_chars: characters of the words of one row.
        max_text_chars: characters of the text of one result.
        max_observed_s: seconds of one observed window; what is longer is cut.
        max_parts: parts of the scope that one call of `browse` reads, each a call of the reader.
        max_part_chars: characters of one of these parts.

    Raises:
        ValueError: one of them is not above 0.
    """

    max_evidence: int = 400
    max_observations: int = 8
    max_scan_observations: int = 64
    max_rows: int = 80
    max_row_chars: int = 320
    max_text_chars: int = 8_000
    max_observed_s: float = 120.0
    max_parts: int = 12
    max_part_chars: int = 12_000

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"limits must be above 0, got {name} = {getattr(self, name)}")


@dataclass(slots=True)
class ToolContext:
    """What the tools of one question share.

    Args:
        catalog: the open library.
        finder: searches it.
        vlm_client: answers questions about frames; None without a video-LLM.
        limits: what one call may do and give.
        scope: which videos, which window of each.
        table: evidence and events.
        meter: counts searches and VLM calls, and limits the calls.
        reader: reads passages for `browse`; None without a chat model.
        observations: every observation, by a hash of its request; a failed one holds why.
        browse_results: every result of `browse`, by a hash of its request.
        coverage: of each search and reading.
        computed_values: numbers that code computed from evidence.
        scans: exhaustive scans, in order.
        computations: for each computation its evidence ids and whether it is complete.
        is_finish_refused: `finish` was refused once.
        conclusion: what `finish` or `abstain` was given; None while the question is open.
        images: of the call that is running, for a planner that takes pictures.
        planner_takes_images: the planner of the call that is running takes pictures.
        is_replay: the call was made before and is only read again: no VLM call, search or reading is made.
        blocks: the words of videos in rows, by video id, as far as they were read.
    """

    catalog: Catalog
    finder: Finder
    vlm_client: VideoObserver | None
    limits: ToolLimits
    scope: Scope
    table: EvidenceTable
    meter: VlmMeter
    reader: Reader | None = None
    observations: dict[str, Record] = field(default_factory=dict)
    browse_results: dict[str, Record] = field(default_factory=dict)
    coverage: list[Coverage] = field(default_factory=list)
    computed_values: list[float] = field(default_factory=list)
    scans: list[Record] = field(default_factory=list)
    computations: list[Record] = field(default_factory=list)
    is_finish_refused: bool = False
    conclusion: Record | None = None
    images: list[ToolImage] = field(default_factory=list)
    planner_takes_images: bool = False
    is_replay: bool = False
    blocks: dict[str, list[list[SpanRow]]] = field(default_factory=dict, repr=False)
    _videos: list[VideoEntry] | None = field(default=None, init=False, repr=False, compare=False)
    _labels: dict[str, set[str]] | None = field(default=None, init=False, repr=False, compare=False)
    _speakers: SpeakerNames | None = field(default=None, init=False, repr=False, compare=False)
    _has_speakers: bool | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def speakers(self) -> SpeakerNames:
        """What the speakers of spans are called; read once."""
        if self._speakers is None:
            self._speakers = SpeakerNames(self.catalog)
        return self._speakers

    def videos(self) -> list[VideoEntry]:
        """The videos in scope, in the order of their numbers; read once.

        Raises:
            ToolError: the scope names a video that the library does not hold.
        """
        if self._videos is None:
            self._videos = list_videos(self.catalog, self.scope)
        return self._videos

    def video(self, video_id: str) -> VideoEntry:
        """The video in scope with this id.

        Raises:
            ToolError: it is not in scope.
        """
        found = next((one for one in self.videos() if one.video_id == video_id), None)
        if found is None:
            raise ToolError(f"no video {video_id!r} in scope")
        return found

    def label(self, video_id: str) -> str:
        """A video as results name it: `2 talk.mp4`; empty where only one is in scope."""
        videos = self.videos()
        numbers = {one.video_id: at for at, one in enumerate(videos, start=1)}
        if len(videos) < 2 or video_id not in numbers:
            return ""
        return f"{numbers[video_id]} {videos[numbers[video_id] - 1].name}"

    def scope_window(self, video: VideoEntry) -> Window:
        """The part of a video that is in scope.

        Raises:
            ToolError: no part of it is.
        """
        full_window = Window(0.0, video.duration_s)
        inside = full_window if self.scope.window is None else self.scope.window.clamped(full_window)
        if inside is None:
            raise ToolError(f"{video.name} has nothing in scope; the scope is {self.scope.window}")
        return inside

    def scope_windows(self) -> dict[str, Window]:
        """The part in scope of every video that has one, by id."""
        limit, full_windows = (
            self.scope.window,
            {v.video_id: Window(0.0, v.duration_s) for v in self.videos()},
        )
        parts = {video_id: w if limit is None else limit.clamped(w) for video_id, w in full_windows.items()}
        return {video_id: part for video_id, part in parts.items() if part is not None}

    def spans_in_scope(self, spans: Sequence[SpanRow]) -> list[SpanRow]:
        """The spans that are in scope: where the scope names speakers, only what they say."""
        if self.scope.speakers is None:
            return list(spans)
        if self._labels is None:
            ids = [video.video_id for video in self.videos()]
            self._labels = ScopeSpeakers(self.catalog, ids).labels(self.scope.speakers)
        labels = self._labels
        return [
            span
            for span in spans
            if span.words.kind == "speech" and span.words.speaker in labels.get(span.video_id, ())
        ]

    @property
    def has_speakers(self) -> bool:
        """Whether it is known of any video in scope who speaks."""
        if self._has_speakers is None:
            ids = [video.video_id for video in self.videos()]
            self._has_speakers = bool(ScopeSpeakers(self.catalog, ids).known)
        return self._has_speakers

    def retrieved_windows(self) -> list[tuple[str, Window]]:
        """(video id, window) of everything that was found, read or observed."""
        return [(record.video_id, record.window) for record in self.table.records.values()]

    def known_numbers(self) -> set[float]:
        """Every number that stands in the evidence, in its times, or was computed from it."""
        records = list(self.table.records.values())
        texts = stored_texts(self.catalog, records).values()
        found = {n for text in texts for n in (*numbers_in(text), *clocks_in(text))}
        windows = self.table.windows().values()
        return (
            found
            | {t for w in windows for t in (w.start_s, w.end_s, w.duration_s)}
            | set(self.computed_values)
        )

    def vlm_calls_left(self, frames: int | None = None) -> int:
        """VLM calls that may still be made; none while a call is only read again."""
        if self.is_replay:
            return 0
        return self.meter.vlm_calls_left(
            frames or (DEFAULT_FRAMES if self.vlm_client is None else self.vlm_client.frames)
        )

    def count_search(self, key: Sequence[Any]) -> Record:
        """Counts a search; the cost of a call that made it."""
        if not self.is_replay:
            self.meter.search(tuple(key))
        return {"searches": 1}

    @contextmanager
    def replaying(self) -> "Iterator[None]":
        """Inside, calls are read again: no model is called and nothing is counted."""
        before, self.is_replay = self.is_replay, True
        try:
            yield
        finally:
            self.is_replay = before


def result(
    rows: Sequence[Record] = (),
    notes: Sequence[str] = (),
    cost: Mapping[str, float] | None = None,
    *,
    summary: str = "",
    **more: Any,
) -> Record:
    """What a tool gives back: a line that sums it up, its rows, notes where there are any, and the cost."""
    record: Record = {**({"summary": summary} if summary else {}), **more, "evidence": list(rows)}
    if any(row["id"] is None for row in rows):
        notes = [*notes, "the evidence table is full: rows without an id cannot be cited"]
    if notes:
        record["notes"] = list(dict.fromkeys(notes))
    return {**record, "cost": dict(cost or {})}
