"""The stages that bring words with times: subtitles, and speech where there are none."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sqlite_utils import Database

from playhead_index.batches import batches
from playhead_index.clean_text import clean_text
from playhead_index.decode import VideoInfo, VideoReader
from playhead_index.errors import SubtitlesUnreadable
from playhead_index.paths import path_to_text
from playhead_index.recipe import Models, Recipe
from playhead_index.stages import Stage, read_stage, write_stage
from playhead_index.store.catalog import Catalog
from playhead_index.text_limits import LIMITS
from playhead_index.window import Window
from playhead_index.words.protocol import Transcriber, Words
from playhead_index.words.subtitles import (
    choose_subtitles,
    find_sidecars,
    read_subtitle_file_with_notes,
    read_tracks,
)

SPEECH_RATE_HZ = 16_000
SPEECH_BATCH = 16
NO_SOUND = "the file has no sound"
SUBTITLES_TAKEN = "the subtitles were taken"


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
            read = read_subtitle_file_with_notes(file, info.duration_s, language, fps=info.average_fps)
            found += read.words
            notes += read.notes
        except SubtitlesUnreadable as error:
            notes.append(str(error))
    return choose_subtitles(found), notes


def hear(
    catalog: Catalog, video_id: str, reader: VideoReader, info: VideoInfo, recipe: Recipe, models: Models
) -> None:
    """Recognises speech where the recipe wants it; goes on behind the last words that were committed."""
    transcriber = models.transcriber
    why_not = _why_no_speech(catalog, video_id, info, recipe, models)
    if transcriber is None or why_not:
        with catalog.atomic() as db:
            write_stage(db, video_id, Stage("speech", "off", note=why_not))
        return
    stage = read_stage(catalog, video_id, "speech")
    if stage.recipe != transcriber.name:
        with catalog.atomic() as db:
            db.execute("DELETE FROM span WHERE video_id = ? AND source LIKE 'asr:%'", (video_id,))
            stage = Stage("speech", recipe=transcriber.name)
            write_stage(db, video_id, stage)
    if stage.status != "done":
        _transcribe(catalog, video_id, reader, info, transcriber, stage.position_s)


def _why_no_speech(catalog: Catalog, video_id: str, info: VideoInfo, recipe: Recipe, models: Models) -> str:
    if not info.has_audio:
        return NO_SOUND
    if recipe.transcribe == "never":
        return "speech recognition was switched off"
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
    if from_s < info.duration_s:
        rest = Window(from_s, info.duration_s)
        sound = reader.audio(SPEECH_RATE_HZ, rest)
        for batch in batches(transcriber.transcribe(sound, SPEECH_RATE_HZ, rest.duration_s), SPEECH_BATCH):
            spoken = [_later(words, from_s, info.window) for words in batch]
            with catalog.atomic() as db:
                insert_words(db, video_id, [words for words in spoken if words is not None])
                position_s = min(from_s + batch[-1].window.end_s, info.duration_s)
                write_stage(db, video_id, Stage("speech", "running", position_s, recipe=transcriber.name))
    with catalog.atomic() as db:
        write_stage(db, video_id, Stage("speech", "done", info.duration_s, recipe=transcriber.name))


def _later(words: Words, by_s: float, within: Window) -> Words | None:
    window = Window(words.window.start_s + by_s, words.window.end_s + by_s).clamped(within)
    return replace(words, window=window) if window is not None else None


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
