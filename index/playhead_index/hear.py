"""The stages that bring words with times: subtitles, and speech where there are none."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from sqlite_utils import Database

from playhead_index.clean_text import clean_text
from playhead_index.decode import VideoInfo, VideoReader
from playhead_index.errors import SubtitlesUnreadable
from playhead_index.paths import path_to_text
from playhead_index.recipe import SWITCHED_OFF, Models, Recipe
from playhead_index.settings import recognition, to_text
from playhead_index.stages import Stage, read_stage, write_stage
from playhead_index.store.catalog import Catalog
from playhead_index.text_limits import LIMITS
from playhead_index.window import Window
from playhead_index.words.protocol import TranscribedChunk, Transcriber, Words
from playhead_index.words.subtitles import (
    choose_subtitles,
    find_sidecars,
    read_subtitle_file_with_notes,
    read_tracks,
)

SPEECH_RATE_HZ = 16_000
MIN_STREAM_ORIGIN_S = 1.0
"""Times that begin later than this are those of a longer stream; a delay of the decoder is shorter."""
NO_SOUND = "the file has no sound"
SUBTITLES_TAKEN = "the subtitles were taken"
NOT_TRANSCRIBED = "speech recognition was switched off"


def read_subtitles(catalog: Catalog, video_id: str, path: Path, info: VideoInfo) -> None:
    """Stores the words of the subtitle tracks inside a file and of the subtitle files beside its copies.

    Done again, from the start, when the files beside them have changed.
    """
    sidecars = [found for place in catalog.places(video_id) for found in find_sidecars(place)]
    recipe = ";".join(_version(file) for file, _ in sidecars)
    stage = read_stage(catalog, video_id, "subtitles")
    if stage.status == "done" and stage.recipe == recipe:
        return
    found, notes = _subtitle_words(path, info, sidecars)
    with catalog.atomic() as db:
        db.execute(
            "DELETE FROM span WHERE video_id = ? AND (source LIKE 'track:%' OR source LIKE 'file:%')",
            (video_id,),
        )
        insert_words(db, video_id, found)
        write_stage(
            db, video_id, Stage("subtitles", "done", info.duration_s, recipe=recipe, note="; ".join(notes))
        )


def _version(file: Path) -> str:
    stat = file.stat()
    return f"{path_to_text(Path(file.name))}:{stat.st_size}:{stat.st_mtime_ns}"


def _subtitle_words(
    path: Path, info: VideoInfo, sidecars: list[tuple[Path, str | None]]
) -> tuple[list[Words], list[str]]:
    tracks = read_tracks(path, info)
    found, notes = list(tracks.words), list(tracks.notes)
    for file, language in sidecars:
        try:
            read = read_subtitle_file_with_notes(
                file,
                info.duration_s,
                language,
                fps=info.average_fps or None,
                stream_origin_s=stream_origin_s(info),
            )
            found += read.words
            notes += read.notes
        except SubtitlesUnreadable as error:
            notes.append(str(error))
    return choose_subtitles(found), notes


def stream_origin_s(info: VideoInfo) -> float | None:
    """What the clock of a stream says at t = 0, where the file kept that clock; None where it begins anew.

    Transport streams keep it, and so do files whose times begin late; when a stream is copied into an MP4 its
    times usually begin at 0.
    """
    has_kept = "mpegts" in info.container.split(",") or info.origin_s >= MIN_STREAM_ORIGIN_S
    return info.origin_s if has_kept else None


def hear(
    catalog: Catalog, video_id: str, reader: VideoReader, info: VideoInfo, recipe: Recipe, models: Models
) -> str:
    """Recognises speech where the recipe wants it; goes on behind the last chunk that was committed.

    A chunk is recognised as a whole, and chunks are the same in every run, so that a run that was stopped
    ends with the words of one that was not. Words that are there stay where nothing is recognised now.

    Returns:
        What a person should know: that recognition is off for this run; else empty.
    """
    stage = read_stage(catalog, video_id, "speech")
    if models.transcriber is not None and wants_speech(
        catalog, video_id, recipe, models, has_audio=info.has_audio
    ):
        if stage.status != "done":
            _transcribe(catalog, video_id, reader, info, models.transcriber, stage.position_s)
        return ""
    why_not = _why_no_speech(catalog, video_id, recipe, models, info.has_audio)
    if stage.status != "done":
        with catalog.atomic() as db:
            write_stage(db, video_id, replace(stage, status="off", note=why_not))
        return ""
    is_for_this_run = why_not in (SWITCHED_OFF, NOT_TRANSCRIBED)
    return f"speech: {why_not} for this run; the words that are there stay" if is_for_this_run else ""


def wants_speech(catalog: Catalog, video_id: str, recipe: Recipe, models: Models, *, has_audio: bool) -> bool:
    """Whether speech is to be recognised in a video whose subtitles have been read."""
    return not _why_no_speech(catalog, video_id, recipe, models, has_audio)


def _why_no_speech(catalog: Catalog, video_id: str, recipe: Recipe, models: Models, has_audio: bool) -> str:
    if not has_audio:
        return NO_SOUND
    if recipe.transcribe == "never":
        return NOT_TRANSCRIBED
    subtitled = catalog.query(
        "SELECT 1 FROM span WHERE video_id = ? AND kind = 'speech' AND source NOT LIKE 'asr:%' LIMIT 1",
        (video_id,),
    )
    if subtitled and recipe.transcribe != "always":
        return SUBTITLES_TAKEN
    return "" if models.transcriber is not None else models.why_off("speech")


def _transcribe(
    catalog: Catalog,
    video_id: str,
    reader: VideoReader,
    info: VideoInfo,
    transcriber: Transcriber,
    from_s: float,
) -> None:
    made = to_text(recognition(transcriber))
    if from_s < info.duration_s:
        for chunk in _transcribed(reader, info, transcriber, from_s):
            with catalog.atomic() as db:
                db.execute(  # what a run of an older version committed in the middle of a chunk
                    "DELETE FROM span WHERE video_id = ? AND source LIKE 'asr:%' AND start_s >= ?",
                    (video_id, chunk.window.start_s),
                )
                insert_words(db, video_id, chunk.words)
                position_s = min(chunk.window.end_s, info.duration_s)
                write_stage(db, video_id, Stage("speech", "running", position_s, recipe=made))
    with catalog.atomic() as db:
        write_stage(db, video_id, Stage("speech", "done", info.duration_s, recipe=made))


def _transcribed(
    reader: VideoReader, info: VideoInfo, transcriber: Transcriber, from_s: float
) -> Iterator[TranscribedChunk]:
    """The chunks of all stretches between gaps, on the clock of the recording: gaps are not listened to."""
    for part in info.recorded:
        if part.end_s <= from_s:
            continue
        sound, done_s = reader.audio(SPEECH_RATE_HZ, part), max(0.0, from_s - part.start_s)
        for chunk in transcriber.transcribe(sound, SPEECH_RATE_HZ, part.duration_s, done_s):
            yield chunk if not part.start_s else _shifted(chunk, part.start_s)


def _shifted(chunk: TranscribedChunk, by_s: float) -> TranscribedChunk:
    def later(window: Window) -> Window:
        return Window(window.start_s + by_s, window.end_s + by_s)

    words = tuple(replace(words, window=later(words.window)) for words in chunk.words)
    return TranscribedChunk(later(chunk.window), words)


def insert_words(db: Database, video_id: str, found: Iterable[Words]) -> None:
    """Stores words as spans, cleaned, inside the caller's `atomic()`; none for words that come out empty."""
    for words in found:
        text = clean_text(words.text, LIMITS.span_chars)
        if not text.strip():
            continue
        db.execute(
            "INSERT INTO span (video_id, kind, source, language, start_s, end_s, text, confidence)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                video_id, words.kind, clean_text(words.source), words.language,
                words.window.start_s, words.window.end_s, text, words.confidence,
            ),
        )  # fmt: skip
