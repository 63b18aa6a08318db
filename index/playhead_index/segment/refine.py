"""The exact time of a change that was seen between two sampled pictures."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.protocol import Frame, VideoReader
from playhead_index.segment.signature import thumbnail
from playhead_index.window import Window

SHORT_SIDE_PX = 64
EVERY_PICTURE_FPS = 120.0
STANDS_OUT = 1.5
"""A jump is a cut when it is this many times the third largest of the others: a flash and a second cut
may stand beside it, a dissolve or a turn of the camera has many like jumps."""
SMALLEST_JUMP = 4.0


def refine_boundaries(
    reader: VideoReader,
    boundaries: Sequence[tuple[float, float]],
    *,
    short_side_px: int = SHORT_SIDE_PX,
) -> list[float]:
    """For each boundary the time of the first picture after the change.

    All pictures between the two times are decoded and each compared with the one before it. When one
    jump stands out, the change is the picture after it; when the change is spread out, as in a
    dissolve or a camera's turn, it is the picture at which half of it has happened.

    Args:
        reader: of the video.
        boundaries: (before_s, after_s) of two sampled pictures, 0 <= before_s < after_s < duration_s,
            that the change lies between: not yet there in the first, there in the second.
        short_side_px: pictures are compared at this size.

    Returns:
        Seconds, one for each boundary, in (before_s, after_s]; `after_s` itself when no picture is
        first shown in between.

    Raises:
        ValueError: a boundary does not end after it begins.
        VideoUnreadable: the file cannot be decoded.
        TimestampOutOfRange: a boundary lies outside the video.
    """
    return [_refine(reader, before_s, after_s, short_side_px) for before_s, after_s in boundaries]


def _refine(reader: VideoReader, before_s: float, after_s: float, short_side_px: int) -> float:
    frames = _pictures(reader, Window(before_s, after_s), short_side_px)
    if len(frames) < 2:
        return after_s
    jumps = _jumps([frame.rgb for frame in frames])
    largest = int(jumps.argmax())
    others = np.sort(np.delete(jumps, largest))
    rival = float(others[-3]) if len(others) >= 3 else 0.0
    if jumps[largest] < max(SMALLEST_JUMP, STANDS_OUT * rival):
        largest = int(np.searchsorted(np.cumsum(jumps), jumps.sum() / 2))
    return frames[largest + 1].pts_s


def _pictures(reader: VideoReader, window: Window, short_side_px: int) -> list[Frame]:
    """Every picture shown in the window, and the one on the screen at its end."""
    between = list(reader.sample(EVERY_PICTURE_FPS, window, short_side_px=short_side_px))
    last = next(reader.frames_at([window.end_s], short_side_px=short_side_px))
    return between if between and last.pts_s <= between[-1].pts_s else [*between, last]


def _jumps(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """(N - 1,): mean difference, of 255, between each picture and the next."""
    small = np.stack([thumbnail(picture) for picture in pictures]).astype(np.float64)
    return np.asarray(np.abs(np.diff(small, axis=0)).mean(axis=(1, 2, 3)))
