"""Whatever one file raises is that file's failure; the ones behind it are indexed all the same."""

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests import made_videos
from tests.index.test_decode_opening import latin_1_title
from tests.made_videos import MadeVideo
from tests.shared_data import shared

from playhead_index.build import VideoReport, build_library
from playhead_index.errors import LibraryMismatch, ModelUnavailable, VideoUnreadable
from playhead_index.executor import Executor, InProcess, LocalProcesses
from playhead_index.find_files import find_videos
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.lifecycle import (
    clear_failure,
    collect_garbage,
    relink,
    remove_video,
    verify,
)
from playhead_index.paths import path_to_text
from playhead_index.store.catalog import Catalog
from playhead_index.video_names import find_video
from playhead_index.words.protocol import NO_HINTS, RecognitionHints, TranscribedChunk, TranscriberTag

LATIN_1_NAME = os.fsdecode(b"m\xff.mp4")


@dataclass(frozen=True)
class Raising:
    """A `Transcriber` that raises for every sound."""

    error: BaseException
    name: str = "asr:raising"
    tag = TranscriberTag()

    def transcribe(
        self,
        pieces: Iterator[NDArray[np.float32]],
        rate_hz: int,
        duration_s: float,
        done_s: float = 0.0,
        hints: RecognitionHints = NO_HINTS,
    ) -> Iterator[TranscribedChunk]:
        """Nothing: it raises."""
        raise self.error


@dataclass(frozen=True)
class LoadRaising:
    """Loads a transcriber that raises."""

    error: BaseException

    def __call__(self) -> Models:
        """Models with that transcriber only."""
        return Models(transcriber=Raising(self.error))


def no_models() -> Models:
    return Models()


def index_folder(library: Path, folder: Path, *, executor: Executor | None = None) -> list[VideoReport]:
    found = find_videos([folder])
    return list(
        build_library(
            library,
            found.videos,
            IndexSettings(),
            no_models,
            executor or InProcess(),
            unreadable=found.unreadable,
        )
    )


def statuses(reports: list[VideoReport]) -> dict[str, str]:
    return {report.path.name: report.status for report in reports}


@pytest.fixture
def folder(tmp_path: Path, counted_video: MadeVideo) -> Path:
    """A folder with one good video, whose name is the last."""
    (tmp_path / "videos").mkdir()
    shutil.copy(counted_video.path, tmp_path / "videos/z.mp4")
    return tmp_path / "videos"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def test_a_latin_1_title_does_not_stop_the_run(library: Path, folder: Path) -> None:
    latin_1_title(folder / "m.mkv")
    assert statuses(index_folder(library, folder)) == {"m.mkv": "indexed", "z.mp4": "indexed"}


def test_a_name_that_is_not_utf_8_is_indexed_like_any_other(library: Path, folder: Path) -> None:
    made_videos.counted(folder / "plain.mp4", 25).path.rename(folder / LATIN_1_NAME)
    assert statuses(index_folder(library, folder)) == {LATIN_1_NAME: "indexed", "z.mp4": "indexed"}
    assert statuses(index_folder(library, folder)) == {LATIN_1_NAME: "known", "z.mp4": "known"}


