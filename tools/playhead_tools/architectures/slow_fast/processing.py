"""Frames for the ConvNeXt tower: shortest side resized, centre cropped, as the models were trained."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from playhead_index.embed.runtime import torch
from playhead_tools.architectures.slow_fast.config import SlowFastConfig
from playhead_tools.architectures.splice_processor import CHATML, PreparedFrames, SpliceProcessor

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
"""Of CLIP's pictures, red, green, blue."""
VIDEO_TOKEN, IMAGE_TOKEN = "<video>", "<image>"


class SlowFastProcessor(SpliceProcessor):
    """Tokenizer, ChatML as `qwen_1_5` writes it, and the preparation of frames.

    Args:
        tokenizer: of the checkpoint.
        config: says how many tokens a clip becomes.
    """

    def __init__(self, tokenizer: Any, config: SlowFastConfig) -> None:
        super().__init__(tokenizer, CHATML, video_token=VIDEO_TOKEN, image_token=IMAGE_TOKEN)
        self.config = config

    def prepare_frames(self, frames: NDArray[np.uint8], metadata: Any) -> PreparedFrames:
        """The frames of a clip, cropped to the square in their middle, and a placeholder a fast token.

        Args:
            frames: (T, H, W, 3) uint8 RGB.
            metadata: not used; the model takes no times.
        """
        size, rule, count = self.config.image_size, self.config.fast_frames, len(frames)
        pixels = np.stack([prepare_picture(frame, size) for frame in frames])
        per_frame = self.config.slow_tokens_per_frame(count)
        num_fast, steps = rule.num_tokens(count, per_frame), len(rule.groups(count))
        inputs = {
            "pixel_values_videos": torch().from_numpy(pixels),
            "video_grid_thw": torch().tensor([[steps, 1, num_fast // steps]]),
        }
        return PreparedFrames(inputs, self.video_token * num_fast, num_context_rows=count * per_frame)


def prepare_picture(frame: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    """A frame with its shortest side resized, the square in its middle, normalised.

    Of a frame of 16:9 the left and right 22 % of the width are lost.

    Args:
        frame: (H, W, 3) uint8 RGB.
        size: side of the square, in pixels.

    Returns:
        (3, size, size) float32.
    """
    height, width = frame.shape[:2]
    short, long = min(height, width), max(height, width)
    longer = int(size * long / short)
    wide, high = (size, longer) if width <= height else (longer, size)
    picture = Image.fromarray(frame).resize((wide, high), Image.Resampling.BICUBIC)
    left, top = (wide - size) // 2, (high - size) // 2
    square = np.asarray(picture.crop((left, top, left + size, top + size)), dtype=np.float32)
    normal = (square / 255 - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return np.ascontiguousarray(normal.transpose(2, 0, 1))
