"""The stages of transcripts: subtitles, and speech recognition where none cover the voice."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from playhead_index.decode import VideoInfo
from playhead_index.decode.protocol import CAPTIONS_NOT_READ, SOUND_NOT_READ
from playhead_index.decode.sound_tracks import SoundTrack, choose_sound_track, unread_tracks
from playhead_index.errors import ModelUnavailable, SubtitlesUnreadable
from playhead_index.index_settings import DETECTED, SWITCHED_OFF
from playhead_index.paths import display_path, path_to_text
from playhead_index.recorded_models import ModelNeeded
from playhead_index.settings import made_with, recognition, to_text
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.job_table import Stage, read_stage, write_stage
from playhead_index.store.recognised_voice import (
    SubtitleSource,
    delete_voice_chunks,
    insert_voice_chunk,
    read_cues,
    read_subtitle_sources,
    replace_subtitle_sources,
    set_covers_speech,
    voice_totals,
)
from playhead_index.store.spans import (
    delete_recognised,
    delete_span,
    insert_words,
    replace_subtitle_spans,
    subtitle_speakers,
)
from playhead_index.store.speakers import Speaker, names_given, replace_speakers
from playhead_index.window import Window
from playhead_index.words.languages import language_tag, same_language
from playhead_index.words.protocol import RecognitionHints, TranscribedChunk, Transcriber, Words
from playhead_index.words.recognised_sentences import cut_text
from playhead_index.words.sidecars import Sidecar, SubtitleFiles
from playhead_index.words.subtitle_cover import SubtitleCover, covers_speech, uncovered_voice
from playhead_index.words.subtitle_speech import speech_of_sources, spoken_words
from playhead_index.words.subtitles import (
    choose_subtitles,
    find_sidecars,
    read_subtitle_file_with_notes,
    read_tracks,
)
from playhead_index.words.voice_activity import voice_by_chunk
from playhead_index.words.wrong_language import unknown_language_windows

SPEECH_RATE_HZ = 16_000
MIN_STREAM_ORIGIN_S = 1.0
"""Times that begin later than this are those of a longer stream; a delay of the decoder is shorter."""
NO_SOUND = "the file has no sound"
SUBTITLES_TAKEN = "the subtitles were taken"
NOT_TRANSCRIBED = "speech recognition was switched off"
OTHER_SUBTITLES = "its speech was recognised beside other subtitles than it has now"
SUBTITLE_RULES = "rules 3;"
"""Which rules say what of subtitles is speech, and who says it; those read under others are read again."""
_ANY_RULES = re.compile(r"rules \d+;")

MAX_WINDOWS_NAMED = 5

Kinds = Mapping[str, tuple[str | None, frozenset[str]]]
"""Language and kinds of subtitles, by the source of their words."""


def read_subtitles(job: VideoJob) -> tuple[str, ...]:
    """Stores the words of the subtitle tracks inside a file and of the subtitle files beside its copies.

    Done again, from the start, when the files beside them have changed.

    Returns:
        What of the subtitles was not taken, and which names that persons gave to speakers fit nobody any
        more, a line each; empty when nothing was read now.

    Raises:
        ModelNeeded: subtitles are to be read, and the models are not loaded.
    """
    files = [find_sidecars(place) for place in job.catalog.places(job.video_id)]
    recipe = SUBTITLE_RULES + ";".join(_version(sidecar.path) for own in files for sidecar in own.taken)
    stage = read_stage(job.catalog, job.video_id, "subtitles")
    if stage.status == "done" and stage.recipe == recipe:
        return ()
    if job.models.is_recorded:
        raise ModelNeeded("the subtitles are others than those that were read")
    found, kinds, notes = _subtitle_words(job, files)
    names = names_given(job.catalog, job.video_id, "source")
    with job.catalog.atomic() as db:
        replace_subtitle_spans(db, job.video_id, found)
        labels = subtitle_speakers(db, job.video_id)
        speakers = (Speaker(job.video_id, label, label, "source") for label in labels)
        replace_speakers(db, job.video_id, speakers, "source")
        sources = (
            SubtitleSource(source, language, own, covers_speech(own, None, None))
            for source, (language, own) in kinds.items()
        )
        replace_subtitle_sources(db, job.video_id, sources)
        done = Stage("subtitles", "done", job.info.duration_s, recipe=recipe, note="; ".join(notes))
        write_stage(db, job.video_id, done)
    lost_names = sorted(names - names_given(job.catalog, job.video_id, "source"))
    if lost_names:
        notes.append(
            f"speakers: nobody in the subtitles fits any more that was named {', '.join(lost_names)}"
        )
    return tuple(notes)


def without_rules(recipe: str) -> str:
    """The record of the subtitles that were read, without the rules under which they were read."""
    return _ANY_RULES.sub("", recipe, count=1)


def _version(file: Path) -> str:
    stat = file.stat()
    return f"{path_to_text(Path(file.name))}:{stat.st_size}:{stat.st_mtime_ns}"


def _subtitle_words(job: VideoJob, files: Sequence[SubtitleFiles]) -> tuple[list[Words], Kinds, list[str]]:
    """The speech of all subtitles, their kinds by source, and a line for each thing that was left out."""
    tracks = read_tracks(job.path, job.info)
    found, notes = list(tracks.words), list(tracks.notes)
    kinds = {
        f"track:{track.stream_index}": (language_tag(track.language), track.kinds)
        for track in job.info.subtitle_tracks
    }
    for sidecar in (sidecar for own in files for sidecar in own.taken):
        kinds[_source(sidecar)] = (sidecar.language, sidecar.kinds)
        try:
            read = read_subtitle_file_with_notes(
                sidecar.path,
                job.info.duration_s,
                sidecar.language,
                fps=job.info.average_fps or None,
                stream_origin_s=stream_origin_s(job.info),
            )
            found += read.words
            notes += read.notes
        except SubtitlesUnreadable as error:
            notes.append(str(error))
    spoken, left_out = speech_of_sources(found)
    spoken.sort(key=lambda words: not covers_speech(kinds[words.source][1], None, None))
    left = [line for own in files for line in own.left]
    left += [CAPTIONS_NOT_READ] if CAPTIONS_NOT_READ in job.info.warnings else []
    kinds = {source: kinds[source] for source in {words.source for words in spoken}}
    return choose_subtitles(spoken), kinds, [*notes, *left_out, *left]


def _source(sidecar: Sidecar) -> str:
    return f"file:{display_path(sidecar.path.name)}"


@dataclass(frozen=True, slots=True)
class SpeechPlan:
    """What is to be recognised of a video whose subtitles have been read.

    Args:
        why_not: why nothing is recognised in this run; empty when something is.
        track: the sound track that is read; None for a file without sound.
        hints: the language, and where subtitles cover speech.
        cover: of the subtitles that cover speech.
        made: what decides which speech is recognised (`settings.recognition`); empty without a model.
        notes: lines about sound tracks that are not read, and about one that was requested and is not there.
    """

    why_not: str
    track: SoundTrack | None
    hints: RecognitionHints
    cover: SubtitleCover
    made: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def plan_speech(job: VideoJob) -> SpeechPlan:
    """What is to be recognised, by the settings, the models, the sound track and the stored subtitles.

    Subtitles cover speech when they are a transcript: not forced, no commentary, in the language of the sound
    where both are known.
    """
    settings, transcriber = job.settings, job.models.transcriber
    choice = choose_sound_track(job.info.sound_tracks, settings.audio_track)
    tagged = choice.track.language if choice.track is not None else None
    given = settings.language if settings.language != DETECTED else None
    likely = tagged if settings.language is None else None
    covering = _covering_cues(job, given or likely)
    cover = SubtitleCover() if settings.transcribe == "always" else SubtitleCover(covering)
    unread = unread_tracks(job.info.sound_tracks, choice.track)
    notes = [choice.note, f"{SOUND_NOT_READ}{unread}" if unread else ""]
    hints = RecognitionHints(given, likely, cover.windows, settings.hotwords or None, settings.beam_size)
    why_not = _why_no_speech(job, given or likely)
    made = recognition(transcriber, settings, cover.digest) if transcriber is not None else {}
    return SpeechPlan(why_not, choice.track, hints, cover, made, tuple(filter(None, notes)))


def _covering_cues(job: VideoJob, spoken: str | None) -> list[tuple[Window, str | None]]:
    """(window, language) of the cues of subtitles that are a transcript of the sound."""
    sources = {
        one.source: covers_speech(one.kinds, one.language, spoken)
        for one in read_subtitle_sources(job.catalog, job.video_id)
    }
    return [
        (window, language)
        for source, language, window in read_cues(job.catalog, job.video_id)
        if sources.get(source, True) and same_language(language, spoken)
    ]


def _why_no_speech(job: VideoJob, spoken: str | None) -> str:
    if not job.info.has_audio:
        return NO_SOUND
    if job.settings.transcribe == "never":
        return NOT_TRANSCRIBED
    transcriber = job.models.transcriber
    if transcriber is None:
        return job.models.why_off("speech")
    known = transcriber.tag.languages
    if known and spoken is not None and not any(same_language(tag, spoken) for tag in known):
        return (
            f"{transcriber.name} knows {', '.join(known)} only, the sound is in {spoken}: index with"
            f" another --speech-model, or with --language {known[0]} if that is wrong"
        )
    return ""


def stream_origin_s(info: VideoInfo) -> float | None:
    """The time on the clock of a stream at t = 0, where the file keeps that clock; None where it begins anew.

    Transport streams keep it, and so do files whose times begin late; when a stream is copied into an MP4 its
    times usually begin at 0.
    """
    keeps_stream_clock = "mpegts" in info.container.split(",") or info.origin_s >= MIN_STREAM_ORIGIN_S
    return info.origin_s if keeps_stream_clock else None


def transcribe(job: VideoJob, plan: SpeechPlan) -> str:
    """Recognises speech where voice is detected that no subtitles cover; continues behind the last chunk.

    A chunk is recognised as a whole, and chunks are the same in every run, so that a run that was stopped
    ends with the words of one that was not. Words that are there stay where nothing is recognised now, but
    for those that subtitles say too.

    Returns:
        What a person should know: that recognition is off for this run, or that some speech is probably in a
        language that the model does not know; else empty.
    """
    _mark_covering_sources(job, plan)
    stage = read_stage(job.catalog, job.video_id, "speech")
    if job.models.transcriber is not None and not plan.why_not:
        if stage.status != "done":
            return _recognise_remaining(job, job.models.transcriber, plan, stage)
        return ""
    if stage.status == "done":
        _keep_recognised(job, plan, stage)
    else:
        _leave_to_subtitles(job, plan, stage)
    is_for_this_run = stage.status == "done" and plan.why_not in (SWITCHED_OFF, NOT_TRANSCRIBED)
    return f"speech: {plan.why_not} for this run; the words that are there stay" if is_for_this_run else ""


def _mark_covering_sources(job: VideoJob, plan: SpeechPlan) -> None:
    """Notes which subtitles are a transcript of the sound that is read."""
    spoken = plan.hints.language or plan.hints.likely_language
    changed = [
        (one.source, covers)
        for one in read_subtitle_sources(job.catalog, job.video_id)
        if (covers := covers_speech(one.kinds, one.language, spoken)) != one.covers_speech
    ]
    if changed:
        with job.catalog.atomic() as db:
            for source, covers in changed:
                set_covers_speech(db, job.video_id, source, covers)


def _keep_recognised(job: VideoJob, plan: SpeechPlan, stage: Stage) -> None:
    """Keeps recognised words beside subtitles that have changed, where nothing can be recognised anew.

    Words that the subtitles say too are dropped. Where words had been left to other subtitles, what is said
    is no longer known everywhere: the stage is off until a model is there.
    """
    made = made_with(stage) or {}
    before = made.get("subtitles") or ""
    if before == plan.cover.digest:
        return
    with job.catalog.atomic() as db:
        _drop_subtitled(job, db, plan.cover)
        if before:
            delete_voice_chunks(db, job.video_id)
            off = replace(stage, status="off", position_s=0.0, note=OTHER_SUBTITLES)
            write_stage(db, job.video_id, off)
        else:
            recipe = to_text(made | {"subtitles": plan.cover.digest})
            write_stage(db, job.video_id, replace(stage, recipe=recipe))


def _drop_subtitled(job: VideoJob, db: Database, cover: SubtitleCover) -> None:
    for span in job.catalog.spans(job.video_id, "speech"):
        if span.words.source.startswith("asr:") and cover.covers(span.words):
            delete_span(db, span.id)


def _leave_to_subtitles(job: VideoJob, plan: SpeechPlan, stage: Stage) -> None:
    """Notes that nothing is recognised, and how much of the voice the subtitles cover where that is known."""
    made = to_text({"subtitles": plan.cover.digest})
    if stage.status == "off" and stage.recipe == made:
        return
    is_begun = (made_with(stage) or {}).get("model") is not None
    is_measured = job.info.has_audio and bool(plan.cover.windows) and not is_begun
    voice = _voice(job, plan) if is_measured else None
    uncovered_windows = [part for _, own in voice or () for part in uncovered_voice(own, plan.cover.windows)]
    why = SUBTITLES_TAKEN if voice is not None and not uncovered_windows else plan.why_not
    off = replace(stage, status="off", note="; ".join([why, *_unread_sound_notes(plan)]))
    with job.catalog.atomic() as db:
        if voice is not None:
            off = replace(
                off,
                position_s=uncovered_windows[0].start_s if uncovered_windows else job.info.duration_s,
                recipe=made,
            )
            delete_voice_chunks(db, job.video_id)
            for window, own in voice:
                uncovered = uncovered_voice(own, plan.cover.windows)
                insert_voice_chunk(db, job.video_id, window, own, uncovered, is_recognised=False)
        write_stage(db, job.video_id, off)


def _unread_sound_notes(plan: SpeechPlan) -> list[str]:
    return [note for note in plan.notes if note.startswith(SOUND_NOT_READ)]


def _voice(job: VideoJob, plan: SpeechPlan) -> list[tuple[Window, tuple[Window, ...]]] | None:
    """(chunk, where somebody speaks in it) over the sound; None where no voice detector is installed."""
    found: list[tuple[Window, tuple[Window, ...]]] = []
    try:
        for part in job.info.recorded:
            sound = job.reader.audio(SPEECH_RATE_HZ, part, stream_index=_stream(plan))
            for chunk, voice in voice_by_chunk(sound):
                own = tuple(window.shifted(part.start_s) for window in voice)
                found.append((chunk.shifted(part.start_s), own))
    except ModelUnavailable:
        return None
    return found


def _stream(plan: SpeechPlan) -> int | None:
    return plan.track.stream_index if plan.track is not None else None


def _recognise_remaining(job: VideoJob, transcriber: Transcriber, plan: SpeechPlan, stage: Stage) -> str:
    """Recognises what is left; returns the line of `_other_languages`."""
    made_before = made_with(stage) or {}
    from_s = stage.position_s if made_before.get("model") is not None else 0.0
    made, note = to_text(plan.made), "; ".join(plan.notes)
    if from_s < job.info.duration_s:
        for chunk in _recognised_chunks(job, transcriber, plan, from_s):
            words = [one for one in _spoken(chunk.words) if not plan.cover.covers(one)]
            with job.catalog.atomic() as db:
                # what a run of an older version, or with other subtitles, committed from here on
                delete_recognised(db, job.video_id, chunk.window.start_s)
                delete_voice_chunks(db, job.video_id, chunk.window.start_s)
                insert_words(db, job.video_id, words)
                if chunk.voice is not None:
                    insert_voice_chunk(
                        db, job.video_id, chunk.window, chunk.voice, chunk.recognised, is_recognised=True
                    )
                position_s = min(chunk.window.end_s, job.info.duration_s)
                write_stage(db, job.video_id, Stage("speech", "running", position_s, recipe=made, note=note))
    language_note = _other_languages(job, transcriber)
    note = "; ".join(filter(None, [_describe_voice(job), language_note, *plan.notes]))
    with job.catalog.atomic() as db:
        write_stage(db, job.video_id, Stage("speech", "done", job.info.duration_s, recipe=made, note=note))
    return language_note


def _recognised_chunks(
    job: VideoJob, transcriber: Transcriber, plan: SpeechPlan, from_s: float
) -> Iterator[TranscribedChunk]:
    """The chunks of all intervals between gaps, on the clock of the recording; gaps are skipped."""
    for part in job.info.recorded:
        if part.end_s <= from_s:
            continue
        sound = job.reader.audio(SPEECH_RATE_HZ, part, stream_index=_stream(plan))
        done_s, hints = max(0.0, from_s - part.start_s), _within(plan.hints, part)
        for chunk in transcriber.transcribe(sound, SPEECH_RATE_HZ, part.duration_s, done_s, hints):
            yield chunk if not part.start_s else _later(chunk, part.start_s)


def _within(hints: RecognitionHints, part: Window) -> RecognitionHints:
    """Hints for a part of a recording, in the time of that part."""
    inside = (window.clamped(part) for window in hints.subtitled)
    return replace(hints, subtitled=tuple(window.shifted(-part.start_s) for window in inside if window))


def _later(chunk: TranscribedChunk, by_s: float) -> TranscribedChunk:
    """A chunk whose times begin later."""
    return TranscribedChunk(
        chunk.window.shifted(by_s),
        tuple(_words_later(words, by_s) for words in chunk.words),
        chunk.voice and tuple(window.shifted(by_s) for window in chunk.voice),
        tuple(window.shifted(by_s) for window in chunk.recognised),
    )


def _spoken(recognised: Sequence[Words]) -> list[Words]:
    """Recognised words without what is not said, with the times of the words that stay."""
    before = {id(one.word_times): one for one in recognised if one.word_times}
    return [
        cut_text(before[id(one.word_times)], one.text) if id(one.word_times) in before else one
        for one in spoken_words(recognised).words
    ]


def _words_later(words: Words, by_s: float) -> Words:
    times = tuple(
        replace(one, start_s=one.start_s + by_s, end_s=one.end_s + by_s) for one in words.word_times
    )
    return replace(words, window=words.window.shifted(by_s), word_times=times)


def _other_languages(job: VideoJob, transcriber: Transcriber) -> str:
    """Where speech is probably in a language that the model does not know; empty where it knows many."""
    if not transcriber.tag.languages:
        return ""
    recognised = [
        span.words
        for span in job.catalog.spans(job.video_id, "speech")
        if span.words.source == transcriber.name
    ]
    windows = unknown_language_windows((words.window, words.language) for words in recognised)
    if not windows:
        return ""
    places = ", ".join(map(str, windows[:MAX_WINDOWS_NAMED]))
    more = f" and {len(windows) - MAX_WINDOWS_NAMED} more" if len(windows) > MAX_WINDOWS_NAMED else ""
    known = ", ".join(transcriber.tag.languages)
    return (
        f"the speech at {places}{more} is probably in a language that {transcriber.name} does not know"
        f" (it knows {known} alone), so its words are wrong: index with a multilingual model, such as"
        " --speech-model small"
    )


def _describe_voice(job: VideoJob) -> str:
    """How much of the voice was recognised; empty where subtitles cover none of it."""
    totals = voice_totals(job.catalog, job.video_id)
    if not totals.subtitled_s:
        return ""
    parts = f"{totals.subtitled_s:.0f} s are under subtitles, {totals.recognised_s:.0f} s are recognised"
    return f"of {totals.voiced_s:.0f} s of voice {parts}"
