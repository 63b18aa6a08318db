"""Which video a file is, and its rows in the catalog."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playhead_index.clean_text import clean_text
from playhead_index.decode import VideoInfo, VideoReader, open_reader
from playhead_index.errors import VideoUnreadable
from playhead_index.identity import fingerprint
from playhead_index.store.catalog import Catalog
from playhead_index.text_limits import LIMITS


@dataclass(frozen=True, slots=True)
class Scanned:
    """A file that is in the catalog now.

    Args:
        is_new: its content was not in the library before.
    """

    video_id: str
    path: Path
    reader: VideoReader
    info: VideoInfo
    is_new: bool


def scan(catalog: Catalog, path: Path, reader_name: str) -> Scanned:
    """Finds out which video a file holds and records it and its place.

    The identity is the content: a renamed file is the same video at another place, the same file twice
    is one video, two files of one name are two. A file that stands where it stood with the size and
    time of change it had is not read again.

    Raises:
        VideoUnreadable: the file is not there or is not a video that can be decoded.
    """
    path = path.resolve()
    video_id = _known(catalog, path) or fingerprint(path)
    reader = open_reader(path, reader_name)
    info = reader.probe()
    is_new = not catalog.query("SELECT 1 FROM video WHERE video_id = ?", (video_id,))
    stat = path.stat()
    with catalog.atomic() as db:
        if is_new:
            db.execute(
                f"INSERT INTO video VALUES ({', '.join('?' * 14)})", _row(video_id, stat.st_size, info)
            )
        db.execute(
            "INSERT OR REPLACE INTO place (path, video_id, size_bytes, mtime_ns) VALUES (?, ?, ?, ?)",
            (str(path), video_id, stat.st_size, stat.st_mtime_ns),
        )
        db.execute("INSERT OR IGNORE INTO recording VALUES (?, ?, 'file')", (video_id, info.recorded_at))
        db.execute("DELETE FROM failure WHERE path = ?", (str(path),))
    return Scanned(video_id, path, reader, info, is_new)


def record_failure(catalog: Catalog, path: Path, error: Exception) -> None:
    """Notes that a file could not be indexed, so that `list` and `verify` can say so."""
    with catalog.atomic() as db:
        db.execute(
            "INSERT OR REPLACE INTO failure VALUES (?, ?, ?)",
            (str(path.resolve()), clean_text(str(error), LIMITS.note_chars), _now()),
        )


def _known(catalog: Catalog, path: Path) -> str | None:
    try:
        stat = path.stat()
    except OSError as error:
        raise VideoUnreadable(path, f"cannot be opened: {error.strerror}") from error
    rows = catalog.query(
        "SELECT video_id FROM place WHERE path = ? AND size_bytes = ? AND mtime_ns = ?",
        (str(path), stat.st_size, stat.st_mtime_ns),
    )
    return rows[0][0] if rows else None


def _row(video_id: str, size_bytes: int, info: VideoInfo) -> tuple[str | int | float, ...]:
    warnings = [clean_text(text, LIMITS.note_chars) for text in info.warnings]
    return (
        video_id, size_bytes, info.duration_s, info.origin_s, info.width_px, info.height_px,
        info.rotation_deg, info.codec, info.average_fps, int(info.is_variable_rate), info.n_frames,
        int(info.has_audio), json.dumps(warnings), _now(),
    )  # fmt: skip


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
