"""`look`: what a model sees in some stretches, or their frames for a planner that takes pictures."""

from collections.abc import Sequence
from typing import Literal

from playhead_index.errors import ToolError, VideoError
from playhead_index.window import Window, format_time
from playhead_tools.evidence import Evidence
from playhead_tools.frames import FrameReader, TimedFrame
from playhead_tools.region import Region, parse_region
from playhead_tools.toolbox.arguments import Place, place_of, shortened
from playhead_tools.toolbox.context import DEFAULT_FRAMES, Record, ToolContext, result
from playhead_tools.toolbox.observations import (
    NONE_LEFT,
    CachedObservation,
    known_look,
    look_at,
    look_key,
    need_eyes,
    patches,
    summed,
)
from playhead_tools.toolbox.protocols import ToolImage
from playhead_tools.toolbox.reading import blocks_of
from playhead_tools.toolbox.rows import clock, evidence_row, word_rows
from playhead_tools.video_llm.encoding import jpeg_bytes
from playhead_tools.video_llm.frame_sampling import evenly
from playhead_tools.video_llm.refusals import yes_or_no

Density = Literal["low", "normal", "high"]
MAX_QUESTION_CHARS = 600
OPEN_MATCH = 0.75
"""How far an open reply of a video model is trusted; uncalibrated."""
_SHARE: dict[Density, float] = {"low": 0.5, "normal": 1.0, "high": 2.0}
"""Frames of a look by density, as a part of what the model takes by itself."""
MAX_WORD_ROWS = 6
SHORT_SIDE_PX = 448
"""Of the frames that a planner is given: 28 px patches of a 16:9 picture are about 460 tokens."""


def look(
    context: ToolContext,
    ranges: list[str],
    question: str,
    density: Density = "normal",
    region: str = "",
) -> Record:
    """Looks at the frames of short stretches, with the words spoken there. Costs seconds: search first.

    The question must stand alone and be open ("What does the man hold?").

    Args:
        ranges: like "12:30-12:41", with the video's number in front when there are several; or ids like "E3".
        question: about what the frames show.
        density: of frames.
        region: to enlarge, like "top left" or "0.5,0,1,0.5".
    """
    notes: list[str] = []
    asked = " ".join(question.split())[:MAX_QUESTION_CHARS] or "What is to be seen?"
    part = _region(region, notes)
    places = _places(context, ranges, notes)
    if context.shows_images:
        return _show(context, places, asked, density, part, notes)
    if not any(_known(context, place, asked, density, part) for place in places):
        need_eyes(context)
    seen = _looked(context, places, asked, density, part, notes)
    rows: list[Record] = []
    for one in seen:
        rows.append(_seen_row(context, one, asked))
        rows += spoken_rows(context, one.video_id, one.window)
    return result(rows, notes, summed([one.cost for one in seen]), summary=f"asked of the frames: {asked}")


def _region(text: str, notes: list[str]) -> Region | None:
    try:
        return parse_region(text)
    except ValueError as error:
        notes.append(f"{error}; the whole picture was taken")
        return None


def _places(context: ToolContext, ranges: Sequence[str], notes: list[str]) -> list[Place]:
    """The stretches to look at, each once, at most so many as a call may look at."""
    places = [place_of(context, one, (), notes) for one in ranges or [""]]
    places = list(
        dict.fromkeys((v, shortened(window, context.limits.max_look_s, notes)) for v, window in places)
    )
    if len(places) > context.limits.max_looks:
        notes.append(f"{len(places)} ranges, the first {context.limits.max_looks} were looked at")
    return places[: context.limits.max_looks]


def spoken_rows(context: ToolContext, video_id: str, window: Window) -> list[Record]:
    """The words spoken in a window, at most some rows."""
    return word_rows(context, blocks_of(context, video_id, window, ("speech",))[:MAX_WORD_ROWS])


# ---- a video model looks ----


def _frames(context: ToolContext, density: Density) -> int | None:
    """Most frames of a look; None for what the model takes by itself."""
    usual = DEFAULT_FRAMES if context.eyes is None else context.eyes.frames
    return None if density == "normal" else max(2, round(usual * _SHARE[density]))


def _known(
    context: ToolContext, place: Place, question: str, density: Density, region: Region | None
) -> bool:
    return known_look(context, *place, question, frames=_frames(context, density), region=region) is not None


