"""Cutting a video into segments where the image changes, by dynamic programming.

The idea is kernel temporal segmentation (Potapov et al., 2014, ECCV): choose the cuts that make the
frames of a segment most similar, at a price for each cut. We differ in three points. The price is a
constant and not a function of the number of cuts. The shortest and the longest segment are limits of the
search itself and not repairs after it; that also bounds how far back it searches, so that the work grows
with the length of the video and not with its square, and no block borders are needed. And a frame
counts for as long as it is on the screen, so that frames may come at any distance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from playhead_index.window import Window

CHANGE_COST = 0.5
"""What a cut must gain, in seconds times squared distance of unit vectors, measured for signatures."""
_EVENNESS = 1e-6  # per squared second: pieces cut only for their length come out equally long
_SLACK_S = 1e-9


@dataclass(frozen=True, slots=True)
class Cut:
    """A segment, and whether it begins because the image changes there.

    Args:
        window: when.
        is_change: the image changes at `window.start_s`; False for the first segment, and for one
            that begins only because the one before it had reached the longest length.
    """

    window: Window
    is_change: bool


def cut(
    starts_s: Sequence[float] | NDArray[np.float64],
    features: NDArray[np.float32],
    duration_s: float,
    *,
    min_s: float = 2.0,
    max_s: float = 30.0,
    change_cost: float = CHANGE_COST,
) -> list[Cut]:
    """Segments that cover [0, duration_s) without gap or overlap, cut where the image changes.

    Each is between `min_s` and `max_s` long; the one exception is a video shorter than `min_s`, which
    is one segment. A change is cut at the start of the frame that shows it. A frame that stays longer
    than about half of `min_s` may also be cut inside, so a segment of a still interval may hold no
    frame's start; what it shows is the last frame before it.

    Args:
        starts_s: (N,) seconds at which each frame appears, ascending, below `duration_s`. The first
            frame is taken to be there from 0 on.
        features: (N, D) float32, rows of length 1.
        duration_s: end of the video.
        min_s: shortest segment, above 0.
        max_s: longest segment, at least three times `min_s`.
        change_cost: higher gives fewer cuts. Two shots of `a` and `b` seconds whose frames are `d`
            apart are cut when a * b / (a + b) * d² exceeds it.

    Raises:
        ValueError: there is no frame, the shapes do not agree, the times do not ascend within the
            video, or the limits do not leave room for each other.
    """
    starts = np.asarray(starts_s, dtype=np.float64)
    _check(starts, features, duration_s, min_s, max_s)
    if duration_s < 2 * min_s:
        return [Cut(Window(0.0, duration_s), False)]
    edges_s, frames = _places(starts, duration_s, min_s / 2)
    search = _Search(edges_s, frames, features)
    chosen = search.best_edges(min_s, max_s, change_cost)
    windows = [Window(float(edges_s[a]), float(edges_s[b])) for a, b in pairwise(chosen)]
    changes = [
        search.gain(*three) > change_cost for three in zip(chosen, chosen[1:], chosen[2:], strict=False)
    ]
    return [Cut(window, is_change) for window, is_change in zip(windows, [False, *changes], strict=True)]


def _check(
    starts: NDArray[np.float64], features: NDArray[np.float32], duration_s: float, min_s: float, max_s: float
) -> None:
    if starts.ndim != 1 or not len(starts) or features.ndim != 2 or len(features) != len(starts):
        raise ValueError(f"starts_s must be (N,) and features (N, D), got {starts.shape}, {features.shape}")
    if starts[0] < 0 or starts[-1] >= duration_s or not np.all(np.diff(starts) > 0):
        raise ValueError(f"starts_s must ascend within [0, {duration_s})")
    if min_s <= 0 or max_s < 3 * min_s:
        raise ValueError(f"max_s must be at least three times min_s, got {min_s = }, {max_s = }")


def _places(
    starts: NDArray[np.float64], duration_s: float, step_s: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Where a cut may be: (P + 1,) edges from 0 to the end, and (P,) which frame is shown after each.

    These are the frames' starts and, in frames that stay longer than `step_s`, equal parts of them.
    """
    begins = np.concatenate([[0.0], starts[1:]])
    lengths = np.diff(np.append(begins, duration_s))
    parts = np.maximum(1, np.ceil(lengths / step_s - 1e-6)).astype(np.int64)
    frames = np.repeat(np.arange(len(starts)), parts)
    part = np.arange(len(frames)) - np.repeat(np.cumsum(parts) - parts, parts)
    edges_s = begins[frames] + part * (lengths / parts)[frames]
    return np.append(edges_s, duration_s), frames


class _Search:
    """The possible edges of one video, and the scatter of the frames between two of them."""

    def __init__(
        self, edges_s: NDArray[np.float64], frames: NDArray[np.int64], features: NDArray[np.float32]
    ) -> None:
        self.edges_s, self.frames, self.features = edges_s, frames, features

    def best_edges(self, min_s: float, max_s: float, change_cost: float) -> list[int]:
        """Indices of the edges, first and last included, between which the sum of all costs is least."""
        edges_s = self.edges_s
        cost = np.full(len(edges_s), np.inf)
        came_from = np.zeros(len(edges_s), dtype=np.int64)
        cost[0] = 0.0
        firsts = np.searchsorted(edges_s, edges_s - max_s - _SLACK_S)
        lasts = np.searchsorted(edges_s, edges_s - min_s + _SLACK_S, side="right")
        for end, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
            if first >= last:
                continue
            lengths_s = edges_s[end] - edges_s[first:last]
            costs = cost[first:last] + self.scatters(first, last, end) + _EVENNESS * lengths_s**2
            best = int(costs.argmin())
            cost[end], came_from[end] = costs[best] + change_cost, first + best
        return self._backtrack(came_from)

    def scatters(self, first: int, last: int, end: int) -> NDArray[np.float64]:
        """(last - first,): for each begin, seconds times squared distance from the mean up to `end`."""
        rows = self.features[self.frames[first:end]].astype(np.float64)[::-1]
        seconds = np.diff(self.edges_s[first : end + 1])[::-1, None]
        total_s = np.cumsum(seconds)
        sums = np.cumsum(rows * seconds, axis=0)
        squares = np.cumsum(np.einsum("nd,nd->n", rows, rows) * seconds[:, 0])
        scatter = squares - np.einsum("nd,nd->n", sums, sums) / total_s
        return np.asarray(np.maximum(scatter, 0.0)[::-1][: last - first])

    def gain(self, begin: int, middle: int, end: int) -> float:
        """How much less the frames scatter when [begin, end) is cut at `middle`."""
        uncut, right = self.scatters(begin, end, end)[[0, middle - begin]]
        left = self.scatters(begin, begin + 1, middle)[0]
        return float(uncut - left - right)

    def _backtrack(self, came_from: NDArray[np.int64]) -> list[int]:
        chosen = [len(came_from) - 1]
        while chosen[-1] > 0:
            chosen.append(int(came_from[chosen[-1]]))
        return chosen[::-1]
