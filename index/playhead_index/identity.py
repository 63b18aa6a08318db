"""Which video a file is: an id from its content, so that copies and renamed files are the same video."""

import os
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

from playhead_index.errors import VideoUnreadable

TRANSPORT_STREAMS = frozenset({".m2t", ".m2ts", ".mts", ".ts"})
VIDEO_SUFFIXES = TRANSPORT_STREAMS | frozenset(
    f".{name}"
    for name in (
        *("mp4", "m4v", "mov", "qt", "3gp", "3g2", "f4v", "mkv", "webm", "avi", "divx", "flv", "wmv", "asf"),
        *("mpg", "mpeg", "mpe", "vob", "mxf", "ogv", "ogm", "nut", "dv", "rm", "rmvb"),
    )
)
_SYNC_BYTE, _PACKET_BYTES, _STAMP_BYTES = b"G", 188, 4
_BLOCK_BYTES = 4 << 20
_DIGEST_BYTES = 10


def fingerprint(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """The `video_id` of a file: `v` and 20 hex digits of the BLAKE2b hash of all its bytes.

    Reads the file once, in blocks; two different files of a million have the same id with a chance
    below 1 in 10^12.

    Args:
        path: the video file.
        progress: called after every block with the number of bytes read since the last call.

    Raises:
        VideoUnreadable: the file cannot be read, or is empty.
    """
    digest = blake2b(digest_size=_DIGEST_BYTES)
    n_bytes = 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
                n_bytes += len(block)
                if progress is not None:
                    progress(len(block))
    except OSError as error:
        raise VideoUnreadable(path, disk_error_in_words(error)) from error
    if not n_bytes:
        raise VideoUnreadable(path, "the file is empty (0 bytes)")
    return f"v{digest.hexdigest()}"


def find_videos(paths: Iterable[Path]) -> list[Path]:
    """The video files meant by files and folders, each once, in the order given and sorted inside folders.

    A file that is named is taken whatever it is called. In a folder, and in those below it, files are
    known by their suffix (`.ts` and its like by their first bytes too, since programs are called that);
    hidden files and folders are left out, and links lead only to files inside the same folder.

    Raises:
        VideoUnreadable: a path does not exist, or a folder may not be read.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.exists():
            raise VideoUnreadable(path, "there is no such file or folder")
        for video in _in_folder(path) if path.is_dir() else [path]:
            found.setdefault(video.resolve(), video)
    return list(found.values())


def _in_folder(folder: Path) -> Iterator[Path]:
    root = folder.resolve()

    def refuse(error: OSError) -> None:
        raise VideoUnreadable(error.filename or folder, disk_error_in_words(error)) from error

    for place, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(place) / name for name in sorted(files) if not name.startswith(".")):
            is_inside = path.suffix.lower() in VIDEO_SUFFIXES and path.resolve().is_relative_to(root)
            if is_inside and path.is_file() and _is_what_it_is_called(path):
                yield path


def _is_what_it_is_called(path: Path) -> bool:
    """Always, but for transport streams, which are known by a sync byte every 188 or 192 bytes."""
    if path.suffix.lower() not in TRANSPORT_STREAMS:
        return True
    try:
        with path.open("rb") as file:
            head = file.read(2 * (_PACKET_BYTES + _STAMP_BYTES))
    except OSError as error:
        raise VideoUnreadable(path, disk_error_in_words(error)) from error
    plain = head[:1] + head[_PACKET_BYTES : _PACKET_BYTES + 1]
    stamped = head[_STAMP_BYTES : _STAMP_BYTES + 1] + head[_PACKET_BYTES + 2 * _STAMP_BYTES :][:1]
    return 2 * _SYNC_BYTE in (plain, stamped)


def disk_error_in_words(error: OSError) -> str:
    """Why a file cannot be read, for a person."""
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case PermissionError():
            return "this user may not read it (permission denied)"
        case IsADirectoryError():
            return "this is a folder; name a video file in it"
        case _:
            return f"it could not be read: {error.strerror or error}"
