"""Whether a system knows when not to answer: rejection, risk against coverage, calibration."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AbstentionScores:
    """How often a system declined, as parts of 1.

    Args:
        rejection_accuracy: unanswerable questions that it declined; 0 when there were none.
        false_rejection: answerable questions that it declined; 0 when there were none.
        answerable: how many questions have an answer.
        unanswerable: how many have none.
    """

    rejection_accuracy: float
    false_rejection: float
    answerable: int
    unanswerable: int


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The risk-coverage curve: the error among the most confident answers, by their share.

    Args:
        coverages: (N,) shares of the answers, 1/N to 1.
        risks: (N,) shares of these answers that are wrong.
    """

    coverages: Array
    risks: Array

    @property
    def area(self) -> float:
        """AURC: the mean of the risks over all coverages; the lower the better.

        Geifman, Uziel and El-Yaniv, 2019, arXiv:1805.08206.
        """
        return float(self.risks.mean())

    def coverage_at(self, max_risk: float) -> float:
        """The largest part that can be answered with at most this risk; 0 when none can.

        >>> risk_coverage([0.9, 0.8, 0.1], [True, True, False]).coverage_at(0.1).__round__(3)
        0.667
        """
        return float(np.max(self.coverages, where=self.risks <= max_risk, initial=0.0))


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The answers whose confidence lies in (low, high]; the first bin holds 0 too.

    Args:
        low: lower edge.
        high: upper edge.
        answers: how many.
        confidence: their mean; 0 without answers.
        accuracy: part of them that is right; 0 without answers.
    """

    low: float
    high: float
    answers: int
    confidence: float
    accuracy: float


def abstention_scores(abstained: ArrayLike, answerable: ArrayLike) -> AbstentionScores:
    """Rejection accuracy and false rejection.

    Args:
        abstained: (N,) bool, whether the system declined to answer.
        answerable: (N,) bool, whether there is an answer.

    Raises:
        ValueError: lengths differ.
    """
    declined, can = _flags(abstained, answerable)
    return AbstentionScores(_part(declined[~can]), _part(declined[can]), int(can.sum()), int((~can).sum()))


def risk_coverage(confidences: ArrayLike, correct: ArrayLike) -> RiskCoverage:
    """The risk-coverage curve; answers of equal confidence share their errors, whatever their order.

    Args:
        confidences: (N,) finite.
        correct: (N,) bool.

    Raises:
        ValueError: lengths differ, nothing was answered, or a confidence is not finite.
    """
    confidence, right = _checked_arrays(confidences, correct)
    _, group, sizes = np.unique(-confidence, return_inverse=True, return_counts=True)
    errors = np.bincount(group, weights=~right) / sizes
    num_answered = np.arange(1, len(confidence) + 1)
    return RiskCoverage(num_answered / len(confidence), np.repeat(errors, sizes).cumsum() / num_answered)


def calibration_error(confidences: ArrayLike, correct: ArrayLike, bins: int = 15) -> float:
    """ECE: how far confidence is from accuracy in bins of equal width, weighed by answers.

    Guo et al., 2017, arXiv:1706.04599; a bin holds its upper edge, the first also 0.

    Args:
        confidences: (N,) from 0 to 1.
        correct: (N,) bool.
        bins: how many.

    Raises:
        ValueError: lengths differ, nothing was answered, or a confidence is not from 0 to 1.

    >>> round(calibration_error([0.9, 0.9], [True, False]), 3)
    0.4
    """
    table = reliability(confidences, correct, bins)
    gaps = (one.answers * abs(one.confidence - one.accuracy) for one in table)
    return sum(gaps) / sum(one.answers for one in table)


def reliability(confidences: ArrayLike, correct: ArrayLike, bins: int = 15) -> list[ReliabilityBin]:
    """The reliability diagram as a table: confidence and accuracy in bins of equal width.

    Arguments and errors are those of `calibration_error`.
    """
    confidence, right = _checked_arrays(confidences, correct)
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError(f"confidences must be from 0 to 1, got {confidence.min()} to {confidence.max()}")
    edges = np.linspace(0, 1, bins + 1)
    place = np.searchsorted(edges[1:-1], confidence, side="left")
    num_answers = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, values, minlength=bins) for values in (confidence, right)]
    means = [np.divide(total, num_answers, out=np.zeros(bins), where=num_answers > 0) for total in sums]
    rows = zip(edges[:-1], edges[1:], num_answers, *means, strict=True)
    return [ReliabilityBin(float(a), float(b), int(n), float(c), float(r)) for a, b, n, c, r in rows]


def equal_count_error(confidences: ArrayLike, correct: ArrayLike, bins: int = 5) -> float:
    """ECE in bins of equal count: the answers, least confident first, cut into parts of the same size.

    Unlike bins of equal width, none is nearly empty (Nixon et al., 2019, arXiv:1904.01685, "adaptive"). Among
    answers of equal confidence each counts as right as they are on average, so that their order is of no
    weight.

    Args:
        confidences: (N,) from 0 to 1.
        correct: (N,) bool.
        bins: how many; fewer where there are fewer answers.

    Raises:
        ValueError: lengths differ, nothing was answered, or a confidence is not finite.

    >>> equal_count_error([0.9, 0.5, 0.9, 0.5], [True, False, True, False], bins=2).__round__(3)
    0.3
    """
    confidence, right = _checked_arrays(confidences, correct)
    _, group, sizes = np.unique(confidence, return_inverse=True, return_counts=True)
    accuracy = (np.bincount(group, weights=right) / sizes)[group]
    parts = np.array_split(np.argsort(confidence, kind="stable"), min(bins, len(confidence)))
    gaps = (len(part) * abs(confidence[part].mean() - accuracy[part].mean()) for part in parts)
    return float(sum(gaps) / len(confidence))


def _checked_arrays(confidences: ArrayLike, correct: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    confidence, right = np.asarray(confidences, dtype=np.float64), np.asarray(correct, dtype=bool)
    if confidence.shape != right.shape or confidence.ndim != 1 or not len(confidence):
        raise ValueError(f"need as many confidences as answers, got {confidence.shape} and {right.shape}")
    if not np.isfinite(confidence).all():
        raise ValueError("confidences must be finite")
    return confidence, right


def _flags(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    first, second = np.asarray(a, dtype=bool), np.asarray(b, dtype=bool)
    if first.shape != second.shape:
        raise ValueError(f"need as many of one as of the other, got {first.shape} and {second.shape}")
    return first, second


def _part(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else 0.0
