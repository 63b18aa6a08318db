"""Which frames are shown when there are more than the budget allows."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.video_llm.frame_citations import shown_frames
from playhead_tools.video_llm.protocol import Clip, FrameChooser, ShownFrame, VlmRequest


def evenly(clips: Sequence[Clip], question: str, most: int) -> list[NDArray[np.int64]]:
    """The middles of `most` equal shares of all frames in a row, whatever the question is.

    A clip with few frames beside long ones may be left out.

    Raises:
        ValueError: `most` is below 1.
    """
    if most < 1:
        raise ValueError(f"at least one frame must be kept, got {most = }")
    total = sum(len(clip) for clip in clips)
    count = min(most, total)
    rows = ((np.arange(count) + 0.5) * total / count).astype(np.int64)
    starts = np.cumsum([0, *(len(clip) for clip in clips)])
    return [rows[(rows >= a) & (rows < b)] - a for a, b in pairwise(starts)]


def frames_to_show(
    asked: VlmRequest, choose: FrameChooser = evenly, most: int | None = None
) -> tuple[ShownFrame, ...]:
    """The frames of a call as they are shown: all, or as many as the budget allows, chosen.

    Args:
        asked: the call.
        choose: asked only when there are more frames than may be shown.
        most: a limit of the backend below the budget's; None when it has none.

    Raises:
        ValueError: the chooser gave indices that do not fit, or too many, or none.
    """
    limits = [limit for limit in (asked.budget.frames, most) if limit is not None]
    given = sum(len(clip) for clip in asked.clips)
    if not limits or given <= min(limits):
        return shown_frames(asked.clips, [np.arange(len(clip)) for clip in asked.clips])
    shown = shown_frames(asked.clips, choose(asked.clips, asked.question, min(limits)))
    if len(shown) > min(limits):
        raise ValueError(f"{min(limits)} frames may be shown, the chooser kept {len(shown)}")
    return shown


def most_frames(asked: VlmRequest, tokens_per_frame: int) -> int | None:
    """How many frames fit the budget's visual tokens when each counts the same; None without a limit.

    Raises:
        TokenBudgetExceeded: not one fits.
    """
    tokens = asked.budget.visual_tokens
    if tokens is None:
        return None
    if tokens < tokens_per_frame:
        raise TokenBudgetExceeded(
            f"{tokens} visual tokens are allowed and one frame takes {tokens_per_frame};"
            " raise budget.visual_tokens or show smaller frames"
        )
    return tokens // tokens_per_frame
