"""Spans of speech as speakers are given to them, and the turns of voices."""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b

from sqlite_utils import Database

from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.store.word_times import read_word_times
from playhead_index.words.diarisation import VoiceTurn


def replace_turns(db: Database, video_id: str, turns: Iterable[VoiceTurn]) -> None:
    """Stores the turns of a video instead of those before, inside the caller's `atomic()`."""
    db.execute("DELETE FROM speaker_turn WHERE video_id = ?", (video_id,))
    for turn in turns:
        db.execute(
            "INSERT OR REPLACE INTO speaker_turn (video_id, start_s, end_s, label) VALUES (?, ?, ?, ?)",
            (video_id, turn.window.start_s, turn.window.end_s, turn.label),
        )


def speech_spans(catalog: Catalog, video_id: str) -> list[SpanRow]:
    """All spans of speech of a video with their word times, in time order."""
    spans = sorted(catalog.spans(video_id, "speech"), key=lambda span: (span.words.window, span.id))
    times = read_word_times(catalog, [span.id for span in spans])
    return [
        replace(span, words=replace(span.words, word_times=times[span.id])) if span.id in times else span
        for span in spans
    ]


def speech_digest(catalog: Catalog, video_id: str) -> str:
    """What stands for the spans of speech of a video and their speakers; empty where there are none."""
    rows = catalog.query(
        "SELECT id, source, start_s, end_s, speaker FROM span WHERE video_id = ? AND kind = 'speech'"
        " ORDER BY id",
        (video_id,),
    )
    return blake2b(repr(rows).encode(), digest_size=8).hexdigest() if rows else ""
