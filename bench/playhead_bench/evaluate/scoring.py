"""What all scorers share: predictions laid beside the truth, what is missing counted, official rounding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from playhead_bench.evaluate.formats.records import Dataset
from playhead_bench.evaluate.predictions import Array, Entry, RowUnscorable, ScoreError, scored_windows

WINDOW_KEYS = ("pred_relevant_windows", "timestamp", "timestamps", "windows", "span", "pred_window")


@dataclass(frozen=True, slots=True)
class MatchedPredictions:
    """Predictions in the order of the truth.

    Args:
        ids: of the truth.
        predictions: a prediction for each, None where there is none.
        unknown: how many predictions the truth does not know.
    """

    ids: tuple[str, ...]
    predictions: tuple[Entry | None, ...]
    unknown: int

    def counts(self) -> dict[str, float]:
        """Numbers of questions, of questions without a prediction, and of predictions without a question."""
        missing = sum(entry is None for entry in self.predictions)
        return {"total": len(self.ids), "missing": missing, "unknown": self.unknown}

    def empty(self, predicted: Sequence[Array]) -> int:
        """How many predictions are there but hold no window."""
        rows = zip(self.predictions, predicted, strict=True)
        return sum(entry is not None and not len(windows) for entry, windows in rows)


def match_predictions(ids: Sequence[str], predictions: Mapping[str, Entry]) -> MatchedPredictions:
    """The predictions beside the truth.

    Raises:
        ScoreError: the truth is empty, or no prediction is of it.
    """
    if not ids:
        raise ScoreError("the truth holds nothing that can be scored")
    known = set(ids)
    unknown = sum(row_id not in known for row_id in predictions)
    if unknown == len(predictions):
        got = next(iter(predictions), None)
        raise ScoreError(f"no prediction is of this truth: ids such as {got!r}, expected such as {ids[0]!r}")
    return MatchedPredictions(tuple(ids), tuple(predictions.get(row_id) for row_id in ids), unknown)


def windows_in(entry: Entry) -> Array:
    """The windows of a prediction, from the first of `WINDOW_KEYS`: (P, 3) rows [start_s, end_s, score].

    Raises:
        RowUnscorable: they are no windows.
    """
    return scored_windows(entry, entry.field(WINDOW_KEYS))


def predicted_windows(pairs: MatchedPredictions) -> list[Array]:
    """The windows of all predictions in the order of the truth, none where there is no prediction.

    Raises:
        RowUnscorable: some are no windows.
    """
    return [np.zeros((0, 3)) if entry is None else windows_in(entry) for entry in pairs.predictions]


def require_complete(dataset: Dataset, path: Path) -> Dataset:
    """The dataset, when all its rows could be read.

    Raises:
        RowUnscorable: one could not.
    """
    for row in dataset.bad_rows:
        raise RowUnscorable(row.where, "", f"{row.why}; in the truth {path.name}")
    return dataset


def percent(part: float) -> float:
    """A part of 1 in percent with two decimals, rounded as the official scripts round.

    >>> percent(0.5393548)
    53.94
    """
    return float(f"{100 * part:.2f}")
