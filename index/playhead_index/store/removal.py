"""Removes videos from a library: rows, vectors and unneeded files; also on a full disk.

On a full disk the files go first. Then the video's own row goes, in a write so small (two pages of the log)
that it fits where a shard was; everything else that belongs to it is left over, and goes in small steps as
far as there is space. `purge_removed` deletes what is still left over: `gc` and every indexing run begin so.
"""

import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from sqlite_utils import Database

from playhead_index.errors import DiskFull, LibraryLocked
from playhead_index.store.cache import drop_file
from playhead_index.store.catalog import Catalog
from playhead_index.store.manifest import MANIFEST_LEFTOVER, MANIFEST_NAME, write_manifest
from playhead_index.store.schema import LIVE
from playhead_index.store.shards import VECTORS

ROWS_PER_STEP = 16
"""Rows deleted between two checkpoints of the log on a full disk: their pages must fit into what is free."""

RESERVE_NAME, RESERVE_BYTES = ".reserve", 64 * 1024
"""A file that reserves space for a removal on a full disk: the log of the smallest write needs three pages,
its index 32 KB."""

_TABLES_OF_VIDEO = """
SELECT DISTINCT made.name FROM sqlite_master AS made, pragma_foreign_key_list(made.name) AS reference
WHERE made.type = 'table' AND reference."table" = 'video'
"""
_LEFTOVER_VIDEOS = """
SELECT video_id FROM stage WHERE video_id NOT IN (SELECT video_id FROM video)
UNION SELECT video_id FROM place WHERE video_id NOT IN (SELECT video_id FROM video)
"""
_DELETE_LEFTOVER_STATES = "DELETE FROM file_state WHERE path NOT IN (SELECT path FROM place)"


def delete_rows(catalog: Catalog, video_id: str) -> None:
    """Deletes all rows of a video in one transaction, or with as little space as possible on a full disk.

    Raises:
        DiskFull: there is no space for even the smallest write.
    """
    try:
        with catalog.atomic() as db:
            db.execute("DELETE FROM span WHERE video_id = ?", (video_id,))
            db.execute(
                "DELETE FROM failure WHERE path IN (SELECT path FROM place WHERE video_id = ?)", (video_id,)
            )
            db.execute("DELETE FROM video WHERE video_id = ?", (video_id,))
    except DiskFull:
        folder = catalog.path.parent
        drop_file(folder / RESERVE_NAME)
        delete_unneeded_files(folder, {video.video_id for video in catalog.videos()} - {video_id})
        try:
            _delete_frugally(catalog, video_id, "EXCLUSIVE")
        except LibraryLocked:  # somebody reads, so that the log's index is on the disk already
            _delete_frugally(catalog, video_id, "NORMAL")


def delete_retired(catalog: Catalog) -> None:
    """Deletes the rows of replaced versions (`store.places`).

    Raises:
        DiskFull: there is no space for that.
    """
    with catalog.atomic() as db:
        db.execute(f"DELETE FROM span WHERE NOT {LIVE}")
        db.execute(f"DELETE FROM video WHERE NOT {LIVE}")


def purge_removed(catalog: Catalog) -> None:
    """Deletes the rows of removed videos that a full disk or a killed process has left over.

    Raises:
        DiskFull: there is no space for that.
    """
    left_over = [video_id for (video_id,) in catalog.query(_LEFTOVER_VIDEOS)]
    for video_id in left_over:
        with catalog.atomic() as db:
            for table in _tables(db):
                db.execute(f"DELETE FROM {table} WHERE video_id = ?", (video_id,))
    if catalog.query("PRAGMA foreign_key_check(file_state)"):
        with catalog.atomic() as db:
            db.execute(_DELETE_LEFTOVER_STATES)


def delete_unneeded_files(folder: Path, needed: Collection[str]) -> None:
    """Deletes caches, what killed writers left, and the vectors of all videos but the needed ones.

    Links are removed and never followed.
    """
    for file in unneeded_files(folder, needed):
        drop_file(file)


def unneeded_files(folder: Path, needed: Collection[str]) -> Iterator[Path]:
    """The files of a library that can be made again, or that nothing points to.

    Args:
        folder: the library's folder.
        needed: ids of the videos whose vectors are kept out of the result.
    """
    yield from _files(folder / "cache")
    for space in _entries(folder / VECTORS):
        for file in _files(space):
            if file.suffix == ".f16" and file.stem not in needed:
                yield file
    yield from (file for file in _files(folder) if file.name.startswith(MANIFEST_LEFTOVER))


def keep_reserve(folder: Path) -> None:
    """Writes the reserve where it is missing and there is space for it."""
    reserve = folder / RESERVE_NAME
    if reserve.is_symlink() or reserve.exists():
        return
    try:
        reserve.write_bytes(bytes(RESERVE_BYTES))
    except OSError:
        drop_file(reserve)


def replace_manifest(folder: Path, catalog: Catalog) -> None:
    """Writes the manifest, on a full disk into the space of the old one.

    Raises:
        DiskFull: even that is too little.
    """
    try:
        write_manifest(folder, catalog)
    except DiskFull:
        drop_file(folder / MANIFEST_NAME)
        write_manifest(folder, catalog)


def _delete_frugally(catalog: Catalog, video_id: str, locking: Literal["NORMAL", "EXCLUSIVE"]) -> None:
    """Deletes a video's own row, then as much of what belongs to it as there is space for."""
    with catalog.frugal(locking) as db:
        with db.atomic():
            db.execute("DELETE FROM video WHERE video_id = ?", (video_id,))
        _purge_in_steps(db)


def _purge_in_steps(db: Database) -> None:
    """Deletes what is left over in small transactions, as far as the disk has space."""
    with suppress(sqlite3.OperationalError):
        for (video_id,) in db.execute(_LEFTOVER_VIDEOS).fetchall():
            for table in _tables(db):
                _shorten_log(db)
                while _delete_step(db, table, video_id):
                    _shorten_log(db)


def _shorten_log(db: Database) -> None:
    """Moves what the log holds into the catalog, so that the log's space is free again."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _delete_step(db: Database, table: str, video_id: str) -> int:
    with db.atomic():
        rows = f"SELECT rowid FROM {table} WHERE video_id = ? LIMIT {ROWS_PER_STEP}"
        return int(db.execute(f"DELETE FROM {table} WHERE rowid IN ({rows})", (video_id,)).rowcount)


def _tables(db: Database) -> list[str]:
    """The tables with rows of a video; last those by whose rows `_LEFTOVER_VIDEOS` finds it."""
    return sorted(
        (name for (name,) in db.execute(_TABLES_OF_VIDEO)),
        key=lambda name: (name in ("place", "stage"), name),
    )


def _files(folder: Path) -> list[Path]:
    return [entry for entry in _entries(folder) if entry.is_symlink() or entry.is_file()]


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder; nothing for one that is not there, or is a link."""
    if folder.is_symlink():
        return []
    with suppress(OSError):
        return [Path(entry.path) for entry in os.scandir(folder)]
    return []
