"""Real files: odd ones are read or refused and never crash; times are those of another decoder."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import av
import numpy as np
import pytest
from tests.index.decord_installed import BOTH_READERS
from tests.shared_data import FOLDER, shared

from playhead_index.decode import open_reader
from playhead_index.decode.pyav import PyavReader
from playhead_index.errors import VideoError

SWEEP = """
import sys
from pathlib import Path
from playhead_index.decode import open_reader
from playhead_index.errors import VideoError

for name in sys.argv[2:]:
    reader = open_reader(Path(name), sys.argv[1])
    try:
        duration_s = reader.probe().duration_s
        times_s = [0.0, duration_s / 3, duration_s * 0.99]
        assert len(list(reader.frames_at(times_s, short_side_px=48))) == 3
        print("read", flush=True)
    except VideoError as error:
        assert "\\n" not in str(error)
        print("refused", flush=True)
"""
ODD_REFUSED = {
    "http-streaming__mp4Captions.mp4": "not a video that can be read",
    "media__sample_malformed_free_box.mp4": "not a video that can be read",
    "mp4parse-rust__invalid_userdata.mp4": "there is no picture in it; the file seems to be cut off",
}
REFUSED = {
    "videos/odd": {*ODD_REFUSED, "media__sample_eac3.mp4"},  # the latter holds only sound
    "videos/free": {"popcorn-js__italia.mp4"},  # sound only
    "videos/demo": set(),
}
ODD_FACTS = {
    "decord__video_90.mov": {"rotation_deg": 90, "width_px": 320, "height_px": 568},
    "decord__video_180.mov": {"rotation_deg": 180, "width_px": 568, "height_px": 320},
    "decord__video_270.mov": {"rotation_deg": 270, "width_px": 320, "height_px": 568},
    "media__bbb_800x640_768kbps_30fps_avc_2b_firstpts_10_sec.mp4": {"origin_s": 10.0, "duration_s": 4.0},
    "media__sample_eac3.mp4": {"has_frames": False, "has_audio": True, "n_frames": 0},
    "media__sample_edit_list.mp4": {"n_frames": 77, "rotation_deg": 90},
    "media__sample_rotate_and_reflect.mp4": {"warnings": ("shown mirrored, as the file asks",)},
    "media__sample_vvc.mp4": {"codec": "vvc", "n_frames": 120},
    "moviepy__no_duration.webm": {"n_frames": 74, "is_variable_rate": False},
    "torchcodec__av1_video.mkv": {"codec": "av1", "n_frames": 125},
    "torchcodec__h264_10bits.mp4": {"n_frames": 30, "duration_s": 1.0},
    "media__sample_with_vobsub.mp4": {"has_frames": True, "frames_end_s": 0.05, "gaps": ()},
    "media__sample_shorter_audio.mp4": {"has_audio": True, "duration_s": 1.2},
}


def _files(folder: str) -> list[str]:
    shared(folder)
    return sorted(str(path) for path in (FOLDER / folder).glob("*.*"))


def _sweep(reader: str, files: list[str]) -> list[str]:
    """What a process of its own says of each file, since a native crash would take the tests with it."""
    done = subprocess.run(
        [sys.executable, "-c", SWEEP, reader, *files],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "index")},
    )
    assert done.returncode == 0, f"after {done.stdout.count(chr(10))} files: {done.stderr[-2000:]}"
    return done.stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["videos/odd", "videos/free", "videos/demo"])
@pytest.mark.parametrize("reader", BOTH_READERS)
def test_every_real_file_is_read_or_refused(reader: str, folder: str) -> None:
    files = _files(folder)
    results = _sweep(reader, files)
    assert len(results) == len(files)
    if reader == "pyav":
        refused = {Path(name).name for name, word in zip(files, results, strict=True) if word == "refused"}
        assert refused == REFUSED[folder]


@pytest.mark.parametrize(("name", "why"), ODD_REFUSED.items())
def test_an_odd_file_is_refused_for_a_reason(name: str, why: str) -> None:
    with pytest.raises(VideoError, match=why):
        open_reader(shared(f"videos/odd/{name}")).probe()


@pytest.mark.parametrize(("name", "facts"), ODD_FACTS.items())
def test_an_odd_file_is_measured(name: str, facts: dict[str, object]) -> None:
    info = open_reader(shared(f"videos/odd/{name}")).probe()
    assert {key: getattr(info, key) for key in facts} == facts


@pytest.mark.parametrize(("stream", "n_frames"), [(0, 325), (3, 390)])
def test_the_times_are_those_of_another_decoder(stream: int, n_frames: int) -> None:
    name = f"annotations/torchcodec_frames/nasa_13013.mp4.stream{stream}.all_frames_info.json"
    known = json.loads(shared(name).read_text())
    pts_s = np.array([float(row["pts_time"]) for row in known])
    reader = PyavReader(shared("videos/odd/torchcodec__nasa_13013.mp4"), stream)
    frames = [
        frame.pts_s for frame in reader.frames_at((pts_s - pts_s[0] + 0.001).tolist(), short_side_px=16)
    ]
    assert len(frames) == n_frames
    assert np.allclose(frames, pts_s - pts_s[0], atol=1e-6)


def _decoded_one_by_one(reader: PyavReader) -> list[float]:
    """Times of the pictures of a file decoded from the first to the last in one thread."""
    origin_s, times_s = reader.probe().origin_s, []
    with av.open(str(reader.path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                continue
            times_s += [
                float(frame.pts * frame.time_base) - origin_s for frame in frames if frame.pts is not None
            ]
    return [t for i, t in enumerate(times_s) if t >= 0 and t > max(times_s[:i], default=-1.0)]


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["videos/odd", "videos/free"])
def test_jumping_finds_the_pictures_that_decoding_everything_finds(folder: str) -> None:
    wrong = []
    for name in _files(folder):
        reader = PyavReader(Path(name))
        try:
            duration_s = reader.probe().duration_s
        except VideoError:
            continue
        if not reader.probe().has_frames or duration_s > 40 or reader.probe().width_px > 1500:
            continue
        every = np.array(_decoded_one_by_one(reader))
        random = Random(5)
        times_s = sorted(random.uniform(0.0, duration_s) for _ in range(8))
        expected = [every[every <= t + 1e-6][-1] for t in times_s]
        walked = [frame.pts_s for frame in reader.frames_at(times_s, short_side_px=16)]
        jumped = [next(reader.frames_at([t], short_side_px=16)).pts_s for t in times_s[::4]]
        if not (np.allclose(walked, expected) and np.allclose(jumped, expected[::4])):
            wrong.append(Path(name).name)
    assert wrong == []


@pytest.mark.slow
def test_an_hour_is_sampled_with_flat_memory() -> None:
    resource = pytest.importorskip("resource")
    reader = open_reader(shared("videos/long/hour_compose_320x180.mp4"))
    assert reader.probe().duration_s == pytest.approx(3648.7, abs=0.1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in reader.sample(0.5, short_side_px=112)) > 1800
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80_000
