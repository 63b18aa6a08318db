"""Stores word times: when each recognised word of a span is said."""

import json
from collections.abc import Sequence

from sqlite_utils import Database

from playhead_index.batches import batches
from playhead_index.store.catalog import MAX_IDS_IN_SQL, Catalog
from playhead_index.words.protocol import WordTime

MILLISECONDS = 1000
PERCENT = 100


def insert_word_times(db: Database, span_id: int, times: Sequence[WordTime]) -> None:
    """Stores when the words of a span are said, to a millisecond, inside the caller's `atomic()`."""
    rows = [
        [
            one.start,
            one.end,
            round(one.start_s * MILLISECONDS),
            round(one.end_s * MILLISECONDS),
            round(one.probability * PERCENT),
        ]
        for one in times
    ]
    db.execute("INSERT OR REPLACE INTO span_words VALUES (?, ?)", (span_id, json.dumps(rows)))


def read_word_times(catalog: Catalog, span_ids: Sequence[int]) -> dict[int, tuple[WordTime, ...]]:
    """The words of some spans with their times, by span id; spans without word times are left out."""
    found: dict[int, tuple[WordTime, ...]] = {}
    for chunk in batches(span_ids, MAX_IDS_IN_SQL):
        marks = ", ".join("?" * len(chunk))
        rows = catalog.query(f"SELECT span_id, times FROM span_words WHERE span_id IN ({marks})", chunk)
        for span_id, text in rows:
            found[span_id] = tuple(
                WordTime(start, end, start_ms / MILLISECONDS, end_ms / MILLISECONDS, percent / PERCENT)
                for start, end, start_ms, end_ms, percent in json.loads(text)
            )
    return found
