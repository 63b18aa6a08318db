"""A video is known by its bytes."""

import os
from pathlib import Path

import pytest
from tests.index.trees import tree

from playhead_index.errors import VideoUnreadable
from playhead_index.identity import fingerprint


def test_the_id_is_the_hash_of_all_bytes(tmp_path: Path) -> None:
    (path,) = tree(tmp_path, "a.mp4", content=b"abc")
    assert fingerprint(path) == "v3619b2e9832d748d745e"


def test_copies_have_the_same_id_whatever_they_are_called(tmp_path: Path) -> None:
    a, b = tree(tmp_path, "a.mp4", "deep/b.mov", content=bytes(5_000_000))
    assert fingerprint(a) == fingerprint(b)


@pytest.mark.parametrize("place", [0, 2_500_000, 4_999_999], ids=["first", "middle", "last"])
def test_one_changed_byte_is_another_video(tmp_path: Path, place: int) -> None:
    a, b = tree(tmp_path, "a.mp4", "b.mp4", content=bytes(5_000_000))
    with b.open("r+b") as file:
        file.seek(place)
        file.write(b"!")
    assert fingerprint(a) != fingerprint(b)


def test_progress_adds_up_to_the_size(tmp_path: Path) -> None:
    (path,) = tree(tmp_path, "a.mp4", content=bytes(10_000_000))
    steps: list[int] = []
    fingerprint(path, steps.append)
    assert sum(steps) == 10_000_000
    assert len(steps) == 3


def test_an_empty_file_has_no_id(tmp_path: Path) -> None:
    (path,) = tree(tmp_path, "a.mp4", content=b"")
    with pytest.raises(VideoUnreadable, match=r"a.mp4: the file is empty \(0 bytes\)"):
        fingerprint(path)


@pytest.mark.parametrize(("name", "why"), [("no.mp4", "there is no such file"), (".", "this is a folder")])
def test_what_is_no_file_has_no_id(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(VideoUnreadable, match=why):
        fingerprint(tmp_path / name)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_a_device_has_no_id(path: str) -> None:
    with pytest.raises(VideoUnreadable, match="no regular file"):
        fingerprint(Path(path))


def test_a_fifo_has_no_id_and_nobody_waits_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.mp4")
    with pytest.raises(VideoUnreadable, match="no regular file"):
        fingerprint(tmp_path / "fifo.mp4")


def test_a_link_to_itself_has_no_id(tmp_path: Path) -> None:
    (tmp_path / "m.mp4").symlink_to("m.mp4")
    with pytest.raises(VideoUnreadable, match="link that leads in a circle"):
        fingerprint(tmp_path / "m.mp4")
