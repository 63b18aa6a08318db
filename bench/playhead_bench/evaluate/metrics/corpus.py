"""Finding a moment, or a video, among many: TVR's corpus tasks and text-video retrieval."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from playhead_bench.evaluate.metrics.overlap import iou

Array = NDArray[np.float64]
CorpusTask = Literal["VCMR", "SVMR", "VR"]
TASKS: tuple[CorpusTask, ...] = ("VCMR", "SVMR", "VR")
IOUS = (0.5, 0.7)
RANKS = (1, 5, 10, 100)
MAX_PREDICTIONS = 100


def first_ranks(
    task: CorpusTask, predicted: Sequence[Array], videos: Sequence[int], windows: Array, min_iou: float = 0.5
) -> NDArray[np.int64]:
    """The place, from 1, of each query's first right prediction; 0 where none of the first 100 is right.

    Lei et al., 2020, arXiv:2001.09099, with the official script's single precision. VCMR: the video is the
    gold one and the IoU is reached. SVMR: the same, counting places among predictions in the gold video.
    VR: the video is the gold one.

    Args:
        task: VCMR, SVMR or VR.
        predicted: a query's ranked predictions, (P, 3) rows [video number, start_s, end_s]; P may be 0.
        videos: each query's gold video, as a number.
        windows: (Q, 2) each query's gold window in seconds.
        min_iou: IoU from which on a prediction is right.

    Raises:
        ValueError: lengths differ, or the task is none of the three.
    """
    if task not in TASKS:
        raise ValueError(f"no task {task!r}; there are {', '.join(TASKS)}")
    if not len(predicted) == len(videos) == len(windows):
        raise ValueError(f"{len(predicted)} predictions, {len(videos)} videos, {len(windows)} windows")
    golds = np.asarray(windows, dtype=np.float32)
    ranks = np.zeros(len(videos), dtype=np.int64)
    for at, (rows, video) in enumerate(zip(predicted, videos, strict=True)):
        predictions = np.asarray(rows[:MAX_PREDICTIONS, :3], dtype=np.float32)
        right = predictions[:, 0] == video
        if task == "SVMR":
            predictions, right = predictions[right], right[right]
        if task != "VR":
            right = right & (iou(predictions[:, 1:3], golds[at]) >= np.float32(min_iou))
        ranks[at] = right.argmax() + 1 if right.any() else 0
    return ranks


def recalls(ranks: NDArray[np.int64], at: Sequence[int] = RANKS) -> dict[int, float]:
    """Part of the queries whose first right prediction stands at place k or before; 0 for no queries.

    >>> recalls(np.array([1, 0, 7]), (1, 10))
    {1: 0.3333333333333333, 10: 0.6666666666666666}
    """
    return {k: float(((ranks > 0) & (ranks <= k)).mean()) if len(ranks) else 0.0 for k in at}


@dataclass(frozen=True, slots=True)
class RetrievalScores:
    """Text-video retrieval in one direction.

    Args:
        recall_at: part of the queries, of 1, whose right item is among the first k.
        median_rank: of the right items, from 1.
        mean_rank: likewise.
    """

    recall_at: dict[int, float]
    median_rank: float
    mean_rank: float


def retrieval_scores(
    similarities: NDArray[np.floating], gold: Sequence[int] | None = None, at: Sequence[int] = (1, 5, 10)
) -> RetrievalScores:
    """R@k, MedR and MeanR of a similarity matrix; an item as similar as the right one ranks before it.

    Ties go against the system, so a matrix of equal numbers does not look perfect.

    Args:
        similarities: (queries, items), the higher the more alike. Transpose it for the other direction.
        gold: the number of each query's right item; without it, query i belongs to item i.
        at: the places k.

    Raises:
        ValueError: not a matrix, no queries, a nan, or gold that does not fit it.
    """
    if similarities.ndim != 2 or not similarities.size:
        raise ValueError(f"similarities must be (queries, items), got {similarities.shape = }")
    right = np.arange(len(similarities)) if gold is None else np.asarray(gold, dtype=np.int64)
    if len(right) != len(similarities) or not 0 <= right.min() <= right.max() < similarities.shape[1]:
        raise ValueError(f"gold must name one of {similarities.shape[1]} items for each query")
    if np.isnan(similarities).any():
        raise ValueError("similarities hold nan")
    own = similarities[np.arange(len(right)), right]
    ranks = (similarities >= own[:, None]).sum(axis=1)
    return RetrievalScores(recalls(ranks, at), float(np.median(ranks)), float(ranks.mean()))
