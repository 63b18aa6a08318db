"""Whether the price of an answer grows with the video, and what part it is of showing all of the video."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from playhead_bench.evaluate.run_rows import Row, cost_of, minutes_of

PLAIN = "uniform"
FULL_FPS = 1.0
"""Frames a second of a video that is shown whole."""


@dataclass(frozen=True, slots=True)
class GrowthSummary:
    """Means a question, by the length of the video.

    Args:
        frames: by length, `1 min` and so on, the shortest first.
        visual_tokens: likewise.
        ratio: frames at the longest over frames at the shortest; None for one length, or without frames.
        of_full: visual tokens as a part of those of all videos shown whole at one frame a second; None where
            nobody knows how long they are, or what a frame becomes.
        of_full_by_minutes: the same by length.
    """

    frames: Mapping[str, float]
    visual_tokens: Mapping[str, float]
    ratio: float | None
    of_full: float | None
    of_full_by_minutes: Mapping[str, float]


def tokens_a_frame(rows: Sequence[Row]) -> float | None:
    """Visual tokens that a frame becomes when none are left out: those of `uniform`, else of the whole run.

    None where no frame was shown.
    """
    plain = [row for row in rows if row["strategy"] == PLAIN]
    costs = [cost_of(row) for row in plain or rows]
    frames = sum(cost.frames for cost in costs)
    return sum(cost.visual_tokens for cost in costs) / frames if frames else None


def growth_of(rows: Sequence[Row], tokens_per_frame: float | None) -> GrowthSummary:
    """The growth of a strategy's costs.

    Args:
        rows: of the strategy.
        tokens_per_frame: tokens that a frame becomes.
    """
    known = sorted((row for row in rows if row["duration_s"]), key=lambda row: float(row["duration_s"]))
    groups: dict[str, list[Row]] = {}
    for row in known:
        groups.setdefault(minutes_of(row), []).append(row)
    frames = _means(groups, lambda row: cost_of(row).frames)
    mean_frames = list(frames.values())
    full = {name: _of_full(group, tokens_per_frame) for name, group in groups.items()}
    return GrowthSummary(
        frames,
        _means(groups, lambda row: cost_of(row).visual_tokens),
        mean_frames[-1] / mean_frames[0] if len(mean_frames) > 1 and mean_frames[0] else None,
        _of_full(known, tokens_per_frame),
        {name: part for name, part in full.items() if part is not None},
    )


def _means(groups: Mapping[str, Sequence[Row]], value: Callable[[Row], float]) -> dict[str, float]:
    return {name: float(np.mean([value(row) for row in group])) for name, group in groups.items()}


def _of_full(rows: Sequence[Row], tokens_per_frame: float | None) -> float | None:
    if not rows or not tokens_per_frame:
        return None
    full_tokens = sum(row["duration_s"] * FULL_FPS * tokens_per_frame for row in rows)
    return float(sum(cost_of(row).visual_tokens for row in rows) / full_tokens)
