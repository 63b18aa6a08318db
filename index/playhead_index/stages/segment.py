"""The stage that cuts a video into segments where the image changes, sound where nobody speaks."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.protocol import EDGE_S
from playhead_index.segment.change_points import cut
from playhead_index.segment.refine_boundaries import refine_boundaries
from playhead_index.settings import segment_limits, to_text
from playhead_index.stages.embed_frames import layout_vectors
from playhead_index.stages.video_job import VideoJob
from playhead_index.store.job_table import Stage, read_stage, write_stage
from playhead_index.store.segments import replace_segments
from playhead_index.window import Window, join_windows

CHANGE_REACH_FRAMES = 1.5
"""A change lies at most so many sampling steps before the frame that first shows it."""


def cut_segments(job: VideoJob) -> None:
    """Stores segments that cover all but the gaps of a video, and says of each stored frame where it belongs.

    Done once for the same settings: segments that answers cite do not move when a model is added later.
    """
    if read_stage(job.catalog, job.video_id, "segment").status == "done":
        return
    windows = segment_windows(job)
    made = to_text(segment_limits(job.settings))
    with job.catalog.atomic() as db:
        replace_segments(db, job.video_id, windows)
        write_stage(db, job.video_id, Stage("segment", "done", job.info.duration_s, len(windows), made))


def segment_windows(job: VideoJob) -> list[Window]:
    """The segments that a video's stored frames and the settings give; they cover all but its gaps.

    Without frames they are cut where nobody speaks, as far as words are known.
    """
    if not job.info.has_frames:
        words = [span.words.window for span in job.catalog.spans(job.video_id, "speech")]
        limits_s = job.settings.min_segment_s, job.settings.max_segment_s
        return [window for part in job.info.recorded for window in cut_between_words(part, words, *limits_s)]
    frames = job.catalog.frames(job.video_id)
    starts_s = np.array([frame.window.start_s for frame in frames])
    features = layout_vectors(job.catalog, job.video_id, len(frames))
    return [window for part in job.info.recorded for window in _cut_part(job, part, starts_s, features)]


def _cut_part(
    job: VideoJob, part: Window, starts_s: NDArray[np.float64], features: NDArray[np.float32]
) -> list[Window]:
    """Segments that cover one interval between gaps, cut where the image changes."""
    rows = np.flatnonzero((starts_s >= part.start_s - EDGE_S) & (starts_s < part.end_s))
    if not len(rows):  # the last frame of all is still on the screen
        rows = np.array([len(starts_s) - 1])
    reach_s = CHANGE_REACH_FRAMES / job.settings.fps
    longest_s = max(3 * job.settings.min_segment_s, job.settings.max_segment_s - reach_s)
    cuts = cut(
        np.maximum(starts_s[rows] - part.start_s, 0.0),
        features[rows],
        part.duration_s,
        min_s=job.settings.min_segment_s,
        max_s=longest_s,
    )
    edges_s = [part.start_s, *(part.start_s + piece.window.end_s for piece in cuts)]
    edges_s[-1] = part.end_s
    changes = [i for i, piece in enumerate(cuts) if piece.is_change and i]
    exact_s = refine_boundaries(
        job.reader, [(max(part.start_s, edges_s[i] - reach_s), edges_s[i]) for i in changes]
    )
    for i, at_s in zip(changes, exact_s, strict=True):
        fits = (at_s - edges_s[i - 1], edges_s[i + 1] - at_s)
        if all(job.settings.min_segment_s <= length_s <= job.settings.max_segment_s for length_s in fits):
            edges_s[i] = at_s
    return [Window(start_s, end_s) for start_s, end_s in pairwise(edges_s)]


def cut_between_words(part: Window, words: Sequence[Window], min_s: float, max_s: float) -> list[Window]:
    """Segments of at most `max_s` that cover an interval of sound, cut in pauses where there are any.

    Each ends in the middle of the longest pause in the second half of what it may hold. Where there is none,
    what is left is cut into equal parts. No segment is shorter than `min_s`, but of a shorter interval.

    Args:
        part: the interval.
        words: when somebody speaks, as the spans of speech say it.
        min_s: shortest segment, above 0.
        max_s: longest segment, at least three times `min_s`.

    >>> said = [Window(0.0, 22.0), Window(24.0, 50.0)]
    >>> [str(segment) for segment in cut_between_words(Window(0.0, 50.0), said, 2.0, 30.0)]
    ['0:00–0:23', '0:23–0:50']
    """
    spoken = join_windows(words)
    ends_s = np.array([window.end_s for window in spoken])
    starts_s = np.array([window.start_s for window in spoken])
    edges_s = [part.start_s]
    while part.end_s - edges_s[-1] > max_s:
        low_s, high_s = edges_s[-1] + max_s / 2, min(edges_s[-1] + max_s, part.end_s - min_s)
        first = int(np.searchsorted(ends_s, low_s))
        last = int(np.searchsorted(starts_s, high_s, side="right"))
        pauses = [
            (starts_s[i + 1] - ends_s[i], (starts_s[i + 1] + ends_s[i]) / 2)
            for i in range(first, min(last, len(ends_s) - 1))
            if low_s <= (starts_s[i + 1] + ends_s[i]) / 2 <= high_s
        ]
        left_s = part.end_s - edges_s[-1]
        evenly_s = edges_s[-1] + left_s / ceil(left_s / max_s)
        edges_s.append(float(max(pauses)[1]) if pauses else evenly_s)
    return [Window(start_s, end_s) for start_s, end_s in pairwise([*edges_s, part.end_s])]
