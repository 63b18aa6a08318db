"""The video id of a file: a hash of its content, so that copies and renamed files are the same video."""

import errno
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from playhead_index.errors import VideoUnreadable

_BLOCK_BYTES = 4 << 20
_DIGEST_BYTES = 10
CLOCK_STEP_NS = 2_000_000_000
"""File times are kept in steps of up to 2 s (FAT): a younger file may change and keep its times."""


def fingerprint(path: Path, progress: Callable[[int], None] | None = None) -> str:
    """The `video_id` of a file: `v` and 20 hex digits of the BLAKE2b hash of all its bytes.

    Reads the file once, in blocks; two different files of a million have the same id with a chance
    below 1 in 10^12.

    Args:
        path: the video file.
        progress: called after every block with the number of bytes read since the last call.

    Raises:
        VideoUnreadable: the file cannot be read, is empty, or is no regular file.
    """
    check_regular_file(path)
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
        raise VideoUnreadable(path, describe_disk_error(error)) from error
    if not n_bytes:
        raise VideoUnreadable(path, "the file is empty (0 bytes)")
    return f"v{digest.hexdigest()}"


def check_regular_file(path: Path) -> None:
    """Refuses what must not even be opened: opening a FIFO waits for a writer, a device may never end.

    Raises:
        VideoUnreadable: there is no such file, or it is no regular file.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise VideoUnreadable(path, describe_disk_error(error)) from error
    if S_ISDIR(mode):
        raise VideoUnreadable(path, "this is a folder; name a video file in it")
    if not S_ISREG(mode):
        raise VideoUnreadable(
            path, "this is no regular file (a FIFO, socket or device); copy it to a file first"
        )


def describe_disk_error(error: OSError | ValueError) -> str:
    """Why a file cannot be read, for a person."""
    match error:
        case OSError(errno=errno.ELOOP):
            return "this is a link that leads in a circle"
        case FileNotFoundError():
            return "there is no such file"
        case PermissionError():
            return "this user may not read it (permission denied)"
        case IsADirectoryError():
            return "this is a folder; name a video file in it"
        case OSError():
            return f"it could not be read: {error.strerror or error}"
        case _:
            return f"no file can have this name ({error})"
