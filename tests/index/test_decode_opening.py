"""Everything that opens media goes through one opener, which opens videos and nothing else."""

import ast
import os
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from tests import made_videos
from tests.shared_data import shared

import playhead_index
from playhead_index.decode import open_reader
from playhead_index.decode.file_kinds import DEMUXERS, PLAYLIST, STILL_IMAGE, TEXT, why_not_video
from playhead_index.decode.opening import demux, open_container
from playhead_index.errors import VideoUnreadable
from playhead_index.words.subtitle_tracks import read_tracks

DASH = b'<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>a.mp4</BaseURL></MPD>'
SDP = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n"
KINDS = {
    "ffconcat": (b"ffconcat version 1.0\nfile fifo.mp4\n", PLAYLIST),
    "M3U8": (b"#EXTM3U\n#EXTINF:9,\na.ts\n", PLAYLIST),
    "M3U8 with a byte order mark": (b"\xef\xbb\xbf#EXTM3U\na.ts\n", PLAYLIST),
    "DASH": (DASH, PLAYLIST),
    "SDP": (SDP, PLAYLIST),
    "PLS": (b"[playlist]\nFile1=a.mp4\n", PLAYLIST),
    "an address": (b"http://127.0.0.1:9/a.mp4\n", PLAYLIST),
    "text": (b"Dear all,\nhere is the plan.\n", TEXT),
    "Latin-1 text": ("Le café est fermé.\n".encode("latin-1"), TEXT),
    "UTF-16 text": ("Le café est fermé.\n".encode("utf-16"), TEXT),
    "terminal art": (b"\x1b[31mred\x1b[0m\r\n" * 40, TEXT),
    "subtitles": (b"1\n00:00:01,000 --> 00:00:02,000\nhello\n", TEXT),
    "HTML": (b"<!DOCTYPE html><html><body>404</body></html>", TEXT),
    "a WebP picture": (b"RIFF\x24\0\0\0WEBPVP8 ", STILL_IMAGE),
    "a TIFF picture": (b"II*\0\x08\0\0\0", STILL_IMAGE),
}


@pytest.mark.parametrize(("head", "why"), KINDS.values(), ids=KINDS.keys())
def test_the_first_bytes_say_that_it_is_no_video(tmp_path: Path, head: bytes, why: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(head)
    with pytest.raises(VideoUnreadable, match=why), open_container(path):
        pass


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".tiff", ".gif.mp4", ".jpg.mp4"])
def test_still_pictures_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    kind = suffix.split(".")[1]
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(path, {"jpg": "jpeg", "gif": "png"}.get(kind, kind))
    with pytest.raises(VideoUnreadable, match=STILL_IMAGE), open_container(path):
        pass


def test_a_list_that_leads_to_a_fifo_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.mp4")
    path = tmp_path / "list.mp4"
    path.write_bytes(shared("cases/19_ffconcat_of_a_fifo.mp4.txt").read_bytes())
    began = time.monotonic()
    with pytest.raises(VideoUnreadable, match=PLAYLIST):
        open_reader(path).probe()
    assert time.monotonic() - began < 5.0


def test_the_text_that_was_taken_for_a_video_is_refused() -> None:
    with pytest.raises(VideoUnreadable, match=TEXT):
        open_reader(shared("cases/21_text_taken_for_video.txt")).probe()


def test_a_dark_raw_video_is_not_taken_for_text() -> None:
    assert why_not_video(b"YUV4MPEG2 W64 H64 F25:1 C420\nFRAME\n" + b"@" * 4000) is None


@pytest.mark.parametrize(
    "name",
    ["concat", "hls", "dash", "imf", "sdp", "rtsp", "image2", "png_pipe", "tty", "lavfi", "srt", "ass"],
)
def test_what_is_no_container_of_pictures_is_not_on_the_list(name: str) -> None:
    assert name not in DEMUXERS


def test_every_name_on_the_list_is_one_of_ffmpeg() -> None:
    assert all(av.ContainerFormat(name, "r").is_input for name in DEMUXERS)


def test_a_demuxer_that_is_not_on_the_list_opens_nothing(tmp_path: Path) -> None:
    """A picture that FFmpeg knows by its name alone."""
    path = tmp_path / "a.rgb"
    path.write_bytes(bytes(64 * 64 * 3))
    with pytest.raises(VideoUnreadable, match="not a video that can be read"), open_container(path):
        pass


