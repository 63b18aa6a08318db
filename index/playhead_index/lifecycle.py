"""What happens to a library after indexing: files move, videos go, damage is found, space is given back."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playhead_index.errors import DiskFull, VideoUnknown
from playhead_index.identity import find_videos, fingerprint
from playhead_index.stages import read_stages
from playhead_index.store.catalog import Catalog
from playhead_index.store.disk import MIN_FREE_BYTES, free_bytes
from playhead_index.store.lock import writing
from playhead_index.store.manifest import read_manifest, space_tag, unfinished_videos
from playhead_index.store.removal import (
    delete_rows,
    delete_unneeded_files,
    purge_removed,
    replace_manifest,
)  # fmt: skip
from playhead_index.store.shards import Shards


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that `verify` found.

    Args:
        kind: `moved` (no copy of the video is where it was seen), `changed` (the file there is another
            one now), `unfinished`, `failed` (a file that could not be indexed), `damaged`.
        what: the video or file.
        advice: the command that mends it, or what to do.
    """

    kind: Literal["moved", "changed", "unfinished", "failed", "damaged"]
    what: str
    advice: str


@dataclass(frozen=True, slots=True)
class Relinked:
    """A video that was found again."""

    video_id: str
    path: Path


def remove_video(catalog: Catalog, video_id: str, *, wait_s: float = 0.0) -> None:
    """Takes a video and all that was made of it out of the library; its file stays where it is.

    The catalog's rows go first: a crash in between leaves shards that `gc` deletes. On a full disk it is the
    other way round (`store.removal`).

    Raises:
        VideoUnknown: the library holds no such video.
        LibraryLocked: another process is writing, or reading while the disk is full.
        LibraryReadOnly: nothing can be changed in its folder.
        DiskFull: there is no room for even the smallest change, and nothing that could be deleted for it.
    """
    folder = catalog.path.parent
    with writing(folder, wait_s=wait_s):
        if not catalog.query("SELECT 1 FROM video WHERE video_id = ?", (video_id,)):
            raise VideoUnknown(f"no video {video_id!r} in this library; `playhead list` shows what it holds")
        delete_rows(catalog, video_id)
        for shards in _all_shards(catalog):
            shards.remove(video_id)
        replace_manifest(folder, catalog)


def relink(catalog: Catalog, folders: Sequence[Path], *, wait_s: float = 0.0) -> Iterator[Relinked]:
    """Finds videos whose files were renamed or moved, by their content, among the files of `folders`.

    Only files of the size of a missing video are read. Places that are gone are forgotten once a copy
    is found.

    Raises:
        VideoUnreadable: a folder is not there.
        LibraryLocked: another process is writing.
    """
    with writing(catalog.path.parent, wait_s=wait_s):
        sizes = catalog.query("SELECT video_id, size_bytes FROM video")
        missing = {v: size for v, size in sizes if not any(path.exists() for path in catalog.places(v))}
        for path in find_videos(folders):
            stat = path.stat()
            if stat.st_size not in missing.values() or (video_id := fingerprint(path)) not in missing:
                continue
            with catalog.atomic() as db:
                db.execute("DELETE FROM place WHERE video_id = ?", (video_id,))
                db.execute(
                    "INSERT OR REPLACE INTO place (path, video_id, size_bytes, mtime_ns) VALUES (?, ?, ?, ?)",
                    (str(path.resolve()), video_id, stat.st_size, stat.st_mtime_ns),
                )
            del missing[video_id]
            yield Relinked(video_id, path.resolve())


