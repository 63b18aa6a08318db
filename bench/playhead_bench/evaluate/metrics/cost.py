"""What answering and indexing took: model calls, frames, visual tokens, seconds, bytes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class AnswerCost:
    """What one answer took.

    Args:
        model_calls: calls of any language or video model.
        frames: frames given to a model.
        visual_tokens: tokens that the frames became.
        seconds: wall clock.
        looks: VLM calls with frames.
    """

    model_calls: float
    frames: float
    visual_tokens: float
    seconds: float
    looks: float = 0


@dataclass(frozen=True, slots=True)
class IndexCost:
    """What indexing took.

    Args:
        video_s: seconds of video that were indexed.
        seconds: wall clock.
        bytes: size of the library on disk.
    """

    video_s: float
    seconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class CostSummary:
    """The cost of a run: means over answers, the median and the slowest twentieth, the index by the hour."""

    answers: int
    model_calls: float
    frames: float
    visual_tokens: float
    seconds_p50: float
    seconds_p95: float
    index_minutes_per_video_hour: float | None = None
    bytes_per_video_hour: float | None = None
    looks: float = 0.0


def cost_summary(answers: Sequence[AnswerCost], index: IndexCost | None = None) -> CostSummary:
    """The summary of some answers' costs and, where given, of the indexing before them.

    Percentiles are interpolated between neighbours, as `numpy.percentile` does.

    Raises:
        ValueError: there are no answers, or no video was indexed.
    """
    if not answers:
        raise ValueError("a summary needs at least one answer")
    rows = [(a.model_calls, a.frames, a.visual_tokens, a.seconds, a.looks) for a in answers]
    table = np.array(rows, dtype=np.float64)
    calls, frames, tokens, _, num_looks = table.mean(axis=0).tolist()
    p50, p95 = np.percentile(table[:, 3], [50, 95]).tolist()
    if index is None:
        return CostSummary(len(answers), calls, frames, tokens, p50, p95, looks=num_looks)
    if index.video_s <= 0:
        raise ValueError(f"no video was indexed: {index.video_s = }")
    hours = index.video_s / HOUR_S
    return CostSummary(
        len(answers),
        calls,
        frames,
        tokens,
        p50,
        p95,
        index.seconds / 60 / hours,
        index.bytes / hours,
        num_looks,
    )
