"""Encoders that need no weights and whose truth is known: for tests, and for trying the rest without a model.

They know colours and words by their letters, nothing else.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag
from playhead_index.window import Window

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (230, 20, 20),
    "orange": (250, 140, 10),
    "yellow": (245, 235, 30),
    "green": (30, 170, 40),
    "cyan": (30, 220, 230),
    "blue": (25, 40, 230),
    "purple": (130, 30, 160),
    "pink": (250, 150, 190),
    "brown": (120, 70, 30),
    "white": (250, 250, 250),
    "grey": (128, 128, 128),
    "black": (5, 5, 5),
}
_SAME = {"gray": "grey", "violet": "purple", "magenta": "pink"}
_PALETTE = np.array(list(COLOURS.values()), dtype=np.float32)
_WORD = re.compile(r"\w+")
_OTHER_WIDTH = 20


class FakeEmbedder:
    """An `ImageTextEncoder` that sees which colours an image has, and reads colour words.

    An image's vector says which part of it has each colour of `COLOURS`; the vector of "a red car" is
    near that of red images. Words that are no colours have directions that no image has.
    """

    image_size_px = 32

    def __init__(self) -> None:
        self.tag = ModelTag("fake:colours", "1", len(COLOURS) + _OTHER_WIDTH)

    def encode_images(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N images, each (H, W, 3) uint8 of any size."""
        rows = np.zeros((len(images), self.tag.width), dtype=np.float32)
        for row, image in zip(rows, images, strict=True):
            row[: len(COLOURS)] = _colour_parts(image)
        return _unit(rows)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N texts; an empty text has a direction of its own."""
        return _unit(np.stack([self._text(text) for text in texts]) if texts else self._none())

    def _none(self) -> NDArray[np.float32]:
        return np.zeros((0, self.tag.width), dtype=np.float32)

    def _text(self, text: str) -> NDArray[np.float32]:
        row = np.zeros(self.tag.width, dtype=np.float32)
        names = list(COLOURS)
        for word in _words(text):
            name = _SAME.get(word, word)
            if name in COLOURS:
                row[names.index(name)] += 1.0
            else:
                row[len(names) :] += 0.25 * _hashed(word, _OTHER_WIDTH)
        return row if row.any() else np.eye(self.tag.width, dtype=np.float32)[-1]


class FakeTextEmbedder:
    """A `TextEmbedder` whose texts are similar when they share words: a hashed bag of words."""

    def __init__(self, width: int = 256) -> None:
        self.tag = ModelTag("fake:words", "1", width)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N texts; an empty text has a direction of its own."""
        rows = np.zeros((len(texts), self.tag.width), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in _words(text) or [""]:
                row += _hashed(word, self.tag.width)
        return _unit(rows)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same as `encode_texts`."""
        return self.encode_texts(texts)


class FakeReranker:
    """A `Reranker` that scores a text by the share of the query's words in it."""

    name = "fake:reranker"

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N,) float32 in [0, 1] for N texts."""
        words = set(_words(query))
        shares = [len(words & set(_words(text))) / max(1, len(words)) for text in texts]
        return np.array(shares, dtype=np.float32)


class FakeSpeakerEncoder:
    """A `SpeakerEncoder` for which a voice is its pitch: the spectrum below 400 Hz in eight bands."""

    window_s = 1.6

    def __init__(self) -> None:
        self.tag = ModelTag("fake:pitch", "1", 8)

    def encode(
        self, sound: NDArray[np.float32], windows: Sequence[Window], rate_hz: int = 16_000
    ) -> NDArray[np.float32]:
        """(k, 8) float32 rows of length 1."""
        rows = np.full((len(windows), 8), 1e-6, np.float32)
        for row, window in zip(rows, windows, strict=True):
            part = sound[round(window.start_s * rate_hz) : round(window.end_s * rate_hz)]
            power = np.abs(np.fft.rfft(part)) ** 2
            bands = np.minimum(8, np.arange(len(power)) * rate_hz / max(1, len(part)) // 50).astype(int)
            row += np.bincount(bands, weights=power, minlength=9)[:8].astype(np.float32)
        return _unit(rows)


def _colour_parts(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(len(COLOURS),) float32: the part of the image that is nearest to each colour."""
    step = max(1, min(image.shape[:2]) // FakeEmbedder.image_size_px)
    pixels = image[::step, ::step].reshape(-1, 3).astype(np.float32)
    nearest = ((pixels[:, None] - _PALETTE[None]) ** 2).sum(axis=2).argmin(axis=1)
    counts = np.bincount(nearest, minlength=len(COLOURS))
    return np.asarray(counts / len(pixels), dtype=np.float32)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in ("a", "an", "the", "of", "is")]


def _hashed(word: str, width: int) -> NDArray[np.float32]:
    """A direction that is the same for a word in every process and, mostly, differs between words."""
    digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
    generator = np.random.default_rng(int.from_bytes(digest, "big"))
    direction = generator.standard_normal(width).astype(np.float32)
    return np.asarray(direction / np.linalg.norm(direction), dtype=np.float32)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
