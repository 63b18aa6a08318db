"""The Slow-Fast model: ConvNeXt tower, projector, fast tokens in the sequence, slow tokens attended to."""

from typing import Any

from playhead_index.embed.runtime import torch
from playhead_tools.architectures.slow_fast.config import SlowFastConfig
from playhead_tools.architectures.slow_fast.fast_frames import pool_squares
from playhead_tools.architectures.slow_fast.hybrid_layers import HybridLayer, SlowTokens
from playhead_tools.architectures.slow_fast.tower import VisionTower
from playhead_tools.architectures.splice import EncodedVideo, SpliceModel
from playhead_tools.video_llm.visual_context import (
    NEVER,
    KeysAndValues,
    VisualContext,
    VisualKeyCache,
    pack_context,
)

FRAMES_AT_ONCE = 16
"""Frames that the tower takes together; bounds its working memory."""


class SlowFastModel(SpliceModel):
    """A `SpliceModel` whose placeholders are fast tokens and whose context is slow tokens.

    Args:
        config: of this model.
    """

    config_class = SlowFastConfig

    def __init__(self, config: SlowFastConfig) -> None:
        super().__init__(config)
        nn, text = torch().nn, config.text_config
        gate = config.cross_attn_gating_type
        for number in config.hybrid_layers:
            self.language_model.layers[number] = HybridLayer(
                text, number, gate_tanh="tanh" in gate, gate_warm_up="warmup" in gate
            )
        self.vision_tower = VisionTower(
            config.tower_depths, config.tower_widths, config.tower_kernel, config.tower_mlp_ratio
        )
        self.mm_projector = _projector(config)
        if "unpad" in config.mm_patch_merge_type:
            self.image_newline = nn.Parameter(torch().zeros(text.hidden_size))
        self.visual_keys = VisualKeyCache()
        self.post_init()

    @property
    def reuses_prefix(self) -> bool:
        """Whether a generated token has the keys and values that it would have in a prompt."""
        return not self.config.reference_compat

    def get_video_features(self, pixel_values_videos: Any, **kwargs: Any) -> EncodedVideo:
        """Fast tokens as rows and slow tokens as context.

        Args:
            pixel_values_videos: (T, 3, H, W) normalised frames of one clip.
            kwargs: `return_dict`, which is always true.

        Returns:
            `pooler_output` (N, K, D), `context` (T, S, D), and which fast token each slow one goes with.
        """
        grids = torch().cat(
            [
                self.mm_projector(self.vision_tower(frames))
                for frames in pixel_values_videos.split(FRAMES_AT_ONCE)
            ]
        )
        slow = pool_squares(grids, self.config.mm_video_pooling_stride) if len(grids) > 1 else grids
        rule = self.config.fast_frames
        return EncodedVideo(
            pooler_output=rule.pool(slow), context=slow, context_owner=rule.owners(*slow.shape[:2])
        )

    def forward(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        position_ids: Any = None,
        cache: Any = None,
        past_key_values: Any = None,
        inputs_embeds: Any = None,
        use_cache: bool | None = None,
        mm_encoder_outputs: Any = None,
        logits_to_keep: int | Any = 0,
        visual_context: VisualContext | None = None,
        **kwargs: Any,
    ) -> Any:
        """Logits of the next tokens.

        Args:
            input_ids: (B, L) int64 with a placeholder for every fast token.
            attention_mask: (B, L), 0 for padding.
            position_ids: (B, L).
            cache: keys and values of earlier columns (`past_key_values` in older versions).
            past_key_values: the same.
            inputs_embeds: (B, L, D) in place of `input_ids`, for prompts without clips.
            use_cache: give keys and values back.
            mm_encoder_outputs: fast tokens by modality, see `splice`.
            logits_to_keep: of so many last columns; 0 for all.
            visual_context: slow tokens of the prompts, also when they are continued; None without clips.
            kwargs: for the text model and its attention layers.
        """
        slow = None if visual_context is None else self._slow_tokens(input_ids, visual_context)
        if slow is not None:
            kwargs["slow_tokens"] = slow
        return super().forward(
            input_ids, attention_mask, position_ids, cache, past_key_values, inputs_embeds, use_cache,
            mm_encoder_outputs, logits_to_keep, **kwargs,
        )  # fmt: skip

    def prepare_inputs_for_generation(
        self, *arguments: Any, is_first_iteration: bool = False, **kwargs: Any
    ) -> dict[str, Any]:
        """The arguments of the next forward pass.

        In the released code only the first pass has slow tokens.
        """
        if self.config.reference_compat and not is_first_iteration:
            kwargs.pop("visual_context", None)
        inputs: dict[str, Any] = super().prepare_inputs_for_generation(
            *arguments, is_first_iteration=is_first_iteration, **kwargs
        )
        return inputs

    def _slow_tokens(self, input_ids: Any, context: VisualContext) -> SlowTokens | None:
        """The keys and values of a batch's slow tokens, and which of these columns attend to them."""
        if context.packed is None:
            context.packed = pack_context(context, self.visual_keys, self._project, str(self.device))
        packed = context.packed
        is_slow = packed.columns != NEVER
        placeholders = torch().tensor(
            [self.config.video_token_id, self.config.image_token_id], device=input_ids.device
        )
        attends = ~torch().isin(input_ids, placeholders) & is_slow.any(dim=1, keepdim=True)
        columns = attends.any(dim=0).nonzero()[:, 0]
        if not len(columns):
            return None
        return SlowTokens(
            dict(zip(self.config.hybrid_layers, packed.layers, strict=True)),
            None if bool(is_slow.all()) else is_slow,
            columns,
            attends[:, columns],
        )

    def _project(self, rows: Any) -> list[KeysAndValues]:
        layers = self.language_model.layers
        return [layers[number].slow_keys_values(rows.to(self.dtype)) for number in self.config.hybrid_layers]


def _projector(config: SlowFastConfig) -> Any:
    """Linear layers with GELUs between them, from the width of the tower to that of the text model."""
    nn, width = torch().nn, config.text_config.hidden_size
    first = nn.Linear(config.tower_widths[-1], width)
    if config.mm_projector_type == "linear":
        return first
    depth = int(config.mm_projector_type.removeprefix("mlp").partition("x")[0])
    more = [layer for _ in range(depth - 1) for layer in (nn.GELU(), nn.Linear(width, width))]
    return nn.Sequential(first, *more)
