"""VideoChat2 in float64 by loops over frames, patches, heads and tokens; nothing here is the product's.

Written from a description of the model. Weights go by the names of the released files, LoRA's unmerged.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import torch

Tensor = torch.Tensor
Weights = Mapping[str, Tensor]


def layer_norm(x: Tensor, weights: Weights, name: str, eps: float) -> Tensor:
    rows = []
    for row in x:
        centred = row - row.sum() / len(row)
        rows.append(centred / math.sqrt(float((centred * centred).sum()) / len(row) + eps))
    return torch.stack(rows) * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def linear(x: Tensor, weights: Weights, name: str) -> Tensor:
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def gelu(x: Tensor) -> Tensor:
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def softmax(scores: Tensor) -> Tensor:
    shifted = torch.exp(scores - scores.max(dim=-1, keepdim=True).values)
    return shifted / shifted.sum(dim=-1, keepdim=True)


def attend(queries: Tensor, keys: Tensor, values: Tensor, heads: int) -> Tensor:
    size = queries.shape[1] // heads
    outs = []
    for head in range(heads):
        part = slice(head * size, (head + 1) * size)
        scores = queries[:, part] @ keys[:, part].T / math.sqrt(size)
        outs.append(softmax(scores) @ values[:, part])
    return torch.cat(outs, dim=1)


def sine_position(position: int, width: int) -> list[float]:
    row = []
    for column in range(width):
        angle = position / 10_000 ** (2 * (column // 2) / width)
        row.append(math.sin(angle) if column % 2 == 0 else math.cos(angle))
    return row


def positions(frames: int, patches: int, width: int) -> Tensor:
    """The table of four frames, read between its frames for other counts; an image has that of one."""
    if frames == 1:
        return torch.tensor([sine_position(p, width) for p in range(patches)], dtype=torch.float64)
    table = torch.tensor([sine_position(p, width) for p in range(4 * patches)], dtype=torch.float64)
    rows = []
    for frame in range(frames):
        at = min(max((frame + 0.5) * 4 / frames - 0.5, 0.0), 3.0)
        before = min(int(at), 3)
        after = min(before + 1, 3)
        for patch in range(patches):
            share = at - before
            rows.append(
                (1 - share) * table[before * patches + patch] + share * table[after * patches + patch]
            )
    return torch.stack(rows)


def tower(weights: Weights, frames: Tensor, patch: int, heads: int, blocks: int) -> Tensor:
    """(T * patches, width) of (T, 3, S, S) normalised pixels, after the norm that follows the tower."""
    root = "vision_encoder.encoder"
    kernel = weights[f"{root}.patch_embed.proj.weight"][:, :, 0]
    tokens = []
    for frame in frames:
        for top in range(0, frame.shape[1], patch):
            for left in range(0, frame.shape[2], patch):
                square = frame[:, top : top + patch, left : left + patch]
                tokens.append((kernel * square).sum(dim=(1, 2, 3)))
    x = torch.stack(tokens) + weights[f"{root}.patch_embed.proj.bias"]
    x = x + positions(len(frames), len(tokens) // len(frames), x.shape[1])
    for number in range(blocks):
        at = f"{root}.blocks.{number}"
        normed = layer_norm(x, weights, f"{at}.norm1", 1e-6)
        q, k, v = (normed @ weights[f"{at}.attn.qkv.weight"].T).chunk(3, dim=1)
        seen = attend(q + weights[f"{at}.attn.q_bias"], k, v + weights[f"{at}.attn.v_bias"], heads)
        x = x + linear(seen, weights, f"{at}.attn.proj")
        inner = gelu(linear(layer_norm(x, weights, f"{at}.norm2", 1e-6), weights, f"{at}.mlp.fc1"))
        x = x + linear(inner, weights, f"{at}.mlp.fc2")
    return layer_norm(x, weights, "vision_layernorm", 1e-12)


def bert_attention(x: Tensor, other: Tensor, weights: Weights, name: str, heads: int) -> Tensor:
    seen = attend(
        linear(x, weights, f"{name}.self.query"),
        linear(other, weights, f"{name}.self.key"),
        linear(other, weights, f"{name}.self.value"),
        heads,
    )
    return layer_norm(
        linear(seen, weights, f"{name}.output.dense") + x, weights, f"{name}.output.LayerNorm", 1e-12
    )


def bert_feed_forward(x: Tensor, weights: Weights, layer: str, kind: str) -> Tensor:
    inner = gelu(linear(x, weights, f"{layer}.intermediate{kind}.dense"))
    out = linear(inner, weights, f"{layer}.output{kind}.dense")
    return layer_norm(out + x, weights, f"{layer}.output{kind}.LayerNorm", 1e-12)


def qformer(weights: Weights, seen: Tensor, text: Sequence[int], heads: int, layers: int) -> Tensor:
    """(queries, hidden) the outputs of the queries, which read the picture and the text."""
    root = "qformer.bert"
    queries = torch.cat([weights["query_tokens"][0], weights["extra_query_tokens"][0]])
    words = torch.stack(
        [
            weights[f"{root}.embeddings.word_embeddings.weight"][token]
            + weights[f"{root}.embeddings.position_embeddings.weight"][place]
            for place, token in enumerate(text)
        ]
    )
    count = len(queries)
    x = layer_norm(torch.cat([queries, words]), weights, f"{root}.embeddings.LayerNorm", 1e-12)
    for number in range(layers):
        at = f"{root}.encoder.layer.{number}"
        x = bert_attention(x, x, weights, f"{at}.attention", heads)
        asked, said = x[:count], x[count:]
        if number % 2 == 0:
            asked = bert_attention(asked, seen, weights, f"{at}.crossattention", heads)
        x = torch.cat(
            [
                bert_feed_forward(asked, weights, at, "_query"),
                bert_feed_forward(said, weights, at, ""),
            ]
        )
    return x[:count]


def features(weights: Weights, seen: Tensor, text: Sequence[int], heads: int, layers: int) -> Tensor:
    return linear(qformer(weights, seen, text, heads, layers), weights, "mistral_proj")


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """The text model norms in float32, whatever the type of its weights."""
    rows = []
    for row in x.to(torch.float32):
        rows.append((row * torch.rsqrt(row.pow(2).mean() + eps)).double())
    return torch.stack(rows) * weight


def turned(x: Tensor, size: int, theta: float) -> Tensor:
    """The halves of every head turned by place; the angles are float32 numbers in the text model."""
    out, half = x.clone(), size // 2
    places = torch.arange(len(x), dtype=torch.float32)
    for start in range(0, x.shape[1], size):
        for pair in range(half):
            angles = places * (1.0 / theta ** (torch.tensor(2.0 * pair) / size))
            cosine, sine = angles.cos().double(), angles.sin().double()
            one, other = x[:, start + pair], x[:, start + pair + half]
            out[:, start + pair] = one * cosine - other * sine
            out[:, start + pair + half] = other * cosine + one * sine
    return out


def projection(weights: Weights, base: Weights, scale: float) -> Callable[[Tensor, str], Tensor]:
    """A linear layer of the text model with the low-rank pair of the checkpoint added to its output."""

    def project(x: Tensor, name: str) -> Tensor:
        out = x @ base[f"{name}.weight"].T
        low = f"mistral_model.base_model.model.{name}.lora_"
        if f"{low}A.default.weight" in weights:
            down = x @ weights[f"{low}A.default.weight"].T
            out = out + scale * (down @ weights[f"{low}B.default.weight"].T)
        return out

    return project


def mistral(
    weights: Weights,
    base: Weights,
    x: Tensor,
    *,
    layers: int,
    heads: int,
    groups: int,
    scale: float,
    theta: float = 10_000.0,
    eps: float = 1e-6,
) -> Tensor:
    """(L, vocabulary) logits of (L, hidden) embeddings; each token sees itself and those before it."""
    project = projection(weights, base, scale)
    for number in range(layers):
        at = f"model.layers.{number}"
        normed = rms_norm(x, base[f"{at}.input_layernorm.weight"], eps)
        q, k, v = (project(normed, f"{at}.self_attn.{name}_proj") for name in "qkv")
        size = q.shape[1] // heads
        asked, known = (turned(part, size, theta) for part in (q, k))
        outs = []
        for head in range(heads):
            mine = slice(head * size, (head + 1) * size)
            group = head // (heads // groups)
            theirs = slice(group * size, (group + 1) * size)
            rows = []
            for place in range(len(x)):
                scores = known[: place + 1, theirs] @ asked[place, mine] / math.sqrt(size)
                rows.append(softmax(scores) @ v[: place + 1, theirs])
            outs.append(torch.stack(rows))
        x = x + project(torch.cat(outs, dim=1), f"{at}.self_attn.o_proj")
        normed = rms_norm(x, base[f"{at}.post_attention_layernorm.weight"], eps)
        gate = project(normed, f"{at}.mlp.gate_proj")
        inner = gate / (1 + torch.exp(-gate)) * project(normed, f"{at}.mlp.up_proj")
        x = x + project(inner, f"{at}.mlp.down_proj")
    return project(rms_norm(x, base["model.norm.weight"], eps), "lm_head")


def embedded(base: Weights, pieces: Sequence[Sequence[int] | Tensor]) -> Tensor:
    """(L, hidden) words looked up, features as they are."""
    table = base["model.embed_tokens.weight"]
    return torch.cat([p if isinstance(p, Tensor) else torch.stack([table[i] for i in p]) for p in pieces])


def greedy(
    logits: Callable[[Tensor], Tensor], base: Weights, prompt: Tensor, stop: int, max_new: int
) -> list[int]:
    """The words that follow, the whole sequence computed anew for each of them."""
    words: list[int] = []
    while len(words) < max_new:
        sequence = torch.cat([prompt, embedded(base, [words])]) if words else prompt
        words.append(int(logits(sequence)[-1].argmax()))
        if words[-1] == stop:
            break
    return words
