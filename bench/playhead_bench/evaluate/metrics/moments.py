"""Moment retrieval: R1@IoU, mAP@IoU and mIoU, as QVHighlights' official script computes them.

Lei et al., 2021, arXiv:2107.09609. Two differences, both where the official script stops or leaves a
query out: a query without a prediction is a miss in every number, and so is an empty or reversed window.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_bench.evaluate.metrics.overlap import iou, iou_by_lengths

Array = NDArray[np.float64]
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
LENGTHS_S = {"short": (0.0, 10.0), "middle": (10.0, 30.0), "long": (30.0, 150.0)}
"""Gold windows by length: above the first number, up to and with the second."""
MAX_PREDICTIONS = 10
_CHUNK = 2_048


@dataclass(frozen=True, slots=True)
class MomentScores:
    """What moment retrieval reached on some queries, as parts of 1, by IoU threshold.

    Args:
        queries: how many queries were scored; with none, everything is 0.
        recall_at_1: part of the queries whose first prediction reaches the threshold.
        average_precision: mean over the queries of the average precision at the threshold.
    """

    queries: int
    recall_at_1: dict[float, float]
    average_precision: dict[float, float]

    @property
    def mean_average_precision(self) -> float:
        """The average precision, averaged over the thresholds too."""
        values = list(self.average_precision.values())
        return float(np.mean(values)) if values else 0.0


def moment_scores(
    predicted: Sequence[Array], gold: Sequence[Array], thresholds: Sequence[float] = THRESHOLDS
) -> MomentScores:
    """R1 and mAP of some queries.

    Args:
        predicted: a query's windows as (P, 3) rows [start_s, end_s, score]. The first row is the one that
            R1 is about; mAP takes the first ten and orders them by score. P may be 0: a miss.
        gold: a query's gold windows as (G, 2) rows [start_s, end_s], G at least 1.
        thresholds: IoU from which on a prediction is right.

    Raises:
        ValueError: not as many predictions as gold, or a query without a gold window.
    """
    precisions = average_precisions(predicted, gold, thresholds)
    ious = first_ious(predicted, gold)
    if not len(ious):
        return MomentScores(0, dict.fromkeys(thresholds, 0.0), dict.fromkeys(thresholds, 0.0))
    return MomentScores(
        len(ious),
        recall_at_1(ious, thresholds),
        {threshold: float(precisions[:, at].mean()) for at, threshold in enumerate(thresholds)},
    )


def moment_scores_by_length(predicted: Sequence[Array], gold: Sequence[Array]) -> dict[str, MomentScores]:
    """The scores of `full`, `short`, `middle` and `long`.

    A query counts in a length when a gold window has it; only those gold windows count then.

    Args:
        predicted: as in `moment_scores`.
        gold: as in `moment_scores`.

    Raises:
        ValueError: as in `moment_scores`.
    """
    scores = {"full": moment_scores(predicted, gold)}
    for name, (above_s, max_s) in LENGTHS_S.items():
        gold_of_length = [rows[_of_length(rows, above_s, max_s)] for rows in gold]
        queries = [at for at, rows in enumerate(gold_of_length) if len(rows)]
        scores[name] = moment_scores(
            [predicted[at] for at in queries], [gold_of_length[at] for at in queries]
        )
    return scores


def first_ious(predicted: Sequence[Array], gold: Sequence[Array]) -> Array:
    """IoU of each query's first prediction with the gold window that it overlaps most: (Q,) float64.

    0 where nothing was predicted.

    Raises:
        ValueError: as in `moment_scores`.
    """
    _check(predicted, gold)
    best = np.zeros(len(gold))
    for at, (rows, windows) in enumerate(zip(predicted, gold, strict=True)):
        if len(rows):
            nearest = int(np.argmax(iou_by_lengths(rows[:1, :2], windows)))
            best[at] = iou(rows[0, :2], windows[nearest])
    return best


def recall_at_1(ious: Array, thresholds: Sequence[float] = (0.3, 0.5, 0.7)) -> dict[float, float]:
    """Part of the queries whose first prediction reaches each IoU; 0 for no queries.

    >>> recall_at_1(np.array([0.5, 0.2]))
    {0.3: 0.5, 0.5: 0.5, 0.7: 0.0}
    """
    return {threshold: float((ious >= threshold).mean()) if len(ious) else 0.0 for threshold in thresholds}


def average_precisions(
    predicted: Sequence[Array],
    gold: Sequence[Array],
    thresholds: Sequence[float] = THRESHOLDS,
    max_predictions: int = MAX_PREDICTIONS,
) -> Array:
    """Interpolated average precision of every query at every threshold: (Q, T) float64.

    Predictions are taken by falling score, equal scores in the order in which they were written. Each
    takes the free gold window that it overlaps most, the later one of two that it overlaps alike.

    Raises:
        ValueError: as in `moment_scores`.
    """
    _check(predicted, gold)
    limits = np.asarray(thresholds, dtype=np.float64)
    chunks = [np.zeros((0, len(limits)))]
    for start in range(0, len(gold), _CHUNK):
        part = slice(start, start + _CHUNK)
        ranked = [_ranked(rows[:max_predictions]) for rows in predicted[part]]
        chunks.append(_average_precisions(ranked, gold[part], limits))
    return np.concatenate(chunks)


def _average_precisions(ranked: Sequence[Array], gold: Sequence[Array], limits: Array) -> Array:
    windows, is_prediction = _padded(ranked)
    golds, real = _padded(gold)
    ious = np.where(real[:, None], iou_by_lengths(windows[:, :, None], golds[:, None]), -1.0)
    hits = _hits(ious, limits) & is_prediction[:, None]
    right = hits.cumsum(axis=2)
    precision = right / np.arange(1, hits.shape[2] + 1)
    precision[~np.broadcast_to(is_prediction[:, None], precision.shape)] = 0.0
    envelope = np.maximum.accumulate(precision[:, :, ::-1], axis=2)[:, :, ::-1]
    return np.asarray((envelope * hits).sum(axis=2) / real.sum(axis=1)[:, None])


def _hits(ious: Array, limits: Array) -> NDArray[np.bool_]:
    """Which predictions find a gold window that no earlier one took: (Q, P, G), (T,) to (Q, T, P)."""
    queries, predictions, golds = ious.shape
    free = np.ones((queries, len(limits), golds), dtype=bool)
    hits = np.zeros((queries, len(limits), predictions), dtype=bool)
    for rank in range(predictions):
        here = ious[:, None, rank]
        open_to = np.where(free & (here >= limits[:, None]), here, -1.0)
        chosen = golds - 1 - open_to[:, :, ::-1].argmax(axis=2)
        hits[:, :, rank] = np.take_along_axis(open_to, chosen[:, :, None], axis=2)[:, :, 0] >= 0
        query, limit = np.nonzero(hits[:, :, rank])
        free[query, limit, chosen[query, limit]] = False
    return hits


def _ranked(rows: Array) -> Array:
    return rows[np.argsort(-rows[:, 2], kind="stable"), :2]


def _padded(rows: Sequence[Array]) -> tuple[Array, NDArray[np.bool_]]:
    lengths = np.array([len(each) for each in rows], dtype=np.int64)
    is_row = np.arange(max(lengths.max(initial=1), 1)) < lengths[:, None]
    padded = np.zeros((*is_row.shape, 2))
    padded[is_row] = np.concatenate(rows) if len(rows) else np.zeros((0, 2))
    return padded, is_row


def _of_length(rows: Array, above_s: float, max_s: float) -> NDArray[np.bool_]:
    lengths = rows[:, 1] - rows[:, 0]
    return np.asarray((lengths > above_s) & (lengths <= max_s))


def _check(predicted: Sequence[Array], gold: Sequence[Array]) -> None:
    if len(predicted) != len(gold):
        raise ValueError(f"{len(predicted)} predictions for {len(gold)} queries, which must be as many")
    if any(len(rows) == 0 for rows in gold):
        raise ValueError("a query has no gold window; negatives are scored by `negatives`")
