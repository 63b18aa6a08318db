"""Reads and writes the rows of the table `span`; `Catalog.spans` reads those of a video in time order."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from playhead_index.batches import batches
from playhead_index.clean_text import clean_text
from playhead_index.store.catalog import MAX_IDS_IN_SQL, SPAN_COLUMNS, Catalog, SpanRow, span_row
from playhead_index.store.word_times import insert_word_times
from playhead_index.text_limits import LIMITS
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind, Words

_ORDER_OF_STAGES = (
    "CASE WHEN source LIKE 'asr:%' THEN 1 WHEN kind = 'screen' THEN 2 WHEN kind = 'caption' THEN 3 ELSE 0 END"
)
"""The order in which one run makes words, so that words that are made again get the rows of a new library."""
_OF_SUBTITLES = "(source LIKE 'track:%' OR source LIKE 'file:%')"


class RankedSpan(NamedTuple):
    """What a search shows of a span.

    Args:
        id: of the span.
        video_id: of its video.
        start_s: in seconds.
        end_s: in seconds.
        text: of the span.
        confidence: 0 to 1; None where it is not known.
        label: of its speaker; None where it is not known who speaks.
        speaker_name: the name that this label has; None without one.
    """

    id: int
    video_id: str
    start_s: float
    end_s: float
    text: str
    confidence: float | None
    label: str | None
    speaker_name: str | None


class SpanText(NamedTuple):
    """The text of a span and where it stands; without its source, confidence and speaker."""

    id: int
    video_id: str
    window: Window
    text: str


@dataclass(frozen=True, slots=True)
class SpanColumns:
    """The spans of one video in time order, column by column.

    Args:
        ids: (n,) int64 catalog ids.
        kinds: of each span.
        starts_s: (n,) float64 seconds.
        ends_s: (n,) float64 seconds.
        texts: of each span.
    """

    ids: NDArray[np.int64]
    kinds: tuple[SpanKind, ...]
    starts_s: NDArray[np.float64]
    ends_s: NDArray[np.float64]
    texts: tuple[str, ...]


# ---- reading ----


def read_spans(catalog: Catalog, span_ids: Iterable[int]) -> dict[int, SpanRow]:
    """The spans with these ids, by id; ids that the catalog does not have are left out."""
    found: dict[int, SpanRow] = {}
    for chunk in batches(dict.fromkeys(span_ids), MAX_IDS_IN_SQL):
        marks = ", ".join("?" * len(chunk))
        for row in catalog.query(f"SELECT {SPAN_COLUMNS} FROM span WHERE id IN ({marks})", chunk):
            found[row[0]] = span_row(row)
    return found


def read_ranked_spans(catalog: Catalog, span_ids: Sequence[int]) -> dict[int, RankedSpan]:
    """The spans with these ids and the names of their speakers, by id; ids that are gone are left out."""
    marks = ", ".join("?" * len(span_ids))
    rows = catalog.query(
        "SELECT span.id, span.video_id, start_s, end_s, text, confidence, span.speaker, speaker.name"
        " FROM span LEFT JOIN speaker ON speaker.video_id = span.video_id AND speaker.label = span.speaker"
        f" WHERE span.id IN ({marks})",
        span_ids,
    )
    return {row[0]: RankedSpan._make(row) for row in rows}


def read_texts(catalog: Catalog, span_ids: Sequence[int]) -> dict[int, str]:
    """The texts of the spans with these ids, by id; ids that are gone are left out."""
    found: dict[int, str] = {}
    for chunk in batches(span_ids, MAX_IDS_IN_SQL):
        marks = ", ".join("?" * len(chunk))
        found |= dict(catalog.query(f"SELECT id, text FROM span WHERE id IN ({marks})", chunk))
    return found


def read_texts_of_videos(
    catalog: Catalog, video_ids: Sequence[str], kinds: Sequence[SpanKind], limit: int
) -> list[SpanText]:
    """The texts of the spans of some kinds of some videos.

    Args:
        catalog: of the library.
        video_ids: at most `MAX_IDS_IN_SQL`.
        kinds: which spans.
        limit: maximum number of spans.
    """
    video_marks, kind_marks = ", ".join("?" * len(video_ids)), ", ".join("?" * len(kinds))
    rows = catalog.query(
        "SELECT id, video_id, start_s, end_s, text FROM span"
        f" WHERE video_id IN ({video_marks}) AND kind IN ({kind_marks}) LIMIT ?",
        (*video_ids, *kinds, limit),
    )
    return [
        SpanText(span_id, video_id, Window(start_s, end_s), text)
        for span_id, video_id, start_s, end_s, text in rows
    ]


def read_span_columns(catalog: Catalog, video_id: str) -> SpanColumns | None:
    """All spans of a video, for an index of their words; None where it has none."""
    rows = catalog.query(
        "SELECT id, kind, start_s, end_s, text FROM span WHERE video_id = ? ORDER BY start_s, id", (video_id,)
    )
    if not rows:
        return None
    ids, kinds, starts_s, ends_s, texts = zip(*rows, strict=True)
    return SpanColumns(np.array(ids), kinds, np.array(starts_s), np.array(ends_s), texts)


def span_vector_columns(
    catalog: Catalog, video_id: str, kind: SpanKind, num_rows: int
) -> NDArray[np.float64]:
    """(4, n) float64: id, row of the shard, start and end in seconds of the embedded spans, in time order.

    Args:
        catalog: of the library.
        video_id: of the video.
        kind: which spans.
        num_rows: rows of the shard that count; spans with a row behind them are left out.
    """
    rows = catalog.query(
        "SELECT id, row, start_s, end_s FROM span WHERE video_id = ? AND kind = ? AND row < ?"
        " ORDER BY start_s, id",
        (video_id, kind, num_rows),
    )
    return np.array(rows, dtype=np.float64).reshape(len(rows), 4).T


def read_confidences(catalog: Catalog, span_ids: Sequence[int]) -> dict[int, float]:
    """The confidence of those spans that have one, by id: recognised ones, not subtitles."""
    marks = ", ".join("?" * len(span_ids))
    return dict(
        catalog.query(
            f"SELECT id, confidence FROM span WHERE confidence IS NOT NULL AND id IN ({marks})", span_ids
        )
    )


def count_spans(catalog: Catalog, video_ids: Iterable[str]) -> dict[str, int]:
    """How many spans of each kind some videos have, by kind; a kind that they have none of is left out."""
    counts = dict[str, int]()
    for chunk in batches(video_ids, MAX_IDS_IN_SQL):
        marks = ", ".join("?" * len(chunk))
        for kind, n in catalog.query(
            f"SELECT kind, count(*) FROM span WHERE video_id IN ({marks}) GROUP BY kind ORDER BY kind", chunk
        ):
            counts[kind] = counts.get(kind, 0) + int(n)
    return counts


def count_captions_by_source(catalog: Catalog, video_id: str) -> dict[str, int]:
    """How many captions of each source a video has."""
    return dict(
        catalog.query(
            "SELECT source, count(*) FROM span WHERE video_id = ? AND kind = 'caption' GROUP BY source",
            (video_id,),
        )
    )


# ---- writing ----


def insert_words(db: Database, video_id: str, found: Iterable[Words]) -> None:
    """Stores words as spans, cleaned, inside the caller's `atomic()`; none for words that come out empty."""
    for words in found:
        row = _span_values(words)
        if row is not None:
            span_id = _insert_span(db, video_id, row)
            if words.word_times and row[_TEXT] == words.text:  # offsets of cleaned text would be others
                insert_word_times(db, span_id, words.word_times)


