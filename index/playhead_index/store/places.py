"""Where copies of videos are, and which videos are earlier versions of a file.

A path holds one video. When a file is changed in place or grows, its path moves to the video that its new
content is. The old video, once no other place is left, is *retired*: it is out of every scope, count and
search until `collect_garbage` frees it, or until its content is found at a path again.
"""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from playhead_index.identity import CLOCK_STEP_NS
from playhead_index.paths import display_path, text_to_path
from playhead_index.store.catalog import Catalog
from playhead_index.window import format_time

UNCERTAIN = 0


@dataclass(frozen=True, slots=True)
class FileState:
    """What says, without reading a file, that it is as it was.

    Args:
        size_bytes: its size.
        mtime_ns: when its content changed, which programs may set.
        changed_ns: when content or metadata changed, which only the system sets; `UNCERTAIN` for a file so
            young that a further change may leave no trace.
    """

    size_bytes: int
    mtime_ns: int
    changed_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> "FileState":
        """The state that a file has by its `stat`."""
        is_settled = abs(time.time_ns() - max(stat.st_ctime_ns, stat.st_mtime_ns)) > CLOCK_STEP_NS
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns if is_settled else UNCERTAIN)

    def has_same_content_times(self, other: "FileState") -> bool:
        """Size and modification time are the same."""
        return (self.size_bytes, self.mtime_ns) == (other.size_bytes, other.mtime_ns)


@dataclass(frozen=True, slots=True)
class RetiredVersion:
    """An earlier version of a file.

    Args:
        video_id: of the version.
        path: where it was, as `paths.path_to_text` writes it; empty when that was not recorded.
        duration_s: how long it is.
        retired_at: when its path moved to other content, ISO 8601 in UTC; empty likewise.
    """

    video_id: str
    path: str
    duration_s: float
    retired_at: str

    @property
    def name(self) -> str:
        """The file's name, else the id."""
        return display_path(text_to_path(self.path).name) if self.path else self.video_id

    @property
    def sentence(self) -> str:
        """What it is, for a person: `v1b2c... is an earlier version of edit.mkv, ...`."""
        since = f" since {self.retired_at[:16].replace('T', ' ')} UTC" if self.retired_at else ""
        where = display_path(text_to_path(self.path)) if self.path else "its file"
        return f"{self.video_id} is a replaced version: {where} holds other content{since}"


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A file that held a video when it was last seen.

    Args:
        path: of the file.
        size_bytes: its size then.
        mtime_ns: when its content had changed, which programs may set.
    """

    path: Path
    size_bytes: int
    mtime_ns: int


def read_places(catalog: Catalog, video_id: str) -> list[PlaceRow]:
    """The files at which copies of a video were last seen."""
    rows = catalog.query("SELECT path, size_bytes, mtime_ns FROM place WHERE video_id = ?", (video_id,))
    return [PlaceRow(text_to_path(path), size_bytes, mtime_ns) for path, size_bytes, mtime_ns in rows]


def read_all_places(catalog: Catalog) -> list[tuple[str, Path]]:
    """(video id, path) of every place of every video, each video's first place first."""
    rows = catalog.query("SELECT video_id, path FROM place JOIN video USING (video_id) ORDER BY place.rowid")
    return [(video_id, text_to_path(path)) for video_id, path in rows]


def delete_other_places(db: Database, video_id: str, path: str) -> None:
    """Deletes the places of a video but for one, inside the caller's `atomic()`.

    Args:
        db: the catalog's.
        video_id: of the video.
        path: of the place that stays, as `paths.path_to_text` writes it.
    """
    db.execute("DELETE FROM place WHERE video_id = ? AND path != ?", (video_id, path))


def find_place(catalog: Catalog, path: str, state: FileState) -> str | None:
    """The video at a path, when the file there is as it was when it was read; else None.

    A library that was made before the times of system changes were recorded is believed by size and
    modification time.
    """
    rows = catalog.query(
        "SELECT video_id, changed_ns FROM place LEFT JOIN file_state USING (path)"
        " WHERE path = ? AND size_bytes = ? AND mtime_ns = ?",
        (path, state.size_bytes, state.mtime_ns),
    )
    if not rows:
        return None
    ((video_id, changed_ns),) = rows
    is_same = changed_ns is None or (changed_ns != UNCERTAIN and changed_ns == state.changed_ns)
    return str(video_id) if is_same else None


def set_place(db: Database, path: str, video_id: str, state: FileState) -> str | None:
    """Records that a path holds a video, inside the caller's `atomic()`; the id of a video it replaced.

    The video that stood there is retired when it has no other place; one that was retired and is found
    again is live from now on.
    """
    before = db.execute("SELECT video_id FROM place WHERE path = ?", (path,)).fetchone()
    db.execute(
        "INSERT INTO place (path, video_id, size_bytes, mtime_ns) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (path) DO UPDATE SET video_id = excluded.video_id,"
        " size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns",
        (path, video_id, state.size_bytes, state.mtime_ns),
    )
    db.execute("INSERT OR REPLACE INTO file_state VALUES (?, ?)", (path, state.changed_ns))
    db.execute("DELETE FROM retired WHERE video_id = ?", (video_id,))
    if before is None or before[0] == video_id:
        return None
    db.execute(
        "INSERT OR REPLACE INTO retired SELECT video_id, ?, ? FROM video"
        " WHERE video_id = ? AND video_id NOT IN (SELECT video_id FROM place)",
        (path, datetime.now(UTC).isoformat(timespec="seconds"), before[0]),
    )
    return str(before[0])


def retired_versions(catalog: Catalog) -> list[RetiredVersion]:
    """The earlier versions that the library still holds, in the order in which they were replaced."""
    rows = catalog.query(
        "SELECT video_id, path, duration_s, retired_at FROM retired JOIN video USING (video_id)"
        " ORDER BY retired_at, video_id"
    )
    return [RetiredVersion(*row) for row in rows]


def retired_version(catalog: Catalog, video_id: str) -> RetiredVersion | None:
    """An earlier version by its id; None when the video is live or unknown."""
    return next((one for one in retired_versions(catalog) if one.video_id == video_id), None)


def describe_retired(versions: list[RetiredVersion], max_named: int = 3) -> str:
    """One line for a person; empty when there are none.

    >>> describe_retired([RetiredVersion("v1", "/videos/edit.mkv", 8.0, "")])
    '1 replaced version (edit.mkv, 8 s) kept until gc'
    """
    if not versions:
        return ""
    named = [f"{one.name}, {_length(one.duration_s)}" for one in versions[-max_named:]]
    more = [f"{len(versions) - max_named} more"] if len(versions) > max_named else []
    plural = "" if len(versions) == 1 else "s"
    return f"{len(versions)} replaced version{plural} ({'; '.join([*named, *more])}) kept until gc"


def _length(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else format_time(round(seconds))
