"""What cannot be read is refused in words that say what to do."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from tests import made_videos
from tests.index.decord_installed import needs_decord
from tests.made_videos import MadeVideo

from playhead_index.decode import open_reader
from playhead_index.errors import VideoUnreadable

Make = Callable[..., MadeVideo]
RAW_TIMES = "its pictures carry no times; put it into a container: ffmpeg -i FILE -c copy NEW.mp4"


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _device(_: Path) -> Path:
    return Path("/dev/null")


UNREADABLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "nothing there": (lambda folder: folder / "no.mp4", "there is no such file"),
    "a folder": (lambda folder: folder, "this is a folder; name a video file in it"),
    "a device": (_device, "this is no regular file"),
    "an empty file": (lambda folder: _written(folder / "e.mp4", b""), r"the file is empty \(0 bytes\)"),
    "a text called video": (
        lambda folder: _written(folder / "t.mp4", b"Dear all,\n" * 99),
        "this is text, not a video that can be read",
    ),
    "zeros": (lambda folder: _written(folder / "z.mkv", bytes(9999)), "not a video that can be read"),
    "a video without its index": (
        lambda folder: made_videos.headless(folder / "h.mp4"),
        "its header is damaged, cut off, or that of another kind of file",
    ),
    "encrypted pictures": (
        lambda folder: made_videos.encrypted(folder / "d.mp4").path,
        r"encrypted \(DRM\); a copy without protection is needed",
    ),
    "a raw stream without times": (
        lambda folder: made_videos.counted(folder / "r.h264", b_frames=2).path,
        RAW_TIMES,
    ),
    "a playlist": (
        lambda folder: _written(folder / "p.mp4", b"ffconcat version 1.0\nfile 'other.mp4'\n"),
        "this is a playlist; name the video files themselves",
    ),
}


@pytest.mark.parametrize(("make", "why"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_readable_video_says_why(tmp_path: Path, make: Callable[[Path], Path], why: str) -> None:
    path = make(tmp_path)
    with pytest.raises(VideoUnreadable, match=why) as caught:
        open_reader(path).probe()
    assert caught.value.path == path


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_this_user_may_not_read_says_so(tmp_path: Path) -> None:
    path = made_videos.counted(tmp_path / "mine.mp4").path
    path.chmod(0)
    with pytest.raises(VideoUnreadable, match="permission denied"):
        open_reader(path).probe()


@pytest.mark.parametrize(
    "name", ["http:x.mp4", "file.mp4", "100% [a]#?.mp4", "ünï.mp4", os.fsdecode(b"\xff.mp4")]
)
def test_odd_names_are_only_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(made_videos.counted(tmp_path / "plain.mp4", 5).path.read_bytes())
    assert open_reader(name).probe().n_frames == 5


def test_a_reader_costs_nothing_before_its_first_call(tmp_path: Path) -> None:
    assert open_reader(tmp_path / "no.mp4").path == tmp_path / "no.mp4"


def _harmed(whole: bytes, random: Random) -> bytes:
    """Bytes changed, cut off, cut out or made noise, at a random place."""
    content, start = bytearray(whole), random.randrange(len(whole))
    match random.randrange(4):
        case 0:
            for _ in range(random.randint(1, 30)):
                content[random.randrange(len(content))] = random.randrange(256)
        case 1:
            del content[max(1, start) :]
        case 2:
            del content[start : start + random.randint(1, 3000)]
        case _:
            content[start : start + 1000] = random.randbytes(1000)
    return bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("maker", "suffix", "how"),
    [
        ("with_sound", ".mp4", {}),
        ("with_sound", ".mkv", {}),
        ("with_sound", ".webm", {"codec": "libvpx-vp9"}),
        ("with_sound", ".ts", {}),
        ("open_groups", ".mp4", {}),
        ("long_groups", ".avi", {}),
        ("long_groups", ".flv", {}),
    ],
)
def test_a_harmed_file_is_read_or_refused(
    tmp_path: Path, made: Make, maker: str, suffix: str, how: dict[str, object]
) -> None:
    whole = made(maker, suffix, **how).path.read_bytes()
    path = tmp_path / f"harmed{suffix}"
    for seed in range(20):
        path.write_bytes(_harmed(whole, Random(seed)))
        reader = open_reader(path)
        try:
            duration_s = reader.probe().duration_s
        except VideoUnreadable:
            continue
        assert len(list(reader.frames_at([0.0, duration_s / 2, duration_s * 0.999]))) == 3
        assert sum(1 for _ in reader.keyframes()) >= 0
        assert sum(len(piece) for piece in reader.audio(8000)) <= duration_s * 8000 + 1


DECORD_REFUSES = {
    "open groups": ("open_groups", ".mp4", {}, "confuses pictures around the keyframes"),
    "AV1": ("counted", ".mkv", {"codec": "libsvtav1"}, "decord fails on it"),
    "a transport stream": ("long_groups", ".ts", {}, r"does not find its way in this container \(mpegts\)"),
    "AVI": ("counted", ".avi", {"codec": "mpeg4"}, r"does not find its way in this container \(avi\)"),
    "pictures hidden by an edit list": (
        "cut_start",
        ".mp4",
        {},
        "decord counts 63 pictures where the file shows 62",
    ),
    "an MP4 cut off": ("truncated", ".mp4", {}, "decord fails on it"),
    "mirrored pictures": (
        "counted",
        ".mp4",
        {"display_matrix": (-65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)},
        "the picture is to be mirrored",
    ),
}


@needs_decord
@pytest.mark.parametrize(
    ("maker", "suffix", "how", "why"), DECORD_REFUSES.values(), ids=DECORD_REFUSES.keys()
)
def test_what_decord_gets_wrong_is_refused_and_pyav_named(
    made: Make, maker: str, suffix: str, how: dict[str, object], why: str
) -> None:
    video = made(maker, suffix, **how)
    with pytest.raises(VideoUnreadable, match=rf"{why}.*; read it with PyAV \(--reader pyav\)$"):
        open_reader(video.path, "decord").probe()


@needs_decord
def test_decord_refuses_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    path = made_videos.counted(tmp_path / "plain.mp4", 5).path.rename(tmp_path / os.fsdecode(b"\xff.mp4"))
    with pytest.raises(
        VideoUnreadable, match=r"\\xff.mp4: decord opens names of UTF-8 only; read it with PyAV"
    ):
        open_reader(path, "decord").probe()


@needs_decord
def test_the_sound_beside_decord_is_that_of_pyav(talking_video: MadeVideo) -> None:
    sounds = [
        np.concatenate(list(open_reader(talking_video.path, name).audio(16_000)))
        for name in ("decord", "pyav")
    ]
    assert len(sounds[0]) > 16_000
    assert np.array_equal(*sounds)


def test_without_decord_the_message_says_what_to_install(
    counted_video: MadeVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "decord", None)
    with pytest.raises(VideoUnreadable, match=r'decord is not installed; run: pip install .*\[decord\]"'):
        open_reader(counted_video.path, "decord")
