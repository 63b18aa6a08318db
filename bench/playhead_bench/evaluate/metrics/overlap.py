"""How far windows overlap, for windows as models write them: empty or reversed ones overlap nothing.

`playhead_index.window.temporal_iou` refuses such windows; a metric must count them as misses, as the
official scripts do.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def as_windows(rows: Sequence[Sequence[float]] | Floats, columns: int = 2) -> NDArray[np.float64]:
    """Rows as a (N, columns) float64 array, (0, columns) for no rows.

    Raises:
        ValueError: a row has another length, or holds something that is not a finite number.
    """
    array = np.asarray(rows, dtype=np.float64)
    if array.size == 0:
        return np.zeros((0, columns))
    if array.ndim != 2 or array.shape[1] != columns:
        raise ValueError(f"windows must be rows of {columns} numbers, got {array.shape = }")
    if not np.isfinite(array).all():
        raise ValueError("windows must be finite, got nan or infinity")
    return array


def shared_s(a: Floats, b: Floats) -> Floats:
    """Seconds that windows share, broadcast over all but the last axis: (..., 2) and (..., 2) to (...)."""
    shared = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
    return np.where((a[..., 0] < a[..., 1]) & (b[..., 0] < b[..., 1]), np.maximum(shared, 0), 0)


def iou(a: Floats, b: Floats) -> Floats:
    """Intersection over the window from the first start to the last end, broadcast: (..., 2) to (...).

    Equal to intersection over union wherever windows overlap, and 0 where they do not: what the official
    scripts of QVHighlights (R1), TVR, Charades-STA and NExT-GQA divide by, to the last bit.
    """
    hull = np.maximum(a[..., 1], b[..., 1]) - np.minimum(a[..., 0], b[..., 0])
    return _divided(shared_s(a, b), hull)


def iou_by_lengths(a: Floats, b: Floats) -> Floats:
    """Intersection over (length + length - intersection), broadcast; differs from `iou` by rounding only.

    What QVHighlights' official mAP divides by.
    """
    shared = shared_s(a, b)
    return _divided(shared, (a[..., 1] - a[..., 0]) + (b[..., 1] - b[..., 0]) - shared)


def iop(predicted: Floats, gold: Floats) -> Floats:
    """Intersection over the prediction, broadcast; a point (start == end) inside a gold window gives 1.

    Intersection over prediction as NExT-GQA defines it (Xiao et al., 2024, arXiv:2309.01327).
    """
    length = predicted[..., 1] - predicted[..., 0]
    inside = (gold[..., 0] <= predicted[..., 0]) & (predicted[..., 0] <= gold[..., 1])
    return np.where(length == 0, inside.astype(np.float64), _divided(shared_s(predicted, gold), length))


def merged(windows: Floats) -> NDArray[np.float64]:
    """The windows that windows cover together, in time order, none touching another: (N, 2) to (M, 2)."""
    rows = np.asarray(windows, dtype=np.float64)
    rows = rows[rows[:, 0] < rows[:, 1]]
    joined: list[list[float]] = []
    for start, end in rows[np.argsort(rows[:, 0], kind="stable")].tolist():
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return np.array(joined, dtype=np.float64).reshape(-1, 2)


def covered_s(windows: Floats) -> float:
    """Seconds that windows cover together; what two of them share counts once."""
    rows = merged(windows)
    return float((rows[:, 1] - rows[:, 0]).sum())


def common_s(a: Floats, b: Floats) -> float:
    """Seconds that both sets of windows cover."""
    return float(shared_s(merged(a)[:, None], merged(b)[None]).sum())


def set_iou(a: Floats, b: Floats) -> float:
    """Seconds that both sets of windows cover over seconds that either covers; 0 when both are empty.

    The IoU of CG-Bench (Chen et al., 2025, arXiv:2412.12075).
    """
    common = common_s(a, b)
    union = covered_s(a) + covered_s(b) - common
    return common / union if union > 0 else 0.0


def _divided(shared: Floats, by: Floats) -> Floats:
    return np.divide(shared, by, out=np.zeros_like(shared), where=shared > 0)
