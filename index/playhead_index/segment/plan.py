"""Which times of a video to look at, from its keyframes and the sizes of its packets."""

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
    """Times at which to look at a video: `fps` of them a second, and fewer where it stands still.

    Between two keyframes that look alike, with hardly a byte between them, only the keyframes are
    looked at (and no more than `fps` of them). What appears and goes again inside such a stretch
    without costing the encoder anything is missed; `everywhere` is there for those who cannot have that.
    The last picture is looked at once where it is still shown after the pictures have ended, and nothing is
    looked at inside a gap.

    Args:
        info: what the file holds.
        key_signatures: (K, S) float32, `signature` of each picture in `info.keyframes_s`; None when the
            keyframes were not looked at, which gives the plain grid.
        fps: times a second where there is movement, above 0.
        everywhere: the plain grid over the whole video.
        longest_gap_s: most seconds between two times, and from the last one to the end; never less
            than 1 / fps.

    Returns:
        (N,) float64 seconds, ascending from 0, all in [0, duration_s); none without pictures.

    Raises:
        ValueError: there is not one signature per keyframe, or `fps` is not above 0.
    """
    if fps <= 0:
        raise ValueError(f"fps must be above 0, got {fps}")
    if not info.has_pictures:
        return np.zeros(0, dtype=np.float64)
    moving_s = _times_of_pictures(info, key_signatures, fps, everywhere, longest_gap_s)
    for gap in info.gaps:
        outside = (moving_s < gap.start_s) | (moving_s >= gap.end_s)
        moving_s = np.union1d(moving_s[outside], [gap.end_s])
    tail_s = [info.pictures_end_s] if info.pictures_end_s < info.duration_s else []
    times_s = np.union1d(moving_s[moving_s < info.pictures_end_s], tail_s)
    return np.asarray(times_s, dtype=np.float64)


def _times_of_pictures(
    info: VideoInfo,
    key_signatures: NDArray[np.float32] | None,
    fps: float,
    everywhere: bool,
    longest_gap_s: float,
) -> NDArray[np.float64]:
    """Times from 0 to the end of the last picture, as if there were no gaps."""
    grid_s = _grid(info.pictures_end_s, fps)
    if everywhere or key_signatures is None or len(info.keyframes_s) < 2:
        return grid_s
    if len(key_signatures) != len(info.keyframes_s):
        raise ValueError(
            f"{len(info.keyframes_s)} keyframes need as many signatures, got {len(key_signatures)}"
        )
    is_still = _still_stretches(info, key_signatures)
    stretch = np.searchsorted(info.keyframes_s, grid_s, side="right") - 1
    moving_s = grid_s[(stretch < 0) | ~is_still[np.clip(stretch, 0, None)]]
    at_still_ends = is_still | np.concatenate([[False], is_still[:-1]])
    keys_s = _at_least_apart(info.keyframes_s[at_still_ends], 1 / fps)
    times_s = np.union1d(np.concatenate([[0.0], moving_s]), keys_s[keys_s < info.pictures_end_s])
    return _without_gaps(times_s, info.pictures_end_s, max(longest_gap_s, 1 / fps))


def _grid(duration_s: float, fps: float) -> NDArray[np.float64]:
    """0, 1 / fps, 2 / fps, ... below the duration, at least 0 itself."""
    times_s = np.arange(int(np.ceil(duration_s * fps)) + 1) / fps
    return np.asarray(times_s[times_s < duration_s], dtype=np.float64)


def _still_stretches(info: VideoInfo, key_signatures: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(K,): nothing happens from this keyframe to the next; the last has no next, so never there."""
    lengths_s = np.diff(info.keyframes_s)
    changes = np.linalg.norm(np.diff(key_signatures, axis=0), axis=1) / 2
    is_cheap = info.gop_bytes[:-1] < STILL_BYTES * info.key_bytes[:-1] * lengths_s
    return np.append((changes < CHANGED) & is_cheap, False)


def _at_least_apart(times_s: NDArray[np.float64], gap_s: float) -> NDArray[np.float64]:
    """The times without those that follow the last one kept too soon."""
    kept: list[float] = []
    for time_s in times_s:
        if not kept or time_s - kept[-1] >= gap_s:
            kept.append(float(time_s))
    return np.asarray(kept, dtype=np.float64)


def _without_gaps(times_s: NDArray[np.float64], duration_s: float, longest_s: float) -> NDArray[np.float64]:
    """The times, and equal parts of every gap that is longer than `longest_s`."""
    gaps_s = np.diff(np.append(times_s, duration_s))
    parts = np.maximum(1, np.ceil(gaps_s / longest_s - 1e-9)).astype(np.int64)
    part = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    return np.asarray(np.repeat(times_s, parts) + part * np.repeat(gaps_s / parts, parts))
