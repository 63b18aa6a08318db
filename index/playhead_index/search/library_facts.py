"""The facts about a library that a search needs: videos, their lengths, which are unfinished."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path

from playhead_index.decode.protocol import NO_FRAMES
from playhead_index.errors import NoFrames, VideoUnknown
from playhead_index.paths import path_exists
from playhead_index.search.modalities import modality_coverage, named_summaries, summarise
from playhead_index.search.results import Coverage, LaneCoverage, ModalitySummary, Scope
from playhead_index.speakers import find_speakers, match_speakers
from playhead_index.store.catalog import Catalog
from playhead_index.store.manifest import unfinished_videos
from playhead_index.store.places import retired_version
from playhead_index.store.segments import count_segments
from playhead_index.store.speakers import Speaker, read_all_speakers, spans_of_speakers
from playhead_index.store.transcript import undivided_videos
from playhead_index.store.video_stages import VideoStages, read_gaps, read_video_stages
from playhead_index.window import Window, without_gaps


class LibraryFacts:
    """The videos of a library as they stood at one moment.

    Args:
        catalog: of the library.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        videos = catalog.videos()
        self._video_windows = {video.video_id: video.window for video in videos}
        self._with_frames = {video.video_id for video in videos if video.n_frames}
        self._unfinished = unfinished_videos(catalog)
        self._segments = lru_cache(maxsize=64)(self._count_segments)
        self._paths = lru_cache(maxsize=4096)(self._find_path)
        self._modalities = lru_cache(maxsize=64)(self._summarise)
        self._with_span_ids = lru_cache(maxsize=8)(self._find_span_ids)

    def windows(self, scope: Scope) -> Mapping[str, Window]:
        """The searched part of each video of a scope; videos that have no such part are left out.

        Raises:
            VideoUnknown: the library holds no video of an id.
        """
        if scope.video_ids is None and scope.window is None:
            return self._video_windows
        for video_id in scope.video_ids or ():
            self.video_window(video_id)
        parts = {
            video_id: self._video_windows[video_id]
            if scope.window is None
            else self._video_windows[video_id].clamped(scope.window)
            for video_id in (self._video_windows if scope.video_ids is None else scope.video_ids)
        }
        return {video_id: part for video_id, part in parts.items() if part is not None}

    def with_span_ids(self, scope: Scope) -> Scope:
        """A scope with the ids of the spans that its speakers say; as it is where it names no speakers.

        Raises:
            SpeakerUnknown: no video of the library has a speaker that it names.
        """
        return self._with_span_ids(scope) if scope.speakers is not None else scope

    def _find_span_ids(self, scope: Scope) -> Scope:
        inside = self.windows(scope)
        known = {video_id: own for video_id, own in self.speakers.items() if video_id in inside}
        found = [one for name in scope.speakers or () for one in match_speakers(known, name)]
        for name in scope.speakers or () if not found else ():
            find_speakers(self.speakers, name)
        labels: dict[str, set[str]] = {}
        for one in found:
            labels.setdefault(one.video_id, set()).add(one.label)
        return replace(scope, span_ids=spans_of_speakers(self._catalog, labels))

    def video_window(self, video_id: str) -> Window:
        """The window of a complete video.

        Raises:
            VideoUnknown: the library holds no such video.
        """
        if video_id not in self._video_windows:
            if version := retired_version(self._catalog, video_id):
                raise VideoUnknown(f"{version.sentence}; it is not searched")
            raise VideoUnknown(
                f"no video {video_id!r} in this library of {len(self._video_windows)}; "
                "`playhead list` shows what it holds"
            )
        return self._video_windows[video_id]

    def check_has_frames(self, video_id: str) -> None:
        """Refuses a file with sound alone.

        Raises:
            VideoUnknown: the library holds no such video.
            NoFrames: it has no frames.
        """
        self.video_window(video_id)
        if video_id not in self._with_frames:
            raise NoFrames(self.path(video_id), NO_FRAMES)

    def path(self, video_id: str) -> Path:
        """Where a copy of a video is, or else where one was last seen; looked up once."""
        return self._paths(video_id)

    def _find_path(self, video_id: str) -> Path:
        places = self._catalog.places(video_id)
        return next(filter(path_exists, places), places[0] if places else Path(video_id))

    def coverage(self, scope: Scope, lanes: Sequence[LaneCoverage]) -> Coverage:
        """What a search of a scope covered."""
        parts, named = self.windows(scope), {line.lane for line in lanes}
        return Coverage(
            len(parts),
            self._segments(scope),
            sum(
                recorded.duration_s
                for video_id, part in parts.items()
                for recorded in without_gaps(part, self._gaps.get(video_id, ()))
            ),
            tuple(lanes),
            tuple(video_id for video_id in self._unfinished if video_id in parts),
            tuple(one for one in self._modalities(scope) if one.modality in named),
            num_without_speakers=None
            if scope.speakers is None
            else sum(video_id not in self.speakers for video_id in parts),
        )

    def num_undivided(self, scope: Scope) -> int:
        """How many videos of a scope have speech that is not divided into sentences and passages."""
        return len(self._undivided & self.windows(scope).keys())

    @cached_property
    def _undivided(self) -> frozenset[str]:
        return undivided_videos(self._catalog)

    @cached_property
    def speakers(self) -> Mapping[str, list[Speaker]]:
        """The speakers of each video; videos of which it is not known who speaks are left out."""
        return read_all_speakers(self._catalog)

    @cached_property
    def _gaps(self) -> Mapping[str, tuple[Window, ...]]:
        return read_gaps(self._catalog)

    @cached_property
    def _stages(self) -> Mapping[str, VideoStages]:
        """The stages of every video, read at the first search."""
        return read_video_stages(self._catalog)

    def _summarise(self, scope: Scope) -> tuple[ModalitySummary, ...]:
        summaries = summarise(modality_coverage(self._stages, self.windows(scope)))
        return named_summaries(self._catalog, summaries)

    def _count_segments(self, scope: Scope) -> int:
        return count_segments(self._catalog, scope.video_ids, scope.window)
