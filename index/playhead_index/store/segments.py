"""Reads and writes the rows of the table `segment`; `Catalog.segments` reads those of a video."""

from collections.abc import Sequence

from sqlite_utils import Database

from playhead_index.store.catalog import Catalog
from playhead_index.store.schema import LIVE
from playhead_index.window import Window


def replace_segments(db: Database, video_id: str, windows: Sequence[Window]) -> None:
    """Stores the segments of a video instead of those before, inside the caller's `atomic()`.

    Each stored frame of the video is given the segment in which it begins.
    """
    db.execute("DELETE FROM segment WHERE video_id = ?", (video_id,))
    db.table("segment").insert_all(
        {"video_id": video_id, "ordinal": ordinal, "start_s": window.start_s, "end_s": window.end_s}
        for ordinal, window in enumerate(windows)
    )
    db.execute(
        "UPDATE frame SET segment_id = (SELECT id FROM segment WHERE segment.video_id = frame.video_id"
        " AND segment.start_s <= frame.start_s + 1e-6 ORDER BY segment.start_s DESC LIMIT 1)"
        " WHERE video_id = ?",
        (video_id,),
    )


def segment_window_at(catalog: Catalog, video_id: str, time_s: float) -> Window | None:
    """The window of the segment of a video that holds a time; None where none does."""
    rows = catalog.query(
        "SELECT start_s, end_s FROM segment WHERE video_id = ? AND start_s <= ? AND end_s > ?",
        (video_id, time_s, time_s),
    )
    return Window(*rows[0]) if rows else None


def count_captioned_segments(catalog: Catalog, video_id: str) -> int:
    """How many segments of a video have a caption of exactly their window."""
    ((count,),) = catalog.query(
        "SELECT count(*) FROM segment WHERE video_id = ? AND EXISTS (SELECT 1 FROM span"
        " WHERE span.video_id = segment.video_id AND span.kind = 'caption'"
        " AND span.start_s = segment.start_s AND span.end_s = segment.end_s)",
        (video_id,),
    )
    return int(count)


def count_segments(
    catalog: Catalog, video_ids: Sequence[str] | None = None, window: Window | None = None
) -> int:
    """How many segments there are, without those of retired videos.

    Args:
        catalog: of the library.
        video_ids: of these videos; of all when None.
        window: only those that overlap this part of their video.
    """
    where, values = [LIVE], list[str | float]()
    if video_ids is not None:
        where.append(f"video_id IN ({', '.join('?' * len(video_ids))})")
        values += video_ids
    if window is not None:
        where.append("start_s < ? AND end_s > ?")
        values += [window.end_s, window.start_s]
    ((count,),) = catalog.query(f"SELECT count(*) FROM segment WHERE {' AND '.join(where)}", values)
    return int(count)
