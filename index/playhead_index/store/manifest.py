"""`manifest.json`: the last file written, which says what a whole library holds."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from playhead_index.embed.protocol import ModelTag
from playhead_index.errors import LibraryError, LibraryMismatch
from playhead_index.store.catalog import Catalog
from playhead_index.store.disk import cannot_write, describe_os_error, exists
from playhead_index.store.schema import LIVE

MANIFEST_NAME = "manifest.json"
MANIFEST_LEFTOVER = f".{MANIFEST_NAME}."
"""What the name of a manifest begins with that is being written, or was when its writer was killed."""
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in a library: counts, and the model of each vector space.

    Args:
        format: the layout of the folder; a library of a newer format is refused.
        videos: videos that are indexed to the end.
        unfinished: videos whose indexing was cut short; `playhead index` resumes them.
        spaces: the model tag and the number of vectors of each space.
    """

    format: int
    videos: int
    unfinished: int
    spaces: dict[str, dict[str, str | int]]


def write_manifest(folder: Path, catalog: Catalog) -> Manifest:
    """The manifest of what the catalog holds now, written so that it is there whole or not at all.

    Raises:
        DiskFull: the disk is full.
        LibraryReadOnly: nothing can be written there.
    """
    unfinished = len(unfinished_videos(catalog))
    (videos,) = catalog.query(f"SELECT count(*) FROM video WHERE {LIVE}")[0]
    manifest = Manifest(FORMAT, videos - unfinished, unfinished, _spaces(catalog))
    temporary = folder / f"{MANIFEST_LEFTOVER}{os.getpid()}"
    try:
        temporary.unlink(missing_ok=True)  # a link that stands there is not followed
        with temporary.open("w") as file:
            json.dump(asdict(manifest), file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / MANIFEST_NAME)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise cannot_write(folder / MANIFEST_NAME, error) from error
    return manifest


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest, or None when the library has not been finished once.

    Raises:
        LibraryMismatch: the library was written by a newer Playhead.
        LibraryError: the file is damaged.
    """
    path = folder / MANIFEST_NAME
    if not exists(path):
        return None
    try:
        manifest = Manifest(**json.loads(path.read_text()))
    except OSError as error:
        raise LibraryError(f"{path}: it cannot be read: {describe_os_error(error)}") from error
    except (ValueError, TypeError) as error:
        raise LibraryError(
            f"{path} is damaged ({error}); delete it and run: playhead verify {folder}"
        ) from error
    if manifest.format > FORMAT:
        raise LibraryMismatch(
            f"{folder} has library format {manifest.format}, this Playhead reads up to {FORMAT}; "
            "update Playhead"
        )
    return manifest


def unfinished_videos(catalog: Catalog) -> list[str]:
    """Ids of the videos of which a stage is still running, failed or missing."""
    rows = catalog.query(
        f"SELECT video_id FROM video WHERE {LIVE} AND (video_id NOT IN"
        " (SELECT video_id FROM stage WHERE name = 'finish' AND status = 'done')"
        " OR video_id IN (SELECT video_id FROM stage WHERE status IN ('running', 'failed')))"
        " ORDER BY video_id"
    )
    return [video_id for (video_id,) in rows]


def register_space(catalog: Catalog, name: str, tag: ModelTag) -> None:
    """Records which model a space is made with, the first time; later only what it is called now.

    Raises:
        LibraryMismatch: the space was made with another model.
    """
    built = space_tag(catalog, name)
    if built is None:
        with catalog.atomic() as db:
            db.execute(
                "INSERT OR IGNORE INTO space VALUES (?, ?, ?, ?)", (name, tag.name, tag.revision, tag.width)
            )
        built = space_tag(catalog, name)  # another worker may have been first
    if built is not None and not built.is_same_model(tag):
        raise LibraryMismatch(
            f"the {name} vectors of this library were made with {built}, asked for {tag}; "
            f"use the first model again, or index into a new library"
        )
    if built is not None and built.name != tag.name:
        with catalog.atomic() as db:
            db.execute("UPDATE space SET model = ? WHERE name = ?", (tag.name, name))


def space_tag(catalog: Catalog, name: str) -> ModelTag | None:
    """The model that a space was made with; None when the library has no such space."""
    rows = catalog.query("SELECT model, revision, width FROM space WHERE name = ?", (name,))
    return ModelTag(*rows[0]) if rows else None


def read_spaces(catalog: Catalog) -> dict[str, ModelTag]:
    """The model that each vector space of a library was made with, by name, in alphabetical order."""
    rows = catalog.query("SELECT name, model, revision, width FROM space ORDER BY name")
    return {name: ModelTag(model, revision, width) for name, model, revision, width in rows}


def _spaces(catalog: Catalog) -> dict[str, dict[str, str | int]]:
    frames = catalog.query(f"SELECT count(*) FROM frame WHERE {LIVE}")[0][0]
    spans = catalog.query(f"SELECT count(*) FROM span WHERE row IS NOT NULL AND {LIVE}")[0][0]
    units = catalog.query(f"SELECT count(*) FROM transcript_unit WHERE row IS NOT NULL AND {LIVE}")[0][0]
    return {
        name: {
            "model": tag.name,
            "revision": tag.revision,
            "width": tag.width,
            "count": {"words": spans, "passages": units}.get(name, frames),
        }
        for name, tag in read_spaces(catalog).items()
    }
