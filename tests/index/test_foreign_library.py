"""A library that somebody else has made cannot lead Playhead out of its folder, or run code of its own."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.index.disks import library_copy

from playhead_index.errors import LibraryError
from playhead_index.lifecycle import collect_garbage, remove_video
from playhead_index.store.cache import cache_path, write_cache
from playhead_index.store.catalog import CATALOG_NAME, Catalog
from playhead_index.store.lock import writing
from playhead_index.store.manifest import write_manifest
from playhead_index.store.shards import Shards

SILENT = "v43b05932e021c0456967"
SECRET = b"not of the library"
BAD_IDS = ["../../../victim", "a/b", "..", ".", "", "/etc/passwd", "a\0b", "-x", "v\n", "\x1b[2J", "v" * 65]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return library_copy(tmp_path / "library")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the library, with a file that must stay as it is."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / f"{SILENT}.f16").write_bytes(SECRET)
    return folder


def only_secret(outside: Path) -> bool:
    return [path.read_bytes() for path in outside.iterdir()] == [SECRET]


def change(library: Path, *statements: str) -> None:
    with sqlite3.connect(library / CATALOG_NAME) as db:
        for statement in statements:
            db.execute(statement)


def test_an_id_that_leads_out_of_the_folder_is_refused_when_the_library_is_opened(library: Path) -> None:
    change(library, f"UPDATE video SET video_id = '../../../victim' WHERE video_id = '{SILENT}'")
    with pytest.raises(LibraryError, match=r"holds the video id '\.\./\.\./\.\./victim', expected letters"):
        Catalog(library)


def test_a_space_that_leads_out_of_the_folder_is_refused_when_the_library_is_opened(library: Path) -> None:
    change(library, "INSERT INTO space VALUES ('../../outside', 'm', 'r', 3)")
    with pytest.raises(LibraryError, match=r"holds the vector space '\.\./\.\./outside', expected small"):
        Catalog(library)


SHARD_CALLS: dict[str, Callable[[Shards, str], Any]] = {
    "append": lambda shards, video_id: shards.append(video_id, np.zeros((1, 3), np.float32)),
    "truncate": lambda shards, video_id: shards.truncate(video_id, 0),
    "remove": lambda shards, video_id: shards.remove(video_id),
    "read": lambda shards, video_id: shards.read(video_id),
    "read rows": lambda shards, video_id: shards.read_rows(video_id, np.array([0])),
    "count": lambda shards, video_id: shards.count(video_id),
}
EVERY_CALL = pytest.mark.parametrize("call", SHARD_CALLS.values(), ids=SHARD_CALLS)


@EVERY_CALL
@pytest.mark.parametrize("video_id", BAD_IDS)
def test_no_call_makes_a_path_of_a_bad_id(
    call: Callable[[Shards, str], Any], video_id: str, tmp_path: Path
) -> None:
    with pytest.raises(LibraryError, match="holds the video id"):
        call(Shards(tmp_path, "picture", 3), video_id)


@EVERY_CALL
def test_a_shard_that_is_a_link_out_of_the_library_is_not_followed(
    call: Callable[[Shards, str], Any], library: Path, outside: Path
) -> None:
    shard = library / f"vectors/picture/{SILENT}.f16"
    shard.unlink()
    shard.symlink_to(outside / shard.name)
    with pytest.raises(LibraryError, match="a link that leads out of the library"):
        call(Shards(library, "picture", 3), SILENT)
    assert only_secret(outside)


def link_folder(library: Path, name: str, outside: Path) -> None:
    if (library / name).exists():
        (library / name).rename(library / "moved")
    (library / name).symlink_to(outside)


@pytest.mark.parametrize("name", ["vectors", "vectors/picture"])
def test_a_folder_of_vectors_that_leads_out_of_the_library_is_not_followed(
    name: str, library: Path, outside: Path
) -> None:
    link_folder(library, name, outside)
    with pytest.raises(LibraryError, match="a link that leads out of the library"):
        Shards(library, "picture", 3)
    with pytest.raises(LibraryError, match="a link that leads out of the library"):
        remove_video(Catalog(library), SILENT)
    assert only_secret(outside)


@pytest.mark.parametrize("name", ["vectors", "vectors/picture", "vectors/other", "cache"])
def test_gc_deletes_nothing_behind_a_link(name: str, library: Path, outside: Path) -> None:
    link_folder(library, name, outside)
    collect_garbage(Catalog(library))
    assert only_secret(outside)


def test_no_cache_is_written_behind_a_link(library: Path, outside: Path) -> None:
    link_folder(library, "cache", outside)
    assert not write_cache(cache_path(library, "words"), {"a": np.zeros(1)}, {})
    assert only_secret(outside)


def test_a_manifest_in_the_making_is_not_written_through_a_link(
    library: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getpid", lambda: 5)
    (library / ".manifest.json.5").symlink_to(outside / f"{SILENT}.f16")
    write_manifest(library, Catalog(library))
    assert only_secret(outside)


def test_the_holder_of_the_lock_is_not_written_through_a_link(library: Path, outside: Path) -> None:
    (library / "writer.json").symlink_to(outside / f"{SILENT}.f16")
    with writing(library):
        assert only_secret(outside)


@pytest.mark.parametrize("name", ["writer.lock", CATALOG_NAME])
def test_a_lock_or_catalog_that_is_a_link_out_of_the_library_is_refused(
    name: str, library: Path, outside: Path
) -> None:
    (library / name).unlink(missing_ok=True)
    (library / name).symlink_to(outside / f"{SILENT}.f16")
    with pytest.raises(LibraryError, match="a link that leads out of the library"), writing(library):
        Catalog(library)
    assert only_secret(outside)


def test_a_library_that_is_reached_by_a_link_is_opened(library: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(library)
    assert len(Catalog(tmp_path / "link").videos()) == 3


HOSTILE = {
    "trigger": "CREATE TRIGGER hostile AFTER DELETE ON video BEGIN DELETE FROM span; END",
    "changed trigger": "CREATE TRIGGER span_update AFTER UPDATE OF text ON span BEGIN DELETE FROM span; END",
    "view": "CREATE VIEW hostile AS SELECT * FROM video",
    "virtual table": "CREATE VIRTUAL TABLE hostile USING fts5 (text)",
}


@pytest.mark.parametrize("statement", HOSTILE.values(), ids=HOSTILE)
def test_code_that_playhead_did_not_make_is_refused_and_does_not_run(statement: str, library: Path) -> None:
    change(library, "DROP TRIGGER span_update", statement)
    with pytest.raises(LibraryError, match="which Playhead did not make and which could run"):
        Catalog(library)
    with sqlite3.connect(library / CATALOG_NAME) as db:
        assert db.execute("SELECT count(*) FROM span").fetchone() == (14,)
