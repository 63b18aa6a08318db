"""What a vision half that stands still sees of painted pictures, kept in files: nothing is seen twice."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.nano.answers import Drawn
from playhead_bench.nano.blocks import Block
from playhead_bench.nano.see import features
from playhead_bench.nano.vlm import TOKENS_A_PAIR
from playhead_index.embed.runtime import torch

AT_ONCE = 16
"""So many clips are seen together when a block is kept."""


class KeptSight:
    """The visual tokens of painted blocks, by one vision half that does not change.

    Args:
        visual: the vision half.
        folder: of the files, one a block: (M, P, 2, 45, D) float16, the tokens and what deepstack adds to
            them. They are of these very weights: another vision half needs another folder.
    """

    def __init__(self, visual: Any, folder: Path) -> None:
        self.visual, self.folder = visual, folder
        self._blocks: dict[str, NDArray[np.float16]] = {}

    def of(self, drawn: Drawn) -> tuple[Any, Any]:
        """(pairs of all rows, 45, D) float32 tokens, and what deepstack adds to them."""
        kept = np.concatenate([self._block(block)[number] for block, number in drawn.places])
        both = torch().from_numpy(kept).float()
        return both[:, 0], both[:, 1]

    def _block(self, block: Block) -> NDArray[np.float16]:
        if block.name not in self._blocks:
            path = self.folder / f"{block.name}.npy"
            if not path.exists():
                self._keep(block, path)
            self._blocks[block.name] = np.load(path, mmap_mode="r")
        return self._blocks[block.name]

    def _keep(self, block: Block, path: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        part, pairs = path.with_suffix(".part"), block.small.shape[1] // 2
        width = self.visual.config.out_hidden_size
        kept = np.lib.format.open_memmap(part, "w+", np.float16, (len(block), pairs, 2, TOKENS_A_PAIR, width))
        for start in range(0, len(block), AT_ONCE):
            pictures = np.array(block.small[start : start + AT_ONCE])
            shaped = pictures.reshape(-1, 2, *pictures.shape[2:])
            with torch().no_grad():
                both = torch().stack(features(self.visual, torch().from_numpy(shaped)), dim=1)
            kept[start : start + AT_ONCE] = both.numpy().reshape(-1, pairs, *both.shape[1:])
        kept.flush()
        part.replace(path)
