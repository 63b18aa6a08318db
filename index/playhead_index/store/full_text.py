"""Searches the full-text index of spans (`span_fts`), and tokenises text as it does."""

import sqlite3
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from playhead_index.store.catalog import Catalog
from playhead_index.words.protocol import SpanKind


def full_text_definition(catalog: Catalog) -> str:
    """The `CREATE VIRTUAL TABLE` statement of the full-text index, which names its tokenizer."""
    ((definition,),) = catalog.query("SELECT sql FROM sqlite_master WHERE name = 'span_fts'")
    return str(definition)


def matching_texts(catalog: Catalog, expression: str, after_id: int, limit: int) -> list[tuple[int, str]]:
    """(id, text) of the spans that an FTS5 expression matches, ascending by id.

    Args:
        catalog: of the library.
        expression: of FTS5.
        after_id: only spans with a higher id.
        limit: maximum number of spans.
    """
    return catalog.query(
        "SELECT span.id, span.text FROM span_fts JOIN span ON span.id = span_fts.rowid"
        " WHERE span_fts MATCH ? AND span_fts.rowid > ? ORDER BY span_fts.rowid LIMIT ?",
        (expression, after_id, limit),
    )


def matching_ids(catalog: Catalog, expression: str) -> NDArray[np.int64]:
    """(n,) int64 ids of all spans that an FTS5 expression matches."""
    rows = catalog.query("SELECT rowid FROM span_fts WHERE span_fts MATCH ?", (expression,))
    return np.array([span_id for (span_id,) in rows], dtype=np.int64)


def matching_ids_in_videos(
    catalog: Catalog, expression: str, video_ids: Sequence[str], kinds: Sequence[SpanKind], limit: int
) -> list[int]:
    """The ids of the spans of some videos and kinds that an FTS5 expression matches, by video and time."""
    video_marks, kind_marks = ", ".join("?" * len(video_ids)), ", ".join("?" * len(kinds))
    rows = catalog.query(
        "SELECT span.id FROM span_fts CROSS JOIN span ON span.id = span_fts.rowid WHERE span_fts MATCH ?"
        f" AND span.video_id IN ({video_marks}) AND span.kind IN ({kind_marks})"
        " ORDER BY span.video_id, span.start_s LIMIT ?",
        (expression, *video_ids, *kinds, limit),
    )
    return [span_id for (span_id,) in rows]


def optimise_full_text(db: Database) -> None:
    """Merges the parts of the full-text index into one, inside the caller's `atomic()`."""
    db.execute("INSERT INTO span_fts (span_fts) VALUES ('optimize')")


class Fts5Tokenizer:
    """The tokenizer of an FTS5 table, run in a database in memory; for one thread at a time.

    Args:
        tokenize: the `tokenize` option of the table, such as `porter unicode61`.
    """

    def __init__(self, tokenize: str) -> None:
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._connection.execute(
            f"CREATE VIRTUAL TABLE chunk USING fts5(text, content='', tokenize='{tokenize}')"
        )
        self._connection.execute("CREATE VIRTUAL TABLE token USING fts5vocab(chunk, instance)")

    def tokens(self, texts: Sequence[str]) -> list[list[str]]:
        """The tokens of each text, in order; they are indexed and the index is dropped again."""
        found: list[list[str]] = [[] for _ in texts]
        run = self._connection.execute
        run("BEGIN")
        self._connection.executemany("INSERT INTO chunk (rowid, text) VALUES (?, ?)", enumerate(texts))
        for number, _, token in sorted(run("SELECT doc, offset, term FROM token")):
            found[number].append(token)
        run("ROLLBACK")
        return found
