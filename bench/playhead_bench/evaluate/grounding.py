"""How well the answers of a strategy are grounded: the windows that it cites beside the gold windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from playhead_bench.evaluate.metrics.citations import Citation, CitationScores, count_windows, micro
from playhead_bench.evaluate.metrics.grounded import GROUNDED_IOP, grounding_scores
from playhead_bench.evaluate.metrics.overlap import as_windows, set_iou
from playhead_bench.evaluate.run_rows import Row
from playhead_index.window import Window


@dataclass(frozen=True, slots=True)
class GroundingSummary:
    """What was cited, over the questions with gold windows in one video; parts of 1.

    Args:
        questions: with an answer and gold windows; a declined one has cited nothing.
        mean_iou: intersection over union of the first cited window (NExT-GQA: Xiao et al., 2024).
        mean_set_iou: of all cited with all gold windows (CG-Bench: Chen et al., 2025).
        iop_at_half: questions whose first cited window lies half in a gold window (IoP 0.5 or more).
        grounded_accuracy: Acc@GQA: of these, those answered right, as a part of all.
        answers: that were given, which the citations are counted over.
        citations: micro precision, recall and F1; a citation is right when half of it lies in gold windows.
    """

    questions: int
    mean_iou: float
    mean_set_iou: float
    iop_at_half: float
    grounded_accuracy: float
    answers: int
    citations: CitationScores


def grounding_of(rows: Sequence[Row]) -> GroundingSummary | None:
    """The summary of a strategy's rows; None for one that never tells what its answers stand on."""
    with_gold = [row for row in rows if row["windows"] and len(row["videos"]) == 1 and row["answerable"]]
    with_gold = [row for row in with_gold if row["right"] is not None]
    if not with_gold or all(row.get("cited") is None for row in with_gold):
        return None
    cited = [as_windows([place[1:] for place in _cited(row)]) for row in with_gold]
    gold = [as_windows(row["windows"]) for row in with_gold]
    scores = grounding_scores(cited, gold, [row["right"] for row in with_gold])
    answered = [row for row in with_gold if row["status"] == "answered"]
    ious = [set_iou(one, other) for one, other in zip(cited, gold, strict=True)]
    return GroundingSummary(
        len(with_gold),
        scores.mean_iou,
        float(np.mean(ious)),
        scores.iop_at[GROUNDED_IOP],
        scores.grounded_accuracy or 0.0,
        len(answered),
        micro([count_windows(_citations(row), _gold(row)) for row in answered]),
    )


def _cited(row: Row) -> Sequence[Sequence[Any]]:
    return [] if row["status"] == "abstained" else row.get("cited") or []


def _citations(row: Row) -> list[Citation]:
    return [Citation(video_id, Window(start_s, end_s)) for video_id, start_s, end_s in _cited(row)]


def _gold(row: Row) -> list[Citation]:
    return [Citation(row["videos"][0], Window(start_s, end_s)) for start_s, end_s in row["windows"]]
