"""One observation, counted and cached: what the tools `look` and `find_events` share."""

import hashlib
from dataclasses import dataclass
from math import ceil

from playhead_index.errors import ModelError, ModelUnavailable, ToolError, VideoError
from playhead_index.window import Window
from playhead_tools.region import Region
from playhead_tools.toolbox.context import DEFAULT_FRAMES, Record, ToolContext
from playhead_tools.toolbox.result_rows import clock
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.frame_sampling import STRIP_FACTOR, STRIP_FRAMES
from playhead_tools.video_llm.refusals import is_refusal, yes_or_no

NO_VLM = (
    "no model looks at pictures here. Set PLAYHEAD_VIDEO_MODEL to a video model, or PLAYHEAD_VIDEO_SERVER to"
    " a server that has one; until then use search and read"
)
NO_VLM_CALLS_LEFT = "no look is left within the caps of this run; finish with what there is, or abstain"
MAX_REPLY_CHARS, MAX_FAILURE_CHARS = 800, 200


@dataclass(frozen=True, slots=True)
class CachedObservation:
    """What one observation gave.

    Args:
        video_id: in which video.
        window: that was shown.
        text: the reply, with the times of the frames that it names in place of their numbers.
        p_yes: probability of Yes, from the model or from its word; None when it said neither.
        declined: the model said that the clip does not show what was asked.
        cost: what the call used; nothing for one that was cached.
        failed: why the frames could not be shown; empty when they were.
    """

    video_id: str
    window: Window
    text: str
    p_yes: float | None
    declined: bool
    cost: Record
    failed: str = ""


def require_vlm(context: ToolContext) -> None:
    """Checks that a VLM can be called.

    Raises:
        ToolError: there is no VLM, or it failed before; the message says what to do instead.
    """
    if context.vlm_client is None:
        raise ToolError(NO_VLM)
    if context.meter.vlm_failure and not context.is_replay:
        raise ToolError(f"{context.meter.vlm_failure}; it is not asked again: use search and read")


def cached_observation(
    context: ToolContext, video_id: str, window: Window, question: str, **options: object
) -> CachedObservation | None:
    """An observation that was made before, or that failed; None for one that was not made. It costs nothing.

    Args:
        context: of the question.
        video_id: in which video.
        window: that was to be shown.
        question: that was asked.
        options: `yes_no`, `frames`, `region` and `overview` of `observe`, where they were given.
    """
    row = context.observations.get(observation_key(video_id, window, question, **options))
    return None if row is None else _from_row(row, {})


def observe(
    context: ToolContext,
    video_id: str,
    window: Window,
    question: str,
    *,
    yes_no: bool = False,
    frames: int | None = None,
    region: Region | None = None,
    overview: Window | None = None,
) -> CachedObservation:
    """What the model says of a window; what was asked before is not asked again and costs nothing.

    Raises:
        ToolError: there is no VLM, no call is left, or the file or the model failed.
    """
    cached = cached_observation(
        context, video_id, window, question, yes_no=yes_no, frames=frames, region=region, overview=overview
    )
    if cached is None:
        require_vlm(context)
        if context.vlm_calls_left(max_frames_given(context, frames, overview)) < 1:
            raise ToolError(NO_VLM_CALLS_LEFT)
        key = observation_key(
            video_id, window, question, yes_no=yes_no, frames=frames, region=region, overview=overview
        )
        cached = _make_observation(context, key, video_id, window, question, yes_no, frames, region, overview)
    if cached.failed:
        raise ToolError(f"looking at {clock(window)} failed: {cached.failed}")
    return cached


def max_frames_given(context: ToolContext, frames: int | None, overview: Window | None) -> int | None:
    """Maximum number of frames that one observation gives the model; None for the default of a context."""
    if overview is None:
        return frames
    max_frames = frames or (DEFAULT_FRAMES if context.vlm_client is None else context.vlm_client.frames)
    return max(2, max_frames - STRIP_FRAMES) + STRIP_FACTOR * max_frames


def observation_key(
    video_id: str,
    window: Window,
    question: str,
    *,
    yes_no: object = False,
    frames: object = None,
    region: object = None,
    overview: object = None,
) -> str:
    """A hash of the window, the question and the options."""
    key_text = f"{video_id}|{window.start_s:.3f}|{window.end_s:.3f}|{yes_no}|{frames}|{region}|{question}"
    if overview is not None:
        key_text += f"|{overview}"
    return hashlib.sha256(key_text.encode()).hexdigest()[:16]


def _make_observation(
    context: ToolContext,
    key: str,
    video_id: str,
    window: Window,
    question: str,
    yes_no: bool,
    frames: int | None,
    region: Region | None,
    overview: Window | None,
) -> CachedObservation:
    """A new observation, counted and cached; a failure to decode frames is cached as such."""
    if context.vlm_client is None:
        raise ToolError(NO_VLM)
    row: Record = {"video_id": video_id, "window": [window.start_s, window.end_s]}
    try:
        observation = context.vlm_client.observe(
            video_id, window, question, yes_no=yes_no, frames=frames, region=region, overview=overview
        )
    except ModelUnavailable as error:
        context.meter.record_vlm_failure(f"the video model could not be used: {error}")
        raise ToolError(f"looking at {clock(window)} failed: {error}") from error
    except (ModelError, VideoError) as error:
        context.observations[key] = {**row, "failed": str(error)[:MAX_FAILURE_CHARS]}
        return _from_row(context.observations[key], {})
    context.observations[key] = row | {
        "window": [observation.window.start_s, observation.window.end_s],
        "text": " ".join(observation.text.split())[:MAX_REPLY_CHARS],
        "p_yes": _p_yes(observation) if yes_no else observation.p_yes,
        "declined": observation.declines,
    }
    context.meter.add_vlm_call(
        observation.frames, observation.visual_tokens, observation.visual_tokens_given, observation.money
    )
    used = {
        "looks": 1,
        "frames": observation.frames,
        "visual_tokens": observation.visual_tokens,
        "seconds": observation.seconds,
    }
    return _from_row(
        context.observations[key], {name: round(amount, 3) for name, amount in used.items() if amount}
    )


def _from_row(row: Record, cost: Record) -> CachedObservation:
    window, failed = Window(*row["window"]), row.get("failed", "")
    if failed:
        return CachedObservation(row["video_id"], window, "", None, False, cost, failed)
    return CachedObservation(row["video_id"], window, row["text"], row["p_yes"], row["declined"], cost)


def _p_yes(observation: Observation) -> float | None:
    if observation.p_yes is not None:
        return round(observation.p_yes, 3)
    if observation.declines or is_refusal(observation.text, yes_no=True):
        return None
    word = yes_or_no(observation.text)
    return None if word is None else float(word)


def sum_costs(costs: list[Record]) -> Record:
    """Costs of several observations together."""
    names = dict.fromkeys(name for cost in costs for name in cost)
    return {name: round(sum(cost.get(name, 0) for cost in costs), 3) for name in names}


def estimate_visual_tokens(height_px: int, width_px: int, side_px: int = 28) -> int:
    """About how many tokens an image becomes: one for each square of 28 pixels, as in Qwen2-VL.

    >>> estimate_visual_tokens(336, 597)
    264
    """
    return ceil(height_px / side_px) * ceil(width_px / side_px)
