"""Images in the brief: one observation of all of a short scope, or thumbnails spread over a longer one."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from playhead_agent.planner.brief import Brief
from playhead_index.errors import ToolError, VideoError
from playhead_index.window import Window, format_time
from playhead_tools.evidence import Evidence
from playhead_tools.frames import FrameReader
from playhead_tools.toolbox import Toolbox, ToolImage, ToolResult
from playhead_tools.toolbox.context import ToolContext
from playhead_tools.toolbox.observations import estimate_visual_tokens
from playhead_tools.toolbox.result_rows import clock
from playhead_tools.video_llm.jpeg_and_mp4 import jpeg_bytes

CLIP_S = 180.0
"""A scope of up to so many seconds is viewed completely in one call."""
MAX_CLIPS = 8
NUM_THUMBNAILS, THUMBNAIL_PX = 12, 180
"""A 16:9 thumbnail is about 84 tokens of 28 px patches: 12 are a thousand."""
Blocks = list[dict[str, Any]]


def with_observation(brief: Brief, question: str, toolbox: Toolbox, *, images: bool) -> tuple[Brief, str]:
    """The brief with one observation of all of a scope of up to `CLIP_S`, and why there is none, else empty.

    Args:
        brief: so far.
        question: about the frames.
        toolbox: of the run.
        images: the planner takes images, so that it is given the frames.
    """
    segment_refs = toolbox.context.scope_windows()
    total_s = sum(window.duration_s for window in segment_refs.values())
    if total_s > CLIP_S or len(segment_refs) > MAX_CLIPS or (toolbox.vlm_client is None and not images):
        return brief, ""
    numbers = {video.video_id: number for number, video in enumerate(toolbox.context.videos(), start=1)}
    has_several = len(segment_refs) > 1
    ranges = [f"{numbers[v]} {clock(w)}" if has_several else clock(w) for v, w in segment_refs.items()]
    arguments = {"ranges": ranges, "question": question}
    try:
        toolbox.call("look", arguments, images=images)
    except ToolError as error:
        return brief, f"the scope was not looked at: {error}"
    return replace(brief, look_arguments=arguments), ""


def with_thumbnails(brief: Brief, tool_context: ToolContext) -> tuple[Brief, str]:
    """The brief with thumbnails spread over the scope, as far as the caps allow, and why there are none."""
    places = thumbnail_places(tool_context.scope_windows())
    if not places or tool_context.vlm_calls_left(len(places)) < 2:
        return brief, "no thumbnails: the caps leave no room for them" if places else ""
    rows: list[tuple[str, float, str]] = []
    for video_id, time_s in places:
        window = Window(max(0.0, time_s - 0.5), time_s + 0.5)
        record = Evidence("", video_id, window, "picture", "supported", match=1.0, lanes=("picture",))
        rows.append((video_id, time_s, tool_context.table.add(record)))
    with_rows = replace(brief, thumbnails=tuple(rows))
    try:
        frames = read_thumbnails(with_rows, tool_context)
    except (ToolError, VideoError) as error:
        return brief, f"no thumbnails: {error}"
    tool_context.meter.add_vlm_call(
        len(frames), len(frames) * estimate_visual_tokens(THUMBNAIL_PX, THUMBNAIL_PX * 16 // 9)
    )
    return with_rows, ""


def thumbnail_places(segment_refs: dict[str, Window]) -> list[tuple[str, float]]:
    """(video id, time in seconds) of `NUM_THUMBNAILS` frames in equal steps over all windows.

    >>> thumbnail_places({"a": Window(0.0, 60.0), "b": Window(0.0, 60.0)})[0]
    ('a', 5.0)
    """
    total_s = sum(window.duration_s for window in segment_refs.values())
    step_s = total_s / NUM_THUMBNAILS
    places: list[tuple[str, float]] = []
    previous_s = 0.0
    for video_id, window in segment_refs.items():
        while len(places) < NUM_THUMBNAILS:
            at_s = (len(places) + 0.5) * step_s - previous_s
            if at_s >= window.duration_s:
                break
            places.append((video_id, window.start_s + at_s))
        previous_s += window.duration_s
    return places


def read_thumbnails(brief: Brief, tool_context: ToolContext) -> list[ToolImage]:
    """The thumbnails of a brief, decoded.

    Raises:
        ToolError: a file is not there any more.
        VideoError: a file cannot be decoded.
    """
    reader = FrameReader(tool_context.catalog)
    images: list[ToolImage] = []
    for video_id in dict.fromkeys(one[0] for one in brief.thumbnails):
        rows = [one for one in brief.thumbnails if one[0] == video_id]
        frames = reader.frames(video_id, [time_s for _, time_s, _ in rows], THUMBNAIL_PX)
        for frame, (_, time_s, name) in zip(frames, rows, strict=True):
            label = f"{name} {tool_context.label(video_id)} at {format_time(time_s)}".replace("  ", " ")
            images.append(ToolImage(jpeg_bytes(frame.rgb), video_id, time_s, label))
    return images


def image_blocks(images: Sequence[ToolImage]) -> Blocks:
    """Content blocks of a message: each image after its label."""
    blocks: Blocks = []
    for image in images:
        url = f"data:image/jpeg;base64,{b64encode(image.jpeg).decode()}"
        blocks += [{"type": "text", "text": image.label}, {"type": "image_url", "image_url": {"url": url}}]
    return blocks


def called_blocks(called: ToolResult) -> Blocks:
    """The images of a result as content blocks."""
    return image_blocks(called.images)
