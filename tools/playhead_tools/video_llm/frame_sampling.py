"""Which frames of a window are shown: successive ones in pairs, or single ones spread over it.

A video-LLM with temporal patches of two frames reads frames in pairs. Frames that follow one another are
paired as they are; frames taken here and there are each given twice, so that no pair mixes two moments.
Both count by what is given, so a budget of 16 frames is 16 successive ones or 8 scattered ones, and costs
the same tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.window import Window
from playhead_tools.region import Region
from playhead_tools.tolerance import EPSILON_S

STEP_S, LONGEST_STEP_S = 0.5, 1.0
"""Seconds between the two frames of a pair: the shorter where it covers the window, the longer at most."""
MIN_WINDOW_S = 4.0
"""A window is widened to at least so much before it is shown: an instant shows nothing of a movement."""
STRIP_FACTOR, STRIP_FRAMES = 8, 2
"""A strip shows so many times the frames of a whole look, for the tokens of so many of them."""


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """Frames to be given to a model in one call.

    Args:
        video_id: of which video, by the name that the caller knows it by.
        times_s: (N,) when, not descending; a time that stands twice is given twice.
        window: the interval that the frames stand for.
        region: part of the picture that is shown; all of it when None.
        strip: frames of a longer stretch of the video, shown before these as a strip of 1 to 4 tokens
            a frame; None for none.
    """

    video_id: str
    times_s: tuple[float, ...]
    window: Window
    region: Region | None = None
    strip: "ClipRequest | None" = None

    @property
    def num_frames(self) -> int:
        """Frames that are given, those of a strip too."""
        return len(self.times_s) + (0 if self.strip is None else self.strip.num_frames)


def strip_clip(video_id: str, window: Window, num_frames: int) -> ClipRequest:
    """The frames of a strip: `num_frames` // 2 moments spread evenly over a window, each given twice.

    >>> strip_clip("v", Window(0.0, 8.0), 5).times_s
    (2.0, 2.0, 6.0, 6.0)
    """
    return sparse_clip(video_id, even_times(window, max(1, num_frames // 2)), window)


def sparse_clip(video_id: str, times_s: Sequence[float], window: Window) -> ClipRequest:
    """Frames taken here and there, each given twice."""
    return ClipRequest(video_id, tuple(t for time_s in sorted(times_s) for t in (time_s, time_s)), window)


def even_times(window: Window, num_frames: int) -> list[float]:
    """The middles of `num_frames` equal parts of a window.

    >>> even_times(Window(0.0, 8.0), 2)
    [2.0, 6.0]
    """
    return [window.start_s + (i + 0.5) * window.duration_s / num_frames for i in range(num_frames)]


def arange_indices(num_frames: int, count: int) -> NDArray[np.int64]:
    """(count,) every (num_frames / count)-th frame from the first, as Video-LLaVA's documentation takes 8.

    Args:
        num_frames: of the video, at least 1.
        count: frames to take, at least 1; some are taken twice where the video has fewer.

    >>> arange_indices(100, 8).tolist()
    [0, 12, 25, 37, 50, 62, 75, 87]
    """
    return np.arange(count) * num_frames // count


def linspace_indices(num_frames: int, count: int) -> NDArray[np.int64]:
    """(count,) frames from the first to the last, evenly, as Slow-Fast, VTimeLLM and Video-LLaVA's own code.

    >>> linspace_indices(100, 8).tolist()
    [0, 14, 28, 42, 56, 70, 84, 99]
    """
    return np.linspace(0, num_frames - 1, count).astype(np.int64)


def segment_indices(num_frames: int, count: int) -> NDArray[np.int64]:
    """(count,) frames in the middle of equal segments, as VideoChat2.

    >>> segment_indices(100, 8).tolist()
    [6, 18, 31, 43, 56, 68, 80, 93]
    """
    segment = (num_frames - 1) / count
    return int(segment / 2) + np.round(np.arange(count) * segment).astype(np.int64)


def middle_indices(num_frames: int, count: int) -> NDArray[np.int64]:
    """(count,) the middle frames of equal shares, as mPLUG-Owl3.

    >>> middle_indices(100, 8).tolist()
    [6, 18, 31, 43, 56, 68, 81, 93]
    """
    return ((np.arange(count) + 0.5) * num_frames / count).astype(np.int64)


def per_second_indices(num_frames: int, fps: float, max_frames: int = 1000) -> NDArray[np.int64]:
    """(N,) a frame a second, as LongVU; where that is more than `max_frames`, so many of them evenly.

    Args:
        num_frames: of the video, at least 1.
        fps: of the video; a step is the nearest whole number of frames, at least one.
        max_frames: most frames.

    >>> per_second_indices(100, 29.97).tolist(), len(per_second_indices(7200 * 25, 25.0))
    ([0, 30, 60, 90], 1000)
    """
    seconds = np.arange(0, num_frames, max(1, round(fps)))
    if len(seconds) > max_frames:
        seconds = seconds[linspace_indices(len(seconds), max_frames)]
    return seconds


def dense_clip(
    video_id: str, window: Window, video_window: Window, max_frames: int, min_s: float = MIN_WINDOW_S
) -> ClipRequest:
    """Successive frames of a window, in pairs spread evenly over it.

    The frames of a pair are `STEP_S` apart, or up to `LONGEST_STEP_S` where that lets fewer frames cover a
    longer window; beyond that there are gaps between pairs.

    Args:
        video_id: of the window.
        window: what to show; widened to `min_s` where the video has so much.
        video_window: the video.
        max_frames: most frames, at least 2.
        min_s: seconds that are shown at least.

    >>> dense_clip("v", Window(10.0, 12.0), Window(0.0, 60.0), 16).times_s
    (9.0, 9.5, 10.0, 10.5, 11.0, 11.5, 12.0, 12.5)
    """
    widened = _widened(window, video_window, min_s)
    step_s = min(max(STEP_S, widened.duration_s / max_frames), LONGEST_STEP_S)
    pairs = max(1, min(max_frames // 2, int(widened.duration_s / (2 * step_s) + EPSILON_S)))
    part_s = widened.duration_s / pairs
    lead_s = max(0.0, part_s - 2 * step_s) / 2
    last_s = max(0.0, video_window.end_s - EPSILON_S)
    starts = [widened.start_s + i * part_s + lead_s for i in range(pairs)]
    times = tuple(min(t, last_s) for start_s in starts for t in (start_s, start_s + step_s))
    return ClipRequest(video_id, times, widened)


def _widened(window: Window, video_window: Window, min_s: float) -> Window:
    length_s = min(max(window.duration_s, min_s), video_window.duration_s)
    start_s = (window.start_s + window.end_s) / 2 - length_s / 2
    start_s = min(max(start_s, video_window.start_s), video_window.end_s - length_s)
    return Window(start_s, start_s + length_s)