def _looked(
    context: ToolContext,
    places: Sequence[Place],
    question: str,
    density: Density,
    region: Region | None,
    notes: list[str],
) -> list[CachedObservation]:
    """What was seen in each place, as far as the caps allow; the others are named."""
    seen: list[CachedObservation] = []
    frames = _frames(context, density)
    for at, (video_id, window) in enumerate(places):
        try:
            seen.append(look_at(context, video_id, window, question, frames=frames, region=region))
        except ToolError as error:
            if not seen and len(places) == 1:
                raise
            rest = ", ".join(clock(one) for _, one in places[at:])
            notes.append(f"{error} (not looked at: {rest})")
            break
    if not seen:
        raise ToolError(notes[-1])
    return seen


def _seen_row(context: ToolContext, seen: CachedObservation, question: str) -> Record:
    """The row of an open look; what was declined is no evidence and has no id."""
    said = f"{question} {seen.text}" if yes_or_no(seen.text) is not None else seen.text
    record = Evidence(
        "",
        seen.video_id,
        seen.window,
        "picture",
        "supported",
        match=OPEN_MATCH,
        lanes=("picture",),
        said=said,
    )
    if seen.declined:
        return {**evidence_row(context, record, seen.text, "-"), "id": "-", "verdict": "not_visible"}
    row = evidence_row(context, record, seen.text, context.table.add(record, question))
    return {**row, "verdict": "supported"}


# ---- a planner looks ----


def _show(
    context: ToolContext,
    places: Sequence[Place],
    question: str,
    density: Density,
    region: Region | None,
    notes: list[str],
) -> Record:
    """The frames themselves, in `ToolContext.images`; each stretch is evidence that the planner has seen."""
    rows: list[Record] = []
    costs: list[Record] = []
    many = max(2, round(DEFAULT_FRAMES * _SHARE[density] / max(1, len(places)) ** 0.5))
    reader = FrameReader(context.catalog)
    for at, place in enumerate(places):
        if not _is_shown(context, place, many, region) and context.looks_left(many) < 1:
            rest = ", ".join(clock(window) for _, window in places[at:])
            notes.append(f"{NONE_LEFT} (not looked at: {rest})")
            break
        try:
            shown = reader.frames(place[0], evenly(place[1], many), SHORT_SIDE_PX, region)
        except VideoError as error:
            notes.append(f"looking at {clock(place[1])} failed: {error}")
            continue
        costs.append(_count_shown(context, place, many, region, shown))
        rows += _shown_rows(context, place, question, shown)
    if not rows:
        raise ToolError(notes[-1])
    return result(rows, notes, summed(costs), summary=f"look for: {question}")


def _is_shown(context: ToolContext, place: Place, many: int, region: Region | None) -> bool:
    return look_key(*place, "", frames=many, region=region) in context.looks


def _count_shown(
    context: ToolContext, place: Place, many: int, region: Region | None, shown: Sequence[TimedFrame]
) -> Record:
    """What showing frames costs; nothing for those that were shown before."""
    if _is_shown(context, place, many, region):
        return {}
    window = [place[1].start_s, place[1].end_s]
    row = {"video_id": place[0], "window": window, "text": "", "p_yes": None, "declined": False}
    context.looks[look_key(*place, "", frames=many, region=region)] = row
    tokens = sum(patches(*frame.rgb.shape[:2]) for frame in shown)
    context.meter.look(len(shown), tokens, tokens)
    return {"looks": 1, "frames": len(shown), "visual_tokens": tokens}


def _shown_rows(
    context: ToolContext, place: Place, question: str, shown: Sequence[TimedFrame]
) -> list[Record]:
    """The row of what was shown, and the words spoken there; the frames go into `ToolContext.images`."""
    record = Evidence("", *place, "picture", "supported", match=OPEN_MATCH, lanes=("picture",))
    row = evidence_row(context, record, "", context.table.add(record, question))
    times = ", ".join(format_time(frame.time_s) for frame in shown)
    state = f"{len(shown)} frames are shown to you, at {times}"
    for number, frame in enumerate(shown, start=1):
        label = (
            f"{row['id'] or clock(place[1])} frame {number} of {len(shown)} at {format_time(frame.time_s)}"
        )
        context.images.append(ToolImage(jpeg_bytes(frame.rgb), place[0], frame.time_s, label))
    return [{**row, "state": state, "verdict": "supported"}, *spoken_rows(context, *place)]
