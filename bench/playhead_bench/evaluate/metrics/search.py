"""Search alone, before anything is answered: which gold windows were looked at, and how much else."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_bench.evaluate.metrics.overlap import common_s, covered_s

Array = NDArray[np.float64]
RANKS = (1, 5, 10)
NEAR_S = 5.0


@dataclass(frozen=True, slots=True)
class TemporalScores:
    """Precision, recall and F1 of what a search looked at, as parts of 1."""

    precision: float
    recall: float
    f1: float


def window_recall_at(
    ranked: Sequence[Array], gold: Sequence[Array], at: Sequence[int] = RANKS, least_covered: float = 0.5
) -> dict[int, float]:
    """Part of all gold windows of which the first k found windows cover at least half, together.

    Args:
        ranked: a question's found windows, best first, (P, 2) in seconds; of one video, or shifted so that
            videos do not overlap.
        gold: its gold windows, (G, 2).
        at: the numbers k.
        least_covered: how much of a gold window must be covered, above 0 up to 1.

    Raises:
        ValueError: lengths differ, or there is no gold window at all.
    """
    _check(ranked, gold)
    total = sum(len(windows) for windows in gold)
    if not total:
        raise ValueError("recall needs at least one gold window")
    found = dict.fromkeys(at, 0)
    for rows, windows in zip(ranked, gold, strict=True):
        for window in windows[:, None]:
            for k in at:
                found[k] += common_s(rows[:k, :2], window) >= least_covered * covered_s(window)
    return {k: number / total for k, number in found.items()}


def temporal_scores(looked_at: Sequence[Array], gold: Sequence[Array]) -> TemporalScores:
    """Precision, recall and F1 in seconds, averaged over questions; what windows share counts once.

    Args:
        looked_at: the windows that a search passed on, (P, 2), P may be 0: all 0 then.
        gold: the gold windows, (G, 2), G at least 1.

    Raises:
        ValueError: lengths differ, or a question has no gold window.
    """
    _check(looked_at, gold)
    rows = [(common_s(p, g), covered_s(p), covered_s(g)) for p, g in zip(looked_at, gold, strict=True)]
    if any(wanted == 0 for _, _, wanted in rows):
        raise ValueError("a question has no gold window")
    return _mean([(both / seen if seen else 0.0, both / wanted) for both, seen, wanted in rows])


def frame_scores(
    frames_s: Sequence[Array], gold_s: Sequence[Array], near_s: float = NEAR_S
) -> TemporalScores:
    """Precision, recall and F1 of single frames, as LongVideoHaystack counts them, averaged over questions.

    Ye et al., 2025, arXiv:2504.02259: a frame is right when a gold frame lies within `near_s`, a gold frame
    is found likewise. A question without frames counts as 0, where the official script leaves it out.

    Args:
        frames_s: times of the frames that a search chose, (P,) seconds.
        gold_s: times of the gold frames, (G,), G at least 1.
        near_s: how near is near enough.

    Raises:
        ValueError: lengths differ, or a question has no gold frame.
    """
    _check(frames_s, gold_s)
    if any(len(times) == 0 for times in gold_s):
        raise ValueError("a question has no gold frame")
    return _mean([_near(p, g, near_s) for p, g in zip(frames_s, gold_s, strict=True)])


def _near(frames_s: Array, gold_s: Array, near_s: float) -> tuple[float, float]:
    if not len(frames_s):
        return 0.0, 0.0
    near = np.abs(frames_s[:, None] - gold_s) <= near_s
    return float(near.any(axis=1).mean()), float(near.any(axis=0).mean())


def _mean(pairs: Sequence[tuple[float, float]]) -> TemporalScores:
    if not pairs:
        raise ValueError("the mean over questions needs at least one question")
    f1 = [2 * p * r / (p + r) if p + r else 0.0 for p, r in pairs]
    precision, recall = np.mean(pairs, axis=0)
    return TemporalScores(float(precision), float(recall), float(np.mean(f1)))


def _check(found: Sequence[Array], gold: Sequence[Array]) -> None:
    if len(found) != len(gold):
        raise ValueError(f"{len(found)} results for {len(gold)} questions; each needs one, may be empty")
