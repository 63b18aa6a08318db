"""Frames that were seen, the stretches between them, and the best frame of a search inside one."""

from collections.abc import Sequence

from playhead_agent.baselines.spreading import spread
from playhead_agent.baselines.trial import BaselineTrial
from playhead_agent.state import SegmentRef
from playhead_index.search.results import Moment, Scope
from playhead_index.window import Window
from playhead_tools.video_llm.frame_sampling import EDGE_S, STEP_S

Frame = tuple[str, float]
"""A video and a time in it, in seconds."""
Gap = SegmentRef
"""A stretch of a video in which no frame was seen."""
LEAST_GAP_S = 1.0
MOST_FOUND = 20


def first_frames(attempt: BaselineTrial, many: int) -> list[Frame]:
    """Frames spread evenly over the videos in scope."""
    requests = spread(attempt, many)
    return [(one.video_id, time_s) for one in requests for time_s in dict.fromkeys(one.times_s)]


def gaps_between(attempt: BaselineTrial, frames: Sequence[Frame]) -> list[Gap]:
    """The stretches before, between and behind frames, of every video in scope, without the shortest ones."""
    gaps: list[Gap] = []
    for video_id, window in attempt.stretches:
        times = [time_s for of_video, time_s in sorted(frames) if of_video == video_id]
        starts = [window.start_s, *(time_s + STEP_S for time_s in times)]
        ends = [*times, window.end_s]
        found = [(a, b) for a, b in zip(starts, ends, strict=True) if b - a >= LEAST_GAP_S]
        gaps += [(video_id, Window(a, b)) for a, b in found]
    return gaps


def best_frame(attempt: BaselineTrial, gap: Gap, text: str) -> Frame | None:
    """The frame of the best moment of a search inside a stretch; None when it finds nothing there."""
    video_id, window = gap
    moments = attempt.moments(text, 1, Scope((video_id,), window))
    return frame_of(moments[0], window) if moments else None


def best_gap(attempt: BaselineTrial, gaps: Sequence[Gap], text: str) -> Gap | None:
    """The stretch that holds the best moment of one search over everything; None when none does."""
    for moment in attempt.moments(text, MOST_FOUND):
        for video_id, window in gaps:
            if video_id == moment.video_id and frame_of(moment, moment.window)[1] in window:
                return video_id, window
    return None


def frame_of(moment: Moment, inside: Window) -> Frame:
    """The frame of a moment: its best picture's, else its middle, kept inside a window."""
    pictures = [hit for hit in moment.hits if hit.lane == "picture"]
    window = pictures[0].window if pictures else moment.window
    time_s = (window.start_s + window.end_s) / 2
    return moment.video_id, min(max(time_s, inside.start_s), inside.end_s - EDGE_S)
