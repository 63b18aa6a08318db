"""What all readers share: checks of requested times and sizes, and leaving out repeated frames."""

from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.packets import PacketTable
from playhead_index.decode.protocol import EDGE_S, Frame, VideoReader
from playhead_index.decode.sound import read_pieces
from playhead_index.errors import TimestampOutOfRange
from playhead_index.window import Window


def check_times(path: Path, times_s: Sequence[float], duration_s: float) -> list[float]:
    """The times as floats.

    Raises:
        TimestampOutOfRange: one is not in [0, duration_s).
        ValueError: one is smaller than the one before it.
    """
    times = [float(time_s) for time_s in times_s]
    for time_s in times:
        if not 0.0 <= time_s < duration_s:
            raise TimestampOutOfRange(path, time_s, 0.0, duration_s)
    if any(np.diff(times) < 0):
        raise ValueError("times_s must not descend; sort them first")
    return times


def check_window(path: Path, window: Window | None, duration_s: float) -> Window:
    """The window, or the whole video for None.

    Raises:
        TimestampOutOfRange: the window begins or ends outside [0, duration_s].
    """
    if window is None:
        return Window(0.0, duration_s)
    if not 0.0 <= window.start_s < duration_s:
        raise TimestampOutOfRange(path, window.start_s, 0.0, duration_s)
    if window.end_s > duration_s + EDGE_S:
        raise TimestampOutOfRange(path, window.end_s, 0.0, duration_s)
    return Window(window.start_s, min(window.end_s, duration_s))


def ticks_in(table: PacketTable, windows: Sequence[Window]) -> NDArray[np.int64]:
    """(N,) int64, ascending: ticks of the frames that are on the screen in any of the windows."""
    edges = [(table.tick_at(window.start_s), table.tick_at(window.end_s)) for window in windows]
    places = np.searchsorted(table.ticks, np.array(edges, np.int64).reshape(-1, 2), side="right") - 1
    firsts, lasts = np.maximum(0, places).T
    num_open = np.zeros(len(table.ticks) + 1, np.int32)
    np.add.at(num_open, firsts, 1)
    np.subtract.at(num_open, lasts + 1, 1)
    np.cumsum(num_open, out=num_open)
    return np.asarray(table.ticks[num_open[:-1] > 0])


def sample_times(fps: float, window: Window) -> list[float]:
    """start, start + 1/fps, ... inside the window.

    Raises:
        ValueError: fps is not above 0.

    >>> sample_times(2.0, Window(1.0, 2.5))
    [1.0, 1.5, 2.0]
    """
    if not fps > 0:
        raise ValueError(f"fps must be above 0, got {fps}")
    n = ceil(window.duration_s * fps - EDGE_S)
    times = (window.start_s + i / fps for i in range(max(1, n)))
    return [time_s for time_s in times if time_s < window.end_s]


def check_short_side(short_side_px: int | None) -> int | None:
    """The short side that was requested.

    Raises:
        ValueError: it is not above 0.
    """
    if short_side_px is not None and short_side_px < 1:
        raise ValueError(f"short_side_px must be above 0, got {short_side_px}")
    return short_side_px


def check_rate(rate_hz: int) -> int:
    """The sample rate that was requested.

    Raises:
        ValueError: it is not above 0.
    """
    if rate_hz < 1:
        raise ValueError(f"rate_hz must be above 0, got {rate_hz}")
    return rate_hz


def distinct_frames(frames: Iterator[Frame]) -> Iterator[Frame]:
    """The same frames, each as often as it changes."""
    last: Frame | None = None
    for frame in frames:
        if last is None or frame.pts_s != last.pts_s:
            yield frame
        last = frame


class ReaderSampling:
    """Gives a reader its `sample`, which is made of its `frames_at`, and its `audio`, which PyAV reads."""

    def sample(
        self: VideoReader, fps: float, window: Window | None = None, *, short_side_px: int | None = None
    ) -> Iterator[Frame]:
        """Frames on the screen at start, start + 1/fps, ... of the window (whole video if None).

        A frame that stays on screen over several of these times comes once.

        Raises:
            TimestampOutOfRange: the window lies outside the video.
            ValueError: fps is not above 0.
            VideoUnreadable: the file cannot be decoded.
        """
        within = check_window(self.path, window, self.probe().duration_s)
        return distinct_frames(self.frames_at(sample_times(fps, within), short_side_px=short_side_px))

    def audio(
        self: VideoReader, rate_hz: int, window: Window | None = None, *, stream_index: int | None = None
    ) -> Iterator[NDArray[np.float32]]:
        """Mono sound in [-1, 1] as (n,) float32 pieces of one second, the last one shorter.

        Sample 0 lies at the window's start. Silence stands before the sound begins and in its gaps;
        the pieces end with the window or with the sound. A file without sound gives nothing.

        Raises:
            TimestampOutOfRange: the window lies outside the video.
            ValueError: rate_hz is not above 0.
            VideoUnreadable: the file cannot be opened.
        """
        check_rate(rate_hz)
        info = self.probe()
        within = check_window(self.path, window, info.duration_s)
        if not info.has_audio:
            return iter(())
        return read_pieces(self.path, rate_hz, within, info.origin_s, stream_index)
