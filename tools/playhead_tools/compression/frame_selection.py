"""Which frames to show for a question, from how well each fits it; all deterministic, in time order."""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from playhead_tools.compression.determinantal import dpp_frames
from playhead_tools.compression.records import SelectedFrames
from playhead_tools.spec import QuestionSpec

Scores = NDArray[np.floating]
Places = NDArray[np.int64]
Rule = Literal["inverse_cdf", "adaptive", "best", "best_and_even", "dpp", "uniform"]
STANDS_OUT = 0.8
"""AKS: the best frames of a part must lie so far above its mean, scores being from 0 to 1."""
DEEPEST = 5
"""AKS: how often a video is halved at most."""
COVERAGE = 0.1


def choose_frames(
    scores: Scores,
    pts_s: NDArray[np.float64],
    k: int,
    rule: Rule = "inverse_cdf",
    *,
    vectors: NDArray[np.floating] | None = None,
    sharpness: float = 1.0,
    is_global: bool = False,
) -> SelectedFrames:
    """At most k frames for a question, by one of the rules of this module.

    Args:
        scores: (N,) how well each frame fits the question, in time order.
        pts_s: (N,) when each is shown.
        k: how many to take; all where there are fewer.
        rule: `inverse_cdf` and `adaptive` weigh relevance and coverage, `dpp` relevance and variety.
        vectors: (N, D) what frames look like; `dpp` needs them.
        sharpness: scores, brought to [0, 1], are raised to it (BOLT's alpha): above 1 keeps to the best
            frames, below 1 spreads out.
        is_global: the question is about the whole video, where evenly spread frames do best
            (`is_global_question`); the rule is then left aside.

    Raises:
        ValueError: there are not as many times as scores, a score is not finite, or `dpp` has no vectors.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or values.shape != pts_s.shape or not np.isfinite(values).all():
        raise ValueError(f"need N finite scores and N times, got {values.shape} and {pts_s.shape}")
    k = min(k, len(values))
    if rule == "dpp" and not is_global:
        if vectors is None:
            raise ValueError("dpp chooses by what frames look like; hand in their vectors")
        at = dpp_frames(scale_to_unit(values) ** sharpness, vectors, k)
    elif is_global:
        at = uniform_frames(len(values), k)
    else:
        at = RULES[rule](scale_to_unit(values) ** sharpness, k)
    return SelectedFrames(at, pts_s[at], len(values), values)


def is_global_question(spec: QuestionSpec) -> bool:
    """Whether a question is about a video as a whole, so that no frame fits it better than another."""
    tied = spec.targets or spec.quoted or spec.relation or spec.times
    return spec.intent == "summarise" or (spec.intent == "describe" and not tied)


def scale_to_unit(scores: Scores) -> NDArray[np.float64]:
    """Scores brought to [0, 1] over the video; zeros where all are equal."""
    values = np.asarray(scores, dtype=np.float64)
    low, spread = (values.min(), float(np.ptp(values))) if len(values) else (0.0, 0.0)
    return np.asarray((values - low) / spread if spread else np.zeros(len(values)), dtype=np.float64)


def best_frames(scores: Scores, k: int) -> Places:
    """(k,) ascending places of the k best of (N,) scores, k at most N; equal ones in time order.

    >>> best_frames(np.array([0.1, 0.9, 0.5, 0.9]), 2)
    array([1, 3])
    """
    return np.sort(np.argsort(-np.asarray(scores), kind="stable")[:k])


def uniform_frames(num_frames: int, k: int) -> Places:
    """(k,) ascending places in the middles of k equal parts of `num_frames` frames, k at most `num_frames`.

    >>> uniform_frames(8, 2)
    array([2, 6])
    """
    return (2 * np.arange(k, dtype=np.int64) + 1) * num_frames // (2 * max(k, 1))


def inverse_cdf_frames(scores: Scores, k: int, *, coverage: float = COVERAGE) -> Places:
    """(k,) ascending places, as dense in time as the frames fit the question, k at most N.

    Inverse transform sampling (BOLT, Liu et al., 2025, arXiv:2503.21483): scores are stretched to [0, 1]
    and summed up; frames are taken where that sum crosses the middles of equal steps. BOLT takes a
    frame twice where it crosses two, and has no answer where all scores are equal. Here no frame counts for
    more than one step, its surplus going to the others, so that k frames are k different ones; and a part
    of the steps, `coverage`, is spread evenly, so that equal scores give evenly spread frames.

    Args:
        scores: (N,) how well each frame fits the question, in time order.
        k: how many to take.
        coverage: from 0 to 1, the part of the k that is spread evenly over the video.
    """
    num_frames = len(scores)
    weights = scale_to_unit(scores)
    total = weights.sum()
    fitting = weights / total if total else np.full(num_frames, 1.0 / max(num_frames, 1))
    chances = _cap_chances(coverage / max(num_frames, 1) + (1.0 - coverage) * fitting, k)
    at = np.searchsorted(np.cumsum(chances), np.arange(k) + 0.5, side="right")
    return _fill_up(np.unique(np.minimum(at, max(num_frames - 1, 0))), chances, k)


def _cap_chances(weights: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """(N,) chances at most 1 that sum to k, in the ratio of the weights as far as that goes."""
    chances = np.zeros(len(weights))
    full = np.zeros(len(weights), dtype=bool)
    while k > full.sum():
        left = weights[~full].sum()
        even = 1.0 / max(int((~full).sum()), 1)
        shares = weights / left if left > 0 else np.full(len(weights), even)
        chances = np.where(full, 1.0, shares * (k - full.sum()))
        over = ~full & (chances >= 1.0)
        if not over.any():
            return chances
        full |= over
    return full.astype(np.float64)


def _fill_up(at: Places, chances: NDArray[np.float64], k: int) -> Places:
    """k places: those given, and the likeliest others where rounding lost one."""
    rest = np.setdiff1d(np.arange(len(chances)), at)
    by_chance = rest[np.argsort(-chances[rest], kind="stable")]
    return np.sort(np.concatenate([at, by_chance[: k - len(at)]])).astype(np.int64)


def adaptive_frames(scores: Scores, k: int) -> Places:
    """(k,) ascending places chosen for both relevance and coverage, k at most N.

    Adaptive keyframe sampling (Tang et al., 2025, arXiv:2502.21271): where the best k frames of a part
    stand out of it they are taken, else the part is halved and each half gets half of k. Scores are first
    stretched to [0, 1] over the video. The paper halves k exactly; here an odd one goes to the half with
    the better frame, and nothing is halved below one frame.

    Args:
        scores: (N,) how well each frame fits the question, in time order.
        k: how many to take.
    """
    values = scale_to_unit(scores)
    return np.array(sorted(_adaptive(values, 0, len(values), min(k, len(values)), 0)), dtype=np.int64)


def best_and_even_frames(scores: Scores, k: int) -> Places:
    """(k,) ascending places: half of them (one more of an odd number) the best, the others spread evenly.

    For few frames of many: rules that draw by relevance (`inverse_cdf_frames`) spend most of few frames on
    the many that fit a little, and a short event is lost.

    Args:
        scores: (N,) how well each frame fits the question, in time order.
        k: how many to take, at most N.

    >>> best_and_even_frames(np.array([0.0, 0.1, 0.0, 0.9, 0.8, 0.0, 0.0, 0.0]), 4).tolist()
    [1, 3, 4, 6]
    """
    best = best_frames(scores, k - k // 2)
    others = np.setdiff1d(np.arange(len(scores)), best)
    return np.sort(np.concatenate([best, others[uniform_frames(len(others), k // 2)]])).astype(np.int64)


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


RULES: dict[str, Callable[[Scores, int], Places]] = {
    "inverse_cdf": inverse_cdf_frames,
    "adaptive": adaptive_frames,
    "best": best_frames,
    "best_and_even": best_and_even_frames,
    "uniform": lambda scores, k: uniform_frames(len(scores), k),
}
"""The rules that need nothing but scores."""
