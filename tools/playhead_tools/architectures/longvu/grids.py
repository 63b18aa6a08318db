"""How many tokens a frame becomes in LongVU's two grids."""

from dataclasses import dataclass
from typing import Any

from playhead_tools.compression.longvu_grid import unpadded_cells

Cells = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class FrameGrids:
    """The cells of both grids that stand for a picture, not for the padding around it.

    Width and height are swapped, in every mode: the released weights were trained on it. Of pictures so
    narrow that no cell is left, all cells stand, padding too, as the released code has it.

    Args:
        width_px: of the picture.
        height_px: likewise.
        fine: rows and columns of the fine grid.
        coarse: rows and columns of the coarse grid.
    """

    width_px: int
    height_px: int
    fine: Cells
    coarse: Cells

    @classmethod
    def of(cls, config: Any, width_px: int, height_px: int) -> "FrameGrids":
        """The grids of a picture.

        Args:
            config: a `LongVUConfig`.
            width_px: of the picture.
            height_px: likewise.

        Raises:
            ValueError: a size is not above 0.
        """
        fine_side, coarse_side = config.fine_side, config.lowres_token
        fine = unpadded_cells(fine_side, width_px, height_px, reference_compat=True)
        coarse = unpadded_cells(coarse_side, width_px, height_px, finer_side=fine_side, reference_compat=True)
        return cls(width_px, height_px, fine, coarse)

    @property
    def fine_tokens(self) -> int:
        """Tokens of the fine grid, a newline for each row among them."""
        return _tokens(self.fine)

    @property
    def coarse_tokens(self) -> int:
        """Tokens of the coarse grid, likewise."""
        return _tokens(self.coarse)


def _tokens(cells: Cells) -> int:
    rows, columns = (side.stop - side.start for side in cells)
    return int(rows * (columns + 1))
