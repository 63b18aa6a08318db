"""Write transactions of SQLite that wait for another writer instead of failing."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlite_utils import Database


@contextmanager
def write_transaction(db: Database) -> Iterator[None]:
    """Inside, all is committed or nothing is; a transaction inside another one is a savepoint of it.

    The write lock is taken at the beginning. A transaction that reads first and writes later cannot wait for
    it: once another process has committed in between, SQLite fails it at once (SQLITE_BUSY_SNAPSHOT),
    whatever the busy time-out, and a run with several workers would end.
    """
    if db.conn.in_transaction:
        with db.atomic():
            yield
        return
    db.conn.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.conn.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise
