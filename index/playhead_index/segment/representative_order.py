"""Segments in the order in which they represent a video best: representative first, then what differs.

Greedy facility location: the next segment is the one that adds most to how well each segment of the video is
represented by the nearest chosen one (Lin and Bilmes, 2011, "A class of submodular functions for document
summarization"). As Gygli et al. (2015, CVPR, "Video summarization by learning submodular mixtures of
objectives") it is a sum of two: representativeness, in which a segment stands for those that look alike and
are near, and uniformity, in which it stands for those that are near, so that the chosen ones are spread over
the video.
"""

import heapq
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from playhead_index.window import Window

MIN_CONTRAST = 0.02
"""A video whose segments have a mean cosine above 1 less this shows one thing: time alone decides."""


def representative_order(
    windows: Sequence[Window], vectors: NDArray[np.float32] | None, limit: int | None = None
) -> list[int]:
    """The indices of segments, the most representative first; those behind `limit` in their given order.

    The first N do not depend on `limit`, so that a later run with a higher one goes on with the next.
    Lazy evaluation (Minoux, 1978): about (N + limit) similarities of one segment with all, O(N * D) each.

    Args:
        windows: N segments of one video, in seconds.
        vectors: (N, D) of any length each, a zero row where a segment has none; None where there are none.
        limit: how many are put in order; None for all.

    Raises:
        ValueError: there is not a vector a segment.

    >>> representative_order([Window(0, 10), Window(10, 20), Window(20, 30)], None, 1)
    [1, 0, 2]
    """
    if vectors is not None and len(vectors) != len(windows):
        raise ValueError(f"expected {len(windows)} vectors, one a segment, got {len(vectors)}")
    if not windows:
        return []
    num = len(windows) if limit is None else min(limit, len(windows))
    similarity = _Similarity(windows, vectors)
    weights = np.array([window.duration_s for window in windows])
    best = np.zeros((2, len(windows)))
    gains = [(-float((similarity.rows(i) @ weights).sum()), i) for i in range(len(windows))]
    heapq.heapify(gains)
    chosen: list[int] = []
    while len(chosen) < num:
        _, i = heapq.heappop(gains)
        rows = similarity.rows(i)
        gain = float((np.maximum(rows - best, 0.0) @ weights).sum())
        if gains and (-gain, i) > gains[0]:
            heapq.heappush(gains, (-gain, i))
            continue
        chosen.append(i)
        np.maximum(best, rows, out=best)
    return [*chosen, *sorted(set(range(len(windows))) - set(chosen))]


class _Similarity:
    """How well each segment represents the others by its look and by its place, 0 to 1."""

    def __init__(self, windows: Sequence[Window], vectors: NDArray[np.float32] | None) -> None:
        self._middles_s = np.array([(window.start_s + window.end_s) / 2 for window in windows])
        self._extent_s = max(1e-9, windows[-1].end_s - windows[0].start_s)
        self._unit: NDArray[np.float32] | None = None
        self._mean_cosine = 0.0
        if vectors is not None:
            norms = np.linalg.norm(vectors, axis=1, keepdims=True)
            unit = np.asarray(vectors / np.maximum(norms, 1e-9), dtype=np.float32)
            self._mean_cosine = float(np.square(unit.mean(axis=0)).sum())
            self._unit = unit if self._mean_cosine < 1 - MIN_CONTRAST else None

    def rows(self, i: int) -> NDArray[np.float64]:
        """(2, N) how well segment `i` represents each: by look and nearness, and by nearness alone."""
        near = np.maximum(0.0, 1.0 - np.abs(self._middles_s - self._middles_s[i]) / self._extent_s)
        if self._unit is None:
            return np.stack([near, near])
        contrast = (self._unit @ self._unit[i] - self._mean_cosine) / (1 - self._mean_cosine)
        alike: NDArray[np.float64] = np.clip(contrast, 0.0, 1.0).astype(np.float64)
        return np.stack([near * alike, near])