def replace_subtitle_spans(db: Database, video_id: str, found: Iterable[Words]) -> None:
    """Makes stored subtitles those that were found, inside the caller's `atomic()`.

    A span that is the same stays, with its vector; one that differs in its speaker only stays too.
    """
    new = defaultdict[tuple[Any, ...], list[str | None]](list)
    for *values, speaker in filter(None, map(_span_values, found)):
        new[tuple(values)].append(speaker)
    stored = db.execute(
        "SELECT id, kind, source, language, start_s, end_s, text, confidence, speaker FROM span"
        f" WHERE video_id = ? AND {_OF_SUBTITLES}",
        (video_id,),
    ).fetchall()
    for span_id, *values, speaker in stored:
        same = new.get(tuple(values))
        if not same:
            delete_span(db, span_id)
        elif speaker in same:
            same.remove(speaker)
        else:
            set_span_speaker(db, span_id, same.pop(0))
    for row, speakers in new.items():
        for speaker in speakers:
            _insert_span(db, video_id, (*row, speaker))


def subtitle_speakers(db: Database, video_id: str) -> list[str]:
    """The labels of the speakers of stored subtitles, each once; for use inside the caller's `atomic()`."""
    rows = db.execute(
        f"SELECT DISTINCT speaker FROM span WHERE video_id = ? AND speaker IS NOT NULL AND {_OF_SUBTITLES}",
        (video_id,),
    ).fetchall()
    return [label for (label,) in rows]


