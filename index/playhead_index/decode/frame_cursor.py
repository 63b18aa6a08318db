"""Decodes the frames of one file at requested times: forward where possible, from a keyframe where needed."""

from collections.abc import Iterator
from contextlib import ExitStack
from heapq import heappop, heappush
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.opening import demux, lacks_frame_times, open_container, select_streams
from playhead_index.decode.packets import PacketTable
from playhead_index.errors import VideoUnreadable

MAX_FRAMES_FORWARD = 16
_BACK_OFF_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
_SKIPS_EXACTLY = {"h264", "hevc"}


class FramesLostAtEnd(Exception):
    """The decoder failed while it gave out its last frames."""


def decode_frames(
    container: Any,
    stream: Any,
    damaged: list[int],
    *,
    from_key: bool = False,
    only_keys: bool = False,
    requested: NDArray[np.int64] | None = None,
) -> Iterator[Any]:
    """The frames of a stream from where the container stands, in the order in which they are shown.

    Args:
        damaged: gets the tick of every packet that did not decode; the frames around it go on.
        from_key: leave out what comes before the first keyframe packet.
        only_keys: decode keyframes only.
        requested: (N,) int64 ticks in ascending order; frames that no other refers to are decoded only when
            they are among these.

    Raises:
        FramesLostAtEnd: frames were lost when the decoder was emptied.
    """
    latest: int | None = None
    context, waits = stream.codec_context, from_key
    context.skip_frame = "NONKEY" if only_keys else "DEFAULT"
    stored: list[int] | None = [] if lacks_frame_times(container, stream) else None
    for packet in demux(container, stream):
        if packet.size and not packet.is_keyframe and (waits or only_keys):
            continue
        waits = False
        if stored is not None and packet.dts is not None:
            heappush(stored, packet.dts)
        elif requested is not None:
            context.skip_frame = "DEFAULT" if _contains(requested, packet.pts) else "NONREF"
        for frame in _decode(packet, damaged):
            if stored:
                frame.pts = heappop(stored)
            if frame.pts is not None and (latest is None or frame.pts > latest):
                latest = frame.pts
                yield frame


def _contains(ascending: NDArray[np.int64], value: int | None) -> bool:
    """Binary search, so that an array of a million ticks serves as a set of little memory."""
    if value is None:
        return False
    place = int(np.searchsorted(ascending, value))
    return place < len(ascending) and bool(ascending[place] == value)


def _decode(packet: Any, damaged: list[int]) -> list[Any]:
    try:
        frames: list[Any] = packet.decode()
    except av.error.MemoryError:
        raise
    except av.error.FFmpegError as error:
        if not packet.size:
            raise FramesLostAtEnd from error
        if packet.pts is not None:
            damaged.append(packet.pts)
        return []
    return frames


