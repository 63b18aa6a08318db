"""The units of transcripts: sentences, passages of them, and topics of passages."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from playhead_index.batches import batches
from playhead_index.short_repr import short_repr
from playhead_index.store.catalog import MAX_IDS_IN_SQL, Catalog
from playhead_index.store.schema import LIVE
from playhead_index.store.word_times import read_word_times
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind
from playhead_index.words.transcripts import TranscriptSpan

UnitLevel = Literal["sentence", "passage", "topic"]
PASSAGES = "passages"
"""The vector space of passages and sentences; topics have no vectors of their own."""


@dataclass(frozen=True, slots=True)
class TranscriptUnit:
    """A sentence, a passage or a topic of what is said (or written, or captioned) in a video.

    Args:
        kind: which words.
        level: `sentence`, `passage` (20 to 60 s of sentences) or `topic` (1 to 5 minutes of passages).
        window: from the first word to the last.
        text: of all its spans, joined.
        span_ids: catalog ids of the spans whose words it holds, in time order; a span that ends inside a
            sentence may belong to two units.
        language: BCP 47 tag where known.
        speaker: label of the speaker, where it is one for the whole unit.
        unit_id: catalog id; 0 before it is stored.
    """

    kind: SpanKind
    level: UnitLevel
    window: Window
    text: str
    span_ids: tuple[int, ...]
    language: str | None = None
    speaker: str | None = None
    unit_id: int = 0
    __repr__ = short_repr


@dataclass(frozen=True, slots=True)
class UnitArrays:
    """The units of one level of one video, in time order.

    Args:
        ids: (n,) int64 catalog ids.
        rows: (n,) int64 rows of the video's shard of the space `passages`; -1 where there is no vector.
        starts_s: (n,) float64 seconds.
        ends_s: (n,) float64 seconds.
    """

    ids: NDArray[np.int64]
    rows: NDArray[np.int64]
    starts_s: NDArray[np.float64]
    ends_s: NDArray[np.float64]


def replace_units(db: Database, video_id: str, kind: SpanKind, units: Iterable[TranscriptUnit]) -> None:
    """Stores the units of one kind of a video instead of those before, inside the caller's `atomic()`."""
    db.execute("DELETE FROM transcript_unit WHERE video_id = ? AND kind = ?", (video_id, kind))
    _insert(db, video_id, units)


def replace_topics(db: Database, video_id: str, kind: SpanKind, topics: Iterable[TranscriptUnit]) -> None:
    """Stores the topics of one kind of a video instead of those before, inside the caller's `atomic()`."""
    db.execute(
        "DELETE FROM transcript_unit WHERE video_id = ? AND kind = ? AND level = 'topic'", (video_id, kind)
    )
    _insert(db, video_id, topics)


def _insert(db: Database, video_id: str, units: Iterable[TranscriptUnit]) -> None:
    for unit in units:
        db.execute(
            "INSERT INTO transcript_unit"
            " (video_id, kind, level, language, start_s, end_s, text, speaker, span_ids)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                video_id, unit.kind, unit.level, unit.language, unit.window.start_s, unit.window.end_s,
                unit.text, unit.speaker, json.dumps(unit.span_ids),
            ),
        )  # fmt: skip


def read_units(
    catalog: Catalog, video_id: str, level: UnitLevel, kind: SpanKind = "speech"
) -> list[TranscriptUnit]:
    """The units of one level of a video, in time order; none where the transcript has not been divided."""
    rows = catalog.query(
        f"SELECT {_COLUMNS} FROM transcript_unit"
        " WHERE video_id = ? AND level = ? AND kind = ? ORDER BY start_s, id",
        (video_id, level, kind),
    )
    return [_unit(row) for row in rows]


def undivided_videos(catalog: Catalog) -> frozenset[str]:
    """The ids of the videos whose speech has not been divided into units, without retired ones."""
    rows = catalog.query(
        f"SELECT video_id FROM video WHERE {LIVE}"
        " AND NOT EXISTS"
        " (SELECT 1 FROM stage WHERE stage.video_id = video.video_id AND name = 'transcript')"
        " AND EXISTS (SELECT 1 FROM span WHERE span.video_id = video.video_id AND kind = 'speech')"
    )
    return frozenset(video_id for (video_id,) in rows)


def has_passages(catalog: Catalog, video_ids: Sequence[str]) -> bool:
    """Whether the transcript of any of some videos has been divided into passages."""
    return any(
        catalog.query(
            "SELECT 1 FROM transcript_unit WHERE level = 'passage' AND video_id IN"
            f" ({', '.join('?' * len(chunk))}) LIMIT 1",
            chunk,
        )
        for chunk in batches(video_ids, MAX_IDS_IN_SQL)
    )


