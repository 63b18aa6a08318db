"""Plans what is made again because a run has other settings than a video was made with.

All of it is decided and noted in the job table in one transaction, before anything is made: a run that is
killed afterwards is taken up where it stood, with the new settings, whether they are given again or not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from sqlite_utils import Database

from playhead_index.index_settings import IndexSettings, Models
from playhead_index.recorded_models import ModelNeeded
from playhead_index.settings import (
    FORMER_BEAM_SIZE,
    describe_change,
    is_same_model,
    is_same_recognition,
    is_same_sound,
    made_with,
    recognition,
    sampling,
    screen_reading,
    segment_limits,
    to_text,
)
from playhead_index.stages.embed_frames import frame_times
from playhead_index.stages.segment import segment_windows
from playhead_index.stages.transcribe import SpeechPlan
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.catalog import Catalog
from playhead_index.store.frames import delete_frames
from playhead_index.store.job_table import Stage, read_stages, write_stage
from playhead_index.store.ocr_readings import delete_readings
from playhead_index.store.recognised_voice import delete_voice_chunks
from playhead_index.store.settings import SPEECH_MODEL, read_settings, write_settings
from playhead_index.store.spans import delete_captions, delete_recognised

Stages = dict[str, Stage]
Deletion = Callable[[Database, str], None]
"""A function of `store` that deletes rows of a video, by its id."""
Plan = list[Stage | Deletion]
"""Changes to be written: rows of the job table, and rows that are deleted."""


@dataclass(frozen=True, slots=True)
class ReindexPlan:
    """What a run makes again of a video, and with which settings.

    Args:
        settings: the settings that the video is made with now.
        redone: a phrase for each, such as `sampling (1 fps -> 4 fps)`.
        warnings: what is left as it is although it was requested otherwise, and why.
    """

    settings: IndexSettings
    redone: tuple[str, ...]
    warnings: tuple[str, ...]


def begin_reindex(job: VideoJob, speech: SpeechPlan) -> ReindexPlan:
    """Drops what was made with other settings than the run's, and what depends on it; says what.

    Nothing is dropped that this run cannot make again: without the model of picture vectors that are there
    the sampling stays, captions and screen text stay until there is a model to make them again.

    Args:
        job: with the settings of the run for this video.
        speech: what is to be recognised of the video.

    Raises:
        ModelNeeded: something is to be made again, and the models are not loaded.
    """
    stages = read_stages(job.catalog, job.video_id)
    settings, sampling_note = _possible_sampling(job, stages)
    job = replace(job, settings=settings)
    plan: Plan = []
    redone: list[str] = []
    if not speech.why_not:
        redone += _redo_speech(job, plan, stages, speech)
    sampling_changes = _redo_sampling(job, plan, stages)
    segment_changes = _redo_segments(job, plan, stages, is_resampled=bool(sampling_changes))
    redone += sampling_changes + segment_changes
    redone += _redo_screen(job, plan, stages, is_resampled=bool(sampling_changes))
    if segment_changes:
        redone += _redo_captions(job, plan, stages)
    if redone and "finish" in stages:
        plan.append(replace(stages["finish"], status="running"))
    if job.models.is_recorded and (plan or sampling_note):
        raise ModelNeeded("settings differ from those that the video was made with")
    if plan:
        with job.catalog.atomic() as db:
            for change in plan:
                if isinstance(change, Stage):
                    write_stage(db, job.video_id, change)
                else:
                    change(db, job.video_id)
    return ReindexPlan(job.settings, tuple(redone), (sampling_note,) if sampling_note else ())


def remember_transcriber(catalog: Catalog, models: Models) -> None:
    """Stores which model recognises the library's speech: one that was named, or the first one."""
    transcriber = models.transcriber
    if transcriber is None:
        return
    if "speech" not in models.default_roles or not isinstance(read_settings(catalog).get(SPEECH_MODEL), dict):
        tag = transcriber.tag
        record = {
            "name": transcriber.name, "location": tag.location, "revision": tag.revision,
            "beam_size": tag.beam_size,
        }  # fmt: skip
        write_settings(catalog, {SPEECH_MODEL: record})


def adopt_recorded_names(catalog: Catalog, video_id: str, models: Models) -> None:
    """Adds the digest of the weights to speech that was recorded by the model's name alone."""
    stage, transcriber = read_stages(catalog, video_id).get("speech"), models.transcriber
    if stage is None or transcriber is None or not stage.recipe or stage.recipe.startswith("{"):
        return
    requested = recognition(transcriber, IndexSettings())
    if is_same_recognition({"model": stage.recipe}, requested):
        _record(catalog, video_id, stage, requested | {"beam_size": FORMER_BEAM_SIZE})


