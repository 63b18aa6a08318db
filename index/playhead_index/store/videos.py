"""Reads and writes the rows of the table `video`: one a video, retired ones too."""

from dataclasses import asdict

from sqlite_utils import Database

from playhead_index.store.catalog import Catalog, VideoRow


def has_videos(catalog: Catalog) -> bool:
    """Whether a library holds any video."""
    return bool(catalog.query("SELECT 1 FROM video LIMIT 1"))


def has_video(catalog: Catalog, video_id: str) -> bool:
    """Whether a library holds a video."""
    return bool(catalog.query("SELECT 1 FROM video WHERE video_id = ?", (video_id,)))


def read_video_ids(catalog: Catalog) -> list[str]:
    """The ids of all videos."""
    return [str(video_id) for (video_id,) in catalog.query("SELECT video_id FROM video")]


def read_video_sizes(catalog: Catalog) -> dict[str, int]:
    """The size of the file of each video in bytes, by video id."""
    return dict(catalog.query("SELECT video_id, size_bytes FROM video"))


def read_duration_s(catalog: Catalog, video_id: str) -> float | None:
    """The length of a video in seconds; None where the library does not hold it."""
    rows = catalog.query("SELECT duration_s FROM video WHERE video_id = ?", (video_id,))
    return float(rows[0][0]) if rows else None


def insert_video(db: Database, video: VideoRow) -> None:
    """Stores a new video, inside the caller's `atomic()`."""
    db.table("video").insert(asdict(video))


def update_video_length(
    db: Database, video_id: str, *, duration_s: float, average_fps: float, num_frames: int, warnings: str
) -> None:
    """Stores how long a video was measured to be, inside the caller's `atomic()`.

    Args:
        db: the catalog's.
        video_id: of the video.
        duration_s: its length in seconds.
        average_fps: frames a second, on average.
        num_frames: its number of frames.
        warnings: of its file, as JSON.
    """
    db.execute(
        "UPDATE video SET duration_s = ?, average_fps = ?, n_frames = ?, warnings = ? WHERE video_id = ?",
        (duration_s, average_fps, num_frames, warnings, video_id),
    )


def update_video_warnings(db: Database, video_id: str, warnings: str) -> None:
    """Stores the warnings of a file, as JSON, inside the caller's `atomic()`."""
    db.execute("UPDATE video SET warnings = ? WHERE video_id = ?", (warnings, video_id))
