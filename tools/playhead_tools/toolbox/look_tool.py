"""`look`: observations of some windows by a video-LLM, or their frames for a planner that takes images."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from playhead_index.errors import ToolError, VideoError
from playhead_index.window import Window, format_time
from playhead_tools.evidence import Evidence
from playhead_tools.frames import FrameReader, TimedFrame
from playhead_tools.region import Region, parse_region
from playhead_tools.search_extent import SegmentRef
from playhead_tools.toolbox.arguments import resolve_range, truncate_window
from playhead_tools.toolbox.context import DEFAULT_FRAMES, Record, ToolContext, result
from playhead_tools.toolbox.observations import (
    NO_VLM_CALLS_LEFT,
    CachedObservation,
    cached_observation,
    estimate_visual_tokens,
    observation_key,
    observe,
    require_vlm,
    sum_costs,
)
from playhead_tools.toolbox.protocols import ToolImage
from playhead_tools.toolbox.read_tool import blocks_of
from playhead_tools.toolbox.result_rows import clock, evidence_row, word_rows
from playhead_tools.video_llm.contact_sheets import MAX_TILES, contact_sheets
from playhead_tools.video_llm.frame_sampling import even_times
from playhead_tools.video_llm.jpeg_and_mp4 import jpeg_bytes
from playhead_tools.video_llm.protocol import Clip
from playhead_tools.video_llm.refusals import yes_or_no

Density = Literal["low", "normal", "high"]
MAX_QUESTION_CHARS = 600
OPEN_MATCH = 0.75
"""How far an open reply of a video model is trusted; uncalibrated."""
_SHARE: dict[Density, float] = {"low": 0.5, "normal": 1.0, "high": 2.0}
"""Frames of an observation by density, as a part of the model's default."""
MAX_WORD_ROWS = 6
SHORT_SIDE_PX = 448
"""Of the frames that a planner is given: 28 px patches of a 16:9 picture are about 460 tokens."""


def look(
    context: ToolContext,
    ranges: list[str],
    question: str,
    density: Density = "normal",
    region: str = "",
    overview: bool = False,
) -> Record:
    """Looks at the frames of short stretches, with the words spoken there. Costs seconds: search first.

    The question must stand alone and be open ("What does the man hold?").

    Args:
        ranges: like "12:30-12:41", with the video's number in front when there are several; or ids like "E3".
        question: about what the frames show.
        density: of frames.
        region: to enlarge, like "top left" or "0.5,0,1,0.5".
        overview: also show the whole video, in little detail.
    """
    notes: list[str] = []
    question_text = " ".join(question.split())[:MAX_QUESTION_CHARS] or "What is to be seen?"
    region_box = _region(region, notes)
    segments = _resolve_ranges(context, ranges, notes)
    if context.planner_takes_images:
        overviews = _present_overviews(context, segments, notes) if overview else []
        return _present_frames(context, segments, question_text, density, region_box, notes, overviews)
    asked = [(segment, _overview(context, segment) if overview else None) for segment in segments]
    if not any(_is_cached(context, *one, question_text, density, region_box) for one in asked):
        require_vlm(context)
    observations = _observe_segments(context, asked, question_text, density, region_box, notes)
    rows: list[Record] = []
    for one in observations:
        rows.append(_observation_row(context, one, question_text))
        rows += spoken_rows(context, one.video_id, one.window)
    return result(
        rows,
        notes,
        sum_costs([one.cost for one in observations]),
        summary=f"asked of the frames: {question_text}",
    )


def _region(text: str, notes: list[str]) -> Region | None:
    try:
        return parse_region(text)
    except ValueError as error:
        notes.append(f"{error}; the whole picture was taken")
        return None


