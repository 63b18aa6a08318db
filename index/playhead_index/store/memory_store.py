"""The common part of vector stores in memory: which row belongs to which id, and the checks of arguments."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from playhead_index.store.ids import find_sorted, sorting_order


class MemoryStore(ABC):
    """The ids of a `VectorStore` in memory; a subclass keeps the fp16 rows and compares them.

    Args:
        width: length of a vector, `D`.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._ids = np.zeros(0, dtype=np.int64)
        self._order: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        """How many vectors it holds."""
        return len(self._ids)

    @property
    def ids(self) -> NDArray[np.int64]:
        """(N,) int64, in the order in which they came."""
        return self._ids

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.floating]) -> None:
        """Takes in (n,) ids that it does not hold, with their (n, D) vectors; stored as fp16.

        Raises:
            ValueError: the vectors are not (n, D), one for each id.
        """
        if vectors.shape != (len(ids), self.width):
            raise ValueError(f"vectors must be ({len(ids)}, {self.width}), got {vectors.shape = }")
        if len(ids):
            self._append_rows(vectors)
            self._ids = np.concatenate([self._ids, ids])
            self._order = sorting_order(self._ids)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Drops vectors; ids that it does not hold are passed over."""
        places = self._places(ids)
        places = places[places >= 0]
        if len(places):
            self._delete_rows(places)
            self._ids = np.delete(self._ids, places)
            self._order = sorting_order(self._ids)

    def scores(self, query: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n,) dot products of one (D,) query with the vectors of (n,) ids; -inf where there is none."""
        places = self._places(ids)
        found = places >= 0
        scores = np.full(len(ids), -np.inf, dtype=np.float32)
        scores[found] = self._products(query, places[found])
        return scores

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, D) float32 vectors of (n,) ids.

        Raises:
            KeyError: an id is not there.
        """
        places = self._places(ids)
        if np.any(places < 0):
            raise KeyError(f"no vector for the ids {ids[places < 0][:5].tolist()}")
        return self._rows(places)

    def _check_queries(self, queries: NDArray[np.float32]) -> None:
        if queries.ndim != 2 or queries.shape[1] != self.width:
            raise ValueError(f"queries must be (Q, {self.width}), got {queries.shape = }")

    def _places(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) rows of (n,) ids; -1 for one that is not there."""
        return find_sorted(self._ids, self._order, ids)

    @abstractmethod
    def _append_rows(self, vectors: NDArray[np.floating]) -> None:
        """Stores (n, D) vectors as fp16 behind the rows that are there."""

    @abstractmethod
    def _delete_rows(self, places: NDArray[np.int64]) -> None:
        """Drops the rows at (n,) places; those behind them move up."""

    @abstractmethod
    def _rows(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, D) float32, the rows at (n,) places."""

    @abstractmethod
    def _products(self, query: NDArray[np.float32], places: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n,) float32 dot products of a (D,) query with the rows at (n,) places."""
