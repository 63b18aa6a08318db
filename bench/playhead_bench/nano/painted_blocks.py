"""The painted blocks of a folder, drawn from at random while models train."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.nano.paint_frames import SOURCES, SceneClip
from playhead_bench.world.random_scene import Part, SplitMode


@dataclass(frozen=True, slots=True)
class PaintedBlock:
    """Painted clips of one source, and where their pixels are.

    Args:
        source: `clips` or `crowds`.
        part: of the data.
        mode: of the split.
        first: seed of the first clip.
        small: (M, N, 100, 180, 3) uint8.
        square: (M, N, 128, 128, 3) uint8.
    """

    source: str
    part: Part
    mode: SplitMode
    first: int
    small: NDArray[np.uint8]
    square: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.small)

    @property
    def name(self) -> str:
        """What its files begin with."""
        return f"{self.source}-{self.part}-{self.mode}-{self.first:07d}"

    def clip(self, row: int) -> SceneClip:
        """What the pixels of a row show."""
        return _clip(self.source, self.first + row, self.part, self.mode)


@lru_cache(maxsize=60_000)
def _clip(source: str, seed: int, part: Part, mode: SplitMode) -> SceneClip:
    return SOURCES[source](seed, part, mode)


def blocks(folder: Path, source: str, part: Part, mode: SplitMode) -> list[PaintedBlock]:
    """The finished blocks of a folder.

    Raises:
        FileNotFoundError: there is none; paint some first.
    """
    found = []
    for done in sorted(folder.glob(f"{source}-{part}-{mode}-*.json")):
        record: dict[str, Any] = json.loads(done.read_text())
        stem = done.with_suffix("")
        small, square = (np.load(f"{stem}.{size}.npy", mmap_mode="r") for size in ("small", "square"))
        found.append(PaintedBlock(source, part, mode, record["seeds"][0], small, square))
    if not found:
        raise FileNotFoundError(f"no painted {source} of {part} ({mode}) in {folder}; run: paint")
    return found


def draw(found: list[PaintedBlock], rng: Random) -> tuple[PaintedBlock, int]:
    """A random clip: its block and its row."""
    block = rng.choices(found, [len(block) for block in found])[0]
    return block, rng.randrange(len(block))
