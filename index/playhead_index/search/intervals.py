"""From a score a frame to the windows that stand out of a video.

One threshold would have to fit every query; here many are tried, and each window that any of them makes
is scored by how far it stands above the rest (figures on QVHighlights in LOG.md). All arithmetic works on
rows of curves at once, because a search has some ten short curves and not one long one.
"""

import numpy as np
from numpy.typing import NDArray

from playhead_index.window import Window, temporal_iou

THRESHOLDS = 15
WIDEST_GAP = 2.0
"""Stretches below the threshold up to so many typical frames long do not part a window."""
LENGTH_POWER = 0.3
SAME_IOU = 0.8
SMOOTHED_ROWS = 3
_LEVELS = np.linspace(0.0, 1.0, THRESHOLDS + 2)[1:-1]

Floats = NDArray[np.float64]


def intervals(starts_s: Floats, ends_s: Floats, scores: NDArray[np.floating]) -> list[tuple[Window, float]]:
    """Windows that stand out of a curve, best first, none nearly equal to a better one.

    The curve is smoothed lightly and brought to [0, 1]; at each of `THRESHOLDS` levels the frames above
    it are joined across short gaps; a window's score is the mean inside less the mean outside, times
    (its part of the whole) to the power `LENGTH_POWER`, so that a longer one wins among equals.

    Args:
        starts_s: (N,) seconds, ascending: when each frame appears.
        ends_s: (N,) seconds: when it goes; not after the next one appears.
        scores: (N,) any finite numbers, higher is better.

    Returns:
        (window, score) with scores in [-1, 1]; windows begin where a frame appears and end where one
        goes. One frame, or a curve in which nothing stands out, gives the whole with score 0.

    Raises:
        ValueError: the arrays are not (N,) all three, or the times do not ascend.
    """
    if not starts_s.shape == ends_s.shape == scores.shape or scores.ndim != 1:
        shapes = f"{starts_s.shape}, {ends_s.shape} and {scores.shape}"
        raise ValueError(f"starts, ends and scores must be (N,) all three, got {shapes}")
    if np.any(starts_s >= ends_s) or np.any(ends_s[:-1] > starts_s[1:] + 1e-9):
        raise ValueError("each frame must end after it starts, and not after the next one starts")
    if len(scores) == 0:
        return []
    rows = starts_s[None], ends_s[None], scores[None].astype(np.float64)
    curves, flat = _levelled(*rows)
    if flat[0]:
        return [(Window(float(starts_s[0]), float(ends_s[-1])), 0.0)]
    first, last = _runs(*rows[:2], curves)
    contrast = _contrast(*rows[:2], curves, first[None], last[None])[0]
    order = np.argsort(-contrast, kind="stable")
    windows = np.stack([starts_s[first], ends_s[last]], axis=1)[order]
    kept = suppress(windows, SAME_IOU)
    return [(Window(*map(float, windows[i])), float(contrast[order[i]])) for i in kept]


def windows_around(starts_s: Floats, ends_s: Floats, scores: Floats, at: NDArray[np.int64]) -> Floats:
    """(C, 2) for each of C curves the best window, as `intervals` scores them, that holds one frame.

    A frame that is above no level stands for itself.

    Args:
        starts_s: (C, N) seconds; a row that has fewer frames is filled up with frames of no length that
            begin where its last one ends.
        ends_s: (C, N) seconds.
        scores: (C, N) finite numbers; those of filling frames do not count.
        at: (C,) the frame of each curve, from 0 to N - 1, not a filling one.
    """
    curves, flat = _levelled(starts_s, ends_s, scores)
    above = (curves[:, None] >= _LEVELS[:, None]) & (ends_s > starts_s)[:, None]  # (C, levels, N)
    opens = _openings(starts_s, ends_s, above)
    place = np.arange(starts_s.shape[1], dtype=np.int32)
    here = place <= at[:, None, None]
    first = np.where(opens & here, place, 0).max(axis=2)
    after = np.where(opens & ~here, place, len(place)).min(axis=2)
    last = np.where(above & (place < after[:, :, None]), place, 0).max(axis=2)
    holds = np.take_along_axis(above, at[:, None, None], axis=2)[:, :, 0] & ~flat[:, None]
    first, last = (np.where(holds, edge, at[:, None]) for edge in (first, last))
    contrast = np.where(holds, _contrast(starts_s, ends_s, curves, first, last), -np.inf)
    best = contrast.argmax(axis=1)[:, None]
    start = np.take_along_axis(starts_s, np.take_along_axis(first, best, 1), 1)
    return np.concatenate([start, np.take_along_axis(ends_s, np.take_along_axis(last, best, 1), 1)], axis=1)


