"""How a video gets into a library: one call a stage, read from top to bottom.

Every stage commits as it goes and takes up where it was stopped, so that running it again after a
crash, a full disk or Ctrl-C ends in the library that an undisturbed run makes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import Any, Literal

from playhead_index.cut import cut_segments
from playhead_index.describe import caption_segments
from playhead_index.errors import VideoError
from playhead_index.executor import Executor
from playhead_index.hear import hear, read_subtitles
from playhead_index.look import look
from playhead_index.mean import embed_words
from playhead_index.read_aloud import read_screen
from playhead_index.recipe import LoadModels, Models, Recipe
from playhead_index.redo import (
    adopt_recorded_names,
    adopt_unrecorded_settings,
    begin_redo,
    remember_transcriber,
)
from playhead_index.scan import change_during_run, record_failure, scan
from playhead_index.settings import RunSettings, remember, run_settings
from playhead_index.stages import Stage, read_stage, read_stages, write_stage
from playhead_index.store.catalog import Catalog
from playhead_index.store.lock import writing
from playhead_index.store.manifest import write_manifest
from playhead_index.store.settings import read_settings


@dataclass(frozen=True, slots=True)
class VideoReport:
    """What indexing one file came to.

    Args:
        status: `indexed`, `known` (nothing was left to do), or `failed`, and `error` says why.
        segments: segments of the video now.
        seconds: how long it took.
        off: stages that were left out, and why.
        replaced: the video that the file held before; it is retired when no other copy of it is known.
        redone: what was made again because of other settings, such as `sampling (1 -> 4 fps)`.
        warnings: what a person should know of this run, such as that the file changed meanwhile.
    """

    path: Path
    video_id: str | None
    status: Literal["indexed", "known", "failed"]
    segments: int = 0
    seconds: float = 0.0
    error: str | None = None
    off: tuple[tuple[str, str], ...] = ()
    replaced: str | None = None
    redone: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def build_library(
    folder: Path,
    paths: Sequence[Path],
    recipe: Recipe | Mapping[str, Any],
    load_models: LoadModels,
    executor: Executor,
    *,
    wait_s: float = 0.0,
    switches: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[VideoReport]:
    """Indexes files into the library in `folder`, made when it is not there; a report a file as it ends.

    A file that is not a readable video is reported and the rest go on. A video that was made with other
    settings than those that are given is made again as far as they change it.

    Args:
        folder: of the library.
        paths: video files.
        recipe: all settings, or only those fields of `Recipe` that are given: for the rest a video keeps
            what it was made with, and a new one gets what the library is made with.
        load_models: loads the models where the work is done.
        executor: does the work.
        wait_s: seconds to wait for another writer; below 0 for ever.
        switches: other settings of the library that are given (`settings.remember`).

    Raises:
        ValueError: a setting is unknown, or the settings do not go together.
        LibraryLocked: another process is writing to it after `wait_s` seconds.
        LibraryMismatch: the library was made with other models.
        DiskFull: nothing more can be written; what was committed stays.
    """
    catalog = Catalog(folder, create=True)
    with writing(folder, wait_s=wait_s):
        settings = remember(catalog, run_settings(recipe, read_settings(catalog)), switches)
        try:
            yield from executor.run(BuildVideo(folder, settings, load_models), paths)
        finally:
            write_manifest(folder, catalog)


@dataclass(frozen=True, slots=True)
class BuildVideo:
    """The work on one file, as an executor runs it in this process or another."""

    folder: Path
    settings: RunSettings
    load_models: LoadModels

    def __call__(self, path: Path) -> VideoReport:
        """Indexes one file; a file that is no video becomes a failed report."""
        began = monotonic()
        catalog = Catalog(self.folder)
        try:
            return build_video(catalog, path, self.settings, self.load_models())
        except VideoError as error:
            record_failure(catalog, path, error)
            return VideoReport(path, None, "failed", seconds=monotonic() - began, error=str(error))
        finally:
            catalog.close()


def build_video(catalog: Catalog, path: Path, settings: RunSettings, models: Models) -> VideoReport:
    """Brings one video into the library, from wherever it stands to the end.

    Raises:
        VideoUnreadable: the file is not a video that can be decoded.
        LibraryMismatch: the library was made with other models.
        DiskFull: nothing more can be written.
    """
    began = monotonic()
    remember_transcriber(catalog, models)
    scanned = scan(catalog, path, lambda video_id: settings.recipe_of(catalog, video_id).reader)
    video_id, reader, info = scanned.video_id, scanned.reader, scanned.info
    adopt_recorded_names(catalog, video_id, models)
    adopt_unrecorded_settings(catalog, video_id, reader, info, settings.recipe_of(catalog, video_id))
    before = read_stages(catalog, video_id)

    read_subtitles(catalog, video_id, scanned.path, info)
    asked = settings.recipe_of(catalog, video_id)
    redo = begin_redo(catalog, video_id, asked, models, has_audio=info.has_audio)
    recipe = redo.recipe
    kept_words = hear(catalog, video_id, reader, info, recipe, models)
    look(catalog, video_id, reader, info, recipe, models)
    cut_segments(catalog, video_id, reader, info, recipe)
    kept_text = read_screen(catalog, video_id, reader, info, recipe, models)
    caption_segments(catalog, video_id, reader, info, models)
    embed_words(catalog, video_id, models)

    damage = "; ".join(reader.decode_warnings) or before.get("finish", Stage("finish")).note
    with catalog.atomic() as db:
        write_stage(db, video_id, Stage("finish", "done", info.duration_s, note=damage))
    after = read_stages(catalog, video_id)
    warnings = (*redo.warnings, kept_words, kept_text, change_during_run(scanned))
    return VideoReport(
        path,
        video_id,
        "known" if _made(before) == _made(after) else "indexed",
        segments=read_stage(catalog, video_id, "segment").rows,
        seconds=monotonic() - began,
        off=tuple((name, stage.note) for name, stage in after.items() if stage.status == "off"),
        replaced=scanned.replaced,
        redone=redo.redone,
        warnings=tuple(warning for warning in warnings if warning),
    )


def _made(stages: Mapping[str, Stage]) -> dict[str, Stage]:
    """What was made, without the notes: why a stage is off may be said in other words than before."""
    return {name: replace(stage, note="") for name, stage in stages.items()}
