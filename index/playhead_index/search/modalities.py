"""How much of each video can be searched in speech, in screen text, in frames and in captions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from playhead_index.decode.protocol import SOUND_NOT_READ
from playhead_index.search.results import (
    MODALITIES,
    CoverageStatus,
    Modality,
    ModalityCoverage,
    ModalitySummary,
)
from playhead_index.store.catalog import Catalog
from playhead_index.store.video_stages import StageState, VideoStages, read_video_stages
from playhead_index.video_names import video_names
from playhead_index.window import Window, format_time, without_gaps

ROUNDING_S = 1e-3
NOT_INDEXED = "not indexed to the end"
MIN_SUBTITLED_SHARE = 0.1
"""Minimum part of a video with sound that subtitles lie over when they are a transcript: 0.24 and 0.34 in two
short films, 0.08 for a forced track of one line in 26 s."""
NOT_RECOGNISED = "speech was not recognised"
MAX_UNCERTAIN_SHARE = 0.1
"""Maximum part of recognised speech below `MIN_CONFIDENCE` with which a video still counts as searched: below
lay 0.01 of the English of eight readers, and 0.99 of what was recognised in a wrong language (tiny.en)."""
NOTHING_RECORDED = "nothing was recorded there: the clock of the file jumps ahead"
UNREAD_SOUND = "a part of its sound is not read"


def read_modalities(catalog: Catalog, windows: Mapping[str, Window]) -> tuple[ModalitySummary, ...]:
    """The summary of each modality over some intervals; a few SQL queries however many videos there are.

    Args:
        catalog: the open library.
        windows: the interval of each video, by video id; ids that the catalog does not hold are left out.
    """
    stages = read_video_stages(catalog, windows.keys())
    return named_summaries(catalog, summarise(modality_coverage(stages, windows)))


def named_summaries(catalog: Catalog, summaries: Sequence[ModalitySummary]) -> tuple[ModalitySummary, ...]:
    """Summaries whose records call each video by a name that no other video has."""
    if all(one.is_complete for one in summaries):
        return tuple(summaries)
    names = video_names(catalog)
    return tuple(
        replace(
            one, not_covered=tuple(replace(video, name=names[video.video_id]) for video in one.not_covered)
        )
        for one in summaries
    )


def modality_coverage(
    stages: Mapping[str, VideoStages], windows: Mapping[str, Window]
) -> list[ModalityCoverage]:
    """A record for each video and modality, in the order of `windows`."""
    return [
        video_coverage(stages[video_id], modality, window)
        for video_id, window in windows.items()
        if video_id in stages
        for modality in MODALITIES
    ]


def video_coverage(video: VideoStages, modality: Modality, window: Window) -> ModalityCoverage:
    """How much of an interval of one video one modality covers; gaps of the recording do not count."""
    parts = without_gaps(window, video.gaps)
    extent_s = sum(part.duration_s for part in parts)
    if modality != "speech" and not video.has_frames:
        return ModalityCoverage(video.video_id, modality, "not_applicable", 0.0, extent_s)
    if not parts:
        return ModalityCoverage(video.video_id, modality, "not_covered", 0.0, 0.0, NOTHING_RECORDED)
    if modality == "speech":
        end_s, why_not = speech_end_s(video)
    elif modality == "screen":
        end_s, why_not = _screen_end_s(video)
    else:
        end_s, why_not = _stage_end_s(video, modality)
    covered_s = sum(max(0.0, min(end_s or 0.0, part.end_s) - part.start_s) for part in parts)
    status: CoverageStatus = "not_covered"
    if end_s is None:
        status = "not_applicable"
    elif end_s >= parts[-1].end_s - ROUNDING_S:
        status, why_not = "covered", ""
        if modality == "speech" and (unread := _unread_sound(video)):
            status, why_not = "not_covered", unread
    uncertain_s = _uncertain_s(video, parts) if modality == "speech" else 0.0
    if status == "covered" and uncertain_s > MAX_UNCERTAIN_SHARE * video.recognised_s:
        status, covered_s = "not_covered", max(0.0, covered_s - uncertain_s)
        why_not = f"{format_time(round(uncertain_s))} of its speech was recognised with low confidence"
    return ModalityCoverage(
        video.video_id, modality, status, covered_s, extent_s, why_not, uncertain_s=uncertain_s
    )


def _uncertain_s(video: VideoStages, parts: Sequence[Window]) -> float:
    """Seconds of some intervals in which speech was recognised with low confidence."""
    return sum(part.overlap_s(own) for part in parts for own in video.uncertain)


def _unread_sound(video: VideoStages) -> str:
    """That a part of the sound is not read, with the tracks where they are known; empty when all is read."""
    speech = video.stages.get("speech")
    _, found, tracks = speech.note.partition(SOUND_NOT_READ) if speech is not None else ("", "", "")
    if found:
        return f"{UNREAD_SOUND}: {tracks}"
    return UNREAD_SOUND if video.has_unread_sound else ""


def speech_end_s(video: VideoStages) -> tuple[float | None, str]:
    """The time before which all that is said in a video can be searched; None where nothing can be said.

    This is the one rule of which words cover speech. Where a voice detector has run over the sound, every
    interval of voice must be recognised or lie under subtitles that are a transcript of it
    (`words.subtitle_cover`). Where none has, subtitles cover the whole video, unless they lie over so little
    of its sound that they are no transcript. A video without sound and without subtitles has nothing to
    search.

    Returns:
        Seconds, or None; and why the rest cannot be searched, empty where all of it can.
    """
    speech, subtitles = video.stages.get("speech"), video.stages.get("subtitles")
    if speech is not None and speech.status == "done":
        return video.duration_s, ""
    if not video.has_audio:
        if video.has_subtitles:
            return video.duration_s, ""
        known = speech is not None or (subtitles is not None and subtitles.status == "done")
        return (None, "") if known else (0.0, NOT_INDEXED)
    if speech is not None and speech.status == "off" and video.voiced_s is not None:
        return speech.position_s, _why_not_recognised(video, speech)
    is_transcript = video.has_subtitles and video.subtitled_s >= MIN_SUBTITLED_SHARE * video.duration_s
    if is_transcript and (speech is None or speech.status == "off"):
        return video.duration_s, ""
    if speech is None:
        return 0.0, NOT_INDEXED
    if speech.status == "off" and video.has_subtitles:
        return 0.0, f"its subtitles cover {video.subtitled_s:.0f} s of {video.duration_s:.0f} s"
    if speech.status == "off":
        return 0.0, speech.note.partition(f"; {SOUND_NOT_READ}")[0] or NOT_RECOGNISED
    return speech.position_s, _why_unfinished(speech)


def _why_not_recognised(video: VideoStages, speech: StageState) -> str:
    """Why speech that was not recognised is not covered by subtitles; empty where it is."""
    if speech.position_s >= video.duration_s - ROUNDING_S:
        return ""
    if not video.has_subtitles:
        return speech.note.partition(f"; {SOUND_NOT_READ}")[0] or NOT_RECOGNISED
    covered_s, voiced_s = video.subtitled_voice_s, video.voiced_s or 0.0
    return f"its subtitles cover {covered_s:.0f} s of {voiced_s:.0f} s of voice"


def _screen_end_s(video: VideoStages) -> tuple[float, str]:
    """Screen text can be searched only when its stage is done: its spans are stored at the end."""
    end_s, why_not = _stage_end_s(video, "screen")
    return (end_s, "") if not why_not else (0.0, why_not)


def _stage_end_s(video: VideoStages, name: str) -> tuple[float, str]:
    stage = video.stages.get(name)
    if stage is None:
        return 0.0, NOT_INDEXED
    if stage.status == "done":
        return video.duration_s, ""
    if stage.status == "off":
        return 0.0, stage.note or f"the stage {name} is off"
    return stage.position_s, _why_unfinished(stage)


def _why_unfinished(stage: StageState) -> str:
    return f"failed: {stage.note}" if stage.status == "failed" and stage.note else NOT_INDEXED


def summarise(records: Iterable[ModalityCoverage]) -> tuple[ModalitySummary, ...]:
    """One summary a modality; none for one without any record, and none for captions where there are none."""
    by_modality: dict[Modality, list[ModalityCoverage]] = {}
    for record in records:
        by_modality.setdefault(record.modality, []).append(record)
    summaries = [_summary(m, by_modality[m]) for m in MODALITIES if m in by_modality]
    return tuple(one for one in summaries if one.modality != "caption" or one.covered_s > 0)


def _summary(modality: Modality, records: Sequence[ModalityCoverage]) -> ModalitySummary:
    applicable = [record for record in records if record.status != "not_applicable"]
    return ModalitySummary(
        modality,
        sum(record.status == "covered" for record in records),
        len(records) - len(applicable),
        sum(record.covered_s for record in applicable),
        sum(record.extent_s for record in applicable),
        tuple(record for record in applicable if record.status == "not_covered"),
        sum(record.uncertain_s for record in applicable),
    )
