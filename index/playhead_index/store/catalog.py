"""The catalog: one SQLite file that is the truth about a library.

Vectors stand beside it in shards (`store.shards`); a row here says which rows there count. Everything
a batch brings is committed in one `atomic()` after its vectors are on the disk, so that a crash at any
moment leaves a library that opens, and at most one batch to do again.

A library that cannot be written to is read all the same (`store.sqlite_file`), and one of an older schema is
upgraded when it is opened: in its file under the writer's lock, or else in a copy in memory.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from playhead_index.errors import (
    DiskFull,
    LibraryError,
    LibraryLocked,
    LibraryMissing,
    LibraryReadOnly,
    LibraryUnfinished,
    VideoUnknown,
)  # fmt: skip
from playhead_index.paths import text_to_path
from playhead_index.short_repr import short_repr
from playhead_index.store.cache import drop_file
from playhead_index.store.disk import exists, refuse_link, require_writable_folder, why_not_writable
from playhead_index.store.lock import holds_lock, is_being_written, lock_holder, writing
from playhead_index.store.schema import LIVE, migrations
from playhead_index.store.schema_check import (
    pending_migrations,
    refuse_foreign_schema,
    refuse_newer_schema,
    refuse_unsafe_names,
)  # fmt: skip
from playhead_index.store.sqlite_file import BUSY_TIMEOUT_S as BUSY_TIMEOUT_S
from playhead_index.store.sqlite_file import (
    DISK_FULL,
    OpenedSqlite,
    connect,
    file_stamp,
    index_path,
    memory_database,
    needs_to_write,
    open_sqlite,
)  # fmt: skip
from playhead_index.store.transaction import write_transaction
from playhead_index.window import Window
from playhead_index.words.protocol import SpanKind, Words

CATALOG_NAME = "catalog.sqlite"
MAX_IDS_IN_SQL = 500
"""Ids that one statement names; more are read in several statements, or all rows are."""
FRUGAL_BUSY_TIMEOUT_MS = 2000
UPGRADE_WAIT_S = 5.0
"""How long a reader waits for a writer before it upgrades a copy in memory instead of the file."""


@contextmanager
def map_sqlite_errors(where: Path) -> Iterator[None]:
    """Inside, an error of sqlite3 becomes the `LibraryError` that says what to do.

    Raises:
        DiskFull: the disk is full or a quota is used up.
        LibraryLocked: another process held the catalog for longer than the busy time-out.
        LibraryReadOnly: this user may not write there.
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
        if "readonly" in text:
            raise LibraryReadOnly(f"{where}: nothing can be changed there ({text})") from error
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
    """A segment: the piece between two changes of the image."""

    id: int
    video_id: str
    ordinal: int
    window: Window


