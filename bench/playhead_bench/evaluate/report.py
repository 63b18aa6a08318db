"""The report of a run: a row a strategy, with accuracy, abstention, search and cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from playhead_bench.evaluate.calibration_metrics import CalibrationSummary, calibration_of
from playhead_bench.evaluate.cost_growth import GrowthSummary, growth_of, tokens_a_frame
from playhead_bench.evaluate.grounding import GroundingSummary, grounding_of
from playhead_bench.evaluate.metrics.abstention import AbstentionScores, abstention_scores
from playhead_bench.evaluate.metrics.choice import Accuracy, accuracy, accuracy_by
from playhead_bench.evaluate.metrics.cost import CostSummary, cost_summary
from playhead_bench.evaluate.metrics.overlap import as_windows
from playhead_bench.evaluate.metrics.search import temporal_scores, window_recall_at
from playhead_bench.evaluate.run_rows import Row, cost_of, minutes_of

RECALL_AT = (1, 5, 10)
FRAME_S = 0.5
"""A single frame stands for so long when what was shown is laid beside the gold windows."""


@dataclass(frozen=True, slots=True)
class SearchSummary:
    """How well the gold windows were found, over the questions that have some.

    Args:
        questions: with gold windows.
        recall_at: part of the gold windows half covered by the first k found windows; empty for a
            strategy that puts no windows forward.
        seen: part of the gold windows from which at least one frame was shown to the answerer.
        precision: part of the frames' time that lies in gold windows.
    """

    questions: int
    recall_at: Mapping[int, float]
    seen: float
    precision: float


@dataclass(frozen=True, slots=True)
class StrategySummary:
    """One strategy's line.

    Args:
        name: of the strategy.
        accuracy: of all questions with a gold answer; refusing a question that has none is right.
        by_kind: the same by kind of question.
        by_minutes: the same by the length of the video, in whole minutes.
        abstention: refusals of questions without an answer, and of those with one.
        abstained: questions that were declined.
        unparsed: questions whose replies could not be read; they count as wrong.
        search: how well gold windows were found; None when no question has one.
        cost: means and percentiles.
        prepared_frames: frames shown to describe whole videos, over the run.
        growth: costs by length of video, and beside showing all of the videos.
        grounding: what was cited; None for a strategy that tells none.
        surety: confidence beside what was right; None for a strategy that tells none.
    """

    name: str
    accuracy: Accuracy
    by_kind: Mapping[str, Accuracy]
    by_minutes: Mapping[str, Accuracy]
    abstention: AbstentionScores
    abstained: int
    unparsed: int
    search: SearchSummary | None
    cost: CostSummary
    prepared_frames: int
    growth: GrowthSummary
    grounding: GroundingSummary | None = None
    surety: CalibrationSummary | None = None

    def record(self) -> dict[str, Any]:
        """Plain JSON types."""
        fields = asdict(self)
        fields["accuracy"] = _accuracy(self.accuracy)
        for name in ("by_kind", "by_minutes"):
            fields[name] = {key: _accuracy(value) for key, value in getattr(self, name).items()}
        if self.search is not None:
            fields["search"]["recall_at"] = {str(k): v for k, v in self.search.recall_at.items()}
        return fields


def _accuracy(value: Accuracy) -> dict[str, float]:
    return {**asdict(value), "value": value.value}


def summaries(rows: Sequence[Row], seed: int = 0) -> list[StrategySummary]:
    """A line for each strategy of a run's rows, in the order in which they first come."""
    names, tokens_per_frame = dict.fromkeys(row["strategy"] for row in rows), tokens_a_frame(rows)
    return [
        _summary(name, [row for row in rows if row["strategy"] == name], seed, tokens_per_frame)
        for name in names
    ]


def _summary(name: str, rows: Sequence[Row], seed: int, tokens_per_frame: float | None) -> StrategySummary:
    judged = [row for row in rows if row["right"] is not None]
    right = [bool(row["right"]) for row in judged]
    known = [row for row in rows if row["answerable"] is not None]
    return StrategySummary(
        name,
        accuracy(right, seed),
        accuracy_by([row["kind"] for row in judged], right, seed) if judged else {},
        accuracy_by([minutes_of(row) for row in judged], right, seed) if judged else {},
        abstention_scores([_declined(row) for row in known], [bool(row["answerable"]) for row in known]),
        sum(map(_declined, rows)),
        sum(row["status"] == "unparsed" for row in rows),
        _search(rows),
        cost_summary([cost_of(row) for row in rows]),
        sum(call["frames"] for row in rows for call in row["prepared"]),
        growth_of(rows, tokens_per_frame),
        grounding_of(rows),
        calibration_of(rows),
    )


def _declined(row: Row) -> bool:
    return bool(row["status"] == "abstained")


def _search(rows: Sequence[Row]) -> SearchSummary | None:
    """Only questions about one video: the windows of a sample do not say in which video they lie."""
    with_gold = [row for row in rows if row["windows"] and len(row["videos"]) == 1]
    if not with_gold:
        return None
    gold = [as_windows(row["windows"]) for row in with_gold]
    found = [as_windows([place[1:] for place in row["found"]]) for row in with_gold]
    frame_windows = [as_windows([[t, t + FRAME_S] for t in _frame_times_s(row)]) for row in with_gold]
    has_frame = [_has_frame(_frame_times_s(row), row["windows"]) for row in with_gold]
    recall = window_recall_at(found, gold, RECALL_AT) if any(map(len, found)) else {}
    return SearchSummary(
        len(with_gold),
        {k: float(v) for k, v in recall.items()},
        float(np.mean([part for parts in has_frame for part in parts])),
        temporal_scores(frame_windows, gold).precision,
    )


def _frame_times_s(row: Row) -> list[float]:
    return sorted({t for call in row["calls"] for t in call["times_s"]})


def _has_frame(times_s: Sequence[float], windows: Sequence[Sequence[float]]) -> list[bool]:
    return [any(start_s <= t < end_s for t in times_s) for start_s, end_s in windows]
