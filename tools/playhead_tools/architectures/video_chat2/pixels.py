"""Frames as VideoChat2 takes them: whole at 224 x 224, or cut into tiles with a global view (HD)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional


def clip_pixels(frames: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Frames with the shorter side resized to `side` (bicubic) and the centre cut out; one frame is squashed.

    A single frame is an image, which the released model resizes to a square without keeping its aspect.

    Args:
        frames: (N, H, W, 3) uint8 RGB.
        side: of the square, in pixels.

    Returns:
        (N, side, side, 3) uint8.
    """
    height, width = frames.shape[1:3]
    if len(frames) == 1:
        size = (side, side)
    elif width < height:
        size = (side, int(side * height / width))
    else:
        size = (int(side * width / height), side)
    left, top = round((size[0] - side) / 2), round((size[1] - side) / 2)
    resized = [np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC)) for frame in frames]
    return np.stack(resized)[:, top : top + side, left : left + side]


def tile_grid(width: int, height: int, side: int, max_tiles: int) -> tuple[int, int]:
    """Columns and rows of tiles of which the aspect is nearest to that of the frame.

    Grids are compared from few to many tiles; of two that are equally near, the larger is taken where the
    frame has more than half of its pixels (InternVL 1.5; Chen et al., 2024, arXiv:2404.16821).

    >>> tile_grid(1280, 720, 224, 6)
    (2, 1)
    >>> tile_grid(448, 448, 224, 6)
    (2, 2)
    """
    counts = range(1, max_tiles + 1)
    grids = sorted(
        ((columns, rows) for columns in counts for rows in counts if columns * rows <= max_tiles),
        key=lambda grid: (grid[0] * grid[1], grid),
    )
    aspect, best, nearest = width / height, (1, 1), float("inf")
    for columns, rows in grids:
        distance = abs(aspect - columns / rows)
        fills_half = width * height > 0.5 * side * side * columns * rows
        if distance < nearest or (distance == nearest and fills_half):
            best, nearest = (columns, rows), distance
    return best


def tiles(frames: NDArray[np.uint8], side: int, max_tiles: int, normalise: Any) -> torch.Tensor:
    """Tiles of the frames, row by row, and the whole frames as the last view.

    Args:
        frames: (N, H, W, 3) uint8 RGB.
        side: of a tile, in pixels.
        max_tiles: of a frame.
        normalise: makes (N, 3, h, w) normalised pixels of (N, 3, h, w) in [0, 255].

    Returns:
        (rows * columns + 1, N, 3, side, side) float32.
    """
    columns, rows = tile_grid(frames.shape[2], frames.shape[1], side, max_tiles)
    pixels = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float()
    size = (rows * side, columns * side)
    resized = normalise(functional.interpolate(pixels, size=size, mode="bicubic", align_corners=False))
    cut = resized.unflatten(3, (columns, side)).unflatten(2, (rows, side))
    views = cut.permute(2, 4, 0, 1, 3, 5).flatten(0, 1)
    whole = functional.interpolate(resized, size=(side, side), mode="bicubic", align_corners=False)
    return torch.cat([views, whole[None]])


def views_of(
    frames: NDArray[np.uint8], side: int, max_tiles: int, mean: Sequence[float], std: Sequence[float]
) -> torch.Tensor:
    """The frames as the tower takes them, one clip a view.

    Args:
        frames: (N, H, W, 3) uint8 RGB.
        side: of a view, in pixels.
        max_tiles: of a frame; 0 for one view of the whole.
        mean: of the pixels, RGB in [0, 1].
        std: likewise.

    Returns:
        (V, N, 3, side, side) float32.
    """
    means, stds = (torch.tensor(values)[:, None, None] for values in (mean, std))

    def normalise(pixels: torch.Tensor) -> torch.Tensor:
        return (pixels / 255 - means) / stds

    if max_tiles:
        return tiles(frames, side, max_tiles, normalise)
    squares = torch.from_numpy(clip_pixels(frames, side)).permute(0, 3, 1, 2).float()
    return normalise(squares)[None]
