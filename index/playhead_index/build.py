"""Indexes video and sound files into a library: one call a stage, read from top to bottom.

Every stage commits as it goes and continues where it was stopped, so that running it again after a
crash, a full disk or Ctrl-C ends in the library that an undisturbed run makes.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import Any, Literal

from playhead_index.decode.protocol import CLOCK_AHEAD, SOUND_NOT_READ
from playhead_index.errors import LibraryError, ModelUnavailable, PlayheadError, VideoUnreadable
from playhead_index.executor import Executor
from playhead_index.index_settings import (
    IndexSettings,
    LoadModels,
    Models,
    RecordedModels,
    no_recorded_models,
)
from playhead_index.paths import display_path, path_is_gone
from playhead_index.recorded_models import ModelNeeded
from playhead_index.reindex import (
    adopt_recorded_names,
    adopt_unrecorded_settings,
    begin_reindex,
    remember_transcriber,
)
from playhead_index.settings import RunSettings, remember, run_settings
from playhead_index.stages.caption import caption_segments
from playhead_index.stages.embed_frames import embed_frames
from playhead_index.stages.embed_text import embed_words
from playhead_index.stages.identify_speakers import identify_speakers
from playhead_index.stages.read_screen import read_screen
from playhead_index.stages.register import (
    change_during_run,
    clear_old_failures,
    find_registered,
    record_failure,
    scan,
)
from playhead_index.stages.segment import cut_segments
from playhead_index.stages.segment_transcript import STAGE as TRANSCRIPT
from playhead_index.stages.segment_transcript import divide_transcript
from playhead_index.stages.transcribe import plan_speech, read_subtitles, transcribe, without_rules
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, is_finished, read_stage, read_stages, write_stage
from playhead_index.store.lock import writing
from playhead_index.store.manifest import write_manifest
from playhead_index.store.removal import keep_reserve, purge_removed
from playhead_index.store.settings import read_settings
from playhead_index.text_limits import LIMITS
from playhead_index.timeline_update import info_in_library, update_timeline


@dataclass(frozen=True, slots=True)
class VideoReport:
    """The result of indexing one file.

    Args:
        status: `indexed`, `known` (nothing was left to do), `failed`, or `refused`: there is nothing at this
            path to index, and the library keeps no note of it.
        error: why it failed or was refused.
        error_type: the class of the exception behind it.
        segments: segments of the video now.
        seconds: how long it took.
        off: stages that were left out, and why.
        replaced: the video that the file held before; it is retired when no other copy of it is known.
        redone: what was made again because of other settings, such as `sampling (1 -> 4 fps)`.
        warnings: what a person should know of this run, such as that the file changed meanwhile.
    """

    path: Path
    video_id: str | None
    status: Literal["indexed", "known", "failed", "refused"]
    segments: int = 0
    seconds: float = 0.0
    error: str | None = None
    error_type: str | None = None
    off: tuple[tuple[str, str], ...] = ()
    replaced: str | None = None
    redone: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def build_library(
    folder: Path,
    paths: Sequence[Path],
    index_settings: IndexSettings | Mapping[str, Any],
    load_models: LoadModels,
    executor: Executor,
    *,
    recorded_models: RecordedModels = no_recorded_models,
    wait_s: float = 0.0,
    switches: Mapping[str, Any] = MappingProxyType({}),
    unreadable: Sequence[VideoUnreadable] = (),
    debug: bool = False,
) -> Iterator[VideoReport]:
    """Indexes files into the library in `folder`, which is made if missing; yields a report for each file.

    What one file raises is reported and recorded as its failure, and the others continue. Failures of files
    that are gone are forgotten. A video that was made with other settings than those that are given is made
    again as far as they change it.

    Args:
        folder: of the library.
        paths: video files.
        index_settings: all settings, or only those fields of `IndexSettings` that are given: for the rest a
            video keeps what it was made with, and a new one gets what the library is made with.
        load_models: gives the models in the process that works with them.
        recorded_models: gives those that the library recorded, not loaded, where that is known: a video of
            which nothing is left to do needs no other.
        executor: runs the work, here or in processes of its own.
        wait_s: seconds to wait for another writer; below 0 for ever.
        switches: other settings of the library that are given (`settings.remember`).
        unreadable: files and folders that were found and cannot be read; noted as failures.
        debug: an exception of a file is raised instead.

    Raises:
        ValueError: a setting is unknown, or the settings do not go together.
        LibraryLocked: another process is writing to it after `wait_s` seconds.
        LibraryMismatch: the library was made with other models, or by a newer version.
        LibraryReadOnly: nothing can be changed in the folder.
        DiskFull: nothing more can be written; what was committed stays.
    """
    catalog = Catalog(folder, create=True, wait_s=wait_s)
    with writing(folder, wait_s=wait_s):
        settings = remember(catalog, run_settings(index_settings, read_settings(catalog)), switches)
        try:
            purge_removed(catalog)
            clear_old_failures(catalog)
            for error in unreadable:
                yield failure_report(catalog, error.path, error)
            report_killed = None if debug else partial(_killed_report, catalog)
            yield from executor.run(
                BuildVideo(folder, settings, load_models, debug, recorded_models), paths, report_killed
            )
        finally:
            write_manifest(folder, catalog)
            keep_reserve(folder)


@dataclass(frozen=True, slots=True)
class BuildVideo:
    """Indexes one file a call, in this process or, given to an executor, in another."""

    folder: Path
    settings: RunSettings
    load_models: LoadModels
    debug: bool = False
    recorded_models: RecordedModels = no_recorded_models

    def __call__(self, path: Path) -> VideoReport:
        """Indexes one file; what it raises becomes its failure report, or is raised with `debug`.

        Raises:
            LibraryError: of the library, not of the file: a full disk, another writer, other models.
            ModelUnavailable: a model is not there.

        The models are loaded unless nothing is left to do.
        """
        began = monotonic()
        catalog = Catalog(self.folder)
        try:
            if (recorded := self._recorded(catalog, path)) is not None:
                with suppress(ModelNeeded):
                    return self._build(catalog, path, recorded, began)
            return self._build(catalog, path, self.load_models(), began)
        finally:
            catalog.close()

    def _recorded(self, catalog: Catalog, path: Path) -> Models | None:
        """The models that the library recorded, for a video of which probably nothing is left to do.

        Also for one whose transcript has not been divided, as in libraries of older versions: that takes a
        text model at most, which is loaded alone.
        """
        try:
            video_id = find_registered(catalog, path)
        except VideoUnreadable:
            return None
        is_known = video_id is not None and is_finished(catalog, video_id, besides=(TRANSCRIPT,))
        return self.recorded_models() if is_known else None

    def _build(self, catalog: Catalog, path: Path, models: Models, began: float) -> VideoReport:
        try:
            return build_video(catalog, path, self.settings, models)
        except (LibraryError, ModelUnavailable, ModelNeeded):
            raise
        except Exception as error:  # the boundary: one file must not stop the others
            if self.debug:
                raise
            return failure_report(catalog, path, error, seconds=monotonic() - began)


def failure_report(catalog: Catalog, path: Path, error: Exception, *, seconds: float = 0.0) -> VideoReport:
    """Records the failure of a file in the library, unless the file is gone; returns its report."""
    reason = _failure_reason(path, error)
    if not path_is_gone(path):
        record_failure(catalog, path, reason)
    return VideoReport(path, None, "failed", seconds=seconds, error=reason, error_type=type(error).__name__)


def _killed_report(catalog: Catalog, path: Path) -> VideoReport:
    why = "the process that indexed it was killed: a decoder crashed on it, or memory ran out"
    return failure_report(catalog, path, VideoUnreadable(path, why))


def _failure_reason(path: Path, error: Exception) -> str:
    """The message of an exception as one line to store, with its type where it is a foreign error."""
    if isinstance(error, PlayheadError):
        text = str(error)
    else:
        text = (
            f"{display_path(path)}: {type(error).__name__}: {error} (index it with --debug for the traceback)"
        )
    return display_path(" ".join(text.split()))[: LIMITS.note_chars]


def build_video(catalog: Catalog, path: Path, settings: RunSettings, models: Models) -> VideoReport:
    """Indexes one video: runs every stage that is not done yet.

    Raises:
        VideoUnreadable: the file is not a video that can be decoded.
        LibraryMismatch: the library was made with other models.
        DiskFull: nothing more can be written.
    """
    began = monotonic()
    remember_transcriber(catalog, models)
    scanned = scan(catalog, path, lambda video_id: settings.for_video(catalog, video_id).reader)
    video_id, reader = scanned.video_id, scanned.reader
    adopt_recorded_names(catalog, video_id, models)
    requested_settings = settings.for_video(catalog, video_id)
    job = VideoJob(catalog, video_id, scanned.path, reader, scanned.info, requested_settings, models)
    adopt_unrecorded_settings(replace(job, info=info_in_library(job)))
    before = read_stages(catalog, video_id)
    timeline = update_timeline(job)
    info = timeline.info
    job = replace(job, info=info, settings=settings.for_video(catalog, video_id))

    subtitle_notes = read_subtitles(job)
    speech = plan_speech(job)
    reindex_plan = begin_reindex(job, speech)
    job = replace(job, settings=reindex_plan.settings)
    speech_note = transcribe(job, speech)
    speakers_note = identify_speakers(job, speech)
    embed_frames(job)
    cut_segments(job)
    screen_note = read_screen(job)
    caption_segments(job)
    embed_words(job)
    divide_transcript(job)

    decode_warning = "; ".join(reader.decode_warnings) or before.get("finish", Stage("finish")).note
    with catalog.atomic() as db:
        write_stage(db, video_id, Stage("finish", "done", info.duration_s, note=decode_warning))
    after = read_stages(catalog, video_id)
    status: Literal["indexed", "known"] = (
        "known" if _without_notes(before) == _without_notes(after) else "indexed"
    )
    gap_warnings = [text for text in info.warnings if text.startswith(CLOCK_AHEAD) and status == "indexed"]
    input_notes = (*subtitle_notes, *(speech.notes if before.get("speech") != after.get("speech") else ()))
    change_note = change_during_run(scanned)
    warnings = (
        timeline.warning,
        *gap_warnings,
        *reindex_plan.warnings,
        *input_notes,
        speech_note,
        speakers_note,
        screen_note,
        change_note,
    )
    return VideoReport(
        path,
        video_id,
        status,
        segments=read_stage(catalog, video_id, "segment").rows,
        seconds=monotonic() - began,
        off=tuple(
            (name, stage.note.partition(f"; {SOUND_NOT_READ}")[0])
            for name, stage in after.items()
            if stage.status == "off"
        ),
        replaced=scanned.replaced,
        redone=(*timeline.redone, *reindex_plan.redone),
        warnings=tuple(warning for warning in warnings if warning),
    )


def _without_notes(stages: Mapping[str, Stage]) -> dict[str, Stage]:
    """The stages without notes and rules, to compare: why a stage is off may be worded otherwise."""
    return {
        name: Stage(name, "off")
        if stage.status == "off"
        else replace(stage, note="", recipe=without_rules(stage.recipe))
        for name, stage in stages.items()
    }
