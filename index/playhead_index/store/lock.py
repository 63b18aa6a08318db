"""One writer at a time: a lock that the kernel frees when its holder dies."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from playhead_index.errors import LibraryLocked
from playhead_index.store.disk import cannot_write, refuse_link

LOCK_NAME = "writer.lock"
HOLDER_NAME = "writer.json"

_held = threading.local()


@contextmanager
def writing(folder: Path, *, wait_s: float = 0.0) -> Iterator[None]:
    """Inside, this process is the only one that changes the library in `folder`.

    Readers are never kept out. A holder that is killed frees the lock at once.

    Args:
        folder: the library's folder, which exists.
        wait_s: how long to wait for another writer; below 0 for ever.

    Raises:
        LibraryLocked: another process is still writing after `wait_s`.
        LibraryReadOnly: nothing can be written in the folder.
        DiskFull: not even the lock's empty file can be made.
    """
    lock = FileLock(refuse_link(folder / LOCK_NAME, folder))
    try:
        lock.acquire(timeout=wait_s)
    except Timeout as error:
        raise LibraryLocked(
            f"{folder}: {lock_holder(folder)} is writing to this library; "
            "wait for it, or run again with --wait to queue behind it"
        ) from error
    except OSError as error:
        raise cannot_write(folder, error) from error
    folders = _held_folders()
    folders.append(folder.resolve())
    try:
        _write_holder(folder)
        yield
    finally:
        folders.remove(folder.resolve())
        with suppress(OSError):
            (folder / HOLDER_NAME).unlink(missing_ok=True)
        lock.release()


def holds_lock(folder: Path) -> bool:
    """Whether this thread is inside `writing` for a library."""
    return folder.resolve() in _held_folders()


def is_being_written(folder: Path) -> bool:
    """Whether a writer, here or in another process, is at work on a library now."""
    lock = FileLock(refuse_link(folder / LOCK_NAME, folder))
    try:
        if not (folder / LOCK_NAME).exists():
            return False
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


def lock_holder(folder: Path) -> str:
    """Who is writing to a library, for a message."""
    try:
        return f"process {json.loads((folder / HOLDER_NAME).read_text())['pid']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _held_folders() -> list[Path]:
    folders: list[Path] | None = getattr(_held, "folders", None)
    if folders is None:
        folders = _held.folders = []
    return folders


def _write_holder(folder: Path) -> None:
    """Names this process for those that wait; on a full disk they see `another process`."""
    path = folder / HOLDER_NAME
    with suppress(OSError):
        path.unlink(missing_ok=True)  # a link that stands there is not followed
        path.write_text(json.dumps({"pid": os.getpid()}))