@pytest.mark.parametrize("name", [LATIN_1_NAME, r"m\xff.mp4", "videos/" + LATIN_1_NAME])
def test_a_video_whose_name_is_not_utf_8_is_found_by_it(
    library: Path, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_videos.counted(folder / "plain.mp4", 25).path.rename(folder / LATIN_1_NAME)
    first, _ = index_folder(library, folder)
    monkeypatch.chdir(folder.parent)
    assert find_video(Catalog(library), name) == first.video_id
    assert Catalog(library).places(first.video_id or "") == [folder / LATIN_1_NAME]


def test_subtitles_beside_a_name_that_is_not_utf_8_are_read(library: Path, folder: Path) -> None:
    made_videos.counted(folder / "plain.mp4", 50).path.rename(folder / LATIN_1_NAME)
    cues = "1\n00:00:00,500 --> 00:00:01,500\nhello\n"
    (folder / LATIN_1_NAME).with_suffix(".srt").write_text(cues)
    first, _ = index_folder(library, folder)
    (span,) = Catalog(library).spans(first.video_id or "")
    assert (span.words.text, span.words.source) == ("hello", r"file:m\xff.srt")


def test_a_link_to_itself_is_a_failure_and_the_rest_go_on(library: Path, folder: Path) -> None:
    (folder / "m.mp4").symlink_to("m.mp4")
    failed, good = index_folder(library, folder)
    assert (failed.status, failed.error_type, good.status) == ("failed", "VideoUnreadable", "indexed")
    assert failed.error == f"{folder}/m.mp4: this is a link that leads in a circle"


def test_a_folder_that_cannot_be_read_is_a_failure_and_the_rest_go_on(library: Path, folder: Path) -> None:
    locked = VideoUnreadable(folder / "locked", "this user may not read it (permission denied)")
    (folder / "locked").mkdir()
    found = find_videos([folder])
    reports = build_library(
        library, found.videos, IndexSettings(), no_models, InProcess(), unreadable=[locked]
    )
    assert statuses(list(reports)) == {"locked": "failed", "z.mp4": "indexed"}
    index_folder(library, folder)  # it can be read now
    assert Catalog(library).query("SELECT * FROM failure") == []


ODD_FILES = {
    "14_streams_appear_late.ts": "indexed",
    "15_mutated_ass_subtitles.mkv": "indexed",
    "16_latin1_title_and_subtitles.mkv": "indexed",
    "19_ffconcat_of_a_fifo.mp4.txt": "failed",
    "21_text_taken_for_video.txt": "failed",
}


@pytest.mark.parametrize(("name", "status"), ODD_FILES.items())
def test_odd_files_do_not_stop_the_run(library: Path, folder: Path, name: str, status: str) -> None:
    odd = folder / f"m{Path(name).suffix.replace('.txt', '.mp4')}"
    shutil.copy(shared(f"cases/{name}"), odd)
    assert statuses(index_folder(library, folder)) == {odd.name: status, "z.mp4": "indexed"}


@pytest.mark.parametrize("executor", [InProcess(), LocalProcesses(1)], ids=["here", "in a process"])
def test_any_exception_is_that_files_failure_with_its_type(
    library: Path, folder: Path, executor: Executor, talking_video: MadeVideo
) -> None:
    shutil.copy(talking_video.path, folder / "a.mp4")
    odd = LoadRaising(RuntimeError("no such\n\udce9 kernel"))
    settings = IndexSettings(transcribe="always")
    first, last = list(build_library(library, find_videos([folder]).videos, settings, odd, executor))
    assert (first.path.name, first.status, first.error_type) == ("a.mp4", "failed", "RuntimeError")
    assert first.error == (
        f"{folder}/a.mp4: RuntimeError: no such \\xe9 kernel (index it with --debug for the traceback)"
    )
    assert (last.path.name, last.status) == ("z.mp4", "indexed")
    assert Catalog(library).query("SELECT path, error FROM failure") == [(f"{folder}/a.mp4", first.error)]


class Killing:
    """A `Transcriber` that ends its process, as a crash of a decoder does."""

    name = "asr:killing"
    tag = TranscriberTag()

    def transcribe(
        self,
        pieces: Iterator[NDArray[np.float32]],
        rate_hz: int,
        duration_s: float,
        done_s: float = 0.0,
        hints: RecognitionHints = NO_HINTS,
    ) -> Iterator[TranscribedChunk]:
        """Nothing: the process is gone."""
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def killing_models() -> Models:
    return Models(transcriber=Killing())


def test_a_file_that_kills_its_worker_is_a_failure_and_the_rest_go_on(
    library: Path, folder: Path, talking_video: MadeVideo
) -> None:
    shutil.copy(talking_video.path, folder / "a.mp4")
    videos, settings = find_videos([folder]).videos, IndexSettings(transcribe="always")
    reports = list(build_library(library, videos, settings, killing_models, LocalProcesses(2)))
    assert statuses(reports) == {"a.mp4": "failed", "z.mp4": "indexed"}
    assert (
        "the process that indexed it was killed" in Catalog(library).query("SELECT error FROM failure")[0][0]
    )


def test_with_debug_the_exception_comes_out(library: Path, talking_video: MadeVideo) -> None:
    odd, settings = LoadRaising(RuntimeError("no such kernel")), IndexSettings(transcribe="always")
    with pytest.raises(RuntimeError, match="no such kernel"):
        list(build_library(library, [talking_video.path], settings, odd, InProcess(), debug=True))


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt("stopped"), LibraryMismatch("other models"), ModelUnavailable("no weights")],
    ids=repr,
)
def test_what_is_no_fault_of_the_file_ends_the_run(
    library: Path, talking_video: MadeVideo, error: BaseException
) -> None:
    settings = IndexSettings(transcribe="always")
    with pytest.raises(type(error), match=str(error)):
        list(build_library(library, [talking_video.path], settings, LoadRaising(error), InProcess()))