def adopt_unrecorded_settings(job: VideoJob) -> None:
    """Records settings for stages that were made before there was a record, where they fit what is there.

    Settings that a run gives fit when they lead to as many sampled times, and to the same segments.
    Keyframes and the surroundings of cuts are decoded for it, and only where other settings are given than
    the defaults that are assumed.
    """
    stages = read_stages(job.catalog, job.video_id)
    sampling_stage, segment_stage = stages.get("look"), stages.get("segment")
    if _is_unrecorded(sampling_stage, sampling(job.settings)) and sampling_stage.rows == len(
        frame_times(job)
    ):
        _record(job.catalog, job.video_id, sampling_stage, sampling(job.settings))
    if _is_unrecorded(segment_stage, segment_limits(job.settings)):
        windows = segment_windows(job)
        if windows == [row.window for row in job.catalog.segments(job.video_id)]:
            _record(job.catalog, job.video_id, segment_stage, segment_limits(job.settings))


def _is_unrecorded(stage: Stage | None, requested: Mapping[str, Any]) -> TypeGuard[Stage]:
    is_done = stage is not None and stage.status == "done" and not stage.recipe
    return is_done and made_with(stage) != requested


def _record(catalog: Catalog, video_id: str, stage: Stage, made: Mapping[str, Any]) -> None:
    with catalog.atomic() as db:
        write_stage(db, video_id, replace(stage, recipe=to_text(made)))


def _possible_sampling(job: VideoJob, stages: Stages) -> tuple[IndexSettings, str]:
    """The settings, with the video's own sampling where its vectors could not be made again; and why."""
    made = made_with(stages.get("look"))
    if made is None or made == sampling(job.settings):
        return job.settings, ""
    loaded = {"picture": job.models.picture, "appearance": job.models.appearance}
    missing = [
        name for name, model in loaded.items() if model is None and stages.get(name, Stage(name)).rows > 0
    ]
    if not missing:
        return job.settings, ""
    why = f"its {missing[0]} vectors could not be made again ({job.models.why_off(missing[0])})"
    change = describe_change(made, sampling(job.settings))
    return replace(job.settings, **made), f"sampling stays as it was made ({change} was asked for): {why}"


def _redo_speech(job: VideoJob, plan: Plan, stages: Stages, speech: SpeechPlan) -> list[str]:
    made, requested = made_with(stages.get("speech")), speech.made
    if made is None or made.get("model") is None or not requested:
        return []
    is_model_current = is_same_model(made, requested) or (
        stages["speech"].status == "done" and "speech" in job.models.default_roles
    )
    if is_model_current and is_same_sound(made, requested):
        return []
    plan += [delete_recognised, delete_voice_chunks]
    plan.append(Stage("speech", recipe=to_text(requested)))
    return [f"speech ({describe_change(made, requested)})"]


def _redo_sampling(job: VideoJob, plan: Plan, stages: Stages) -> list[str]:
    made, requested = made_with(stages.get("look")), sampling(job.settings)
    if made is None or made == requested:
        return []
    plan += [delete_frames, delete_readings]
    plan.append(Stage("look", recipe=to_text(requested)))
    for name in ("layout", "picture", "appearance"):
        if name in stages and stages[name].rows:
            plan.append(Stage(name))
    return [f"sampling ({describe_change(made, requested)})"]


def _redo_segments(job: VideoJob, plan: Plan, stages: Stages, *, is_resampled: bool) -> list[str]:
    made, requested = made_with(stages.get("segment")), segment_limits(job.settings)
    if made is None or (made == requested and not is_resampled):
        return []
    plan.append(Stage("segment", recipe=to_text(requested)))
    change = describe_change(made, requested)
    return [f"segments ({change})" if change else "segments"]


def _redo_screen(job: VideoJob, plan: Plan, stages: Stages, *, is_resampled: bool) -> list[str]:
    """Plans the screen text; stored text stays until it has been read again (`read_screen`)."""
    stage, reader = stages.get("screen"), job.models.screen_reader
    made = made_with(stage)
    if stage is None or made is None:
        return []
    requested = made if reader is None else screen_reading(job.settings, reader.name)
    if made == requested and not is_resampled:
        return []
    plan.append(delete_readings)
    if reader is None:
        note = f"read from other pictures than those that are kept now: {job.models.why_off('screen')}"
        plan.append(replace(stage, recipe="", note=note))
        return []
    plan.append(Stage("screen", recipe=to_text(requested)))
    change = describe_change(made, requested)
    return [f"screen text ({change})" if change else "screen text"]


def _redo_captions(job: VideoJob, plan: Plan, stages: Stages) -> list[str]:
    stage, captioner = stages.get("caption"), job.models.captioner
    if stage is None or not stage.recipe:
        return []
    if captioner is None:
        note = f"of earlier segments: {job.models.why_off('caption')}"
        plan.append(replace(stage, recipe="", note=note))
        return []
    plan.append(delete_captions)
    plan.append(Stage("caption", recipe=captioner.name))
    return ["captions"]