def smoothed(starts_s: Floats, ends_s: Floats, scores: Floats) -> Floats:
    """(C, N) each score averaged with its neighbours in time, the longer shown the weightier.

    A Gaussian whose sigma is the median length of a frame's window: of evenly sampled frames it mixes
    neighbours, while a picture that stood for a minute stays as it is.

    Args:
        starts_s: (C, N) seconds, and so are the next two.
        ends_s: (C, N) seconds.
        scores: (C, N) numbers.
    """
    centres, lengths = (starts_s + ends_s) / 2, ends_s - starts_s
    sigma_s = _typical_length(lengths)[:, None]
    total, weight = scores * lengths, lengths.copy()
    weighted = total.copy()
    for step in range(1, min(SMOOTHED_ROWS, scores.shape[1] - 1) + 1):
        near = np.exp(-0.5 * ((centres[:, step:] - centres[:, :-step]) / sigma_s) ** 2)
        total[:, step:] += weighted[:, :-step] * near
        total[:, :-step] += weighted[:, step:] * near
        weight[:, step:] += lengths[:, :-step] * near
        weight[:, :-step] += lengths[:, step:] * near
    return np.asarray(total / np.maximum(weight, 1e-12), dtype=np.float64)


def suppress(windows: Floats, iou: float) -> list[int]:
    """Rows that are kept when each one drops those after it that overlap it by more than `iou`.

    Args:
        windows: (N, 2) seconds, best first.
        iou: from 0 to 1.
    """
    left = np.arange(len(windows))
    kept = []
    while len(left):
        kept.append(int(left[0]))
        overlaps = temporal_iou(windows[left[:1]], windows[left[1:]])[0]
        left = left[1:][overlaps <= iou]
    return kept


def _levelled(starts_s: Floats, ends_s: Floats, scores: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """(C, N) smoothed curves from 0 to 1, filling frames at 0; and (C,) which of them are flat."""
    there = ends_s > starts_s
    curves = smoothed(starts_s, ends_s, np.where(there, scores, 0.0))
    low = np.where(there, curves, np.inf).min(axis=1, keepdims=True)
    high = np.where(there, curves, -np.inf).max(axis=1, keepdims=True)
    flat = high - low <= 1e-9 * np.maximum(1.0, np.abs(high))
    curves = np.where(there & ~flat, (curves - low) / np.where(flat, 1.0, high - low), 0.0)
    return curves, flat[:, 0]


def _openings(starts_s: Floats, ends_s: Floats, above: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(C, levels, N) the frames above a level with which a stretch begins: nothing close before them."""
    gaps_s = WIDEST_GAP * _typical_length(ends_s - starts_s)[:, None, None]
    ended = np.maximum.accumulate(np.where(above, ends_s[:, None], -np.inf), axis=2)
    before = np.full(above.shape, -np.inf)
    before[:, :, 1:] = ended[:, :, :-1]
    return np.asarray(above & (starts_s[:, None] - before > gaps_s))


def _runs(starts_s: Floats, ends_s: Floats, curves: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last frame of the stretches at or above each level of the only curve; each once."""
    above = curves[:, None] >= _LEVELS[:, None]
    level, first = np.nonzero(_openings(starts_s, ends_s, above)[0])
    place = np.arange(curves.shape[1])
    ends = np.append(np.where(np.diff(level) == 0, first[1:], len(place)), len(place))
    seen = np.maximum.accumulate(np.where(above[0], place, -1), axis=1)
    last = seen[level, ends - 1]
    pairs = np.unique(first * len(place) + last)
    return pairs // len(place), pairs % len(place)


def _contrast(
    starts_s: Floats, ends_s: Floats, curves: Floats, first: NDArray[np.int64], last: NDArray[np.int64]
) -> Floats:
    """(C, M) how far windows, from their (C, M) first to last frames, stand out of their curves."""
    lengths = ends_s - starts_s
    none = np.zeros((len(curves), 1))
    time = np.concatenate([none, np.cumsum(lengths, axis=1)], axis=1)
    mass = np.concatenate([none, np.cumsum(curves * lengths, axis=1)], axis=1)
    inside_s, inside = (
        np.take_along_axis(total, last + 1, 1) - np.take_along_axis(total, first, 1) for total in (time, mass)
    )
    outside_s, outside = time[:, -1:] - inside_s, mass[:, -1:] - inside
    rest = np.where(outside_s > 1e-9, outside / np.maximum(outside_s, 1e-9), 1.0)
    parts = inside_s / time[:, -1:]
    return np.asarray((inside / inside_s - rest) * parts**LENGTH_POWER, dtype=np.float64)


def _typical_length(lengths: Floats) -> Floats:
    """(C,) the median length of each row's frames, without filling ones."""
    there = lengths > 0
    ordered = np.sort(np.where(there, lengths, np.inf), axis=1)
    middle = np.maximum(there.sum(axis=1) - 1, 0) // 2
    return np.asarray(np.take_along_axis(ordered, middle[:, None], 1)[:, 0], dtype=np.float64)
