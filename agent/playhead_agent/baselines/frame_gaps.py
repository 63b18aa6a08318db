"""Times of the frames so far, the gaps between them, and the best frame of a search inside a gap."""

from collections.abc import Sequence

from playhead_agent.baselines.spread_frames import spread_frames
from playhead_agent.baselines.trial import BaselineTrial
from playhead_index.search.results import Moment, Scope
from playhead_index.window import Window
from playhead_tools.search_extent import SegmentRef
from playhead_tools.tolerance import EPSILON_S
from playhead_tools.video_llm.frame_sampling import STEP_S

FrameTime = tuple[str, float]
"""A video and a time in it, in seconds."""
FrameGap = SegmentRef
"""A window of a video in which no frame was given to the model."""
MIN_GAP_S = 1.0
MAX_MOMENTS = 20


def first_frames(trial: BaselineTrial, num_frames: int) -> list[FrameTime]:
    """Frames spread evenly over the videos in scope."""
    requests = spread_frames(trial, num_frames)
    return [(request.video_id, time_s) for request in requests for time_s in dict.fromkeys(request.times_s)]


def gaps_between(trial: BaselineTrial, frames: Sequence[FrameTime]) -> list[FrameGap]:
    """The gaps before, between and after the frames of every video in scope, without the shortest ones."""
    gaps: list[FrameGap] = []
    for video_id, window in trial.segment_refs:
        times = [time_s for of_video, time_s in sorted(frames) if of_video == video_id]
        starts = [window.start_s, *(time_s + STEP_S for time_s in times)]
        ends = [*times, window.end_s]
        bounds = [(a, b) for a, b in zip(starts, ends, strict=True) if b - a >= MIN_GAP_S]
        gaps += [(video_id, Window(a, b)) for a, b in bounds]
    return gaps


def best_frame(trial: BaselineTrial, gap: FrameGap, text: str) -> FrameTime | None:
    """The frame of the best moment of a search inside a gap; None when it finds nothing there."""
    video_id, window = gap
    moments = trial.find_moments(text, 1, Scope((video_id,), window))
    return frame_of(moments[0], window) if moments else None


def best_gap(trial: BaselineTrial, gaps: Sequence[FrameGap], text: str) -> FrameGap | None:
    """The gap that holds the best moment of one search over everything; None when none does."""
    for moment in trial.find_moments(text, MAX_MOMENTS):
        for video_id, window in gaps:
            if video_id == moment.video_id and frame_of(moment, moment.window)[1] in window:
                return video_id, window
    return None


def frame_of(moment: Moment, inside: Window) -> FrameTime:
    """The frame of a moment: that of its best frame hit, else its middle, clamped to a window."""
    frame_hits = [hit for hit in moment.hits if hit.lane == "picture"]
    window = frame_hits[0].window if frame_hits else moment.window
    time_s = (window.start_s + window.end_s) / 2
    return moment.video_id, min(max(time_s, inside.start_s), inside.end_s - EPSILON_S)
