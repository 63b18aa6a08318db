"""LongVU in plain torch, frame by frame and cell by cell, written from the specification alone.

Nothing of the product is imported: the towers and the text model are those of transformers, the rest is
loops over what the specification of the released code says.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

Frames = np.ndarray
Token = tuple[int, str, int]
"""Frame, grid, and row of the grid's tokens."""


@dataclass
class Sizes:
    """What the released configuration says."""

    context: int
    reserve: int = 16
    dino_threshold: float = 0.83
    drop_threshold: float = 0.8
    pad_id: int | None = None


def layer_norm(rows: torch.Tensor, weights: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    centred = rows - rows.sum(-1, keepdim=True) / rows.shape[-1]
    spread = torch.sqrt((centred**2).sum(-1, keepdim=True) / rows.shape[-1] + 1e-5)
    return centred / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def linear(rows: torch.Tensor, weights: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    return rows @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", 0.0)


def gelu(row: torch.Tensor) -> torch.Tensor:
    return row * 0.5 * (1 + torch.erf(row / math.sqrt(2)))


def picture(frame: np.ndarray, side: int, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """(3, side, side): padded to a square with the mean colour, resized, normalised."""
    height, width = frame.shape[:2]
    longest = max(height, width)
    square = Image.new("RGB", (longest, longest), tuple(int(255 * channel) for channel in mean))
    square.paste(Image.fromarray(frame), ((longest - width) // 2, (longest - height) // 2))
    values = np.asarray(square.resize((side, side))).astype(np.float64) / 255
    return torch.from_numpy((values - np.array(mean)) / np.array(std)).permute(2, 0, 1)


def resized(cells: torch.Tensor, side: int) -> torch.Tensor:
    """(side, side, D) from (S, S, D): bilinear, middles of cells upon middles of cells."""
    given = len(cells)
    parts = torch.zeros(side, given, dtype=cells.dtype)
    for i in range(side):
        at = min(max((i + 0.5) * given / side - 0.5, 0.0), given - 1.0)
        parts[i, int(at)] += 1 - (at - int(at))
        parts[i, min(int(at) + 1, given - 1)] += at - int(at)
    return torch.einsum("iy,jx,yxd->ijd", parts, parts, cells)


def unpadded(side: int, size: tuple[int, int]) -> tuple[range, range]:
    """Rows and columns that remain of a square grid, of a size that is read as (width, height)."""
    width, height = size
    if width / height > 1:
        edge = (side - int(height * (side / width))) // 2
        return range(edge, side - edge), range(side)
    edge = (side - int(width * (side / height))) // 2
    return range(side), range(edge, side - edge)


class Oracle:
    """LongVU from its released weights.

    Args:
        weights: by their released names, float64.
        towers: SigLIP and DINOv2 of transformers, float64.
        text: a causal text model of transformers with the released weights, float64.
        sizes: of the released configuration.
    """

    def __init__(self, weights: dict[str, torch.Tensor], towers: tuple[Any, Any], text: Any, sizes: Sizes):
        self.weights = {name.removeprefix("model."): tensor for name, tensor in weights.items()}
        self.siglip, self.dinov2 = towers
        self.text, self.sizes = text, sizes
        self._grids: dict[tuple[Any, bytes], dict[str, torch.Tensor]] = {}

    def siglip_cells(self, frame: np.ndarray) -> torch.Tensor:
        pixels = picture(frame, 26, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
        with torch.no_grad():
            states = self.siglip(pixels[None], output_hidden_states=True).hidden_states
        return resized(states[-1][0].reshape(13, 13, -1), 24)

    def dinov2_cells(self, frame: np.ndarray) -> torch.Tensor:
        pixels = picture(frame, 26, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        with torch.no_grad():
            state = self.dinov2(pixels[None]).last_hidden_state
        return resized(state[0, 1:].reshape(13, 13, -1), 24)

    def tower_tokens(self, rows: torch.Tensor, tower: int) -> torch.Tensor:
        name = f"mm_projector_aux_{tower}"
        hidden = gelu(linear(rows, self.weights, f"{name}.0"))
        return layer_norm(linear(hidden, self.weights, f"{name}.2"), self.weights, f"{name}.3")

    def aggregate(self, frame: np.ndarray, dino: torch.Tensor) -> torch.Tensor:
        """(12, 12, width): one query for every cell, over its 2 x 2 patches of both towers."""
        towers = [
            self.tower_tokens(cells.reshape(576, -1), tower).reshape(24, 24, -1)
            for tower, cells in ((0, self.siglip_cells(frame)), (1, dino))
        ]
        context = towers[0].reshape(576, -1).sum(0) / 576
        height, width = frame.shape[:2]
        rows, columns = unpadded(24, (height, width))
        cells = torch.zeros(12, 12, towers[0].shape[2], dtype=torch.float64)
        for row in range(12):
            for column in range(12):
                places = [(2 * row + y, 2 * column + x) for y in (0, 1) for x in (0, 1)]
                seen = [y in rows and x in columns for y, x in places]
                seen = seen if any(seen) else [True] * 4
                patches = [torch.stack([tower[place] for place in places]) for tower in towers]
                query = self.weights["vision_query"][0]
                for layer in range(3):
                    name = f"vision_sampler_0.layers.{layer}"
                    query = self.sampler_layer(query, context, patches, seen, name)
                cells[row, column] = query
        return cells

    def sampler_layer(
        self, query: torch.Tensor, context: torch.Tensor, patches: Any, seen: list[bool], name: str
    ) -> torch.Tensor:
        w, attention = self.weights, f"{name}.cross_attn"
        joined = torch.cat([query, linear(context, w, f"{name}.proj_context")])
        inner = linear(joined, w, f"{name}.proj_in")
        asked = linear(layer_norm(inner, w, f"{attention}.q_proj.0"), w, f"{attention}.q_proj.1")
        keys, values = [], []
        for tower in (0, 1):
            rows = (patches[tower] + w[f"{name}.pos_embed_{tower}"])[torch.tensor(seen)]
            key, value = f"{attention}.k_proj_{tower}", f"{attention}.v_proj_{tower}"
            keys += list(linear(layer_norm(rows, w, f"{key}.0"), w, f"{key}.1"))
            values += list(linear(layer_norm(rows, w, f"{value}.0"), w, f"{value}.1"))
        heads = asked.reshape(16, -1)
        scores = [(heads * key.reshape(16, -1)).sum(1) / math.sqrt(heads.shape[1]) for key in keys]
        shares = [torch.exp(score) for score in scores]
        gathered = sum(
            (share / sum(shares))[:, None] * value.reshape(16, -1)
            for share, value in zip(shares, values, strict=True)
        )
        inner = inner + linear(gathered.flatten(), w, f"{attention}.o_proj")
        out = gelu(linear(layer_norm(inner, w, f"{name}.norm"), w, f"{name}.proj_out.linear_1"))
        return query + linear(out, w, f"{name}.proj_out.linear_2")

    def grids(self, frame: np.ndarray, dino: torch.Tensor) -> dict[str, torch.Tensor]:
        """The tokens of both grids, a newline after every row; sizes are handed over swapped."""
        key = (frame.shape, frame.tobytes())
        if key in self._grids:
            return self._grids[key]
        fine = self.aggregate(frame, dino)
        height, width = frame.shape[:2]
        low = (int(height / 1.5), int(width / 1.5))
        tokens = {}
        for name, cells, size in (("high", fine, (height, width)), ("low", resized(fine, 8), low)):
            rows, columns = unpadded(len(cells), size)
            listed = []
            for row in rows:
                for column in columns:
                    hidden = gelu(linear(cells[row, column], self.weights, "mm_projector.0"))
                    listed.append(linear(hidden, self.weights, "mm_projector.2"))
                listed.append(self.weights["image_newline"])
            tokens[name] = torch.stack(listed)
        self._grids[key] = tokens
        return tokens

    def kept_frames(self, features: list[torch.Tensor], text_tokens: int) -> list[int]:
        """DINOv2's choice of frames; `text_tokens` counts the placeholder."""
        room = self.sizes.context - text_tokens - self.sizes.reserve
        if len(features) < max(1, room // 64):
            return list(range(len(features)))
        kept = []
        for first in range(0, len(features), 16):
            part = [one.flatten() / torch.sqrt((one**2).sum()) for one in features[first : first + 16]]
            for i, row in enumerate(part):
                mean = sum(float((row * other).sum()) for other in part) / len(part)
                if i == len(part) // 2 or mean < self.sizes.dino_threshold:
                    kept.append(first + i)
        return kept

    def chosen(
        self, grids: list[dict[str, torch.Tensor]], words: torch.Tensor, counted: int, text_tokens: int
    ) -> list[Token]:
        """The tokens in the prompt, in order; `counted` is the text for the cases, with the placeholder."""
        room = self.sizes.context - counted - self.sizes.reserve
        budget = self.sizes.context - text_tokens - self.sizes.reserve
        count = len(grids)
        if count < max(1, room // 144) or count > max(1, room // 64):
            return self.compressed([grid["high"] for grid in grids], "high", budget)
        high, low = len(grids[0]["high"]), len(grids[0]["low"])
        extra = math.floor((budget - count * low) / (high - low)) if budget > count * low else 0
        if extra < 1:
            return self.compressed([grid["low"] for grid in grids], "low", budget)
        scores = [
            sum(float((token * word).sum()) for token in grid["low"] for word in words) / (low * len(words))
            for grid in grids
        ]
        best = sorted(range(count), key=lambda frame: -scores[frame])[: min(extra, count)]
        names = ["high" if frame in best else "low" for frame in range(count)]
        return [(f, name, t) for f, name in enumerate(names) for t in range(high if name == "high" else low)]

    def compressed(self, frames: list[torch.Tensor], name: str, budget: int) -> list[Token]:
        """Tokens that differ from the first frame of their window of 8; ends are cut where it is too much."""
        per_frame = len(frames[0])
        if len(frames) * per_frame <= budget:
            return [(f, name, t) for f in range(len(frames)) for t in range(per_frame)]
        windows = []
        for first in range(0, len(frames), 8):
            part = [(first, name, t) for t in range(per_frame)]
            for f in range(first + 1, min(first + 8, len(frames))):
                for t in range(per_frame):
                    a, b = frames[first][t], frames[f][t]
                    cosine = float((a * b).sum() / torch.sqrt((a**2).sum() * (b**2).sum()))
                    if cosine < self.sizes.drop_threshold:
                        part.append((f, name, t))
            windows.append(part)
        total = sum(map(len, windows))
        if total > budget:
            cut = math.ceil((total - budget) / len(windows))
            windows = [part[: max(0, len(part) - cut)] for part in windows]
        return [token for part in windows for token in part][:budget]

    def prompt(self, frames: Frames, before: list[int], after: list[int]) -> torch.Tensor:
        """(L, H) what the text model gets for a clip between two pieces of text."""
        pad, ids = self.sizes.pad_id, [*before, -200, *after]
        counted = ids.index(pad) if pad in ids else len(ids)
        dino = [self.dinov2_cells(frame) for frame in frames]
        kept = self.kept_frames(dino, counted)
        grids = [self.grids(frames[f], dino[f]) for f in kept]
        table = self.weights["embed_tokens.weight"]
        tokens = self.chosen(grids, table[after], counted, len(before) + len(after))
        visual = torch.stack([grids[f][name][t] for f, name, t in tokens])
        return torch.cat([table[before], visual, table[after]])

    def logits(self, vectors: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return self.text(inputs_embeds=vectors[None]).logits[0]

    def generated(self, vectors: torch.Tensor, count: int) -> list[int]:
        """Greedy tokens, the whole sequence computed anew for each."""
        numbers: list[int] = []
        for _ in range(count):
            numbers.append(int(self.logits(vectors)[-1].argmax()))
            vectors = torch.cat([vectors, self.weights["embed_tokens.weight"][numbers[-1:]]])
        return numbers
