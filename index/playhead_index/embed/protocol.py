"""The protocols of encoders: they give unit vectors and a tag that says which model made them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ModelTag:
    """Which model made a vector: vectors of two tags must never be compared.

    Args:
        name: as it was requested, such as `ViT-B-32:laion2b_s34b_b79k` or `facebook/dinov2-small`.
        revision: the hub's commit, or a hash of the weights for a local folder.
        width: length of a vector, `D`.
    """

    name: str
    revision: str
    width: int

    def is_same_model(self, other: "ModelTag") -> bool:
        """Vectors of both may be compared: the same weights, whatever folder or name they came by."""
        return (self.revision, self.width) == (other.revision, other.width)

    def __str__(self) -> str:
        return f"{self.name}@{self.revision[:12]} ({self.width})"


class ImageEncoder(Protocol):
    """Turns images into vectors (DINOv2 and its like)."""

    tag: ModelTag
    image_size_px: int

    def encode_images(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N images, each (H, W, 3) uint8 of any size."""
        ...


class ImageTextEncoder(ImageEncoder, Protocol):
    """Turns images and texts into vectors of one space (CLIP and its like)."""

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N texts."""
        ...


class TextEmbedder(Protocol):
    """Turns texts into vectors whose dot product is their similarity in meaning (all-MiniLM and its like)."""

    tag: ModelTag

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N texts that are stored."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N queries, in the space of the stored texts.

        Models that are trained with a prompt for each put another text in front of a query than of a
        stored text; for other models it is the same as `encode_texts`.
        """
        ...
