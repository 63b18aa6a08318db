"""What can be written in a library's folder, and what an error of the operating system there means."""

import errno
import os
from pathlib import Path

from playhead_index.errors import DiskFull, LibraryError, LibraryReadOnly

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
DENIED = (errno.EACCES, errno.EPERM)
MIN_FREE_BYTES = 64 << 10
"""With less room than this SQLite's write-ahead log (32 KB of index and a few pages) does not fit."""


def free_bytes(folder: Path) -> int:
    """Bytes that this user may still write on the file system of a folder."""
    stat = os.statvfs(folder)
    return stat.f_bavail * stat.f_frsize


def why_not_writable(path: Path) -> str:
    """Why a file of a library and its folder cannot be changed by this user; empty when they can.

    A file that is not there counts by its folder alone. Nothing is tried: a full disk is not noticed.
    """
    if os.statvfs(path.parent).f_flag & os.ST_RDONLY:
        return "it is on a read-only file system"
    if not _may_write(path.parent) or (path.exists() and not _may_write(path)):
        return "this user may not write to it (permission denied)"
    return ""


def require_writable_folder(path: Path) -> None:
    """Makes the folder of a file of a library, where it is missing.

    Raises:
        LibraryReadOnly: this user cannot write the file there.
        DiskFull: the disk is full.
        LibraryError: the folder cannot be made for another reason.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path.parent, error) from error
    if why := why_not_writable(path):
        raise LibraryReadOnly(f"{path}: nothing can be written there: {why}")


def exists(path: Path) -> bool:
    """Whether a file of a library is there.

    Raises:
        LibraryError: this user may not enter its folder, or the disk does not answer.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise LibraryError(
            f"{path.parent}: the library cannot be opened: {describe_os_error(error)}"
        ) from error
    return True


def cannot_write(where: Path, error: OSError) -> LibraryError:
    """The error to raise when something of a library could not be written, removed or locked."""
    if error.errno in FULL:
        return DiskFull(f"{where}: the disk is full; free space and run the same command again")
    if error.errno == errno.EROFS or error.errno in DENIED:
        return LibraryReadOnly(f"{where}: nothing can be changed there: {describe_os_error(error)}")
    return LibraryError(f"{where}: {describe_os_error(error)}")


def refuse_link(path: Path, folder: Path) -> Path:
    """The path, when following links from it stays in the library's folder.

    A library may come from somebody else; a link in it must not lead what is read, written or deleted to
    another place. The folder itself may be reached by a link.

    Raises:
        LibraryError: the path is a link, or lies behind one, that leads out of the folder.
    """
    target = os.path.realpath(path)
    if not Path(target).is_relative_to(os.path.realpath(folder)):
        raise LibraryError(
            f"{path}: a link that leads out of the library (to {target}) is not followed; "
            "remove it, or move what it points to into the library"
        )
    return path


def describe_os_error(error: OSError) -> str:
    """What an error of the operating system says, for a person."""
    if error.errno == errno.EROFS:
        return "it is on a read-only file system"
    if error.errno in DENIED:
        return "this user may not do that (permission denied)"
    return error.strerror or str(error)


def _may_write(path: Path) -> bool:
    effective = os.access in os.supports_effective_ids
    return os.access(path, os.W_OK | (os.X_OK if path.is_dir() else 0), effective_ids=effective)
