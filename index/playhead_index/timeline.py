"""The stored length and gaps of a recording, and what is made again when they are measured otherwise.

Earlier versions ended a recording with its last frame and knew no gaps. What such a video lacks, the words
and the frame after its old end, is made by the next run that can make it; the rest stays.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlite_utils import Database

from playhead_index.clean_text import clean_text
from playhead_index.decode import VideoInfo
from playhead_index.recipe import IndexSettings, Models
from playhead_index.recorded_models import ModelNeeded
from playhead_index.settings import made_with, to_text
from playhead_index.stages.job_table import Stage, read_stages, write_stage
from playhead_index.store.catalog import Catalog
from playhead_index.store.video_stages import TIMELINE, gaps_to_text, read_gaps
from playhead_index.text_limits import LIMITS
from playhead_index.window import Window, format_time

SAME_END_S = 1e-3


@dataclass(frozen=True, slots=True)
class TimelineUpdate:
    """The timeline that a run uses, and what it makes again because of it.

    Args:
        info: the recording as it was measured, or as the library has it where that has to stay.
        redone: a phrase for what is made again; none where nothing is.
        warning: why the library's end or gaps stay; empty where they do not.
    """

    info: VideoInfo
    redone: tuple[str, ...] = ()
    warning: str = ""


def info_in_library(catalog: Catalog, video_id: str, info: VideoInfo) -> VideoInfo:
    """A record of a file with the end and the gaps that the library has recorded for it."""
    ((end_s,),) = catalog.query("SELECT duration_s FROM video WHERE video_id = ?", (video_id,))
    gaps = read_gaps(catalog, [video_id]).get(video_id, ())
    if abs(end_s - info.duration_s) <= SAME_END_S and gaps == info.gaps:
        return info
    return replace(info, duration_s=end_s, frames_end_s=min(info.frames_end_s, end_s), gaps=gaps)


def update_timeline(
    catalog: Catalog, video_id: str, info: VideoInfo, settings: IndexSettings, models: Models
) -> TimelineUpdate:
    """Records where a recording ends and which gaps it has, and marks what must be made again for it.

    Nothing is marked that this run cannot make again: where the model of something that is there is missing,
    the video stays as it was made, with a warning.

    Args:
        catalog: of the library.
        video_id: of a video in it.
        info: what its file holds.
        settings: the settings of the run for this video.
        models: of the run.

    Raises:
        ModelNeeded: something is to be made again, and the models are not loaded.
    """
    old = info_in_library(catalog, video_id, info)
    if old is info:
        _update_warnings(catalog, video_id, info)
        return TimelineUpdate(info)
    stages = read_stages(catalog, video_id)
    change = f"{_timeline_text(old)} -> {_timeline_text(info)}"
    if reason := _cannot_make(stages, settings, models):
        return TimelineUpdate(
            old, warning=f"its timeline stays as it was made ({change} was measured): {reason}"
        )
    if models.is_recorded:
        raise ModelNeeded("the file holds another timeline than the library")
    keeps_frames = not (old.gaps or info.gaps) and abs(old.duration_s - info.frames_end_s) <= SAME_END_S
    with catalog.atomic() as db:
        db.execute(
            "UPDATE video SET duration_s = ?, average_fps = ?, n_frames = ?, warnings = ? WHERE video_id = ?",
            (info.duration_s, info.average_fps, info.n_frames, warnings_to_text(info), video_id),
        )
        write_gaps(db, video_id, info.gaps)
        db.execute("DELETE FROM span WHERE video_id = ? AND kind = 'caption'", (video_id,))
        db.execute("DELETE FROM reading WHERE video_id = ?", (video_id,))
        if not keeps_frames:
            db.execute("DELETE FROM frame WHERE video_id = ?", (video_id,))
        for stage in _stages_to_update(
            stages, keeps_frames=keeps_frames, keeps_speech=not (old.gaps or info.gaps)
        ):
            write_stage(db, video_id, stage)
    return TimelineUpdate(info, redone=(f"timeline ({change})",))


def _cannot_make(stages: Mapping[str, Stage], settings: IndexSettings, models: Models) -> str:
    """What a video has that this run could not make again, and why; empty where it could make all."""
    loaded = {
        "speech": models.transcriber if settings.transcribe != "never" else None,
        "picture": models.picture,
        "appearance": models.appearance,
        "screen": models.screen_reader,
        "caption": models.captioner,
    }
    for name, model in loaded.items():
        stage = stages.get(name, Stage(name))
        if model is None and (stage.rows or (stage.status in ("done", "running") and stage.recipe)):
            return f"its {name} stage could not be made again ({models.why_off(name)})"
    return ""


def _stages_to_update(
    stages: Mapping[str, Stage], *, keeps_frames: bool, keeps_speech: bool
) -> Iterator[Stage]:
    """The stages as they are to be taken up again; those that are off or have not begun stay so."""
    for name in ("subtitles", "speech", "look", "layout", "picture", "appearance", "segment", "screen",
                 "caption", "finish"):  # fmt: skip
        stage = stages.get(name)
        if stage is None or stage.status != "done":
            continue
        if (name == "speech" and keeps_speech) or (name == "look" and keeps_frames) or name == "finish":
            yield replace(stage, status="running")
        elif name in ("layout", "picture", "appearance"):
            if not keeps_frames:
                yield Stage(name)
        elif name == "look":
            yield Stage(name, recipe=to_text(made_with(stage) or {}))
        elif name == "subtitles":
            yield Stage(name)
        else:
            yield Stage(name, recipe=stage.recipe)


def write_gaps(db: Database, video_id: str, gaps: Sequence[Window]) -> None:
    """Stores the gaps of a recording, inside the caller's `atomic()`; a recording without any has no line."""
    if gaps:
        write_stage(db, video_id, Stage(TIMELINE, "done", rows=len(gaps), recipe=gaps_to_text(gaps)))
    else:
        db.execute("DELETE FROM stage WHERE video_id = ? AND name = ?", (video_id, TIMELINE))


def warnings_to_text(info: VideoInfo) -> str:
    """The warnings of a file as they are stored: JSON, cleaned."""
    return json.dumps([clean_text(text, LIMITS.note_chars) for text in info.warnings])


def _update_warnings(catalog: Catalog, video_id: str, info: VideoInfo) -> None:
    """Stores the warnings of a file as this version words them."""
    ((stored,),) = catalog.query("SELECT warnings FROM video WHERE video_id = ?", (video_id,))
    if stored != (new := warnings_to_text(info)):
        with catalog.atomic() as db:
            db.execute("UPDATE video SET warnings = ? WHERE video_id = ?", (new, video_id))


def _timeline_text(info: VideoInfo) -> str:
    gaps_s = sum(gap.duration_s for gap in info.gaps)
    length = format_time(info.duration_s)
    return f"{length} with gaps of {format_time(round(gaps_s))}" if gaps_s else length
