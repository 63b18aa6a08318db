"""Checks the catalog's file and makes it smaller."""

from playhead_index.store.catalog import Catalog
from playhead_index.store.full_text import optimise_full_text


def check_integrity(catalog: Catalog) -> str:
    """What SQLite says of the catalog's file: `ok`, or what is damaged first."""
    (state,) = catalog.query("PRAGMA integrity_check")[0]
    return str(state)


def compact(catalog: Catalog) -> None:
    """Writes the catalog anew without free pages, its full-text index merged, its log emptied.

    Raises:
        DiskFull: there is no room for that.
    """
    with catalog.atomic() as db:
        optimise_full_text(db)
    catalog.query("VACUUM")
    catalog.query("PRAGMA wal_checkpoint(TRUNCATE)")
