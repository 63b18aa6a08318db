"""Plans what is made again because a run has other settings than a video was made with.

All of it is decided and noted in the job table in one transaction, before anything is made: a run that is
killed afterwards is taken up where it stood, with the new settings, whether they are given again or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from playhead_index.decode import VideoInfo, VideoReader
from playhead_index.recipe import IndexSettings, Models
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
from playhead_index.stages.job_table import Stage, read_stages, write_stage
from playhead_index.stages.segment import segment_windows
from playhead_index.stages.transcribe import SpeechPlan
from playhead_index.store.catalog import Catalog
from playhead_index.store.settings import SPEECH_MODEL, read_settings, write_settings

Stages = dict[str, Stage]
Plan = list[Stage | str]
"""Changes to be written: rows of the job table, and SQL with the video's id as its one parameter."""


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


def begin_reindex(
    catalog: Catalog, video_id: str, settings: IndexSettings, models: Models, speech: SpeechPlan
) -> ReindexPlan:
    """Drops what was made with other settings than the run's, and what depends on it; says what.

    Nothing is dropped that this run cannot make again: without the model of picture vectors that are there
    the sampling stays, captions and screen text stay until there is a model to make them again.

    Args:
        catalog: of the library.
        video_id: of a video in it.
        settings: the settings of the run for this video.
        models: of the run.
        speech: what is to be recognised of the video.

    Raises:
        ModelNeeded: something is to be made again, and the models are not loaded.
    """
    stages = read_stages(catalog, video_id)
    settings, sampling_note = _possible_sampling(stages, settings, models)
    plan: Plan = []
    redone: list[str] = []
    if not speech.why_not:
        redone += _redo_speech(plan, stages, models, speech)
    sampling_changes = _redo_sampling(plan, stages, settings)
    segment_changes = _redo_segments(plan, stages, settings, is_resampled=bool(sampling_changes))
    redone += sampling_changes + segment_changes
    redone += _redo_screen(plan, stages, settings, models, is_resampled=bool(sampling_changes))
    if segment_changes:
        redone += _redo_captions(plan, stages, models)
    if redone and "finish" in stages:
        plan.append(replace(stages["finish"], status="running"))
    if models.is_recorded and (plan or sampling_note):
        raise ModelNeeded("settings differ from those that the video was made with")
    if plan:
        with catalog.atomic() as db:
            for change in plan:
                if isinstance(change, Stage):
                    write_stage(db, video_id, change)
                else:
                    db.execute(change, (video_id,))
    return ReindexPlan(settings, tuple(redone), (sampling_note,) if sampling_note else ())


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


def adopt_unrecorded_settings(
    catalog: Catalog, video_id: str, reader: VideoReader, info: VideoInfo, settings: IndexSettings
) -> None:
    """Records settings for stages that were made before there was a record, where they fit what is there.

    Settings that a run gives fit when they lead to as many sampled times, and to the same segments.
    Keyframes and the surroundings of cuts are decoded for it, and only where other settings are given than
    the defaults that are assumed.
    """
    stages = read_stages(catalog, video_id)
    sampling_stage, segment_stage = stages.get("look"), stages.get("segment")
    if _is_unrecorded(sampling_stage, sampling(settings)) and sampling_stage.rows == len(
        frame_times(reader, info, settings)
    ):
        _record(catalog, video_id, sampling_stage, sampling(settings))
    if _is_unrecorded(segment_stage, segment_limits(settings)):
        windows = segment_windows(catalog, video_id, reader, info, settings)
        if windows == [row.window for row in catalog.segments(video_id)]:
            _record(catalog, video_id, segment_stage, segment_limits(settings))


def _is_unrecorded(stage: Stage | None, requested: Mapping[str, Any]) -> TypeGuard[Stage]:
    is_done = stage is not None and stage.status == "done" and not stage.recipe
    return is_done and made_with(stage) != requested


def _record(catalog: Catalog, video_id: str, stage: Stage, made: Mapping[str, Any]) -> None:
    with catalog.atomic() as db:
        write_stage(db, video_id, replace(stage, recipe=to_text(made)))


def _possible_sampling(stages: Stages, settings: IndexSettings, models: Models) -> tuple[IndexSettings, str]:
    """The settings, with the video's own sampling where its vectors could not be made again; and why."""
    made = made_with(stages.get("look"))
    if made is None or made == sampling(settings):
        return settings, ""
    loaded = {"picture": models.picture, "appearance": models.appearance}
    missing = [
        name for name, model in loaded.items() if model is None and stages.get(name, Stage(name)).rows > 0
    ]
    if not missing:
        return settings, ""
    why = f"its {missing[0]} vectors could not be made again ({models.why_off(missing[0])})"
    change = describe_change(made, sampling(settings))
    return replace(settings, **made), f"sampling stays as it was made ({change} was asked for): {why}"


def _redo_speech(plan: Plan, stages: Stages, models: Models, speech: SpeechPlan) -> list[str]:
    made, requested = made_with(stages.get("speech")), speech.made
    if made is None or made.get("model") is None or not requested:
        return []
    is_model_current = is_same_model(made, requested) or (
        stages["speech"].status == "done" and "speech" in models.default_roles
    )
    if is_model_current and is_same_sound(made, requested):
        return []
    plan.append("DELETE FROM span WHERE video_id = ? AND source LIKE 'asr:%'")
    plan.append("DELETE FROM voice_chunk WHERE video_id = ?")
    plan.append(Stage("speech", recipe=to_text(requested)))
    return [f"speech ({describe_change(made, requested)})"]


def _redo_sampling(plan: Plan, stages: Stages, settings: IndexSettings) -> list[str]:
    made, requested = made_with(stages.get("look")), sampling(settings)
    if made is None or made == requested:
        return []
    plan.append("DELETE FROM frame WHERE video_id = ?")
    plan.append("DELETE FROM reading WHERE video_id = ?")
    plan.append(Stage("look", recipe=to_text(requested)))
    for name in ("layout", "picture", "appearance"):
        if name in stages and stages[name].rows:
            plan.append(Stage(name))
    return [f"sampling ({describe_change(made, requested)})"]


def _redo_segments(plan: Plan, stages: Stages, settings: IndexSettings, *, is_resampled: bool) -> list[str]:
    made, requested = made_with(stages.get("segment")), segment_limits(settings)
    if made is None or (made == requested and not is_resampled):
        return []
    plan.append(Stage("segment", recipe=to_text(requested)))
    change = describe_change(made, requested)
    return [f"segments ({change})" if change else "segments"]


def _redo_screen(
    plan: Plan, stages: Stages, settings: IndexSettings, models: Models, *, is_resampled: bool
) -> list[str]:
    """Plans the screen text; stored text stays until it has been read again (`read_screen`)."""
    stage, reader = stages.get("screen"), models.screen_reader
    made = made_with(stage)
    if stage is None or made is None:
        return []
    requested = made if reader is None else screen_reading(settings, reader.name)
    if made == requested and not is_resampled:
        return []
    plan.append("DELETE FROM reading WHERE video_id = ?")
    if reader is None:
        note = f"read from other pictures than those that are kept now: {models.why_off('screen')}"
        plan.append(replace(stage, recipe="", note=note))
        return []
    plan.append(Stage("screen", recipe=to_text(requested)))
    change = describe_change(made, requested)
    return [f"screen text ({change})" if change else "screen text"]


def _redo_captions(plan: Plan, stages: Stages, models: Models) -> list[str]:
    stage, captioner = stages.get("caption"), models.captioner
    if stage is None or not stage.recipe:
        return []
    if captioner is None:
        note = f"of earlier segments: {models.why_off('caption')}"
        plan.append(replace(stage, recipe="", note=note))
        return []
    plan.append("DELETE FROM span WHERE video_id = ? AND kind = 'caption'")
    plan.append(Stage("caption", recipe=captioner.name))
    return ["captions"]
