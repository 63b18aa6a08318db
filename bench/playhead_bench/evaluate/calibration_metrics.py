"""Calibration of the confidence of a strategy: ECE, AURC and reliability table."""

from collections.abc import Sequence
from dataclasses import dataclass

from playhead_bench.evaluate.metrics.abstention import (
    ReliabilityBin,
    calibration_error,
    reliability,
    risk_coverage,
)
from playhead_bench.evaluate.run_rows import Row

BINS = 10


@dataclass(frozen=True, slots=True)
class CalibrationSummary:
    """Confidence beside what was right, over the judged questions.

    Args:
        answers: that were given, right or wrong; unread ones are wrong.
        calibration_error: ECE of these answers.
        risk_area: AURC of these answers, the lower the better.
        calibration_error_all: ECE with the declined questions too, each with the confidence that the
            strategy stated (the product states 0) and right where there was nothing to answer.
        declined: questions that were declined.
        declined_right: of these, those without an answer.
        bins: the reliability table of the answers.
    """

    answers: int
    calibration_error: float
    risk_area: float
    calibration_error_all: float
    declined: int
    declined_right: int
    bins: tuple[ReliabilityBin, ...]


def calibration_of(rows: Sequence[Row]) -> CalibrationSummary | None:
    """The summary of a strategy's rows; None for one without confidences or answers."""
    with_confidence = [row for row in rows if row.get("confidence") is not None and row["right"] is not None]
    answered = [row for row in with_confidence if row["status"] != "abstained"]
    if not answered:
        return None
    confidences, right = [row["confidence"] for row in answered], [row["right"] for row in answered]
    declined = [row for row in with_confidence if row["status"] == "abstained"]
    return CalibrationSummary(
        len(answered),
        calibration_error(confidences, right, BINS),
        risk_coverage(confidences, right).area,
        calibration_error(
            [row["confidence"] for row in with_confidence], [row["right"] for row in with_confidence], BINS
        ),
        len(declined),
        sum(bool(row["right"]) for row in declined),
        tuple(reliability(confidences, right, BINS)),
    )
