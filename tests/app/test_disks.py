"""Libraries on read-only and full disks and of other users: all that reads works, writers say why not."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.index import indexing
from tests.index.disks import (
    contents,
    fill,
    ids_in,
    leave_log,
    library_copy,
    open_folder,
    other_user,
    read_only,
    small_disk,
)  # fmt: skip
from tests.made_videos import MadeVideo

from playhead import Library
from playhead.models import ModelNames
from playhead_agent.persistence.checkpoints import CHECKPOINTS_NAME
from playhead_index.build import build_library
from playhead_index.errors import DiskFull, LibraryError, LibraryReadOnly, LibraryUnfinished
from playhead_index.executor import InProcess
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.store.catalog import CATALOG_NAME, Catalog

MONDAY, TUESDAY, SILENT = "vf14da984c508e3613d78", "vffdef62d62d3cdef3def", "v43b05932e021c0456967"
QUESTION = "When does he mention the exam?"
WORDS_ONLY = ModelNames("off", "off", "off", "off", "off", video="off")
WRITERS: dict[str, Callable[[Library], Any]] = {
    "index": lambda library: list(library.index([])),
    "remove": lambda library: library.remove(SILENT),
    "gc": lambda library: library.gc(),
    "relink": lambda library: list(library.relink([library.folder])),
    "set the recording date": lambda library: library.set_recorded(SILENT, None),
}
EVERY_WRITER = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


def open_library(folder: Path) -> Library:
    return Library(folder, WORDS_ONLY)


def read_everything(folder: Path) -> dict[str, Any]:
    """What each command that reads gives."""
    library = open_library(folder)
    answer = library.ask(QUESTION, thread_id="first")
    return {
        "list": [(video.video.video_id, video.counts, video.finished) for video in library.videos()],
        "failures": library.failures(),
        "search": [(m.video_id, m.window) for m in library.search("posterior odds").moments],
        "verify": [(problem.kind, problem.subject) for problem in library.verify()],
        "show": [span.words.text for span in library.words(MONDAY)],
        "chapters": library.chapters(TUESDAY)[0],
        "ask": (answer.text, answer.status, answer.thread_id),
        "manifest": library.manifest,
    }


@pytest.fixture
def writable(tmp_path: Path) -> dict[str, Any]:
    """What reading gives where everything can be written; it also imports all that reading needs."""
    return read_everything(library_copy(tmp_path / "writable"))


@pytest.fixture(params=["read-only disk", "full disk", "library of another user"])
def unwritable(request: pytest.FixtureRequest, tmp_path: Path, writable: dict[str, Any]) -> Iterator[Path]:
    with ExitStack() as stack:
        if request.param == "read-only disk":
            yield stack.enter_context(read_only(library_copy(tmp_path / "library")))
        elif request.param == "full disk":
            disk = stack.enter_context(small_disk(tmp_path / "disk"))
            library = library_copy(disk / "library")
            fill(disk)
            yield library
        else:
            library = library_copy(stack.enter_context(open_folder()) / "library")
            stack.enter_context(other_user())
            yield library


def test_everything_that_reads_gives_what_it_gives_elsewhere(
    unwritable: Path, writable: dict[str, Any]
) -> None:
    before = contents(unwritable)
    assert read_everything(unwritable) == writable
    after = contents(unwritable)
    assert {name: after[name] for name in before} == before


def test_the_answer_says_that_its_conversation_is_not_saved(unwritable: Path) -> None:
    answer = open_library(unwritable).ask(QUESTION, thread_id="new")
    assert answer.status == "answered"
    assert "this conversation is not saved: the library is read-only" in answer.notes[-1]


def test_a_saved_conversation_is_gone_on_with(unwritable: Path) -> None:
    answer = open_library(unwritable).ask("and after that?", thread_id="first")
    assert "interpreted as: What is said right after Bayes is mentioned?" in answer.notes


def test_the_library_says_that_it_is_read_only(unwritable: Path) -> None:
    catalog = Catalog(unwritable)
    assert catalog.is_read_only
    assert catalog.note.startswith("the library is read-only: ")


def test_a_writable_library_has_no_note(tmp_path: Path) -> None:
    catalog = Catalog(library_copy(tmp_path / "library"))
    assert (catalog.is_read_only, catalog.note) == (False, "")


@EVERY_WRITER
def test_a_writer_on_a_read_only_disk_says_why_not(
    write: Callable[[Library], Any], tmp_path: Path, writable: dict[str, Any]
) -> None:
    with (
        read_only(library_copy(tmp_path / "library")) as library,
        pytest.raises(
            LibraryReadOnly, match="nothing can be changed there: it is on a read-only file system"
        ),
    ):
        write(open_library(library))


@EVERY_WRITER
def test_a_writer_without_permission_says_why_not(
    write: Callable[[Library], Any], writable: dict[str, Any]
) -> None:
    with open_folder() as folder:
        library = library_copy(folder / "library")
        before = contents(library)
        with (
            other_user(),
            pytest.raises(LibraryReadOnly, match=r"nothing can be changed there.*permission denied"),
        ):
            write(open_library(library))
        assert contents(library) == before


def test_a_folder_that_may_not_be_entered_is_one_line(writable: dict[str, Any]) -> None:
    with open_folder() as folder:
        library = library_copy(folder / "library")
        library.chmod(0o700)
        with other_user(), pytest.raises(LibraryError, match=r"cannot be opened: .*permission denied"):
            Catalog(library)


def test_a_catalog_that_may_not_be_read_is_one_line(writable: dict[str, Any]) -> None:
    with open_folder() as folder:
        library = library_copy(folder / "library")
        (library / CATALOG_NAME).chmod(0o600)
        with other_user(), pytest.raises(LibraryError, match=r"catalog\.sqlite: it cannot be read: .*denied"):
            Catalog(library)


@pytest.mark.parametrize("with_index", [True, False], ids=["log and its index", "log alone"])
def test_changes_that_stand_in_the_log_alone_are_read_from_a_read_only_disk(
    with_index: bool, tmp_path: Path
) -> None:
    folder = library_copy(tmp_path / "library")
    leave_log(folder, f"DELETE FROM video WHERE video_id = '{SILENT}'", with_index=with_index)
    with read_only(folder) as library:
        assert {video.video_id for video in Catalog(library).videos()} == {MONDAY, TUESDAY}


def test_changes_that_stand_in_the_log_alone_are_read_from_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        library = library_copy(disk / "library")
        leave_log(library, f"DELETE FROM video WHERE video_id = '{SILENT}'", with_index=False)
        fill(disk)
        assert {video.video_id for video in Catalog(library).videos()} == {MONDAY, TUESDAY}


def test_a_library_that_changes_behind_a_read_only_mount_is_read_as_it_is_now(tmp_path: Path) -> None:
    folder = library_copy(tmp_path / "library")
    with read_only(folder) as library:
        reader = open_library(library)
        assert len(reader.search("posterior odds", lanes=["speech"]).moments) == 1
        open_library(folder).remove(MONDAY)
        assert {video.video_id for video in reader.catalog.videos()} == {TUESDAY, SILENT}
        assert reader.search("posterior odds", lanes=["speech"]).moments == []


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A library on a disk that is full to the last byte."""
    with small_disk(tmp_path / "disk") as disk:
        library = library_copy(disk / "library")
        fill(disk)
        yield library


