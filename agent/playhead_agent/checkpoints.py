"""Where runs are kept: `checkpoints.sqlite` in the library's folder, one thread a conversation."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playhead_agent.packing import Packed
from playhead_index.store.catalog import BUSY_TIMEOUT_S, mapped_sqlite_errors

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

CHECKPOINTS_NAME = "checkpoints.sqlite"


@contextmanager
def open_checkpointer(folder: Path) -> Iterator["SqliteSaver"]:
    """The checkpointer of a library, closed at the end of the block.

    It reads and writes plain JSON types only, packed; anything else in a run's state is refused on reading.

    Raises:
        LibraryError: the file is damaged, locked, or cannot be written.
    """
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
    from langgraph.checkpoint.sqlite import SqliteSaver

    path = folder / CHECKPOINTS_NAME
    with mapped_sqlite_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, check_same_thread=False, timeout=BUSY_TIMEOUT_S)
    with closing(connection):
        saver = SqliteSaver(connection, serde=Packed(JsonPlusSerializer(allowed_msgpack_modules=None)))
        with mapped_sqlite_errors(path):
            saver.setup()
        yield saver


def prune_checkpoints(saver: "SqliteSaver", *, keep_threads: int = 50) -> int:
    """Keeps the last checkpoint of each of the newest threads and forgets the rest; rows forgotten.

    A thread can be continued from its last checkpoint; only the steps of its past runs are lost.

    Raises:
        ValueError: `keep_threads` is below 0.
        LibraryError: the file is damaged or locked.
    """
    if keep_threads < 0:
        raise ValueError(f"keep_threads must not be below 0, got {keep_threads}")
    newest = "SELECT thread_id FROM checkpoints GROUP BY thread_id ORDER BY MAX(checkpoint_id) DESC LIMIT ?"
    last = "SELECT thread_id, checkpoint_ns, MAX(checkpoint_id) FROM checkpoints GROUP BY 1, 2"
    with mapped_sqlite_errors(Path(CHECKPOINTS_NAME)), saver.cursor() as cursor:
        forgotten = 0
        for table in ("checkpoints", "writes"):
            cursor.execute(f"DELETE FROM {table} WHERE thread_id NOT IN ({newest})", (keep_threads,))
            forgotten += cursor.rowcount
        for table in ("writes", "checkpoints"):
            cursor.execute(
                f"DELETE FROM {table} WHERE (thread_id, checkpoint_ns, checkpoint_id) NOT IN ({last})"
            )
            forgotten += cursor.rowcount
    return forgotten


def thread_ids(saver: "SqliteSaver") -> list[str]:
    """The threads that are kept, the newest first.

    Raises:
        LibraryError: the file is damaged or locked.
    """
    with mapped_sqlite_errors(Path(CHECKPOINTS_NAME)), saver.cursor(transaction=False) as cursor:
        cursor.execute(
            "SELECT thread_id FROM checkpoints GROUP BY thread_id ORDER BY MAX(checkpoint_id) DESC"
        )
        return [row[0] for row in cursor.fetchall()]
