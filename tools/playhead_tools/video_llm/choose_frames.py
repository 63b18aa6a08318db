"""Which frames are shown when there are more than the budget allows."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.video_llm.frame_citations import number_frames
from playhead_tools.video_llm.images import num_images
from playhead_tools.video_llm.protocol import Clip, FrameChooser, PromptFrame, VlmRequest


def choose_evenly(clips: Sequence[Clip], question: str, max_frames: int) -> list[NDArray[np.int64]]:
    """The middles of `max_frames` equal shares of all frames in a row, whatever the question is.

    A clip with few frames beside long ones may be left out.

    Raises:
        ValueError: `max_frames` is below 1.
    """
    if max_frames < 1:
        raise ValueError(f"at least one frame must be kept, got {max_frames = }")
    total = sum(len(clip) for clip in clips)
    count = min(max_frames, total)
    rows = ((np.arange(count) + 0.5) * total / count).astype(np.int64)
    starts = np.cumsum([0, *(len(clip) for clip in clips)])
    return [rows[(rows >= a) & (rows < b)] - a for a, b in pairwise(starts)]


def frames_to_show(
    request: VlmRequest, choose: FrameChooser = choose_evenly, max_frames: int | None = None
) -> tuple[PromptFrame, ...]:
    """The frames of a call as they are shown: all, or as many as the budget allows, chosen.

    Args:
        request: the call.
        choose: asked only when there are more frames than may be shown, and never about images.
        max_frames: a limit of the backend below the budget's; None when it has none.

    Raises:
        TokenBudgetExceeded: images leave no room for a frame.
        ValueError: the chooser gave indices that do not fit, or too many, or none.
    """
    limits = [limit for limit in (request.budget.frames, max_frames) if limit is not None]
    num_given = sum(len(clip) for clip in request.clips)
    if not limits or num_given <= min(limits):
        return number_frames(request.clips, [np.arange(len(clip)) for clip in request.clips])
    prompt_frames = number_frames(request.clips, choose_beside_images(request, choose, min(limits)))
    if len(prompt_frames) > min(limits):
        raise ValueError(f"{min(limits)} frames may be shown, the chooser kept {len(prompt_frames)}")
    return prompt_frames


def choose_beside_images(
    request: VlmRequest, choose: FrameChooser, max_frames: int
) -> list[NDArray[np.int64]]:
    """For each clip the indices of its frames to show: every image, and of the rest as many as are left.

    Raises:
        TokenBudgetExceeded: the images leave no room for a frame.
    """
    images = num_images(request)
    clips = [clip for clip in request.clips if not clip.is_image]
    if images and max_frames - images < min(1, len(clips)):
        raise TokenBudgetExceeded(
            f"{max_frames} frames may be shown and {images} images were given with the question; allow more"
            " frames, or give fewer images"
        )
    chosen = iter(choose(clips, request.question, max_frames - images) if clips else ())
    return [np.arange(1) if clip.is_image else next(chosen) for clip in request.clips]


def max_frames_in_budget(request: VlmRequest, tokens_per_frame: int) -> int | None:
    """How many frames fit the budget's visual tokens when each counts the same; None without a limit.

    Raises:
        TokenBudgetExceeded: not one fits.
    """
    tokens = request.budget.visual_tokens
    if tokens is None:
        return None
    if tokens < tokens_per_frame:
        raise TokenBudgetExceeded(
            f"{tokens} visual tokens are allowed and one frame takes {tokens_per_frame};"
            " raise budget.visual_tokens or show smaller frames"
        )
    return tokens // tokens_per_frame
