"""One writer at a time: a lock that the kernel frees when its holder dies."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from playhead_index.errors import LibraryLocked

LOCK_NAME = "writer.lock"
HOLDER_NAME = "writer.json"


@contextmanager
def writing(folder: Path, *, wait_s: float = 0.0) -> Iterator[None]:
    """Inside, this process is the only one that changes the library in `folder`.

    Readers are never kept out. A holder that is killed frees the lock at once.

    Args:
        folder: the library's folder, which exists.
        wait_s: how long to wait for another writer; below 0 for ever.

    Raises:
        LibraryLocked: another process is still writing after `wait_s`.
    """
    lock = FileLock(folder / LOCK_NAME)
    try:
        lock.acquire(timeout=wait_s)
    except Timeout as error:
        raise LibraryLocked(
            f"{folder}: {_holder(folder)} is writing to this library; "
            "wait for it, or run again with --wait to queue behind it"
        ) from error
    try:
        (folder / HOLDER_NAME).write_text(json.dumps({"pid": os.getpid()}))
        yield
    finally:
        (folder / HOLDER_NAME).unlink(missing_ok=True)
        lock.release()


def _holder(folder: Path) -> str:
    try:
        return f"process {json.loads((folder / HOLDER_NAME).read_text())['pid']}"
    except (OSError, ValueError, KeyError):
        return "another process"
