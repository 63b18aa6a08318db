"""Checkpoints of runs: `checkpoints.sqlite` in the library's folder, one thread for each conversation."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playhead_agent.persistence.compress_checkpoints import CompressedSerializer
from playhead_agent.persistence.run_record import TURN
from playhead_index.errors import DiskFull
from playhead_index.store.catalog import map_sqlite_errors
from playhead_index.store.disk import exists, free_bytes, refuse_link, require_writable_folder
from playhead_index.store.sqlite_file import connect, open_sqlite

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

CHECKPOINTS_NAME = "checkpoints.sqlite"
MIN_FREE_BYTES = 1 << 20
"""Free space without which no run is stored: one takes up to 0.2 MB until it is pruned (bench, B7)."""


@contextmanager
def open_checkpointer(folder: Path) -> Iterator["SqliteSaver"]:
    """The checkpointer of a library, closed at the end of the block.

    It reads and writes plain JSON types only, packed; anything else in a run's state is refused on reading.

    Raises:
        LibraryReadOnly: nothing can be written there; `open_copied_checkpointer` does without.
        DiskFull: there is no room to keep a run; likewise.
        LibraryError: the file is damaged or locked.
    """
    path = refuse_link(folder / CHECKPOINTS_NAME, folder)
    _require_room(path)
    with map_sqlite_errors(path), closing(connect(path)) as connection:
        yield _saver(connection)


@contextmanager
def open_copied_checkpointer(folder: Path) -> Iterator["SqliteSaver"]:
    """A checkpointer in memory that begins with the threads of a library; nothing new is stored at the end.

    For a library that cannot be written to: its conversations can be continued, but are not stored.

    Raises:
        LibraryError: the file is damaged or cannot be read.
    """
    path = refuse_link(folder / CHECKPOINTS_NAME, folder)
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as memory:
        with map_sqlite_errors(path):
            if exists(path):
                with closing(open_sqlite(path).connection) as stored:
                    stored.backup(memory)
            saver = _saver(memory)
        yield saver


def _saver(connection: sqlite3.Connection) -> "SqliteSaver":
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
    from langgraph.checkpoint.sqlite import SqliteSaver

    saver = SqliteSaver(
        connection, serde=CompressedSerializer(JsonPlusSerializer(allowed_msgpack_modules=None))
    )
    saver.setup()
    return saver


def _require_room(path: Path) -> None:
    """Checks that a run can be stored.

    Raises:
        LibraryReadOnly: this user may not write there, or nobody.
        DiskFull: there is too little room.
    """
    require_writable_folder(path)
    if free_bytes(path.parent) < MIN_FREE_BYTES:
        raise DiskFull(f"{path}: the disk is full")


_JSON = "CAST(metadata AS TEXT)"
_TURN = f"COALESCE(CASE WHEN json_valid({_JSON}) THEN json_extract({_JSON}, '$.{TURN}') END, 0)"
"""Number of the turn that a checkpoint belongs to; 0 for those of earlier versions, and where SQLite does not
read the metadata: one such row must not make a library unusable."""


def prune_checkpoints(saver: "SqliteSaver", *, keep_threads: int = 50, keep_histories: int = 5) -> int:
    """Keeps the last checkpoint of each turn of the newest threads and forgets the rest; rows forgotten.

    A thread can be continued and read back from what is kept; only the steps of its past runs are lost.

    Args:
        saver: of a library.
        keep_threads: how many threads are kept.
        keep_histories: so many of the newest threads keep all steps of their last turn, for
            `get_state_history`.

    Raises:
        ValueError: one of the numbers is below 0.
        LibraryError: the file is damaged or locked.
    """
    if keep_threads < 0 or keep_histories < 0:
        raise ValueError(
            f"keep_threads and keep_histories must not be below 0, got {keep_threads}, {keep_histories}"
        )
    newest = "SELECT thread_id FROM checkpoints GROUP BY thread_id ORDER BY MAX(checkpoint_id) DESC LIMIT ?"
    last = f"SELECT thread_id, checkpoint_ns, MAX(checkpoint_id) FROM checkpoints GROUP BY 1, 2, {_TURN}"
    whole = (
        f"SELECT thread_id, checkpoint_ns, checkpoint_id FROM checkpoints WHERE thread_id IN ({newest}) AND"
        f" (thread_id, {_TURN}) IN (SELECT thread_id, MAX({_TURN}) FROM checkpoints GROUP BY thread_id)"
    )
    with map_sqlite_errors(Path(CHECKPOINTS_NAME)), saver.cursor() as cursor:
        forgotten = 0
        for table in ("checkpoints", "writes"):
            cursor.execute(f"DELETE FROM {table} WHERE thread_id NOT IN ({newest})", (keep_threads,))
            forgotten += cursor.rowcount
        for table in ("writes", "checkpoints"):
            cursor.execute(
                f"DELETE FROM {table} WHERE (thread_id, checkpoint_ns, checkpoint_id) NOT IN ({last})"
                f" AND (thread_id, checkpoint_ns, checkpoint_id) NOT IN ({whole})",
                (keep_histories,),
            )
            forgotten += cursor.rowcount
    return forgotten


def thread_ids(saver: "SqliteSaver") -> list[str]:
    """The threads that are kept, the newest first.

    Raises:
        LibraryError: the file is damaged or locked.
    """
    with map_sqlite_errors(Path(CHECKPOINTS_NAME)), saver.cursor(transaction=False) as cursor:
        cursor.execute(
            "SELECT thread_id FROM checkpoints GROUP BY thread_id ORDER BY MAX(checkpoint_id) DESC"
        )
        return [row[0] for row in cursor.fetchall()]
