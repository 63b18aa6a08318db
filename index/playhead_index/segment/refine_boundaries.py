"""The exact time of a change that was seen between two sampled frames."""

from array import array
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.protocol import EDGE_S, Frame, VideoReader
from playhead_index.segment.signature import thumbnail
from playhead_index.window import Window

SHORT_SIDE_PX = 64
MIN_JUMP_RATIO = 1.5
"""A jump is a cut when it is this many times the third largest of the others: a flash and a second cut
may stand beside it, a dissolve or a turn of the camera has many like jumps."""
MIN_JUMP = 4.0


def refine_boundaries(
    reader: VideoReader,
    boundaries: Sequence[tuple[float, float]],
    *,
    short_side_px: int = SHORT_SIDE_PX,
) -> list[float]:
    """For each boundary the time of the first frame after the change.

    All frames between the two times are decoded, in one pass over the file for all boundaries, and
    each is compared with the one before it. When one jump stands out, the change is the frame after
    it; when the change is spread out, as in a dissolve or a camera's turn, it is the frame at which
    half of it has happened.

    Args:
        reader: of the video.
        boundaries: (before_s, after_s) of two sampled frames, 0 <= before_s < after_s < duration_s,
            that the change lies between: not yet there in the first, there in the second.
        short_side_px: frames are compared at this size.

    Returns:
        Seconds, one for each boundary, in (before_s, after_s]; `after_s` itself when no frame is
        first shown in between.

    Raises:
        ValueError: a boundary does not end after it begins.
        VideoUnreadable: the file cannot be decoded.
        TimestampOutOfRange: a boundary lies outside the video.
    """
    if not boundaries:
        return []
    windows = [Window(before_s, after_s) for before_s, after_s in boundaries]
    times_s, jumps = _jumps(reader.frames_in(windows, short_side_px=short_side_px))
    firsts, lasts = (
        np.maximum(0, np.searchsorted(times_s, np.asarray(edges_s) + EDGE_S, side="right") - 1)
        for edges_s in zip(*boundaries, strict=True)
    )
    return [
        _first_after_change(times_s[first : last + 1], jumps[first + 1 : last + 1])
        if first < last
        else window.end_s
        for window, first, last in zip(windows, firsts, lasts, strict=True)
    ]


def _first_after_change(times_s: NDArray[np.float64], jumps: NDArray[np.float64]) -> float:
    """Of a window's frames the first after the change.

    Args:
        times_s: (N,) float64, when each frame appears, N at least 2.
        jumps: (N - 1,) float64, mean difference, of 255, between each frame and the next.
    """
    largest = int(jumps.argmax())
    others = np.sort(np.delete(jumps, largest))
    rival = float(others[-3]) if len(others) >= 3 else 0.0
    if jumps[largest] < max(MIN_JUMP, MIN_JUMP_RATIO * rival):
        largest = int(np.searchsorted(np.cumsum(jumps), jumps.sum() / 2))
    return float(times_s[largest + 1])


def _jumps(frames: Iterable[Frame]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When each frame appears, and its mean difference, of 255, from the one before it, 0 for the first.

    Two numbers a frame are held; of the frames themselves the thumbnail of the last one.

    Returns:
        (N,) float64 seconds, ascending, and (N,) float64 differences.
    """
    times_s, jumps = array("d"), array("d")
    last: NDArray[np.int16] | None = None
    for frame in frames:
        small = thumbnail(frame.rgb).astype(np.int16)
        jumps.append(0.0 if last is None else float(np.abs(small - last).mean()))
        times_s.append(frame.pts_s)
        last = small
    return np.frombuffer(times_s, np.float64), np.frombuffer(jumps, np.float64)