def unit_arrays(
    catalog: Catalog, level: UnitLevel, kind: SpanKind = "speech", video_ids: Sequence[str] | None = None
) -> dict[str, UnitArrays]:
    """The units of one level of every video that is not retired, or of some, by video id.

    Videos without units are left out. For searching: a few bytes for each unit, no text.
    """
    rows: list[tuple[Any, ...]] = []
    columns = "video_id, id, coalesce(row, -1), start_s, end_s"
    where = f"level = ? AND kind = ? AND {LIVE}"
    order = "ORDER BY video_id, start_s, id"
    if video_ids is None or len(video_ids) > MAX_IDS_IN_SQL:
        rows = catalog.query(f"SELECT {columns} FROM transcript_unit WHERE {where} {order}", (level, kind))
    else:
        marks = ", ".join("?" * len(video_ids))
        rows = catalog.query(
            f"SELECT {columns} FROM transcript_unit WHERE video_id IN ({marks}) AND {where} {order}",
            (*video_ids, level, kind),
        )
    requested = None if video_ids is None else set(video_ids)
    by_video: dict[str, list[tuple[Any, ...]]] = {}
    for video_id, *values in rows:
        if requested is None or video_id in requested:
            by_video.setdefault(video_id, []).append(tuple(values))
    return {video_id: _arrays(own) for video_id, own in by_video.items()}


def unit_texts(
    catalog: Catalog, level: UnitLevel, kind: SpanKind = "speech", video_id: str | None = None
) -> list[tuple[int, str]]:
    """(id, text) of the units of one level of one video, or of all that are not retired, ascending by id."""
    one = "video_id = ? AND" if video_id is not None else ""
    return catalog.query(
        f"SELECT id, text FROM transcript_unit WHERE {one} level = ? AND kind = ? AND {LIVE} ORDER BY id",
        (*(() if video_id is None else (video_id,)), level, kind),
    )


def read_transcript_spans(catalog: Catalog, video_id: str, kind: SpanKind) -> list[TranscriptSpan]:
    """The stored words of one kind of a video with their word times, in time order."""
    spans = catalog.spans(video_id, kind)
    times = read_word_times(catalog, [span.id for span in spans])
    return [TranscriptSpan(span.id, replace(span.words, word_times=times.get(span.id, ()))) for span in spans]


def span_digest(catalog: Catalog, video_id: str, kind: SpanKind) -> str:
    """What stands for all that units are made of: times, text, source and speaker of spans of one kind."""
    digest = blake2b(digest_size=8)
    rows = catalog.query(
        "SELECT start_s, end_s, source, language, text, speaker, times FROM span"
        " LEFT JOIN span_words ON span_id = id WHERE video_id = ? AND kind = ?"
        " ORDER BY start_s, end_s, source, text, id",
        (video_id, kind),
    )
    for row in rows:
        digest.update(repr(row).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def names_lost_spans(catalog: Catalog, video_id: str, kind: SpanKind) -> bool:
    """Whether a unit holds words of a span that is no longer there: the same words may be stored anew."""
    return bool(
        catalog.query(
            "SELECT 1 FROM transcript_unit, json_each(span_ids) AS held WHERE video_id = ? AND kind = ?"
            " AND level = 'sentence' AND held.value NOT IN (SELECT id FROM span WHERE video_id = ?) LIMIT 1",
            (video_id, kind, video_id),
        )
    )


def units_to_embed(catalog: Catalog, video_id: str) -> list[TranscriptUnit]:
    """Passages and sentences of a video that have no vector, in the order in which they get their rows."""
    rows = catalog.query(
        f"SELECT {_COLUMNS} FROM transcript_unit"
        " WHERE video_id = ? AND level != 'topic' AND row IS NULL ORDER BY id",
        (video_id,),
    )
    return [_unit(row) for row in rows]


def count_unit_rows(catalog: Catalog, video_id: str) -> int:
    """How many units of a video have a vector."""
    ((count,),) = catalog.query(
        "SELECT count(*) FROM transcript_unit WHERE video_id = ? AND row IS NOT NULL", (video_id,)
    )
    return int(count)


def set_unit_rows(db: Database, unit_ids: Sequence[int], first_row: int) -> None:
    """Gives units rows of the shard from `first_row` on, inside the caller's `atomic()`."""
    for i, unit_id in enumerate(unit_ids):
        db.execute("UPDATE transcript_unit SET row = ? WHERE id = ?", (first_row + i, unit_id))


def clear_unit_rows(db: Database, video_id: str) -> None:
    """Takes the rows of all units of a video away, inside the caller's `atomic()`."""
    db.execute("UPDATE transcript_unit SET row = NULL WHERE video_id = ?", (video_id,))


_COLUMNS = "id, kind, level, language, start_s, end_s, text, speaker, span_ids"


def _unit(row: Sequence[Any]) -> TranscriptUnit:
    unit_id, kind, level, language, start_s, end_s, text, speaker, ids = row
    span_ids = tuple(json.loads(ids))
    return TranscriptUnit(kind, level, Window(start_s, end_s), text, span_ids, language, speaker, unit_id)


def _arrays(rows: Sequence[tuple[Any, ...]]) -> UnitArrays:
    columns = np.array(rows, dtype=np.float64).reshape(len(rows), 4).T
    return UnitArrays(columns[0].astype(np.int64), columns[1].astype(np.int64), columns[2], columns[3])
