"""Strategies that search: single frames by an image-text encoder, and moments by the product."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.sampling import STEP_S, ClipRequest, dense, scattered
from playhead_bench.evaluate.strategies.asking import Selecting, Selection
from playhead_bench.evaluate.strategies.desk import Desk
from playhead_bench.evaluate.strategies.plain import shares
from playhead_index.window import Window

STANDS_OUT = 0.8
"""AKS: the best frames of a part must lie so far above its mean, scores being from 0 to 1."""
DEEPEST = 5
"""AKS: how often a video is halved at most."""

Scores = NDArray[np.floating]
Choose = Callable[[Scores, int], NDArray[np.int64]]
"""Which (k,) of (N,) scored frames to take."""


def best_frames(scores: Scores, k: int) -> NDArray[np.int64]:
    """(k,) ascending places of the k best of (N,) scores, k at most N; equal ones in time order.

    >>> best_frames(np.array([0.1, 0.9, 0.5, 0.9]), 2)
    array([1, 3])
    """
    return np.sort(np.argsort(-np.asarray(scores), kind="stable")[:k])


def adaptive_frames(scores: Scores, k: int) -> NDArray[np.int64]:
    """(k,) ascending places chosen for both relevance and coverage, k at most N.

    Adaptive keyframe sampling (Tang et al., 2025, arXiv:2502.21271): where the best k frames of a part
    stand out of it they are taken, else the part is halved and each half gets half of k. Scores are first
    stretched to [0, 1] over the video. The paper halves k exactly; here an odd one goes to the half with
    the better frame, and nothing is halved below one frame.

    Args:
        scores: (N,) how well each frame fits the question, in time order.
        k: how many to take.
    """
    values = np.asarray(scores, dtype=np.float64)
    spread = float(values.max() - values.min()) if len(values) else 0.0
    stretched = (values - values.min()) / spread if spread else np.zeros(len(values))
    return np.array(sorted(_adaptive(stretched, 0, len(values), min(k, len(values)), 0)), dtype=np.int64)


def _adaptive(scores: Scores, first: int, stop: int, k: int, depth: int) -> list[int]:
    part = scores[first:stop]
    if k == 0:
        return []
    best = best_frames(part, k)
    stands_out = float(part[best].mean() - part.mean()) > STANDS_OUT
    if stands_out or k == 1 or depth == DEEPEST or len(part) <= k:
        return [first + int(i) for i in best]
    middle = (first + stop) // 2
    left_is_better = scores[first:middle].max() >= scores[middle:stop].max()
    left = min(k // 2 + (k % 2 if left_is_better else 0), middle - first)
    return [
        *_adaptive(scores, first, middle, left, depth + 1),
        *_adaptive(scores, middle, stop, k - left, depth + 1),
    ]


def select_by(choose: Choose) -> Callable[[Sample, Desk], Selection]:
    """A selection of single frames, chosen by how well they fit the question; each is given twice."""

    def select(sample: Sample, desk: Desk) -> Selection:
        requests: list[ClipRequest] = []
        for video_id, many in shares(sample.video_ids, desk.budget // 2):
            times_s, scores = desk.search.frame_scores(sample.question, video_id)
            at = choose(scores, min(many, len(scores)))
            if len(at):
                requests.append(scattered(video_id, times_s[at].tolist(), desk.source.whole(video_id)))
        found = [
            (request.video_id, Window(time_s, time_s + STEP_S))
            for request in requests
            for time_s in dict.fromkeys(request.times_s)
        ]
        return Selection(tuple(requests), tuple(found))

    return select


def select_moments(many: int, depth: int = 10) -> Callable[[Sample, Desk], Selection]:
    """A selection of the best moments of one search, the budget shared among them.

    Args:
        many: how many are looked at.
        depth: how many are kept for measuring the search.
    """

    def select(sample: Sample, desk: Desk) -> Selection:
        found = desk.search.moments(sample.question, sample.video_ids, depth)
        each = max(2, desk.budget // min(many, max(1, len(found))) // 2 * 2)
        requests = [dense(v, window, desk.source.whole(v), each) for v, window in found[:many]]
        return Selection(tuple(requests), tuple(found))

    return select


TOP_FRAMES = Selecting("top-frames", select_by(best_frames), "pictures")
AKS = Selecting("aks", select_by(adaptive_frames), "pictures")
SEARCH = Selecting("search", select_moments(1), "library")
SEARCH_3 = Selecting("search-3", select_moments(3), "library")
