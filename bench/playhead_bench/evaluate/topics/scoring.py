"""Pk and WindowDiff of a segmentation, over time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SegmentationScores:
    """How far a segmentation is from a reference; both are 0 for the same and at most 1.

    Args:
        pk: probability that two points a window apart are wrongly said to be in one segment or in two
            (Beeferman, Berger and Lafferty, 1999, Machine Learning 34).
        window_diff: share of windows in which the numbers of boundaries differ (Pevzner and Hearst, 2002,
            Computational Linguistics 28); also counts boundaries that are too many.
        num_boundaries: of the segmentation.
    """

    pk: float
    window_diff: float
    num_boundaries: float


def boundary_marks(boundaries_s: Sequence[float], duration_s: float) -> NDArray[np.bool_]:
    """(T,) whether a segment ends with each second of a recording; its own end is no boundary."""
    marks = np.zeros(max(1, round(duration_s)), dtype=bool)
    for boundary_s in boundaries_s:
        if 0 < (end := round(boundary_s)) < len(marks):
            marks[end - 1] = True
    return marks


def half_mean_length(reference: NDArray[np.bool_]) -> int:
    """Half the mean length of a reference's segments, the window that both measures are taken with."""
    return max(2, round(len(reference) / (2 * (int(reference.sum()) + 1))))


def pk(reference: NDArray[np.bool_], found: NDArray[np.bool_], window: int) -> float:
    """Share of windows in which one segmentation has a boundary and the other has none.

    As `nltk.metrics.segmentation.pk` counts it: `window` neighbouring places, over all their positions.

    Args:
        reference: (T,) bool.
        found: (T,) bool.
        window: places, 1 to T.

    Raises:
        ValueError: the lengths differ, or the window does not fit.
    """
    ours, theirs = _counts(reference, found, window)
    return float(((ours > 0) != (theirs > 0)).mean())


def window_diff(reference: NDArray[np.bool_], found: NDArray[np.bool_], window: int) -> float:
    """Share of windows in which the two segmentations have another number of boundaries.

    As `nltk.metrics.segmentation.windowdiff` counts it, not weighted.

    Raises:
        ValueError: the lengths differ, or the window does not fit.
    """
    ours, theirs = _counts(reference, found, window)
    return float((ours != theirs).mean())


def _counts(
    reference: NDArray[np.bool_], found: NDArray[np.bool_], window: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if reference.shape != found.shape or reference.ndim != 1:
        raise ValueError(f"expected two arrays of one length, got {reference.shape} and {found.shape}")
    if not 1 <= window <= len(reference):
        raise ValueError(f"expected a window of 1 to {len(reference)} places, got {window}")
    sums = [np.concatenate([[0], np.cumsum(marks)]) for marks in (reference, found)]
    ours, theirs = (one[window:] - one[:-window] for one in sums)
    return ours, theirs


def segmentation_scores(
    reference_s: Sequence[float], found_s: Sequence[float], duration_s: float
) -> SegmentationScores:
    """Pk and WindowDiff of boundaries in seconds, in windows of half the mean length of the reference.

    Args:
        reference_s: boundaries that people marked, without start and end of the recording.
        found_s: boundaries that were found.
        duration_s: of the recording.
    """
    reference, found = boundary_marks(reference_s, duration_s), boundary_marks(found_s, duration_s)
    window = min(half_mean_length(reference), len(reference))
    return SegmentationScores(
        pk(reference, found, window), window_diff(reference, found, window), int(found.sum())
    )


def mean_scores(scores: Sequence[SegmentationScores]) -> SegmentationScores:
    """The means over recordings.

    Raises:
        ValueError: there are none.
    """
    if not scores:
        raise ValueError("expected scores of at least one recording, got none")
    return SegmentationScores(
        float(np.mean([one.pk for one in scores])),
        float(np.mean([one.window_diff for one in scores])),
        float(np.mean([one.num_boundaries for one in scores])),
    )
