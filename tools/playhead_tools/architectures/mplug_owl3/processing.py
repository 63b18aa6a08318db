"""Frames and prompts of mPLUG-Owl3."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.architectures.splice_processor import PreparedFrames, SpliceProcessor
from playhead_tools.video_llm.model_families import FRAME_LABEL, Family

PLACEHOLDER = "<|image|>"
VIDEO_START, VIDEO_END = "<|start_video_frame|>", "<|end_video_frame|>"
"""What the later generation writes around the frames of a video."""
FAMILY = Family(
    "mPLUG-Owl3", opens=f"(?:{FRAME_LABEL})?", between=True, context_reach="after", image_as_clip=True
)
TEMPLATE = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\n<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% for part in message.content %}"
    "{% if part.type == 'text' %}{{ part.text }}{% else %}VIDEO_TOKEN\n{% endif %}"
    "{% endfor %}<|im_end|>{% if message.role == 'assistant' %}<|endoftext|>{% endif %}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""ChatML with an empty system turn; an earlier answer ends with both of the model's ends."""


def placeholder_ids(tokenizer: Any) -> tuple[int, ...]:
    """What a tokenizer as released makes of `<|image|>`: one token, or several where it does not know it."""
    return tuple(tokenizer(PLACEHOLDER, add_special_tokens=False)["input_ids"])


class Owl3Processor(SpliceProcessor):
    """Square frames of SigLIP, and a placeholder for each.

    Args:
        tokenizer: as released.
        side_px: of a frame.
        rows_per_frame: that the tower makes of it.
        num_placeholders: tokens of a frame in the prompt.
        marks_videos: a start and an end are written around the frames of a video.
    """

    def __init__(
        self, tokenizer: Any, *, side_px: int, rows_per_frame: int, num_placeholders: int, marks_videos: bool
    ) -> None:
        super().__init__(tokenizer, TEMPLATE, video_token=PLACEHOLDER, image_token=PLACEHOLDER)
        self.side_px, self.rows_per_frame = side_px, rows_per_frame
        self.num_placeholders, self.marks_videos = num_placeholders, marks_videos

    def prepare_frames(self, frames: NDArray[np.uint8], metadata: Any) -> PreparedFrames:
        """Frames squashed to squares by bicubic resampling, values from -1 to 1; none is cut or padded.

        Args:
            frames: (N, H, W, 3) uint8 RGB.
            metadata: not looked at; the model takes no times.
        """
        from PIL import Image

        size = (self.side_px, self.side_px)
        squares = [np.asarray(Image.fromarray(f).resize(size, Image.Resampling.BICUBIC)) for f in frames]
        pixels = torch().from_numpy(np.stack(squares)).permute(0, 3, 1, 2).float().div(255).sub(0.5).div(0.5)
        written = PLACEHOLDER * self.num_placeholders * len(frames)
        expansion = f"{VIDEO_START}{written}{VIDEO_END}" if self.marks_videos else written
        return PreparedFrames(
            {"pixel_values_videos": pixels}, expansion, num_context_rows=len(frames) * self.rows_per_frame
        )