def _resolve_ranges(context: ToolContext, ranges: Sequence[str], notes: list[str]) -> list[SegmentRef]:
    """The segment references to observe, each once, up to the limit of one call."""
    segments = [resolve_range(context, one, (), notes) for one in ranges or [""]]
    segments = list(
        dict.fromkeys(
            (v, truncate_window(window, context.limits.max_observed_s, notes)) for v, window in segments
        )
    )
    if len(segments) > context.limits.max_observations:
        notes.append(f"{len(segments)} ranges, the first {context.limits.max_observations} were looked at")
    return segments[: context.limits.max_observations]


def spoken_rows(context: ToolContext, video_id: str, window: Window) -> list[Record]:
    """The words spoken in a window, at most some rows."""
    return word_rows(context, blocks_of(context, video_id, window, ("speech",))[:MAX_WORD_ROWS])


# ---- observations by a video-LLM ----


def _frames(context: ToolContext, density: Density) -> int | None:
    """Maximum number of frames of an observation; None for the model's default."""
    default_frames = DEFAULT_FRAMES if context.vlm_client is None else context.vlm_client.frames
    return None if density == "normal" else max(2, round(default_frames * _SHARE[density]))


def _overview(context: ToolContext, segment: SegmentRef) -> Window:
    """The part of a segment's video that is in scope."""
    return context.scope_window(context.video(segment[0]))


def _is_cached(
    context: ToolContext,
    segment: SegmentRef,
    overview: Window | None,
    question: str,
    density: Density,
    region: Region | None,
) -> bool:
    frames = _frames(context, density)
    cached = cached_observation(context, *segment, question, frames=frames, region=region, overview=overview)
    return cached is not None


def _observe_segments(
    context: ToolContext,
    segments: Sequence[tuple[SegmentRef, Window | None]],
    question: str,
    density: Density,
    region: Region | None,
    notes: list[str],
) -> list[CachedObservation]:
    """The observation of each segment, as far as the limits allow; the others are named."""
    observations: list[CachedObservation] = []
    frames = _frames(context, density)
    for at, ((video_id, window), overview) in enumerate(segments):
        try:
            observations.append(
                observe(context, video_id, window, question, frames=frames, region=region, overview=overview)
            )
        except ToolError as error:
            if not observations and len(segments) == 1:
                raise
            rest = ", ".join(clock(one) for (_, one), _ in segments[at:])
            notes.append(f"{error} (not looked at: {rest})")
            break
    if not observations:
        raise ToolError(notes[-1])
    return observations


def _observation_row(context: ToolContext, observation: CachedObservation, question: str) -> Record:
    """The row of an answer to an open question; a refusal is no evidence and has no id."""
    text = f"{question} {observation.text}" if yes_or_no(observation.text) is not None else observation.text
    record = Evidence(
        "",
        observation.video_id,
        observation.window,
        "picture",
        "supported",
        match=OPEN_MATCH,
        lanes=("picture",),
        said=text,
    )
    if observation.declined:
        return {**evidence_row(context, record, observation.text, "-"), "id": "-", "verdict": "not_visible"}
    row = evidence_row(context, record, observation.text, context.table.add(record, question))
    return {**row, "verdict": "supported"}


# ---- frames for the planner ----


def _present_frames(
    context: ToolContext,
    segments: Sequence[SegmentRef],
    question: str,
    density: Density,
    region: Region | None,
    notes: list[str],
    costs: list[Record],
) -> Record:
    """The frames themselves, in `ToolContext.images`; each window is evidence that the planner has viewed."""
    rows: list[Record] = []
    num_frames = max(2, round(DEFAULT_FRAMES * _SHARE[density] / max(1, len(segments)) ** 0.5))
    reader = FrameReader(context.catalog)
    for at, segment in enumerate(segments):
        if not _is_presented(context, segment, num_frames, region) and context.vlm_calls_left(num_frames) < 1:
            rest = ", ".join(clock(window) for _, window in segments[at:])
            notes.append(f"{NO_VLM_CALLS_LEFT} (not looked at: {rest})")
            break
        try:
            frames = reader.frames(segment[0], even_times(segment[1], num_frames), SHORT_SIDE_PX, region)
        except VideoError as error:
            notes.append(f"looking at {clock(segment[1])} failed: {error}")
            continue
        costs.append(_record_presentation(context, segment, num_frames, region, frames))
        rows += _presented_rows(context, segment, question, frames)
    if not rows:
        raise ToolError(notes[-1])
    return result(rows, notes, sum_costs(costs), summary=f"look for: {question}")