def verify(catalog: Catalog, *, deep: bool = False) -> Iterator[Problem]:
    """What is not as it should be, each with what to do; changes nothing.

    Args:
        catalog: of the library.
        deep: also read every file again and compare its content.
    """
    folder = catalog.path.parent
    (state,) = catalog.query("PRAGMA integrity_check")[0]
    if state != "ok":
        yield Problem("damaged", str(catalog.path), f"SQLite says: {state}; index into a new library")
    for video_id in unfinished_videos(catalog):
        path = next(iter(catalog.places(video_id)), Path("VIDEO"))
        yield Problem("unfinished", f"{video_id} ({path})", f"playhead index '{path}' --library '{folder}'")
    if read_manifest(folder) is None:
        yield Problem("unfinished", str(folder), "no indexing run has ended yet: run playhead index again")
    for path, error in catalog.query("SELECT path, error FROM failure ORDER BY path"):
        yield Problem("failed", path, error)
    for video in catalog.videos():
        yield from _verify_files(catalog, video.video_id, deep=deep)
        yield from _verify_shards(catalog, video.video_id)


def _verify_files(catalog: Catalog, video_id: str, *, deep: bool) -> Iterator[Problem]:
    folder, places = catalog.path.parent, catalog.places(video_id)
    if not any(path.exists() for path in places):
        seen = ", ".join(map(str, places))
        yield Problem("moved", f"{video_id} (was {seen})", f"playhead relink FOLDER --library '{folder}'")
    rows = catalog.query("SELECT path, size_bytes, mtime_ns FROM place WHERE video_id = ?", (video_id,))
    for name, size_bytes, mtime_ns in rows:
        path = Path(name)
        if not path.exists():
            continue
        stat = path.stat()
        same = (stat.st_size, stat.st_mtime_ns) == (size_bytes, mtime_ns)
        if (deep or not same) and fingerprint(path) != video_id:
            yield Problem(
                "changed",
                f"{video_id} ({path})",
                f"playhead index '{path}' --library '{folder}' adds the new one",
            )


def _verify_shards(catalog: Catalog, video_id: str) -> Iterator[Problem]:
    stages = read_stages(catalog, video_id)
    for shards in _all_shards(catalog):
        stage = stages.get("meaning" if shards.space == "words" else shards.space)
        expected = stage.rows if stage is not None else 0
        if (found := shards.count(video_id)) < expected:
            yield Problem(
                "damaged",
                f"{video_id}: {shards.space} vectors ({found} of {expected} on disk)",
                f"playhead remove {video_id}, then index the file again",
            )


def collect_garbage(catalog: Catalog, *, wait_s: float = 0.0) -> int:
    """Deletes what nothing points to any more, and gives the space back; bytes that became free.

    Files go first, which works on a full disk too; the catalog is made smaller where there is room to write
    it anew.

    Raises:
        LibraryLocked: another process is writing.
        LibraryReadOnly: nothing can be changed in its folder.
    """
    folder = catalog.path.parent
    with writing(folder, wait_s=wait_s):
        before = _size_bytes(folder)
        delete_unneeded_files(folder, {video.video_id for video in catalog.videos()})
        with suppress(DiskFull):
            purge_removed(catalog)
            if _has_room_to_compact(catalog.path):
                _compact(catalog)
            replace_manifest(folder, catalog)
        return max(0, before - _size_bytes(folder))


def _has_room_to_compact(path: Path) -> bool:
    """Whether a catalog fits once more beside itself and, for `VACUUM`, into the temporary folder."""
    needed = 2 * path.stat().st_size + MIN_FREE_BYTES
    return min(free_bytes(path.parent), free_bytes(Path(tempfile.gettempdir()))) > needed


def _compact(catalog: Catalog) -> None:
    with catalog.atomic() as db:
        db.execute("INSERT INTO span_fts (span_fts) VALUES ('optimize')")
    catalog.query("VACUUM")
    catalog.query("PRAGMA wal_checkpoint(TRUNCATE)")


def _all_shards(catalog: Catalog) -> list[Shards]:
    names = [name for (name,) in catalog.query("SELECT name FROM space ORDER BY name")]
    tags = ((name, space_tag(catalog, name)) for name in names)
    return [Shards(catalog.path.parent, name, tag.width) for name, tag in tags if tag is not None]


def _size_bytes(folder: Path) -> int:
    size = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):  # another process has just deleted it
                size += (Path(place) / name).lstat().st_size
    return size
