"""The protocol of vector stores, which FAISS or a database server can fulfil."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag
from playhead_index.errors import LibraryMismatch

MISSING = -1


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest vectors of each query, nearest first.

    Args:
        ids: (Q, k) int64, catalog ids; `MISSING` where fewer than k vectors were there to be found.
        scores: (Q, k) float32, dot products; -inf where the id is missing.

    Raises:
        ValueError: the two are not of one shape (Q, k).
    """

    ids: NDArray[np.int64]
    scores: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.ids.ndim != 2 or self.ids.shape != self.scores.shape:
            raise ValueError(
                f"ids and scores must be (Q, k) both, got {self.ids.shape = } and {self.scores.shape = }"
            )

    def of(self, query: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The (n,) ids and (n,) scores of one query, n <= k, without the missing ones."""
        is_found = self.ids[query] != MISSING
        return self.ids[query][is_found], self.scores[query][is_found]


class VectorStore(Protocol):
    """Unit vectors by catalog id. Every score is the exact dot product of the stored fp16 vector."""

    def __len__(self) -> int:
        """How many vectors it holds."""
        ...

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.floating]) -> None:
        """Takes in (n,) ids that it does not hold, with their (n, D) vectors; stored as fp16."""
        ...

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forgets vectors; ids that it does not hold are passed over."""
        ...

    def search(
        self, queries: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> Neighbours:
        """The k nearest of each of (Q, D) queries, among (n,) allowed ids or among all (None)."""
        ...

    def scores(self, query: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n,) dot products of one (D,) query with the vectors of (n,) ids; -inf where there is none."""
        ...

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, D) float32 vectors of (n,) ids.

        Raises:
            KeyError: an id is not there.
        """
        ...


def require_same_model(space: str, built: ModelTag, requested: ModelTag) -> None:
    """Nothing, when a query of model `requested` may be compared with vectors of model `built`.

    Raises:
        LibraryMismatch: the models differ.
    """
    if not built.is_same_model(requested):
        raise LibraryMismatch(
            f"the {space} vectors of this library were made with {built}, asked with {requested}; "
            f"search with the first model, or index into a new library"
        )
