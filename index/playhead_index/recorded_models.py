"""Models as a library recorded them, not loaded: enough for a video without work left.

They have names and tags, and raise `ModelNeeded` at the first thing that has to be computed: a run begins
with them where it can, and loads the models only when one is needed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag, TextEmbedder
from playhead_index.errors import ModelUnavailable
from playhead_index.words.diarisation import Diarisation, SoundPart
from playhead_index.words.protocol import NO_HINTS, RecognitionHints, TranscribedChunk, TranscriberTag


class ModelNeeded(Exception):
    """Something has to be computed for which a model must be loaded; nothing was changed for it."""


@dataclass
class RecordedEncoder:
    """The encoder of a vector space, by the tag of its vectors: of images, of texts, or of both."""

    tag: ModelTag
    image_size_px: int = 0

    def encode_images(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Nothing.

        Raises:
            ModelNeeded: always.
        """
        raise ModelNeeded(self.tag.name)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Nothing.

        Raises:
            ModelNeeded: always.
        """
        raise ModelNeeded(self.tag.name)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Nothing.

        Raises:
            ModelNeeded: always.
        """
        raise ModelNeeded(self.tag.name)


@dataclass
class RecordedDiariser:
    """The diariser of a library, by the tag of its encoder."""

    tag: ModelTag

    def diarise(self, parts: Iterable[SoundPart], num_speakers: int | None = None) -> Diarisation:
        """Nothing.

        Raises:
            ModelNeeded: always.
        """
        raise ModelNeeded(self.tag.name)


@dataclass
class RecordedTextEmbedder:
    """The text embedder of a library, loaded at its first use: it is small beside the other models.

    Args:
        tag: of the vectors that the library has.
        load: loads it.
    """

    tag: ModelTag
    load: Callable[[], TextEmbedder]

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N texts that are stored.

        Raises:
            ModelNeeded: the model is not on this machine, or it is another one now.
        """
        return self._loaded().encode_texts(texts)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N queries.

        Raises:
            ModelNeeded: the model is not on this machine, or it is another one now.
        """
        return self._loaded().encode_queries(texts)

    def _loaded(self) -> TextEmbedder:
        try:
            embedder = self.load()
        except ModelUnavailable as error:
            raise ModelNeeded(str(error)) from error
        if not embedder.tag.is_same_model(self.tag):
            raise ModelNeeded(f"{self.tag} is needed, {embedder.tag} is on this machine")
        return embedder


@dataclass
class RecordedTranscriber:
    """The speech model of a library, by its name and tag."""

    name: str
    tag: TranscriberTag

    def transcribe(
        self,
        pieces: Iterator[NDArray[np.float32]],
        rate_hz: int,
        duration_s: float,
        done_s: float = 0.0,
        hints: RecognitionHints = NO_HINTS,
    ) -> Iterator[TranscribedChunk]:
        """Nothing.

        Raises:
            ModelNeeded: always.
        """
        raise ModelNeeded(self.name)


@dataclass
class RecordedScreenReader:
    """The reader of screen text, by the name that is stored with what it reads."""

    name: str

    def read(self, rgb: NDArray[np.uint8]) -> list[tuple[str, float]]:
        """Nothing.

        Raises:
            ModelNeeded: always.
        """
        raise ModelNeeded(self.name)
