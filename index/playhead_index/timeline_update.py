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
from playhead_index.recorded_models import ModelNeeded
from playhead_index.settings import made_with, to_text
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.frames import delete_frames
from playhead_index.store.job_table import Stage, delete_stage, read_stages, write_stage
from playhead_index.store.ocr_readings import delete_readings
from playhead_index.store.spans import delete_captions
from playhead_index.store.video_stages import TIMELINE, gaps_to_text, read_gaps
from playhead_index.store.videos import update_video_length, update_video_warnings
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


def info_in_library(job: VideoJob) -> VideoInfo:
    """A record of a file with the end and the gaps that the library has recorded for it."""
    end_s = job.catalog.video(job.video_id).duration_s
    gaps = read_gaps(job.catalog, [job.video_id]).get(job.video_id, ())
    if abs(end_s - job.info.duration_s) <= SAME_END_S and gaps == job.info.gaps:
        return job.info
    return replace(job.info, duration_s=end_s, frames_end_s=min(job.info.frames_end_s, end_s), gaps=gaps)


def update_timeline(job: VideoJob) -> TimelineUpdate:
    """Records where a recording ends and which gaps it has, and marks what must be made again for it.

    Nothing is marked that this run cannot make again: where the model of something that is there is missing,
    the video stays as it was made, with a warning.

    Args:
        job: with what its file holds, and the settings of the run for it.

    Raises:
        ModelNeeded: something is to be made again, and the models are not loaded.
    """
    old = info_in_library(job)
    if old is job.info:
        _update_warnings(job)
        return TimelineUpdate(job.info)
    stages = read_stages(job.catalog, job.video_id)
    change = f"{_timeline_text(old)} -> {_timeline_text(job.info)}"
    if reason := _cannot_make(job, stages):
        return TimelineUpdate(
            old, warning=f"its timeline stays as it was made ({change} was measured): {reason}"
        )
    if job.models.is_recorded:
        raise ModelNeeded("the file holds another timeline than the library")
    has_gaps = bool(old.gaps or job.info.gaps)
    keeps_frames = not has_gaps and abs(old.duration_s - job.info.frames_end_s) <= SAME_END_S
    with job.catalog.atomic() as db:
        update_video_length(
            db,
            job.video_id,
            duration_s=job.info.duration_s,
            average_fps=job.info.average_fps,
            num_frames=job.info.n_frames,
            warnings=warnings_to_text(job.info),
        )
        write_gaps(db, job.video_id, job.info.gaps)
        delete_captions(db, job.video_id)
        delete_readings(db, job.video_id)
        if not keeps_frames:
            delete_frames(db, job.video_id)
        for stage in _stages_to_update(stages, keeps_frames=keeps_frames, keeps_speech=not has_gaps):
            write_stage(db, job.video_id, stage)
    return TimelineUpdate(job.info, redone=(f"timeline ({change})",))


def _cannot_make(job: VideoJob, stages: Mapping[str, Stage]) -> str:
    """What a video has that this run could not make again, and why; empty where it could make all."""
    loaded = {
        "speech": job.models.transcriber if job.settings.transcribe != "never" else None,
        "picture": job.models.picture,
        "appearance": job.models.appearance,
        "screen": job.models.screen_reader,
        "caption": job.models.captioner,
    }
    for name, model in loaded.items():
        stage = stages.get(name, Stage(name))
        if model is None and (stage.rows or (stage.status in ("done", "running") and stage.recipe)):
            return f"its {name} stage could not be made again ({job.models.why_off(name)})"
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
        delete_stage(db, video_id, TIMELINE)


def warnings_to_text(info: VideoInfo) -> str:
    """The warnings of a file as they are stored: JSON, cleaned."""
    return json.dumps([clean_text(text, LIMITS.note_chars) for text in info.warnings])


def _update_warnings(job: VideoJob) -> None:
    """Stores the warnings of a file as this version words them."""
    if job.catalog.video(job.video_id).warnings != (new := warnings_to_text(job.info)):
        with job.catalog.atomic() as db:
            update_video_warnings(db, job.video_id, new)


def _timeline_text(info: VideoInfo) -> str:
    gaps_s = sum(gap.duration_s for gap in info.gaps)
    length = format_time(info.duration_s)
    return f"{length} with gaps of {format_time(round(gaps_s))}" if gaps_s else length
