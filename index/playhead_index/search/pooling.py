"""Evidence pooled over time in a transcript, and the windows with the most of it.

An agenda names a topic in one sentence, a discussion stays with it for minutes. So sentences are not ranked
one by one: the words and the meaning of one and a half and of three minutes around each are scored,
and windows are cut where the pooled score is high. Figures in docs/decisions/0030.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.search.curves import Floats
from playhead_index.search.postings import K1, B

POOLED_S = (90.0, 180.0)
"""Lengths over which evidence is pooled, in a recording of `REFERENCE_S`."""
WINDOWS_S = (20.0, 30.0, 45.0, 60.0, 75.0, 90.0)
"""Lengths of windows that are tried, likewise."""
REFERENCE_S = 2400.0
MAX_LENGTH_FACTOR = 5 / 3
"""Windows are at most so many times as long as in a recording of `REFERENCE_S`: 150 s, in two hours."""
LENGTH_POWER = 0.25
"""A window's score is its mean evidence times its length to this power."""
PASSAGE_WEIGHT = 0.5
"""Weight of the mean vector of an interval, where that of its words is 1."""
BEST_SENTENCES = 3
BEST_WITHIN_S = 60.0
"""The sentences that fit best within so much time around count by themselves: an interval may discuss what
few of its sentences name."""
IDF_FLOOR = 0.02


@dataclass(frozen=True)
class SentenceArrays:
    """The sentences of one video, in time order.

    Args:
        starts_s: (n,) float64 seconds, ascending.
        ends_s: (n,) float64 seconds, none after the next one's start.
        num_terms: (n,) float64 terms of each sentence.
        terms: for each term the (m,) sentences that hold it, ascending, and how often, (m,) float64.
        duration_s: of the whole video.
        vectors: (n, D) float32 of length 1, of the passage that each sentence is in; None without them.
        sentence_vectors: (n, D) float32 of length 1, of each sentence by itself; None without them.
    """

    starts_s: Floats
    ends_s: Floats
    num_terms: Floats
    terms: Mapping[str, tuple[NDArray[np.int64], Floats]]
    duration_s: float
    vectors: NDArray[np.float32] | None = None
    sentence_vectors: NDArray[np.float32] | None = None

    @property
    def lengths_s(self) -> Floats:
        """(n,) seconds."""
        return self.ends_s - self.starts_s

    @property
    def length_factor(self) -> float:
        """How much longer windows are than in a recording of `REFERENCE_S`: they grow with the square root
        of its length, as topics do (152 s of a meeting of 40 minutes, 44 s of a tutorial of 5)."""
        return float(min(MAX_LENGTH_FACTOR, np.sqrt(self.duration_s / REFERENCE_S)))


def pool_evidence(
    videos: Sequence[SentenceArrays], terms: Mapping[str, float], query: NDArray[np.float32] | None
) -> list[Floats]:
    """For each video the (n,) evidence around each of its sentences, in standard deviations over all videos.

    The sum over `POOLED_S` of BM25 of the words and of the cosine of the mean passage vector, both of the
    interval of that length around each sentence, and of the mean cosine of the `BEST_SENTENCES` sentences
    around it; each standardised and weighted.

    Args:
        videos: with at least one sentence each.
        terms: how often the query has each term.
        query: (D,) float32 embedding; None to score by words alone.
    """
    weights = np.concatenate([video.lengths_s for video in videos])
    total = np.zeros(len(weights))
    for length_s in POOLED_S:
        around = [context_ranges(video, length_s * video.length_factor) for video in videos]
        total += standardise_weighted(_pool_bm25(videos, around, terms), weights)
        if query is not None and all(video.vectors is not None for video in videos):
            pairs = zip(videos, around, strict=True)
            cosines = [_pool_cosines(video, *edges, query) for video, edges in pairs]
            total += PASSAGE_WEIGHT * standardise_weighted(np.concatenate(cosines), weights)
    if query is not None and all(video.sentence_vectors is not None for video in videos):
        total += standardise_weighted(
            np.concatenate([_best_cosines(video, query) for video in videos]), weights
        )
    ends = np.cumsum([len(video.starts_s) for video in videos])[:-1]
    return list(np.split(standardise_weighted(total, weights), ends))


def evidence_windows(video: SentenceArrays, evidence: Floats, limit: int) -> list[tuple[int, int, float]]:
    """(first, last, score) of the sentences of the windows with the most evidence, best first.

    A window begins and ends with a sentence, and is about as long as one of `WINDOWS_S` times the
    `length_factor` of the video: how long follows from the evidence. None overlaps a better one.

    Args:
        video: n sentences.
        evidence: (n,) of `pool_evidence`.
        limit: maximum number of windows.
    """
    total = np.append(0.0, np.cumsum(evidence * video.lengths_s))
    spoken = np.append(0.0, np.cumsum(video.lengths_s))
    first = np.arange(len(evidence))
    found = []
    for length_s in np.array(WINDOWS_S) * video.length_factor:
        last = np.searchsorted(video.ends_s, video.starts_s + length_s + 1e-6, "right") - 1
        last = np.maximum(last, first)
        lengths_s = video.ends_s[last] - video.starts_s
        inside_s = np.maximum(spoken[last + 1] - spoken[:-1], 1e-9)
        reference_s = WINDOWS_S[3] * video.length_factor
        scores = (total[last + 1] - total[:-1]) / inside_s * (lengths_s / reference_s) ** LENGTH_POWER
        found.append(np.stack([first, last, scores]))
    columns = np.concatenate(found, axis=1)
    columns = columns[:, columns[2] > 0]
    columns = columns[:, np.lexsort((columns[1], columns[0], -columns[2]))]
    return _without_overlaps(video, columns, limit)


