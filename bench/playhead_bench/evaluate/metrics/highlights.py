"""Highlight detection of QVHighlights: mAP and Hit@1 against three annotators, as the official script.

Lei et al., 2021, arXiv:2107.09609; average precision by the distinct scores of the clips, interpolated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
CLIP_S = 2.0
LEVELS = {"Fair": 2, "Good": 3, "VeryGood": 4}
"""The least saliency, of 0 to 4, with which a clip counts as a highlight."""


@dataclass(frozen=True, slots=True)
class HighlightScores:
    """What highlight detection reached, as parts of 1.

    Args:
        average_precision: mean over queries and annotators.
        hit_at_1: part of the queries whose best clip is a highlight for at least one annotator.
    """

    average_precision: float
    hit_at_1: float


def gold_saliency(duration_s: float, clip_ids: Sequence[int], scores: Sequence[Sequence[int]]) -> Array:
    """Saliency of every 2 s clip of a video: (clips, 3) float64, 0 outside the relevant clips.

    Args:
        duration_s: of the video; a rest shorter than a clip is left out.
        clip_ids: the relevant clips, from 0.
        scores: three annotators' scores, 0 to 4, of each relevant clip.

    Raises:
        ValueError: not as many scores as clips, or a clip outside the video.
    """
    full = np.zeros((int(duration_s / CLIP_S), 3))
    if len(clip_ids) != len(scores):
        raise ValueError(f"{len(clip_ids)} relevant clips, {len(scores)} saliency scores")
    if len(clip_ids):
        if not 0 <= min(clip_ids) <= max(clip_ids) < len(full):
            raise ValueError(f"relevant clips {min(clip_ids)} to {max(clip_ids)}, the video has {len(full)}")
        full[np.asarray(clip_ids)] = np.asarray(scores, dtype=np.float64)
    return full


def highlight_scores(predicted: Sequence[Array], gold: Sequence[Array]) -> dict[str, HighlightScores]:
    """The scores of every level in `LEVELS`.

    Args:
        predicted: one score a clip, (P,), the higher the better; too many for AP are cut, too few filled
            with 0. An empty array is a miss.
        gold: (clips, 3) saliency of each query, from `gold_saliency`.

    Raises:
        ValueError: not as many predictions as gold, or no queries.
    """
    if len(predicted) != len(gold) or not gold:
        raise ValueError(f"{len(predicted)} predictions for {len(gold)} queries, at least 1 each")
    scores, saliency = _padded(predicted, gold)
    empty = np.array([len(each) == 0 for each in predicted])
    found = {}
    for name, min_saliency in LEVELS.items():
        precisions = _average_precisions(scores, saliency >= min_saliency)
        precisions[empty] = 0.0
        hits = [_hit(each, rows >= min_saliency) for each, rows in zip(predicted, gold, strict=True)]
        found[name] = HighlightScores(float(precisions.mean()), float(np.mean(hits)))
    return found


def _hit(scores: Array, highlights: NDArray[np.bool_]) -> bool:
    if not len(scores):
        return False
    best = int(np.argmax(scores))
    return best < len(highlights) and bool(highlights[best].any())


def _padded(predicted: Sequence[Array], gold: Sequence[Array]) -> tuple[Array, Array]:
    """Scores (Q, C), -inf after a video's end, and saliency (Q, C, 3), 0 there."""
    max_clips = max(len(rows) for rows in gold)
    scores, saliency = np.full((len(gold), max_clips), -np.inf), np.zeros((len(gold), max_clips, 3))
    for at, (each, rows) in enumerate(zip(predicted, gold, strict=True)):
        clips = len(rows)
        scores[at, :clips] = 0.0
        scores[at, : min(clips, len(each))] = each[:clips]
        saliency[at, :clips] = rows
    return scores, saliency


def _average_precisions(scores: Array, highlights: NDArray[np.bool_]) -> Array:
    """Average precision of every query and annotator: (Q, C), (Q, C, 3) to (Q, 3).

    Clips with equal scores come as one step, and each distinct recall counts once.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    ordered = np.take_along_axis(scores, order, axis=1)
    labels = np.take_along_axis(highlights, order[:, :, None], axis=1)
    last = np.ones(ordered.shape, dtype=bool)
    last[:, :-1] = ordered[:, :-1] != ordered[:, 1:]
    right = labels.cumsum(axis=1)
    at_steps = np.where(last[:, :, None], right, 0)
    precision = at_steps / np.arange(1, scores.shape[1] + 1)[:, None]
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    before = np.zeros_like(at_steps)
    before[:, 1:] = np.maximum.accumulate(at_steps, axis=1)[:, :-1]
    rises = at_steps > before
    return np.asarray((envelope * rises).sum(axis=1) / np.maximum(rises.sum(axis=1), 1))
