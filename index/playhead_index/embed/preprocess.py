"""From images of any size to the pixels that an image encoder was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from playhead_index.embed.runtime import torch

ImageArray = NDArray[np.uint8]
_FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How an encoder wants its images: resized, cropped to the middle, normalised.

    An image whose shorter side is `resize_px` already is only cropped, which costs next to nothing:
    readers that shrink while they decode should shrink to that.

    Args:
        resize_px: the shorter side after resizing; with `squash` both sides are the crop's.
        crop_px: (height, width) of what the encoder sees.
        mean: of each colour, on [0, 1].
        std: of each colour, on [0, 1].
        interpolation: the filter of the resize.
        mode: `shortest` keeps the shape and crops, `squash` keeps all and changes the shape.

    Raises:
        ValueError: the crop is larger than what the resize leaves.
    """

    resize_px: int
    crop_px: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"
    mode: Literal["shortest", "squash"] = "shortest"

    def __post_init__(self) -> None:
        if self.mode == "shortest" and self.resize_px < max(self.crop_px):
            raise ValueError(f"cannot crop {self.crop_px} from a shorter side of {self.resize_px} px")

    def pixels(self, images: Sequence[ImageArray]) -> ImageArray:
        """(N, H, W, 3) uint8: the images resized and cropped, not yet normalised.

        Raises:
            ValueError: an image is not (H, W, 3) uint8.
        """
        return np.stack([self._fit(image) for image in images])

    def tensor(self, images: Sequence[ImageArray], device: str) -> Any:
        """(N, 3, H, W) float32 on the device: bytes travel, the arithmetic is done there."""
        th = torch()
        pixels = th.from_numpy(self.pixels(images)).to(device, non_blocking=True)
        mean = th.tensor(self.mean, device=device).view(3, 1, 1)
        std = th.tensor(self.std, device=device).view(3, 1, 1)
        return pixels.permute(0, 3, 1, 2).float().div_(255).sub_(mean).div_(std).contiguous()

    def _fit(self, image: ImageArray) -> ImageArray:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(f"a picture must be (H, W, 3) uint8, got {image.shape} {image.dtype}")
        resized = self._resize(image)
        height, width = self.crop_px
        top = round((resized.shape[0] - height) / 2)
        left = round((resized.shape[1] - width) / 2)
        return resized[top : top + height, left : left + width]

    def _resize(self, image: ImageArray) -> ImageArray:
        height, width = image.shape[:2]
        if self.mode == "squash":
            size_px = self.crop_px
        elif height <= width:
            size_px = (self.resize_px, int(self.resize_px * width / height))
        else:
            size_px = (int(self.resize_px * height / width), self.resize_px)
        if size_px == (height, width):
            return image
        resized = Image.fromarray(image).resize(size_px[::-1], _FILTERS[self.interpolation])
        return np.asarray(resized, dtype=np.uint8)
