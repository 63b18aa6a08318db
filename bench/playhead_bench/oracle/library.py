"""Libraries whose frame vectors are the oracle's, laid down where indexing lays those of a model."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from playhead_bench.oracle.encoder import OracleEncoder
from playhead_bench.world.story import Story
from playhead_index.search.engine import Searcher
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, write_stage
from playhead_index.store.lock import writing
from playhead_index.store.manifest import register_space, write_manifest
from playhead_index.store.shards import Shards

EVERY_S = 1.0


def write_oracle_library(folder: Path, stories: Iterable[Story], oracle: OracleEncoder) -> Catalog:
    """A library of stories as rows and vectors alone, one frame a second: nothing is painted or decoded.

    Each video's id is its story's name.

    Raises:
        LibraryLocked: another process is writing to the folder.
    """
    catalog = Catalog(folder, create=True)
    with writing(folder):
        for story in stories:
            _write_video(catalog, story)
            fill_frames(catalog, story.name, story, oracle)
        write_manifest(folder, catalog)
    return catalog


def fill_library(catalog: Catalog, stories: Mapping[str, Story], oracle: OracleEncoder) -> None:
    """Gives the indexed frames of rendered stories the oracle's vectors.

    Args:
        catalog: of a library indexed without a frame model.
        stories: by the library's ids of their videos.
        oracle: what makes the vectors.

    Raises:
        LibraryLocked: another process is writing to the library.
        LibraryMismatch: the library has frame vectors of another model.
    """
    folder = catalog.path.parent
    with writing(folder):
        for video_id, story in stories.items():
            fill_frames(catalog, video_id, story, oracle)
        write_manifest(folder, catalog)


def fill_frames(catalog: Catalog, video_id: str, story: Story, oracle: OracleEncoder) -> None:
    """Writes the oracle's vectors of one video's stored frames; does nothing where they are there.

    Raises:
        LibraryMismatch: the library has frame vectors of another model.
    """
    register_space(catalog, "picture", oracle.tag)
    rows = catalog.query("SELECT start_s FROM frame WHERE video_id = ? ORDER BY row", (video_id,))
    shards = Shards(catalog.path.parent, "picture", oracle.tag.width)
    num_stored = len(shards.read(video_id))
    times_s = [min(start_s, story.duration_s - 1e-3) for (start_s,) in rows]
    if num_stored < len(times_s):
        shards.append(video_id, oracle.image_vectors(story, times_s[num_stored:]))
    with catalog.atomic() as db:
        write_stage(db, video_id, Stage("picture", "done", story.duration_s, len(rows)))


def oracle_searcher(catalog: Catalog, oracle: OracleEncoder) -> Searcher:
    """The product's search over such a library."""
    return Searcher(catalog.path.parent, catalog, picture=lambda: oracle)


def _write_video(catalog: Catalog, story: Story) -> None:
    name, end_s = story.name, story.duration_s
    video = (name, 1, end_s, 0.0, 320, 180, 0, "h264", 8.0, 0, int(end_s * 8), 0, "[]", "2026-01-01")
    starts = [i * EVERY_S for i in range(int(end_s / EVERY_S + 1 - 1e-9))]
    frames = [(name, i, at, min(at + EVERY_S, end_s)) for i, at in enumerate(starts)]
    segments = [(name, i, s.window.start_s, s.window.end_s) for i, s in enumerate(story.scenes)]
    with catalog.atomic() as db:
        db.execute(f"INSERT INTO video VALUES ({', '.join('?' * len(video))})", video)
        db.execute("INSERT INTO place VALUES (?, ?, 1, 1)", (f"/nowhere/{name}.mp4", name))
        db.conn.executemany(
            "INSERT INTO segment (video_id, ordinal, start_s, end_s) VALUES (?, ?, ?, ?)", segments
        )
        db.conn.executemany("INSERT INTO frame (video_id, row, start_s, end_s) VALUES (?, ?, ?, ?)", frames)
        write_stage(db, name, Stage("finish", "done", end_s))
