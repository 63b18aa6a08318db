"""LongVU's grid of a frame: the padding cut off again, a newline after every row."""

from typing import Any

from playhead_index.embed.runtime import torch


def unpadded_cells(
    side: int,
    width_px: int,
    height_px: int,
    *,
    finer_side: int | None = None,
    reference_compat: bool = False,
) -> tuple[slice, slice]:
    """Which rows and columns of a square grid show the picture, not the padding around it.

    Pictures are padded to a square with their middle in its middle. The released code's callers hand in
    (height, width) where (width, height) is read, in training too: a landscape frame then loses its left
    and right quarters and keeps the padding above and below. `reference_compat` does the same, since the
    released weights learned it.

    Args:
        side: cells a side.
        width_px: of the picture as shown.
        height_px: likewise.
        finer_side: cells a side of the grid that this one is a coarser copy of; sizes are then divided by
            the ratio and cut to whole pixels first, as the released code does. That matters for about one
            size in 1,500.
        reference_compat: with width and height swapped.

    Raises:
        ValueError: a size is not above 0.

    >>> unpadded_cells(12, 1280, 720), unpadded_cells(12, 1280, 720, reference_compat=True)
    ((slice(3, 9, None), slice(0, 12, None)), (slice(0, 12, None), slice(3, 9, None)))
    >>> unpadded_cells(8, 330, 529, reference_compat=True)[0]
    slice(2, 6, None)
    >>> unpadded_cells(8, 330, 529, finer_side=12, reference_compat=True)[0]
    slice(1, 7, None)
    """
    if min(side, width_px, height_px) < 1:
        raise ValueError(f"sizes must be above 0, got {side = }, {width_px = }, {height_px = }")
    if finer_side is not None:
        width_px, height_px = (max(1, int(size / (finer_side / side))) for size in (width_px, height_px))
    if reference_compat:
        width_px, height_px = height_px, width_px
    if width_px > height_px:
        edge = (side - int(height_px * (side / width_px))) // 2
        return slice(edge, side - edge), slice(0, side)
    edge = (side - int(width_px * (side / height_px))) // 2
    return slice(0, side), slice(edge, side - edge)


def with_newlines(grids: Any, newline: Any) -> Any:
    """(N, rows * (columns + 1), D) the tokens of grids row by row, the newline after each row.

    Args:
        grids: (N, rows, columns, D).
        newline: (D,), the model's own.
    """
    ends = newline.to(grids).expand(*grids.shape[:2], 1, -1)
    return torch().cat([grids, ends], dim=2).flatten(1, 2)
