"""A video is known by its bytes; videos are found by their suffix."""

from pathlib import Path

import pytest

from playhead_index.errors import VideoUnreadable
from playhead_index.identity import find_videos, fingerprint

TRANSPORT = (b"G" + bytes(187)) * 3
STAMPED = (bytes(4) + b"G" + bytes(187)) * 3


def _tree(folder: Path, *names: str, content: bytes = b"x") -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return paths


def test_the_id_is_the_hash_of_all_bytes(tmp_path: Path) -> None:
    (path,) = _tree(tmp_path, "a.mp4", content=b"abc")
    assert fingerprint(path) == "v3619b2e9832d748d745e"


def test_copies_have_the_same_id_whatever_they_are_called(tmp_path: Path) -> None:
    a, b = _tree(tmp_path, "a.mp4", "deep/b.mov", content=bytes(5_000_000))
    assert fingerprint(a) == fingerprint(b)


@pytest.mark.parametrize("place", [0, 2_500_000, 4_999_999], ids=["first", "middle", "last"])
def test_one_changed_byte_is_another_video(tmp_path: Path, place: int) -> None:
    a, b = _tree(tmp_path, "a.mp4", "b.mp4", content=bytes(5_000_000))
    with b.open("r+b") as file:
        file.seek(place)
        file.write(b"!")
    assert fingerprint(a) != fingerprint(b)


def test_progress_adds_up_to_the_size(tmp_path: Path) -> None:
    (path,) = _tree(tmp_path, "a.mp4", content=bytes(10_000_000))
    steps: list[int] = []
    fingerprint(path, steps.append)
    assert sum(steps) == 10_000_000
    assert len(steps) == 3


def test_an_empty_file_has_no_id(tmp_path: Path) -> None:
    (path,) = _tree(tmp_path, "a.mp4", content=b"")
    with pytest.raises(VideoUnreadable, match=r"a.mp4: the file is empty \(0 bytes\)"):
        fingerprint(path)


@pytest.mark.parametrize(("name", "why"), [("no.mp4", "there is no such file"), (".", "this is a folder")])
def test_what_is_no_file_has_no_id(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(VideoUnreadable, match=why):
        fingerprint(tmp_path / name)


def test_a_folder_gives_its_videos_sorted_folder_by_folder(tmp_path: Path) -> None:
    _tree(tmp_path, "b.mp4", "a.MKV", "z/c.webm", "y/d.mov", "notes.txt", "a.srt", "poster.jpg")
    found = [path.relative_to(tmp_path).as_posix() for path in find_videos([tmp_path])]
    assert found == ["a.MKV", "b.mp4", "y/d.mov", "z/c.webm"]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    _tree(tmp_path, ".a.mp4", "._b.mp4", ".trash/c.mp4", "d.mp4")
    assert find_videos([tmp_path]) == [tmp_path / "d.mp4"]


def test_a_named_file_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    (path,) = _tree(tmp_path, ".recording")
    assert find_videos([path]) == [path]


def test_each_video_comes_once_in_the_order_of_the_paths(tmp_path: Path) -> None:
    a, b = _tree(tmp_path, "a.mp4", "b.mp4")
    assert find_videos([b, tmp_path, a]) == [b, a]


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(VideoUnreadable, match=r"gone.mp4: there is no such file or folder"):
        find_videos([tmp_path, tmp_path / "gone.mp4"])


def test_links_lead_only_to_files_of_the_same_folder(tmp_path: Path) -> None:
    inside, outside = _tree(tmp_path, "in/z.mp4", "out/a.mp4")
    (tmp_path / "in/link.mp4").symlink_to(outside)
    (tmp_path / "in/folder").symlink_to(tmp_path / "out")
    (tmp_path / "in/broken.mp4").symlink_to(tmp_path / "nowhere.mp4")
    assert find_videos([tmp_path / "in"]) == [inside]


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
    (path,) = _tree(tmp_path, name, content=content)
    assert find_videos([tmp_path]) == ([path] if is_found else [])


def test_an_empty_folder_has_no_videos(tmp_path: Path) -> None:
    assert find_videos([tmp_path]) == []
