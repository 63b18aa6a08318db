"""Tests of which times of a video are looked at."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.made_videos import coded, stills

from playhead_index.decode import VideoInfo, open_reader
from playhead_index.segment import sampling_times, signature

STILL, MOVING = 10, 100_000


def info(duration_s: float, keyframes_s: list[float], gop_bytes: list[int]) -> VideoInfo:
    """A video of 25 pictures a second whose keyframes have 10 000 bytes each."""
    return VideoInfo(
        path=Path("made.mp4"), duration_s=duration_s, frames_end_s=duration_s, origin_s=0.0,
        width_px=64, height_px=48, rotation_deg=0, codec="h264", average_fps=25.0, is_variable_rate=False,
        n_frames=int(duration_s * 25) + 1, keyframes_s=np.asarray(keyframes_s, dtype=np.float64),
        gop_bytes=np.asarray(gop_bytes, dtype=np.int64),
        key_bytes=np.full(len(keyframes_s), 10_000, dtype=np.int64), has_audio=False, subtitle_tracks=(),
    )  # fmt: skip


def signatures_of(*names: str) -> NDArray[np.float32]:
    """Signatures that are equal where the letters are."""
    return np.stack([np.eye(26, dtype=np.float32)[ord(name) - ord("a")] for name in names])


def test_still_intervals_are_sampled_only_at_their_keyframes() -> None:
    video = info(25.0, [0.0, 10.0, 20.0], [STILL, STILL, STILL])
    assert sampling_times(video, signatures_of(*"aaa")).tolist() == [0, 10, 20, 21, 22, 23, 24]


@pytest.mark.parametrize(
    ("names", "gop_bytes"),
    [
        pytest.param("abc", STILL, id="the keyframes look different"),
        pytest.param("aaa", MOVING, id="the bytes say that something moved"),
    ],
)
def test_other_intervals_are_sampled_every_second(names: str, gop_bytes: int) -> None:
    video = info(25.0, [0.0, 10.0, 20.0], [gop_bytes] * 3)
    assert sampling_times(video, signatures_of(*names)).tolist() == list(range(25))


def test_a_moving_interval_between_two_still_ones_is_sampled_every_second() -> None:
    video = info(40.0, [0.0, 10.0, 20.0, 30.0], [STILL, MOVING, STILL, MOVING])
    times_s = sampling_times(video, signatures_of(*"aabb"))
    assert times_s.tolist() == [0, *range(10, 21), *range(30, 40)]


def test_keyframes_minutes_apart_leave_no_long_gap() -> None:
    video = info(130.0, [0.0, 125.0], [STILL, MOVING])
    times_s = sampling_times(video, signatures_of(*"aa"), longest_gap_s=10.0)
    assert np.diff(times_s).max() <= 10.0
    assert len(times_s) == 13 + 5


def test_a_video_of_keyframes_alone_is_not_sampled_more_often_than_requested() -> None:
    video = info(20.0, [i / 25 for i in range(500)], [0] * 500)
    times_s = sampling_times(video, np.tile(signatures_of("a"), (500, 1)))
    assert len(times_s) == pytest.approx(20, abs=1)


@given(
    st.lists(st.floats(0.05, 40.0), min_size=1, max_size=15),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.2, 1.0, 2.0, 3.7]),
    st.floats(0.5, 30.0),
)
@settings(deadline=None, max_examples=200)
def test_times_ascend_from_0_inside_the_video_and_never_too_far_apart(
    gaps_s: list[float], seed: int, fps: float, longest_gap_s: float
) -> None:
    rng = np.random.default_rng(seed)
    keyframes_s = [0.0, *np.cumsum(gaps_s)[:-1]]
    sizes = [int(size) for size in rng.choice([STILL, MOVING], len(keyframes_s))]
    video = info(float(np.sum(gaps_s)), keyframes_s, sizes)
    names = signatures_of(*rng.choice(list("ab"), len(keyframes_s)))
    times_s = sampling_times(video, names, fps=fps, longest_gap_s=longest_gap_s)
    ends_s = [*times_s.tolist(), video.duration_s]
    assert ends_s[0] == 0.0
    assert all(0 < b - a <= max(longest_gap_s, 1 / fps) + 1e-9 for a, b in pairwise(ends_s))


@pytest.mark.parametrize("how", [{"everywhere": True}, {}], ids=["asked for", "keyframes not looked at"])
def test_the_plain_grid(how: dict[str, bool]) -> None:
    video = info(2.6, [0.0, 1.0], [STILL, STILL])
    signatures = signatures_of(*"aa") if how else None
    assert sampling_times(video, signatures, fps=2.0, **how).tolist() == [0, 0.5, 1, 1.5, 2, 2.5]


def test_one_signature_per_keyframe_is_needed() -> None:
    with pytest.raises(ValueError, match="3 keyframes need as many signatures, got 2"):
        sampling_times(info(30.0, [0.0, 10.0, 20.0], [STILL] * 3), signatures_of(*"ab"))


def test_a_talk_with_three_slides_and_then_movement(tmp_path: Path) -> None:
    slides = [(np.random.default_rng(i).integers(0, 256, (120, 160, 3), np.uint8), 6.0) for i in range(3)]
    moving = [(coded(i), 0.2) for i in range(30)]
    reader = open_reader(stills(tmp_path / "talk.mp4", [*slides, *moving], gop=10).path)
    signatures = np.stack([signature(frame.rgb) for frame in reader.keyframes(short_side_px=64)])
    times_s = sampling_times(reader.probe(), signatures, fps=2.5)
    assert times_s[(times_s >= 2.0) & (times_s < 6.0)] == pytest.approx([2.0, 4.0, 4.4, 4.8, 5.2, 5.6])
    assert np.diff(times_s[times_s > 18.5]) == pytest.approx(0.4)
