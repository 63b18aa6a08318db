"""Walks over the decoded pictures of one file: forward where it can, back to a keyframe where it must."""

from collections.abc import Iterator
from contextlib import ExitStack
from heapq import heappop, heappush
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.opening import counts_pictures, demuxed, opened, read_only
from playhead_index.decode.packets import PacketTable
from playhead_index.errors import VideoUnreadable

WALK_PICTURES = 16
_BACK_OFF_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
_SKIPS_EXACTLY = {"h264", "hevc"}


class LostAtTheEnd(Exception):
    """The decoder failed while it gave out its last pictures."""


def decoded(
    container: Any,
    stream: Any,
    damaged: list[int],
    *,
    from_key: bool = False,
    only_keys: bool = False,
    wanted: NDArray[np.int64] | None = None,
) -> Iterator[Any]:
    """The pictures of a stream from where the container stands, in the order in which they are shown.

    Args:
        damaged: gets the tick of every packet that did not decode; the pictures around it go on.
        from_key: leave out what comes before the first keyframe packet.
        only_keys: decode keyframes only.
        wanted: (N,) int64 ticks in ascending order; pictures that no other refers to are decoded only when
            they are among these.

    Raises:
        LostAtTheEnd: pictures were lost when the decoder was emptied.
    """
    latest: int | None = None
    context, waits = stream.codec_context, from_key
    context.skip_frame = "NONKEY" if only_keys else "DEFAULT"
    stored: list[int] | None = [] if counts_pictures(container, stream) else None
    for packet in demuxed(container, stream):
        if packet.size and not packet.is_keyframe and (waits or only_keys):
            continue
        waits = False
        if stored is not None and packet.dts is not None:
            heappush(stored, packet.dts)
        elif wanted is not None:
            context.skip_frame = "DEFAULT" if _contains(wanted, packet.pts) else "NONREF"
        for picture in _decode(packet, damaged):
            if stored:
                picture.pts = heappop(stored)
            if picture.pts is not None and (latest is None or picture.pts > latest):
                latest = picture.pts
                yield picture


def _contains(ascending: NDArray[np.int64], value: int | None) -> bool:
    """Binary search, so that an array of a million ticks serves as a set of little memory."""
    if value is None:
        return False
    place = int(np.searchsorted(ascending, value))
    return place < len(ascending) and bool(ascending[place] == value)


def _decode(packet: Any, damaged: list[int]) -> list[Any]:
    try:
        pictures: list[Any] = packet.decode()
    except av.error.MemoryError:
        raise
    except av.error.FFmpegError as error:
        if not packet.size:
            raise LostAtTheEnd from error
        if packet.pts is not None:
            damaged.append(packet.pts)
        return []
    return pictures


