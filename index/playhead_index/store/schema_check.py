"""Checks of a catalog when it is opened: its version, its code, and the names that become file names.

A library may come from somebody else. Nothing in its catalog may run as code that Playhead did not write, or
lead a path out of its folder.
"""

import re
import sqlite3
from collections.abc import Iterable
from functools import lru_cache
from itertools import filterfalse
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from playhead_index.errors import LibraryError, LibraryMismatch

VIDEO_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
"""What a video's id may be. `identity.fingerprint` makes `v` and 20 hex digits; data sets use names."""
SPACE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")

_CODE = """
SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_master
WHERE type IN ('trigger', 'view') OR (type = 'table' AND sql LIKE 'CREATE VIRTUAL%')
"""


def safe_video_id(text: str) -> str:
    """The id, when it can be part of a file name.

    Raises:
        LibraryError: it can not.
    """
    if not VIDEO_ID.fullmatch(text):
        raise LibraryError(
            f"the library holds the video id {text!r}, expected letters, digits, '_', '-' and '.'; refused"
        )
    return text


def safe_space_name(text: str) -> str:
    """The name of a vector space, when it can be a folder's name.

    Raises:
        LibraryError: it can not.
    """
    if not SPACE_NAME.fullmatch(text):
        raise LibraryError(
            f"the library holds the vector space {text!r}, expected small letters, digits and '_'; refused"
        )
    return text


def refuse_unsafe_names(db: Database, path: Path) -> None:
    """Nothing, when every id and name of a catalog that becomes part of a path is one that Playhead makes.

    Raises:
        LibraryError: one is not.
    """
    try:
        ids = [str(video_id) for (video_id,) in db.execute("SELECT video_id FROM video")]
        for video_id in filterfalse(VIDEO_ID.fullmatch, ids):  # at every opening, so not one call an id
            safe_video_id(video_id)
        for (name,) in db.execute("SELECT name FROM space"):
            safe_space_name(name)
    except LibraryError as error:
        raise LibraryError(f"{path}: {error}") from error


def pending_migrations(db: Database, schema: Migrations) -> list[str]:
    """Names of the migrations that a catalog has not had, in order."""
    return [migration.name for migration in schema.pending(db)]


def refuse_newer_schema(db: Database, schema: Migrations, path: Path) -> None:
    """Nothing, when this version knows every migration that a catalog has had.

    Raises:
        LibraryMismatch: it does not.
    """
    known = _names(schema)
    newer = [migration.name for migration in schema.applied(db) if migration.name not in known]
    if newer:
        raise LibraryMismatch(
            f"{path.parent}: made by a newer Playhead (its schema has {newer[-1]}, this one knows up to "
            f"{known[-1]}); update Playhead; nothing was changed"
        )


def refuse_foreign_schema(db: Database, schema: Migrations, path: Path) -> None:
    """Nothing, when a catalog has just the triggers, views and virtual tables that its migrations make.

    Raises:
        LibraryError: one of them is another.
    """
    expected = _expected_code(schema, tuple(migration.name for migration in schema.applied(db)))
    for name, sql in db.execute(_CODE).fetchall():
        if expected.get(name) != sql:
            raise LibraryError(
                f"{path}: it holds the {name}, which Playhead did not make and which could run when the "
                f"library is changed; refused (sqlite3 {path.name} 'DROP {name}' removes it)"
            )


@lru_cache(maxsize=8)
def _expected_code(schema: Migrations, applied: Iterable[str]) -> dict[str, str]:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    db = Database(connection)
    for migration in schema.pending(db):
        if migration.name in applied:
            migration.fn(db)
    code = dict(db.execute(_CODE).fetchall())
    connection.close()
    return code


def _names(schema: Migrations) -> list[str]:
    connection = sqlite3.connect(":memory:")
    names = [migration.name for migration in schema.pending(Database(connection))]
    connection.close()
    return names
