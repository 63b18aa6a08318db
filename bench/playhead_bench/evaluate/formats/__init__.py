"""Readers of benchmarks' questions, and writers of predictions in the form that their scripts read."""

from playhead_bench.evaluate.formats.read_write import read, read_predictions, write
from playhead_bench.evaluate.formats.records import (
    BadRow,
    Dataset,
    FormatError,
    FormatUnreadable,
    Prediction,
    Predictions,
    PredictionsInvalid,
    RankedWindow,
    ReportSentence,
)
from playhead_bench.evaluate.formats.registry import FORMATS, Format

__all__ = [
    "FORMATS",
    "BadRow",
    "Dataset",
    "Format",
    "FormatError",
    "FormatUnreadable",
    "Prediction",
    "Predictions",
    "PredictionsInvalid",
    "RankedWindow",
    "ReportSentence",
    "read",
    "read_predictions",
    "write",
]
