"""LongVU's frames: padded to a square with each tower's mean colour, resized, and not yet normalised."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.architectures.longvu.grids import FrameGrids
from playhead_tools.architectures.splice_processor import PreparedFrames, SpliceProcessor

VIDEO_TOKEN, IMAGE_TOKEN = "<|video_pad|>", "<|image_pad|>"


class LongVUProcessor(SpliceProcessor):
    """Prepares frames for both towers; pixels stay 8-bit and are normalised on the model's device.

    Args:
        tokenizer: of the text model.
        chat_template: ChatML or Llama 3's.
        config: a `LongVUConfig`; its placeholders are set to those of the tokenizer.
        sides_px: of SigLIP's and DINOv2's square pictures.
        means: (2, 3) of each tower's pixels in [0, 1], its padding colour.
    """

    def __init__(
        self, tokenizer: Any, chat_template: str, config: Any, sides_px: tuple[int, int], means: Any
    ) -> None:
        super().__init__(tokenizer, chat_template, video_token=VIDEO_TOKEN, image_token=IMAGE_TOKEN)
        self._config, self._sides_px, self._means = config, sides_px, means
        config.video_token_id, config.image_token_id = self.video_token_id, self.image_token_id

    def prepare_frames(self, frames: NDArray[np.uint8], metadata: Any) -> PreparedFrames:
        """Pictures for both towers, and a placeholder for every row of both grids of every frame."""
        height_px, width_px = frames.shape[1:3]
        grids = FrameGrids.of(self._config, width_px, height_px)
        siglip, dinov2 = (
            torch().from_numpy(square_pictures(frames, side, mean))
            for side, mean in zip(self._sides_px, self._means, strict=True)
        )
        per_frame = grids.fine_tokens + grids.coarse_tokens
        firsts = torch().arange(len(frames))[:, None] * per_frame
        return PreparedFrames(
            {
                "pixel_values_videos": siglip,
                "pixel_values_dinov2": dinov2,
                "frame_size": torch().tensor([width_px, height_px]),
            },
            self.video_token * (len(frames) * per_frame),
            (firsts + torch().arange(grids.fine_tokens)).flatten(),
        )


def square_pictures(frames: NDArray[np.uint8], side_px: int, mean: tuple[float, ...]) -> NDArray[np.uint8]:
    """(N, 3, side, side) uint8: frames in the middle of a square of one colour, resized by PIL bicubically.

    Args:
        frames: (N, H, W, 3) uint8.
        side_px: of the result.
        mean: of a tower's pixels in [0, 1]; the colour is `int(255 * mean)` of each channel.
    """
    from PIL import Image

    count, height, width, _ = frames.shape
    longest = max(height, width)
    top, left = (longest - height) // 2, (longest - width) // 2
    square = np.empty((longest, longest, 3), dtype=np.uint8)
    square[:] = [int(255 * channel) for channel in mean]
    pictures = np.empty((count, 3, side_px, side_px), dtype=np.uint8)
    for at, frame in enumerate(frames):
        square[top : top + height, left : left + width] = frame
        resized = Image.fromarray(square).resize((side_px, side_px), Image.Resampling.BICUBIC)
        pictures[at] = np.asarray(resized).transpose(2, 0, 1)
    return pictures
