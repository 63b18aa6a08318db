"""The catalog: one SQLite file that is the truth about a library.

Vectors stand beside it in shards (`store.shards`); a row here says which rows there count. Everything
a batch brings is committed in one `atomic()` after its vectors are on the disk, so that a crash at any
moment leaves a library that opens, and at most one batch to do again.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from playhead_index.errors import (
    DiskFull,
    LibraryError,
    LibraryLocked,
    LibraryMissing,
    LibraryUnfinished,
    VideoUnknown,
)
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind, Words

CATALOG_NAME = "catalog.sqlite"
BUSY_TIMEOUT_S = 30.0

migrations = Migrations("playhead")


@migrations()
def m001_first(db: Database) -> None:
    """The first shape of a library."""
    for statement in _FIRST.split(";;"):
        db.execute(statement)


_FIRST = """
CREATE TABLE video (
    video_id TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    duration_s REAL NOT NULL CHECK (duration_s > 0),
    origin_s REAL NOT NULL,
    width_px INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    rotation_deg INTEGER NOT NULL,
    codec TEXT NOT NULL,
    average_fps REAL NOT NULL,
    is_variable_rate INTEGER NOT NULL,
    n_frames INTEGER NOT NULL,
    has_audio INTEGER NOT NULL,
    warnings TEXT NOT NULL,
    added_at TEXT NOT NULL
) STRICT;;
CREATE TABLE place (
    path TEXT PRIMARY KEY,
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL
) STRICT;;
CREATE INDEX place_video ON place (video_id);;
CREATE TABLE stage (
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('running', 'done', 'off', 'failed')),
    position_s REAL NOT NULL DEFAULT 0,
    rows INTEGER NOT NULL DEFAULT 0,
    recipe TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (video_id, name)
) STRICT;;
CREATE TABLE failure (
    path TEXT PRIMARY KEY,
    error TEXT NOT NULL,
    failed_at TEXT NOT NULL
) STRICT;;
CREATE TABLE segment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL CHECK (start_s < end_s),
    UNIQUE (video_id, ordinal)
) STRICT;;
CREATE TABLE frame (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    row INTEGER NOT NULL,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL CHECK (start_s < end_s),
    segment_id INTEGER REFERENCES segment ON DELETE SET NULL,
    UNIQUE (video_id, row)
) STRICT;;
CREATE INDEX frame_segment ON frame (segment_id);;
CREATE TABLE span (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('speech', 'screen', 'caption')),
    source TEXT NOT NULL,
    language TEXT,
    start_s REAL NOT NULL,
    end_s REAL NOT NULL CHECK (start_s < end_s),
    text TEXT NOT NULL,
    confidence REAL,
    row INTEGER
) STRICT;;
CREATE INDEX span_video ON span (video_id, kind, start_s);;
CREATE VIRTUAL TABLE span_fts USING fts5 (
    text, content='span', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);;
CREATE TRIGGER span_insert AFTER INSERT ON span BEGIN
    INSERT INTO span_fts (rowid, text) VALUES (new.id, new.text);
END;;
CREATE TRIGGER span_delete AFTER DELETE ON span BEGIN
    INSERT INTO span_fts (span_fts, rowid, text) VALUES ('delete', old.id, old.text);
END;;
CREATE TRIGGER span_update AFTER UPDATE OF text ON span BEGIN
    INSERT INTO span_fts (span_fts, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO span_fts (rowid, text) VALUES (new.id, new.text);
END;;
CREATE TABLE reading (
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    row INTEGER NOT NULL,
    lines TEXT NOT NULL,
    PRIMARY KEY (video_id, row)
) STRICT;;
CREATE TABLE space (
    name TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    revision TEXT NOT NULL,
    width INTEGER NOT NULL CHECK (width > 0)
) STRICT
"""


@migrations()
def m002_summaries(db: Database) -> None:
    """What whole stretches show, made of captions when first needed."""
    db.execute(_SUMMARY)


_SUMMARY = """
CREATE TABLE summary (
    id INTEGER PRIMARY KEY,
    video_id TEXT NOT NULL REFERENCES video ON DELETE CASCADE,
    level TEXT NOT NULL CHECK (level IN ('chapter', 'video')),
    start_s REAL NOT NULL,
    end_s REAL NOT NULL CHECK (start_s < end_s),
    text TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_from TEXT NOT NULL,
    UNIQUE (video_id, level, start_s)
) STRICT
"""


@migrations()
def m003_recordings(db: Database) -> None:
    """When each video was recorded; NULL where its file does not tell."""
    db.execute(_RECORDING)


_RECORDING = """
CREATE TABLE recording (
    video_id TEXT PRIMARY KEY REFERENCES video ON DELETE CASCADE,
    recorded_at REAL,
    said_by TEXT NOT NULL CHECK (said_by IN ('file', 'person'))
) STRICT
"""


@migrations()
def m004_replaced_versions(db: Database) -> None:
    """Which videos are earlier versions of a file, and when files last changed.

    Videos that lost their last place to another version before this was recorded become retired. A video
    that never was at a place (written by a program, not indexed) has no `subtitles` stage and stays.
    """
    for statement in _REPLACED.split(";;"):
        db.execute(statement)


_REPLACED = """
CREATE TABLE retired (
    video_id TEXT PRIMARY KEY REFERENCES video ON DELETE CASCADE,
    path TEXT NOT NULL,
    retired_at TEXT NOT NULL
) STRICT;;
CREATE TABLE file_state (
    path TEXT PRIMARY KEY REFERENCES place ON DELETE CASCADE,
    changed_ns INTEGER NOT NULL
) STRICT;;
INSERT INTO retired SELECT video_id, '', '' FROM video
WHERE video_id NOT IN (SELECT video_id FROM place)
AND video_id IN (SELECT video_id FROM stage WHERE name = 'subtitles')
"""

LIVE = "video_id NOT IN (SELECT video_id FROM retired)"
"""SQL condition: the video is not an earlier version of a file that holds other content now."""


@migrations()
def m005_settings(db: Database) -> None:
    """The settings that a library is made with; names and JSON values."""
    db.execute("CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT")


@contextmanager
def mapped_sqlite_errors(where: Path) -> Iterator[None]:
    """Inside, an error of sqlite3 becomes the `LibraryError` that says what to do.

    Raises:
        DiskFull: the disk is full or a quota is used up.
        LibraryLocked: another process held the catalog for longer than the busy time-out.
        LibraryError: anything else, such as a damaged file.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "full" in text or "disk I/O" in text:
            raise DiskFull(
                f"{where}: nothing more can be written ({text}); free space and run again"
            ) from error
        if "locked" in text or "busy" in text:
            raise LibraryLocked(f"{where}: another process is writing ({text}); try again shortly") from error
        raise LibraryError(f"{where}: {text}") from error
    except sqlite3.DatabaseError as error:
        raise LibraryError(f"{where}: {error}; `playhead verify` says what can be saved") from error


@dataclass(frozen=True, slots=True)
class VideoRow:
    """A video as the catalog knows it."""

    video_id: str
    size_bytes: int
    duration_s: float
    origin_s: float
    width_px: int
    height_px: int
    rotation_deg: int
    codec: str
    average_fps: float
    is_variable_rate: bool
    n_frames: int
    has_audio: bool
    warnings: str
    added_at: str

    @property
    def window(self) -> Window:
        """The whole video."""
        return Window(0.0, self.duration_s)


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment: the piece between two changes of the picture."""

    id: int
    video_id: str
    ordinal: int
    window: Window


@dataclass(frozen=True, slots=True)
class FrameRow:
    """An embedded picture; it stands for `window`, in which nothing visibly changed.

    `row` is the row of its vectors in every shard of its video.
    """

    id: int
    video_id: str
    row: int
    window: Window
    segment_id: int | None


@dataclass(frozen=True, slots=True)
class SpanRow:
    """Stored words with their window."""

    id: int
    video_id: str
    words: Words


class Catalog:
    """An open catalog. Readers and one writer may work at the same time (SQLite's write-ahead log).

    Each thread gets a connection of its own.

    Args:
        folder: the library's folder.
        create: make the catalog when there is none; its schema appears whole or not at all.

    Raises:
        LibraryMissing: there is none and `create` is False.
        LibraryUnfinished: the file is there and holds no schema: the making of it was cut short.
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.path = folder / CATALOG_NAME
        self._local = threading.local()
        if not self.path.exists() and not create:
            raise LibraryMissing(
                f"no library in {folder}; make one with: playhead index VIDEO --library {folder}"
            )
        with mapped_sqlite_errors(self.path):
            if create:
                folder.mkdir(parents=True, exist_ok=True)
                self.db.enable_wal()
                migrations.apply(self.db)
            elif "space" not in self.db.table_names():
                raise LibraryUnfinished(
                    f"{folder}: its making was cut short; run: playhead index VIDEO --library {folder}"
                )
            elif migrations.pending(self.db):
                migrations.apply(self.db)

    @property
    def db(self) -> Database:
        """This thread's connection."""
        db: Database | None = getattr(self._local, "db", None)
        if db is None:
            connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = NORMAL")
            db = self._local.db = Database(connection)
        return db

    def close(self) -> None:
        """Closes this thread's connection."""
        db: Database | None = getattr(self._local, "db", None)
        if db is not None:
            db.close()
            del self._local.db

    @contextmanager
    def atomic(self) -> Iterator[Database]:
        """A write that happens whole or not at all."""
        with mapped_sqlite_errors(self.path), self.db.atomic():
            yield self.db

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a SELECT."""
        with mapped_sqlite_errors(self.path):
            return list(self.db.execute(sql, parameters).fetchall())

    # ---- reading ----

    def videos(self) -> list[VideoRow]:
        """Every video that is not retired, in the order in which it came.

        A retired video is an earlier version of a file whose path holds other content now (`store.places`).
        """
        rows = self.query(f"SELECT * FROM video WHERE {LIVE} ORDER BY added_at, video_id")
        return [_video_row(row) for row in rows]

    def video(self, video_id: str) -> VideoRow:
        """One video, a retired one too.

        Raises:
            VideoUnknown: the library holds no such video.
        """
        rows = self.query("SELECT * FROM video WHERE video_id = ?", (video_id,))
        if not rows:
            raise VideoUnknown(f"no video {video_id!r} in this library; `playhead list` shows what it holds")
        return _video_row(rows[0])

    def places(self, video_id: str) -> list[Path]:
        """Where copies of a video were last seen, first seen first; empty for a retired one."""
        return [
            Path(path)
            for (path,) in self.query("SELECT path FROM place WHERE video_id = ? ORDER BY rowid", (video_id,))
        ]

    def segments(self, video_id: str) -> list[SegmentRow]:
        """The segments of a video in time order."""
        rows = self.query(
            "SELECT id, video_id, ordinal, start_s, end_s FROM segment WHERE video_id = ? ORDER BY ordinal",
            (video_id,),
        )
        return [SegmentRow(i, v, n, Window(start, end)) for i, v, n, start, end in rows]

    def frames(self, video_id: str) -> list[FrameRow]:
        """The embedded pictures of a video in time order, which is the order of their shard rows."""
        rows = self.query(
            "SELECT id, video_id, row, start_s, end_s, segment_id FROM frame WHERE video_id = ? ORDER BY row",
            (video_id,),
        )
        return [FrameRow(i, v, r, Window(start, end), s) for i, v, r, start, end, s in rows]

    def spans(
        self, video_id: str, kind: SpanKind | None = None, window: Window | None = None
    ) -> list[SpanRow]:
        """Words of a video in time order, of one kind and overlapping a window if given."""
        where, parameters = ["video_id = ?"], [video_id]
        if kind is not None:
            where.append("kind = ?")
            parameters.append(kind)
        bounds: list[float] = []
        if window is not None:
            where.append("start_s < ? AND end_s > ?")
            bounds = [window.end_s, window.start_s]
        rows = self.query(
            f"SELECT {SPAN_COLUMNS} FROM span WHERE {' AND '.join(where)} ORDER BY start_s, id",
            [*parameters, *bounds],
        )
        return [span_row(row) for row in rows]


SPAN_COLUMNS = "id, video_id, kind, source, language, start_s, end_s, text, confidence"


def span_row(row: Sequence[Any]) -> SpanRow:
    """A `SpanRow` from a row of `SPAN_COLUMNS`."""
    span_id, video_id, kind, source, language, start_s, end_s, text, confidence = row
    return SpanRow(span_id, video_id, Words(kind, source, Window(start_s, end_s), text, language, confidence))


def _video_row(row: Sequence[Any]) -> VideoRow:
    values = list(row)
    values[9], values[11] = bool(values[9]), bool(values[11])
    return VideoRow(*values)