def _present_overviews(
    context: ToolContext, segments: Sequence[SegmentRef], notes: list[str]
) -> list[Record]:
    """A contact sheet of each video in `ToolContext.images`, as far as the limits allow; what each cost."""
    costs: list[Record] = []
    for video_id in dict.fromkeys(video_id for video_id, _ in segments):
        window = context.scope_window(context.video(video_id))
        key = observation_key(video_id, window, "", overview=window)
        if key not in context.observations and context.vlm_calls_left(MAX_TILES) < 1:
            notes.append(f"{NO_VLM_CALLS_LEFT} (no overview of {context.label(video_id) or 'the video'})")
            break
        try:
            times_s = even_times(window, MAX_TILES)
            frames = FrameReader(context.catalog).frames(video_id, times_s, SHORT_SIDE_PX)
        except VideoError as error:
            notes.append(f"an overview failed: {error}")
            continue
        shown = np.stack([frame.rgb for frame in frames])
        sheet = contact_sheets(Clip(video_id, window, np.array(times_s), shown, strip_frames=1)).frames[0]
        label = f"overview: {MAX_TILES} small frames, row by row from {clock(window)}"
        context.images.append(ToolImage(jpeg_bytes(sheet), video_id, times_s[0], label))
        if key not in context.observations:
            context.observations[key] = _image_observation(video_id, window)
            tokens = estimate_visual_tokens(*sheet.shape[:2])
            context.meter.add_vlm_call(MAX_TILES, tokens, tokens)
            costs.append({"looks": 1, "frames": MAX_TILES, "visual_tokens": tokens})
    return costs


def _image_observation(video_id: str, window: Window) -> Record:
    """The row of frames that a planner was given, for the observations of a question."""
    interval = [window.start_s, window.end_s]
    return {"video_id": video_id, "window": interval, "text": "", "p_yes": None, "declined": False}


def _is_presented(context: ToolContext, segment: SegmentRef, num_frames: int, region: Region | None) -> bool:
    return observation_key(*segment, "", frames=num_frames, region=region) in context.observations


def _record_presentation(
    context: ToolContext,
    segment: SegmentRef,
    num_frames: int,
    region: Region | None,
    frames: Sequence[TimedFrame],
) -> Record:
    """The cost of presenting frames; nothing for those that were presented before."""
    if _is_presented(context, segment, num_frames, region):
        return {}
    context.observations[observation_key(*segment, "", frames=num_frames, region=region)] = (
        _image_observation(*segment)
    )
    tokens = sum(estimate_visual_tokens(*frame.rgb.shape[:2]) for frame in frames)
    context.meter.add_vlm_call(len(frames), tokens, tokens)
    return {"looks": 1, "frames": len(frames), "visual_tokens": tokens}


def _presented_rows(
    context: ToolContext, segment: SegmentRef, question: str, frames: Sequence[TimedFrame]
) -> list[Record]:
    """The row of the presented frames, and the words there; the frames go into `ToolContext.images`."""
    record = Evidence("", *segment, "picture", "supported", match=OPEN_MATCH, lanes=("picture",))
    row = evidence_row(context, record, "", context.table.add(record, question))
    times = ", ".join(format_time(frame.time_s) for frame in frames)
    state = f"{len(frames)} frames are shown to you, at {times}"
    for number, frame in enumerate(frames, start=1):
        label = (
            f"{row['id'] or clock(segment[1])} frame {number} of {len(frames)} at {format_time(frame.time_s)}"
        )
        context.images.append(ToolImage(jpeg_bytes(frame.rgb), segment[0], frame.time_s, label))
    return [{**row, "state": state, "verdict": "supported"}, *spoken_rows(context, *segment)]