FORMATS = {
    "an animated GIF": (".gif", {"codec": "gif"}),
    "an animated PNG": (".apng", {"codec": "apng"}),
    "MPEG-PS": (".vob", {"codec": "mpeg2video"}),
    "raw MPEG-4": (".m4v", {"codec": "mpeg4"}),
    "Blu-ray": (".m2ts", {}),
    "Windows Media": (".wmv", {"codec": "wmv2"}),
    "Ogg": (".ogv", {"codec": "libvpx"}),
    "Flash": (".flv", {"codec": "flv"}),
    "NUT": (".nut", {"codec": "mpeg4"}),
    "MXF": (".mxf", {"codec": "mpeg2video"}),
    "YUV4MPEG": (".y4m", {"codec": "wrapped_avframe"}),
}


@pytest.mark.parametrize(("suffix", "how"), FORMATS.values(), ids=FORMATS.keys())
def test_containers_of_moving_pictures_are_opened(tmp_path: Path, suffix: str, how: dict[str, str]) -> None:
    path = tmp_path / f"a{suffix}"
    _ten_frames(path, how.get("codec", "libx264"))
    assert open_reader(path).probe().n_frames >= 9


def _ten_frames(path: Path, codec: str) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height = 192, 128
        known = av.Codec(codec, "w").video_formats or []
        stream.pix_fmt = "yuv420p" if not known or "yuv420p" in {f.name for f in known} else known[0].name
        for i in range(10):
            picture = av.VideoFrame.from_ndarray(np.full((128, 192, 3), i * 20, np.uint8), "rgb24")
            picture = picture.reformat(format=stream.pix_fmt)
            picture.pts, picture.time_base = i, Fraction(1, 25)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))


def latin_1_title(path: Path) -> Path:
    """A healthy MKV with a subtitle track, whose title tag is Latin-1."""
    made_videos.counted(path, subtitles=[(0.5, 1.0, "hello")], metadata={"title": "Le caf~ noir"})
    path.write_bytes(path.read_bytes().replace(b"Le caf~ noir", b"Le caf\xe9 noir"))
    return path


def test_words_of_a_file_with_a_latin_1_title_are_read(tmp_path: Path) -> None:
    path = latin_1_title(tmp_path / "a.mkv")
    assert [span.text for span in read_tracks(path, open_reader(path).probe()).words] == ["hello"]


@pytest.mark.parametrize("name", ["15_mutated_ass_subtitles.mkv", "16_latin1_title_and_subtitles.mkv"])
def test_tracks_of_real_files_with_odd_tags_are_read(name: str) -> None:
    path = shared(f"cases/{name}")
    assert read_tracks(path, open_reader(path).probe()).words


class LateStreams:
    """A container as of PyAV 18 in which a stream came up while reading: it fails behind the last packet."""

    def demux(self, stream: object) -> Iterator["Packet"]:
        yield Packet(10)
        yield Packet(0)
        raise IndexError("list index out of range")


class Packet:
    """As much of a packet as `demuxed` looks at."""

    def __init__(self, size: int) -> None:
        self.size, self.dts = size, None if size == 0 else 1


def test_streams_that_appear_while_reading_end_the_file_and_lose_nothing() -> None:
    assert [packet.size for packet in demux(LateStreams(), object())] == [10, 0]


def test_a_real_file_with_late_streams_is_read_every_time() -> None:
    path = shared("cases/14_streams_appear_late.ts")
    assert {open_reader(path).probe().n_frames for _ in range(20)} == {1}


def test_a_made_file_with_late_streams_is_read(tmp_path: Path) -> None:
    first = made_videos.counted(tmp_path / "a.ts").path.read_bytes()
    second = made_videos.with_sound(tmp_path / "b.ts").path.read_bytes()
    (tmp_path / "both.ts").write_bytes(first + second)
    assert open_reader(tmp_path / "both.ts").probe().n_frames == 74  # the last is cut off


def test_media_are_opened_in_one_place_only() -> None:
    root = Path(playhead_index.__file__).parent
    opening = {
        file.relative_to(root).as_posix()
        for file in root.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("av.open", "av.container.open")
    }
    assert opening == {"decode/opening.py"}
