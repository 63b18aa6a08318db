"""Opens a video file with PyAV: the only place where media are opened.

What FFmpeg says is mapped to `VideoUnreadable` here and nowhere else. FFmpeg opens only the file that is
named, and only as a container of moving pictures or sound.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av

from playhead_index.decode.file_kinds import DEMUXERS, HEAD_BYTES, PICTURE, may_be_picture, why_not_video
from playhead_index.errors import VideoUnreadable
from playhead_index.identity import check_regular_file, disk_error_in_words

NOT_A_VIDEO = "not a video that can be read: its header is damaged, cut off, or that of another kind of file"
_OPTIONS = {"fflags": "+genpts", "protocol_whitelist": "file", "format_whitelist": ",".join(DEMUXERS)}
_NOT_PICTURES = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails


@contextmanager
def mapped_av_errors(path: Path) -> Iterator[None]:
    """Inside, an error of PyAV, of FFmpeg or of the disk becomes a `VideoUnreadable` in plain words.

    Raises:
        VideoUnreadable: for every such error.
    """
    try:
        yield
    except (av.error.FFmpegError, OSError, UnicodeError) as error:
        raise VideoUnreadable(path, _in_words(error)) from error


def _in_words(error: Exception) -> str:
    match error:
        case av.error.InvalidDataError() | av.error.EOFError():
            return NOT_A_VIDEO
        case av.error.DecoderNotFoundError():
            return "this FFmpeg has no decoder for it; convert the video, to H.264 for example"
        case OSError():
            return disk_error_in_words(error)
        case av.error.FFmpegError():
            return f"it could not be read: {error.strerror or error}"
        case _:
            return f"it could not be read: {error}"


def check_file(path: Path) -> bytes:
    """Refuses what can be refused without FFmpeg; gives the first bytes of the file.

    Raises:
        VideoUnreadable: there is no such file, it is a folder, a device or empty, or may not be read; or its
            first bytes are those of a playlist, a text or a picture.
    """
    check_regular_file(path)
    with mapped_av_errors(path), path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    why = why_not_video(head) if head else "the file is empty (0 bytes)"
    if why is not None:
        raise VideoUnreadable(path, why)
    return head


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file as an open PyAV container, closed at the end of the `with`.

    Time stamps that the file leaves out are filled in; nothing is fetched from a network, and no other file
    is opened. Tags that are not UTF-8 have replacement characters.

    Raises:
        VideoUnreadable: the file cannot be opened, is no video, or reading it fails inside the `with`.
    """
    head = check_file(path)
    with mapped_av_errors(path):
        try:
            container = av.open(str(path.absolute()), options=_OPTIONS, metadata_errors="replace")
        except av.error.ArgumentError as error:  # its demuxer is not among DEMUXERS, or fails on its header
            raise VideoUnreadable(path, PICTURE if may_be_picture(head) else NOT_A_VIDEO) from error
        with container:
            yield container


def pick_video(container: Any, path: Path, stream_index: int | None = None) -> Any:
    """The video stream to read: the first that is no cover picture, or the one asked for.

    Raises:
        VideoUnreadable: there is none, or this FFmpeg cannot decode it.
    """
    streams = video_streams(container)
    if not streams:
        held = sorted({stream.type for stream in container.streams if stream.type != "video"})
        only = f", only {' and '.join(held)}" if held else ""
        raise VideoUnreadable(path, f"there is neither video nor sound in it{only}")
    chosen = streams[0] if stream_index is None else container.streams[stream_index]
    if chosen.codec_context is None:
        raise VideoUnreadable(
            path, "this FFmpeg cannot decode its video format; convert it, to H.264 for example"
        )
    if not chosen.time_base:
        raise VideoUnreadable(path, "its header does not say in what unit it counts time")
    return chosen


def video_streams(container: Any) -> list[Any]:
    """The streams that hold moving pictures, cover art and thumbnails left out."""
    return [stream for stream in container.streams.video if not stream.disposition & _NOT_PICTURES]


def counts_pictures(container: Any, stream: Any) -> bool:
    """The container stores no presentation times and FFmpeg's guess fails: AVI with reordered pictures.

    Then the n-th picture that the decoder gives is shown at the n-th time that was stored.
    """
    return container.format.name == "avi" and stream.codec_context.name in {"h264", "hevc"}


def read_only(container: Any, *streams: Any) -> None:
    """Tells the container to skip the bytes of all streams but these."""
    wanted = {stream.index for stream in streams}
    for other in container.streams:
        if other.index not in wanted:
            other.discard = av.stream.Discard.all


def demuxed(container: Any, streams: Any) -> Iterator[Any]:
    """The packets of one or several streams and the empty one that ends each.

    The file ends where it is damaged. Empty packets before the end, with which some files say "the same
    picture again", are left out: a decoder takes them for the end.
    """
    packets = container.demux(streams)
    while True:
        try:
            packet = next(packets, None)
        except av.error.InvalidDataError:
            return
        except IndexError:  # PyAV 18 ends the streams that came up while reading, too, and does not know them
            return
        if packet is None:
            return
        if packet.size or packet.dts is None:
            yield packet