def set_span_speaker(db: Database, span_id: int, speaker: str | None) -> None:
    """Stores who says a span, inside the caller's `atomic()`."""
    db.execute("UPDATE span SET speaker = ? WHERE id = ?", (speaker, span_id))


def delete_span(db: Database, span_id: int) -> None:
    """Deletes a span, inside the caller's `atomic()`."""
    db.execute("DELETE FROM span WHERE id = ?", (span_id,))


def delete_screen_text(db: Database, video_id: str) -> None:
    """Deletes the screen text of a video, inside the caller's `atomic()`."""
    db.execute("DELETE FROM span WHERE video_id = ? AND kind = 'screen'", (video_id,))


def delete_captions(db: Database, video_id: str) -> None:
    """Deletes the captions of a video, inside the caller's `atomic()`."""
    db.execute("DELETE FROM span WHERE video_id = ? AND kind = 'caption'", (video_id,))


def delete_recognised(db: Database, video_id: str, from_s: float = -math.inf) -> None:
    """Deletes the recognised speech of a video from a time on, inside the caller's `atomic()`."""
    db.execute(
        "DELETE FROM span WHERE video_id = ? AND source LIKE 'asr:%' AND start_s >= ?", (video_id, from_s)
    )


# ---- text embeddings ----


def spans_to_embed(catalog: Catalog, video_id: str) -> list[tuple[int, str]]:
    """(id, text) of the spans of a video without a vector, in the order in which they get their rows."""
    return catalog.query(
        f"SELECT id, text FROM span WHERE video_id = ? AND row IS NULL ORDER BY {_ORDER_OF_STAGES}, id",
        (video_id,),
    )


def count_embedded_spans(catalog: Catalog, video_id: str) -> int:
    """How many spans of a video have a vector."""
    ((count,),) = catalog.query(
        "SELECT count(*) FROM span WHERE video_id = ? AND row IS NOT NULL", (video_id,)
    )
    return int(count)


def embedded_span_rows(catalog: Catalog, span_ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """(text, row of the space `words`) of those spans that have a vector, by span id."""
    found: dict[int, tuple[str, int]] = {}
    for chunk in batches(span_ids, MAX_IDS_IN_SQL):
        marks = ", ".join("?" * len(chunk))
        rows = catalog.query(f"SELECT id, text, row FROM span WHERE id IN ({marks}) AND row >= 0", chunk)
        found |= {span_id: (text, row) for span_id, text, row in rows}
    return found


def set_span_rows(db: Database, span_ids: Sequence[int], first_row: int) -> None:
    """Gives spans rows of the shard from `first_row` on, inside the caller's `atomic()`."""
    for row, span_id in enumerate(span_ids, start=first_row):
        db.execute("UPDATE span SET row = ? WHERE id = ?", (row, span_id))


def clear_span_rows(db: Database, video_id: str) -> None:
    """Takes the rows of all spans of a video away, inside the caller's `atomic()`."""
    db.execute("UPDATE span SET row = NULL WHERE video_id = ?", (video_id,))


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
