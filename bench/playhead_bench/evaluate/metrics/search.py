"""Metrics of search alone: which gold windows were retrieved, and how much else."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_bench.evaluate.metrics.overlap import common_s, covered_s

Array = NDArray[np.float64]
RANKS = (1, 5, 10)
TOLERANCE_S = 5.0


@dataclass(frozen=True, slots=True)
class TemporalScores:
    """Precision, recall and F1 of the retrieved windows, as parts of 1."""

    precision: float
    recall: float
    f1: float


def window_recall_at(
    ranked: Sequence[Array], gold: Sequence[Array], at: Sequence[int] = RANKS, min_covered: float = 0.5
) -> dict[int, float]:
    """Part of all gold windows of which the first k found windows cover at least half, together.

    Args:
        ranked: a question's found windows, best first, (P, 2) in seconds; of one video, or shifted so that
            videos do not overlap.
        gold: its gold windows, (G, 2).
        at: the numbers k.
        min_covered: how much of a gold window must be covered, above 0 up to 1.

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
                found[k] += common_s(rows[:k, :2], window) >= min_covered * covered_s(window)
    return {k: number / total for k, number in found.items()}


def temporal_scores(retrieved: Sequence[Array], gold: Sequence[Array]) -> TemporalScores:
    """Precision, recall and F1 in seconds, averaged over questions; what windows share counts once.

    Args:
        retrieved: the windows that a search passed on, (P, 2), P may be 0: all 0 then.
        gold: the gold windows, (G, 2), G at least 1.

    Raises:
        ValueError: lengths differ, or a question has no gold window.
    """
    _check(retrieved, gold)
    rows = [(common_s(p, g), covered_s(p), covered_s(g)) for p, g in zip(retrieved, gold, strict=True)]
    if any(gold_s == 0 for _, _, gold_s in rows):
        raise ValueError("a question has no gold window")
    return _mean(
        [(both / retrieved_s if retrieved_s else 0.0, both / gold_s) for both, retrieved_s, gold_s in rows]
    )


def frame_scores(
    frames_s: Sequence[Array], gold_s: Sequence[Array], tolerance_s: float = TOLERANCE_S
) -> TemporalScores:
    """Precision, recall and F1 of single frames, as LongVideoHaystack counts them, averaged over questions.

    Ye et al., 2025, arXiv:2504.02259: a frame is right when a gold frame lies within `tolerance_s`, a gold
    frame is found likewise. A question without frames counts as 0, where the official script leaves it out.

    Args:
        frames_s: times of the frames that a search chose, (P,) seconds.
        gold_s: times of the gold frames, (G,), G at least 1.
        tolerance_s: maximum distance of a right frame from a gold frame.

    Raises:
        ValueError: lengths differ, or a question has no gold frame.
    """
    _check(frames_s, gold_s)
    if any(len(times) == 0 for times in gold_s):
        raise ValueError("a question has no gold frame")
    return _mean([_share_within(p, g, tolerance_s) for p, g in zip(frames_s, gold_s, strict=True)])


def _share_within(frames_s: Array, gold_s: Array, tolerance_s: float) -> tuple[float, float]:
    if not len(frames_s):
        return 0.0, 0.0
    within = np.abs(frames_s[:, None] - gold_s) <= tolerance_s
    return float(within.any(axis=1).mean()), float(within.any(axis=0).mean())


def _mean(pairs: Sequence[tuple[float, float]]) -> TemporalScores:
    if not pairs:
        raise ValueError("the mean over questions needs at least one question")
    f1 = [2 * p * r / (p + r) if p + r else 0.0 for p, r in pairs]
    precision, recall = np.mean(pairs, axis=0)
    return TemporalScores(float(precision), float(recall), float(np.mean(f1)))


def _check(found: Sequence[Array], gold: Sequence[Array]) -> None:
    if len(found) != len(gold):
        raise ValueError(f"{len(found)} results for {len(gold)} questions; each needs one, may be empty")
