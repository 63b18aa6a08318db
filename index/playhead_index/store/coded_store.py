"""Search of very many vectors: 4-bit codes in memory name candidates, the stored vectors decide.

The codes are product-quantizer fast-scan codes (André et al., 2017, arXiv:1704.07355) of the vectors
less their mean, two dimensions a code. A scan compares every code; a graph and inverted lists guess where
to search, and guess badly for a query that lies far from all vectors, as a text does from images. With
text-like queries, at the cost of a scan or less, HNSW (ef 32) found 0.94 of the true ten nearest of
10,000, and inverted lists 0.6 to 0.99 of those of 300,000, by the shape of the data; the codes 0.99 to
1.0 (LOG.md). Candidates are scored again with their fp16 vectors, so every score is exact; what can be
missed is a neighbour, and how often is measured when the codes are made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from playhead_index.store.faiss_store import as_codes, one_thread, scores_of_codes, search_codes
from playhead_index.store.ids import find_sorted, sorting_order
from playhead_index.store.vectors import MISSING, Neighbours

TEXT_FIT, TEXT_REST, TEXT_GAP = 0.35, 0.94, 0.8
"""Parts of a made text query: along the image that it fits, at random among images, away from their mean."""
RECALL_AT = 10
MIN_RECALL = 0.99
CANDIDATES = (250, 500, 1000, 2000, 4000)
"""How many candidates are scored again: the first of these that reaches `MIN_RECALL`."""
TRAINING_ROWS = 8192
TRAINING_ROUNDS = 10
QUERIES_MEASURED = 64
BLOCK = 16_384
MAX_EXACT = 50_000
"""Most allowed ids whose vectors are all read; among more, candidates that are not allowed are dropped."""

Fetch = Callable[[NDArray[np.int64]], NDArray[np.float16]]
"""(n, D) fp16 vectors of (n,) ids, from the shards; NaN where they are lost."""


@dataclass(frozen=True, slots=True)
class Recall:
    """How well the codes find the true neighbours.

    Args:
        candidates: how many are scored again.
        at_10: part of the exact ten nearest that is found, on average over the queries.
        queries: `text` for real texts' vectors, `made` for vectors made like them.
    """

    candidates: int
    at_10: float
    queries: str


class CodedStore:
    """A `VectorStore` that holds codes and reads the vectors themselves where they stand.

    A search among up to `MAX_EXACT` allowed ids is exact; one among more finds what `recall` says.

    Args:
        index: FAISS's index of the codes of vectors less `mean`.
        ids: (N,) int64, the ids in the order of the codes.
        mean: (D,) float32.
        recall: what was measured when the codes were made.
        fetch: reads vectors by id.
    """

    def __init__(
        self, index: Any, ids: NDArray[np.int64], mean: NDArray[np.float32], recall: Recall, fetch: Fetch
    ) -> None:
        self.index, self.mean, self.recall = index, mean, recall
        self._ids, self.fetch = ids, fetch
        self._order = sorting_order(ids)
        self._made_of = len(ids)

    def __len__(self) -> int:
        """How many vectors it holds."""
        return len(self._ids) - self.gone

    @property
    def came(self) -> int:
        """Vectors that were added after the codes were made or loaded."""
        return len(self._ids) - self._made_of

    @property
    def gone(self) -> int:
        """Codes of vectors that were removed; FAISS keeps them until the codes are made anew."""
        return int((self._ids == MISSING).sum())

    @property
    def ids(self) -> NDArray[np.int64]:
        """(N,) int64 ids in the order of the codes, `MISSING` for removed ones."""
        return self._ids

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.floating]) -> None:
        """Codes (n,) new ids; their (n, D) vectors must be what `fetch` gives for them."""
        for first in range(0, len(ids), BLOCK):
            rows = np.asarray(vectors[first : first + BLOCK], dtype=np.float32)
            with one_thread():
                self.index.add(rows - self.mean)
        self._ids = np.concatenate([self._ids, ids])
        self._order = sorting_order(self._ids)

    def mark_made(self) -> None:
        """From here on `came` counts."""
        self._made_of = len(self._ids)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forgets vectors; ids that it does not hold are passed over."""
        places = find_sorted(self._ids, self._order, ids)
        if np.any(places >= 0):
            self._ids = self._ids.copy()
            self._ids[places[places >= 0]] = MISSING
            self._order = sorting_order(self._ids)

    def search(
        self, queries: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> Neighbours:
        """The k nearest of each of (Q, D) queries, among (n,) allowed ids or among all (None)."""
        if allowed is not None and len(allowed) <= MAX_EXACT:
            return self.exact(queries, k, allowed)
        wider = 1 if allowed is None else -(-len(self) // len(allowed))
        count = max(k, self.recall.candidates) * wider
        found = [
            self._nearest(query[None], k, self._allowed_candidates(query, count, allowed))
            for query in queries
        ]
        found = found or [self._nearest(queries, k, self._ids[:0])]
        ids = np.concatenate([one.ids for one in found])
        return Neighbours(ids, np.concatenate([one.scores for one in found]))

    def exact(self, queries: NDArray[np.float32], k: int, ids: NDArray[np.int64]) -> Neighbours:
        """The k nearest of each query among (n,) ids by their vectors, each of which is read once."""
        return self._nearest(queries, k, ids[self._held(ids)])

    def _nearest(self, queries: NDArray[np.float32], k: int, ids: NDArray[np.int64]) -> Neighbours:
        best = np.full((len(queries), k), MISSING, np.int64), np.full((len(queries), k), -np.inf, np.float32)
        for first in range(0, len(ids), BLOCK):
            block = ids[first : first + BLOCK]
            scores, rows = search_codes(queries, as_codes(self.fetch(block)), min(k, len(block)))
            ids_found = np.where(rows >= 0, block[rows], MISSING)
            best = _best((best[0], ids_found), (best[1], np.where(rows >= 0, scores, -np.inf)), k)
        return Neighbours(*best)

    def scores(self, query: NDArray[np.float32], ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n,) dot products of one (D,) query with the vectors of (n,) ids; -inf where there is none."""
        found = self._held(ids)
        scores = np.full(len(ids), -np.inf, dtype=np.float32)
        scores[found] = scores_of_codes(query, as_codes(self.fetch(ids[found])))
        return scores

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n, D) float32 vectors of (n,) ids.

        Raises:
            KeyError: an id is not there.
        """
        if not np.all(held := self._held(ids)):
            raise KeyError(f"no vector for the ids {ids[~held][:5].tolist()}")
        return self.fetch(ids).astype(np.float32)

    def candidates(self, query: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """(n,) ids that the codes put first for a (D,) query, n <= count, removed ones left out."""
        count = min(count + self.gone, len(self._ids))
        with one_thread():
            _, places = self.index.search(query[None], count)
        ids = self._ids[places[0][places[0] >= 0]]
        return np.asarray(ids[ids != MISSING], dtype=np.int64)

    def _allowed_candidates(
        self, query: NDArray[np.float32], count: int, allowed: NDArray[np.int64] | None
    ) -> NDArray[np.int64]:
        ids = self.candidates(query, count)
        return ids if allowed is None else ids[np.isin(ids, allowed)]

    def _held(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        return find_sorted(self._ids, self._order, ids) >= 0


def make_coded_store(
    ids: NDArray[np.int64], fetch: Fetch, texts: NDArray[np.float32] | None = None
) -> CodedStore:
    """Codes of (N,) ids' vectors, with their recall measured against exact search.

    Args:
        ids: (N,) int64, some ten thousand and more.
        fetch: reads their vectors.
        texts: (Q, D) float32 vectors of texts like the queries to come; vectors made to lie as
            texts lie among images when None.
    """
    generator = np.random.default_rng(0)
    chosen = ids[np.sort(generator.choice(len(ids), min(TRAINING_ROWS, len(ids)), replace=False))]
    sample = fetch(chosen).astype(np.float32)
    sample = sample[np.isfinite(sample).all(axis=1)]
    mean = sample.mean(axis=0)
    store = CodedStore(
        _trained(sample - mean), np.zeros(0, np.int64), mean, Recall(CANDIDATES[-1], 0.0, ""), fetch
    )
    for first in range(0, len(ids), BLOCK):
        store.add(block := ids[first : first + BLOCK], fetch(block))
    queries = text_like(sample, QUERIES_MEASURED, generator) if texts is None else texts[:QUERIES_MEASURED]
    store.mark_made()
    store.recall = measured_recall(store, queries, "made" if texts is None else "text")
    return store


def measured_recall(store: CodedStore, queries: NDArray[np.float32], named: str) -> Recall:
    """The fewest candidates that reach `MIN_RECALL`, or the most with what they reach.

    A neighbour counts as found when one that scores as high is: images that repeat are as good as
    one another.

    Args:
        store: whose codes.
        queries: (Q, D) float32.
        named: `text` or `made`.
    """
    tenth = store.exact(queries, RECALL_AT, store.ids).scores[:, -1]
    coded = [store.scores(query, store.candidates(query, CANDIDATES[-1])) for query in queries]
    reached = 0.0
    for count in CANDIDATES:
        pairs = zip(coded, tenth, strict=True)
        found = [
            min(RECALL_AT, int((scores[:count] >= threshold - 1e-6).sum())) for scores, threshold in pairs
        ]
        reached = float(np.mean(found)) / RECALL_AT
        if reached >= MIN_RECALL:
            return Recall(count, reached, named)
    return Recall(CANDIDATES[-1], reached, named)


def text_like(sample: NDArray[np.float32], count: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """(count, D) unit queries that lie to vectors as texts lie to images in CLIP's space.

    A text's vector is far from all images (the modality gap; Liang et al., 2022, arXiv:2203.02053),
    leans a little towards the images that it fits, and for the rest points at random among the
    directions in which images differ. With these parts the true neighbours stand about four standard
    deviations above the mean, as in a real text-video similarity matrix (MSR-VTT: 4.2).

    Args:
        sample: (n, D) float32 stored vectors.
        count: how many.
        generator: of the random choices.
    """
    mean = sample.mean(axis=0)
    centred = sample - mean
    fits = _unit(centred[generator.integers(0, len(sample), count)])
    mixed = generator.standard_normal((count, min(64, len(sample)))).astype(np.float32)
    rest = np.stack(
        [weights @ centred[generator.integers(0, len(sample), len(weights))] for weights in mixed]
    )
    return _unit(
        TEXT_FIT * fits + TEXT_REST * _unit(rest) - TEXT_GAP * mean / max(float(np.linalg.norm(mean)), 1e-6)
    )


def _trained(centred: NDArray[np.float32]) -> Any:
    width = centred.shape[1]
    index = faiss.IndexPQFastScan(width, max(1, width // 2), 4, faiss.METRIC_INNER_PRODUCT)
    index.pq.cp.niter = TRAINING_ROUNDS
    index.pq.cp.min_points_per_centroid, index.pq.cp.max_points_per_centroid = 1, TRAINING_ROWS // 16
    with one_thread():  # many tiny steps: two threads on a busy machine take ten times as long
        index.train(np.ascontiguousarray(centred))
    return index


def _best(
    ids: tuple[NDArray[np.int64], ...], scores: tuple[NDArray[np.float32], ...], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k best of each row of some (Q, n) ids and scores, best first."""
    every, values = np.concatenate(ids, axis=1), np.concatenate(scores, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(every, order, axis=1), np.take_along_axis(values, order, axis=1)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), dtype=np.float32)
