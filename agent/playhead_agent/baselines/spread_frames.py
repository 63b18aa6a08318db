"""Single frames spread evenly over videos."""

from collections.abc import Sequence
from typing import TypeVar

from playhead_agent.baselines.trial import BaselineTrial
from playhead_tools.video_llm.frame_sampling import ClipRequest, even_times, sparse_clip

T = TypeVar("T")


def spread_frames(trial: BaselineTrial, num_frames: int) -> list[ClipRequest]:
    """Requests for `num_frames` single frames over the videos in scope, a note where some video gets none."""
    shares = frames_per_video(trial.segment_refs, num_frames)
    if len(shares) < len(trial.segment_refs):
        trial.notes.append(
            f"{num_frames} frames are spread over the first {len(shares)} of {len(trial.segment_refs)} videos"
        )
    return [sparse_clip(video_id, even_times(window, count), window) for (video_id, window), count in shares]


def frames_per_video(videos: Sequence[T], num_frames: int) -> list[tuple[T, int]]:
    """The number of frames that each video gets: as even as possible, the first ones one more.

    >>> frames_per_video(("a", "b", "c"), 8)
    [('a', 3), ('b', 3), ('c', 2)]
    """
    num_each, num_extra = divmod(num_frames, len(videos))
    shares = [(video, num_each + (i < num_extra)) for i, video in enumerate(videos)]
    return [(video, count) for video, count in shares if count]
