"""Real disks for tests: full ones, read-only ones, and a user without rights.

Mounting needs root and the right to mount; tests that use these are skipped, saying why, where either is
missing.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from playhead_index.store.catalog import CATALOG_NAME, Catalog

FIXTURE = Path(__file__).parents[1] / "fixtures/library-0.1/library"
NOBODY = 65534


def copy_of_fixture(folder: Path) -> Path:
    """The library of version 0.1 as it was written, in a folder that is not there yet."""
    return Path(shutil.copytree(FIXTURE, folder))


def library_copy(folder: Path) -> Path:
    """The library of version 0.1 with the present schema, closed, in a folder that is not there yet."""
    Catalog(copy_of_fixture(folder)).close()
    (folder / "writer.lock").unlink(missing_ok=True)
    return folder


def leave_log(library: Path, sql: str, *, with_index: bool) -> None:
    """Commits a change by a process that dies before the change is in the catalog's file.

    Args:
        library: whose catalog.
        sql: the change.
        with_index: leave the log's index (`-shm`) too, as a killed process does.
    """
    code = f"import os, sqlite3; db = sqlite3.connect({str(library / CATALOG_NAME)!r}); db.execute({sql!r})"
    subprocess.run([sys.executable, "-c", f"{code}; db.commit(); os._exit(0)"], check=True)
    assert (library / f"{CATALOG_NAME}-wal").stat().st_size > 0
    if not with_index:
        (library / f"{CATALOG_NAME}-shm").unlink()


def contents(library: Path) -> dict[str, bytes]:
    """Every file of a library."""
    files = (path for path in library.rglob("*") if path.is_file())
    return {str(path.relative_to(library)): path.read_bytes() for path in files}


def ids_in(library: Path) -> set[str]:
    """The videos in a catalog, read past all of the code under test."""
    with sqlite3.connect(library / CATALOG_NAME) as db:
        return {video_id for (video_id,) in db.execute("SELECT video_id FROM video")}


def need_root() -> None:
    """Skips a test for whoever is not root."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a disk or to become another user")


@contextmanager
def mounted(place: Path, *how: str) -> Iterator[Path]:
    """Inside, something is mounted at a folder; unmounted at the end whatever happens."""
    need_root()
    place.mkdir()
    done = subprocess.run(["mount", *how, str(place)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"root may not mount on this machine: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def read_only(folder: Path) -> Iterator[Path]:
    """A folder seen through a mount that nobody can write to."""
    with mounted(folder.with_name(f"{folder.name}-read-only"), "--bind", str(folder)) as place:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(place)], check=True)
        yield place


@contextmanager
def small_disk(place: Path, size_kb: int = 4096) -> Iterator[Path]:
    """A disk of its own in memory (tmpfs)."""
    with mounted(place, "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs"):
        yield place


def fill(disk: Path) -> None:
    """Fills a disk to the last byte."""
    with (disk / "filler").open("ab", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    assert os.statvfs(disk).f_bavail == 0


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, which pytest's are not; deleted at the end."""
    folder = Path(tempfile.mkdtemp(prefix="playhead-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def other_user() -> Iterator[None]:
    """Inside, this process has the rights of a user who owns nothing."""
    need_root()
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
