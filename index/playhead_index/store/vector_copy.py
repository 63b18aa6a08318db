"""A second copy of many vectors in one file, so that reading some of them opens no thousand shards.

Part of the cache: without it vectors are read from the shards, which takes ten times as long.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.store.cache import replace_file
from playhead_index.store.coded_store import BLOCK, Fetch
from playhead_index.store.ids import find_sorted, sorting_order
from playhead_index.store.shards import ROW_DTYPE
from playhead_index.store.vectors import MISSING


class VectorCopy:
    """Vectors by catalog id, mapped from a file.

    Args:
        ids: (N,) int64, in the order of the file's rows.
        vectors: (N, D) fp16.
    """

    def __init__(self, ids: NDArray[np.int64], vectors: NDArray[np.float16]) -> None:
        self._ids, self._vectors = ids, vectors
        self._order = sorting_order(ids)

    def read(self, ids: NDArray[np.int64], into: NDArray[np.float16]) -> NDArray[np.bool_]:
        """Puts the vectors of (n,) ids into (n, D); (n,) says which of them it has."""
        places = find_sorted(self._ids, self._order, ids)
        held = places >= 0
        into[held] = self._vectors[places[held]]
        return held

    def forget(self, ids: NDArray[np.int64]) -> None:
        """From here on these ids are not in it: their vectors went, or are others now."""
        places = find_sorted(self._ids, self._order, ids)
        if np.any(places >= 0):
            self._ids = self._ids.copy()
            self._ids[places[places >= 0]] = MISSING
            self._order = sorting_order(self._ids)


def open_copy(path: Path, ids: NDArray[np.int64], width: int) -> VectorCopy | None:
    """The copy in a file; None when there is none, or not of so many vectors."""
    try:
        if len(ids) == 0 or path.stat().st_size != len(ids) * width * ROW_DTYPE.itemsize:
            return None
        vectors = np.memmap(path, dtype=ROW_DTYPE, mode="r", shape=(len(ids), width))
    except OSError:
        return None
    return VectorCopy(ids, vectors)


def write_copy(path: Path, ids: NDArray[np.int64], fetch: Fetch) -> bool:
    """Writes the vectors of (N,) ids in their order; False when they cannot be written."""

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            for first in range(0, len(ids), BLOCK):
                file.write(fetch(ids[first : first + BLOCK]).astype(ROW_DTYPE).tobytes())

    return replace_file(path, write)
