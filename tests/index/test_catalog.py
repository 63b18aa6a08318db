import sqlite3
from pathlib import Path

import pytest

from playhead_index.errors import DiskFull, LibraryError, LibraryLocked, LibraryMissing, LibraryUnfinished
from playhead_index.store.catalog import CATALOG_NAME, Catalog, map_sqlite_errors


def test_a_folder_without_a_library_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing, match="playhead index VIDEO --library"):
        Catalog(tmp_path)


def test_a_library_whose_making_was_cut_short_says_how_to_go_on(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / CATALOG_NAME).close()
    (tmp_path / CATALOG_NAME).touch()
    with pytest.raises(LibraryUnfinished, match="cut short"):
        Catalog(tmp_path)
    assert Catalog(tmp_path, create=True).videos() == []


def test_a_file_that_is_no_database_is_a_library_error(tmp_path: Path) -> None:
    (tmp_path / CATALOG_NAME).write_bytes(b"this is not a database, it is only text" * 100)
    with pytest.raises(LibraryError, match="not a database"):
        Catalog(tmp_path)


def _write_and_fail(catalog: Catalog) -> None:
    with catalog.atomic() as db:
        db.execute("INSERT INTO space VALUES ('picture', 'm', 'r', 3)")
        db.execute("INSERT INTO nonsense VALUES (1)")


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, create=True)
    with pytest.raises(LibraryError, match="no such table"):
        _write_and_fail(catalog)
    assert catalog.query("SELECT * FROM space") == []


def test_a_catalog_is_made_once_and_opened_twice(tmp_path: Path) -> None:
    with Catalog(tmp_path, create=True).atomic() as db:
        db.execute("INSERT INTO space VALUES ('picture', 'm', 'r', 3)")
    assert Catalog(tmp_path, create=True).query("SELECT name, width FROM space") == [("picture", 3)]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("database or disk is full", DiskFull, id="a full disk"),
        pytest.param("disk I/O error", DiskFull, id="a quota"),
        pytest.param("database is locked", LibraryLocked, id="another writer"),
        pytest.param("no such table: nonsense", LibraryError, id="anything else"),
    ],
)
def test_sqlite_errors_become_ours(text: str, error: type[LibraryError]) -> None:
    with pytest.raises(error, match=text), map_sqlite_errors(Path("library")):
        raise sqlite3.OperationalError(text)
