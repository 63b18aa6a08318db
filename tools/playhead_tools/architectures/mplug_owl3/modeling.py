"""mPLUG-Owl3 as a splice model: a SigLIP tower, and layers of Qwen2 that attend to its rows.

A frame stands in the prompt as one token. Its 729 rows pass the input norm of each hyper layer and a
projection of that layer to keys and values; all keys of a frame carry the rotary phase of its token
(multimodal-interleaved rotary embedding). Without the phase they depend on the frame alone and are cached.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from playhead_index.embed.runtime import torch, transformers
from playhead_tools.architectures.mplug_owl3.config import Owl3Config
from playhead_tools.architectures.splice import CACHE, EncodedVideo, SpliceModel
from playhead_tools.video_llm.visual_context import (
    NEVER,
    KeysAndValues,
    PackedContext,
    VisualContext,
    VisualKeyCache,
    pack_context,
    split_keys_and_values,
)

_library = transformers()
_qwen2 = import_module("transformers.models.qwen2.modeling_qwen2")
_utils = import_module("transformers.modeling_utils")
SPARE_COLUMNS = 512
"""Columns of text that a call may grow by before its keys are copied to a larger block."""
FRAMES_AT_ONCE = 32
"""Frames that go through the tower together."""
QUERIES_AT_ONCE = 128
"""Queries that attend together; each such part of a prompt reads the keys that its last query sees."""

MaskOf = Callable[[int, int], Any]
"""(B, L, M) bool for queries [first, stop), which keys they see; None where they see all."""


class JointKeys:
    """Keys and values of rows and of the text after them, in one block of memory that grows with the text.

    Rows are copied once a call and not in every step.

    Args:
        keys: (B, heads, M, D) of the rows, with their phase.
        values: (B, heads, M, D).
        num_columns: of text that there will be room for at first.
    """

    def __init__(self, keys: Any, values: Any, num_columns: int) -> None:
        self.num_rows, self._num_written = keys.shape[2], 0
        self.blocks = [_enlarged(tensor, num_columns + SPARE_COLUMNS) for tensor in (keys, values)]

    def with_text(self, keys: Any, values: Any, num_new: int) -> KeysAndValues:
        """(B, heads, M + L, D) keys and values of the rows and of all text.

        Args:
            keys: (B, heads, L, D) of all text up to now.
            values: (B, heads, L, D).
            num_new: the last columns of it, those of this forward pass.
        """
        num_columns = keys.shape[2]
        known = num_columns - num_new
        first = known if known <= self._num_written else 0
        end = self.num_rows + num_columns
        if end > self.blocks[0].shape[2]:
            self.blocks = [_enlarged(block, num_columns) for block in self.blocks]
        for block, text in zip(self.blocks, (keys, values), strict=True):
            block[:, :, self.num_rows + first : end] = text[:, :, first:]
        self._num_written = num_columns
        return self.blocks[0][:, :, :end], self.blocks[1][:, :, :end]


def _enlarged(tensor: Any, num_more: int) -> Any:
    """(B, heads, M, D) with room for more columns after it."""
    batch, heads, length, width = tensor.shape
    block = tensor.new_empty((batch, heads, length + num_more, width))
    block[:, :, :length] = tensor
    return block


@dataclass(frozen=True, slots=True, eq=False)
class CallKeys:
    """Keys with their phase and values of the rows of a call.

    Args:
        layers: by index of the layer, (B, heads, M, D) keys and values; `JointKeys` without a gate.
        columns: see `PackedContext`.
        positions: see `PackedContext`.
    """

    layers: Mapping[int, KeysAndValues | JointKeys]
    columns: Any
    positions: Any


@dataclass(frozen=True, slots=True, eq=False)
class HyperContext:
    """What the hyper layers of one forward pass attend to.

    Args:
        layers: see `CallKeys`.
        sees_rows: which queries see which rows.
        sees_text: which queries see which columns of text, padding left out.
        sees_any: (B, L) bool, queries that see any row; None where all do.
        num_rows: for queries before `stop`, how many leading rows any of them sees.
        num_text: the same for columns of text.
    """

    layers: Mapping[int, KeysAndValues | JointKeys]
    sees_rows: MaskOf
    sees_text: MaskOf
    sees_any: Any
    num_rows: Callable[[int], int]
    num_text: Callable[[int], int]


class HyperAttention(_qwen2.Qwen2Attention):  # type: ignore[misc, name-defined]
    """Self-attention of Qwen2 that also attends to visual rows.

    Args:
        config: of the text model.
        layer_idx: counted from 0.
        has_gate: two softmaxes mixed by a gate a channel (240728); else one softmax over rows and text.
    """

    def __init__(self, config: Any, layer_idx: int, *, has_gate: bool) -> None:
        super().__init__(config, layer_idx)
        self.num_key_value_heads = config.num_key_value_heads
        self.v_kv_proj = torch().nn.Linear(
            config.hidden_size, 2 * config.num_key_value_heads * self.head_dim, bias=True
        )
        gate = torch().nn.Parameter(torch().zeros(config.num_attention_heads * self.head_dim))
        self.register_parameter("gate", gate if has_gate else None)

    def keys_and_values(self, rows: Any) -> KeysAndValues:
        """(heads, M, D) keys without a phase and values of (M, H) rows that passed the layer's norm."""
        return split_keys_and_values(self.v_kv_proj(rows), self.head_dim)

    def forward(
        self,
        hidden_states: Any,
        position_embeddings: tuple[Any, Any],
        attention_mask: Any = None,
        cache: Any = None,
        past_key_values: Any = None,
        hyper_context: HyperContext | None = None,
        **kwargs: Any,
    ) -> tuple[Any, Any]:
        """(B, L, H) output, and None for the attention weights; see `Qwen2Attention`.

        Args:
            hidden_states: (B, L, H).
            position_embeddings: cosine and sine of the queries' positions.
            attention_mask: of the text, as transformers prepares it.
            cache: keys and values of the text before.
            past_key_values: the same, in older versions of transformers.
            hyper_context: rows to attend to; None for text alone.
            kwargs: for the attention function.
        """
        known = cache if cache is not None else past_key_values
        if hyper_context is None:
            output: tuple[Any, Any] = super().forward(
                hidden_states, position_embeddings, attention_mask, **{CACHE: known}, **kwargs
            )
            return output
        queries, keys, values = (
            project(hidden_states).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        queries, keys = _qwen2.apply_rotary_pos_emb(queries, keys, *position_embeddings)
        if known is not None:
            keys, values = known.update(keys, values, self.layer_idx)
        rows = hyper_context.layers[self.layer_idx]
        if isinstance(rows, JointKeys):
            both = rows.with_text(keys, values, queries.shape[2])
            mixed = _attend_by_parts(queries, both, rows.num_rows, hyper_context, self.scaling)
        else:
            attention = _utils.ALL_ATTENTION_FUNCTIONS.get_interface(
                self.config._attn_implementation, _qwen2.eager_attention_forward
            )
            own, _ = attention(
                self, queries, keys, values, attention_mask, dropout=0.0, scaling=self.scaling,
                sliding_window=self.sliding_window, **kwargs,
            )  # fmt: skip
            own = own.flatten(2)
            share = self.gate.sigmoid()
            cross = _attend_by_parts(queries, rows, rows[0].shape[2], hyper_context, self.scaling)
            mixed = own * (1 - share) + cross * share
            if hyper_context.sees_any is not None:
                mixed = torch().where(hyper_context.sees_any[..., None], mixed, own)
        return self.o_proj(mixed), None


class Owl3Model(SpliceModel):
    """mPLUG-Owl3 of either generation.

    Args:
        config: of this model.
    """

    config_class = Owl3Config

    def __init__(self, config: Owl3Config) -> None:
        super().__init__(config)
        for layer in self.hyper_layers:
            self.language_model.layers[layer].self_attn = HyperAttention(
                self.language_model.config, layer, has_gate=config.has_gate
            )
        tower = _library.SiglipVisionModel(config.vision_config)
        self.vision_model = getattr(tower, "vision_model", tower)  # one module deeper in older versions
        linear, width = torch().nn.Linear, config.text_config.hidden_size
        first = linear(config.vision_config.hidden_size, width)
        self.vision2text_model = (
            torch().nn.Sequential(first, torch().nn.GELU(), linear(width, width))
            if config.two_layer_projector
            else first
        )
        self.visual_keys = VisualKeyCache()
        self.post_init()

    @property
    def hyper_layers(self) -> tuple[int, ...]:
        """The layers with cross-attention, counted from 0."""
        return tuple(layer - 1 for layer in self.config.hyper_layers)

    def get_video_features(self, pixel_values_videos: Any, **kwargs: Any) -> EncodedVideo:
        """For each frame the word vectors of its placeholder, and its rows as context.

        Args:
            pixel_values_videos: (N, 3, side, side).
            kwargs: `return_dict`, which is always true.

        Returns:
            `pooler_output` (N * P, H) for P tokens a placeholder, `context` (N, rows, H).
        """
        context = torch().cat(
            [self.vision2text_model(self._tower(part)) for part in pixel_values_videos.split(FRAMES_AT_ONCE)]
        )
        ids = torch().tensor(list(self.config.placeholder_ids), device=context.device)
        words = self.get_input_embeddings()(ids)
        return EncodedVideo(pooler_output=words.repeat(len(context), 1), context=context)

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
        """Logits of the next tokens; see `SpliceModel.forward`.

        Args:
            input_ids: (B, L) int64 with a placeholder for every frame.
            attention_mask: (B, columns), 0 for padding, which stands on the left.
            position_ids: (B, L).
            cache: keys and values of earlier columns (`past_key_values` in older versions).
            past_key_values: the same.
            inputs_embeds: (B, L, D) in place of `input_ids`.
            use_cache: give keys and values back.
            mm_encoder_outputs: the placeholders' word vectors.
            logits_to_keep: of so many last columns; 0 for all.
            visual_context: the frames' rows, the same object in all steps of a generation.
            kwargs: for the text model and its attention layers.
        """
        known = cache if cache is not None else past_key_values
        if visual_context is not None:
            length = (input_ids if inputs_embeds is None else inputs_embeds).shape[1]
            past = 0 if known is None else int(known.get_seq_length())
            kwargs["hyper_context"] = self._hyper_context(visual_context, past, length)
        return super().forward(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            mm_encoder_outputs=mm_encoder_outputs,
            logits_to_keep=logits_to_keep,
            **{CACHE: known},
            **kwargs,
        )

    def _tower(self, pixels: Any) -> Any:
        """(N, rows, D) the output of the layer before the last, without the final norm."""
        states = self.vision_model.embeddings(pixels)
        for layer in self.vision_model.encoder.layers[:-1]:
            states = layer(states, None)
        return states

    def project_rows(self, rows: Any) -> list[KeysAndValues]:
        """Keys and values of rows in each hyper layer, without a phase."""
        layers = [self.language_model.layers[layer] for layer in self.hyper_layers]
        with torch().no_grad():
            return [layer.self_attn.keys_and_values(layer.input_layernorm(rows)) for layer in layers]

    def call_keys(self, packed: PackedContext, num_columns: int) -> CallKeys:
        """Keys with their phase and values of the rows of a call.

        Args:
            packed: without a phase.
            num_columns: of text that follows at first.
        """
        positions = packed.positions
        if self.config.reference_compat:
            positions = packed.columns.masked_fill(packed.columns == NEVER, 0)
        if self.config.has_gate:
            positions = positions + 1
        layers: dict[int, KeysAndValues | JointKeys] = {}
        for layer, (keys, values) in zip(self.hyper_layers, packed.layers, strict=True):
            turned = self._with_phase(keys, positions)
            layers[layer] = (
                (turned, values) if self.config.has_gate else JointKeys(turned, values, num_columns)
            )
        return CallKeys(layers, packed.columns, packed.positions)

    def _with_phase(self, keys: Any, positions: Any) -> Any:
        """(B, heads, M, D) keys turned to (B, M) positions, in float32 at least."""
        wide = keys.float() if keys.dtype.itemsize < 4 else keys
        cosine, sine = self.language_model.rotary_emb(wide, positions)
        turned = wide * cosine[:, None] + _qwen2.rotate_half(wide) * sine[:, None]
        return turned.to(keys.dtype)

    def _hyper_context(self, context: VisualContext, past: int, length: int) -> HyperContext:
        """Keys, values and masks of a forward pass over `length` columns after `past`."""
        if context.packed is None:
            packed = pack_context(context, self.visual_keys, self.project_rows, str(self.device))
            context.packed = self.call_keys(packed, past + length)
        layers, columns = context.packed.layers, context.packed.columns
        is_strict = self.config.has_gate
        num_all = columns.shape[1]
        if length == 1 and len(columns) == 1 and not context.padding[0]:
            return HyperContext(
                layers, _sees_all, _sees_all, None, lambda stop: num_all, lambda stop: past + 1
            )
        compat = self.config.reference_compat and not self.config.has_gate
        at = torch().arange(length, device=columns.device) + (0 if compat else past)
        padding = torch().tensor(context.padding, device=columns.device)[:, None, None]
        text = torch().arange(past + length, device=columns.device)

        def sees_rows(first: int, stop: int) -> Any:
            if compat and length == 1:
                return (columns != NEVER)[:, None]
            here = at[None, first:stop, None]
            return columns[:, None] < here if is_strict else columns[:, None] <= here

        def sees_text(first: int, stop: int) -> Any:
            here = at[None, first:stop, None]
            if compat:
                seen = text <= here if length > 1 else torch().ones_like(text <= here)
                return seen.expand(len(columns), -1, -1)
            # a column of padding sees itself, so that no softmax is over nothing
            return ((text <= here) & (text >= padding)) | (text == here)

        def num_rows(stop: int) -> int:
            return num_all if compat else _num_rows(context, past + stop - is_strict)

        sees_any = columns.amin(dim=1)[:, None] < at if is_strict else None
        return HyperContext(
            layers, sees_rows, sees_text, sees_any, num_rows,
            lambda stop: past + (length if compat else stop),
        )  # fmt: skip


def _sees_all(first: int, stop: int) -> None:
    return None


def _num_rows(context: VisualContext, stop: int) -> int:
    """The most rows of any prompt whose columns are before `stop`; they are its first ones."""
    return max(
        sum(len(block) for block in prompt if padding + block.column < stop)
        for prompt, padding in zip(context.prompts, context.padding, strict=True)
    )


def _attend_by_parts(
    queries: Any, keys_and_values: KeysAndValues, num_all_rows: int, context: HyperContext, scaling: float
) -> Any:
    """(B, L, heads * D) attention to rows, and to text where keys of text follow those of the rows.

    Args:
        queries: (B, heads, L, D).
        keys_and_values: (B, key heads, M, D) or (B, key heads, M + columns, D).
        num_all_rows: M.
        context: which of them each query sees.
        scaling: of the scores.
    """
    has_text = keys_and_values[0].shape[2] > num_all_rows
    parts = []
    for first in range(0, queries.shape[2], QUERIES_AT_ONCE):
        part = queries[:, :, first : first + QUERIES_AT_ONCE]
        stop = first + part.shape[2]
        num_rows, num_text = context.num_rows(stop), context.num_text(stop) if has_text else 0
        if not num_rows + num_text:
            parts.append(torch().zeros_like(part))
            continue
        keys, values = (_visible(tensor, num_all_rows, num_rows, num_text) for tensor in keys_and_values)
        mask = context.sees_rows(first, stop)
        if mask is not None:
            mask = mask[..., :num_rows]
        if mask is not None and has_text:
            mask = torch().cat([mask, context.sees_text(first, stop)[..., :num_text]], dim=-1)
        parts.append(_attend(part, keys, values, mask, scaling))
    return torch().cat(parts, dim=2).transpose(1, 2).flatten(2)


def _visible(tensor: Any, num_all_rows: int, num_rows: int, num_text: int) -> Any:
    """The first rows and the first columns of text; a view where they stand one after the other."""
    if not num_text or num_rows == num_all_rows:
        return tensor[:, :, : num_rows + num_text]
    text = tensor[:, :, num_all_rows : num_all_rows + num_text]
    return torch().cat([tensor[:, :, :num_rows], text], dim=2)


def _attend(queries: Any, keys: Any, values: Any, mask: Any, scaling: float) -> Any:
    """(B, heads, L, D) attention; the query heads of one key head share its keys, which are not copied.

    Args:
        queries: (B, heads, L, D).
        keys: (B, key heads, M, D).
        values: the same.
        mask: (B, L, M) bool, which keys each query sees; None for all.
        scaling: of the scores.
    """
    batch, heads, length, _ = queries.shape
    key_heads = keys.shape[1]
    grouped = queries.unflatten(1, (key_heads, -1)).flatten(0, 1)
    keys, values = keys.flatten(0, 1)[:, None], values.flatten(0, 1)[:, None]
    if mask is not None:
        mask = mask.expand(batch, -1, -1).repeat_interleave(key_heads, 0)[:, None]
    if length == 1:
        grouped = grouped.transpose(1, 2)  # as queries of one head they read the keys once
    else:
        keys, values = (t.expand(-1, heads // key_heads, -1, -1) for t in (keys, values))
    mixed = torch().nn.functional.scaled_dot_product_attention(
        grouped, keys, values, attn_mask=mask, scale=scaling
    )
    if length == 1:
        mixed = mixed.transpose(1, 2)
    return mixed.unflatten(0, (batch, key_heads)).flatten(1, 2)
