"""Cache of the visual tokens of painted frames by a frozen vision half."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.nano.answer_loss import QuestionBatch
from playhead_bench.nano.batched_vision import features
from playhead_bench.nano.painted_blocks import PaintedBlock
from playhead_bench.nano.vlm_model import TOKENS_A_PAIR
from playhead_index.embed.runtime import torch

BATCH_CLIPS = 16
"""Number of clips that are encoded together."""


class VisualFeatureCache:
    """The visual tokens of painted blocks, by a frozen vision half.

    Args:
        visual: the vision half.
        folder: of the files, one a block: (M, P, 2, 45, D) float16, the tokens and what deepstack adds to
            them. They are of these very weights: another vision half needs another folder.
    """

    def __init__(self, visual: Any, folder: Path) -> None:
        self.visual, self.folder = visual, folder
        self._blocks: dict[str, NDArray[np.float16]] = {}

    def of(self, question_batch: QuestionBatch) -> tuple[Any, Any]:
        """(pairs of all rows, 45, D) float32 tokens, and what deepstack adds to them."""
        stored = np.concatenate([self._block(block)[number] for block, number in question_batch.places])
        both = torch().from_numpy(stored).float()
        return both[:, 0], both[:, 1]

    def _block(self, block: PaintedBlock) -> NDArray[np.float16]:
        if block.name not in self._blocks:
            path = self.folder / f"{block.name}.npy"
            if not path.exists():
                self._store(block, path)
            self._blocks[block.name] = np.load(path, mmap_mode="r")
        return self._blocks[block.name]

    def _store(self, block: PaintedBlock, path: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        part, pairs = path.with_suffix(".part"), block.small.shape[1] // 2
        width = self.visual.config.out_hidden_size
        stored = np.lib.format.open_memmap(
            part, "w+", np.float16, (len(block), pairs, 2, TOKENS_A_PAIR, width)
        )
        for start in range(0, len(block), BATCH_CLIPS):
            images = np.array(block.small[start : start + BATCH_CLIPS])
            shaped = images.reshape(-1, 2, *images.shape[2:])
            with torch().no_grad():
                both = torch().stack(features(self.visual, torch().from_numpy(shaped)), dim=1)
            stored[start : start + BATCH_CLIPS] = both.numpy().reshape(-1, pairs, *both.shape[1:])
        stored.flush()
        part.replace(path)
