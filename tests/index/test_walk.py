"""Videos are found by their suffix; what cannot be read does not hide the rest."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.index.trees import tree

from playhead_index.errors import VideoUnreadable
from playhead_index.find_files import find_videos

TRANSPORT = (b"G" + bytes(187)) * 3
STAMPED = (bytes(4) + b"G" + bytes(187)) * 3


def _messages(errors: Sequence[VideoUnreadable]) -> list[str]:
    return [str(error) for error in errors]


def test_a_folder_gives_its_videos_sorted_folder_by_folder(tmp_path: Path) -> None:
    tree(tmp_path, "b.mp4", "a.MKV", "z/c.webm", "y/d.mov", "notes.txt", "a.srt", "poster.jpg")
    found = [path.relative_to(tmp_path).as_posix() for path in find_videos([tmp_path]).videos]
    assert found == ["a.MKV", "b.mp4", "y/d.mov", "z/c.webm"]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    tree(tmp_path, ".a.mp4", "._b.mp4", ".trash/c.mp4", "d.mp4")
    assert find_videos([tmp_path]).videos == (tmp_path / "d.mp4",)


def test_a_named_file_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    (path,) = tree(tmp_path, ".recording")
    assert find_videos([path]).videos == (path,)


def test_each_video_comes_once_in_the_order_of_the_paths(tmp_path: Path) -> None:
    a, b = tree(tmp_path, "a.mp4", "b.mp4")
    assert find_videos([b, tmp_path, a]).videos == (b, a)


def test_a_path_that_does_not_exist_is_refused_and_the_rest_are_found(tmp_path: Path) -> None:
    (path,) = tree(tmp_path, "a.mp4")
    found = find_videos([tmp_path / "gone.mp4", tmp_path])
    assert found.videos == (path,)
    assert _messages(found.refused) == [f"{tmp_path}/gone.mp4: there is no such file or folder"]


def test_links_lead_only_to_files_of_the_same_folder(tmp_path: Path) -> None:
    inside, outside = tree(tmp_path, "in/z.mp4", "out/a.mp4")
    (tmp_path / "in/link.mp4").symlink_to(outside)
    (tmp_path / "in/folder").symlink_to(tmp_path / "out")
    (tmp_path / "in/broken.mp4").symlink_to(tmp_path / "nowhere.mp4")
    found = find_videos([tmp_path / "in"])
    assert found.videos == (inside,)
    assert found.skipped == (
        f"{tmp_path}/in: skipped 1 link that leads outside it, 1 link to nothing, 1 link to a folder;"
        " a link that is named itself is followed",
    )


@pytest.mark.parametrize(
    ("name", "content", "is_found"),
    [
        ("recording.ts", TRANSPORT, True),
        ("camera.m2ts", STAMPED, True),
        ("camera.mts", STAMPED, True),
        ("module.ts", b"export const answer = 42\n" * 20, False),
        ("module.mts", b"Great code\n" * 40, False),
        ("empty.ts", b"", False),
    ],
)
def test_programs_called_ts_are_no_videos(tmp_path: Path, name: str, content: bytes, is_found: bool) -> None:
    (path,) = tree(tmp_path, name, content=content)
    assert find_videos([tmp_path]).videos == ((path,) if is_found else ())


URLS = ["https://www.youtube.com/watch?v=abc", "rtsp://camera/1", "s3://bucket/a.mp4"]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("kind", [str, Path])
def test_a_url_is_refused_with_what_to_do(url: str, kind: Callable[[str], str | Path]) -> None:
    (refused,) = find_videos([kind(url)]).refused
    assert str(refused).startswith(f"{url}: this is an address, not a file: download the video first")


def test_a_file_called_like_a_url_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tree(tmp_path, "http:/x.mp4")
    assert find_videos(["http:/x.mp4"]).videos == (Path("http:/x.mp4"),)


def test_a_link_to_itself_is_unreadable_and_the_rest_are_found(tmp_path: Path) -> None:
    (path,) = tree(tmp_path, "z.mp4")
    (tmp_path / "m.mp4").symlink_to("m.mp4")
    found = find_videos([tmp_path])
    assert found.videos == (path,)
    assert _messages(found.unreadable) == [f"{tmp_path}/m.mp4: this is a link that leads in a circle"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_folder_that_may_not_be_read_is_unreadable_and_the_rest_are_found(tmp_path: Path) -> None:
    tree(tmp_path, "locked/a.mp4", "z.mp4")
    (tmp_path / "locked").chmod(0)
    found = find_videos([tmp_path])
    (tmp_path / "locked").chmod(0o700)
    assert [video.name for video in found.videos] == ["z.mp4"]
    assert _messages(found.unreadable) == [
        f"{tmp_path}/locked: this user may not read it (permission denied)"
    ]


def test_another_user_finds_what_it_may_read(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs the superuser, to become another user")
    tree(tmp_path, "locked/a.mp4", "z.mp4", "names_only/b.mp4")
    (tmp_path / "locked").chmod(0)
    (tmp_path / "names_only").chmod(0o744)
    found = as_other_user(tmp_path)
    assert found == {
        "videos": ["z.mp4"],
        "unreadable": [
            ["locked", "this user may not read it (permission denied)"],
            ["b.mp4", "this user may not read it (permission denied)"],
        ],
    }


def as_other_user(folder: Path) -> dict[str, Any]:
    """What a process of the user `nobody` finds in a folder, from inside: it may not enter those above."""
    folder.chmod(0o755)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.chdir(folder)
        os.setuid(65534)
        found = find_videos([Path()])
        answer = {
            "videos": [video.name for video in found.videos],
            "unreadable": [[error.path.name, error.why] for error in found.unreadable],
        }
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.waitpid(child, 0)
    answer = json.loads(os.read(reading, 10_000))
    os.close(reading)
    os.close(writing)
    return answer


def test_names_that_are_not_utf_8_are_found(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.mkv")
    tree(tmp_path, "a.mkv", name, "z.mkv")
    assert [video.name for video in find_videos([tmp_path]).videos] == ["a.mkv", name, "z.mkv"]


def test_a_folder_without_videos_says_what_was_looked_for_and_skipped(tmp_path: Path) -> None:
    tree(tmp_path, "in/.hidden.mp4", "in/notes.txt", "out/a.mp4")
    (tmp_path / "in/link.mp4").symlink_to(tmp_path / "out/a.mp4")
    (tmp_path / "in/broken.mp4").symlink_to(tmp_path / "nowhere.mp4")
    (tmp_path / "in/folder").symlink_to(tmp_path / "out")
    (refused,) = find_videos([tmp_path / "in"]).refused
    assert refused.why == (
        "no videos or sound files in this folder (looked for .mp4, .mkv, .webm, .mov, .avi, .ts, .mp3, .m4a, "
        ".wav and 46 more suffixes); "
        "skipped: 1 link that leads outside it, 1 link to nothing, 1 link to a folder, "
        "1 hidden file or folder, 1 other file; a file that is named is taken whatever it is called"
    )


def test_sound_files_of_a_folder_are_taken_beside_videos(tmp_path: Path) -> None:
    tree(tmp_path, "a.mp4", "b.mp3", "c.M4A", "d.wav", "e.opus", "f.flac", "g.mka", "h.wma", "notes.txt")
    names = [video.name for video in find_videos([tmp_path]).videos]
    assert names == ["a.mp4", "b.mp3", "c.M4A", "d.wav", "e.opus", "f.flac", "g.mka", "h.wma"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (refused,) = find_videos([tmp_path]).refused
    assert refused.why.endswith("; it holds no files")
