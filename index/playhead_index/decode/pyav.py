"""Reads videos with PyAV (FFmpeg): the reader that was exact on every file it was tried on."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.frame_cursor import Cursor, FramesLostAtEnd, decode_frames
from playhead_index.decode.opening import map_av_errors, open_container, select_streams
from playhead_index.decode.orientation import FrameConverter
from playhead_index.decode.probing import Probe, probe_file
from playhead_index.decode.protocol import NO_FRAMES, Frame, VideoInfo
from playhead_index.decode.requested_times import (
    ReaderSampling,
    check_short_side,
    check_times,
    check_window,
    distinct_frames,
    ticks_in,
)
from playhead_index.errors import NoFrames, VideoUnreadable
from playhead_index.window import Window, format_time


class PyavReader(ReaderSampling):
    """A `VideoReader` that opens the file for each call and closes it after.

    Frames that do not decode are passed over, the last good one stands for them, and
    `decode_warnings` says where. `num_decoded` counts the frames that were decoded so far: what all
    calls cost, where a file has one keyframe and every seek would decode it from its beginning.

    Args:
        path: the video file.
        stream_index: which stream, where the first video stream is not the one to read.
    """

    name = "pyav"

    def __init__(self, path: Path, stream_index: int | None = None) -> None:
        self.path = path
        self.decode_warnings: list[str] = []
        self.num_decoded = 0
        self._stream_index = stream_index
        self._probe: Probe | VideoInfo | None = None

    @property
    def _video_probe(self) -> Probe:
        self.probe()
        if isinstance(self._probe, Probe):
            return self._probe
        raise NoFrames(self.path, NO_FRAMES)

    def probe(self) -> VideoInfo:
        """What the file holds, measured from its packets; read once and remembered.

        Raises:
            VideoUnreadable: neither a frame nor, where there is no video stream, sound can be decoded.
        """
        if self._probe is None:
            self._probe = probe_file(self.path, self._stream_index)
        return self._probe.info if isinstance(self._probe, Probe) else self._probe

    def frames_at(self, times_s: Sequence[float], *, short_side_px: int | None = None) -> Iterator[Frame]:
        """For each time the frame that is on the screen then: the last one with pts_s <= time.

        A frame that begins within a microsecond after a time counts as begun; the last one is shown until
        the recording ends.

        Raises:
            NoFrames: the file holds only sound.
            TimestampOutOfRange: a time lies outside the video.
            ValueError: the times descend.
            VideoUnreadable: the file cannot be decoded.
        """
        times = check_times(self.path, times_s, self.probe().duration_s)
        if not times:
            return iter(())
        return self._frames_at(times, check_short_side(short_side_px))

    def frames_in(self, windows: Sequence[Window], *, short_side_px: int | None = None) -> Iterator[Frame]:
        """Every frame that is on the screen in the windows, in time order, each once.

        Raises:
            TimestampOutOfRange: a window lies outside the video.
            VideoUnreadable: the file cannot be decoded.
        """
        duration_s = self.probe().duration_s
        within = [check_window(self.path, window, duration_s) for window in windows]
        ticks = ticks_in(self._video_probe.table, within)
        return distinct_frames(self._frames_at_ticks(ticks, check_short_side(short_side_px)))

    def _frames_at(self, times: Sequence[float], short_side_px: int | None) -> Iterator[Frame]:
        table = self._video_probe.table
        limits = np.array([table.tick_at(time_s) for time_s in times], np.int64)
        return self._frames_at_ticks(limits, short_side_px)

    def _frames_at_ticks(self, limits: NDArray[np.int64], short_side_px: int | None) -> Iterator[Frame]:
        known = self._video_probe
        frame_ticks = known.table.frame_ticks_at(limits)
        converter = FrameConverter(known.shape.shrunk(short_side_px))
        frame: Frame | None = None
        last_av_frame = None
        with (
            map_av_errors(self.path),
            Cursor(self.path, known.stream_index, known.table, frame_ticks) as cursor,
        ):
            try:
                for limit in map(int, limits):
                    av_frame = cursor.at(limit)
                    if av_frame is None:
                        time_s = known.table.seconds(limit)
                        raise VideoUnreadable(self.path, f"no picture before {time_s:.3f} s decodes")
                    if frame is None or av_frame is not last_av_frame:
                        frame = Frame(known.table.seconds(av_frame.pts), converter.rgb(av_frame))
                        last_av_frame = av_frame
                    yield frame
            finally:
                self.num_decoded += cursor.num_decoded
        self._note(cursor.damaged)

    def keyframes(self, *, short_side_px: int | None = None) -> Iterator[Frame]:
        """The frames that can be decoded alone, in time order: hundreds of times faster than all.

        Raises:
            VideoUnreadable: the file cannot be decoded.
        """
        if not self.probe().has_frames:
            return
        known = self._video_probe
        converter = FrameConverter(known.shape.shrunk(check_short_side(short_side_px)))
        damaged: list[int] = []
        with open_container(self.path) as container:
            stream = container.streams[known.stream_index]
            select_streams(container, stream)
            stream.thread_type = "AUTO"
            try:
                for av_frame in decode_frames(container, stream, damaged, only_keys=True):
                    self.num_decoded += 1
                    if av_frame.pts >= known.table.origin:
                        yield Frame(known.table.seconds(av_frame.pts), converter.rgb(av_frame))
            except FramesLostAtEnd:
                damaged.append(known.table.end)
        self._note(damaged)

    def _note(self, damaged: Sequence[int]) -> None:
        for warning in damage_warnings(damaged, self._video_probe):
            if warning not in self.decode_warnings:
                self.decode_warnings.append(warning)


def damage_warnings(damaged: Sequence[int], known: Probe) -> list[str]:
    """A line for each run of frames that did not decode; frames less than a second apart are one run."""
    times_s = sorted({known.table.seconds(tick) for tick in damaged})
    breaks = [i for i, (before, after) in enumerate(pairwise(times_s), 1) if after - before > 1.0]
    runs = [times_s[a:b] for a, b in pairwise([0, *breaks, len(times_s)]) if b > a]
    return [
        f"pictures near {format_time(run[0])} that do not decode: {len(run)}; the one before stands"
        for run in runs
    ]
