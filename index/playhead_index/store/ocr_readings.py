"""Reads and writes the table `reading`: what OCR read in single frames, until it is merged into spans."""

from collections.abc import Mapping

from sqlite_utils import Database

from playhead_index.store.catalog import Catalog


def read_readings(catalog: Catalog, video_id: str) -> dict[int, str]:
    """The lines that were read in frames of a video, as JSON, by the frame's row."""
    return dict(catalog.query("SELECT row, lines FROM reading WHERE video_id = ?", (video_id,)))


def read_rows_read(catalog: Catalog, video_id: str) -> set[int]:
    """The rows of the frames of a video that were read."""
    return {row for (row,) in catalog.query("SELECT row FROM reading WHERE video_id = ?", (video_id,))}


def insert_readings(db: Database, video_id: str, lines: Mapping[int, str]) -> None:
    """Stores the lines that were read in frames, as JSON by row, inside the caller's `atomic()`."""
    db.table("reading").insert_all(
        {"video_id": video_id, "row": row, "lines": text} for row, text in lines.items()
    )


def delete_readings(db: Database, video_id: str) -> None:
    """Deletes what was read in the frames of a video, inside the caller's `atomic()`."""
    db.execute("DELETE FROM reading WHERE video_id = ?", (video_id,))
