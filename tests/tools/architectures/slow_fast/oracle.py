"""Slow-Fast written from its specification, in loops and double precision; imports nothing of the product.

Single precision stands only where Qwen2 itself computes in it: in its norms and in the phases of its rotary
positions. Weights are named as in the released checkpoints.
"""

import math
from collections.abc import Sequence

import torch
from torch.nn import functional

Weights = dict[str, torch.Tensor]
TOWER = "model.vision_tower.vision_tower."


class Oracle:
    def __init__(self, weights: Weights, config: dict, *, compat: bool = False) -> None:
        self.weights = {name: tensor.double() for name, tensor in weights.items()}
        self.config, self.compat = config, compat
        self.known_phases: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self.heads, self.kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
        self.width = config["hidden_size"] // self.heads
        every, least = config["cross_attn_every_n_layers"], config.get("cross_attn_min_layer_depth") or 0
        self.hybrid = set(range(least, config["num_hidden_layers"], every))

    def linear(self, name: str, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weights[f"{name}.weight"].T
        return y + self.weights[f"{name}.bias"] if f"{name}.bias" in self.weights else y

    # the tower

    def layer_norm(self, name: str, x: torch.Tensor) -> torch.Tensor:
        """Over the last dimension."""
        mean = x.mean(-1, keepdim=True)
        variance = ((x - mean) ** 2).mean(-1, keepdim=True)
        normal = (x - mean) / torch.sqrt(variance + 1e-5)
        return normal * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def channel_norm(self, name: str, x: torch.Tensor) -> torch.Tensor:
        return self.layer_norm(name, x.permute(1, 2, 0)).permute(2, 0, 1)

    def conv(self, name: str, x: torch.Tensor, **how: int) -> torch.Tensor:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return functional.conv2d(x[None], weight, bias, **how)[0]

    def tower(self, picture: torch.Tensor) -> torch.Tensor:
        """(3, S, S) to (C, S / 32, S / 32)."""
        x = self.channel_norm(f"{TOWER}stem.1", self.conv(f"{TOWER}stem.0", picture, stride=4))
        for stage in range(4):
            at = f"{TOWER}stages.{stage}."
            if stage > 0:
                x = self.channel_norm(f"{at}downsample.0", x)
                x = self.conv(f"{at}downsample.1", x, stride=2)
            block = 0
            while f"{at}blocks.{block}.weight" in self.weights:
                x = self.block(f"{at}blocks.{block}", x)
                block += 1
        return x

    def block(self, at: str, x: torch.Tensor) -> torch.Tensor:
        kernel = self.weights[f"{at}.conv_dw.weight"].shape[-1]
        y = self.conv(f"{at}.conv_dw", x, padding=kernel // 2, groups=len(x)).permute(1, 2, 0)
        y = self.linear(f"{at}.mlp.fc1", self.layer_norm(f"{at}.norm", y))
        y = y * 0.5 * (1 + torch.erf(y / math.sqrt(2)))
        y = self.linear(f"{at}.mlp.fc2", y) * self.weights[f"{at}.weight"]
        return x + y.permute(2, 0, 1)

    def project(self, x: torch.Tensor) -> torch.Tensor:
        x = self.linear("model.mm_projector.0", x)
        return self.linear("model.mm_projector.2", x * 0.5 * (1 + torch.erf(x / math.sqrt(2))))

    # slow and fast tokens

    def slow_frames(self, pictures: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """For each frame its grid (side, side, D); a clip of one frame is not pooled."""
        stride = self.config["mm_video_pooling_stride"] if len(pictures) > 1 else 1
        grids = [self.project(self.tower(picture).permute(1, 2, 0)) for picture in pictures]
        return [average_squares(grid, stride) for grid in grids]

    def fast_frames(self, frames: list[torch.Tensor]) -> list[torch.Tensor]:
        spatial, config = self.config["fast_token_spatial_stride"], self.config
        if len(frames) == 1:
            return [average_squares(frames[0], spatial)]
        least = config.get("min_fast_frames") or 1
        sampling, temporal = (
            config["fast_token_temporal_sampling_stride"],
            config["fast_token_temporal_stride"],
        )
        if sampling > 1 and len(frames) >= least:
            count = max(len(frames) // sampling, least)
            step = len(frames) / count
            frames = [frames[min(int(i * step), len(frames) - 1)] for i in range(count)]
        if temporal > 1 and len(frames) // temporal >= least:
            whole = len(frames) // temporal
            frames = [sum(frames[i * temporal + j] for j in range(temporal)) / temporal for i in range(whole)]
        elif temporal > 1:
            count, n = min(len(frames), least), len(frames)
            cuts = [(math.floor(i * n / count), math.ceil((i + 1) * n / count)) for i in range(count)]
            frames = [sum(frames[a:b]) / (b - a) for a, b in cuts]
        return [average_squares(frame, spatial) for frame in frames]

    # the language model

    def rms_norm(self, name: str, x: torch.Tensor) -> torch.Tensor:
        single = x.float()
        normal = single * torch.rsqrt((single**2).mean(-1, keepdim=True) + self.config["rms_norm_eps"])
        return normal.double() * self.weights[f"{name}.weight"]

    def phases(self, position: int) -> tuple[torch.Tensor, torch.Tensor]:
        if position not in self.known_phases:
            exponents = torch.arange(0, self.width, 2).float() / self.width
            angles = torch.tensor([float(position)]) * (1.0 / self.config["rope_theta"] ** exponents)
            self.known_phases[position] = angles.cos().double(), angles.sin().double()
        return self.known_phases[position]

    def turn(self, x: torch.Tensor, position: int) -> torch.Tensor:
        """A head's vector with the rotary phase of its position."""
        half, (cos, sin) = self.width // 2, self.phases(position)
        return torch.cat([x[:half] * cos - x[half:] * sin, x[half:] * cos + x[:half] * sin])

    def attention(
        self, layer: int, rows: torch.Tensor, slow: torch.Tensor | None, attends: Sequence[bool]
    ) -> torch.Tensor:
        at = f"model.layers.{layer}.self_attn."
        queries, keys, values = (self.linear(f"{at}{name}_proj", rows) for name in "qkv")
        result = torch.zeros_like(queries)
        per_key = self.heads // self.kv_heads
        for head in range(self.heads):
            mine = slice(head * self.width, (head + 1) * self.width)
            theirs = slice(head // per_key * self.width, (head // per_key + 1) * self.width)
            turned = torch.stack([self.turn(key, j) for j, key in enumerate(keys[:, theirs])])
            for position in range(len(rows)):
                query = self.turn(queries[position, mine], position)
                scores = turned[: position + 1] @ query / math.sqrt(self.width)
                result[position, mine] = scores.softmax(0) @ values[: position + 1, theirs]
        if layer in self.hybrid and slow is not None:
            seen = self.linear(f"{at}cross_attn_kv_proj", slow)
            for position in [p for p in range(len(rows)) if attends[p]]:
                gate = torch.tanh(self.linear(f"{at}cross_attn_gate_proj.0", result[position]))
                gate = gate * torch.tanh(self.weights[f"{at}cross_attn_warm_up_gate"])
                context = torch.zeros_like(result[position])
                for head in range(self.heads):
                    mine = slice(head * self.width, (head + 1) * self.width)
                    start = head // per_key * 2 * self.width  # rows of the projection: head, then K or V
                    query = self.turn(queries[position, mine], position)
                    slow_keys = seen[:, start : start + self.width]
                    slow_values = seen[:, start + self.width : start + 2 * self.width]
                    weights = (slow_keys @ query / math.sqrt(self.width)).softmax(0)
                    context[mine] = weights @ slow_values
                result[position] = result[position] + gate * context
        return self.linear(f"{at}o_proj", result)

    def hidden(
        self, rows: torch.Tensor, slow: torch.Tensor | None, attends: Sequence[bool]
    ) -> list[torch.Tensor]:
        """(L, D) after the embeddings and after every layer."""
        states = [rows]
        for layer in range(self.config["num_hidden_layers"]):
            at = f"model.layers.{layer}."
            normal = self.rms_norm(f"{at}input_layernorm", rows)
            if slow is None or layer not in self.hybrid:
                rows = rows + self.attention(layer, normal, None, attends)
            else:
                seen = self.rms_norm(f"{at}input_layernorm", slow)
                rows = rows + self.attention(layer, normal, seen, attends)
            normal = self.rms_norm(f"{at}post_attention_layernorm", rows)
            gate = self.linear(f"{at}mlp.gate_proj", normal)
            inner = gate / (1 + torch.exp(-gate)) * self.linear(f"{at}mlp.up_proj", normal)
            rows = rows + self.linear(f"{at}mlp.down_proj", inner)
            states.append(rows)
        return states

    def logits(
        self,
        ids: Sequence[int],
        fast: Sequence[torch.Tensor],
        slow: torch.Tensor | None,
        *,
        placeholder: int,
        prompt: int | None = None,
    ) -> torch.Tensor:
        """(L, V); `prompt` tokens were given, the others generated."""
        rows, left = [], list(fast)
        for number in ids:
            is_fast = number == placeholder
            rows.append(left.pop(0) if is_fast else self.weights["model.embed_tokens.weight"][number])
        assert not left
        prompt = len(ids) if prompt is None else prompt
        attends = [
            number != placeholder and (position < prompt or not self.compat)
            for position, number in enumerate(ids)
        ]
        last = self.hidden(torch.stack(rows), slow, attends)[-1]
        return self.linear("lm_head", self.rms_norm("model.norm", last))

    def likeliest(
        self,
        ids: Sequence[int],
        fast: Sequence[torch.Tensor],
        slow: torch.Tensor | None,
        *,
        placeholder: int,
        generated: Sequence[int],
    ) -> list[int]:
        """The likeliest token after the prompt and after each of these tokens but the last.

        Tokens are generated greedily just when they are these.
        """
        given = [*ids, *generated[:-1]]
        logits = self.logits(given, fast, slow, placeholder=placeholder, prompt=len(ids))
        return [int(row.argmax()) for row in logits[len(ids) - 1 :]]


def average_squares(grid: torch.Tensor, stride: int) -> torch.Tensor:
    """(side, side, D) to (side // stride, side // stride, D)."""
    side = len(grid) // stride
    cells = [
        [
            sum(grid[r * stride + i, c * stride + j] for i in range(stride) for j in range(stride))
            / stride**2
            for c in range(side)
        ]
        for r in range(side)
    ]
    return torch.stack([torch.stack(row) for row in cells])
