"""Maintenance of a library: relinking moved files, removal, verification and garbage collection."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playhead_index.errors import DiskFull, VideoUnknown, VideoUnreadable
from playhead_index.find_files import find_videos
from playhead_index.identity import fingerprint
from playhead_index.paths import (
    display_path,
    expand_path,
    path_exists,
    path_is_gone,
    path_to_text,
    resolve_path,
    shell_path,
)
from playhead_index.stages.register import clear_old_failures
from playhead_index.store.catalog import Catalog
from playhead_index.store.disk import MIN_FREE_BYTES, free_bytes
from playhead_index.store.failures import delete_failures, read_failures
from playhead_index.store.job_table import STAGE_OF_SPACE, read_stages
from playhead_index.store.lock import writing
from playhead_index.store.maintenance import check_integrity, compact
from playhead_index.store.manifest import read_manifest, read_spaces, unfinished_videos
from playhead_index.store.places import FileState, PlaceRow, delete_other_places, read_places, set_place
from playhead_index.store.removal import (
    delete_retired,
    delete_rows,
    delete_unneeded_files,
    keep_reserve,
    purge_removed,
    replace_manifest,
)  # fmt: skip
from playhead_index.store.shards import Shards
from playhead_index.store.videos import has_video, read_video_sizes


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem that `verify` found.

    Args:
        kind: `moved` (no copy of the video is where it was seen), `changed` (the file there is another
            one now), `unfinished`, `failed` (a file that could not be indexed), `damaged`.
        subject: the video or file.
        advice: the command that repairs it, or what to do.
    """

    kind: Literal["moved", "changed", "unfinished", "failed", "damaged"]
    subject: str
    advice: str


@dataclass(frozen=True, slots=True)
class RelinkedVideo:
    """A video that was found again."""

    video_id: str
    path: Path


def find_failures(catalog: Catalog, name: str) -> list[Path]:
    """The files that could not be indexed and that a person means: by path, or else by name."""
    failures = [one.path for one in read_failures(catalog)]
    resolved = resolve_path(expand_path(name))
    by_path = [path for path in failures if resolved == path or display_path(path) == name]
    return by_path or [path for path in failures if name in _names(path)]


def _names(path: Path) -> tuple[str, ...]:
    """What a person may call a file: its name or its stem, as typed or as `list` shows it."""
    return path.name, path.stem, display_path(path.name), display_path(path.stem)


def clear_failure(catalog: Catalog, name: str, *, wait_s: float = 0.0) -> Path:
    """Forgets that a file could not be indexed; the path of the file.

    Args:
        catalog: of the library.
        name: a path, or a file's name.
        wait_s: how long to wait for another writer; below 0 for ever.

    Raises:
        VideoUnknown: no failure, or several, fit the name.
        LibraryLocked: another process is writing.
    """
    with writing(catalog.path.parent, wait_s=wait_s):
        found = find_failures(catalog, name)
        if len(found) != 1:
            listed = ", ".join(map(display_path, found))
            raise VideoUnknown(
                f"{name!r} fits {len(found)} files that could not be indexed: {listed}; give the path"
                if found
                else f"no file {name!r} failed to be indexed; `playhead list` shows those that did"
            )
        with catalog.atomic() as db:
            delete_failures(db, found)
    return found[0]


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
        if not has_video(catalog, video_id):
            raise VideoUnknown(f"no video {video_id!r} in this library; `playhead list` shows what it holds")
        delete_rows(catalog, video_id)
        for shards in _all_shards(catalog):
            shards.remove(video_id)
        replace_manifest(folder, catalog)


def relink(
    catalog: Catalog,
    folders: Sequence[Path],
    *,
    wait_s: float = 0.0,
    on_unreadable: Callable[[VideoUnreadable], None] = lambda error: None,
) -> Iterator[RelinkedVideo]:
    """Finds videos whose files were renamed or moved, by their content, among the files of `folders`.

    Only files of the size of a missing video are read. Places that are gone are forgotten once a copy
    is found.

    Args:
        catalog: of the library.
        folders: where to look; files may be named too.
        wait_s: how long to wait for another writer; below 0 for ever.
        on_unreadable: called for every folder or file that cannot be read, and for a folder that is not there
            or holds no videos; the search goes on.

    Raises:
        LibraryLocked: another process is writing.
    """
    with writing(catalog.path.parent, wait_s=wait_s):
        sizes = read_video_sizes(catalog)
        missing = {v: size for v, size in sizes.items() if not _is_at_a_place(catalog, v)}
        found = find_videos(folders)
        for error in (*found.refused, *found.unreadable):
            on_unreadable(error)
        for path in found.videos:
            try:
                state = FileState.of(path.stat())
                video_id = fingerprint(path) if state.size_bytes in missing.values() else ""
            except VideoUnreadable as error:
                on_unreadable(error)
                continue
            except OSError:
                continue  # gone since the folder was read
            if video_id not in missing:
                continue
            with catalog.atomic() as db:
                place = path_to_text(resolve_path(path))
                set_place(db, place, video_id, state)
                delete_other_places(db, video_id, place)
            del missing[video_id]
            yield RelinkedVideo(video_id, resolve_path(path))


def _is_at_a_place(catalog: Catalog, video_id: str) -> bool:
    """A file at one of its places holds the video: by size and times, else by its content."""
    for place in read_places(catalog, video_id):
        with suppress(OSError, VideoUnreadable):
            if _has_content_of(place, video_id):
                return True
    return False