def test_a_file_that_vanishes_fails_and_is_not_noted(library: Path, folder: Path) -> None:
    gone = folder / "gone.mp4"
    first, good = build_library(library, [gone, folder / "z.mp4"], IndexSettings(), no_models, InProcess())
    assert (first.error, good.status) == (f"{gone}: there is no such file", "indexed")
    assert Catalog(library).query("SELECT * FROM failure") == []


@pytest.fixture
def failing(library: Path, folder: Path) -> Catalog:
    """A library with one good video, and with failures of `a.mp4` and of a name that is not UTF-8."""
    for name in ("a.mp4", LATIN_1_NAME):
        (folder / name).write_bytes(b"no video")
    index_folder(library, folder)
    return Catalog(library)


def failures(catalog: Catalog) -> list[str]:
    return [Path(path).name for (path,) in catalog.query("SELECT path FROM failure ORDER BY path")]


@pytest.mark.parametrize("name", ["a.mp4", "a"])
def test_a_failure_is_forgotten_by_name(failing: Catalog, folder: Path, name: str) -> None:
    assert clear_failure(failing, name) == folder / "a.mp4"
    assert failures(failing) == ["m%FF.mp4"]


def test_a_failure_is_forgotten_by_path(failing: Catalog, folder: Path) -> None:
    assert clear_failure(failing, str(folder / LATIN_1_NAME)) == folder / LATIN_1_NAME
    assert failures(failing) == ["a.mp4"]


def test_gc_and_the_next_run_forget_failures_of_files_that_are_gone(failing: Catalog, folder: Path) -> None:
    (folder / "a.mp4").unlink()
    collect_garbage(failing)
    assert failures(failing) == ["m%FF.mp4"]
    (folder / LATIN_1_NAME).unlink()
    index_folder(failing.path.parent, folder)
    assert failures(failing) == []


def test_a_removed_video_takes_its_failure_along(library: Path, talking_video: MadeVideo) -> None:
    odd, settings = LoadRaising(RuntimeError("no such kernel")), IndexSettings(transcribe="always")
    list(build_library(library, [talking_video.path], settings, odd, InProcess()))
    catalog = Catalog(library)
    remove_video(catalog, find_video(catalog, str(talking_video.path)))
    assert failures(catalog) == []


def test_verify_says_what_to_do_about_failures(failing: Catalog, folder: Path) -> None:
    (folder / "a.mp4").unlink()
    gone, odd = (problem for problem in verify(failing) if problem.kind == "failed")
    end = f"--library {failing.path.parent}"
    assert gone.advice == f"the file is gone; to forget it: playhead remove {folder}/a.mp4 {end}"
    assert odd.subject.startswith(rf"{folder}/m\xff.mp4: this is text, not a video")
    assert odd.advice.startswith(
        rf"mend or replace it, or make it readable, then playhead index $'{folder}/m\xff.mp4' {end}"
    )


def test_relink_goes_past_what_cannot_be_read(library: Path, folder: Path, tmp_path: Path) -> None:
    made_videos.counted(folder / "plain.mp4", 25).path.rename(folder / LATIN_1_NAME)
    first, _ = index_folder(library, folder)
    moved = tmp_path / "moved"
    folder.rename(moved)
    (moved / "loop.mp4").symlink_to("loop.mp4")
    messages: list[str] = []
    found = relink(
        Catalog(library), [moved, tmp_path / "no"], on_unreadable=lambda e: messages.append(str(e))
    )
    assert [one.path for one in found] == [moved / LATIN_1_NAME, moved / "z.mp4"]
    assert messages == [
        f"{tmp_path}/no: there is no such file or folder",
        f"{moved}/loop.mp4: this is a link that leads in a circle",
    ]
    assert Catalog(library).query("SELECT path FROM place WHERE video_id = ?", (first.video_id,)) == [
        (path_to_text(moved / LATIN_1_NAME),)
    ]
