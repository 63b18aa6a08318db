"""The stages of transcripts: subtitles, and speech recognition where none cover the voice."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from playhead_index.clean_text import clean_text
from playhead_index.decode import VideoInfo, VideoReader
from playhead_index.decode.protocol import CAPTIONS_NOT_READ, SOUND_NOT_READ
from playhead_index.decode.sound_tracks import SoundTrack, choose_sound_track, unread_tracks
from playhead_index.errors import ModelUnavailable, SubtitlesUnreadable
from playhead_index.paths import display_path, path_to_text
from playhead_index.recipe import DETECTED, SWITCHED_OFF, IndexSettings, Models
from playhead_index.recorded_models import ModelNeeded
from playhead_index.settings import made_with, recognition, to_text
from playhead_index.stages.job_table import Stage, read_stage, write_stage
from playhead_index.store.catalog import Catalog
from playhead_index.store.speakers import Speaker, names_given, replace_speakers
from playhead_index.store.voice import (
    SubtitleSource,
    delete_voice_chunks,
    insert_voice_chunk,
    read_cues,
    read_subtitle_sources,
    replace_subtitle_sources,
    set_covers_speech,
    voice_totals,
)
from playhead_index.store.word_times import insert_word_times
from playhead_index.text_limits import LIMITS
from playhead_index.window import Window
from playhead_index.words.languages import language_tag, same_language
from playhead_index.words.protocol import RecognitionHints, TranscribedChunk, Transcriber, Words
from playhead_index.words.sentence_spans import cut_text
from playhead_index.words.sidecars import Sidecar, SubtitleFiles
from playhead_index.words.spoken import speech_of_sources, spoken_words
from playhead_index.words.subtitle_cover import SubtitleCover, covers_speech, uncovered_voice
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


def read_subtitles(
    catalog: Catalog, video_id: str, path: Path, info: VideoInfo, *, is_recorded: bool = False
) -> tuple[str, ...]:
    """Stores the words of the subtitle tracks inside a file and of the subtitle files beside its copies.

    Done again, from the start, when the files beside them have changed.

    Args:
        catalog: of the library.
        video_id: of a video in it.
        path: of its file.
        info: of the file.
        is_recorded: the models of the run are not loaded, so that new words could not be embedded.

    Returns:
        What of the subtitles was not taken, and which names that persons gave to speakers fit nobody any
        more, a line each; empty when nothing was read now.

    Raises:
        ModelNeeded: subtitles are to be read, and the models are not loaded.
    """
    files = [find_sidecars(place) for place in catalog.places(video_id)]
    recipe = SUBTITLE_RULES + ";".join(_version(sidecar.path) for own in files for sidecar in own.taken)
    stage = read_stage(catalog, video_id, "subtitles")
    if stage.status == "done" and stage.recipe == recipe:
        return ()
    if is_recorded:
        raise ModelNeeded("the subtitles are others than those that were read")
    found, kinds, notes = _subtitle_words(path, info, files)
    names = names_given(catalog, video_id, "source")
    with catalog.atomic() as db:
        _replace_subtitles(db, video_id, found)
        sources = (
            SubtitleSource(source, language, own, covers_speech(own, None, None))
            for source, (language, own) in kinds.items()
        )
        replace_subtitle_sources(db, video_id, sources)
        note = "; ".join(notes)
        write_stage(db, video_id, Stage("subtitles", "done", info.duration_s, recipe=recipe, note=note))
    lost_names = sorted(names - names_given(catalog, video_id, "source"))
    if lost_names:
        notes.append(
            f"speakers: nobody in the subtitles fits any more that was named {', '.join(lost_names)}"
        )
    return tuple(notes)


def _replace_subtitles(db: Database, video_id: str, found: Iterable[Words]) -> None:
    """Makes stored subtitles those that were found; a span that is the same stays, with its vector.

    One that differs in its speaker only stays too.
    """
    new = defaultdict[tuple[Any, ...], list[str | None]](list)
    for *values, speaker in filter(None, map(_span_values, found)):
        new[tuple(values)].append(speaker)
    stored = db.execute(
        "SELECT id, kind, source, language, start_s, end_s, text, confidence, speaker FROM span"
        " WHERE video_id = ? AND (source LIKE 'track:%' OR source LIKE 'file:%')",
        (video_id,),
    ).fetchall()
    for span_id, *values, speaker in stored:
        same = new.get(tuple(values))
        if not same:
            db.execute("DELETE FROM span WHERE id = ?", (span_id,))
        elif speaker in same:
            same.remove(speaker)
        else:
            db.execute("UPDATE span SET speaker = ? WHERE id = ?", (same.pop(0), span_id))
    for row, speakers in new.items():
        for speaker in speakers:
            _insert_span(db, video_id, (*row, speaker))
    named = db.execute(
        "SELECT DISTINCT speaker FROM span WHERE video_id = ? AND speaker IS NOT NULL"
        " AND (source LIKE 'track:%' OR source LIKE 'file:%')",
        (video_id,),
    ).fetchall()
    speakers_of_sources = (Speaker(video_id, label, label, "source") for (label,) in named)
    replace_speakers(db, video_id, speakers_of_sources, "source")


def without_rules(recipe: str) -> str:
    """The record of the subtitles that were read, without the rules under which they were read."""
    return _ANY_RULES.sub("", recipe, count=1)


def _version(file: Path) -> str:
    stat = file.stat()
    return f"{path_to_text(Path(file.name))}:{stat.st_size}:{stat.st_mtime_ns}"


def _subtitle_words(
    path: Path, info: VideoInfo, files: Sequence[SubtitleFiles]
) -> tuple[list[Words], Kinds, list[str]]:
    """The speech of all subtitles, their kinds by source, and a line for each thing that was left out."""
    tracks = read_tracks(path, info)
    found, notes = list(tracks.words), list(tracks.notes)
    kinds = {
        f"track:{track.stream_index}": (language_tag(track.language), track.kinds)
        for track in info.subtitle_tracks
    }
    for sidecar in (sidecar for own in files for sidecar in own.taken):
        kinds[_source(sidecar)] = (sidecar.language, sidecar.kinds)
        try:
            read = read_subtitle_file_with_notes(
                sidecar.path,
                info.duration_s,
                sidecar.language,
                fps=info.average_fps or None,
                stream_origin_s=stream_origin_s(info),
            )
            found += read.words
            notes += read.notes
        except SubtitlesUnreadable as error:
            notes.append(str(error))
    spoken, left_out = speech_of_sources(found)
    spoken.sort(key=lambda words: not covers_speech(kinds[words.source][1], None, None))
    left = [line for own in files for line in own.left]
    left += [CAPTIONS_NOT_READ] if CAPTIONS_NOT_READ in info.warnings else []
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


def plan_speech(
    catalog: Catalog, video_id: str, info: VideoInfo, settings: IndexSettings, models: Models
) -> SpeechPlan:
    """What is to be recognised, by the settings, the models, the sound track and the stored subtitles.

    Subtitles cover speech when they are a transcript: not forced, no commentary, in the language of the sound
    where both are known.
    """
    choice = choose_sound_track(info.sound_tracks, settings.audio_track)
    tagged = choice.track.language if choice.track is not None else None
    given = settings.language if settings.language != DETECTED else None
    likely = tagged if settings.language is None else None
    covering = _covering_cues(catalog, video_id, given or likely)
    cover = SubtitleCover() if settings.transcribe == "always" else SubtitleCover(covering)
    unread = unread_tracks(info.sound_tracks, choice.track)
    notes = [choice.note, f"{SOUND_NOT_READ}{unread}" if unread else ""]
    hints = RecognitionHints(given, likely, cover.windows, settings.hotwords or None, settings.beam_size)
    why_not = _why_no_speech(info, settings, models, given or likely)
    made = recognition(models.transcriber, settings, cover.digest) if models.transcriber is not None else {}
    return SpeechPlan(why_not, choice.track, hints, cover, made, tuple(filter(None, notes)))


def _covering_cues(catalog: Catalog, video_id: str, spoken: str | None) -> list[tuple[Window, str | None]]:
    """(window, language) of the cues of subtitles that are a transcript of the sound."""
    sources = {
        one.source: covers_speech(one.kinds, one.language, spoken)
        for one in read_subtitle_sources(catalog, video_id)
    }
    return [
        (window, language)
        for source, language, window in read_cues(catalog, video_id)
        if sources.get(source, True) and same_language(language, spoken)
    ]


def _why_no_speech(info: VideoInfo, settings: IndexSettings, models: Models, spoken: str | None) -> str:
    if not info.has_audio:
        return NO_SOUND
    if settings.transcribe == "never":
        return NOT_TRANSCRIBED
    if models.transcriber is None:
        return models.why_off("speech")
    known = models.transcriber.tag.languages
    if known and spoken is not None and not any(same_language(tag, spoken) for tag in known):
        return (
            f"{models.transcriber.name} knows {', '.join(known)} only, the sound is in {spoken}: index with"
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


def transcribe(
    catalog: Catalog, video_id: str, reader: VideoReader, info: VideoInfo, models: Models, plan: SpeechPlan
) -> str:
    """Recognises speech where voice is detected that no subtitles cover; continues behind the last chunk.

    A chunk is recognised as a whole, and chunks are the same in every run, so that a run that was stopped
    ends with the words of one that was not. Words that are there stay where nothing is recognised now, but
    for those that subtitles say too.

    Returns:
        What a person should know: that recognition is off for this run, or that some speech is probably in a
        language that the model does not know; else empty.
    """
    _mark_covering_sources(catalog, video_id, plan)
    stage = read_stage(catalog, video_id, "speech")
    if models.transcriber is not None and not plan.why_not:
        if stage.status != "done":
            return _recognise_remaining(catalog, video_id, reader, info, models.transcriber, plan, stage)
        return ""
    if stage.status == "done":
        _keep_recognised(catalog, video_id, plan, stage)
    else:
        _leave_to_subtitles(catalog, video_id, reader, info, plan, stage)
    is_for_this_run = stage.status == "done" and plan.why_not in (SWITCHED_OFF, NOT_TRANSCRIBED)
    return f"speech: {plan.why_not} for this run; the words that are there stay" if is_for_this_run else ""


def _mark_covering_sources(catalog: Catalog, video_id: str, plan: SpeechPlan) -> None:
    """Notes which subtitles are a transcript of the sound that is read."""
    spoken = plan.hints.language or plan.hints.likely_language
    changed = [
        (one.source, covers)
        for one in read_subtitle_sources(catalog, video_id)
        if (covers := covers_speech(one.kinds, one.language, spoken)) != one.covers_speech
    ]
    if changed:
        with catalog.atomic() as db:
            for source, covers in changed:
                set_covers_speech(db, video_id, source, covers)


def _keep_recognised(catalog: Catalog, video_id: str, plan: SpeechPlan, stage: Stage) -> None:
    """Keeps recognised words beside subtitles that have changed, where nothing can be recognised anew.

    Words that the subtitles say too are dropped. Where words had been left to other subtitles, what is said
    is no longer known everywhere: the stage is off until a model is there.
    """
    made = made_with(stage) or {}
    before = made.get("subtitles") or ""
    if before == plan.cover.digest:
        return
    with catalog.atomic() as db:
        _drop_subtitled(catalog, db, video_id, plan.cover)
        if before:
            delete_voice_chunks(db, video_id)
            off = replace(stage, status="off", position_s=0.0, note=OTHER_SUBTITLES)
            write_stage(db, video_id, off)
        else:
            write_stage(db, video_id, replace(stage, recipe=to_text(made | {"subtitles": plan.cover.digest})))


def _drop_subtitled(catalog: Catalog, db: Database, video_id: str, cover: SubtitleCover) -> None:
    for span in catalog.spans(video_id, "speech"):
        if span.words.source.startswith("asr:") and cover.covers(span.words):
            db.execute("DELETE FROM span WHERE id = ?", (span.id,))


def _leave_to_subtitles(
    catalog: Catalog, video_id: str, reader: VideoReader, info: VideoInfo, plan: SpeechPlan, stage: Stage
) -> None:
    """Notes that nothing is recognised, and how much of the voice the subtitles cover where that is known."""
    made = to_text({"subtitles": plan.cover.digest})
    if stage.status == "off" and stage.recipe == made:
        return
    is_begun = (made_with(stage) or {}).get("model") is not None
    is_measured = info.has_audio and bool(plan.cover.windows) and not is_begun
    voice = _voice(reader, info, plan) if is_measured else None
    uncovered_windows = [part for _, own in voice or () for part in uncovered_voice(own, plan.cover.windows)]
    why = SUBTITLES_TAKEN if voice is not None and not uncovered_windows else plan.why_not
    off = replace(stage, status="off", note="; ".join([why, *_unread_sound_notes(plan)]))
    with catalog.atomic() as db:
        if voice is not None:
            off = replace(
                off,
                position_s=uncovered_windows[0].start_s if uncovered_windows else info.duration_s,
                recipe=made,
            )
            delete_voice_chunks(db, video_id)
            for window, own in voice:
                uncovered = uncovered_voice(own, plan.cover.windows)
                insert_voice_chunk(db, video_id, window, own, uncovered, is_recognised=False)
        write_stage(db, video_id, off)


def _unread_sound_notes(plan: SpeechPlan) -> list[str]:
    return [note for note in plan.notes if note.startswith(SOUND_NOT_READ)]


def _voice(
    reader: VideoReader, info: VideoInfo, plan: SpeechPlan
) -> list[tuple[Window, tuple[Window, ...]]] | None:
    """(chunk, where somebody speaks in it) over the sound; None where no voice detector is installed."""
    found: list[tuple[Window, tuple[Window, ...]]] = []
    try:
        for part in info.recorded:
            sound = reader.audio(SPEECH_RATE_HZ, part, stream_index=_stream(plan))
            for chunk, voice in voice_by_chunk(sound):
                own = tuple(window.shifted(part.start_s) for window in voice)
                found.append((chunk.shifted(part.start_s), own))
    except ModelUnavailable:
        return None
    return found


def _stream(plan: SpeechPlan) -> int | None:
    return plan.track.stream_index if plan.track is not None else None


def _recognise_remaining(
    catalog: Catalog,
    video_id: str,
    reader: VideoReader,
    info: VideoInfo,
    transcriber: Transcriber,
    plan: SpeechPlan,
    stage: Stage,
) -> str:
    """Recognises what is left; returns the line of `_other_languages`."""
    made_before = made_with(stage) or {}
    from_s = stage.position_s if made_before.get("model") is not None else 0.0
    made, note = to_text(plan.made), "; ".join(plan.notes)
    if from_s < info.duration_s:
        for chunk in _recognised_chunks(reader, info, transcriber, plan, from_s):
            words = [one for one in _spoken(chunk.words) if not plan.cover.covers(one)]
            from_chunk = (video_id, chunk.window.start_s)
            with catalog.atomic() as db:
                # what a run of an older version, or with other subtitles, committed from here on
                db.execute(
                    "DELETE FROM span WHERE video_id = ? AND source LIKE 'asr:%' AND start_s >= ?", from_chunk
                )
                delete_voice_chunks(db, video_id, chunk.window.start_s)
                insert_words(db, video_id, words)
                if chunk.voice is not None:
                    insert_voice_chunk(
                        db, video_id, chunk.window, chunk.voice, chunk.recognised, is_recognised=True
                    )
                position_s = min(chunk.window.end_s, info.duration_s)
                write_stage(db, video_id, Stage("speech", "running", position_s, recipe=made, note=note))
    language_note = _other_languages(catalog, video_id, transcriber)
    note = "; ".join(filter(None, [_describe_voice(catalog, video_id), language_note, *plan.notes]))
    with catalog.atomic() as db:
        write_stage(db, video_id, Stage("speech", "done", info.duration_s, recipe=made, note=note))
    return language_note


def _recognised_chunks(
    reader: VideoReader, info: VideoInfo, transcriber: Transcriber, plan: SpeechPlan, from_s: float
) -> Iterator[TranscribedChunk]:
    """The chunks of all intervals between gaps, on the clock of the recording; gaps are skipped."""
    for part in info.recorded:
        if part.end_s <= from_s:
            continue
        sound = reader.audio(SPEECH_RATE_HZ, part, stream_index=_stream(plan))
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


def _other_languages(catalog: Catalog, video_id: str, transcriber: Transcriber) -> str:
    """Where speech is probably in a language that the model does not know; empty where it knows many."""
    if not transcriber.tag.languages:
        return ""
    recognised = [
        span.words for span in catalog.spans(video_id, "speech") if span.words.source == transcriber.name
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


def _describe_voice(catalog: Catalog, video_id: str) -> str:
    """How much of the voice was recognised; empty where subtitles cover none of it."""
    totals = voice_totals(catalog, video_id)
    if not totals.subtitled_s:
        return ""
    parts = f"{totals.subtitled_s:.0f} s are under subtitles, {totals.recognised_s:.0f} s are recognised"
    return f"of {totals.voiced_s:.0f} s of voice {parts}"


def insert_words(db: Database, video_id: str, found: Iterable[Words]) -> None:
    """Stores words as spans, cleaned, inside the caller's `atomic()`; none for words that come out empty."""
    for words in found:
        row = _span_values(words)
        if row is not None:
            span_id = _insert_span(db, video_id, row)
            if words.word_times and row[_TEXT] == words.text:  # offsets of cleaned text would be others
                insert_word_times(db, span_id, words.word_times)


def _insert_span(db: Database, video_id: str, row: tuple[Any, ...]) -> int:
    cursor = db.execute(
        "INSERT INTO span (video_id, kind, source, language, start_s, end_s, text, confidence, speaker)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (video_id, *row),
    )
    return int(cursor.lastrowid or 0)


def _span_values(words: Words) -> tuple[Any, ...] | None:
    """What is stored of words, cleaned; None for words that come out empty."""
    text = clean_text(words.text, LIMITS.span_chars)
    if not text.strip():
        return None
    return (
        words.kind, clean_text(words.source), words.language, words.window.start_s, words.window.end_s,
        text, words.confidence, clean_text(words.speaker) if words.speaker else None,
    )  # fmt: skip


_TEXT = 5
"""Where the text stands in a row of `_span_values`."""
