"""A library of videos: index, search, ask and maintain it. The complete product behind one class."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from playhead.deprecated_names import RenamedAttribute, renamed_argument
from playhead.input_checks import (
    as_names,
    checked_lanes,
    checked_options,
    checked_text,
    checked_thread_id,
    image_paths,
)
from playhead.load_video_model import PRICES as VIDEO_PRICES
from playhead.load_video_model import load_captioner, load_video_llm
from playhead.model_choice import ModelChoice, chosen_model, load_chat, parse_model, store_model
from playhead.models import (
    NO_CAPTIONS,
    LoadModels,
    ModelNames,
    encoder_callables,
    library_switches,
    search_reranker,
    speech_notice,
)
from playhead.question_run import QuestionRun
from playhead.token_compression import LibraryFrameScores, resolve_compression, store_method, stored_method
from playhead.video_model_choice import named_choice, video_choice, video_model_of_environment
from playhead.video_models import AUTO, OFF, VideoChoice, off_choice
from playhead_agent.progress import Progress
from playhead_agent.strategies import AUTO as AUTO_STRATEGY
from playhead_agent.strategies import check_strategy
from playhead_index.build import VideoReport, build_library
from playhead_index.caption_plan import is_step_source, plan_captions, step_length_s
from playhead_index.caption_run import (
    CaptionEstimate,
    CaptionRun,
    CaptionSettings,
    CaptionUsage,
    confirm_always,
)
from playhead_index.decode import Frame, VideoReader, open_reader
from playhead_index.decode.protocol import NO_FRAMES
from playhead_index.decode.still_images import read_image
from playhead_index.errors import LibraryError, ModelUnavailable, VideoUnreadable
from playhead_index.executor import Executor, InProcess, LocalProcesses
from playhead_index.find_files import find_videos
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.lifecycle import (
    Problem,
    RelinkedVideo,
    clear_failure,
    collect_garbage,
    find_failures,
    relink,
    remove_video,
    verify,
)
from playhead_index.paths import expand_path, path_exists
from playhead_index.search.engine import Searcher
from playhead_index.search.results import Lane, Query, Scope, SearchResult
from playhead_index.settings import describe_settings, run_settings
from playhead_index.short_repr import short_repr
from playhead_index.speakers import SpeakerSummary, find_speakers, label_of, summarise_speakers
from playhead_index.stages.caption import CAPTION_SHORT_SIDE_PX
from playhead_index.stages.transcribe import NO_SOUND
from playhead_index.store.catalog import CATALOG_NAME, Catalog, SegmentRow, SpanRow, VideoRow
from playhead_index.store.failures import read_failures
from playhead_index.store.job_table import Stage, read_reasons_off, read_stages
from playhead_index.store.lock import writing
from playhead_index.store.manifest import Manifest, read_manifest, space_tag, unfinished_videos
from playhead_index.store.places import RetiredVersion, retired_versions
from playhead_index.store.recordings import read_clock, set_recorded
from playhead_index.store.segments import count_captioned_segments
from playhead_index.store.settings import read_settings
from playhead_index.store.spans import count_captions_by_source, count_spans
from playhead_index.store.speakers import (
    Speaker,
    display_name,
    name_speaker,
    read_all_speakers,
    read_speakers,
)
from playhead_index.store.summaries import Summary
from playhead_index.store.transcript import TranscriptUnit, UnitLevel, read_units
from playhead_index.video_names import VideoNames, find_video, video_names
from playhead_index.window import Window
from playhead_tools.evidence import Answer
from playhead_tools.local_hosts import NotLocal
from playhead_tools.video_llm.compression_choice import Compression
from playhead_tools.video_llm.text_guided_selection import FrameScores

if TYPE_CHECKING:
    from playhead_agent.clarify import Clarify
    from playhead_agent.limits import Caps, Limits
    from playhead_agent.models.chat_model import LangChainChat
    from playhead_agent.persistence.conversations import ConversationTurn, Thread
    from playhead_agent.question import Question
    from playhead_tools.captions.captioner import VideoCaptioner
    from playhead_tools.captions.summariser import Summariser
    from playhead_tools.captions.topic_summary import TopicSummariser
    from playhead_tools.entities import Entity
    from playhead_tools.video_llm.client import VlmClient


@dataclass(frozen=True, slots=True)
class VideoSummary:
    """One video of a library and how far it is indexed, as `playhead list` shows it.

    Args:
        video: its row in the catalog.
        paths: where copies of it were last seen.
        finished: its indexing has come to the end.
        counts: segments, and spans of each kind.
        stages: the job table's lines of it, by name.
        recorded: when it was recorded, in UTC, as its file or a person says; None where nobody does.
        retired: set when it is an earlier version of a file that holds other content now.
        name: its file's name, with as many folders as tell it from the other videos.
        captioned_segments: how many of its segments have a caption.
        captioned_steps: how many captions of fixed steps it has.
    """

    video: VideoRow
    paths: tuple[Path, ...]
    finished: bool
    counts: dict[str, int]
    stages: dict[str, Stage]
    recorded: datetime | None = None
    retired: RetiredVersion | None = None
    name: str = ""
    captioned_segments: int = 0
    captioned_steps: int = 0
    __repr__ = short_repr


@dataclass(frozen=True, slots=True)
class _Captioning:
    """The captioner of a run, and which captions it makes."""

    captioner: "VideoCaptioner"
    settings: CaptionSettings


def _without_captions_off(report: VideoReport) -> VideoReport:
    """The report of a video whose captions are made afterwards."""
    return replace(report, off=tuple((name, why) for name, why in report.off if name != "caption"))


class Library:
    """A library of videos in one folder on disk: index, search, ask. The videos stay where they are.

    Opening one reads nothing yet. Every method that reads the folder raises `LibraryMissing` where it holds
    no library; one that changes it raises `LibraryLocked` where another process is still writing after
    `wait_s` seconds.

    Args:
        folder: the library's folder; `index` makes it when it is not there.
        models: which models to use; by default what the library was made with, else what is there.
        rerank_model: cross-encoder that ranks passages of speech anew in searches and questions: a hub name
            or a folder; in place of that of `models`.
        model: chat model that plans, answers and judges, and reads frames where it takes images:
            `openai:NAME`, `gemini:NAME`, `URL#NAME`, `off`; in place of that of `models`.
        local_only: nothing is sent to another machine; a server elsewhere is refused.

    >>> library = Library("talks")                                       # doctest: +SKIP
    >>> for report in library.index(["~/videos"]):  # doctest: +SKIP
    ...     print(report.status)
    >>> library.search("red car at night").moments[0].window             # doctest: +SKIP
    """

    def __init__(
        self,
        folder: Path | str,
        models: ModelNames | None = None,
        *,
        rerank_model: str | None = None,
        model: str | None = None,
        local_only: bool = False,
    ) -> None:
        self.folder = expand_path(folder)
        self.models = models or ModelNames()
        if rerank_model is not None:
            self.models = replace(self.models, rerank=rerank_model)
        if model is not None:
            self.models = replace(self.models, model=model)
        if local_only:
            self.models = replace(self.models, local_only=True)

    @cached_property
    def catalog(self) -> Catalog:
        """The open catalog.

        Raises:
            LibraryMissing: there is no library in the folder.
            LibraryUnfinished: its making was cut short.
        """
        return Catalog(self.folder)

    # ---- Indexing and maintenance ----

    @renamed_argument("recipe", "settings")
    def index(
        self,
        paths: Path | str | Sequence[Path | str],
        settings: IndexSettings | Mapping[str, Any] | None = None,
        *,
        workers: int = 1,
        wait_s: float = 0.0,
        captions: bool | CaptionSettings = False,
        debug: bool = False,
        on_skipped: Callable[[str], None] = lambda line: None,
        on_estimate: Callable[[CaptionEstimate], bool] = confirm_always,
        on_captions: Callable[[CaptionUsage, int], None] = lambda usage, num_windows: None,
    ) -> Iterator[VideoReport]:
        """Indexes videos and folders of videos; yields a report a video as it ends.

        Adding costs only what is new. After a crash or Ctrl-C, call it again: it goes on where it stood.
        Whatever one file raises becomes its `failed` report, and the rest go on. A path that does not exist,
        a URL and a folder without videos are reported as `refused`, and the library keeps no note of them.

        Args:
            paths: files and folders, or one of them; folders are searched through for videos.
            settings: all settings, or those fields of `IndexSettings` that are given, such as `{"fps": 4.0}`.
                For the rest a video keeps what it was made with and a new one gets what the library was made
                with, else the defaults. A video that was made with other settings is made again as far as
                they change it.
            workers: videos worked on at a time, each in a process of its own above 1.
            wait_s: how long to wait for another process that is writing; below 0 for ever.
            captions: have the video-LLM of `video_choice`, where there is one, caption each segment once all
                videos are indexed; `CaptionSettings` say which segments, steps and samples, and what they may
                cost. Only captions that are missing are made.
            debug: what a file raises comes out, with its traceback.
            on_skipped: called with a line for each folder in which links were skipped.
            on_estimate: called once with what all captions are expected to take, from the first three; False
                ends captioning, and a later run goes on with it.
            on_captions: called after each batch of captions with what was taken so far, and the number of
                windows to caption in this run.

        Raises:
            LibraryLocked: another process is still writing.
            LibraryMismatch: the library was made with other models.
            ModelUnavailable: a model that was named is not there, the captioner gives no caption of anything,
                or captions may cost so much at most and their price is not known.
            DiskFull: nothing more can be written.
        """
        captioning = self._captioning(captions)
        found = find_videos([paths] if isinstance(paths, str | Path) else paths)
        for line in found.skipped:
            on_skipped(line)
        for error in found.refused:
            yield VideoReport(error.path, None, "refused", error=str(error), error_type=type(error).__name__)
        is_new = not path_exists(self.folder / CATALOG_NAME)
        if is_new and not found.videos and not found.unreadable:
            return
        executor: Executor = LocalProcesses(workers) if workers > 1 else InProcess()
        reason = self.video_choice if captions and captioning is None else NO_CAPTIONS
        load = LoadModels(self.models, self.folder, reason)
        indexed: dict[str, Path] = {}
        for report in build_library(
            self.folder, found.videos, settings or {}, load, executor, recorded_models=load.recorded,
            wait_s=wait_s, switches=library_switches(self.models), unreadable=found.unreadable, debug=debug,
        ):  # fmt: skip
            if report.video_id is not None:
                indexed.setdefault(report.video_id, report.path)
            yield report if captioning is None else _without_captions_off(report)
        if captioning is not None and indexed:
            yield from self._caption(captioning, indexed, wait_s, on_estimate, on_captions, debug=debug)
        self.__dict__.pop("searcher", None)  # it may now have lanes that it did not have
        if found.videos:
            self.searcher.prepare()

    def _captioning(self, captions: "bool | CaptionSettings") -> "_Captioning | None":
        """The captioner of a run and its settings; None where no captions are made.

        Raises:
            ModelUnavailable: the model is not there or does not sample, or its price is not known and is
                limited.
        """
        if captions is False or self.video_choice.backend == OFF:
            return None
        settings = CaptionSettings() if captions is True else captions
        captioner = load_captioner(
            self.video_choice, self.models.device, settings.samples, loading=self.models.video_loading
        )
        if settings.max_money is not None and not captioner.has_known_price:
            raise ModelUnavailable(
                f"captions may cost at most {settings.max_money:g}, and the price of"
                f" {self.video_choice.name} is not known; set {VIDEO_PRICES}=PROMPT/NEW per million tokens,"
                " or leave out --max-money"
            )
        return _Captioning(captioner, settings)

    def _caption(
        self,
        captioning: "_Captioning",
        indexed: Mapping[str, Path],
        wait_s: float,
        on_estimate: Callable[[CaptionEstimate], bool],
        on_captions: Callable[[CaptionUsage, int], None],
        *,
        debug: bool,
    ) -> Iterator[VideoReport]:
        """Makes the captions that are missing, one video after the other; yields what failed."""
        name, settings = captioning.captioner.name, captioning.settings
        num_pending = {
            video_id: len(plan_captions(self.catalog, video_id, name, settings).pending)
            for video_id in indexed
            if self.catalog.video(video_id).n_frames
        }
        total = sum(num_pending.values())
        paths = [path for video_id, path in indexed.items() if num_pending.get(video_id)]
        run = CaptionRun(
            settings,
            num_windows=total,
            confirm=on_estimate,
            on_progress=lambda usage: on_captions(usage, total),
        )
        load = LoadModels(self.models, self.folder)

        def with_captioner(models: Models) -> Models:
            return replace(models, captioner=captioning.captioner, caption_run=run)

        def recorded_models() -> Models | None:
            recorded = load.recorded()
            return None if recorded is None else with_captioner(recorded)

        for report in build_library(
            self.folder, paths, {}, lambda: with_captioner(load()), InProcess(),
            recorded_models=recorded_models, wait_s=wait_s, debug=debug,
        ):  # fmt: skip
            if report.status == "failed":
                yield report

    @property
    def speech_notice(self) -> str:
        """That `index` recognises speech with the packaged English model, and what is better; else empty."""
        return speech_notice(self.models, self.folder)

    def index_settings(self, given: Mapping[str, Any]) -> IndexSettings:
        """The settings that a new video would be made with.

        Args:
            given: fields of `IndexSettings`; the rest is as the library was made, else the default.

        Raises:
            ValueError: a field is unknown, or the values do not go together.
        """
        is_existing = path_exists(self.folder / CATALOG_NAME)
        return run_settings(given, read_settings(self.catalog) if is_existing else {}).for_new_video()

    def settings(self, name: str) -> dict[str, str]:
        """What a video was made with, for a person: `{"sampling": "1 fps where something changes ..."}`.

        Raises:
            VideoUnknown: none or several fit the name.
        """
        own = describe_settings(self.catalog, self.video_id(name))
        tags = {space: space_tag(self.catalog, space) for space in ("picture", "appearance", "words")}
        return own | {f"{space} model": str(tag) for space, tag in tags.items() if tag is not None}

    def remove(self, name: str, *, wait_s: float = 0.0) -> str:
        """Removes a video from the library and returns its id; the file stays.

        Raises:
            VideoUnknown: no video, or several, fit the name.
        """
        video_id = self.video_id(name)
        remove_video(self.catalog, video_id, wait_s=wait_s)
        return video_id

    def clear_failure(self, name: str, *, wait_s: float = 0.0) -> Path:
        """Deletes the note that a file could not be indexed, by its path or name; returns the file's path.

        Raises:
            VideoUnknown: no failure, or several, fit the name.
        """
        return clear_failure(self.catalog, name, wait_s=wait_s)

    def relink(
        self,
        folders: Sequence[Path | str],
        *,
        wait_s: float = 0.0,
        on_unreadable: Callable[[VideoUnreadable], None] = lambda error: None,
    ) -> Iterator[RelinkedVideo]:
        """Finds videos whose files were moved or renamed, by content, among the files of folders.

        Args:
            folders: where to look.
            wait_s: how long to wait for another process that is writing; below 0 for ever.
            on_unreadable: called for what cannot be read on the way; the search goes on.
        """
        places = [expand_path(folder) for folder in folders]
        return relink(self.catalog, places, wait_s=wait_s, on_unreadable=on_unreadable)

    def set_recorded(self, video: str, recorded: datetime | None, *, wait_s: float = 0.0) -> str:
        """Stores when a video was recorded, so that its times can be compared with those of other videos.

        Args:
            video: an id, the start of one, a path or a file's name.
            recorded: when it begins; without a zone in the machine's. None for not known, whatever its file
                says.
            wait_s: seconds to wait for another writer; -1 for as long as it takes.

        Returns:
            The video's id.

        Raises:
            VideoUnknown: none or several fit.
            LibraryLocked: another process is writing.
        """
        video_id = self.video_id(video)
        at = None if recorded is None else recorded.astimezone(UTC).timestamp()
        set_recorded(self.catalog, video_id, at, wait_s=wait_s)
        return video_id

    def verify(self, *, deep: bool = False) -> Iterator[Problem]:
        """Checks the library and the places of its videos; yields what is wrong, and what to do about it.

        Args:
            deep: read every video file again and compare its content.
        """
        return verify(self.catalog, deep=deep)

    def gc(self, *, wait_s: float = 0.0) -> int:
        """Deletes retired videos and data that nothing refers to; returns the bytes that became free."""
        return collect_garbage(self.catalog, wait_s=wait_s)

    # ---- Reading what is stored ----

    @property
    def manifest(self) -> Manifest | None:
        """Counts of the library and the model of each vector space; None before an indexing run has ended."""
        return read_manifest(self.folder)

    def video_id(self, name: str) -> str:
        """The id of the video meant by an id, the start of one, a path, a file's name, or a part of one.

        Raises:
            VideoUnknown: none or several fit.
        """
        return find_video(self.catalog, name)

    def videos(self) -> list[VideoSummary]:
        """Every video but retired ones, in the order in which they were added."""
        return self._summaries(self.catalog.videos())

    def video(self, name: str) -> VideoSummary:
        """The summary of one video, by any name that `video_id` takes.

        Raises:
            VideoUnknown: none or several fit the name.
        """
        return self._summaries([self.catalog.video(self.video_id(name))])[0]

    def retired(self) -> list[RetiredVersion]:
        """Earlier versions of files that hold other content now; `gc` frees them."""
        return retired_versions(self.catalog)

    def failures(self) -> list[tuple[Path, str]]:
        """(path, reason) of every file that could not be indexed."""
        return [(failure.path, failure.error) for failure in read_failures(self.catalog)]

    def failures_of(self, name: str) -> list[Path]:
        """The files that could not be indexed and have this path or name."""
        return find_failures(self.catalog, name)

    def segments(self, name: str) -> list[SegmentRow]:
        """The segments of a video, in time order.

        Raises:
            VideoUnknown: none or several videos fit the name.
        """
        return self.catalog.segments(self.video_id(name))

    def words(self, name: str, window: Window | None = None) -> list[SpanRow]:
        """The stored spans of a video in time order: speech, screen text and captions, each with its window.

        Args:
            name: id, path or file name.
            window: only spans that overlap this window; None for all.

        Raises:
            VideoUnknown: none or several videos fit the name.
        """
        return self.catalog.spans(self.video_id(name), window=window)

    def captions(self, name: str, *, steps: bool = False) -> list[SpanRow]:
        """The stored captions of a video in time order; none where it has none.

        Args:
            name: id, path or file name.
            steps: those of fixed steps, the shortest that there are; else those of segments.

        Raises:
            VideoUnknown: none or several videos fit the name.
        """
        spans = self.catalog.spans(self.video_id(name), "caption")
        chosen = [span for span in spans if is_step_source(span.words.source) == steps]
        if not steps or not chosen:
            return chosen
        shortest = min(chosen, key=lambda span: step_length_s(span.words.source)).words.source
        return [span for span in chosen if span.words.source == shortest]

    def export_captions(self, name: str, file_format: str, *, steps: bool = False) -> str:
        """The captions of a video as a subtitle file.

        Args:
            name: id, path or file name.
            file_format: `srt` or `vtt`.
            steps: as for `captions`.

        Raises:
            ValueError: there is no such format.
            LibraryError: the video has no such captions.
            VideoUnknown: none or several videos fit the name.
        """
        from playhead_tools.captions.export import FORMATS

        if file_format not in FORMATS:
            raise ValueError(f"file_format must be {' or '.join(FORMATS)}, got {file_format!r}")
        found = self.captions(name, steps=steps)
        if not found:
            kind, option = ("of fixed steps ", " --caption-every 1") if steps else ("", "")
            raise LibraryError(
                f"{self.names()[self.video_id(name)]} has no captions {kind}to export; to make some:"
                f" playhead index VIDEO --captions{option}"
            )
        return FORMATS[file_format]([span.words for span in found])

    def speakers(self, name: str) -> list[SpeakerSummary]:
        """Who speaks in a video, who speaks longest first; empty where that is not known.

        Raises:
            VideoUnknown: none or several videos fit the name.
        """
        return summarise_speakers(self.catalog, self.video_id(name))

    def name_speakers(
        self, name: str, names: Mapping[str, str | None], *, wait_s: float = 0.0
    ) -> list[SpeakerSummary]:
        """Gives speakers of a video names, or takes names away; labels with one name are one speaker.

        Args:
            name: id, path or file name of the video.
            names: the new name by label (`2`, `speaker 2`, or the present name); None takes away the one that
                was given, so that a name from subtitles holds again.
            wait_s: how long to wait for another process that is writing; below 0 for ever.

        Returns:
            The speakers as `speakers` gives them then.

        Raises:
            VideoUnknown: none or several videos fit the name.
            SpeakerUnknown: the video has no such speaker; nothing is changed then.
            LibraryLocked: another process is writing.
        """
        video_id = self.video_id(name)
        known = read_speakers(self.catalog, video_id)
        labels = {label_of(known, given): new for given, new in names.items()}
        with writing(self.folder, wait_s=wait_s):
            for label, new in labels.items():
                name_speaker(self.catalog, video_id, label, new)
        return summarise_speakers(self.catalog, video_id)

    def speaker_names(self) -> dict[str, dict[str, str]]:
        """What the speakers of each video are called, by video id and label."""
        return {
            video_id: {one.label: display_name(one) for one in own}
            for video_id, own in read_all_speakers(self.catalog).items()
        }

    def entities(self, name: str) -> "list[Entity]":
        """People, places, things and names that recur in a video, from what is stored; no model is called.

        People are speakers and persons that the transcript names, places scenes that come back (where frames
        have `appearance` vectors), things what several captions name, names other proper names of the
        transcript. By kind in this order, the most mentioned first.

        Args:
            name: id, path or file name.

        Raises:
            VideoUnknown: none or several videos fit the name.
        """
        from playhead_tools.entities import read_entities

        return read_entities(self.catalog, self.video_id(name))

    def transcript(self, name: str, level: UnitLevel = "passage") -> list[TranscriptUnit]:
        """What is said in a video as sentences, passages or topics, in time order.

        Args:
            name: id, path or file name.
            level: `sentence`, `passage` (20 to 60 s) or `topic` (1 to 5 minutes).

        Raises:
            VideoUnknown: none or several videos fit the name.
        """
        return read_units(self.catalog, self.video_id(name), level)

    def chapters(
        self, name: str, *, llm: str | None = None, base_url: str | None = None
    ) -> tuple[list[Summary], Summary | None]:
        """The chapters of a video, and what all of it is about; none without speech and captions.

        Chapters of a talk are the topics of its transcript; each has a title, and sentences with the window
        that they are taken from. Of a video with little speech they are runs of its captions. They are made
        at first need, stored in the library, and made again when the text changes: written by the chat model
        if one is given, else (those of captions) by the video-LLM if this library was opened with one that
        gives structured output, else extracted from the text.

        Args:
            name: id, path or file name.
            llm: chat model, as for `ask`.
            base_url: its server, as for `ask`.

        Raises:
            VideoUnknown: none or several videos fit the name.
            ModelUnavailable: the model cannot be reached.
        """
        from playhead_tools.captions.chapter_hierarchy import Hierarchy

        video_id = self.video_id(name)
        topics = self._topic_summariser(llm, base_url)
        hierarchy = Hierarchy(self.catalog, self._summariser(llm, base_url), topics)
        return hierarchy.chapters(video_id), hierarchy.video_summary(video_id)

    def _topic_summariser(self, llm: str | None, base_url: str | None) -> "TopicSummariser | None":
        if (chat := self.chat_model(llm, base_url)) is None:
            return None
        from playhead_agent.summaries.from_topics import ChatTopics

        return ChatTopics(chat)

    def _summariser(self, llm: str | None, base_url: str | None) -> "Summariser | None":
        if (chat := self.chat_model(llm, base_url)) is not None:
            from playhead_agent.summaries.from_captions import ChatSummariser

            return ChatSummariser(chat.model)
        if self.models.video == AUTO or not self.video_choice.forms:
            return None
        from playhead_tools.captions.summariser import VideoSummariser

        model = load_video_llm(self.video_choice, self.models.device, loading=self.models.video_loading)
        return VideoSummariser(model, self._caption_frames, self.video_choice.name)

    def _caption_frames(self, video_id: str, times_s: Sequence[float]) -> list[Frame]:
        return list(self._reader(video_id).frames_at(times_s, short_side_px=CAPTION_SHORT_SIDE_PX))

    def _reader(self, video_id: str) -> VideoReader:
        paths = self.catalog.places(video_id)
        if not paths:
            raise VideoUnreadable(video_id, "no file holds this video any more: it was replaced or removed")
        return open_reader(next(filter(path_exists, paths), paths[0]))

    def frame(self, name: str, time_s: float, *, short_side_px: int = 180) -> Frame:
        """The frame that a video shows at a time, decoded from its file.

        Args:
            name: id, path or file name.
            time_s: in seconds from the first frame.
            short_side_px: the shorter side is scaled to this many pixels.

        Raises:
            VideoUnreadable: no copy of the file is where it was; `relink` finds it again.
            TimestampOutOfRange: the video does not have that time.
        """
        reader = self._reader(self.video_id(name))
        return next(iter(reader.frames_at([time_s], short_side_px=short_side_px)))

    # ---- Models in use ----

    @cached_property
    def video_choice(self) -> VideoChoice:
        """The video-LLM of captions and questions, with the reason for the choice; made at first use.

        Raises:
            ModelUnavailable: one that was named is not there, or its server does not answer.
        """
        name = self.models.video
        chosen = None if name != AUTO or video_model_of_environment() else self.chat_choice
        chat_vlm = None if chosen is None else self._chat_model_as_vlm(chosen)
        return chat_vlm or video_choice(
            name, local_only=self.models.local_only, four_bit=self.models.four_bit
        )

    @cached_property
    def chat_choice(self) -> ModelChoice | None:
        """The chat model that was named, or that the library stores; None where there is none.

        Raises:
            ModelUnavailable: what is named is no model.
        """
        return chosen_model(self.models.model, self.folder)

    def chat_model(self, llm: str | None = None, base_url: str | None = None) -> "LangChainChat | None":
        """The chat model of a run: `llm` where it is given, else that of `chat_choice`; None for none.

        Raises:
            ModelUnavailable: it cannot be made, its key is missing, or it is not on this machine and must be.
        """
        local_only, chosen = self.models.local_only, self.chat_choice
        if llm is not None:
            return load_chat(llm, base_url, local_only=local_only)
        return None if chosen is None else chosen.load(local_only=local_only)

    def store_model(self, *, has_failed: bool = False) -> str:
        """Stores the chat model that was named as the default of the library; returns why not, or "".

        Args:
            has_failed: it gave no answer; then it is not stored.
        """
        name = self.models.model
        if name == AUTO:
            return ""
        named = name if name == OFF else parse_model(name).text
        return store_model(self.catalog, named, has_failed=has_failed)

    def _chat_model_as_vlm(self, chosen: ModelChoice) -> VideoChoice | None:
        """The chat model as the video-LLM; None where it takes no images.

        Raises:
            NotLocal: it is not on this machine and must be.
        """
        if chosen.video == OFF:
            return None
        try:
            if not chosen.load(local_only=self.models.local_only).takes_images:
                return None
            return named_choice(chosen.video, "the model that answers takes pictures")
        except NotLocal:
            raise
        except ModelUnavailable as error:
            return off_choice(f"the model that answers could not be asked: {error}")

    @cached_property
    def vlm_client(self) -> "VlmClient | None":
        """The VLM client of this library, with the model of `video_choice`; None where there is none.

        Raises:
            ModelUnavailable: a model that was named is not there.
        """
        from playhead_tools.video_llm.client import VlmClient

        choice = self.video_choice
        if choice.backend == "off":
            return None
        scores = self.frame_scores
        model = load_video_llm(
            choice, self.models.device, self.compression, frame_scores=scores,
            loading=self.models.video_loading,
        )  # fmt: skip
        return VlmClient(self.catalog, model)

    @property
    def compression(self) -> Compression:
        """How the visual tokens of a look are reduced: as named, else by the environment, else as stored.

        Raises:
            ValueError: what was named is no compression method, or no part of the tokens.
            ModelUnavailable: what the environment says is none.
        """
        names = self.models
        stored = stored_method(self.catalog) if names.compress == AUTO else ""
        return resolve_compression(names.compress, names.keep_ratio, stored_method=stored)

    def store_compression(self) -> str:
        """Stores the compression that was named as the default of the library; returns why not, or ""."""
        return store_method(self.catalog, self.models.compress)

    @cached_property
    def frame_scores(self) -> FrameScores:
        """How well frames fit a question, by the picture vectors of this library."""
        return LibraryFrameScores(lambda: self.searcher)

    def clear_observations(self) -> None:
        """Clears the cached observations of the VLM client; the model stays loaded."""
        if self.vlm_client is not None:
            self.__dict__["vlm_client"] = self.vlm_client.fresh()

    # ---- Searching and asking ----

    @cached_property
    def searcher(self) -> Searcher:
        """The search engine of this library with its models; cached, so that later searches are faster."""
        encoders = encoder_callables(self.models, self.folder)
        return Searcher(
            self.folder,
            self.catalog,
            picture=encoders.picture,
            appearance=encoders.appearance,
            words=encoders.words,
            off=self._why_off(),
            reranker=search_reranker(self.models),
        )

    def search(
        self,
        text: str | None = None,
        *,
        image: NDArray[np.uint8] | Path | None = None,
        like: tuple[str, float] | None = None,
        videos: Sequence[str] | None = None,
        window: Window | None = None,
        lanes: Sequence[Lane] | None = None,
        limit: int = 10,
        min_score: float = 0.0,
        speakers: Sequence[str] | None = None,
    ) -> SearchResult:
        """Moments that match a text, an image or an example moment; best first.

        Args:
            text: words to search for; "quoted words" must stand together.
            image: (H, W, 3) uint8 RGB, or the path of an image file (`decode.still_images`).
            like: (video, time_s), an example in the library.
            videos: search only these.
            window: search only this window of each video.
            lanes: search only these lanes.
            limit: most moments.
            min_score: leave out moments with a lower score.
            speakers: search only what these say, by name or label; then only speech is searched.

        Raises:
            TypeError: `videos`, `lanes` or `speakers` is one name and no sequence of names.
            SpeakerUnknown: none of the videos has such a speaker.
            ValueError: not exactly one of text, image and like; or the text holds no letter and no digit, or
                is longer than `text_limits` allows; or there is no lane of such a name.
            ImageUnreadable: the image file cannot be read.
            VideoUnknown: a video is not in the library.
            ModelUnavailable: lanes were named, and none of them can be searched; the message says why.
            LibraryMismatch: the library was indexed with other models.
        """
        text = None if text is None else checked_text(text, "the search text")
        scope = self.scope(videos, window, speakers)
        example = None if like is None else (self.video_id(like[0]), like[1])
        named = checked_lanes(lanes) if lanes else None
        image_array = read_image(image) if isinstance(image, Path) else image
        query = Query(text, image_array, example, scope, named, limit, min_score)
        self._check_speakers(scope)
        result = self.searcher.search(query)
        if lanes and not any(line.searched for line in result.coverage.lanes):
            reasons = "; ".join(f"{line.lane} ({line.why_not})" for line in result.coverage.lanes)
            raise ModelUnavailable(f"cannot search {reasons}")
        return result

    def _check_speakers(self, scope: Scope) -> None:
        """Checks that every speaker of a scope is known in it.

        Raises:
            SpeakerUnknown: none of the videos has such a speaker.
        """
        for name in scope.speakers or ():
            find_speakers(self._speakers_in(scope), name)

    def _speakers_in(self, scope: Scope) -> dict[str, list[Speaker]]:
        known = read_all_speakers(self.catalog)
        return {v: own for v, own in known.items() if scope.video_ids is None or v in scope.video_ids}

    def scope(
        self,
        videos: Sequence[str] | None = None,
        window: Window | None = None,
        speakers: Sequence[str] | None = None,
    ) -> Scope:
        """The part of a library to search: some videos, a window of each, and what some speakers say.

        Args:
            videos: by any name that `video_id` takes; None for all.
            window: of each video, in seconds; None for the whole.
            speakers: by name or label; None for everybody.

        Raises:
            VideoUnknown: a video is not in the library.
            TypeError: `videos` or `speakers` is one name and no sequence of names.
        """
        return Scope(
            None if videos is None else tuple(map(self.video_id, as_names(videos))),
            window,
            tuple(as_names(speakers, "speakers")) if speakers else None,
        )

    def ask(
        self,
        question: str,
        *,
        videos: Sequence[str] | None = None,
        window: Window | None = None,
        speakers: Sequence[str] | None = None,
        llm: str | None = None,
        base_url: str | None = None,
        thread_id: str | None = None,
        options: Sequence[str] = (),
        language: str | None = None,
        images: Path | str | Sequence[Path | str] = (),
        limits: "Caps | Limits | None" = None,
        strategy: str = AUTO_STRATEGY,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        on_question: "Callable[[Clarify], str] | None" = None,
    ) -> Answer:
        """Answers a question with cited, checked windows, or says that it is not there.

        Args:
            question: in the person's words.
            videos: use only these.
            window: use only this window of each video.
            speakers: use only what these say, by name or label; for `auto`, `planner` and `rules`.
            llm: the chat model of this question, as LangChain's `init_chat_model` names it, in place of the
                library's own (`model` or the stored one); with no chat model at all, rules answer.
            base_url: of an OpenAI-compatible server.
            thread_id: of an earlier answer, to go on from it.
            options: of a multiple choice; the answer's `choice` is one of them, or None.
            language: of the answer, as a BCP 47 tag; None for the question's own.
            images: files of still images that the video-LLM is shown beside the clip in every look, up to
                four; for this question only, and what is retrieved does not follow from them.
            limits: what the question may use, in any strategy. `Caps` sets some limits and leaves the
                strategy's own for the rest; `Limits` sets all.
            strategy: one of `strategies.strategy_names()`; `auto` takes the planner where a model can plan,
                else the rules.
            on_progress: called as the run goes.
            on_question: answers a question back, such as which video is meant, with "" for no answer; None
                when nobody can, and then such a question is refused.

        In a library that cannot be written to, conversations can be continued and are not saved, which a
        note of the answer states. Where a model server fails, a note states that too, and the answer is made
        without it.

        Raises:
            ValueError: there is no such strategy; the question holds no letter and no digit; or the
                question, an option or the thread's name is longer than `text_limits` allows; or there are
                more than four images.
            ImageUnreadable: an image file is not there, is no image, or is too large or too small.
            ModelUnavailable: the chat model cannot be made, the strategy needs a model that is not there, or
                a video model that was named and is no server is not there; there are images and no video-LLM,
                or one that takes no image beside a video.
            VideoUnknown: a video is not in the library.
            SpeakerUnknown: none of the videos has such a speaker.
            ToolError: the strategy cannot be limited to what some speakers say.
        """
        check_strategy(strategy)
        request = self._question_request(question, videos, window, thread_id, options, language, speakers)
        run = QuestionRun(
            self, llm, base_url, limits, may_clarify=on_question is not None, images=image_paths(images)
        )
        return run.answer(request, strategy, on_progress, on_question)

    @renamed_argument("may_ask", "may_clarify")
    def stream(
        self,
        question: str,
        *,
        videos: Sequence[str] | None = None,
        window: Window | None = None,
        speakers: Sequence[str] | None = None,
        llm: str | None = None,
        base_url: str | None = None,
        thread_id: str | None = None,
        options: Sequence[str] = (),
        language: str | None = None,
        limits: "Caps | Limits | None" = None,
        images: Path | str | Sequence[Path | str] = (),
        strategy: str = AUTO_STRATEGY,
        may_clarify: bool = False,
    ) -> Iterator[Progress | Answer]:
        """Yields the progress of a run, a record for each step, and at the end the `Answer`.

        Arguments and errors are those of `ask`. With `may_clarify` the last that comes may be a `Clarify`, a
        question back: the run then waits for `reply`, also in another process.
        """
        check_strategy(strategy)
        request = self._question_request(question, videos, window, thread_id, options, language, speakers)
        run = QuestionRun(self, llm, base_url, limits, may_clarify=may_clarify, images=image_paths(images))
        return run.stream(request, strategy)

    def reply(
        self,
        thread_id: str,
        text: str,
        *,
        llm: str | None = None,
        base_url: str | None = None,
        limits: "Caps | Limits | None" = None,
    ) -> Iterator[Progress | Answer]:
        """Continues a run that waits for the reply to its question back; yields what `stream` yields.

        Args:
            thread_id: of the `Clarify`.
            text: the answer, such as a file's name; "" for none, and then the question is refused.
            llm: as for `ask`.
            base_url: as for `ask`.
            limits: as for `ask`.

        Raises:
            LibraryError: no run of the thread waits.
        """
        return QuestionRun(self, llm, base_url, limits, may_clarify=True).reply(thread_id, text)

    def resume(
        self,
        thread_id: str,
        *,
        llm: str | None = None,
        base_url: str | None = None,
        limits: "Caps | Limits | None" = None,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        on_question: "Callable[[Clarify], str] | None" = None,
    ) -> Answer:
        """Continues the last run of a conversation that was killed or stopped at a limit; returns its answer.

        Stored model calls and observations are not repeated; what they used counts against the limits.
        A run that a limit ended goes on as far as `limits` now allow.

        Args:
            thread_id: of the conversation.
            llm: as for `ask`; a strategy that needs a chat model needs it here too.
            base_url: as for `ask`.
            limits: as for `ask`.
            on_progress: as for `ask`.
            on_question: as for `ask`.

        Raises:
            LibraryError: no run of the thread is stored.
            ModelUnavailable: the strategy needs a model that is not there.
        """
        run = QuestionRun(self, llm, base_url, limits, may_clarify=on_question is not None)
        return run.resume(thread_id, on_progress, on_question)

    def threads(self) -> "list[Thread]":
        """The conversations of this library, the newest first; the newest 50 are stored.

        Raises:
            LibraryError: the file is damaged or locked.
        """
        from playhead_agent.persistence.checkpoints import open_copied_checkpointer
        from playhead_agent.persistence.conversations import read_threads

        with open_copied_checkpointer(self.folder) as saver:
            return read_threads(saver)

    def thread(self, thread_id: str) -> "list[ConversationTurn]":
        """Questions and answers of a conversation, oldest first, with the words of their evidence.

        Raises:
            LibraryError: there is no such conversation, or the file is damaged or locked.
        """
        from playhead_agent.persistence.checkpoints import open_copied_checkpointer
        from playhead_agent.persistence.conversations import read_turns
        from playhead_agent.persistence.stored_answer import restore_answer
        from playhead_tools.catalog_cache import CatalogCache

        with open_copied_checkpointer(self.folder) as saver:
            turns = read_turns(saver, thread_id)
        if not turns:
            raise LibraryError(f"there is no conversation {thread_id!r}; `playhead threads` lists them")
        cache = CatalogCache(self.catalog)
        return [
            turn
            if turn.answer is None
            else replace(turn, answer=restore_answer(turn.answer.to_json(compact=True), cache, thread_id))
            for turn in turns
        ]

    def _question_request(
        self,
        text: str,
        videos: Sequence[str] | None,
        window: Window | None,
        thread_id: str | None,
        options: Sequence[str],
        language: str | None,
        speakers: Sequence[str] | None,
    ) -> "Question":
        from playhead_agent.question import Question, new_thread_id

        is_unscoped = videos is None and window is None and not speakers
        scope = None if is_unscoped else self.scope(videos, window, speakers)
        if scope is not None:
            self._check_speakers(scope)
        text, valid_options = checked_text(text), checked_options(options)
        return Question(text, valid_options, scope, checked_thread_id(thread_id) or new_thread_id(), language)

    def names(self) -> VideoNames:
        """The name of each video, by id: its file's, with as many folders as tell it from the others."""
        return video_names(self.catalog)

    def _why_off(self) -> dict[Any, str]:
        """Reasons for stages that are off, by name, except that a video has no frames or no sound."""
        rows = read_reasons_off(self.catalog)
        return {name: note for name, note in rows if note not in (NO_FRAMES, NO_SOUND)}

    def _summaries(self, videos: Sequence[VideoRow]) -> list[VideoSummary]:
        unfinished, names, clock = (
            set(unfinished_videos(self.catalog)),
            self.names(),
            read_clock(self.catalog),
        )
        retired = {version.video_id: version for version in self.retired()}
        return [
            VideoSummary(
                video,
                tuple(self.catalog.places(video.video_id)),
                video.video_id not in unfinished,
                self._counts(video.video_id),
                read_stages(self.catalog, video.video_id),
                datetime.fromtimestamp(clock[video.video_id], UTC) if video.video_id in clock else None,
                retired.get(video.video_id),
                names[video.video_id],
                count_captioned_segments(self.catalog, video.video_id),
                self._count_steps(video.video_id),
            )
            for video in videos
        ]

    def _counts(self, video_id: str) -> dict[str, int]:
        """How many segments, and spans of each kind, a video has."""
        num_segments = len(self.catalog.segments(video_id))
        return {"segments": num_segments, **count_spans(self.catalog, [video_id])}

    def _count_steps(self, video_id: str) -> int:
        """How many captions of fixed steps a video has."""
        counts = count_captions_by_source(self.catalog, video_id)
        return sum(count for source, count in counts.items() if is_step_source(source))

    # ---- Old names, for one release ----

    eyes = RenamedAttribute("vlm_client")
    forget_looks = RenamedAttribute("clear_observations")
    keep_model = RenamedAttribute("store_model")
    recipe = RenamedAttribute("index_settings")
