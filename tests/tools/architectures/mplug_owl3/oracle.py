"""mPLUG-Owl3 from its specification: float64, token by token and head by head, nothing of the product.

Three things are in float32 as in the released code: pixels, the mean square of a norm, and positions' angles.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

HEADS, KEY_HEADS, WIDTH, LAYERS = 4, 2, 8, 4
VISION_HEADS, VISION_WIDTH, PATCH = 2, 12, 4


@dataclass(frozen=True)
class Shown:
    """A frame in a prompt: the column of its token, and the (n, 32) rows that are attended to."""

    column: int
    rows: Any


@dataclass(frozen=True)
class Oracle:
    """A model.

    Args:
        weights: float64 by released names.
        gated: generation 240728.
        hyper_layers: counted from 1.
        compat: with the faults of the released code.
    """

    weights: dict[str, Any]
    gated: bool
    hyper_layers: tuple[int, ...] = (1, 3)
    compat: bool = False

    def linear(self, name: str, x: Any) -> Any:
        """x W^T + b."""
        bias = self.weights.get(f"{name}.bias")
        y = self.weights[f"{name}.weight"] @ x
        return y if bias is None else y + bias

    def norm(self, name: str, x: Any) -> Any:
        """Root mean square norm of a vector."""
        narrow = x.float()
        scaled = narrow * torch.rsqrt(narrow.pow(2).mean(-1, keepdim=True) + 1e-6)
        return self.weights[f"{name}.weight"] * scaled.double()

    def features(self, frame: Any) -> Any:
        """(16, 32) rows of an (H, W, 3) uint8 frame."""
        side = 18 if self.gated else 16
        square = np.asarray(Image.fromarray(frame).resize((side, side), Image.Resampling.BICUBIC))
        pixels = ((torch.from_numpy(square.copy()).float() / 255 - 0.5) / 0.5).double()
        states = []
        kernel = self.weights["vision_model.embeddings.patch_embedding.weight"]
        bias = self.weights["vision_model.embeddings.patch_embedding.bias"]
        places = self.weights["vision_model.embeddings.position_embedding.weight"]
        for y in range(4):
            for x in range(4):
                patch = pixels[y * PATCH : (y + 1) * PATCH, x * PATCH : (x + 1) * PATCH]
                value = torch.stack([(k * patch.permute(2, 0, 1)).sum() for k in kernel]) + bias
                states.append(value + places[4 * y + x])
        for layer in (0, 1):  # the last of three is not used
            states = self.vision_layer(f"vision_model.encoder.layers.{layer}", states)
        return torch.stack([self.projected(state) for state in states])

    def layer_norm(self, name: str, x: Any) -> Any:
        """Layer norm of a vector."""
        centred = x - x.mean()
        scaled = centred / torch.sqrt(centred.pow(2).mean() + 1e-6)
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def vision_layer(self, name: str, states: list[Any]) -> list[Any]:
        """A layer of the tower."""
        normed = [self.layer_norm(f"{name}.layer_norm1", x) for x in states]
        q, k, v = (
            [self.linear(f"{name}.self_attn.{part}_proj", x) for x in normed] for part in ("q", "k", "v")
        )
        mixed = []
        for i, x in enumerate(states):
            heads = []
            for head in range(VISION_HEADS):
                part = slice(head * VISION_WIDTH, (head + 1) * VISION_WIDTH)
                heads.append(attend(q[i][part], [one[part] for one in k], [one[part] for one in v]))
            mixed.append(x + self.linear(f"{name}.self_attn.out_proj", torch.cat(heads)))
        out = []
        for x in mixed:
            inner = self.linear(f"{name}.mlp.fc1", self.layer_norm(f"{name}.layer_norm2", x))
            tanh = torch.tanh(math.sqrt(2 / math.pi) * (inner + 0.044715 * inner**3))
            out.append(x + self.linear(f"{name}.mlp.fc2", 0.5 * inner * (1 + tanh)))
        return out

    def projected(self, x: Any) -> Any:
        """One Linear in 240728; Linear, exact GELU, Linear later."""
        if self.gated:
            return self.linear("vision2text_model", x)
        inner = self.linear("vision2text_model.0", x)
        return self.linear("vision2text_model.2", 0.5 * inner * (1 + torch.erf(inner / math.sqrt(2))))

    def logits(
        self, ids: Sequence[int], shown: Sequence[Shown], *, padding: int = 0, passes: Sequence[int] = ()
    ) -> Any:
        """(L, V) of a prompt.

        Args:
            ids: tokens, those of padding first.
            shown: frames with their columns, padding counted.
            padding: how many tokens are padding.
            passes: lengths of the parts in which the prompt is computed; all at once by default.
        """
        vectors = self.weights["language_model.model.embed_tokens.weight"]
        states = [vectors[i] for i in ids]
        begins = [first for first, n in starts_of(passes or [len(ids)]) for _ in range(n)]
        counts = [n for _, n in starts_of(passes or [len(ids)]) for _ in range(n)]
        for layer in range(LAYERS):
            states = self.text_layer(layer, states, shown, padding, begins, counts)
        final = [self.norm("language_model.model.norm", x) for x in states]
        return torch.stack([self.weights["language_model.lm_head.weight"] @ x for x in final])

    def text_layer(
        self,
        layer: int,
        states: list[Any],
        shown: Sequence[Shown],
        padding: int,
        begins: list[int],
        counts: list[int],
    ) -> list[Any]:
        """A layer of the text model."""
        name = f"language_model.model.layers.{layer}"
        normed = [self.norm(f"{name}.input_layernorm", x) for x in states]
        positions = [max(0, t - padding) for t in range(len(states))]
        q = [heads(self.linear(f"{name}.self_attn.q_proj", x), HEADS) for x in normed]
        k = [heads(self.linear(f"{name}.self_attn.k_proj", x), KEY_HEADS) for x in normed]
        v = [heads(self.linear(f"{name}.self_attn.v_proj", x), KEY_HEADS) for x in normed]
        q = [[turn(head, p) for head in x] for x, p in zip(q, positions, strict=True)]
        k = [[turn(head, p) for head in x] for x, p in zip(k, positions, strict=True)]
        rows = self.visual(layer, shown, padding) if layer + 1 in self.hyper_layers else []
        out = []
        for t, x in enumerate(states):
            merged = []
            for head in range(HEADS):
                group = head // (HEADS // KEY_HEADS)
                text = self.text_columns(layer, t, bool(rows), padding, begins[t], counts[t])
                own_keys, own_values = [k[s][group] for s in text], [v[s][group] for s in text]
                at = t - begins[t] if self.compat and not self.gated else t
                sees_all = self.compat and counts[t] == 1
                seen = [
                    row for column, row in rows if sees_all or (column < at if self.gated else column <= at)
                ]
                keys, values = [row[0][group] for row in seen], [row[1][group] for row in seen]
                if not self.gated:
                    merged.append(attend(q[t][head], keys + own_keys, values + own_values))
                    continue
                own = attend(q[t][head], own_keys, own_values)
                if keys:
                    gate = self.weights[f"{name}.self_attn.gate"][head * WIDTH : (head + 1) * WIDTH]
                    share = 1 / (1 + torch.exp(-gate))
                    own = (1 - share) * own + share * attend(q[t][head], keys, values)
                merged.append(own)
            y = x + self.linear(f"{name}.self_attn.o_proj", torch.cat(merged))
            inner = self.norm(f"{name}.post_attention_layernorm", y)
            gate = self.linear(f"{name}.mlp.gate_proj", inner)
            up = self.linear(f"{name}.mlp.up_proj", inner)
            out.append(y + self.linear(f"{name}.mlp.down_proj", gate / (1 + torch.exp(-gate)) * up))
        return out

    def text_columns(
        self, layer: int, t: int, has_rows: bool, padding: int, begin: int, count: int
    ) -> list[int]:
        """Which columns of text a token sees."""
        if self.compat and not self.gated and has_rows:
            return list(range(t + 1)) if count == 1 else list(range(t - begin + 1))
        return [s for s in range(t + 1) if s >= padding or s == t]

    def visual(
        self, layer: int, shown: Sequence[Shown], padding: int
    ) -> list[tuple[int, tuple[list[Any], list[Any]]]]:
        """For each row its frame's column, and key and value of each head."""
        name = f"language_model.model.layers.{layer}"
        found = []
        for frame in shown:
            position = frame.column - (0 if self.compat else padding) + (1 if self.gated else 0)
            for row in frame.rows:
                both = self.linear(f"{name}.self_attn.v_kv_proj", self.norm(f"{name}.input_layernorm", row))
                parts = both.reshape(KEY_HEADS, 2, WIDTH)
                keys = [turn(parts[head, 0], position) for head in range(KEY_HEADS)]
                found.append((frame.column, (keys, [parts[head, 1] for head in range(KEY_HEADS)])))
        return found

    def greedy(
        self, ids: Sequence[int], shown: Sequence[Shown], ends: Sequence[int], count: int
    ) -> list[int]:
        """The tokens after a prompt, the end counted, at most `count`."""
        new: list[int] = []
        while len(new) < count and (not new or new[-1] not in ends):
            new.append(int(self.logits([*ids, *new], shown)[-1].argmax()))
        return new


def starts_of(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Where each part begins, and its length."""
    return [(sum(lengths[:i]), n) for i, n in enumerate(lengths)]


def heads(x: Any, count: int) -> list[Any]:
    """A vector by heads."""
    return [x[i * WIDTH : (i + 1) * WIDTH] for i in range(count)]


def turn(x: Any, position: int) -> Any:
    """A head's vector at a position: entry i and i + 4 are turned together."""
    half = WIDTH // 2
    frequency = 1.0 / (10_000.0 ** (torch.arange(0, WIDTH, 2).float() / WIDTH))
    angle = torch.tensor(float(position)) * frequency
    cosine, sine = angle.cos().double(), angle.sin().double()
    a, b = x[:half], x[half:]
    return torch.cat([a * cosine - b * sine, b * cosine + a * sine])


def attend(query: Any, keys: Sequence[Any], values: Sequence[Any]) -> Any:
    """Softmax over the keys, and the values weighted by it."""
    scores = torch.stack([query @ key for key in keys]) / math.sqrt(len(query))
    weights = torch.exp(scores - scores.max())
    weights = weights / weights.sum()
    return (weights[:, None] * torch.stack(list(values))).sum(0)
