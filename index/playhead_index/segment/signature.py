"""A coarse signature of an image, as a vector that needs no learned model.

Two measures, for two questions. The *signature* says where in the frame which brightness and colour
is; it finds cuts and look-alikes, and is blind to a line of small text. The *thumbnail*, 32 x 32
means, sees that line, because it asks for the largest difference of any block and not for the sum.

The limits were set on an hour of mixed footage, sampled once a second (Playhead's LOG.md has the
figures).
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from playhead_index.embed.protocol import ModelTag

THUMBNAIL_PX = 32
LUMA_PX, CHROMA_PX = 8, 4
SIGNATURE_TAG = ModelTag("layout", "1", LUMA_PX**2 + 2 * CHROMA_PX**2 + 2)

SAME_IMAGE = 12
"""Largest difference of a block, of 255, between two images that are called the same. Compression
noise on a still scene stays at 3 to 7; a short line of 8 px text on 320 x 180 makes 19 to 45."""
CHANGED = 0.012
"""`change` above which something may have appeared: camera noise makes 0.006, a line of text 0.014."""
CUT = 0.3
"""`change` above which two images a second apart mostly belong to different shots."""

# Weights of brightness pattern : colour pattern : mean brightness : a constant. The constant bounds how
# much the noise of a dark or plain image can turn its vector; the mean distinguishes black from white.
_CHROMA_WEIGHT = 4.0 * float(np.sqrt(LUMA_PX**2 / (2 * CHROMA_PX**2)))
_MEAN_WEIGHT = 0.5 * LUMA_PX
_CONSTANT = 0.15 * LUMA_PX
_RGB_TO_YCC = np.array(
    [[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]], dtype=np.float32
)


def thumbnail(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(32, 32, 3) uint8: the mean colour of each block of an image; a thumbnail stays as it is.

    Raises:
        ValueError: the image is not (H, W, 3) uint8.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"a picture must be (H, W, 3) uint8, got {rgb.shape} {rgb.dtype}")
    if rgb.shape[:2] == (THUMBNAIL_PX, THUMBNAIL_PX):
        return rgb
    resized = Image.fromarray(rgb).resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX)
    return np.asarray(resized, dtype=np.uint8)


def signature(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(98,) float32 of length 1: where in an image which brightness and colour is.

    Made of 8 x 8 brightness less its mean, 4 x 4 of two colour differences, the mean brightness and a
    constant, so that a plain black image has a direction too. Size and shape do not matter.

    Args:
        rgb: (H, W, 3) uint8, or its `thumbnail`.

    Raises:
        ValueError: the image is not (H, W, 3) uint8.
    """
    ycc = np.asarray((thumbnail(rgb).astype(np.float32) / 255.0) @ _RGB_TO_YCC.T, dtype=np.float32)
    luma = _pooled(ycc[..., :1], LUMA_PX)
    chroma = _pooled(ycc[..., 1:], CHROMA_PX) * _CHROMA_WEIGHT
    mean = float(luma.mean())
    ends = [(mean - 0.5) * _MEAN_WEIGHT, _CONSTANT]
    vector = np.concatenate([luma - mean, chroma, ends]).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def change(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """How far two signatures are apart, from 0 (equal) to 1 (opposite): half their distance."""
    return float(np.linalg.norm(a - b)) / 2.0


def is_same_image(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> bool:
    """Two images differ by no more than compression noise: no block by more than `SAME_IMAGE`.

    Args:
        a: (H, W, 3) uint8, or its `thumbnail`, which is cheaper when an image is compared often.
        b: likewise; of the same scene, so of the same shape.

    Raises:
        ValueError: an image is not (H, W, 3) uint8.
    """
    difference = thumbnail(a).astype(np.int16) - thumbnail(b).astype(np.int16)
    return int(np.abs(difference).max()) <= SAME_IMAGE


def _pooled(planes: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Means of (32, 32, C) over size x size blocks, flat."""
    step = THUMBNAIL_PX // size
    blocks = planes.reshape(size, step, size, step, planes.shape[2])
    return np.asarray(blocks.mean(axis=(1, 3)).ravel(), dtype=np.float32)
