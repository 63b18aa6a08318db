"""Opening a SQLite file of a library for reading, also where SQLite itself could not.

SQLite's write-ahead log needs an index beside the database (`-shm`) before anything can be read, so a plain
connection fails on a read-only or full disk (https://www.sqlite.org/wal.html, "Read-Only Databases"). Then
the file is read as it stands (`immutable=1`) when no log holds anything newer; else file and log are copied
to a temporary folder, joined there and read from memory.
"""

import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote
from uuid import uuid4

from playhead_index.errors import LibraryError
from playhead_index.store.disk import MIN_FREE_BYTES, describe_os_error, free_bytes, why_not_writable

BUSY_TIMEOUT_S = 30.0
MAX_COPY_ATTEMPTS = 3
LOG_INDEX_BYTES = 32 << 10
DISK_FULL = "the disk is full"
_MEMORY_FOLDER = Path("/dev/shm")
_NO_ROOM_TO_WRITE = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
}

Stamp = tuple[int, int, int, int]


@dataclass(slots=True)
class OpenedSqlite:
    """A connection, and what it can do.

    Args:
        connection: that can read; for use in any thread, by one at a time.
        how: `normal`; `immutable`, without locks, as long as the file does not change; `memory`, a copy.
        why_read_only: why nothing can be written by it; empty when something can.
        stamp: of the files that an immutable connection or a copy stands for.
    """

    connection: sqlite3.Connection
    how: Literal["normal", "immutable", "memory"]
    why_read_only: str
    stamp: Stamp


def open_sqlite(path: Path) -> OpenedSqlite:
    """A connection to a SQLite file by the first way that can read it.

    Raises:
        LibraryError: this user may not read the file, or its log cannot be copied.
        sqlite3.Error: it cannot be read for another reason, such as damage.
    """
    why = why_not_writable(path)
    if not why and not _index_fits(path):
        why = DISK_FULL
    else:
        try:
            return OpenedSqlite(_read_schema(connect(path)), "normal", why, file_stamp(path))
        except sqlite3.OperationalError as error:
            if not needs_to_write(error):
                raise
            why = why or _why_failed(path, error)
    _require_readable(path)
    stamp = file_stamp(path)
    if not log_has_content(path):
        return OpenedSqlite(_read_schema(connect(path, "immutable=1")), "immutable", why, stamp)
    return OpenedSqlite(copy_with_log(path), "memory", why, stamp)


def connect(path: Path, parameters: str = "") -> sqlite3.Connection:
    """A plain connection by URI, for use in any thread."""
    uri = f"file:{quote(str(path.absolute()).encode(errors='surrogateescape'))}?{parameters}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, check_same_thread=False)


def memory_database() -> tuple[sqlite3.Connection, str]:
    """An empty database in memory, and the URI by which other connections of this process reach it.

    It is there until its last connection is closed.
    """
    uri = f"file:playhead-{uuid4().hex}?mode=memory&cache=shared"
    return sqlite3.connect(uri, uri=True, check_same_thread=False), uri


def needs_to_write(error: sqlite3.OperationalError) -> bool:
    """Whether SQLite failed because it could not create or change a file."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _NO_ROOM_TO_WRITE


def log_has_content(path: Path) -> bool:
    """Whether a write-ahead log stands beside a database that may hold what the database does not."""
    with suppress(OSError):
        return log_path(path).stat().st_size > 0
    return False


def log_path(path: Path) -> Path:
    """The write-ahead log of a SQLite file."""
    return path.with_name(f"{path.name}-wal")


def index_path(path: Path) -> Path:
    """The index of the write-ahead log of a SQLite file, which all its connections share."""
    return path.with_name(f"{path.name}-shm")


def file_stamp(path: Path) -> Stamp:
    """What changes when a SQLite file or its log is changed: inode, size, time of change, size of the log."""
    stat = path.stat()
    log_size = log_path(path).stat().st_size if log_has_content(path) else 0
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, log_size


def copy_with_log(path: Path) -> sqlite3.Connection:
    """A database in memory with what a SQLite file and the log beside it hold together.

    Raises:
        LibraryError: there is no temporary folder with room for a copy of both files.
    """
    reason = "no temporary folder"
    for parent in (Path(tempfile.gettempdir()), _MEMORY_FOLDER):
        try:
            with tempfile.TemporaryDirectory(prefix="playhead-", dir=parent) as folder:
                return _joined(_copy_files(path, Path(folder)))
        except OSError as error:
            reason = f"{parent}: {describe_os_error(error)}"
    raise LibraryError(
        f"{path}: it can only be read together with {log_path(path).name}, and there is no room to copy both "
        f"({reason}); set TMPDIR to a folder with room"
    )


def _copy_files(path: Path, folder: Path) -> Path:
    """Copies of the database and its log; made again when either changed meanwhile."""
    copy = folder / path.name
    for _ in range(MAX_COPY_ATTEMPTS):
        before = file_stamp(path)
        shutil.copyfile(path, copy)
        if log_has_content(path):
            shutil.copyfile(log_path(path), log_path(copy))
        if file_stamp(path) == before:
            break
    return copy


def _joined(copy: Path) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    with closing(sqlite3.connect(copy)) as source:
        source.backup(memory)
    return memory


def _read_schema(connection: sqlite3.Connection) -> sqlite3.Connection:
    """The connection, once it has read from its file; closed when it cannot."""
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _index_fits(path: Path) -> bool:
    """Whether the index of a file's log is there or can be made.

    SQLite makes it page by page, and on a full disk leaves what it has made: each try would take the room
    that somebody may just have freed.
    """
    with suppress(OSError):
        if path.stat().st_size == 0 or index_path(path).stat().st_size >= LOG_INDEX_BYTES:
            return True
    return not path.exists() or free_bytes(path.parent) >= MIN_FREE_BYTES


def _why_failed(path: Path, error: sqlite3.OperationalError) -> str:
    if free_bytes(path.parent) < MIN_FREE_BYTES:
        return DISK_FULL
    return f"SQLite cannot write beside it ({error})"


def _require_readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise LibraryError(f"{path}: it cannot be read: {describe_os_error(error)}") from error
