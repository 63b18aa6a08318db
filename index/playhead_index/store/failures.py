"""Reads and writes the table `failure`: files that could not be indexed."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from playhead_index.paths import path_to_text, text_to_path
from playhead_index.store.catalog import Catalog


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be indexed.

    Args:
        path: of the file.
        error: why, in one line.
    """

    path: Path
    error: str


def read_failures(catalog: Catalog) -> list[Failure]:
    """The files that could not be indexed, in the order of their paths."""
    rows = catalog.query("SELECT path, error FROM failure ORDER BY path")
    return [Failure(text_to_path(path), error) for path, error in rows]


def write_failure(db: Database, path: Path, error: str, failed_at: str) -> None:
    """Stores that a file could not be indexed, inside the caller's `atomic()`.

    Args:
        db: the catalog's.
        path: of the file.
        error: why, in one cleaned line.
        failed_at: when, ISO 8601 in UTC.
    """
    row = {"path": path_to_text(path), "error": error, "failed_at": failed_at}
    db.table("failure").insert(row, replace=True)


def delete_failures(db: Database, paths: Iterable[Path]) -> None:
    """Deletes the failures of some files, inside the caller's `atomic()`."""
    for path in paths:
        db.execute("DELETE FROM failure WHERE path = ?", (path_to_text(path),))
