"""One look, counted, kept and mapped to evidence: what `look` and `find_events` share."""

import hashlib
from dataclasses import dataclass
from math import ceil

from playhead_index.errors import ModelError, ModelUnavailable, ToolError, VideoError
from playhead_index.window import Window
from playhead_tools.region import Region
from playhead_tools.toolbox.context import Record, ToolContext
from playhead_tools.toolbox.rows import clock
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.refusals import is_refusal, yes_or_no

NO_EYES = (
    "no model looks at pictures here. Set PLAYHEAD_VIDEO_MODEL to a video model, or PLAYHEAD_VIDEO_SERVER to"
    " a server that has one; until then use search and read"
)
NONE_LEFT = "no look is left within the caps of this run; finish with what there is, or abstain"
MAX_REPLY_CHARS, MAX_FAILURE_CHARS = 800, 200


@dataclass(frozen=True, slots=True)
class CachedObservation:
    """What one look gave.

    Args:
        video_id: in which video.
        window: that was shown.
        text: the reply, with the times of the frames that it names in place of their numbers.
        p_yes: probability of Yes, from the model or from its word; None when it said neither.
        declined: the model said that the clip does not show what was asked.
        cost: what the look used; nothing for one that was kept.
        failed: why the frames could not be shown; empty when they were.
    """

    video_id: str
    window: Window
    text: str
    p_yes: float | None
    declined: bool
    cost: Record
    failed: str = ""


def need_eyes(context: ToolContext) -> None:
    """Nothing comes out where a model can look.

    Raises:
        ToolError: no model looks here, or it failed before; it says what to do instead.
    """
    if context.eyes is None:
        raise ToolError(NO_EYES)
    if context.meter.look_failure and not context.is_replay:
        raise ToolError(f"{context.meter.look_failure}; it is not asked again: use search and read")


def known_look(
    context: ToolContext, video_id: str, window: Window, question: str, **how: object
) -> CachedObservation | None:
    """A look that was made before, or that failed; None for one that was not made. It costs nothing.

    Args:
        context: of the question.
        video_id: in which video.
        window: that was to be shown.
        question: that was asked.
        how: `yes_no`, `frames` and `region` of `look_at`, where they were given.
    """
    row = context.looks.get(look_key(video_id, window, question, **how))
    return None if row is None else _seen(row, {})


def look_at(
    context: ToolContext,
    video_id: str,
    window: Window,
    question: str,
    *,
    yes_no: bool = False,
    frames: int | None = None,
    region: Region | None = None,
) -> CachedObservation:
    """What the model says of a window; what was asked before is not asked again and costs nothing.

    Raises:
        ToolError: no model can look, no look is left, or the file or the model failed.
    """
    known = known_look(context, video_id, window, question, yes_no=yes_no, frames=frames, region=region)
    if known is None:
        need_eyes(context)
        if context.looks_left(frames) < 1:
            raise ToolError(NONE_LEFT)
        key = look_key(video_id, window, question, yes_no=yes_no, frames=frames, region=region)
        known = _made(context, key, video_id, window, question, yes_no, frames, region)
    if known.failed:
        raise ToolError(f"looking at {clock(window)} failed: {known.failed}")
    return known


def look_key(
    video_id: str,
    window: Window,
    question: str,
    *,
    yes_no: object = False,
    frames: object = None,
    region: object = None,
) -> str:
    """A hash of what is looked at and asked."""
    asked = f"{video_id}|{window.start_s:.3f}|{window.end_s:.3f}|{yes_no}|{frames}|{region}|{question}"
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def _made(
    context: ToolContext,
    key: str,
    video_id: str,
    window: Window,
    question: str,
    yes_no: bool,
    frames: int | None,
    region: Region | None,
) -> CachedObservation:
    """A look that is made, counted and kept; frames that cannot be shown are kept as such."""
    if context.eyes is None:
        raise ToolError(NO_EYES)
    row: Record = {"video_id": video_id, "window": [window.start_s, window.end_s]}
    try:
        made = context.eyes.look(video_id, window, question, yes_no=yes_no, frames=frames, region=region)
    except ModelUnavailable as error:
        context.meter.look_failed(f"the video model could not be used: {error}")
        raise ToolError(f"looking at {clock(window)} failed: {error}") from error
    except (ModelError, VideoError) as error:
        context.looks[key] = {**row, "failed": str(error)[:MAX_FAILURE_CHARS]}
        return _seen(context.looks[key], {})
    context.looks[key] = row | {
        "window": [made.window.start_s, made.window.end_s],
        "text": " ".join(made.text.split())[:MAX_REPLY_CHARS],
        "p_yes": _p_yes(made) if yes_no else made.p_yes,
        "declined": made.declines,
    }
    context.meter.look(made.frames, made.visual_tokens, made.visual_tokens_given, made.money)
    used = {"looks": 1, "frames": made.frames, "visual_tokens": made.visual_tokens, "seconds": made.seconds}
    return _seen(context.looks[key], {name: round(amount, 3) for name, amount in used.items() if amount})


def _seen(row: Record, cost: Record) -> CachedObservation:
    window, failed = Window(*row["window"]), row.get("failed", "")
    if failed:
        return CachedObservation(row["video_id"], window, "", None, False, cost, failed)
    return CachedObservation(row["video_id"], window, row["text"], row["p_yes"], row["declined"], cost)


def _p_yes(made: Observation) -> float | None:
    if made.p_yes is not None:
        return round(made.p_yes, 3)
    if made.declines or is_refusal(made.text, yes_no=True):
        return None
    word = yes_or_no(made.text)
    return None if word is None else float(word)


def summed(costs: list[Record]) -> Record:
    """Costs of several looks together."""
    names = dict.fromkeys(name for cost in costs for name in cost)
    return {name: round(sum(cost.get(name, 0) for cost in costs), 3) for name in names}


def patches(height_px: int, width_px: int, side_px: int = 28) -> int:
    """About how many tokens a picture becomes: one for each square of 28 pixels, as in Qwen2-VL.

    >>> patches(336, 597)
    264
    """
    return ceil(height_px / side_px) * ceil(width_px / side_px)
