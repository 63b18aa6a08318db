"""An image-text encoder that knows the ground truth, with adjustable noise.

An encoder is given pixels and nothing else, so one that knows the truth would have to recognise its
frames. That is brittle, and it would prove nothing more. So the frames' vectors do not come from
pixels: `image_vectors` makes them from the story and the times, and `oracle.library` puts them where
indexing puts those of a model. From there on everything is the product's own: the store, the ranking,
what counts as a hit, the windows around hits, the fusion.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from playhead_bench.oracle.attributes import ATTRIBUTES, image_attributes, text_attributes
from playhead_bench.world.story import Story
from playhead_index.embed.protocol import ModelTag
from playhead_index.errors import ModelUnavailable

WIDTH = len(ATTRIBUTES) + 2


class OracleEncoder:
    """An `ImageTextEncoder` over attributes: texts are parsed, frames come from the story (`image_vectors`).

    A frame's vector is its attributes plus Gaussian noise, then turned towards a direction that all
    frames share; a text's is turned towards one that all texts share. Two such directions at right angles
    are the modality gap of CLIP (Liang et al., 2022, arXiv:2203.02053): it shrinks every cosine between
    a frame and a text alike.

    Args:
        noise: expected length of the noise, that of the attributes being 1; 0 is a perfect encoder.
        gap: cosine of a vector with its kind's shared direction, from 0 to below 1.
        seed: of the noise.

    Raises:
        ValueError: the noise is below 0, or the gap is not in [0, 1).
    """

    image_size_px = 32

    def __init__(self, noise: float = 0.0, gap: float = 0.7, seed: int = 0) -> None:
        if noise < 0 or not 0 <= gap < 1:
            raise ValueError(f"noise must be 0 or more and gap in [0, 1), got {noise = }, {gap = }")
        self.noise, self.gap, self.seed = noise, gap, seed
        self.tag = ModelTag("oracle:attributes", f"noise-{noise:g}-gap-{gap:g}-seed-{seed}", WIDTH)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N texts; one that names nothing is the shared direction."""
        return self._rows([text_attributes(text) for text in texts], WIDTH - 1)

    def encode_images(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Not available: this encoder does not read pixels.

        Raises:
            ModelUnavailable: always.
        """
        raise ModelUnavailable("the oracle is told what pictures show; fill the library with oracle.library")

    def image_vectors(self, story: Story, times_s: Sequence[float]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for the frames of a story at N times; the same every time."""
        signals = [
            image_attributes(story.scene_at(time_s), time_s) + self._noise(story, time_s)
            for time_s in times_s
        ]
        return self._rows(signals, WIDTH - 2)

    def _noise(self, story: Story, time_s: float) -> NDArray[np.float64]:
        key = f"{self.seed}/{story.name}/{story.seed}/{time_s:.3f}".encode()
        rng = np.random.default_rng(int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big"))
        return np.asarray(rng.standard_normal(len(ATTRIBUTES)) * self.noise / len(ATTRIBUTES) ** 0.5)

    def _rows(self, signals: Sequence[NDArray[np.float64]], shared: int) -> NDArray[np.float32]:
        rows = np.zeros((len(signals), WIDTH), dtype=np.float32)
        for row, signal in zip(rows, signals, strict=True):
            norm = float(np.linalg.norm(signal))
            if norm:
                row[: len(ATTRIBUTES)] = signal / norm * (1 - self.gap**2) ** 0.5
            row[shared] = self.gap if norm else 1.0
        return rows