class Cursor:
    """Gives the frame on the screen at requested ticks; in any order, cheapest in ascending order.

    It decodes forward inside one group of pictures and seeks to a keyframe across groups. Where the
    first frame decoded after a seek comes too late (open groups, containers that seek roughly), it
    seeks half a second earlier, then one, two, four, up to 64; in the end it reads from the beginning.
    `num_decoded` counts the frames that were decoded on the way. The file is open inside `with` only;
    going back to its beginning raises `VideoUnreadable` where it has been replaced meanwhile.

    Args:
        path: the video file.
        stream_index: which of its streams.
        table: when the frames of that stream are shown.
        requested: (N,) int64, ascending ticks of all the frames that will be requested: in H.264 and HEVC,
            a frame that no other one refers to is then decoded only when it is requested. None decodes all.
    """

    def __init__(
        self, path: Path, stream_index: int, table: PacketTable, requested: NDArray[np.int64] | None = None
    ) -> None:
        self.damaged: list[int] = []
        self.num_decoded = 0
        self._path, self._index, self._table, self._requested = path, stream_index, table, requested
        self._files = ExitStack()
        self._threads = "AUTO"
        self._file: tuple[int, int, int] | None = None
        self._container: Any = None
        self._stream: Any = None
        self._frames: Iterator[Any] = iter(())
        self._current: Any = None
        self._pending: Any = None

    def __enter__(self) -> Self:
        self._rewind()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The generator of frames refers to this cursor: without dropping it the decoder and its buffers
        # would live until Python's cycle collector runs, which so few objects do not bring about.
        self._frames = iter(())
        self._files.close()
        self._container = self._stream = self._current = self._pending = None

    def at(self, limit: int) -> Any:
        """The last good frame with a tick <= `limit`, as a PyAV frame; None when there is none."""
        target = self._table.frame_tick_at(limit)
        if not self._is_within_reach(target, limit):
            self._seek_and_decode(target, limit)
        self._decode_forward(target, limit)
        if self._requested is not None and self._position < target:
            self._requested = None  # a requested frame is damaged: the one before it may have been left out
            self._seek_and_decode(target, limit)
            self._decode_forward(target, limit)
        return self._current

    def _is_within_reach(self, target: int, limit: int) -> bool:
        if self._position > limit:
            return False
        key = self._table.key_before(target)
        return self._table.num_frames_between(self._position, key) <= MAX_FRAMES_FORWARD

    @property
    def _position(self) -> int:
        return int(self._table.ticks[0] if self._current is None else self._current.pts)

    def _decode_forward(self, target: int, limit: int) -> None:
        while self._current is None or self._current.pts < target:
            frame = self._pending or next(self._frames, None)
            if frame is None or frame.pts > limit:
                self._pending = frame
                return
            self._current, self._pending = frame, None

    def _seek_and_decode(self, target: int, limit: int) -> None:
        for back_s in _BACK_OFF_S:
            tick = limit - round(back_s / self._table.tick_s)
            if tick <= self._table.origin or not self._seek(tick):
                break
            self._decode_forward(target, limit)
            if self._current is not None:
                return
        self._rewind()

    def _seek(self, tick: int) -> bool:
        """Goes to the keyframe before a tick; False where the container cannot seek."""
        self._current = self._pending = None
        try:
            self._container.seek(tick, stream=self._stream, backward=True)
        except av.error.FFmpegError:
            return False
        self._frames = self._frames_from_position(after_seek=True)
        return True

    def _rewind(self) -> None:
        self._files.close()
        self._container = self._files.enter_context(open_container(self._path))
        stat = self._path.stat()
        found = stat.st_ino, stat.st_size, stat.st_mtime_ns
        if self._file not in (None, found):
            raise VideoUnreadable(
                self._path, "was replaced or written to while it was being read; index it again"
            )
        self._file = found
        self._stream = self._container.streams[self._index]
        self._stream.thread_type = self._threads
        select_streams(self._container, self._stream)
        self._current = self._pending = None
        self._frames = self._frames_from_position(after_seek=False)

    def _frames_from_position(self, *, after_seek: bool) -> Iterator[Any]:
        """Good frames from where the file stands; after a seek not before the first undamaged one."""
        latest, trusted = self._table.origin - 1, not after_seek
        skips = self._stream.codec_context.name in _SKIPS_EXACTLY
        frames = decode_frames(
            self._container,
            self._stream,
            self.damaged,
            from_key=after_seek,
            requested=self._requested if skips else None,
        )
        try:
            for frame in frames:
                self.num_decoded += 1
                trusted = trusted or not frame.is_corrupt
                if trusted and frame.pts > latest:
                    latest = frame.pts
                    yield frame
        except FramesLostAtEnd:
            yield from self._retry_after(latest)

    def _retry_after(self, latest: int) -> Iterator[Any]:
        """The frames after a tick once more, decoded one by one so that an error takes only its own."""
        if self._threads == "SLICE":
            return
        self._threads = "SLICE"
        current, pending = self._current, self._pending
        self._rewind()
        self._seek(latest)
        again, self._current, self._pending = self._frames, current, pending
        yield from (frame for frame in again if frame.pts > latest)
