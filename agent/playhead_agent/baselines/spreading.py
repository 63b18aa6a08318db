"""Single frames spread evenly over videos."""

from collections.abc import Sequence
from typing import TypeVar

from playhead_agent.baselines.trial import BaselineTrial
from playhead_tools.video_llm.frame_sampling import ClipRequest, evenly, scattered

T = TypeVar("T")


def spread(attempt: BaselineTrial, many: int) -> list[ClipRequest]:
    """Requests for `many` single frames over the videos in scope, a note where some video gets none."""
    split = shares(attempt.stretches, many)
    if len(split) < len(attempt.stretches):
        attempt.notes.append(
            f"{many} frames are spread over the first {len(split)} of {len(attempt.stretches)} videos"
        )
    return [scattered(video_id, evenly(window, count), window) for (video_id, window), count in split]


def shares(videos: Sequence[T], many: int) -> list[tuple[T, int]]:
    """How many of some frames each video gets: as even as can be, the first ones one more.

    >>> shares(("a", "b", "c"), 8)
    [('a', 3), ('b', 3), ('c', 2)]
    """
    each, more = divmod(many, len(videos))
    split = [(video, each + (i < more)) for i, video in enumerate(videos)]
    return [(video, count) for video, count in split if count]
