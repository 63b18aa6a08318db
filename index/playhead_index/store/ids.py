"""Finding catalog ids in an array of them."""

import numpy as np
from numpy.typing import NDArray


def sorting_order(ids: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """(n,) positions that put ids in ascending order; None when they already are."""
    return None if bool(np.all(ids[1:] > ids[:-1])) else np.argsort(ids, kind="stable")


def find_sorted(
    held: NDArray[np.int64], order: NDArray[np.int64] | None, wanted: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(n,) places of (n,) wanted ids in `held`, -1 where missing.

    Args:
        held: (N,) int64, each once.
        order: what `sorting_order` says of them.
        wanted: (n,) int64.
    """
    if len(held) == 0 or len(wanted) == 0:
        return np.full(len(wanted), -1, dtype=np.int64)
    if order is None and is_run(held, wanted):
        first = int(np.searchsorted(held, wanted[0]))
        return np.arange(first, first + len(wanted), dtype=np.int64)
    places = np.searchsorted(held, wanted, sorter=order).clip(max=len(held) - 1)
    places = places if order is None else order[places]
    return np.where(held[places] == wanted, places, -1).astype(np.int64)


def is_run(held: NDArray[np.int64], wanted: NDArray[np.int64]) -> bool:
    """Ascending `wanted` stands in ascending `held` without anything in between, seen from its ends."""
    first = int(np.searchsorted(held, wanted[0]))
    last = first + len(wanted) - 1
    if last >= len(held) or held[first] != wanted[0] or held[last] != wanted[-1]:
        return False
    return bool(np.array_equal(held[first : last + 1], wanted))
