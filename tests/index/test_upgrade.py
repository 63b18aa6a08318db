"""A catalog of an older schema is upgraded when it is opened; one of a newer schema is refused."""

import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations
from tests.index.disks import contents, copy_of_fixture, fill, read_only, small_disk
from tests.index.indexing import run_python

from playhead_index.errors import LibraryMismatch, LibraryReadOnly
from playhead_index.store import catalog as catalog_module
from playhead_index.store.catalog import CATALOG_NAME, Catalog
from playhead_index.store.lock import writing

UPGRADED = [("label",)]


def next_schema() -> Migrations:
    """The present schema and two migrations more: a table, then a column filled from what is there."""
    schema = Migrations("playhead")
    for migration in catalog_module.migrations.pending(Database(memory=True)):
        schema(name=migration.name)(migration.fn)

    @schema()
    def m900_label(db: Database) -> None:
        db.execute("CREATE TABLE label (video_id TEXT REFERENCES video ON DELETE CASCADE, text TEXT) STRICT")
        db.execute("INSERT INTO label SELECT video_id, codec FROM video")

    @schema()
    def m901_length(db: Database) -> None:
        db.execute("ALTER TABLE label ADD COLUMN length INTEGER")
        db.execute("UPDATE label SET length = length(text)")

    return schema


def labels(catalog: Catalog) -> list[tuple[Any, ...]]:
    return catalog.query("SELECT text, length FROM label")


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """The library of version 0.1 as it was written."""
    return copy_of_fixture(tmp_path / "library")


def test_opening_upgrades_the_file(older: Path) -> None:
    assert labels(Catalog(older, schema=next_schema())) == [("h264", 4)] * 3
    with sqlite3.connect(older / CATALOG_NAME) as db:
        assert db.execute("SELECT count(*) FROM label").fetchone() == (3,)


def test_an_upgraded_library_keeps_its_rows(older: Path) -> None:
    before = Catalog(older).query("SELECT * FROM span")
    assert Catalog(older, schema=next_schema()).query("SELECT * FROM span") == before


def test_a_library_that_cannot_be_written_to_is_upgraded_in_memory(older: Path) -> None:
    before = contents(older)
    with read_only(older) as library:
        catalog = Catalog(library, schema=next_schema())
        assert labels(catalog) == [("h264", 4)] * 3
        assert "older version and is read through a copy in memory: it is on a read-only" in catalog.note
        with pytest.raises(LibraryReadOnly, match="nothing can be changed"), catalog.atomic():
            pass
    assert contents(older) == before


def test_a_library_on_a_full_disk_is_upgraded_in_memory(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        library = copy_of_fixture(disk / "library")
        fill(disk)
        assert labels(Catalog(library, schema=next_schema())) == [("h264", 4)] * 3


def test_every_thread_reads_the_copy_in_memory(older: Path) -> None:
    found: list[Any] = []
    with read_only(older) as library:
        catalog = Catalog(library, schema=next_schema())
        threads = [threading.Thread(target=lambda: found.append(labels(catalog))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [[("h264", 4)] * 3] * 4


def test_while_another_process_writes_a_reader_upgrades_a_copy(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_module, "UPGRADE_WAIT_S", 0.1)
    hold = (
        "import sys; from pathlib import Path; from playhead_index.store.lock import writing\n"
        "with writing(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(older)]
    environment = {"PYTHONPATH": ":".join(sys.path)}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        catalog = Catalog(older, schema=next_schema())
        assert labels(catalog) == [("h264", 4)] * 3
        assert "is writing to this library" in catalog.note
        holder.kill()
    with catalog.atomic() as db:  # the lock is free: now the file is upgraded, and written to
        db.execute("DELETE FROM label")
    assert labels(Catalog(older, schema=next_schema())) == []


def test_a_writer_upgrades_inside_its_own_lock(older: Path) -> None:
    with writing(older):
        assert labels(Catalog(older, schema=next_schema())) == [("h264", 4)] * 3


def test_a_migration_that_fails_half_way_leaves_the_last_whole_one(older: Path) -> None:
    schema = next_schema()

    @schema()
    def m902_fails(db: Database) -> None:
        db.execute("DELETE FROM label")
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        Catalog(older, schema=schema)
    assert labels(Catalog(older, schema=next_schema())) == [("h264", 4)] * 3


OPEN = """
import sys
from pathlib import Path
from tests.index.indexing import kill_before
from tests.index.test_upgrade import labels, next_schema
from playhead_index.store.catalog import Catalog
prefix, _, number = sys.argv[2].rpartition("#")
kill_before(prefix, int(number))
print(labels(Catalog(Path(sys.argv[1]), schema=next_schema())))
"""


@pytest.mark.parametrize(
    "moment",
    [
        "CREATE TABLE label#1",
        "INSERT INTO label#1",
        'INSERT INTO "_sqlite_migrations"#1',
        "COMMIT#1",
        "ALTER TABLE label#1",
        "UPDATE label#1",
        "COMMIT#2",
    ],
)
def test_an_upgrade_killed_half_way_is_finished_by_the_next_opening(moment: str, older: Path) -> None:
    command = [sys.executable, "-c", OPEN, str(older), moment]
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    assert labels(Catalog(older, schema=next_schema())) == [("h264", 4)] * 3


def test_a_newer_library_is_refused_and_not_changed(older: Path) -> None:
    Catalog(older, schema=next_schema()).close()
    before = contents(older)
    with pytest.raises(LibraryMismatch, match=r"made by a newer Playhead \(its schema has m901_length"):
        Catalog(older)
    with pytest.raises(LibraryMismatch, match="update Playhead; nothing was changed"):
        Catalog(older, create=True)
    assert contents(older) == before


def test_a_library_that_is_just_being_made_is_not_called_cut_short(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from playhead_index.store.catalog import Catalog\n"
        "from playhead_index.errors import LibraryUnfinished\n"
        "try: Catalog(Path(sys.argv[1]))\n"
        "except LibraryUnfinished as error: print(error)"
    )
    (tmp_path / CATALOG_NAME).touch()
    with writing(tmp_path):
        assert "it is being made by process" in run_python(code, tmp_path)
    assert "its making was cut short" in run_python(code, tmp_path)