class Cursor:
    """The picture on the screen at given ticks, asked in any order, cheapest in ascending order.

    It decodes forward inside one group of pictures and seeks to a keyframe across groups. Where the
    first picture decoded after a seek comes too late (open groups, containers that seek roughly), it
    seeks half a second earlier, then one, two, four, up to 64; in the end it reads from the beginning.
    `num_decoded` counts the pictures that were decoded on the way. The file is open inside `with` only;
    going back to its beginning raises `VideoUnreadable` where it has been replaced meanwhile.

    Args:
        path: the video file.
        stream_index: which of its streams.
        table: when the pictures of that stream are shown.
        wanted: (N,) int64, ascending ticks of all the pictures that will be asked for: in H.264 and HEVC,
            a picture that no other one refers to is then decoded only when it is wanted. None decodes all.
    """

    def __init__(
        self, path: Path, stream_index: int, table: PacketTable, wanted: NDArray[np.int64] | None = None
    ) -> None:
        self.damaged: list[int] = []
        self.num_decoded = 0
        self._path, self._index, self._table, self._wanted = path, stream_index, table, wanted
        self._files = ExitStack()
        self._threads = "AUTO"
        self._file: tuple[int, int, int] | None = None
        self._container: Any = None
        self._stream: Any = None
        self._pictures: Iterator[Any] = iter(())
        self._shown: Any = None
        self._pending: Any = None

    def __enter__(self) -> Self:
        self._rewind()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The generator of pictures refers to this cursor: without dropping it the decoder and its buffers
        # would live until Python's cycle collector runs, which so few objects do not bring about.
        self._pictures = iter(())
        self._files.close()
        self._container = self._stream = self._shown = self._pending = None

    def at(self, limit: int) -> Any:
        """The last good picture with a tick <= `limit`, as a PyAV frame; None when there is none."""
        target = self._table.shown_at(limit)
        if not self._is_near(target, limit):
            self._jump(target, limit)
        self._walk(target, limit)
        if self._wanted is not None and self._position < target:
            self._wanted = None  # a wanted picture is damaged: the one before it may have been left out
            self._jump(target, limit)
            self._walk(target, limit)
        return self._shown

    def _is_near(self, target: int, limit: int) -> bool:
        if self._position > limit:
            return False
        key = self._table.key_before(target)
        return self._table.pictures_between(self._position, key) <= WALK_PICTURES

    @property
    def _position(self) -> int:
        return int(self._table.ticks[0] if self._shown is None else self._shown.pts)

    def _walk(self, target: int, limit: int) -> None:
        while self._shown is None or self._shown.pts < target:
            picture = self._pending or next(self._pictures, None)
            if picture is None or picture.pts > limit:
                self._pending = picture
                return
            self._shown, self._pending = picture, None

    def _jump(self, target: int, limit: int) -> None:
        for back_s in _BACK_OFF_S:
            tick = limit - round(back_s / self._table.tick_s)
            if tick <= self._table.origin or not self._seek(tick):
                break
            self._walk(target, limit)
            if self._shown is not None:
                return
        self._rewind()

    def _seek(self, tick: int) -> bool:
        """Goes to the keyframe before a tick; False where the container cannot seek."""
        self._shown = self._pending = None
        try:
            self._container.seek(tick, stream=self._stream, backward=True)
        except av.error.FFmpegError:
            return False
        self._pictures = self._from_here(after_seek=True)
        return True

    def _rewind(self) -> None:
        self._files.close()
        self._container = self._files.enter_context(opened(self._path))
        stat = self._path.stat()
        found = stat.st_ino, stat.st_size, stat.st_mtime_ns
        if self._file not in (None, found):
            raise VideoUnreadable(
                self._path, "was replaced or written to while it was being read; index it again"
            )
        self._file = found
        self._stream = self._container.streams[self._index]
        self._stream.thread_type = self._threads
        read_only(self._container, self._stream)
        self._shown = self._pending = None
        self._pictures = self._from_here(after_seek=False)

    def _from_here(self, *, after_seek: bool) -> Iterator[Any]:
        """Good pictures from where the file stands; after a seek not before the first undamaged one."""
        latest, trusted = self._table.origin - 1, not after_seek
        skips = self._stream.codec_context.name in _SKIPS_EXACTLY
        pictures = decoded(
            self._container,
            self._stream,
            self.damaged,
            from_key=after_seek,
            wanted=self._wanted if skips else None,
        )
        try:
            for picture in pictures:
                self.num_decoded += 1
                trusted = trusted or not picture.is_corrupt
                if trusted and picture.pts > latest:
                    latest = picture.pts
                    yield picture
        except LostAtTheEnd:
            yield from self._after(latest)

    def _after(self, latest: int) -> Iterator[Any]:
        """The pictures after a tick once more, decoded one by one so that an error takes only its own."""
        if self._threads == "SLICE":
            return
        self._threads = "SLICE"
        shown, pending = self._shown, self._pending
        self._rewind()
        self._seek(latest)
        again, self._shown, self._pending = self._pictures, shown, pending
        yield from (picture for picture in again if picture.pts > latest)
