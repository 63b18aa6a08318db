"""Synthetic vectors with the geometry of frame and text embeddings, and a library of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, write_stage
from playhead_index.store.manifest import register_space
from playhead_index.store.shards import Shards

WIDTH = 512
TAG = ModelTag("made:pictures", "1", WIDTH)
SCENE_FRAMES = 40
VIDEO_FRAMES = 3600


class SyntheticVectors:
    """Frames in scenes, in videos of an hour at one a second.

    Frames share a direction (their mean cosine is about 0.5); scenes differ in directions whose weight
    falls as 1 / sqrt(n), which leaves some 30 dimensions that count, about what CLIP has; frames of a
    scene differ a little from each other.

    Args:
        count: frames.
        seed: of everything random.
    """

    def __init__(self, count: int, seed: int = 0) -> None:
        self._generator = np.random.default_rng(seed)
        spectrum = (1.0 + np.arange(WIDTH)) ** -0.5
        self._spectrum = (spectrum / np.linalg.norm(spectrum)).astype(np.float32)
        self.shared = unit(self._generator.standard_normal(WIDTH).astype(np.float32))
        scenes = self._sample(max(1, count // SCENE_FRAMES))
        of = np.sort(self._generator.integers(0, len(scenes), count))
        self.rows = np.empty((count, WIDTH), dtype=np.float16)
        for first in range(0, count, 50_000):
            part = of[first : first + 50_000]
            self.rows[first : first + len(part)] = unit(
                0.7 * self.shared + 0.6 * scenes[part] + 0.4 * self._sample(len(part))
            )
        self._mean = self.rows[:: max(1, count // 5000)].astype(np.float32).mean(axis=0)

    def texts(self, count: int) -> NDArray[np.float32]:
        """(count, D) unit queries that stand to frames as texts do: far from all, a little nearer to some."""
        fits = unit(self._some(count) - self._mean)
        rest = unit(np.stack([self._weighted(64) for _ in range(count)]))
        return unit(0.35 * fits + 0.94 * rest - 0.8 * self.shared)

    def pictures(self, count: int) -> NDArray[np.float32]:
        """(count, D) unit queries that stand to frames as other frames do."""
        return unit(self._some(count) + 0.3 * self._sample(count))

    def any_picture(self) -> NDArray[np.float32]:
        """(D,) a vector that stands to frames as a text that fits any frame does."""
        return unit(-0.8 * self.shared)

    def _sample(self, count: int) -> NDArray[np.float32]:
        return self._generator.standard_normal((count, WIDTH), dtype=np.float32) * self._spectrum

    def _some(self, count: int) -> NDArray[np.float32]:
        return self.rows[self._generator.integers(0, len(self.rows), count)].astype(np.float32)

    def _weighted(self, count: int) -> NDArray[np.float32]:
        weights = self._generator.standard_normal(count).astype(np.float32)
        return np.asarray(weights @ (self._some(count) - self._mean), dtype=np.float32)


class SyntheticEncoder:
    """An `ImageTextEncoder` with precomputed vectors: `query 7` is row 7 of the texts.

    Args:
        texts: (Q, D) float32.
        any_image: (D,) float32, the vector of every text without a number.
    """

    tag = TAG
    image_size_px = 224

    def __init__(self, texts: NDArray[np.float32], any_image: NDArray[np.float32]) -> None:
        self._texts, self._any_picture = texts, any_image

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows for N texts."""
        numbers = ["".join(filter(str.isdigit, text)) for text in texts]
        return np.stack([self._texts[int(n)] if n else self._any_picture for n in numbers])

    def encode_images(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(N, D) float32: the first pixel's red is the number of the row."""
        return np.stack([self._texts[int(image[0, 0, 0])] for image in images])


def write_library(folder: Path, vectors: SyntheticVectors) -> Catalog:
    """A library of synthetic vectors, as rows and shards alone: there is nothing to decode."""
    catalog = Catalog(folder, create=True)
    register_space(catalog, "picture", TAG)
    shards = Shards(folder, "picture", WIDTH)
    for number, first in enumerate(range(0, len(vectors.rows), VIDEO_FRAMES)):
        rows, video_id = vectors.rows[first : first + VIDEO_FRAMES], f"v{number:05}"
        shards.append(video_id, rows.astype(np.float32))
        video = (video_id, 1, float(len(rows)), 0.0, 320, 180, 0, "h264", 25.0, 0, 1, 0, "[]", "2026-01-01")
        with catalog.atomic() as db:
            db.execute(f"INSERT INTO video VALUES ({', '.join('?' * len(video))})", video)
            db.execute("INSERT INTO place VALUES (?, ?, 1, 1)", (f"/nowhere/{video_id}.mp4", video_id))
            db.conn.executemany(
                "INSERT INTO frame (video_id, row, start_s, end_s) VALUES (?, ?, ?, ?)",
                [(video_id, row, float(row), row + 1.0) for row in range(len(rows))],
            )
            write_stage(db, video_id, Stage("picture", "done", rows=len(rows)))
            write_stage(db, video_id, Stage("finish", "done"))
    return catalog


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same rows of length 1."""
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), dtype=np.float32)
