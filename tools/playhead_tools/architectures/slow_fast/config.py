"""Configuration of a Slow-Fast model, from the released `config.json`."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from playhead_index.embed.runtime import transformers
from playhead_tools.architectures.slow_fast.fast_frames import FastFrames
from playhead_tools.architectures.splice import SpliceConfig

MODEL_TYPE = "llava_qwen_slow_fast"
KNOWN = {
    "cross_attn_implementation": (r"text-only-vanilla(-\w+)?", "text-only-vanilla…, without masksystem"),
    "cross_attn_gating_type": (r"whole-dynamic(-tanh)?(-warmup)?", "whole-dynamic[-tanh][-warmup]"),
    "mm_projector_type": (r"linear|mlp[1-9]x_gelu", "linear or mlpNx_gelu"),
    "mm_vision_tower": (r".*convnext.*", "a ConvNeXt"),
}
"""What of each field is built here: a pattern, and its words."""
DEFAULT_IMAGE_SIZE = 576
_LEGACY_TEXT_FIELDS = ("rope_theta", "rope_scaling")


class SlowFastConfig(SpliceConfig):
    """The released fields, under the names that they have there; those of the text model in `text_config`.

    Args:
        cross_attn_every_n_layers: every such layer is hybrid, from the least depth on.
        cross_attn_min_layer_depth: first layer that may be hybrid; None for 0.
        cross_attn_max_layer_depth: layer before which they end; None for all.
        cross_attn_implementation: only text attends to slow tokens.
        cross_attn_gating_type: `whole-dynamic`, then `-tanh`, then `-warmup`.
        fast_token_temporal_sampling_stride: see `FastFrames`.
        fast_token_temporal_stride: see `FastFrames`.
        fast_token_spatial_stride: see `FastFrames`.
        min_fast_frames: see `FastFrames`; None for 1.
        mm_video_pooling_stride: side of the square of tokens of a frame that is averaged into a slow token.
        mm_projector_type: `mlp2x_gelu` and the like, or `linear`.
        mm_vision_tower: name of the tower; its last number is the side of the pictures in pixels.
        mm_patch_merge_type: with `unpad` the checkpoint has a newline vector, which videos do not use.
        tower_depths: blocks of the tower's stages, read from the weights.
        tower_widths: channels of the tower's stages, read from the weights.
        tower_kernel: side of the tower's depthwise convolutions, read from the weights.
        tower_mlp_ratio: width inside a block's MLP / its width, read from the weights.
        reference_compat: cross-attention ends after the prompt, as in the released code, where generated
            tokens never see slow tokens.
    """

    model_type = MODEL_TYPE

    cross_attn_every_n_layers: int = 8
    cross_attn_min_layer_depth: int | None = None
    cross_attn_max_layer_depth: int | None = None
    cross_attn_implementation: str = "text-only-vanilla-flashattn"
    cross_attn_gating_type: str = "whole-dynamic-tanh-warmup"
    fast_token_temporal_sampling_stride: int = 1
    fast_token_temporal_stride: int = 4
    fast_token_spatial_stride: int = 1
    min_fast_frames: int | None = None
    mm_video_pooling_stride: int = 2
    mm_projector_type: str = "mlp2x_gelu"
    mm_vision_tower: str = "convnext-576"
    mm_patch_merge_type: str = "flat"
    tower_depths: Any = (3, 4, 30, 3)
    tower_widths: Any = (384, 768, 1536, 3072)
    tower_kernel: int = 7
    tower_mlp_ratio: int = 4
    reference_compat: bool = False

    @classmethod
    def from_released(cls, settings: Mapping[str, Any], **more: Any) -> "SlowFastConfig":
        """The configuration that a released `config.json` states, all models in one list of fields.

        Args:
            settings: of the file.
            more: fields that the file does not state.

        Raises:
            ValueError: it asks for another cross-attention, gate, projector or tower than those built here.
        """
        text_fields = {*_names(transformers().Qwen2Config), *_LEGACY_TEXT_FIELDS}
        text = {
            name: value
            for name, value in settings.items()
            if name in text_fields and (name, value) != ("rope_scaling", None)  # which newer versions warn of
        }
        own = {name: settings[name] for name in cls.__annotations__ if settings.get(name) is not None}
        for name, (pattern, expected) in KNOWN.items():
            if name in own and re.fullmatch(pattern, str(own[name])) is None:
                raise ValueError(f"{name} is {own[name]!r}, expected {expected}")
        return cls(
            text_config={"model_type": "qwen2", **text},
            tie_word_embeddings=bool(settings.get("tie_word_embeddings", False)),
            **{**own, **more},
        )

    @property
    def hybrid_layers(self) -> tuple[int, ...]:
        """Numbers of the layers with cross-attention."""
        num_layers, last = self.text_config.num_hidden_layers, self.cross_attn_max_layer_depth
        stop = num_layers if last is None else min(last, num_layers)
        return tuple(range(self.cross_attn_min_layer_depth or 0, stop, self.cross_attn_every_n_layers))

    @property
    def image_size(self) -> int:
        """Side of the pictures that the tower takes, in pixels."""
        numbers = re.findall(r"\d+", self.mm_vision_tower)
        return int(numbers[-1]) if numbers else DEFAULT_IMAGE_SIZE

    @property
    def grid_side(self) -> int:
        """Side of a frame's grid as the tower gives it, in tokens."""
        return self.image_size // (4 << (len(self.tower_depths) - 1))

    @property
    def fast_frames(self) -> FastFrames:
        """The rule of the fast tokens."""
        return FastFrames(
            self.fast_token_temporal_sampling_stride,
            self.fast_token_temporal_stride,
            self.min_fast_frames or 1,
            self.fast_token_spatial_stride,
        )

    @property
    def max_frames(self) -> int | None:
        """Frames of a clip in training: those that make the least number of fast frames; None where unknown.

        64 for a checkpoint with strides 1 and 4 and at least 16 fast frames.
        """
        rule = self.fast_frames
        if rule.min_frames == 1:
            return None
        return rule.min_frames * rule.temporal_stride * rule.sampling_stride

    def slow_tokens_per_frame(self, num_frames: int) -> int:
        """Slow tokens of each frame of a clip; a clip of one frame is not pooled."""
        side = self.grid_side // (self.mm_video_pooling_stride if num_frames > 1 else 1)
        return side * side


def _names(config_class: Any) -> set[str]:
    return {field.name for field in fields(config_class)}
