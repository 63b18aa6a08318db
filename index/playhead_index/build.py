"""How a video gets into a library: one call a stage, read from top to bottom.

Every stage commits as it goes and takes up where it was stopped, so that running it again after a
crash, a full disk or Ctrl-C ends in the library that an undisturbed run makes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Literal

from playhead_index.cut import cut_segments
from playhead_index.describe import caption_segments
from playhead_index.errors import VideoError
from playhead_index.executor import Executor
from playhead_index.hear import hear, read_subtitles
from playhead_index.look import look
from playhead_index.mean import embed_words
from playhead_index.read_aloud import read_screen
from playhead_index.recipe import LoadModels, Models, Recipe
from playhead_index.scan import change_during_run, record_failure, scan
from playhead_index.stages import Stage, read_stage, read_stages, write_stage
from playhead_index.store.catalog import Catalog
from playhead_index.store.lock import writing
from playhead_index.store.manifest import write_manifest


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
    recipe: Recipe,
    load_models: LoadModels,
    executor: Executor,
    *,
    wait_s: float = 0.0,
) -> Iterator[VideoReport]:
    """Indexes files into the library in `folder`, made when it is not there; a report a file as it ends.

    A file that is not a readable video is reported and the rest go on.

    Raises:
        LibraryLocked: another process is writing to it after `wait_s` seconds.
        LibraryMismatch: the library was made with other models.
        DiskFull: nothing more can be written; what was committed stays.
    """
    catalog = Catalog(folder, create=True)
    with writing(folder, wait_s=wait_s):
        try:
            yield from executor.run(BuildVideo(folder, recipe, load_models), paths)
        finally:
            write_manifest(folder, catalog)


@dataclass(frozen=True, slots=True)
class BuildVideo:
    """The work on one file, as an executor runs it in this process or another."""

    folder: Path
    recipe: Recipe
    load_models: LoadModels

    def __call__(self, path: Path) -> VideoReport:
        """Indexes one file; a file that is no video becomes a failed report."""
        began = monotonic()
        catalog = Catalog(self.folder)
        try:
            return build_video(catalog, path, self.recipe, self.load_models())
        except VideoError as error:
            record_failure(catalog, path, error)
            return VideoReport(path, None, "failed", seconds=monotonic() - began, error=str(error))
        finally:
            catalog.close()


def build_video(catalog: Catalog, path: Path, recipe: Recipe, models: Models) -> VideoReport:
    """Brings one video into the library, from wherever it stands to the end.

    Raises:
        VideoUnreadable: the file is not a video that can be decoded.
        LibraryMismatch: the library was made with other models.
        DiskFull: nothing more can be written.
    """
    began = monotonic()
    scanned = scan(catalog, path, recipe.reader)
    video_id, reader, info = scanned.video_id, scanned.reader, scanned.info
    before = read_stages(catalog, video_id)

    read_subtitles(catalog, video_id, scanned.path, info)
    hear(catalog, video_id, reader, info, recipe, models)
    look(catalog, video_id, reader, info, recipe, models)
    cut_segments(catalog, video_id, reader, info, recipe)
    read_screen(catalog, video_id, reader, info, recipe, models)
    caption_segments(catalog, video_id, reader, info, models)
    embed_words(catalog, video_id, models)

    damage = "; ".join(reader.decode_warnings) or before.get("finish", Stage("finish")).note
    with catalog.atomic() as db:
        write_stage(db, video_id, Stage("finish", "done", info.duration_s, note=damage))
    after = read_stages(catalog, video_id)
    changed = change_during_run(scanned)
    return VideoReport(
        path,
        video_id,
        "known" if before == after else "indexed",
        segments=read_stage(catalog, video_id, "segment").rows,
        seconds=monotonic() - began,
        off=tuple((name, stage.note) for name, stage in after.items() if stage.status == "off"),
        replaced=scanned.replaced,
        warnings=(changed,) if changed else (),
    )
