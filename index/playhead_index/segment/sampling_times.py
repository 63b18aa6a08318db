"""Which times of a video are sampled, from its keyframes and the sizes of its packets."""

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.protocol import VideoInfo
from playhead_index.segment.signature import CHANGED

STILL_BYTES = 0.1
"""Bytes a second between two keyframes, as a part of the keyframe's own, below which hardly anything
moved: a still slide has 0.05, the least of a person walking in 0.12, most footage 0.3 to 5."""


def sampling_times(
    info: VideoInfo,
    key_signatures: NDArray[np.float32] | None,
    *,
    fps: float = 1.0,
    everywhere: bool = False,
    longest_gap_s: float = 10.0,
) -> NDArray[np.float64]:
    """The times at which a video is sampled: `fps` of them a second, and fewer where it stands still.

    Between two similar keyframes, with hardly a byte between them, only the keyframes are
    sampled (and no more than `fps` of them). What appears and goes again inside such an interval
    without costing the encoder anything is missed; `everywhere` is there for those who cannot have that.
    The last frame is sampled once where it is still shown after the frames have ended, and nothing is
    sampled inside a gap.

    Args:
        info: what the file holds.
        key_signatures: (K, S) float32, `signature` of each frame in `info.keyframes_s`; None when the
            keyframes were not decoded, which gives the plain grid.
        fps: times a second where there is movement, above 0.
        everywhere: the plain grid over the whole video.
        longest_gap_s: maximum seconds between two times, and from the last one to the end; never less
            than 1 / fps.

    Returns:
        (N,) float64 seconds, ascending from 0, all in [0, duration_s); none without frames.

    Raises:
        ValueError: there is not one signature per keyframe, or `fps` is not above 0.
    """
    if fps <= 0:
        raise ValueError(f"fps must be above 0, got {fps}")
    if not info.has_frames:
        return np.zeros(0, dtype=np.float64)
    moving_s = _frame_times(info, key_signatures, fps, everywhere, longest_gap_s)
    for gap in info.gaps:
        outside = (moving_s < gap.start_s) | (moving_s >= gap.end_s)
        moving_s = np.union1d(moving_s[outside], [gap.end_s])
    tail_s = [info.frames_end_s] if info.frames_end_s < info.duration_s else []
    times_s = np.union1d(moving_s[moving_s < info.frames_end_s], tail_s)
    return np.asarray(times_s, dtype=np.float64)


def _frame_times(
    info: VideoInfo,
    key_signatures: NDArray[np.float32] | None,
    fps: float,
    everywhere: bool,
    longest_gap_s: float,
) -> NDArray[np.float64]:
    """Times from 0 to the end of the last frame, as if there were no gaps."""
    grid_s = _grid(info.frames_end_s, fps)
    if everywhere or key_signatures is None or len(info.keyframes_s) < 2:
        return grid_s
    if len(key_signatures) != len(info.keyframes_s):
        raise ValueError(
            f"{len(info.keyframes_s)} keyframes need as many signatures, got {len(key_signatures)}"
        )
    is_still = _is_still_until_next(info, key_signatures)
    key_index = np.searchsorted(info.keyframes_s, grid_s, side="right") - 1
    moving_s = grid_s[(key_index < 0) | ~is_still[np.clip(key_index, 0, None)]]
    at_still_ends = is_still | np.concatenate([[False], is_still[:-1]])
    keys_s = _thin_out(info.keyframes_s[at_still_ends], 1 / fps)
    times_s = np.union1d(np.concatenate([[0.0], moving_s]), keys_s[keys_s < info.frames_end_s])
    return _without_gaps(times_s, info.frames_end_s, max(longest_gap_s, 1 / fps))


def _grid(duration_s: float, fps: float) -> NDArray[np.float64]:
    """0, 1 / fps, 2 / fps, ... below the duration, at least 0 itself."""
    times_s = np.arange(int(np.ceil(duration_s * fps)) + 1) / fps
    return np.asarray(times_s[times_s < duration_s], dtype=np.float64)


def _is_still_until_next(info: VideoInfo, key_signatures: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(K,): whether nothing changes from this keyframe to the next; False for the last one."""
    lengths_s = np.diff(info.keyframes_s)
    changes = np.linalg.norm(np.diff(key_signatures, axis=0), axis=1) / 2
    is_cheap = info.gop_bytes[:-1] < STILL_BYTES * info.key_bytes[:-1] * lengths_s
    return np.append((changes < CHANGED) & is_cheap, False)


def _thin_out(times_s: NDArray[np.float64], gap_s: float) -> NDArray[np.float64]:
    """The times without those that follow the last selected one by less than `gap_s`."""
    selected: list[float] = []
    for time_s in times_s:
        if not selected or time_s - selected[-1] >= gap_s:
            selected.append(float(time_s))
    return np.asarray(selected, dtype=np.float64)


def _without_gaps(times_s: NDArray[np.float64], duration_s: float, longest_s: float) -> NDArray[np.float64]:
    """The times, and equal parts of every gap that is longer than `longest_s`."""
    gaps_s = np.diff(np.append(times_s, duration_s))
    parts = np.maximum(1, np.ceil(gaps_s / longest_s - 1e-9)).astype(np.int64)
    part = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    return np.asarray(np.repeat(times_s, parts) + part * np.repeat(gaps_s / parts, parts))
