"""Opens a video file with PyAV: the only place where media are opened.

What FFmpeg says is mapped to `VideoUnreadable` here and nowhere else. FFmpeg opens only the file that is
named, and only as a container of video or sound.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av

from playhead_index.decode.file_kinds import DEMUXERS, HEAD_BYTES, STILL_IMAGE, may_be_image, why_not_video
from playhead_index.errors import VideoUnreadable
from playhead_index.identity import check_regular_file, describe_disk_error

NOT_A_VIDEO = "not a video that can be read: its header is damaged, cut off, or that of another kind of file"
_OPTIONS = {"fflags": "+genpts", "protocol_whitelist": "file", "format_whitelist": ",".join(DEMUXERS)}
_STILL_IMAGES = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails


@contextmanager
def map_av_errors(path: Path) -> Iterator[None]:
    """Inside, an error of PyAV, of FFmpeg or of the disk becomes a `VideoUnreadable` in plain words.

    Raises:
        VideoUnreadable: for every such error.
    """
    try:
        yield
    except (av.error.FFmpegError, OSError, UnicodeError) as error:
        raise VideoUnreadable(path, _describe_error(error)) from error


def _describe_error(error: Exception) -> str:
    match error:
        case av.error.InvalidDataError() | av.error.EOFError():
            return NOT_A_VIDEO
        case av.error.DecoderNotFoundError():
            return "this FFmpeg has no decoder for it; convert the video, to H.264 for example"
        case OSError():
            return describe_disk_error(error)
        case av.error.FFmpegError():
            return f"it could not be read: {error.strerror or error}"
        case _:
            return f"it could not be read: {error}"


def check_file(path: Path) -> bytes:
    """Refuses what can be refused without FFmpeg; gives the first bytes of the file.

    Raises:
        VideoUnreadable: there is no such file, it is a folder, a device or empty, or may not be read; or its
            first bytes are those of a playlist, a text or an image.
    """
    check_regular_file(path)
    with map_av_errors(path), path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    why = why_not_video(head) if head else "the file is empty (0 bytes)"
    if why is not None:
        raise VideoUnreadable(path, why)
    return head


@contextmanager
def open_container(path: Path) -> Iterator[Any]:
    """The file as an open PyAV container, closed at the end of the `with`.

    Time stamps that the file leaves out are filled in; nothing is fetched from a network, and no other file
    is opened. Tags that are not UTF-8 have replacement characters.

    Raises:
        VideoUnreadable: the file cannot be opened, is no video, or reading it fails inside the `with`.
    """
    head = check_file(path)
    with map_av_errors(path):
        try:
            container = av.open(str(path.absolute()), options=_OPTIONS, metadata_errors="replace")
        except av.error.ArgumentError as error:  # its demuxer is not among DEMUXERS, or fails on its header
            raise VideoUnreadable(path, STILL_IMAGE if may_be_image(head) else NOT_A_VIDEO) from error
        with container:
            yield container


def pick_video(container: Any, path: Path, stream_index: int | None = None) -> Any:
    """The video stream to read: the first that is no cover image, or the one requested.

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
    """The streams that hold video, cover art and thumbnails left out."""
    return [stream for stream in container.streams.video if not stream.disposition & _STILL_IMAGES]


def lacks_frame_times(container: Any, stream: Any) -> bool:
    """The container stores no presentation times and FFmpeg's guess fails: AVI with reordered frames.

    Then the n-th frame that the decoder gives is shown at the n-th time that was stored.
    """
    return container.format.name == "avi" and stream.codec_context.name in {"h264", "hevc"}


def select_streams(container: Any, *streams: Any) -> None:
    """Reads only these streams of a container: the bytes of all others are skipped."""
    indexes = {stream.index for stream in streams}
    for other in container.streams:
        if other.index not in indexes:
            other.discard = av.stream.Discard.all


def demux(container: Any, streams: Any) -> Iterator[Any]:
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
