"""Moment retrieval where some queries have no moment: NA-VMR (Flanagan et al., 2025, WACV)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from playhead_bench.evaluate.metrics.moments import first_ious, recall_at_1

Array = NDArray[np.float64]
THRESHOLDS = (0.3, 0.5, 0.7)


@dataclass(frozen=True, slots=True)
class NegativeScores:
    """What was reached on queries with and without a moment, as parts of 1.

    Args:
        positives: queries with a moment.
        negatives: queries without one.
        rejection_accuracy: negatives that were rejected; 0 without negatives.
        acceptance_accuracy: positives that were not rejected; 0 without positives.
        recall_at_1: positives found at each IoU, a rejected one a miss.
        recall_at_1_accepted: the same over the accepted positives alone.
        mean_iou: over the positives, a rejected one 0.
    """

    positives: int
    negatives: int
    rejection_accuracy: float
    acceptance_accuracy: float
    recall_at_1: dict[float, float]
    recall_at_1_accepted: dict[float, float]
    mean_iou: float


def is_negative(gold: Array) -> bool:
    """Whether gold windows say that the video holds no such moment: none, or [[0, 0]]."""
    return len(gold) == 0 or bool((gold[:, :2] == 0).all())


def negative_scores(
    predicted: Sequence[Array], gold: Sequence[Array], rejected: ArrayLike | None = None
) -> NegativeScores:
    """Rejection accuracy on negatives, R1 on positives.

    Args:
        predicted: a query's windows, (P, 2 or 3), the first is scored; none or [[0, 0]] rejects the query.
        gold: its gold windows; none or [[0, 0]] marks a negative.
        rejected: (Q,) bool, what a model's own decision says; it adds to what the windows say.

    Raises:
        ValueError: lengths differ.
    """
    decisions = np.zeros(len(gold), dtype=bool) if rejected is None else np.asarray(rejected, dtype=bool)
    if not len(predicted) == len(gold) == len(decisions):
        raise ValueError(f"{len(predicted)} predictions, {len(decisions)} decisions, {len(gold)} queries")
    refused = decisions | np.array([is_negative(rows) for rows in predicted], dtype=bool)
    negative = np.array([is_negative(rows) for rows in gold], dtype=bool)
    places = np.flatnonzero(~negative).tolist()
    ious = first_ious([predicted[at] for at in places], [gold[at] for at in places])
    ious[refused[places]] = 0.0
    return NegativeScores(
        len(places),
        int(negative.sum()),
        _part(refused[negative]),
        _part(~refused[places]),
        recall_at_1(ious, THRESHOLDS),
        recall_at_1(ious[~refused[places]], THRESHOLDS),
        float(ious.mean()) if len(ious) else 0.0,
    )


def _part(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else 0.0
