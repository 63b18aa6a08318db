"""VideoChat2-Mistral (Li et al., 2023, arXiv:2311.17005): what is shown of a clip depends on the question.

Frames go through the UMT tower together; a Q-Former of which 96 queries attend to the patches of all frames
and to the words of the instruction (InstructBLIP; Dai et al., 2023, arXiv:2305.06500) makes 96 rows of them.
So the tower runs once a clip and its output is cached; the Q-Former runs for every question.
"""

from typing import Any

import torch
from torch import nn
from transformers import InstructBlipVideoQFormerModel

from playhead_tools.architectures.splice import EncodedVideo, SpliceModel
from playhead_tools.architectures.video_chat2.config import VideoChat2Config
from playhead_tools.architectures.video_chat2.vision_tower import UmtEncoder

VISION_NORM_EPS = 1e-12


class VisionEncoder(nn.Module):
    """The tower under the name that the released files give it."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.encoder = UmtEncoder(config)


class VideoChat2Model(SpliceModel):
    """VideoChat2 with a stock Mistral.

    Args:
        config: of this model.
    """

    config_class = VideoChat2Config
    reads_question = True

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        width = config.qformer_config.hidden_size
        self.vision_encoder = VisionEncoder(config.vision_config)
        self.vision_layernorm = nn.LayerNorm(config.vision_config.hidden_size, eps=VISION_NORM_EPS)
        self.query_tokens = nn.Parameter(torch.zeros(1, config.num_query_tokens, width))
        self.extra_query_tokens = nn.Parameter(torch.zeros(1, config.num_extra_query_tokens, width))
        self.qformer = InstructBlipVideoQFormerModel(config.qformer_config)
        self.mistral_proj = nn.Linear(width, config.text_config.hidden_size)
        self.post_init()

    def get_video_features(self, pixel_values_videos: torch.Tensor, **_: Any) -> EncodedVideo:
        """The patches of one clip, before any question is read.

        Args:
            pixel_values_videos: (V, T, 3, H, W) views of T frames, normalised.

        Returns:
            (V * T * patches, width) rows, view by view, frame by frame.
        """
        patches = self.vision_layernorm(self.vision_encoder.encoder(pixel_values_videos))
        return EncodedVideo(pooler_output=patches.flatten(0, 1))

    def refine(self, rows: torch.Tensor, num_frames: int, instruction_ids: torch.Tensor) -> torch.Tensor:
        """What the language model is shown of a clip when an instruction is given.

        Args:
            rows: (V * T * patches, width) of `get_video_features`.
            num_frames: T.
            instruction_ids: (W,) int64 tokens of the instruction, by the Q-Former's own tokenizer.

        Returns:
            (V * Q, hidden) rows, the Q queries of each view.
        """
        vision = self.config.vision_config
        patches = (vision.image_size // vision.patch_size) ** 2
        views = rows.reshape(-1, num_frames * patches, vision.hidden_size)
        queries = torch.cat([self.query_tokens, self.extra_query_tokens], dim=1)
        output = self.qformer(
            input_ids=instruction_ids[None].expand(len(views), -1),
            query_embeds=queries.expand(len(views), -1, -1),
            encoder_hidden_states=views.to(queries.dtype),
        )
        shown: torch.Tensor = self.mistral_proj(output.last_hidden_state[:, : queries.shape[1]])
        return shown.flatten(0, 1)
