"""Decoder layers of Qwen2 whose text tokens also attend to the slow tokens of the clips."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from playhead_index.embed.runtime import torch, transformers
from playhead_tools.video_llm.visual_context import KeysAndValues, split_keys_and_values

transformers()
_qwen2 = import_module("transformers.models.qwen2.modeling_qwen2")
_attentions = import_module("transformers.modeling_utils")
_nn = torch().nn


@dataclass(frozen=True, slots=True, eq=False)
class SlowTokens:
    """What the hybrid layers attend to in one forward pass; no layer holds any of it.

    Args:
        layers: keys and values, (B, key-value heads, M, width) each, by the number of the layer.
        mask: (B, M) bool, False for padding; None where no row is padded.
        columns: (n,) int64, the columns of the sequence in which some row's token attends.
        attends: (B, n) bool, whether the token there is text and its row has slow tokens.
    """

    layers: dict[int, KeysAndValues]
    mask: Any
    columns: Any
    attends: Any


class HybridAttention(_qwen2.Qwen2Attention):  # type: ignore[misc, name-defined]
    """Causal self-attention plus gated cross-attention from text tokens to slow tokens.

    The queries are those of the self-attention, with their rotary phase; keys of slow tokens have none, so
    their order does not matter. One gate a token, computed from the output of the self-attention, scales
    what is added to it before the output projection.

    Args:
        config: of the text model.
        layer_idx: number of the layer.
        gate_tanh: a tanh follows the gate's projection.
        gate_warm_up: one trained number scales the gate.
    """

    def __init__(self, config: Any, layer_idx: int, *, gate_tanh: bool, gate_warm_up: bool) -> None:
        super().__init__(config, layer_idx)
        gate = _nn.Linear(self.o_proj.in_features, 1)
        self.cross_attn_kv_proj = _nn.Linear(config.hidden_size, 2 * self.k_proj.out_features)
        self.cross_attn_gate_proj = _nn.Sequential(gate, *([_nn.Tanh()] if gate_tanh else []))
        self.cross_attn_warm_up_gate = _nn.Parameter(torch().zeros(1)) if gate_warm_up else None

    def slow_keys_values(self, tokens: Any) -> KeysAndValues:
        """Keys and values, (heads, M, width) each, of (M, D) normalised slow tokens."""
        return split_keys_and_values(self.cross_attn_kv_proj(tokens), self.head_dim)

    def forward(
        self,
        hidden_states: Any,
        position_embeddings: tuple[Any, Any],
        attention_mask: Any = None,
        cache: Any = None,
        past_key_values: Any = None,
        slow_tokens: SlowTokens | None = None,
        **options: Any,
    ) -> tuple[Any, Any]:
        """(B, L, D) as Qwen2's attention gives it, with the slow tokens where there are any."""
        query, key, value = (
            project(hidden_states).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        query, key = _qwen2.apply_rotary_pos_emb(query, key, *position_embeddings)
        known = past_key_values if cache is None else cache
        if known is not None:
            key, value = known.update(key, value, self.layer_idx)
        attend = _attentions.ALL_ATTENTION_FUNCTIONS.get_interface(
            self.config._attn_implementation, _qwen2.eager_attention_forward
        )
        output, weights = attend(
            self, query, key, value, attention_mask, dropout=0.0, scaling=self.scaling,
            sliding_window=self.sliding_window, **options,
        )  # fmt: skip
        output = output.flatten(2)
        if slow_tokens is not None:
            output = self._with_slow(output, query, slow_tokens)
        return self.o_proj(output), weights

    def _with_slow(self, output: Any, query: Any, slow: SlowTokens) -> Any:
        """(B, L, heads * width) output with gated cross-attention added in the columns of text."""
        keys, values = slow.layers[self.layer_idx]
        if slow.mask is not None:  # fused kernels for grouped heads take no mask
            groups = self.num_key_value_groups
            keys, values = (one.repeat_interleave(groups, dim=1) for one in (keys, values))
        seen = _nn.functional.scaled_dot_product_attention(
            query.index_select(2, slow.columns), keys, values, scale=self.scaling,
            attn_mask=None if slow.mask is None else slow.mask[:, None, None, :],
            enable_gqa=slow.mask is None,
        ).transpose(1, 2).flatten(2)  # fmt: skip
        gate = self.cross_attn_gate_proj(output.index_select(1, slow.columns))
        if self.cross_attn_warm_up_gate is not None:
            gate = gate * self.cross_attn_warm_up_gate.tanh()
        # a row without slow tokens attends to nothing, which gives NaN: filled, not multiplied
        return output.index_add(1, slow.columns, (gate * seen).masked_fill(~slow.attends[..., None], 0))


class HybridLayer(_qwen2.Qwen2DecoderLayer):  # type: ignore[misc, name-defined]
    """A decoder layer with hybrid attention; slow tokens pass the input norm that text passes.

    Args:
        config: of the text model.
        layer_idx: number of the layer.
        gate_tanh: see `HybridAttention`.
        gate_warm_up: see `HybridAttention`.
    """

    def __init__(self, config: Any, layer_idx: int, *, gate_tanh: bool, gate_warm_up: bool) -> None:
        super().__init__(config, layer_idx)
        self.self_attn = HybridAttention(config, layer_idx, gate_tanh=gate_tanh, gate_warm_up=gate_warm_up)

    def slow_keys_values(self, tokens: Any) -> KeysAndValues:
        """Keys and values of (M, D) slow tokens as they come from the projector."""
        return self.self_attn.slow_keys_values(self.input_layernorm(tokens))
