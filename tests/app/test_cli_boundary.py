"""The command on files and paths that cannot be indexed: one line for each, and the rest go on."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.app.test_cli import CUES, Run, run
from tests.made_videos import MadeVideo, colours

from playhead.library import Library

__all__ = ["run"]  # a fixture

OFF = ("--no-screen-text", "--words-model", "off", "--speech-model", "off")
LATIN_1_NAME = os.fsdecode(b"caf\xe9.mkv")
WITHOUT_PRIVILEGES = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
URL = "https://www.youtube.com/watch?v=abc"


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> MadeVideo:
    path = tmp_path_factory.mktemp("talks") / "talk.mkv"
    return colours(path, [((200, 30, 30), 5.0), ((30, 30, 200), 5.0)], subtitles=CUES)


@pytest.fixture
def latin_1(run: Run, talk: MadeVideo, tmp_path: Path) -> Path:
    """A library with a video whose name is not UTF-8, and with one that failed."""
    (tmp_path / "videos").mkdir()
    shutil.copy(talk.path, tmp_path / "videos" / LATIN_1_NAME)
    (tmp_path / "videos" / os.fsdecode(b"b\xff.mp4")).write_bytes(b"no video")
    assert run("index", tmp_path / "videos", "-l", tmp_path / "l", *OFF).code == 0
    return tmp_path / "l"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/no/such/file.mp4", "refused /no/such/file.mp4: there is no such file or folder"),
        (URL, f"refused {URL}: this is an address, not a file: download the video first"),
    ],
)
def test_what_is_not_there_is_refused_and_makes_no_library(
    run: Run, tmp_path: Path, path: str, message: str
) -> None:
    done = run("index", path, "-l", tmp_path / "l", *OFF)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(message)
    assert not (tmp_path / "l").exists()


def test_what_is_refused_is_not_noted_and_the_rest_are_indexed(
    run: Run, talk: MadeVideo, tmp_path: Path
) -> None:
    done = run("index", "/no/such/file.mp4", URL, talk.path, "-l", tmp_path / "l", *OFF)
    assert done.code == 1
    assert done.out.startswith("indexed talk.mkv")
    assert "failed" not in run("list", "-l", tmp_path / "l").out
    assert run("verify", "-l", tmp_path / "l").code == 0


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["text", "JSON"])
def test_a_folder_without_videos_says_so_and_exits_1(
    run: Run, tmp_path: Path, talk: MadeVideo, options: Sequence[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.mkv").symlink_to(talk.path)
    done = run("index", tmp_path / "in", "-l", tmp_path / "l", *OFF, *options)
    assert done.code == 1
    assert done.err.startswith(
        f"refused {tmp_path}/in: no videos or sound files in this folder (looked for .mp4, .mkv, "
    )
    assert "; skipped: 1 link that leads outside it; " in done.err
    assert len(done.err.splitlines()) == 1
    assert [line["status"] for line in done.lines] == (["refused"] if options else [])


def test_a_name_that_is_not_utf_8_is_listed_shown_found_and_cited(run: Run, latin_1: Path) -> None:
    for command in (
        ["list"],
        ["show", LATIN_1_NAME],
        ["search", "posterior"],
        ["ask", "who mentions Bayes?"],
    ):
        done = run(*command, "-l", latin_1)
        assert done.code == 0
        assert r"caf\xe9.mkv" in done.out


def test_json_has_a_reversible_text_for_a_name_that_is_not_utf_8(run: Run, latin_1: Path) -> None:
    text = f"bytes://{latin_1.parent}/videos/caf%E9.mkv"
    assert run("list", "-l", latin_1, "--json").lines[0]["paths"] == [text]
    assert run("search", "posterior", "-l", latin_1, "--json").lines[0]["path"] == text
    (answer,) = run("ask", "what is said about Bayes?", "-l", latin_1, "--json").lines
    assert {interval["path"] for interval in answer["intervals"]} == {text}


@pytest.mark.parametrize("name", [os.fsdecode(b"b\xff.mp4"), r"b\xff.mp4"])
def test_remove_forgets_a_failure(run: Run, latin_1: Path, name: str) -> None:
    assert r"failed  b\xff.mp4: " in run("list", "-l", latin_1).out
    assert run("verify", "-l", latin_1).code == 1
    assert run("remove", name, "-l", latin_1).out.startswith("forgot the failure of ")
    assert run("verify", "-l", latin_1).code == 0


def test_remove_of_what_is_neither_video_nor_failure_is_refused(run: Run, latin_1: Path) -> None:
    done = run("remove", "nothing.mp4", "-l", latin_1)
    assert (done.code, done.err) == (
        1,
        "error: no video 'nothing.mp4' in this library; `playhead list` shows what it holds\n",
    )


def test_debug_ends_with_the_traceback_of_the_first_failure(
    run: Run, talk: MadeVideo, tmp_path: Path
) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    done = run("index", tmp_path / "broken.mp4", talk.path, "-l", tmp_path / "l", *OFF, "--debug")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("Traceback (most recent call last):")
    assert "VideoUnreadable" in done.err


def test_what_may_not_be_read_fails_in_a_line_each_and_the_rest_are_indexed(
    talk: MadeVideo, tmp_path: Path
) -> None:
    """As a user without the right to read everything: the superuser gives it up."""
    videos = tmp_path / "videos"
    for name in ("locked/a.mkv", "names/b.mkv", "mine.mkv", "z.mkv"):
        (videos / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(talk.path, videos / name)
    denied = {"locked": 0, "names": 0o644, "mine.mkv": 0}
    for name, mode in denied.items():
        (videos / name).chmod(mode)
    as_user = WITHOUT_PRIVILEGES if os.geteuid() == 0 else ()
    if as_user and shutil.which("setpriv") is None:
        pytest.skip("needs setpriv, to give up the rights of the superuser")
    main = [sys.executable, "-c", "from playhead.cli import main; main()"]
    command = [*as_user, *main, "index", videos, "-l", tmp_path / "l", *OFF, "--json"]
    environment = os.environ | {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    reports = {Path(report["path"]).name: report for report in map(json.loads, done.stdout.splitlines())}
    for name in denied:
        (videos / name).chmod(0o755)
    assert {name: report["status"] for name, report in reports.items()} == {
        "locked": "failed", "b.mkv": "failed", "mine.mkv": "failed", "z.mkv": "indexed",
    }  # fmt: skip
    assert {path.name for path, _ in Library(tmp_path / "l").failures()} == set(denied) - {"names"} | {
        "b.mkv"
    }


def test_files_that_failed_are_listed_beside_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    run("index", tmp_path / "empty.mp4", "-l", tmp_path / "library")
    done = run("list", "-l", tmp_path / "library", "--json")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith(f"failed {tmp_path}/empty.mp4: ")
