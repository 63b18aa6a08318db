"""When the videos of a library were recorded: one clock, on which their times can be compared.

Each video begins on it where its recording did, as its file says or a person does. A video of which it is not
known is on no clock but its own.
"""

from sqlite_utils import Database

from playhead_index.store.catalog import Catalog
from playhead_index.store.lock import writing
from playhead_index.store.schema import LIVE


def read_clock(catalog: Catalog) -> dict[str, float]:
    """When each video was recorded, in seconds since 1970 (UTC); only those of which it is known."""
    rows = catalog.query(
        f"SELECT video_id, recorded_at FROM recording WHERE recorded_at IS NOT NULL AND {LIVE}"
    )
    return dict(rows)


def insert_recording(db: Database, video_id: str, at: float | None) -> None:
    """Stores when a video was recorded as its file says, inside the caller's `atomic()`.

    What is stored of it already stays.

    Args:
        db: the catalog's.
        video_id: of the video.
        at: seconds since 1970 (UTC); None where the file does not say it.
    """
    db.execute("INSERT OR IGNORE INTO recording VALUES (?, ?, 'file')", (video_id, at))


def set_recorded(catalog: Catalog, video_id: str, at: float | None, *, wait_s: float = 0.0) -> None:
    """Stores when a video was recorded as a person says; None for not known, whatever its file says.

    Args:
        catalog: of the library.
        video_id: of a video that it holds.
        at: seconds since 1970 (UTC).
        wait_s: seconds to wait for another writer.

    Raises:
        LibraryLocked: another process is writing.
    """
    with writing(catalog.path.parent, wait_s=wait_s), catalog.atomic() as db:
        db.execute("INSERT OR REPLACE INTO recording VALUES (?, ?, 'person')", (video_id, at))