@dataclass(frozen=True, slots=True)
class FrameRow:
    """An embedded frame; it stands for `window`, in which nothing visibly changed.

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
    __repr__ = short_repr


class Catalog:
    """An open catalog. Readers and one writer may work at the same time (SQLite's write-ahead log).

    Each thread gets a connection of its own.

    Args:
        folder: the library's folder.
        create: make the catalog when there is none; its schema appears whole or not at all.
        wait_s: with `create`, how long to wait for another writer when the schema must be made or upgraded;
            below 0 for ever.
        schema: the migrations that make the present schema.

    Raises:
        LibraryMissing: there is none and `create` is False.
        LibraryUnfinished: the file is there and holds no schema: the making of it was cut short.
        LibraryMismatch: it was made by a newer version; nothing was written.
        LibraryReadOnly: `create`, and nothing can be written there.
        LibraryLocked: `create`, and another process is still writing after `wait_s`.
        LibraryError: it cannot be read, or holds what Playhead does not make (`store.schema_check`).
    """

    def __init__(
        self,
        folder: Path,
        *,
        create: bool = False,
        wait_s: float = UPGRADE_WAIT_S,
        schema: Migrations = migrations,
    ) -> None:
        self.path = folder / CATALOG_NAME
        self.note = ""
        self._schema = schema
        self._local = threading.local()
        self._numbers = count()
        self._copy: _Copy | None = None
        is_existing = exists(self.path)
        if not is_existing and not create:
            raise LibraryMissing(
                f"no library in {folder}; make one with: playhead index VIDEO --library {folder}"
            )
        if not is_existing:
            require_writable_folder(self.path)
        refuse_link(self.path, folder)
        try:
            with map_sqlite_errors(self.path):
                if create:
                    self._make_schema(wait_s)
                self._check()
        except BaseException:
            self.close()
            raise

    @property
    def is_read_only(self) -> bool:
        """Whether this library is opened without any possibility to write.

        So it is on a read-only or full disk, for a user without permission to write, and when an older schema
        could not be upgraded in its file. Once space is free, the next write finds out (`atomic`).
        """
        return bool(self._opened().why_read_only)

    @property
    def connection_number(self) -> int:
        """A number of this thread's connection; another one when the file had to be opened anew."""
        self._opened()
        return int(self._local.number)

    @property
    def change_key(self) -> tuple[int, ...]:
        """Another one in the same thread after anything was committed, here or by another process."""
        (version,) = self.query("PRAGMA data_version")[0]
        return (self.connection_number, version, self.db.conn.total_changes)

    @property
    def db(self) -> Database:
        """This thread's connection."""
        self._opened()
        db: Database = self._local.db
        return db

    def close(self) -> None:
        """Closes this thread's connection."""
        db: Database | None = getattr(self._local, "db", None)
        if db is not None:
            db.close()
            del self._local.db, self._local.opened

    @contextmanager
    def atomic(self) -> Iterator[Database]:
        """A write that happens whole or not at all.

        Raises:
            LibraryReadOnly: nothing can be written to this library.
            DiskFull: the disk is full.
        """
        with map_sqlite_errors(self.path):
            self._require_writable()
            with write_transaction(self.db):
                yield self.db

    @contextmanager
    def frugal(self, locking: Literal["NORMAL", "EXCLUSIVE"]) -> Iterator[Database]:
        """A connection for the smallest possible writes, in the place of this thread's.

        Foreign keys are not enforced by it, so that a row can go before those that refer to it. With
        EXCLUSIVE locking the index of SQLite's log stands in memory instead of in 32 KB on the disk.

        Raises:
            LibraryLocked: EXCLUSIVE, and another connection has the catalog open.
            DiskFull: not even this is possible.
        """
        self.close()
        with map_sqlite_errors(self.path), closing(connect(self.path)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {FRUGAL_BUSY_TIMEOUT_MS}")
            connection.execute(f"PRAGMA locking_mode = {locking}")
            refuse_foreign_schema(db := Database(connection), self._schema, self.path)
            if locking == "EXCLUSIVE":  # nobody else can have the log's index open: its room is free to use
                drop_file(index_path(self.path))
            yield db

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a SELECT."""
        with map_sqlite_errors(self.path):
            return list(self.db.execute(sql, parameters).fetchall())

    # ---- opening ----

    def _opened(self) -> OpenedSqlite:
        """This thread's connection; opened anew when it reads without locks and the file has changed."""
        opened: OpenedSqlite | None = getattr(self._local, "opened", None)
        if opened is not None and not _is_stale(opened, self.path):
            return opened
        self.close()
        self._connect()
        if opened is not None:
            self._check()
        return self._local.opened  # type: ignore[no-any-return]

    def _connect(self) -> None:
        if self._copy is None:
            opened = open_sqlite(self.path)
        else:
            connection = sqlite3.connect(self._copy.uri, uri=True, check_same_thread=False)
            opened = OpenedSqlite(connection, "memory", self._copy.why, self._copy.stamp)
        opened.connection.execute("PRAGMA foreign_keys = ON")
        opened.connection.execute("PRAGMA synchronous = NORMAL")
        if opened.why_read_only:
            opened.connection.execute("PRAGMA query_only = ON")
            opened.connection.execute("PRAGMA trusted_schema = OFF")
        self._local.db, self._local.opened = Database(opened.connection), opened
        self._local.number = next(self._numbers)

    def _make_schema(self, wait_s: float) -> None:
        """Makes the schema, or upgrades it, under the writer's lock.

        Raises:
            LibraryReadOnly: nothing can be written there.
            DiskFull: the disk is full.
        """
        if self.is_read_only:
            raise self._cannot_change()
        refuse_newer_schema(self.db, self._schema, self.path)
        if not pending_migrations(self.db, self._schema):
            return
        with nullcontext() if holds_lock(self.path.parent) else writing(self.path.parent, wait_s=wait_s):
            self.db.enable_wal()
            self._schema.apply(self.db)

    def _check(self) -> None:
        """Refuses what this version cannot or must not read, and upgrades what is older."""
        if "space" not in self.db.table_names():
            folder = self.path.parent
            if is_being_written(folder):
                raise LibraryUnfinished(
                    f"{folder}: it is being made by {lock_holder(folder)}; try again shortly"
                )
            raise LibraryUnfinished(
                f"{folder}: its making was cut short; run: playhead index VIDEO --library {folder}"
            )
        refuse_newer_schema(self.db, self._schema, self.path)
        refuse_foreign_schema(self.db, self._schema, self.path)
        refuse_unsafe_names(self.db, self.path)
        if pending_migrations(self.db, self._schema):
            self._upgrade()
        if not self.note and self.is_read_only:
            self.note = f"the library is read-only: {self._local.opened.why_read_only}"

    def _upgrade(self) -> None:
        why = self._opened().why_read_only
        if not why:
            try:
                self._make_schema(UPGRADE_WAIT_S)
            except (LibraryLocked, LibraryReadOnly, DiskFull) as error:
                why = str(error)
            except sqlite3.OperationalError as error:
                if not needs_to_write(error):
                    raise
                why = DISK_FULL
        if why:
            self._upgrade_copy(why)

    def _upgrade_copy(self, why: str) -> None:
        """From here on this catalog is a copy in memory of the library as it stands now, upgraded."""
        anchor, uri = memory_database()
        stamp = self._opened().stamp
        self.db.conn.backup(anchor)
        self._schema.apply(Database(anchor))
        self.close()
        self._copy = _Copy(uri, anchor, why, stamp)
        self._connect()
        self.note = f"this library is of an older version and is read through a copy in memory: {why}"

    def _require_writable(self) -> None:
        """Opens the file anew when it could only be read until now: space may be free, or the lock, by now.

        Raises:
            LibraryReadOnly: nothing can be written to it.
            DiskFull: the disk is still full.
        """
        if not self.is_read_only:
            return
        self.close()
        self._copy = None
        self._connect()
        self._check()
        if self.is_read_only:
            raise self._cannot_change()

    def _cannot_change(self) -> LibraryError:
        folder, why = self.path.parent, self._opened().why_read_only
        if why_not_writable(self.path) or self._copy is not None:
            return LibraryReadOnly(f"{folder}: nothing can be changed there: {why}")
        return DiskFull(f"{folder}: nothing more can be written ({why}); free space and run again")

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
            text_to_path(path)
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
        """The embedded frames of a video in time order, which is the order of their shard rows."""
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

    def longest_texts(self, kinds: Sequence[SpanKind], limit: int) -> list[str]:
        """The longest texts of some kinds of spans, longest first, without those of retired videos."""
        marks = ", ".join("?" * len(kinds))
        rows = self.query(
            f"SELECT text FROM span WHERE kind IN ({marks}) AND {LIVE}"
            " ORDER BY length(text) DESC, id LIMIT ?",
            (*kinds, limit),
        )
        return [text for (text,) in rows]


@dataclass(frozen=True, slots=True)
class _Copy:
    """A catalog in memory: by which URI it is reached, the connection that keeps it, why it was needed."""

    uri: str
    anchor: sqlite3.Connection
    why: str
    stamp: tuple[int, int, int, int]


SPAN_COLUMNS = "id, video_id, kind, source, language, start_s, end_s, text, confidence, speaker"


def span_row(row: Sequence[Any]) -> SpanRow:
    """A `SpanRow` from a row of `SPAN_COLUMNS`."""
    span_id, video_id, kind, source, language, start_s, end_s, text, confidence, speaker = row
    words = Words(kind, source, Window(start_s, end_s), text, language, confidence, speaker)
    return SpanRow(span_id, video_id, words)


def _is_stale(opened: OpenedSqlite, path: Path) -> bool:
    """Whether a connection that reads without locks stands for what the file was, and not for what it is."""
    if opened.how != "immutable":
        return False
    with suppress(OSError):
        return file_stamp(path) != opened.stamp
    return False


def _video_row(row: Sequence[Any]) -> VideoRow:
    values = list(row)
    values[9], values[11] = bool(values[9]), bool(values[11])
    return VideoRow(*values)
