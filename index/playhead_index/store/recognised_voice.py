"""What is known of the voice of a video: which subtitles are a transcript of it, and what was recognised."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from playhead_index.clean_text import clean_text
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window


@dataclass(frozen=True, slots=True)
class SubtitleSource:
    """Subtitles of a video: a track inside it, or a file beside it.

    Args:
        source: `track:N` or `file:NAME`, as spans of its cues name it.
        language: BCP 47 tag, or None.
        kinds: `forced`, `sdh`, `commentary` and others.
        covers_speech: it is a transcript of the sound that is read.
    """

    source: str
    language: str | None
    kinds: frozenset[str]
    covers_speech: bool


@dataclass(frozen=True, slots=True)
class VoiceTotals:
    """Seconds of voice of a video: all of it, the part under subtitles, and the part that was recognised."""

    voiced_s: float
    subtitled_s: float
    recognised_s: float


def replace_subtitle_sources(db: Database, video_id: str, sources: Iterable[SubtitleSource]) -> None:
    """Stores the subtitles of a video instead of those before, inside the caller's `atomic()`."""
    db.execute("DELETE FROM subtitle_source WHERE video_id = ?", (video_id,))
    for one in sources:
        db.execute(
            "INSERT OR REPLACE INTO subtitle_source VALUES (?, ?, ?, ?, ?)",
            (video_id, clean_text(one.source), one.language, " ".join(sorted(one.kinds)), one.covers_speech),
        )


def read_subtitle_sources(catalog: Catalog, video_id: str) -> list[SubtitleSource]:
    """The subtitles of a video."""
    rows = catalog.query(
        "SELECT source, language, kinds, covers_speech FROM subtitle_source WHERE video_id = ?", (video_id,)
    )
    return [
        SubtitleSource(source, language, frozenset(kinds.split()), bool(covers))
        for source, language, kinds, covers in rows
    ]


def set_covers_speech(db: Database, video_id: str, source: str, covers_speech: bool) -> None:
    """Stores whether subtitles are a transcript of the sound, inside the caller's `atomic()`."""
    db.execute(
        "UPDATE subtitle_source SET covers_speech = ? WHERE video_id = ? AND source = ?",
        (covers_speech, video_id, source),
    )


def read_cues(catalog: Catalog, video_id: str) -> list[tuple[str, str | None, Window]]:
    """(source, language, window) of every stored cue of the subtitles of a video."""
    rows = catalog.query(
        "SELECT source, language, start_s, end_s FROM span WHERE video_id = ? AND kind = 'speech'"
        " AND source NOT LIKE 'asr:%'",
        (video_id,),
    )
    return [(source, language, Window(start_s, end_s)) for source, language, start_s, end_s in rows]


def insert_voice_chunk(
    db: Database,
    video_id: str,
    window: Window,
    voice: Sequence[Window],
    uncovered: Sequence[Window],
    *,
    is_recognised: bool,
) -> None:
    """Stores how much voice a chunk of sound has, inside the caller's `atomic()`.

    Args:
        db: the catalog's.
        video_id: of which video.
        window: the chunk.
        voice: where somebody speaks in it.
        uncovered: the part of it that subtitles do not cover.
        is_recognised: that part was recognised.
    """
    voiced_s = sum(part.duration_s for part in voice)
    left_s = sum(part.duration_s for part in uncovered)
    subtitled_s, recognised_s = max(0.0, voiced_s - left_s), left_s if is_recognised else 0.0
    db.execute(
        "INSERT OR REPLACE INTO voice_chunk VALUES (?, ?, ?, ?, ?, ?)",
        (video_id, window.start_s, window.end_s, voiced_s, subtitled_s, recognised_s),
    )


def delete_voice_chunks(db: Database, video_id: str, from_s: float = -math.inf) -> None:
    """Drops what is known of the voice from a time on, inside the caller's `atomic()`."""
    db.execute("DELETE FROM voice_chunk WHERE video_id = ? AND start_s >= ?", (video_id, from_s))


def voice_totals(catalog: Catalog, video_id: str) -> VoiceTotals:
    """The seconds of voice of a video, over all its chunks; zeros where no voice detector has run."""
    (row,) = catalog.query(
        "SELECT total(voiced_s), total(subtitled_s), total(recognised_s) FROM voice_chunk WHERE video_id = ?",
        (video_id,),
    )
    return VoiceTotals(*row)
