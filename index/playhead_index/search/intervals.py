"""From a score a frame to the windows that stand out of a video.

One threshold would have to fit every query; here many are tried, and each window that any of them makes
is scored by the overlap that may be expected of it with the query (figures on QVHighlights in
LOG.md; why in docs/decisions/0009).
"""

import numpy as np
from numpy.typing import NDArray

from playhead_index.search.curves import (
    Floats,
    close_gaps,
    membership_probabilities,
    smooth,
    typical_length_s,
)
from playhead_index.window import Window, temporal_iou

THRESHOLDS = 15
MAX_GAP = 0.5
"""Intervals below the threshold up to so many typical frames long do not part a window of `intervals`."""
MAX_GAP_AROUND = 2.0
"""Likewise around a frame, where hollows of that length are filled, too."""
BRINK = 0.75
"""The height, of that of the frame around which a window is sought, from which a hollow's brinks count."""
LENGTH_POWER = 0.3
REACH_FRAMES = 18.0
"""Typical frames over which what lies outside a window counts less and less against it."""
SAME_IOU = 0.66
EDGE = 0.03
"""What one unit of `edges` adds to a window's score."""
_LEVELS = np.linspace(0.0, 1.0, THRESHOLDS + 2)[1:-1]


def intervals(
    starts_s: Floats,
    ends_s: Floats,
    scores: NDArray[np.floating],
    *,
    sigma: float = 1.0,
    edges: Floats | None = None,
    same_iou: float = SAME_IOU,
) -> list[tuple[Window, float]]:
    """Windows that stand out of a curve, best first, none nearly equal to a better one.

    The curve is smoothed lightly; at each of `THRESHOLDS` levels between its lowest and highest point the
    frames above it are joined. A window's score is the overlap (intersection over union) that may be
    expected with the query: with p how likely a frame belongs to it (`curves.chances`, of the scores
    as they came),

        sum of p inside / (length + sum of p outside),

    where p outside counts the less the further away it is, since another event elsewhere is another answer.

    Args:
        starts_s: (N,) seconds, ascending: when each frame appears.
        ends_s: (N,) seconds: when it goes; not after the next one appears.
        scores: (N,) any finite numbers, higher is better.
        sigma: of the smoothing, in typical frames; 0 for a curve that is smooth already.
        edges: (N + 1,) how much of a cut there is before each frame and after the last, in standard
            deviations; windows that begin and end at cuts are preferred.
        same_iou: of windows that overlap by more, only the best is kept; 0 keeps windows apart.

    Returns:
        (window, score), scores from 0 to 1 without `edges`; windows begin where a frame appears and end
        where one goes. One frame, or a curve in which nothing stands out, gives the whole with score 0.

    Raises:
        ValueError: the arrays are not (N,) all three, `edges` is not (N + 1,), or the times do not ascend.
    """
    _check(starts_s, ends_s, scores, edges)
    if len(scores) == 0:
        return []
    rows, score_rows = (starts_s[None], ends_s[None]), scores[None].astype(np.float64)
    curves, flat = _normalise(*rows, _smooth(*rows, score_rows, sigma))
    if flat[0]:
        return [(Window(float(starts_s[0]), float(ends_s[-1])), 0.0)]
    first, last = _runs(*rows, curves)
    values = _expected_overlap(*rows, score_rows, first[None], last[None])[0]
    if edges is not None:
        values = values + EDGE * (edges[first] + edges[last + 1]) / 2
    order = np.argsort(-values, kind="stable")
    windows = np.stack([starts_s[first], ends_s[last]], axis=1)[order]
    selected = suppress(windows, same_iou)
    return [(Window(*map(float, windows[i])), float(values[order[i]])) for i in selected]


def windows_around(starts_s: Floats, ends_s: Floats, scores: Floats, at: NDArray[np.int64]) -> Floats:
    """(C, 2) for each of C curves the window that stands out most among those that hold one frame.

    A window's score is the mean inside less the mean outside, times (its part of the whole) to the power
    `LENGTH_POWER`: around a frame that is a hit, one that is nearly like it is not meant, so the overlap
    to be expected, which would take it in, does not decide here. Hollows of up to `MAX_GAP_AROUND`
    typical frames, between frames nearly as high as that one, are filled first. A frame that is above no
    level stands for itself.

    Args:
        starts_s: (C, N) seconds; a row that has fewer frames is filled up as `curves` says.
        ends_s: (C, N) seconds.
        scores: (C, N) finite numbers; those of filling frames do not count.
        at: (C,) the frame of each curve, from 0 to N - 1, not a filling one.
    """
    low = np.where(ends_s > starts_s, scores, np.inf).min(axis=1)
    peak = np.take_along_axis(scores, at[:, None], 1)[:, 0]
    scores = close_gaps(starts_s, ends_s, scores, low + BRINK * (peak - low), MAX_GAP_AROUND)
    curves, flat = _normalise(starts_s, ends_s, _smooth(starts_s, ends_s, scores, 1.0))
    above = (curves[:, None] >= _LEVELS[:, None]) & (ends_s > starts_s)[:, None]  # (C, levels, N)
    opens = _run_starts(starts_s, ends_s, above, MAX_GAP_AROUND)
    place = np.arange(starts_s.shape[1], dtype=np.int32)
    here = place <= at[:, None, None]
    first = np.where(opens & here, place, 0).max(axis=2)
    after = np.where(opens & ~here, place, len(place)).min(axis=2)
    last = np.where(above & (place < after[:, :, None]), place, 0).max(axis=2)
    holds = np.take_along_axis(above, at[:, None, None], axis=2)[:, :, 0] & ~flat[:, None]
    first, last = (np.where(holds, edge, at[:, None]) for edge in (first, last))
    values = np.where(holds, _contrast(starts_s, ends_s, curves, first, last), -np.inf)
    best = values.argmax(axis=1)[:, None]
    start = np.take_along_axis(starts_s, np.take_along_axis(first, best, 1), 1)
    return np.concatenate([start, np.take_along_axis(ends_s, np.take_along_axis(last, best, 1), 1)], axis=1)


