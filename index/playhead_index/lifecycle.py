"""What happens to a library after indexing: files move, videos go, damage is found, space is given back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playhead_index.errors import VideoUnknown, VideoUnreadable
from playhead_index.identity import find_videos, fingerprint
from playhead_index.stages import read_stages
from playhead_index.store.catalog import LIVE, Catalog
from playhead_index.store.lock import writing
from playhead_index.store.manifest import read_manifest, space_tag, unfinished_videos, write_manifest
from playhead_index.store.places import FileState, set_place
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


def find_video(catalog: Catalog, name: str) -> str:
    """The id of the video that a person means: an id, the start of one, a path, or a file's name.

    Raises:
        VideoUnknown: none fits, or several do; the message lists them.
    """
    rows = catalog.query(
        "SELECT video.video_id, path FROM video LEFT JOIN place USING (video_id) ORDER BY path"
    )
    resolved = str(Path(name).expanduser().resolve())
    for fits in (
        lambda video_id, path: video_id == name or path == resolved,
        lambda video_id, path: path is not None and name in (Path(path).name, Path(path).stem),
        lambda video_id, path: len(name) >= 4 and video_id.startswith(name),
    ):
        found = {video_id: path for video_id, path in rows if fits(video_id, path)}
        if len(found) == 1:
            return str(next(iter(found)))
        if found:
            listed = ", ".join(f"{video_id} ({path})" for video_id, path in found.items())
            raise VideoUnknown(f"{name!r} fits {len(found)} videos: {listed}; give the id")
    raise VideoUnknown(f"no video {name!r} in this library; `playhead list` shows what it holds")


def remove_video(catalog: Catalog, video_id: str, *, wait_s: float = 0.0) -> None:
    """Takes a video and all that was made of it out of the library; its file stays where it is.

    The catalog's rows go first: a crash in between leaves shards that `gc` deletes.

    Raises:
        VideoUnknown: the library holds no such video.
        LibraryLocked: another process is writing.
    """
    folder = catalog.path.parent
    with writing(folder, wait_s=wait_s):
        if not catalog.query("SELECT 1 FROM video WHERE video_id = ?", (video_id,)):
            raise VideoUnknown(f"no video {video_id!r} in this library; `playhead list` shows what it holds")
        with catalog.atomic() as db:
            db.execute("DELETE FROM span WHERE video_id = ?", (video_id,))
            db.execute("DELETE FROM video WHERE video_id = ?", (video_id,))
        for shards in _all_shards(catalog):
            shards.remove(video_id)
        write_manifest(folder, catalog)


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
        missing = {v: size for v, size in sizes if not _is_at_a_place(catalog, v)}
        for path in find_videos(folders):
            state = FileState.of(path.stat())
            if state.size_bytes not in missing.values() or (video_id := fingerprint(path)) not in missing:
                continue
            with catalog.atomic() as db:
                set_place(db, str(path.resolve()), video_id, state)
                db.execute(
                    "DELETE FROM place WHERE video_id = ? AND path != ?", (video_id, str(path.resolve()))
                )
            del missing[video_id]
            yield Relinked(video_id, path.resolve())


def _is_at_a_place(catalog: Catalog, video_id: str) -> bool:
    """A file at one of its places holds the video: by size and times, else by its content."""
    rows = catalog.query("SELECT path, size_bytes, mtime_ns FROM place WHERE video_id = ?", (video_id,))
    return any(_holds(Path(path), video_id, size, mtime_ns) for path, size, mtime_ns in rows)


def _holds(path: Path, video_id: str, size_bytes: int, mtime_ns: int, *, deep: bool = False) -> bool:
    """Whether a file holds a video; it is read when its times are not the recorded ones, or when `deep`."""
    try:
        stat = path.stat()
        is_as_recorded = (stat.st_size, stat.st_mtime_ns) == (size_bytes, mtime_ns)
        if is_as_recorded and not deep:
            return True
        return stat.st_size == size_bytes and fingerprint(path) == video_id
    except (OSError, VideoUnreadable):
        return False


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
        if not _holds(path, video_id, size_bytes, mtime_ns, deep=deep):
            yield Problem(
                "changed",
                f"{video_id} ({path})",
                f"playhead index '{path}' --library '{folder}' puts the new version in its place",
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
    """Deletes retired versions and what nothing points to, and gives the space back; bytes that became free.

    Raises:
        LibraryLocked: another process is writing.
    """
    folder = catalog.path.parent
    with writing(folder, wait_s=wait_s):
        before = _size_bytes(folder)
        with catalog.atomic() as db:
            db.execute(f"DELETE FROM span WHERE NOT {LIVE}")
            db.execute(f"DELETE FROM video WHERE NOT {LIVE}")
        kept = {video.video_id for video in catalog.videos()}
        for file in folder.glob("vectors/*/*.f16"):
            if file.stem not in kept:
                file.unlink()
        for file in folder.glob("cache/*"):
            file.unlink()
        with catalog.atomic() as db:
            db.execute("INSERT INTO span_fts (span_fts) VALUES ('optimize')")
        catalog.query("VACUUM")
        catalog.query("PRAGMA wal_checkpoint(TRUNCATE)")
        write_manifest(folder, catalog)
        return max(0, before - _size_bytes(folder))


def _all_shards(catalog: Catalog) -> list[Shards]:
    names = [name for (name,) in catalog.query("SELECT name FROM space ORDER BY name")]
    tags = ((name, space_tag(catalog, name)) for name in names)
    return [Shards(catalog.path.parent, name, tag.width) for name, tag in tags if tag is not None]


def _size_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
