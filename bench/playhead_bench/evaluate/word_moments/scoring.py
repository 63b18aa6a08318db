"""From predictions to the official numbers of QVHighlights, and the table beside its peers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playhead_bench.evaluate.metrics.highlights import gold_saliency, highlight_scores
from playhead_bench.evaluate.metrics.moments import moment_scores

COLUMNS = ("R1@0.5", "R1@0.7", "mAP", "Hit@1")
PEERS: Mapping[str, tuple[float, ...]] = {
    "VTG-GPT, training-free": (59.0, 38.9, 35.6, 61.1),
    "BM25 alone": (49.0, 30.2, 29.6, 55.1),
    "Moment-DETR, trained": (53.9, 34.8, 32.2, 55.6),
}
"""On all 1,550 queries of the validation set, from the same captions but for Moment-DETR, which sees."""


def scores_of(predictions: Sequence[Mapping[str, Any]], truth: Sequence[Mapping[str, Any]]) -> list[float]:
    """The four numbers of `COLUMNS`, in percent.

    Args:
        predictions: rows of a QVHighlights prediction file.
        truth: the gold rows of the same queries, in the same order.
    """
    moments = moment_scores(
        [np.array(row["pred_relevant_windows"], dtype=np.float64).reshape(-1, 3) for row in predictions],
        [np.array(row["relevant_windows"], dtype=np.float64) for row in truth],
    )
    highlights = highlight_scores(
        [np.array(row["pred_saliency_scores"], dtype=np.float64) for row in predictions],
        [gold_saliency(row["duration"], row["relevant_clip_ids"], row["saliency_scores"]) for row in truth],
    )
    recall = moments.recall_at_1
    hit = highlights["VeryGood"].hit_at_1
    return [100 * each for each in (recall[0.5], recall[0.7], moments.mean_average_precision, hit)]


def table(rows: Mapping[str, Sequence[float]]) -> str:
    """Our rows above the peers', as Markdown."""
    lines = [f"| | {' | '.join(COLUMNS)} |", "|---|" + "---|" * len(COLUMNS)]
    for name, numbers in {**rows, **PEERS}.items():
        lines.append(f"| {name} | {' | '.join(f'{number:.1f}' for number in numbers)} |")
    return "\n".join(lines)
