"""Readers of benchmarks' questions, and writers of predictions in the form that their scripts read."""

from playhead_bench.evaluate.formats.read_write import read, read_predictions, write
from playhead_bench.evaluate.formats.records import (
    BadRow,
    CitedSentence,
    Dataset,
    FormatError,
    FormatUnreadable,
    Prediction,
    Predictions,
    PredictionsInvalid,
    Ranked,
)
from playhead_bench.evaluate.formats.table import FORMATS, Format

__all__ = [
    "FORMATS",
    "BadRow",
    "CitedSentence",
    "Dataset",
    "Format",
    "FormatError",
    "FormatUnreadable",
    "Prediction",
    "Predictions",
    "PredictionsInvalid",
    "Ranked",
    "read",
    "read_predictions",
    "write",
]
