"""Whether a strategy is right as often as it says that it is sure."""

from collections.abc import Sequence
from dataclasses import dataclass

from playhead_bench.evaluate.metrics.abstention import (
    ReliabilityBin,
    calibration_error,
    reliability,
    risk_coverage,
)
from playhead_bench.evaluate.rows import Row

BINS = 10


@dataclass(frozen=True, slots=True)
class CalibrationSummary:
    """Confidence beside what was right, over the judged questions.

    Args:
        answers: that were given, right or wrong; unread ones are wrong.
        calibration_error: ECE of these answers.
        risk_area: AURC of these answers, the lower the better.
        calibration_error_all: ECE with the declined questions too, each with the confidence that the
            strategy told (the product tells 0) and right where there was nothing to answer.
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


def surety_of(rows: Sequence[Row]) -> CalibrationSummary | None:
    """The summary of a strategy's rows; None for one that tells no confidence, or that never answers."""
    told = [row for row in rows if row.get("confidence") is not None and row["right"] is not None]
    given = [row for row in told if row["status"] != "abstained"]
    if not given:
        return None
    sure, right = [row["confidence"] for row in given], [row["right"] for row in given]
    declined = [row for row in told if row["status"] == "abstained"]
    return CalibrationSummary(
        len(given),
        calibration_error(sure, right, BINS),
        risk_coverage(sure, right).area,
        calibration_error([row["confidence"] for row in told], [row["right"] for row in told], BINS),
        len(declined),
        sum(bool(row["right"]) for row in declined),
        tuple(reliability(sure, right, BINS)),
    )
