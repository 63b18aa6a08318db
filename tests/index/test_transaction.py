"""Writers of one catalog wait for each other, also those that read before they write."""

import threading
from pathlib import Path

import pytest

from playhead_index.errors import LibraryError
from playhead_index.store.catalog import Catalog

INSERT = "INSERT INTO space VALUES (?, 'm', 'r', 3)"


def _insert(folder: Path, name: str) -> None:
    with Catalog(folder).atomic() as db:
        db.execute(INSERT, (name,))


def test_a_write_behind_a_read_waits_for_another_writer(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, create=True)
    other = threading.Thread(target=_insert, args=(tmp_path, "layout"))
    with catalog.atomic() as db:
        catalog.query("SELECT * FROM space")
        other.start()
        other.join(0.5)  # time enough to commit between the read and the write, were it not kept out
        db.execute(INSERT, ("picture",))
    other.join()
    assert catalog.query("SELECT name FROM space ORDER BY rowid") == [("picture",), ("layout",)]


def _insert_inside(catalog: Catalog, *names: str) -> None:
    with catalog.atomic() as db:
        for name in names:
            db.execute(INSERT, (name,))


def test_what_fails_inside_another_transaction_takes_only_itself_back(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, create=True)
    with catalog.atomic() as db:
        db.execute(INSERT, ("picture",))
        with pytest.raises(LibraryError, match="UNIQUE"):
            _insert_inside(catalog, "layout", "picture")
    assert catalog.query("SELECT name FROM space") == [("picture",)]
