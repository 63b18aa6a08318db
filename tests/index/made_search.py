"""A library for tests of search, written straight into the catalog and the shards: nothing is decoded."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.search.engine import Searcher
from playhead_index.segment.signature import SIGNATURE_TAG, signature
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, write_stage
from playhead_index.store.manifest import register_space
from playhead_index.store.shards import Shards
from playhead_index.testing import COLOURS, FakeEmbedder, FakeTextEmbedder

Span = tuple[str, float, float, str]


class MadeLibrary:
    """A library whose videos show one plain colour a second and hold the words that a test says.

    The picture and appearance lanes are made with `FakeEmbedder`, the layout lane with the real
    signature, the words with `FakeTextEmbedder`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.catalog = Catalog(folder, create=True)
        self.pictures, self.texts = FakeEmbedder(), FakeTextEmbedder()
        tags = {
            "layout": SIGNATURE_TAG,
            "picture": self.pictures.tag,
            "appearance": self.pictures.tag,
            "words": self.texts.tag,
        }
        for name, tag in tags.items():
            register_space(self.catalog, name, tag)
        self.shards = {name: Shards(folder, name, tag.width) for name, tag in tags.items()}

    def add(
        self, video_id: str, colours: Sequence[str] = (), spans: Sequence[Span] = (), *, finish: bool = True
    ) -> None:
        """A video of one colour a second (at least 60 s long), a segment every ten seconds, and spans."""
        length_s = max(60.0, float(len(colours)))
        video = (video_id, 1, length_s, 0.0, 64, 48, 0, "h264", 25.0, 0, 1500, 1, "[]", f"2026 {video_id}")
        with self.catalog.atomic() as db:
            db.execute(f"INSERT INTO video VALUES ({', '.join('?' * len(video))})", video)
            db.execute("INSERT INTO place VALUES (?, ?, 1, 1)", (f"/videos/{video_id}.mp4", video_id))
            for at in range(int(length_s // 10)):
                db.execute(
                    "INSERT INTO segment (video_id, ordinal, start_s, end_s) VALUES (?, ?, ?, ?)",
                    (video_id, at, at * 10.0, at * 10.0 + 10.0),
                )
        self.add_frames(video_id, colours)
        self.write(video_id, spans)
        if finish:
            with self.catalog.atomic() as db:
                for name in ("layout", "picture", "appearance"):
                    write_stage(db, video_id, Stage(name, "done", rows=len(colours)))
                write_stage(db, video_id, Stage("finish", "done"))

    def add_frames(self, video_id: str, colours: Sequence[str], *, commit: bool = True) -> None:
        """Appends a frame a second behind those that the video has, as the indexer does."""
        first = len(self.catalog.frames(video_id))
        if colours:
            layout, seen = zip(*(vectors_of(colour) for colour in colours), strict=True)
            self.shards["layout"].append(video_id, grainy(np.stack(layout), first))
            for name in ("picture", "appearance"):
                self.shards[name].append(video_id, grainy(np.stack(seen), first))
        if commit:
            self._commit_frames(video_id, first, len(colours))

    def write(self, video_id: str, spans: Sequence[Span]) -> None:
        """Stores spans and their vectors, as the indexer does."""
        with self.catalog.atomic() as db:
            for kind, start_s, end_s, text in spans:
                db.execute(
                    "INSERT INTO span (video_id, kind, source, start_s, end_s, text)"
                    " VALUES (?, ?, 'track:0', ?, ?, ?)",
                    (video_id, kind, start_s, end_s, text),
                )
        found = self.catalog.query(
            "SELECT id, text FROM span WHERE video_id = ? AND row IS NULL ORDER BY id", (video_id,)
        )
        if found:
            vectors = self.texts.encode_texts([text for _, text in found])
            first = self.shards["words"].append(video_id, vectors)
            with self.catalog.atomic() as db:
                for row, (span_id, _) in enumerate(found, start=first):
                    db.execute("UPDATE span SET row = ? WHERE id = ?", (row, span_id))
                write_stage(db, video_id, Stage("meaning", "done", rows=first + len(found)))

    def remove(self, video_id: str) -> None:
        """Takes a video out, as `lifecycle.remove_video` does."""
        with self.catalog.atomic() as db:
            db.execute("DELETE FROM span WHERE video_id = ?", (video_id,))
            db.execute("DELETE FROM video WHERE video_id = ?", (video_id,))
        for shards in self.shards.values():
            shards.remove(video_id)

    def searcher(self, **changes: object) -> Searcher:
        """What searches it, with an encoder for every lane unless a test says otherwise."""
        given: dict[str, object] = {
            "picture": lambda: self.pictures,
            "appearance": lambda: self.pictures,
            "words": lambda: self.texts,
        }
        return Searcher(self.folder, Catalog(self.folder), **(given | changes))  # type: ignore[arg-type]

    def _commit_frames(self, video_id: str, first: int, num_frames: int) -> None:
        with self.catalog.atomic() as db:
            for row in range(first, first + num_frames):
                db.execute(
                    "INSERT INTO frame (video_id, row, start_s, end_s) VALUES (?, ?, ?, ?)",
                    (video_id, row, float(row), row + 1.0),
                )
            for name in ("layout", "picture", "appearance"):
                write_stage(db, video_id, Stage(name, "running", rows=first + num_frames))


def plain(colour: str) -> NDArray[np.uint8]:
    """(24, 32, 3) uint8 of one colour of `COLOURS`, or of several, one beside the other: "red+blue"."""
    parts = [np.full((24, 32, 3), COLOURS[name], dtype=np.uint8) for name in colour.split("+")]
    return np.concatenate(parts, axis=1)


@cache
def vectors_of(colour: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The layout vector and the picture vector of `plain(colour)`."""
    return signature(plain(colour)), FakeEmbedder().encode_images([plain(colour)])[0]


def grainy(vectors: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Unit vectors that differ a little each, as those of pictures from a camera do."""
    noise = np.random.default_rng(seed).standard_normal(vectors.shape)
    rows = vectors + 0.03 * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
