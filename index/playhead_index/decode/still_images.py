"""Reads an image file, such as the one that a search begins with, as upright 8-bit RGB."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from playhead_index.errors import ImageUnreadable, VideoUnreadable
from playhead_index.identity import check_regular_file

BACKGROUND_RGB = (255, 255, 255)
"""What shows through transparent pixels: white, as on the pages that such images are made for."""
_MAX_8_BIT, _MAX_16_BIT = 255, 65_535


def read_image(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) uint8: the image as a viewer shows it, turned as its EXIF orientation says.

    Of an animation it is the first image. Colour profiles are not applied.

    Raises:
        ImageUnreadable: there is no such file, or it is no image that Pillow decodes.
    """
    if path.is_dir():
        raise ImageUnreadable(path, "this is a folder; name an image file in it")
    try:
        check_regular_file(path)
        with Image.open(path) as image:
            return as_rgb(ImageOps.exif_transpose(image))
    except VideoUnreadable as error:
        raise ImageUnreadable(path, error.why) from error
    except UnidentifiedImageError as error:
        raise ImageUnreadable(path, "it is no image of a known format, such as JPEG or PNG") from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise ImageUnreadable(path, str(error)) from error


def as_rgb(image: Any) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of a Pillow image of any mode.

    Integers of 16 bits have their white at 65,535 and are scaled to 255. Numbers of more bits have no
    agreed white: integers above 65,535 and negative ones are stretched from the least to the greatest;
    floats are taken as [0, 1] or as [0, 255] where they lie in it, and are stretched otherwise.
    Transparent pixels show `BACKGROUND_RGB`.

    Raises:
        ValueError: Pillow has no conversion of this mode, or a pixel is not finite.
    """
    if image.mode == "F" or image.mode.startswith("I"):
        grey = _as_8_bit(np.asarray(image))
        return np.ascontiguousarray(np.broadcast_to(grey[..., None], (*grey.shape, 3)))
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        background = Image.new("RGBA", rgba.size, (*BACKGROUND_RGB, _MAX_8_BIT))
        image = Image.alpha_composite(background, rgba)
    return np.asarray(image.convert("RGB"))


def _as_8_bit(values: NDArray[Any]) -> NDArray[np.uint8]:
    if not np.all(np.isfinite(values)):
        raise ValueError("a pixel is infinite or not a number")
    low, high = _range(values)
    scaled = (values.astype(np.float64) - low) * (_MAX_8_BIT / max(high - low, np.finfo(float).tiny))
    return np.round(scaled).astype(np.uint8)


def _range(values: NDArray[Any]) -> tuple[float, float]:
    """The numbers that stand for black and for white."""
    is_float = np.issubdtype(values.dtype, np.floating)
    lowest, highest = float(values.min()), float(values.max())
    for white in (1, _MAX_8_BIT) if is_float else (_MAX_16_BIT,):
        if lowest >= 0 and highest <= white:
            return 0.0, float(white)
    return lowest, highest
