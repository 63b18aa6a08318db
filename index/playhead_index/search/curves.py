"""Curves over a video: how well each frame or span fits the query, and how likely it is part of the answer.

All arithmetic works on rows of curves at once, because a search has some ten short curves and not one
long one. A row that has fewer frames than others is filled up with frames of no length that begin where
its last one ends; their scores do not count.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MIN_DEVIATIONS = 1.1
"""Standard deviations above a curve's mean from which a frame more likely belongs than not."""
PART_OF_PEAK = 0.3
"""It also takes this part of the peak's height: one rare event in an hour stands ten deviations out, and
what stands two out beside it does not belong. Costs nothing on videos of minutes (LOG.md)."""
SOFTNESS = 0.5
"""Standard deviations over which a frame goes from even odds to about three to one."""
MAX_SIGMAS = 3.0
"""Neighbours further away than so many sigmas are not mixed in."""


def smooth(starts_s: Floats, ends_s: Floats, scores: Floats, sigma: float = 1.0) -> Floats:
    """(C, N) each score averaged with its neighbours in time, the longer shown the weightier.

    A Gaussian whose sigma is a number of typical frames, the median of a row's: of evenly sampled frames
    it mixes neighbours, while a frame that stood for a minute stays as it is.

    Args:
        starts_s: (C, N) seconds, and so are the next two.
        ends_s: (C, N) seconds.
        scores: (C, N) numbers.
        sigma: in typical frames, above 0.
    """
    centres, lengths = (starts_s + ends_s) / 2, ends_s - starts_s
    sigma_s = sigma * typical_length_s(lengths)[:, None]
    total, weight = scores * lengths, lengths.copy()
    weighted = total.copy()
    for step in range(1, min(int(np.ceil(MAX_SIGMAS * sigma)), scores.shape[1] - 1) + 1):
        kernel = np.exp(-0.5 * ((centres[:, step:] - centres[:, :-step]) / sigma_s) ** 2)
        total[:, step:] += weighted[:, :-step] * kernel
        total[:, :-step] += weighted[:, step:] * kernel
        weight[:, step:] += lengths[:, :-step] * kernel
        weight[:, :-step] += lengths[:, step:] * kernel
    return np.asarray(total / np.maximum(weight, 1e-12), dtype=np.float64)


def close_gaps(
    starts_s: Floats, ends_s: Floats, scores: Floats, min_scores: Floats, widest_gap: float
) -> Floats:
    """(C, N) scores with short hollows filled to the lower of their brinks, if that is high enough.

    A closing, as of morphology: what blinks, or is hidden for a moment, is not gone.

    Args:
        starts_s: (C, N) seconds, and so are the next two.
        ends_s: (C, N) seconds.
        scores: (C, N) numbers.
        min_scores: (C,) the score that both brinks must reach.
        widest_gap: hollows so many typical frames long, or shorter, are filled.
    """
    widest_s = widest_gap * typical_length_s(ends_s - starts_s)[:, None] + 1e-9
    is_frame, filled = ends_s > starts_s, scores.copy()
    num_frames = scores.shape[1]
    for apart in range(2, num_frames):
        is_close = (starts_s[:, apart:] - ends_s[:, :-apart] <= widest_s) & is_frame[:, apart:]
        if not is_close.any():
            break
        brink = np.minimum(scores[:, apart:], scores[:, :-apart])
        brink = np.where(is_close & (brink >= min_scores[:, None]), brink, -np.inf)
        for step in range(1, apart):
            hollow = filled[:, step : num_frames - apart + step]
            np.maximum(hollow, brink, out=hollow)
    return filled


def standardise(starts_s: Floats, ends_s: Floats, scores: Floats) -> Floats:
    """(C, N) scores in standard deviations from the mean of their row, each frame as weighty as it is long.

    A row in which all scores are the same, and every filling frame, is 0.

    Args:
        starts_s: (C, N) seconds, and so are the next two.
        ends_s: (C, N) seconds.
        scores: (C, N) finite numbers.
    """
    lengths = ends_s - starts_s
    total_s = lengths.sum(axis=1, keepdims=True)
    mean = (scores * lengths).sum(axis=1, keepdims=True) / total_s
    away = np.where(lengths > 0, scores - mean, 0.0)
    spread = np.sqrt((away**2 * lengths).sum(axis=1, keepdims=True) / total_s)
    flat = spread <= 1e-9 * np.maximum(1.0, np.abs(mean))
    return np.where(flat, 0.0, away / np.where(flat, 1.0, spread))


def membership_probabilities(starts_s: Floats, ends_s: Floats, scores: Floats) -> Floats:
    """(C, N) the probability that each frame is part of the answer, from 0 to 1; filling frames 0.

    A logistic of the score in standard deviations of its own curve: what a cosine of 0.4 means differs
    from query to query, how far it stands out of its video differs much less.

    Args:
        starts_s: (C, N) seconds, and so are the next two.
        ends_s: (C, N) seconds.
        scores: (C, N) finite numbers.
    """
    apart = standardise(starts_s, ends_s, scores)
    needed = np.maximum(MIN_DEVIATIONS, PART_OF_PEAK * apart.max(axis=1, keepdims=True))
    return np.where(ends_s > starts_s, 1.0 / (1.0 + np.exp((needed - apart) / SOFTNESS)), 0.0)


def typical_length_s(lengths_s: Floats) -> Floats:
    """(C,) the median length of each row's frames, without filling ones.

    Args:
        lengths_s: (C, N) seconds; 0 for filling frames.
    """
    is_frame = lengths_s > 0
    ordered = np.sort(np.where(is_frame, lengths_s, np.inf), axis=1)
    middle = np.maximum(is_frame.sum(axis=1) - 1, 0) // 2
    return np.asarray(np.take_along_axis(ordered, middle[:, None], 1)[:, 0], dtype=np.float64)
