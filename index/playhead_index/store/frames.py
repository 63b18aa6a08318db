"""Reads and writes the rows of the table `frame`: one a stored frame, row i of the video's shards."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from playhead_index.store.catalog import Catalog
from playhead_index.window import Window


class RankedFrame(NamedTuple):
    """What a search shows of a frame.

    Args:
        id: of the frame.
        video_id: of its video.
        start_s: in seconds.
        end_s: in seconds.
    """

    id: int
    video_id: str
    start_s: float
    end_s: float


def read_ranked_frames(catalog: Catalog, frame_ids: Sequence[int]) -> dict[int, RankedFrame]:
    """The frames with these ids, by id; ids that the catalog does not have are left out."""
    marks = ", ".join("?" * len(frame_ids))
    rows = catalog.query(f"SELECT id, video_id, start_s, end_s FROM frame WHERE id IN ({marks})", frame_ids)
    return {row[0]: RankedFrame._make(row) for row in rows}


def frame_columns(catalog: Catalog, video_id: str, num_rows: int) -> NDArray[np.float64]:
    """(4, n) float64: id, row of the shard, start and end in seconds of the frames of a video, by row.

    Args:
        catalog: of the library.
        video_id: of the video.
        num_rows: rows of the shard that count; frames behind them are left out.
    """
    rows = catalog.query(
        "SELECT id, row, start_s, end_s FROM frame WHERE video_id = ? AND row < ? ORDER BY row",
        (video_id, num_rows),
    )
    return np.array(rows, dtype=np.float64).reshape(len(rows), 4).T


def insert_frames(db: Database, video_id: str, first_row: int, windows: Sequence[Window]) -> None:
    """Stores frames with rows of the shard from `first_row` on, inside the caller's `atomic()`."""
    for row, window in enumerate(windows, start=first_row):
        db.execute(
            "INSERT INTO frame (video_id, row, start_s, end_s) VALUES (?, ?, ?, ?)",
            (video_id, row, window.start_s, window.end_s),
        )


def end_last_frame(db: Database, video_id: str, num_rows: int, end_s: float) -> None:
    """Sets the end of the window of the last of `num_rows` frames, inside the caller's `atomic()`."""
    db.execute("UPDATE frame SET end_s = ? WHERE video_id = ? AND row = ?", (end_s, video_id, num_rows - 1))


def end_frames_at(db: Database, video_id: str, time_s: float) -> None:
    """Ends the window of a frame that reaches over a time at that time, inside the caller's `atomic()`."""
    db.execute(
        "UPDATE frame SET end_s = ? WHERE video_id = ? AND start_s < ? AND end_s > ?",
        (time_s, video_id, time_s, time_s),
    )


def delete_frames(db: Database, video_id: str) -> None:
    """Deletes the frames of a video, inside the caller's `atomic()`."""
    db.execute("DELETE FROM frame WHERE video_id = ?", (video_id,))
