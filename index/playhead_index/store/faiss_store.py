"""Exact search of fp16 vectors in memory, by FAISS.

FAISS's fp16 scalar quantizer keeps the bytes of the shards as they are, so its answers are exact; on one
thread it takes 0.6 of the time of the fp32 `IndexFlatIP` and half its memory (LOG.md has the figures).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from playhead_index.store.memory_store import MemoryStore
from playhead_index.store.vectors import MISSING, Neighbours

BLAS_FROM = 8
"""Queries from which multiplying decoded blocks beats searching one query after the other."""
BLOCK = 4096
COPY_PART = 32
"""A filter that leaves less than one in so many rows is answered from a copy of these rows."""


class FaissStore(MemoryStore):
    """A `VectorStore` in memory whose every search compares every vector.

    Args:
        width: length of a vector, `D`.
    """

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self._index = _half_index(width)
        self._memory: NDArray[np.uint8] | None = None

    def search(
        self, queries: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> Neighbours:
        """The k nearest of each of (Q, D) queries, among (n,) allowed ids or among all (None).

        Raises:
            ValueError: the queries are not (Q, D).
        """
        self._check_queries(queries)
        if allowed is not None:
            places = self._places(allowed)
            return self._search_subset(queries, k, places[places >= 0])
        if len(queries) >= BLAS_FROM:
            return self._named(*self._search_blocks(queries, min(k, len(self))))
        with one_thread():
            scores, places = self._index.search(queries, min(k, max(1, len(self))))
        return self._named(scores, places)

    def _append_rows(self, vectors: NDArray[np.floating]) -> None:
        self._index.add_sa_codes(as_codes(vectors))
        self._memory = None

    def _delete_rows(self, places: NDArray[np.int64]) -> None:
        self._index.remove_ids(places)
        self._memory = None

    def _rows(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._codes_at(places).view(np.float16).astype(np.float32)

    def _products(self, query: NDArray[np.float32], places: NDArray[np.int64]) -> NDArray[np.float32]:
        return scores_of_codes(query, self._codes_at(places))

    def _search_subset(self, queries: NDArray[np.float32], k: int, places: NDArray[np.int64]) -> Neighbours:
        k = min(k, len(places))
        if k == 0:
            return Neighbours(np.zeros((len(queries), 0), np.int64), np.zeros((len(queries), 0), np.float32))
        if len(places) * COPY_PART <= len(self):
            scores, found = search_codes(queries, self._codes_at(places), k)
            return self._named(scores, places[found])
        with one_thread():
            scores, found = self._index.search(queries, k, params=_only(places, len(self)))
        return self._named(scores, found)

    def _search_blocks(
        self, queries: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The k best of each query over blocks of decoded rows; a block keeps only what beats the k-th."""
        best = np.full((len(queries), k), -np.inf, dtype=np.float32)
        places = np.full((len(queries), k), -1, dtype=np.int64)
        codes, decoded = self._codes, np.empty((BLOCK, self.width), dtype=np.float32)
        for first in range(0, len(self), BLOCK):
            rows = codes[first : first + BLOCK]
            products = queries @ self._index.sa_decode(rows, decoded[: len(rows)]).T
            worst = best.min(axis=1, keepdims=True)
            for query in np.flatnonzero((products > worst).any(axis=1)):
                new = np.flatnonzero(products[query] > worst[query])
                _keep_best(best[query], places[query], products[query, new], new + first)
        order = np.argsort(-best, axis=1, kind="stable")
        return np.take_along_axis(best, order, axis=1), np.take_along_axis(places, order, axis=1)

    @property
    def _codes(self) -> NDArray[np.uint8]:
        """(N, 2 D) uint8: FAISS's own memory, not a copy; made anew after each change."""
        if self._memory is None:
            size = len(self) * 2 * self.width
            flat = np.zeros(0, np.uint8) if size == 0 else faiss.rev_swig_ptr(self._index.codes.data(), size)
            self._memory = np.asarray(flat).reshape(len(self), 2 * self.width)
        return self._memory

    def _codes_at(self, places: NDArray[np.int64]) -> NDArray[np.uint8]:
        if len(places) and is_contiguous(places):
            return self._codes[int(places[0]) : int(places[-1]) + 1]
        return self._codes[places]

    def _named(self, scores: NDArray[np.float32], places: NDArray[np.int64]) -> Neighbours:
        ids = np.full(places.shape, MISSING, dtype=np.int64)
        ids[places >= 0] = self._ids[places[places >= 0]]
        return Neighbours(ids, np.where(places >= 0, scores, np.float32(-np.inf)))


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, FAISS works on one thread: for a single query more of them only wait for one another."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def as_codes(vectors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """(n, 2 D) uint8: the fp16 bytes of (n, D) vectors, as a shard and FAISS keep them."""
    halves = np.ascontiguousarray(vectors, dtype="<f2")
    return halves.view(np.uint8).reshape(len(halves), 2 * vectors.shape[1])


def search_codes(
    queries: NDArray[np.float32], codes: NDArray[np.uint8], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The k best of (n, 2 D) fp16 codes for each of (Q, D) queries: (Q, k) scores and (Q, k) rows.

    Rows that are not numbers come out as row -1 with some low score. Cheaper than decoding up to some
    thousand rows, because FAISS computes on fp16 as it stands.
    """
    if k < 1:
        return np.zeros((len(queries), 0), np.float32), np.zeros((len(queries), 0), np.int64)
    index = _half_index(queries.shape[1])
    index.add_sa_codes(np.ascontiguousarray(codes))
    with one_thread():
        scores, rows = index.search(np.ascontiguousarray(queries), k)
    return scores, rows


def scores_of_codes(query: NDArray[np.float32], codes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n,) dot products of one (D,) query with (n, 2 D) fp16 codes; -inf for rows that are not numbers."""
    found, rows = search_codes(query[None], codes, len(codes))
    scores = np.full(len(codes), -np.inf, dtype=np.float32)
    scores[rows[0][rows[0] >= 0]] = found[0][rows[0] >= 0]
    return scores


def is_contiguous(places: NDArray[np.int64]) -> bool:
    """The places follow one another; so do none."""
    return bool(np.all(places[1:] - places[:-1] == 1))


def _only(places: NDArray[np.int64], count: int) -> Any:
    """Search parameters that let through some of `count` rows."""
    library: Any = faiss  # its stubs do not know the keywords that its wrappers take
    if is_contiguous(places):
        return library.SearchParameters(sel=library.IDSelectorRange(int(places[0]), int(places[-1]) + 1))
    allowed = np.zeros(count, dtype=bool)
    allowed[places] = True
    bits = np.packbits(allowed, bitorder="little")
    return library.SearchParameters(sel=library.IDSelectorBitmap(bits))


def _half_index(width: int) -> Any:
    return faiss.IndexScalarQuantizer(width, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def _keep_best(
    best: NDArray[np.float32],
    places: NDArray[np.int64],
    new_scores: NDArray[np.float32],
    new_places: NDArray[np.int64],
) -> None:
    """Puts the better ones of what is kept and what is new into `best` and `places`, in any order."""
    scores = np.concatenate([best, new_scores])
    selected = np.argpartition(-scores, len(best) - 1)[: len(best)]
    places[:] = np.concatenate([places, new_places])[selected]
    best[:] = scores[selected]
