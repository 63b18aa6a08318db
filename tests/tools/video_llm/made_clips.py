"""Small clips with known times."""

import numpy as np

from playhead_index.window import Window
from playhead_index.words.protocol import Words
from playhead_tools.video_llm.protocol import Budget, Clip, VlmRequest


def clip(
    *pts_s: float, video_id: str = "v1", end_s: float | None = None, words: tuple[Words, ...] = ()
) -> Clip:
    """Frames of 16 by 24 pixels at these times, each a grey that is its index; ends 1 s after the last."""
    shades = np.arange(len(pts_s), dtype=np.uint8).reshape(-1, 1, 1, 1)
    frames = np.ascontiguousarray(np.broadcast_to(shades, (len(pts_s), 16, 24, 3)))
    window = Window(pts_s[0], pts_s[-1] + 1.0 if end_s is None else end_s)
    return Clip(video_id, window, np.array(pts_s), frames, words)


def vlm_request(
    *clips: Clip, question: str = "What is on the table?", budget: Budget | None = None
) -> VlmRequest:
    """A question about these clips, or about one of four frames from 10 s on."""
    shown = clips or (clip(10.0, 11.0, 12.0, 13.0),)
    return VlmRequest(shown, question, budget or Budget())
