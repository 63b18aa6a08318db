"""Which video a file is, and its rows in the catalog."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playhead_index.clean_text import clean_text
from playhead_index.decode import VideoInfo, VideoReader, open_reader
from playhead_index.errors import VideoUnreadable
from playhead_index.identity import describe_disk_error, fingerprint
from playhead_index.paths import (
    display_path,
    path_exists,
    path_is_gone,
    path_to_text,
    resolve_path,
)
from playhead_index.store.catalog import Catalog, VideoRow
from playhead_index.store.failures import delete_failures, read_failures, write_failure
from playhead_index.store.places import FileState, find_place, set_place
from playhead_index.store.recordings import insert_recording
from playhead_index.store.videos import has_video, insert_video
from playhead_index.text_limits import LIMITS
from playhead_index.timeline_update import warnings_to_text, write_gaps


@dataclass(frozen=True, slots=True)
class ScannedFile:
    """A file that is in the catalog now.

    Args:
        state: of the file before it was read: what its place is recorded with.
        is_new: its content was not in the library before.
        replaced: the video that the path held before, when that is another one.
    """

    video_id: str
    path: Path
    reader: VideoReader
    info: VideoInfo
    state: FileState
    is_new: bool
    replaced: str | None = None


def scan(catalog: Catalog, path: Path, reader_name: str | Callable[[str], str]) -> ScannedFile:
    """Finds out which video a file holds and records it and its place.

    The identity is the content: a renamed file is the same video at another place, the same file twice
    is one video, two files of one name are two. A file that stands where it stood with the size and
    times of change that it had is not read again. A version that stood there before is replaced.

    Args:
        catalog: of the library.
        path: of the file.
        reader_name: one of `READERS`, or what chooses it by the video's id.

    Raises:
        VideoUnreadable: the file is not there or is not a video that can be decoded.
    """
    path = resolve_path(path)
    state = _state(path)
    place = path_to_text(path)
    video_id = find_place(catalog, place, state) or fingerprint(path)
    reader = open_reader(path, reader_name if isinstance(reader_name, str) else reader_name(video_id))
    info = reader.probe()
    is_new = not has_video(catalog, video_id)
    with catalog.atomic() as db:
        if is_new:
            insert_video(db, _video_row(video_id, state.size_bytes, info))
            write_gaps(db, video_id, info.gaps)
        replaced = set_place(db, place, video_id, state)
        insert_recording(db, video_id, info.recorded_at)
        delete_failures(db, [path])
    return ScannedFile(video_id, path, reader, info, state, is_new, replaced)


def find_registered(catalog: Catalog, path: Path) -> str | None:
    """The video that a file is known to hold, when it stands unchanged where it stood; the file is not read.

    Raises:
        VideoUnreadable: the file is not there.
    """
    path = resolve_path(path)
    return find_place(catalog, path_to_text(path), _state(path))


def change_during_run(scanned: ScannedFile) -> str:
    """How a file differs from what it was when its indexing began; empty when it does not.

    Its place keeps the state of the beginning, so that the next run reads the file anew.
    """
    name = display_path(scanned.path.name)
    try:
        now = _state(scanned.path)
    except VideoUnreadable:
        return f"{name} went away while it was indexed"
    if now.has_same_content_times(scanned.state):
        return ""
    sizes = f"{scanned.state.size_bytes} bytes then, {now.size_bytes} now"
    return f"{name} changed while it was indexed ({sizes}); index it again when it is complete"


def record_failure(catalog: Catalog, path: Path, reason: str) -> None:
    """Notes that a file could not be indexed, so that `list` and `verify` can say so."""
    with catalog.atomic() as db:
        write_failure(db, resolve_path(path), clean_text(reason, LIMITS.note_chars), _now())


def clear_old_failures(catalog: Catalog) -> int:
    """Forgets the failures of files that are gone, and of folders that can be read now; how many."""
    old = [one.path for one in read_failures(catalog) if _is_over(one.path)]
    if old:
        with catalog.atomic() as db:
            delete_failures(db, old)
    return len(old)


def _is_over(path: Path) -> bool:
    if path_is_gone(path):
        return True
    return path_exists(path) and path.is_dir() and os.access(path, os.R_OK | os.X_OK)


def _state(path: Path) -> FileState:
    try:
        return FileState.of(path.stat())
    except OSError as error:
        raise VideoUnreadable(path, describe_disk_error(error)) from error


def _video_row(video_id: str, size_bytes: int, info: VideoInfo) -> VideoRow:
    return VideoRow(
        video_id=video_id,
        size_bytes=size_bytes,
        duration_s=info.duration_s,
        origin_s=info.origin_s,
        width_px=info.width_px,
        height_px=info.height_px,
        rotation_deg=info.rotation_deg,
        codec=info.codec,
        average_fps=info.average_fps,
        is_variable_rate=info.is_variable_rate,
        n_frames=info.n_frames,
        has_audio=info.has_audio,
        warnings=warnings_to_text(info),
        added_at=_now(),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