def _has_content_of(place: PlaceRow, video_id: str, *, deep: bool = False) -> bool:
    """Whether the file at a place holds a video.

    It is read when its size or times are not the recorded ones, or when `deep`.

    Raises:
        OSError: the file is not there, or its folder may not be entered.
        VideoUnreadable: the file may not be read.
    """
    stat = place.path.stat()
    is_as_recorded = (stat.st_size, stat.st_mtime_ns) == (place.size_bytes, place.mtime_ns)
    if is_as_recorded and not deep:
        return True
    return stat.st_size == place.size_bytes and fingerprint(place.path) == video_id


def verify(catalog: Catalog, *, deep: bool = False) -> Iterator[Problem]:
    """The problems of a library, each with what to do; changes nothing.

    Args:
        catalog: of the library.
        deep: also read every file again and compare its content.
    """
    folder = catalog.path.parent
    if (state := check_integrity(catalog)) != "ok":
        yield Problem(
            "damaged", display_path(catalog.path), f"SQLite says: {state}; index into a new library"
        )
    for video_id in unfinished_videos(catalog):
        path = next(iter(catalog.places(video_id)), Path("VIDEO"))
        yield Problem(
            "unfinished",
            f"{video_id} ({display_path(path)})",
            f"playhead index {_command_target(folder, path)}",
        )
    if read_manifest(folder) is None:
        yield Problem(
            "unfinished", display_path(folder), "no indexing run has ended yet: run playhead index again"
        )
    for failure in read_failures(catalog):
        shown, error = display_path(failure.path), failure.error
        subject = error if shown in error else f"{shown}: {error}"
        yield Problem("failed", subject, _failure_advice(folder, failure.path))
    for video in catalog.videos():
        yield from _verify_files(catalog, video.video_id, deep=deep)
        yield from _verify_shards(catalog, video.video_id)


def _command_target(folder: Path, target: Path | str) -> str:
    """The end of a command about a file or folder of a library."""
    return f"{shell_path(target)} --library {shell_path(folder)}"


def _failure_advice(folder: Path, path: Path) -> str:
    if path_is_gone(path):
        return f"the file is gone; to forget it: playhead remove {_command_target(folder, path)}"
    advice = f"mend or replace it, or make it readable, then playhead index {_command_target(folder, path)}"
    return f"{advice}; or leave it out: playhead remove {_command_target(folder, path)}"


def _verify_files(catalog: Catalog, video_id: str, *, deep: bool) -> Iterator[Problem]:
    folder, places = catalog.path.parent, catalog.places(video_id)
    if not any(map(path_exists, places)):
        seen = ", ".join(map(display_path, places))
        yield Problem(
            "moved", f"{video_id} (was {seen})", f"playhead relink FOLDER --library {shell_path(folder)}"
        )
    for place in read_places(catalog, video_id):
        path = place.path
        if not path_exists(path):
            continue
        try:
            changed = not _has_content_of(place, video_id, deep=deep)
        except (VideoUnreadable, OSError) as error:
            yield Problem("failed", f"{video_id}: {error}", "make the file readable, then run verify again")
            continue
        if changed:
            yield Problem(
                "changed",
                f"{video_id} ({display_path(path)})",
                f"playhead index {_command_target(folder, path)} puts the new version in its place",
            )


def _verify_shards(catalog: Catalog, video_id: str) -> Iterator[Problem]:
    stages = read_stages(catalog, video_id)
    for shards in _all_shards(catalog):
        stage = stages.get(STAGE_OF_SPACE.get(shards.space, shards.space))
        expected = stage.rows if stage is not None else 0
        if (found := shards.count(video_id)) < expected:
            yield Problem(
                "damaged",
                f"{video_id}: {shards.space} vectors ({found} of {expected} on disk)",
                f"playhead remove {video_id}, then index the file again",
            )


def collect_garbage(catalog: Catalog, *, wait_s: float = 0.0) -> int:
    """Deletes retired versions and what nothing points to, and gives the space back; bytes that became free.

    On a full disk files go before rows; the catalog is made smaller where there is room to write it anew.

    Raises:
        LibraryLocked: another process is writing.
        LibraryReadOnly: nothing can be changed in its folder.
    """
    folder = catalog.path.parent
    with writing(folder, wait_s=wait_s):
        before = _size_bytes(folder)
        with suppress(DiskFull):  # rows first, so that no row points to a file that is gone
            delete_retired(catalog)
        delete_unneeded_files(folder, {video.video_id for video in catalog.videos()})
        with suppress(DiskFull):
            delete_retired(catalog)
            clear_old_failures(catalog)
            purge_removed(catalog)
            if _has_room_to_compact(catalog.path):
                compact(catalog)
            replace_manifest(folder, catalog)
        freed = before - _size_bytes(folder)
        keep_reserve(folder)
        return max(0, freed)


def _has_room_to_compact(path: Path) -> bool:
    """Whether a catalog fits once more beside itself and, for `VACUUM`, into the temporary folder."""
    needed = 2 * path.stat().st_size + MIN_FREE_BYTES
    return min(free_bytes(path.parent), free_bytes(Path(tempfile.gettempdir()))) > needed


def _all_shards(catalog: Catalog) -> list[Shards]:
    return [Shards(catalog.path.parent, name, tag.width) for name, tag in read_spaces(catalog).items()]


def _size_bytes(folder: Path) -> int:
    size = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):  # another process has just deleted it
                size += (Path(place) / name).lstat().st_size
    return size