@pytest.mark.parametrize("video_id", [MONDAY, TUESDAY, SILENT])
def test_a_video_is_removed_from_a_full_disk(video_id: str, full: Path) -> None:
    open_library(full).remove(video_id)
    (full.parent / "filler").unlink()
    assert ids_in(full) == {MONDAY, TUESDAY, SILENT} - {video_id}
    assert not list(full.glob(f"vectors/*/{video_id}.f16"))
    kinds = {problem.kind for problem in open_library(full).verify()}
    assert kinds == {"failed", "moved"}  # as before: its videos and the broken file are elsewhere


def test_a_video_with_a_single_small_shard_is_removed_from_a_full_disk(
    tmp_path: Path, talking_video: MadeVideo
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        library = disk / "library"
        (report,) = build_library(
            library, [talking_video.path], IndexSettings(transcribe="never"), Models, InProcess()
        )
        fill(disk)
        open_library(library).remove(str(report.video_id))
        assert ids_in(library) == set()


def test_all_videos_are_removed_from_a_full_disk_one_after_the_other(full: Path) -> None:
    for video_id in (MONDAY, TUESDAY, SILENT):
        open_library(full).remove(video_id)
    assert open_library(full).videos() == []


def test_rows_that_a_full_disk_left_over_go_when_there_is_room(full: Path) -> None:
    open_library(full).remove(MONDAY)
    (full.parent / "filler").unlink()
    open_library(full).gc()
    for table in ("span", "frame", "segment", "stage", "place", "recording", "summary"):
        assert Catalog(full).query(f"SELECT count(*) FROM {table} WHERE video_id = ?", (MONDAY,)) == [(0,)]
    assert Catalog(full).query("INSERT INTO span_fts (span_fts) VALUES ('integrity-check')") == []


def test_states_of_files_that_a_full_disk_left_over_go_when_there_is_room(tmp_path: Path) -> None:
    library = library_copy(tmp_path / "library")
    catalog = Catalog(library)
    with catalog.atomic() as db:
        db.execute("INSERT INTO file_state SELECT path, 1 FROM place")
    with catalog.frugal("NORMAL") as db, db.atomic():
        db.execute("DELETE FROM place WHERE video_id = ?", (MONDAY,))
    open_library(library).gc()
    assert Catalog(library).query("SELECT count(*) FROM file_state") == [(2,)]


def test_gc_gives_back_files_on_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        library = library_copy(disk / "library")
        (library / "cache").mkdir(exist_ok=True)
        for name in ("cache/words.safetensors", "vectors/picture/v0.f16", ".manifest.json.123"):
            (library / name).write_bytes(bytes(8192))
        fill(disk)
        assert open_library(library).gc() >= 3 * 8192
        assert open_library(library).search("posterior odds").moments


def test_indexing_on_a_full_disk_says_so_and_goes_on_when_there_is_room(full: Path) -> None:
    with pytest.raises(DiskFull, match="nothing more can be written"):
        list(open_library(full).index([]))
    (full.parent / "filler").unlink()
    assert list(open_library(full).index([])) == []


def test_a_read_only_library_is_read_without_trusting_its_schema(unwritable: Path) -> None:
    assert Catalog(unwritable).query("PRAGMA trusted_schema") == [(0,)]


@pytest.mark.parametrize("size_kb", [120, 200, 240, 280, 320])
def test_a_disk_that_fills_while_indexing_leaves_a_library_that_is_read_and_goes_on(
    size_kb: int, tmp_path: Path, counted_video: MadeVideo
) -> None:
    with small_disk(tmp_path / "disk", size_kb) as disk:
        with pytest.raises(DiskFull, match="free space and run"):
            indexing.index(disk / "library", counted_video.path)
        fill(disk)
        assert read_after_a_failed_run(disk / "library") in ("read", "cut short")
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        assert [report.status for report in indexing.index(disk / "library", counted_video.path)] == [
            "indexed"
        ]
        assert list(open_library(disk / "library").verify()) == []


def read_after_a_failed_run(folder: Path) -> str:
    """`read` when everything could be read, `cut short` when the library says that its making was."""
    try:
        library = open_library(folder)
        library.search("brightness")
        return "finished" if any(video.finished for video in library.videos()) else "read"
    except LibraryUnfinished as error:
        return "cut short" if "its making was cut short" in str(error) else str(error)


def test_a_checkpoint_file_that_is_a_link_out_of_the_library_is_refused(tmp_path: Path) -> None:
    library, outside = library_copy(tmp_path / "library"), tmp_path / "outside.sqlite"
    (library / CHECKPOINTS_NAME).rename(outside)
    (library / CHECKPOINTS_NAME).symlink_to(outside)
    before = outside.read_bytes()
    with pytest.raises(LibraryError, match="a link that leads out of the library"):
        open_library(library).ask(QUESTION)
    assert outside.read_bytes() == before


def test_a_disk_that_fills_during_a_question_costs_the_conversation_and_not_the_answer(
    tmp_path: Path, writable: dict[str, Any]
) -> None:
    with small_disk(tmp_path / "disk") as disk:
        library = open_library(library_copy(disk / "library"))
        answer = library.ask(QUESTION, thread_id="new", on_progress=lambda progress: fill(disk))
        assert (answer.status, "this conversation is not saved" in answer.notes[-1]) == ("answered", True)


REMOVE = """
import sys
from pathlib import Path
from tests.index.indexing import kill_before
from playhead_index.lifecycle import remove_video
from playhead_index.store.catalog import Catalog
prefix, _, number = sys.argv[3].rpartition("#")
kill_before(prefix, int(number))
remove_video(Catalog(Path(sys.argv[1])), sys.argv[2])
"""


@pytest.mark.parametrize(
    "moment",
    [
        "DELETE FROM video#1",
        "COMMIT#1",
        "DELETE FROM frame#1",
        "DELETE FROM span#1",
        "COMMIT#5",
    ],
)
def test_a_removal_that_is_killed_on_a_full_disk_is_finished_by_the_next(moment: str, full: Path) -> None:
    command = [sys.executable, "-c", REMOVE, str(full), MONDAY, moment]
    killed = subprocess.run(command, env={"PYTHONPATH": ":".join(sys.path)}, check=False)
    assert killed.returncode == -signal.SIGKILL
    library = open_library(full)
    if MONDAY in {video.video.video_id for video in library.videos()}:
        library.remove(MONDAY)
    (full.parent / "filler").unlink()
    library.gc()
    assert ids_in(full) == {TUESDAY, SILENT}
    assert Catalog(full).query("SELECT count(*) FROM span") == [(8,)]
    assert Catalog(full).query("INSERT INTO span_fts (span_fts) VALUES ('integrity-check')") == []
    assert {problem.kind for problem in library.verify()} == {"moved"}  # gc forgets failures of gone files
