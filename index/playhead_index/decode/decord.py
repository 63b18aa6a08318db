"""Reads videos with decord 0.6, for those who want it; what it would get wrong it refuses, naming PyAV.

decord carries an FFmpeg of 2018, keeps decoding into memory as long as its reader lives, and returns
other frames than those requested after seeks in some files, without an error. So here it is opened for
a batch of frames and dropped, its table of times is compared with the packets of the file first, and
kinds of files in which it was seen to go wrong are not read with it. Its sound has no usable clock, so sound
is read by PyAV.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.orientation import Shape
from playhead_index.decode.probing import Probe, probe
from playhead_index.decode.protocol import Frame, VideoInfo
from playhead_index.decode.requested_times import (
    ReaderSampling,
    check_short_side,
    check_times,
    check_window,
    ticks_in,
)
from playhead_index.errors import NoFrames, VideoUnreadable
from playhead_index.extras import missing_module
from playhead_index.window import Window

USE_PYAV = "read it with PyAV (--reader pyav)"
_EXACT_CONTAINERS = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"}
_SAME_TIME_S = 2e-3
_BATCH_BYTES = 64 << 20
_MAX_BATCH_FRAMES = 256


class DecordReader(ReaderSampling):
    """A `VideoReader` on decord: frames only, of MP4, MOV, Matroska and WebM with closed groups.

    Its `probe` reads packets with PyAV, since decord does not tell keyframe sizes, warnings or tracks.
    `decode_warnings` stays empty: decord fails on a damaged frame, or shows it without a word.

    Raises:
        VideoUnreadable: decord is not installed.
    """

    name = "decord"

    def __init__(self, path: Path) -> None:
        if find_spec("decord") is None:
            raise VideoUnreadable(path, f"{missing_module('decord')}; or {USE_PYAV}")
        self.path = path
        self.decode_warnings: list[str] = []
        self._probe: Probe | None = None

    @property
    def _video_probe(self) -> Probe:
        if self._probe is None:
            try:
                known = probe(self.path)
            except NoFrames as error:
                raise NoFrames(self.path, f"{error.why}; {USE_PYAV}") from error
            self._refuse(_why_unsupported(known))
            with self._reader(known.shape.shrunk(16)) as reader:
                self._refuse(_why_other_times(reader, known))
            self._probe = known
        return self._probe

    def probe(self) -> VideoInfo:
        """What the file holds; read once and remembered.

        Raises:
            VideoUnreadable: the file cannot be decoded, or decord would not decode it exactly.
        """
        return self._video_probe.info

    def frames_at(self, times_s: Sequence[float], *, short_side_px: int | None = None) -> Iterator[Frame]:
        """For each time the frame that is on the screen then: the last one with pts_s <= time.

        A frame that begins within a microsecond after a time counts as begun.

        Raises:
            TimestampOutOfRange: a time lies outside the video.
            ValueError: the times descend.
            VideoUnreadable: the file cannot be decoded.
        """
        known = self._video_probe
        times = check_times(self.path, times_s, known.info.duration_s)
        ticks = [known.table.frame_tick_at(known.table.tick_at(time_s)) for time_s in times]
        return self._frames(np.asarray(ticks, np.int64), check_short_side(short_side_px))

    def frames_in(self, windows: Sequence[Window], *, short_side_px: int | None = None) -> Iterator[Frame]:
        """Every frame that is on the screen in the windows, in time order, each once.

        Raises:
            TimestampOutOfRange: a window lies outside the video.
            VideoUnreadable: the file cannot be decoded.
        """
        known = self._video_probe
        within = [check_window(self.path, window, known.info.duration_s) for window in windows]
        return self._frames(ticks_in(known.table, within), check_short_side(short_side_px))

    def keyframes(self, *, short_side_px: int | None = None) -> Iterator[Frame]:
        """The frames that can be decoded alone, in time order.

        Raises:
            VideoUnreadable: the file cannot be decoded.
        """
        table = self._video_probe.table
        keys = table.key_ticks[np.isin(table.key_ticks, table.ticks)]
        return self._frames(keys, check_short_side(short_side_px))

    def _refuse(self, why: str | None) -> None:
        if why:
            raise VideoUnreadable(self.path, f"{why}; {USE_PYAV}")

    def _frames(self, ticks: NDArray[np.int64], short_side_px: int | None) -> Iterator[Frame]:
        """The frames at ticks that ascend and may repeat, a batch of memory at a time."""
        known = self._video_probe
        shape = known.shape.shrunk(short_side_px)
        size = max(1, min(_MAX_BATCH_FRAMES, _BATCH_BYTES // (shape.width_px * shape.height_px * 3)))
        different = np.unique(ticks)
        for start in range(0, len(different), size):
            batch = different[start : start + size]
            images = self._decode(np.searchsorted(known.table.ticks, batch), shape)
            times_s = known.table.all_seconds(batch)
            for tick in ticks[np.isin(ticks, batch)]:
                place = int(np.searchsorted(batch, tick))
                yield Frame(float(times_s[place]), images[place])

    def _decode(self, indexes: NDArray[np.intp], shape: Shape) -> NDArray[np.uint8]:
        with self._reader(shape) as reader:
            images: NDArray[np.uint8] = reader.get_batch(indexes.tolist()).asnumpy()
        if images.shape[1:3] != (shape.height_px, shape.width_px):
            self._refuse(f"decord gives pictures of another size, {images.shape[1:3]}")
        return images

    @contextmanager
    def _reader(self, shape: Shape) -> Iterator[Any]:
        """A decord reader that lives as long as the `with`; its errors become `VideoUnreadable`."""
        import decord

        decord.logging.set_level(decord.logging.QUIET)
        try:
            reader = decord.VideoReader(
                str(self.path.absolute()),
                ctx=decord.cpu(0),
                width=shape.width_px,
                height=shape.height_px,
            )
            yield reader
        except UnicodeEncodeError as error:
            raise VideoUnreadable(self.path, f"decord opens names of UTF-8 only; {USE_PYAV}") from error
        except (decord.DECORDError, decord.DECORDLimitReachedError, RuntimeError) as error:
            raise VideoUnreadable(self.path, f"decord fails on it; {USE_PYAV}") from error


def _why_unsupported(known: Probe) -> str | None:
    if known.container not in _EXACT_CONTAINERS:
        return f"decord does not find its way in this container ({known.container.split(',')[0]})"
    if known.table.has_open_groups:
        return "decord confuses pictures around the keyframes of this file (open groups)"
    if known.shape.orientation.is_mirrored:
        return "the picture is to be mirrored, which decord does not do"
    if known.shape.is_hdr:
        return "its pictures are of high dynamic range (HDR), which decord does not map to SDR"
    if known.shape.is_interlaced:
        return "its pictures are interlaced, which decord shows with combs"
    return None


def _why_other_times(reader: Any, known: Probe) -> str | None:
    """Why decord's own table of times cannot be used; None when it is that of the packets."""
    ticks = known.table.ticks
    if len(reader) != len(ticks):
        return f"decord counts {len(reader)} pictures where the file shows {len(ticks)}"
    begins_s = np.asarray(reader.get_frame_timestamp(range(len(ticks))), np.float64)[:, 0]
    if np.abs(begins_s - begins_s[0] - known.table.all_seconds(ticks)).max() > _SAME_TIME_S:
        return "decord's times of the pictures are not those of the file"
    return None