def suppress(windows: Floats, iou: float) -> list[int]:
    """Rows that are kept when each one drops those after it that overlap it by more than `iou`.

    Args:
        windows: (N, 2) seconds, best first.
        iou: from 0 to 1.
    """
    left = np.arange(len(windows))
    selected = []
    while len(left):
        selected.append(int(left[0]))
        overlaps = temporal_iou(windows[left[:1]], windows[left[1:]])[0]
        left = left[1:][overlaps <= iou]
    return selected


def _smooth(starts_s: Floats, ends_s: Floats, scores: Floats, sigma: float) -> Floats:
    """Smoothed scores, those of filling frames 0."""
    scores = np.where(ends_s > starts_s, scores, 0.0)
    return smooth(starts_s, ends_s, scores, sigma) if sigma > 0 else scores


def _normalise(starts_s: Floats, ends_s: Floats, curves: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """(C, N) curves brought to [0, 1], filling frames at 0; and (C,) which of them are flat."""
    is_frame = ends_s > starts_s
    low = np.where(is_frame, curves, np.inf).min(axis=1, keepdims=True)
    high = np.where(is_frame, curves, -np.inf).max(axis=1, keepdims=True)
    flat = high - low <= 1e-9 * np.maximum(1.0, np.abs(high))
    curves = np.where(is_frame & ~flat, (curves - low) / np.where(flat, 1.0, high - low), 0.0)
    return curves, flat[:, 0]


def _run_starts(
    starts_s: Floats, ends_s: Floats, above: NDArray[np.bool_], widest_gap: float
) -> NDArray[np.bool_]:
    """(C, levels, N) the frames above a level with which a run begins: none close before them."""
    gaps_s = widest_gap * typical_length_s(ends_s - starts_s)[:, None, None]
    ended = np.maximum.accumulate(np.where(above, ends_s[:, None], -np.inf), axis=2)
    before = np.full(above.shape, -np.inf)
    before[:, :, 1:] = ended[:, :, :-1]
    return np.asarray(above & (starts_s[:, None] - before > gaps_s))


def _runs(starts_s: Floats, ends_s: Floats, curves: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last frame of the runs at or above each level of the only curve; each once."""
    above = curves[:, None] >= _LEVELS[:, None]
    level, first = np.nonzero(_run_starts(starts_s, ends_s, above, MAX_GAP)[0])
    place = np.arange(curves.shape[1])
    ends = np.append(np.where(np.diff(level) == 0, first[1:], len(place)), len(place))
    seen = np.maximum.accumulate(np.where(above[0], place, -1), axis=1)
    last = seen[level, ends - 1]
    pairs = np.unique(first * len(place) + last)
    return pairs // len(place), pairs % len(place)


def _expected_overlap(
    starts_s: Floats, ends_s: Floats, scores: Floats, first: NDArray[np.int64], last: NDArray[np.int64]
) -> Floats:
    """(C, M) the overlap to be expected of windows, from their (C, M) first to last frames."""
    lengths = ends_s - starts_s
    likely = membership_probabilities(starts_s, ends_s, scores) * lengths
    none = np.zeros((len(scores), 1))
    time, mass = (np.concatenate([none, np.cumsum(each, axis=1)], axis=1) for each in (lengths, likely))
    inside_s, inside = (
        np.take_along_axis(total, last + 1, 1) - np.take_along_axis(total, first, 1) for total in (time, mass)
    )
    reach_s = REACH_FRAMES * typical_length_s(lengths)[:, None]
    before = _decayed_sums(likely, np.diff(starts_s, axis=1) / reach_s)
    after = _decayed_sums(likely[:, ::-1], np.diff(ends_s, axis=1)[:, ::-1] / reach_s)[:, ::-1]
    outside = np.take_along_axis(before, first, 1) + np.take_along_axis(after, last, 1)
    return np.asarray(inside / (inside_s + outside), dtype=np.float64)


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


def _decayed_sums(mass: Floats, steps: Floats) -> Floats:
    """(C, N) what lies before each of (C, N) frames, less by exp(-step) at each of (C, N - 1) steps."""
    decay = np.exp(-steps)
    total = np.zeros_like(mass)
    for at in range(1, mass.shape[1]):
        total[:, at] = (total[:, at - 1] + mass[:, at - 1]) * decay[:, at - 1]
    return total


def _check(starts_s: Floats, ends_s: Floats, scores: NDArray[np.floating], edges: Floats | None) -> None:
    if not starts_s.shape == ends_s.shape == scores.shape or scores.ndim != 1:
        shapes = f"{starts_s.shape}, {ends_s.shape} and {scores.shape}"
        raise ValueError(f"starts, ends and scores must be (N,) all three, got {shapes}")
    if edges is not None and edges.shape != (len(scores) + 1,):
        raise ValueError(f"edges must be (N + 1,) for {len(scores)} frames, got {edges.shape}")
    if np.any(starts_s >= ends_s) or np.any(ends_s[:-1] > starts_s[1:] + 1e-9):
        raise ValueError("each frame must end after it starts, and not after the next one starts")
