"""Which windows of a video are to be captioned, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from playhead_index.caption_run import CaptionSettings
from playhead_index.clean_text import clean_text
from playhead_index.frame_vectors import read_frame_vectors, sum_by_segment
from playhead_index.segment.representative_order import representative_order
from playhead_index.store.catalog import Catalog, SpanRow
from playhead_index.window import Window

SPACES = ("picture", "appearance", "layout")
"""Vector spaces of frames, the one that says most of what is shown first."""
STEP_MARK = "@"
MIN_STEP_SHARE = 0.1
"""A last step of less than this share of a whole one is left to the segment that it lies in."""


@dataclass(frozen=True, slots=True)
class CaptionTarget:
    """A window to be captioned.

    Args:
        window: in seconds.
        source: that its caption is stored with: the captioner's name, for a step with its length.
    """

    window: Window
    source: str


@dataclass(frozen=True, slots=True)
class CaptionPlan:
    """The captions of one video that a run is to make.

    Args:
        targets: all of them, in the order in which they are made.
        pending: those of them that are not stored yet.
        num_segments: of the video.
        is_whole: every segment is among the targets.
    """

    targets: tuple[CaptionTarget, ...]
    pending: tuple[CaptionTarget, ...]
    num_segments: int
    is_whole: bool


def step_source(captioner: str, every_s: float) -> str:
    """The source of captions of fixed steps.

    >>> step_source("caption:model#1f", 2.0)
    'caption:model#1f@2s'
    """
    return f"{captioner}{STEP_MARK}{every_s:g}s"


def is_step_source(source: str) -> bool:
    """Whether captions of a source are of fixed steps, not of segments.

    >>> is_step_source("caption:model#1f@2s"), is_step_source("caption:me@home")
    (True, False)
    """
    return step_length_s(source) > 0


def step_length_s(source: str) -> float:
    """The length in seconds of the steps of a source; 0 for captions of segments.

    >>> step_length_s("caption:model#1f@2.5s")
    2.5
    """
    mark, number = source.rpartition(STEP_MARK)[1:]
    is_number = number.endswith("s") and number[:-1].replace(".", "", 1).isdecimal()
    return float(number[:-1]) if mark and is_number else 0.0


def segment_captions(spans: Sequence[SpanRow]) -> list[SpanRow]:
    """The captions of segments among captions; those of fixed steps where there are no others."""
    return [span for span in spans if not is_step_source(span.words.source)] or list(spans)


def plan_captions(catalog: Catalog, video_id: str, captioner: str, settings: CaptionSettings) -> CaptionPlan:
    """The captions of a video that a captioner is to make.

    All segments are taken in time order. Where a number or an amount of money limits them, the most
    representative come first (`representative_order`), and a later run goes on with the next.

    Args:
        catalog: of the library.
        video_id: of the video, whose segments are cut.
        captioner: its name.
        settings: of the run.
    """
    segments = [segment.window for segment in catalog.segments(video_id)]
    chosen = segments
    if settings.max_captions is not None or settings.max_money is not None:
        limit = settings.max_captions
        order = representative_order(segments, segment_vectors(catalog, video_id, segments), limit)
        chosen = [segments[i] for i in order[:limit]]
    targets = [CaptionTarget(window, captioner) for window in chosen]
    if settings.every_s is not None:
        source = step_source(captioner, settings.every_s)
        targets += [CaptionTarget(window, source) for window in step_windows(segments, settings.every_s)]
    stored = {(span.words.source, span.words.window) for span in catalog.spans(video_id, "caption")}
    pending = [one for one in targets if (clean_text(one.source), one.window) not in stored]
    return CaptionPlan(tuple(targets), tuple(pending), len(segments), len(chosen) == len(segments))


def step_windows(segments: Sequence[Window], every_s: float) -> list[Window]:
    """Steps of a length from 0 s on, those whose middle lies in a segment; the last one ends with it.

    >>> [str(window) for window in step_windows([Window(0.0, 2.5)], 1.0)]
    ['0:00–0:01', '0:01–0:02', '0:02–0:02.5']
    """
    if not segments:
        return []
    end_s = segments[-1].end_s
    steps = [
        Window(i * every_s, min((i + 1) * every_s, end_s))
        for i in range(ceil(end_s / every_s - MIN_STEP_SHARE))
    ]
    starts_s = np.array([segment.start_s for segment in segments])
    middles_s = np.array([(step.start_s + step.end_s) / 2 for step in steps])
    at = np.searchsorted(starts_s, middles_s, side="right") - 1
    return [
        step
        for step, middle_s, i in zip(steps, middles_s, at, strict=True)
        if i >= 0 and float(middle_s) in segments[i]
    ]


def segment_vectors(
    catalog: Catalog, video_id: str, segments: Sequence[Window]
) -> NDArray[np.float32] | None:
    """(N, D) float32 the mean vector of the frames of each segment, zero where it has none.

    Taken from the first vector space of frames that the video has; None where it has none.
    """
    for space in SPACES if segments else ():
        frames = read_frame_vectors(catalog, video_id, space)
        sums = None if frames is None else sum_by_segment(frames, segments)
        if sums is not None and sums.any():
            return sums
    return None
