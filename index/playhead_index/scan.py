"""Which video a file is, and its rows in the catalog."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playhead_index.decode import VideoInfo, VideoReader, open_reader
from playhead_index.errors import VideoUnreadable
from playhead_index.identity import disk_error_in_words, fingerprint
from playhead_index.paths import path_to_text, resolved_path, text_to_path
from playhead_index.store.catalog import Catalog


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
    path = resolved_path(path)
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
            (path_to_text(path), video_id, stat.st_size, stat.st_mtime_ns),
        )
        db.execute("INSERT OR IGNORE INTO recording VALUES (?, ?, 'file')", (video_id, info.recorded_at))
        db.execute("DELETE FROM failure WHERE path = ?", (path_to_text(path),))
    return Scanned(video_id, path, reader, info, is_new)


def record_failure(catalog: Catalog, path: Path, reason: str) -> None:
    """Notes that a file could not be indexed, so that `list` and `verify` can say so."""
    with catalog.atomic() as db:
        db.execute(
            "INSERT OR REPLACE INTO failure VALUES (?, ?, ?)",
            (path_to_text(resolved_path(path)), reason, _now()),
        )


def clear_old_failures(catalog: Catalog) -> int:
    """Forgets the failures of files that are gone, and of folders that can be read now; how many."""
    stored = [text for (text,) in catalog.query("SELECT path FROM failure")]
    old = [text for text in stored if _is_over(text_to_path(text))]
    if old:
        with catalog.atomic() as db:
            for text in old:
                db.execute("DELETE FROM failure WHERE path = ?", (text,))
    return len(old)


def _is_over(path: Path) -> bool:
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False  # not known: a folder above it cannot be entered
    return path.is_dir() and os.access(path, os.R_OK | os.X_OK)


def _known(catalog: Catalog, path: Path) -> str | None:
    try:
        stat = path.stat()
    except OSError as error:
        raise VideoUnreadable(path, disk_error_in_words(error)) from error
    rows = catalog.query(
        "SELECT video_id FROM place WHERE path = ? AND size_bytes = ? AND mtime_ns = ?",
        (path_to_text(path), stat.st_size, stat.st_mtime_ns),
    )
    return rows[0][0] if rows else None


def _row(video_id: str, size_bytes: int, info: VideoInfo) -> tuple[str | int | float, ...]:
    return (
        video_id, size_bytes, info.duration_s, info.origin_s, info.width_px, info.height_px,
        info.rotation_deg, info.codec, info.average_fps, int(info.is_variable_rate), info.n_frames,
        int(info.has_audio), json.dumps(info.warnings), _now(),
    )  # fmt: skip


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
