"""Still images that are shown to a video-LLM beside clips.

Video-LLaVA (Lin et al., 2023, arXiv:2311.10122) takes image and video in one prompt, and others do. An image
is a clip of one frame that belongs to no video: it is always shown, whole, and cannot be cited.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.still_images import read_image
from playhead_index.errors import ImageUnreadable
from playhead_index.paths import expand_path
from playhead_index.window import Window
from playhead_tools.video_llm.protocol import Clip, VlmRequest

MIN_SIDE_PX = 16
"""Of fewer pixels processors cannot tell rows from channels, and patches are empty."""
MAX_SIDE_PX = 1024
"""Of the longer side; larger images are shrunk, since families that tile take tokens by the pixel."""
MAX_FILE_BYTES = 64 * 2**20
"""Of one file; no photograph is as large."""


def image_clip(pixels: NDArray[np.uint8]) -> Clip:
    """An image as a clip of a `VlmRequest`, shown where it stands among the clips.

    Args:
        pixels: (H, W, 3) uint8 RGB.

    Raises:
        ValueError: the shape is another.

    >>> image_clip(np.zeros((16, 24, 3), np.uint8)).is_image
    True
    """
    digest = hashlib.blake2b(np.ascontiguousarray(pixels).tobytes(), digest_size=8).hexdigest()
    return Clip(f"image:{digest}", Window(0.0, 1.0), np.zeros(1), np.asarray(pixels)[None], is_image=True)


def read_images(paths: Iterable[Path | str]) -> tuple[NDArray[np.uint8], ...]:
    """(H, W, 3) uint8 RGB of each image file, upright, the longer side at most `MAX_SIDE_PX`.

    Raises:
        ImageUnreadable: a file is not there, is no image, or is too large or too small.
    """
    return tuple(_read(expand_path(path)) for path in paths)


def _read(path: Path) -> NDArray[np.uint8]:
    if path.is_file() and (size := path.stat().st_size) > MAX_FILE_BYTES:
        raise ImageUnreadable(
            path, f"it has {size / 2**20:.0f} MiB, at most {MAX_FILE_BYTES >> 20} are read; save it smaller"
        )
    pixels = read_image(path)
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SIDE_PX:
        raise ImageUnreadable(
            path, f"it is {width} x {height} pixels, at least {MIN_SIDE_PX} a side are needed"
        )
    return shrunk(pixels)


def shrunk(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The image, its longer side at most `MAX_SIDE_PX` and its shorter one at least `MIN_SIDE_PX`."""
    from PIL import Image

    height, width = pixels.shape[:2]
    scale = MAX_SIDE_PX / max(height, width)
    if scale >= 1:
        return np.array(pixels)
    size = (max(MIN_SIDE_PX, round(width * scale)), max(MIN_SIDE_PX, round(height * scale)))
    return np.array(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def num_images(request: VlmRequest) -> int:
    """How many of a request's clips are images."""
    return sum(clip.is_image for clip in request.clips)
