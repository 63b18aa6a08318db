"""Answers with the windows they rest on: NExT-GQA and CG-Bench."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from playhead_bench.evaluate.metrics.overlap import iop, iou, set_iou

Array = NDArray[np.float64]
GQA_THRESHOLDS = (0.3, 0.5)
CG_THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5)
GROUNDED_IOP = 0.5


@dataclass(frozen=True, slots=True)
class GroundingScores:
    """NExT-GQA's table, as parts of 1 (Xiao et al., 2024, arXiv:2309.01327).

    Args:
        mean_iop: intersection over prediction, with the gold window where it is highest.
        mean_iou: intersection over union, likewise.
        iop_at: part of the questions that reach an IoP.
        iou_at: part of the questions that reach an IoU.
        accuracy: right answers; None without answers.
        grounded_accuracy: right answers whose window has IoP 0.5 or more; None without answers.
    """

    mean_iop: float
    mean_iou: float
    iop_at: dict[float, float]
    iou_at: dict[float, float]
    accuracy: float | None
    grounded_accuracy: float | None


def grounding_scores(
    predicted: Sequence[Array], gold: Sequence[Array], correct: ArrayLike | None = None
) -> GroundingScores:
    """NExT-GQA's metrics over all questions.

    A question without a predicted window counts as a miss, where the official script leaves it out; with a
    window for every question the two agree.

    Args:
        predicted: a question's window as (1, 2) or (0, 2) rows of seconds; of several the first is scored.
        gold: a question's gold windows, (G, 2), G at least 1.
        correct: (N,) bool, whether the answer is right.

    Raises:
        ValueError: lengths differ, there are no questions, or one has no gold window.
    """
    _check(predicted, gold)
    best = np.array([_best(rows, windows) for rows, windows in zip(predicted, gold, strict=True)])
    iops, ious = best[:, 0], best[:, 1]
    right = None if correct is None else np.asarray(correct, dtype=bool)
    if right is not None and len(right) != len(gold):
        raise ValueError(f"{len(right)} answers for {len(gold)} questions")
    return GroundingScores(
        float(iops.mean()),
        float(ious.mean()),
        {threshold: float((iops >= threshold).mean()) for threshold in GQA_THRESHOLDS},
        {threshold: float((ious >= threshold).mean()) for threshold in GQA_THRESHOLDS},
        None if right is None else float(right.mean()),
        None if right is None else float((right & (iops >= GROUNDED_IOP)).mean()),
    )


@dataclass(frozen=True, slots=True)
class ClueScores:
    """CG-Bench's white-box table, as parts of 1 (Chen et al., 2025, arXiv:2412.12075).

    Args:
        mean_iou: IoU of all predicted with all gold intervals, averaged over questions.
        recall_at_iou: part of the questions that reach IoU 0.1 to 0.5, averaged over these five.
        long_accuracy: right answers; None without answers.
        accuracy_at_iou: right answers that reach the IoU, averaged likewise; None without answers.
    """

    mean_iou: float
    recall_at_iou: float
    long_accuracy: float | None
    accuracy_at_iou: float | None


def clue_scores(
    predicted: Sequence[Array], gold: Sequence[Array], correct: ArrayLike | None = None
) -> ClueScores:
    """CG-Bench's mIoU, rec@IoU, long_acc and acc@IoU.

    Args:
        predicted: a question's predicted intervals as (P, 2) rows of seconds, P may be 0.
        gold: its `clue_intervals`, (G, 2), G at least 1.
        correct: (N,) bool, whether the answer from the long video is right.

    Raises:
        ValueError: lengths differ, there are no questions, or one has no gold interval.
    """
    _check(predicted, gold)
    ious = np.array([set_iou(rows, clues) for rows, clues in zip(predicted, gold, strict=True)])
    reached = ious >= np.asarray(CG_THRESHOLDS)[:, None]
    if correct is None:
        return ClueScores(float(ious.mean()), float(reached.mean()), None, None)
    right = np.asarray(correct, dtype=bool)
    if len(right) != len(gold):
        raise ValueError(f"{len(right)} answers for {len(gold)} questions")
    at_iou = float((reached & right).mean())
    return ClueScores(float(ious.mean()), float(reached.mean()), float(right.mean()), at_iou)


def _best(rows: Array, gold: Array) -> tuple[float, float]:
    if not len(rows):
        return 0.0, 0.0
    first = rows[0, :2]
    return float(iop(first, gold).max()), float(iou(first, gold).max())


def _check(predicted: Sequence[Array], gold: Sequence[Array]) -> None:
    if len(predicted) != len(gold) or not gold:
        raise ValueError(f"{len(predicted)} predictions for {len(gold)} questions; need as many, at least 1")
    if any(len(rows) == 0 for rows in gold):
        raise ValueError("a question has no gold window; leave it out of grounding")
