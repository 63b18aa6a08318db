"""Finding catalog ids in an array of them."""

import numpy as np
from numpy.typing import NDArray


def sorting_order(ids: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """(n,) positions that put ids in ascending order; None when they already are."""
    return None if bool(np.all(ids[1:] > ids[:-1])) else np.argsort(ids, kind="stable")


def find_sorted(
    stored: NDArray[np.int64], order: NDArray[np.int64] | None, requested: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(n,) places of (n,) requested ids in `stored`, -1 where missing.

    Args:
        stored: (N,) int64, each once.
        order: what `sorting_order` says of them.
        requested: (n,) int64.
    """
    if len(stored) == 0 or len(requested) == 0:
        return np.full(len(requested), -1, dtype=np.int64)
    if order is None and is_run(stored, requested):
        first = int(np.searchsorted(stored, requested[0]))
        return np.arange(first, first + len(requested), dtype=np.int64)
    places = np.searchsorted(stored, requested, sorter=order).clip(max=len(stored) - 1)
    places = places if order is None else order[places]
    return np.where(stored[places] == requested, places, -1).astype(np.int64)


def is_run(stored: NDArray[np.int64], requested: NDArray[np.int64]) -> bool:
    """Whether ascending `requested` stands in ascending `stored` without other ids in between."""
    first = int(np.searchsorted(stored, requested[0]))
    last = first + len(requested) - 1
    if last >= len(stored) or stored[first] != requested[0] or stored[last] != requested[-1]:
        return False
    return bool(np.array_equal(stored[first : last + 1], requested))
