"""Pictures in the brief: one look at all of a short scope, or small frames spread over a longer one."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from playhead_agent.planner.brief import Brief
from playhead_index.errors import ToolError, VideoError
from playhead_index.window import Window, format_time
from playhead_tools.evidence import Evidence
from playhead_tools.frames import FrameReader
from playhead_tools.toolbox import Called, Toolbox, ToolImage
from playhead_tools.toolbox.context import ToolContext
from playhead_tools.toolbox.observations import patches
from playhead_tools.toolbox.rows import clock
from playhead_tools.video_llm.encoding import jpeg_bytes

CLIP_S = 180.0
"""A scope of up to so many seconds is looked at once as a whole."""
MAX_CLIPS = 8
NUM_THUMBNAILS, THUMBNAIL_PX = 12, 180
"""A 16:9 thumbnail is about 84 tokens of 28 px patches: 12 are a thousand."""
Blocks = list[dict[str, Any]]


def with_look(brief: Brief, question: str, toolbox: Toolbox, *, images: bool) -> tuple[Brief, str]:
    """The brief with one look at all of a scope of up to `CLIP_S`, and why there is none; empty for a look.

    Args:
        brief: so far.
        question: that the frames are asked.
        toolbox: of the run.
        images: the planner takes pictures, so that it is given the frames.
    """
    stretches = toolbox.context.stretches()
    total_s = sum(window.duration_s for window in stretches.values())
    if total_s > CLIP_S or len(stretches) > MAX_CLIPS or (toolbox.eyes is None and not images):
        return brief, ""
    numbers = {video.video_id: at for at, video in enumerate(toolbox.context.videos(), start=1)}
    several = len(stretches) > 1
    ranges = [f"{numbers[v]} {clock(w)}" if several else clock(w) for v, w in stretches.items()]
    arguments = {"ranges": ranges, "question": question}
    try:
        toolbox.call("look", arguments, images=images)
    except ToolError as error:
        return brief, f"the scope was not looked at: {error}"
    return replace(brief, look=arguments), ""


def with_thumbnails(brief: Brief, tool_context: ToolContext) -> tuple[Brief, str]:
    """The brief with small frames spread over the scope, as far as caps allow, and why there are none."""
    places = thumbnail_places(tool_context.stretches())
    if not places or tool_context.looks_left(len(places)) < 2:
        return brief, "no thumbnails: the caps leave no room for them" if places else ""
    rows: list[tuple[str, float, str]] = []
    for video_id, time_s in places:
        window = Window(max(0.0, time_s - 0.5), time_s + 0.5)
        record = Evidence("", video_id, window, "picture", "supported", match=1.0, lanes=("picture",))
        rows.append((video_id, time_s, tool_context.table.add(record)))
    shown = replace(brief, thumbnails=tuple(rows))
    try:
        frames = read_thumbnails(shown, tool_context)
    except (ToolError, VideoError) as error:
        return brief, f"no thumbnails: {error}"
    tool_context.meter.look(len(frames), len(frames) * patches(THUMBNAIL_PX, THUMBNAIL_PX * 16 // 9))
    return shown, ""


def thumbnail_places(stretches: dict[str, Window]) -> list[tuple[str, float]]:
    """(video id, time in seconds) of `NUM_THUMBNAILS` frames in equal steps over all stretches.

    >>> thumbnail_places({"a": Window(0.0, 60.0), "b": Window(0.0, 60.0)})[0]
    ('a', 5.0)
    """
    total_s = sum(window.duration_s for window in stretches.values())
    step_s = total_s / NUM_THUMBNAILS
    places: list[tuple[str, float]] = []
    begun_s = 0.0
    for video_id, window in stretches.items():
        while len(places) < NUM_THUMBNAILS:
            at_s = (len(places) + 0.5) * step_s - begun_s
            if at_s >= window.duration_s:
                break
            places.append((video_id, window.start_s + at_s))
        begun_s += window.duration_s
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
        own = [one for one in brief.thumbnails if one[0] == video_id]
        frames = reader.frames(video_id, [time_s for _, time_s, _ in own], THUMBNAIL_PX)
        for frame, (_, time_s, name) in zip(frames, own, strict=True):
            label = f"{name} {tool_context.label(video_id)} at {format_time(time_s)}".replace("  ", " ")
            images.append(ToolImage(jpeg_bytes(frame.rgb), video_id, time_s, label))
    return images


def image_blocks(images: Sequence[ToolImage]) -> Blocks:
    """Content blocks of a message: each picture behind its label."""
    blocks: Blocks = []
    for image in images:
        url = f"data:image/jpeg;base64,{b64encode(image.jpeg).decode()}"
        blocks += [{"type": "text", "text": image.label}, {"type": "image_url", "image_url": {"url": url}}]
    return blocks


def called_blocks(called: Called) -> Blocks:
    """The pictures of a result as content blocks."""
    return image_blocks(called.images)