def standardise_weighted(values: Floats, weights: Floats) -> Floats:
    """(n,) values in standard deviations from their weighted mean; 0 where all are the same."""
    away = values - np.average(values, weights=weights)
    spread = float(np.sqrt(np.average(away**2, weights=weights)))
    return away / spread if spread > 1e-9 else np.zeros(len(values))


def sentence_bm25(video: SentenceArrays, terms: Mapping[str, float]) -> Floats:
    """(n,) BM25 of the words of each sentence by itself."""
    own = np.arange(len(video.starts_s))
    return _pool_bm25([video], [(own, own + 1)], terms)


def _without_overlaps(video: SentenceArrays, columns: Floats, limit: int) -> list[tuple[int, int, float]]:
    windows: list[tuple[int, int, float]] = []
    starts_s, ends_s = np.zeros(0), np.zeros(0)
    for first, last, score in columns.T:
        start_s, end_s = video.starts_s[int(first)], video.ends_s[int(last)]
        if np.all(np.minimum(ends_s, end_s) <= np.maximum(starts_s, start_s)):
            windows.append((int(first), int(last), float(score)))
            starts_s, ends_s = np.append(starts_s, start_s), np.append(ends_s, end_s)
        if len(windows) == limit:
            break
    return windows


def context_ranges(video: SentenceArrays, length_s: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n,) first and (n,) one after the last sentence of the interval around each sentence."""
    middles_s = (video.starts_s + video.ends_s) / 2
    first = np.searchsorted(middles_s, middles_s - length_s / 2, "left")
    return first, np.searchsorted(middles_s, middles_s + length_s / 2, "right")


def _pool_bm25(
    videos: Sequence[SentenceArrays],
    around: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    terms: Mapping[str, float],
) -> Floats:
    """BM25 of each interval as one document; the weight of a term by the share of time around which it is."""
    weights = np.concatenate([video.lengths_s for video in videos])
    total_s = max(float(weights.sum()), 1e-9)
    pairs = list(zip(videos, around, strict=True))
    lengths = np.concatenate([range_sums(video.num_terms, *edges) for video, edges in pairs])
    mean_length = max(float((lengths * weights).sum()) / total_s, 1e-9)
    norm = K1 * (1 - B + B * lengths / mean_length)
    scores = np.zeros(len(weights))
    for term, query_count in terms.items():
        counts = np.concatenate([range_sums(_counts(video, term), *edges) for video, edges in pairs])
        share = float(weights[counts > 0].sum()) / total_s
        if share:
            idf = np.log(1 + (1 - share + IDF_FLOOR) / (share + IDF_FLOOR))
            scores += query_count * idf * counts * (K1 + 1) / (counts + norm)
    return scores


def _counts(video: SentenceArrays, term: str) -> Floats:
    counts = np.zeros(len(video.starts_s))
    if term in video.terms:
        rows, often = video.terms[term]
        counts[rows] = often
    return counts


def range_sums(values: Floats, first: NDArray[np.int64], after: NDArray[np.int64]) -> Floats:
    """(n,) sums of (m,) values from each (n,) first to the one before each (n,) after."""
    total = np.append(0.0, np.cumsum(values))
    return np.asarray(total[after] - total[first])


def _pool_cosines(
    video: SentenceArrays,
    first: NDArray[np.int64],
    after: NDArray[np.int64],
    query: NDArray[np.float32],
) -> Floats:
    """(n,) cosine of a query with the mean vector of each interval, weighted by time."""
    assert video.vectors is not None
    weighted = video.vectors * video.lengths_s[:, None]
    total = np.concatenate([np.zeros((1, weighted.shape[1])), np.cumsum(weighted, axis=0)])
    sums = total[after] - total[first]
    lengths = np.linalg.norm(sums, axis=1)
    return np.asarray((sums @ query) / np.maximum(lengths, 1e-9), dtype=np.float64)


def _best_cosines(video: SentenceArrays, query: NDArray[np.float32]) -> Floats:
    """(n,) mean cosine of a query with the best sentences around each sentence."""
    assert video.sentence_vectors is not None
    cosines = np.asarray(video.sentence_vectors @ query, dtype=np.float64)
    first, after = context_ranges(video, BEST_WITHIN_S * video.length_factor)
    places = first[:, None] + np.arange(int((after - first).max()))
    around = np.where(places < after[:, None], cosines[np.minimum(places, len(cosines) - 1)], -np.inf)
    num = min(BEST_SENTENCES, around.shape[1])
    best = -np.partition(-around, num - 1, axis=1)[:, :num]
    is_finite = np.isfinite(best)
    return np.asarray(np.where(is_finite, best, 0.0).sum(axis=1) / is_finite.sum(axis=1))
