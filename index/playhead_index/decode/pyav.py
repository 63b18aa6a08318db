"""Reads videos with PyAV (FFmpeg): the reader that was exact on every file it was tried on."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.cursor import Cursor, LostAtTheEnd, decoded
from playhead_index.decode.opening import mapped_av_errors, opened, read_only
from playhead_index.decode.orientation import Upright
from playhead_index.decode.probing import Probe, probe_file
from playhead_index.decode.protocol import NO_PICTURES, Frame, VideoInfo
from playhead_index.decode.requested_times import (
    Sampling,
    checked_short_side,
    checked_times,
    checked_window,
    once,
    ticks_in,
)
from playhead_index.errors import NoPictures, VideoUnreadable
from playhead_index.window import Window, format_time


class PyavReader(Sampling):
    """A `VideoReader` that opens the file for each call and closes it after.

    Pictures that do not decode are passed over, the last good one stands for them, and
    `decode_warnings` says where. `num_decoded` counts the pictures that were decoded so far: what all
    calls cost, where a file has one keyframe and every seek would decode it from its beginning.

    Args:
        path: the video file.
        stream_index: which stream, where the first with moving pictures is not the one wanted.
    """

    name = "pyav"

    def __init__(self, path: Path, stream_index: int | None = None) -> None:
        self.path = path
        self.decode_warnings: list[str] = []
        self.num_decoded = 0
        self._stream_index = stream_index
        self._probe: Probe | VideoInfo | None = None

    @property
    def _known(self) -> Probe:
        self.probe()
        if isinstance(self._probe, Probe):
            return self._probe
        raise NoPictures(self.path, NO_PICTURES)

    def probe(self) -> VideoInfo:
        """What the file holds, measured from its packets; read once and remembered.

        Raises:
            VideoUnreadable: neither a picture nor, where there is no video stream, sound can be decoded.
        """
        if self._probe is None:
            self._probe = probe_file(self.path, self._stream_index)
        return self._probe.info if isinstance(self._probe, Probe) else self._probe

    def frames_at(self, times_s: Sequence[float], *, short_side_px: int | None = None) -> Iterator[Frame]:
        """For each time the picture that is on the screen then: the last one with pts_s <= time.

        A picture that begins within a microsecond after a time counts as begun; the last one is shown until
        the recording ends.

        Raises:
            NoPictures: the file holds only sound.
            TimestampOutOfRange: a time lies outside the video.
            ValueError: the times descend.
            VideoUnreadable: the file cannot be decoded.
        """
        times = checked_times(self.path, times_s, self.probe().duration_s)
        if not times:
            return iter(())
        return self._frames_at(times, checked_short_side(short_side_px))

    def frames_in(self, windows: Sequence[Window], *, short_side_px: int | None = None) -> Iterator[Frame]:
        """Every picture that is on the screen in the windows, in time order, each once.

        Raises:
            TimestampOutOfRange: a window lies outside the video.
            VideoUnreadable: the file cannot be decoded.
        """
        duration_s = self.probe().duration_s
        within = [checked_window(self.path, window, duration_s) for window in windows]
        ticks = ticks_in(self._known.table, within)
        return once(self._frames_at_ticks(ticks, checked_short_side(short_side_px)))

    def _frames_at(self, times: Sequence[float], short_side_px: int | None) -> Iterator[Frame]:
        table = self._known.table
        limits = np.array([table.tick_at(time_s) for time_s in times], np.int64)
        return self._frames_at_ticks(limits, short_side_px)

    def _frames_at_ticks(self, limits: NDArray[np.int64], short_side_px: int | None) -> Iterator[Frame]:
        known = self._known
        wanted = known.table.all_shown_at(limits)
        upright = Upright(known.shape.shrunk(short_side_px))
        frame: Frame | None = None
        shown = None
        with (
            mapped_av_errors(self.path),
            Cursor(self.path, known.stream_index, known.table, wanted) as cursor,
        ):
            try:
                for limit in map(int, limits):
                    picture = cursor.at(limit)
                    if picture is None:
                        time_s = known.table.seconds(limit)
                        raise VideoUnreadable(self.path, f"no picture before {time_s:.3f} s decodes")
                    if frame is None or picture is not shown:
                        frame = Frame(known.table.seconds(picture.pts), upright.rgb(picture))
                        shown = picture
                    yield frame
            finally:
                self.num_decoded += cursor.num_decoded
        self._note(cursor.damaged)

    def keyframes(self, *, short_side_px: int | None = None) -> Iterator[Frame]:
        """The pictures that can be decoded alone, in time order: hundreds of times faster than all.

        Raises:
            VideoUnreadable: the file cannot be decoded.
        """
        if not self.probe().has_pictures:
            return
        known = self._known
        upright = Upright(known.shape.shrunk(checked_short_side(short_side_px)))
        damaged: list[int] = []
        with opened(self.path) as container:
            stream = container.streams[known.stream_index]
            read_only(container, stream)
            stream.thread_type = "AUTO"
            try:
                for picture in decoded(container, stream, damaged, only_keys=True):
                    self.num_decoded += 1
                    if picture.pts >= known.table.origin:
                        yield Frame(known.table.seconds(picture.pts), upright.rgb(picture))
            except LostAtTheEnd:
                damaged.append(known.table.end)
        self._note(damaged)

    def _note(self, damaged: Sequence[int]) -> None:
        for warning in damage_in_words(damaged, self._known):
            if warning not in self.decode_warnings:
                self.decode_warnings.append(warning)


def damage_in_words(damaged: Sequence[int], known: Probe) -> list[str]:
    """A line for each stretch of pictures that did not decode; less than a second apart is one stretch."""
    times_s = sorted({known.table.seconds(tick) for tick in damaged})
    breaks = [i for i, (before, after) in enumerate(pairwise(times_s), 1) if after - before > 1.0]
    stretches = [times_s[a:b] for a, b in pairwise([0, *breaks, len(times_s)]) if b > a]
    return [
        f"pictures near {format_time(stretch[0])} that do not decode: {len(stretch)}; the one before stands"
        for stretch in stretches
    ]
