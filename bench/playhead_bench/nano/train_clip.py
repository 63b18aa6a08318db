"""Training of nano-clip: a frame's vector near the texts of all that is in it, a cell's near its object's.

Plain contrastive training learns from whole captions and needs very many; here the scene tells which of
all the objects a frame shows, so each frame is compared with every one of them by a sigmoid loss (as in
SigLIP, Zhai et al., 2023, arXiv:2303.15343), and each token against the object that it lies on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.nano import clip_model
from playhead_bench.nano.painted_blocks import PaintedBlock, blocks, draw
from playhead_bench.nano.token_labels import IGNORED, cells_at
from playhead_bench.nano.training import COOL_DOWN, Log, Optimiser, load_state, save_state, split
from playhead_bench.world.random_scene import Pair, SplitMode, pairs_of
from playhead_bench.world.story import Scene
from playhead_bench.world.vocabulary import OBJECT_COLOURS, OBJECT_SHAPES, OUTDOORS, PLACES
from playhead_index.embed.runtime import torch

GRID = clip_model.SIDE // 32
"""The frame is so many cells high and wide where the network has seen all of it."""
PAIR_PHRASES = (
    "{c} {k}", "a {c} {k}", "the {c} {k}", "a photo of a {c} {k}", "there is a {c} {k}",
    "a video of a {c} {k}", "a frame of a video of a {c} {k}", "a photo of {c} {k}",
    "a frame of a video of {c} {k}",
    "when does the {c} {k} appear", "what does the {c} {k} do", "where is the {c} {k}", "{c} {k} {w}",
    "the {c} {k} moves", "is there a {c} {k}", "a {k} that is {c}",
)  # fmt: skip
KIND_PHRASES = (
    "{k}",
    "a {k}",
    "the {k}",
    "a photo of a {k}",
    "what colour is the {k}",
    "is there a {k}",
    "{w} {k}",
)
COLOUR_PHRASES = ("{c}", "something {c}", "a {c} thing", "the {c} thing", "what is {c}", "{c} {w}")
ANY_PICTURE = (
    "a photo", "a picture", "an image of something", "a frame of a video", "something", "a video", "a clip",
)  # fmt: skip
"""Texts that fit any frame: their target lies between those of true and false texts."""
NOISE = ("", "", "xyz", "seen", "shown", "clip", "scene", "xyz xyz")
PAIRS_A_STEP = 72
NOTHING_WEIGHT = 0.1
EVERY = 100
EDGE = 0.06


@dataclass(frozen=True, slots=True)
class Targets:
    """What a batch of frames shows.

    Args:
        present: (B, texts) float32, 1 where the frame shows what the text says.
        certain: (B, texts) float32, 0 where that is in doubt.
        cells: (B, 3, GRID, GRID) int64, as `labels.cells_at` gives them.
    """

    present: NDArray[np.float32]
    certain: NDArray[np.float32]
    cells: NDArray[np.int64]


def phrase(rng: Random, forms: Sequence[str], **words: str) -> str:
    """A text in one of several forms."""
    return " ".join(rng.choice(forms).format(w=rng.choice(NOISE), **words).split())


def place_text(rng: Random, place: str, night: bool | None) -> str:
    """A text for a place, with or without the time of day."""
    where = PLACES[place]  # type: ignore[index]
    when = "" if night is None else (" at night" if night else " by day")
    return rng.choice(("", "a photo ", "the scene is ")) + where + when


def visible_pairs(scene: Scene, time_s: float) -> tuple[set[Pair], set[Pair]]:
    """The pairs that a frame certainly shows, and those that it may show (at its edge, changing colour)."""
    certain, uncertain = set[Pair](), set[Pair]()
    for obj in scene.things:
        pose = obj.pose(time_s)
        if pose is None:
            continue
        inside = EDGE < pose.at[0] < 1 - EDGE
        changing = pose.into is not None
        (certain if inside and not changing else uncertain).add((pose.colour, obj.shape))
        if pose.into is not None:
            uncertain.add((pose.into, obj.shape))
    return certain, uncertain - certain


def targets_of(frames: Sequence[tuple[Scene, float]], pairs: Sequence[Pair]) -> Targets:
    """Targets of frames for `pairs`, all kinds, colours, places by day and night, and the neutral text."""
    texts = len(pairs) + len(OBJECT_SHAPES) + len(OBJECT_COLOURS) + 3 * len(PLACES) + 1
    present, certain = np.zeros((len(frames), texts), np.float32), np.ones((len(frames), texts), np.float32)
    column = {pair: i for i, pair in enumerate(pairs)}
    for row, (scene, time_s) in enumerate(frames):
        certain_pairs, uncertain_pairs = visible_pairs(scene, time_s)
        for group, table, value in ((uncertain_pairs, certain, 0.0), (certain_pairs, present, 1.0)):
            for colour, kind in group:
                if (colour, kind) in column:
                    table[row, column[colour, kind]] = value
                table[row, len(pairs) + OBJECT_SHAPES.index(kind)] = value
                table[row, len(pairs) + len(OBJECT_SHAPES) + OBJECT_COLOURS.index(colour)] = value
        certain[row][present[row] == 1] = 1.0
        base = len(pairs) + len(OBJECT_SHAPES) + len(OBJECT_COLOURS)
        place = base + 3 * list(PLACES).index(scene.place)
        present[row, place + 2] = 1.0
        present[row, [place + int(scene.night)] if scene.place in OUTDOORS else [place, place + 1]] = 1.0
    present[:, -1] = 0.5
    cells = np.stack([cells_at(scene, (time_s,), GRID, GRID) for scene, time_s in frames])
    return Targets(present, certain, cells)


def texts_of(rng: Random, pairs: Sequence[Pair]) -> list[str]:
    """A wording for every text of `targets_of`."""
    texts = [phrase(rng, PAIR_PHRASES, c=c, k=k) for c, k in pairs]
    texts += [phrase(rng, KIND_PHRASES, k=k) for k in OBJECT_SHAPES]
    texts += [phrase(rng, COLOUR_PHRASES, c=c) for c in OBJECT_COLOURS]
    for place in PLACES:
        times = (False, True, None) if place in OUTDOORS else (None, None, None)
        texts += [place_text(rng, place, night) for night in times]
    return [*texts, rng.choice(ANY_PICTURE)]


def encode(visual: Any, pictures: Any) -> tuple[Any, Any]:
    """Vectors of frames and of their cells, not yet of length 1.

    The vector of a cell is what the pooling would give for that cell alone (as in MaskCLIP, Zhou et
    al., 2022, arXiv:2112.01071).

    Args:
        visual: open_clip's ResNet.
        frames: (B, 128, 128, 3) uint8.

    Returns:
        (B, D) and (B, GRID * GRID, D).
    """
    x = pictures.permute(0, 3, 1, 2).to(torch().float32).div(127.5).sub(1.0)
    x = visual.stem(x.contiguous(memory_format=torch().channels_last))
    for layer in (visual.layer1, visual.layer2, visual.layer3, visual.layer4):
        x = layer(x)
    pool = visual.attnpool
    return pool(x), pool.c_proj(pool.v_proj(x.flatten(2).transpose(1, 2)))


class Scales:
    """How steep and how high each comparison stands: learnt, and dropped later but for CLIP's own."""

    def __init__(self) -> None:
        nn = torch().nn
        self.values = nn.ParameterDict({
            "picture": nn.Parameter(torch().tensor(2.7)), "bias": nn.Parameter(torch().tensor(-4.0)),
            "token": nn.Parameter(torch().tensor(2.7)), "nothing": nn.Parameter(torch().tensor(0.0)),
        })  # fmt: skip


def loss_of(
    model: Any, scales: Scales, pictures: Any, text: Any, targets: Targets, pairs: Sequence[Pair]
) -> tuple[Any, dict[str, float]]:
    """The loss of a batch: sigmoid over frames and texts, and softmax over objects for each token.

    Returns:
        The loss; how often tokens of objects say the right pair, kind and colour; and how often a frame
        scores a pair that it shows above one that it does not (`auc`).
    """
    functional, values = torch().nn.functional, scales.values
    pooled, tokens = encode(model.visual, pictures)
    pooled, tokens = functional.normalize(pooled, dim=-1), functional.normalize(tokens, dim=-1)
    scores = values["picture"].exp() * (pooled @ text.T) + values["bias"]
    present, certain = torch().from_numpy(targets.present), torch().from_numpy(targets.certain)
    weights = certain * (1 + 4 * present)
    each = functional.binary_cross_entropy_with_logits(scores, present, weights, reduction="sum")
    loss, right = each / weights.sum() * 8, {"auc": _auc(scores, targets, len(pairs))}
    cells = torch().from_numpy(targets.cells).flatten(2)
    against = values["token"].exp() * (tokens @ text.T)
    pair_targets = torch().from_numpy(_pair_cells(targets.cells, pairs)).flatten(1)
    nothing = values["nothing"].expand(*tokens.shape[:2], 1)
    start = 0
    for name, size, want in (
        ("pair", len(pairs), pair_targets),
        ("kind", len(OBJECT_SHAPES), cells[:, 0]),
        ("colour", len(OBJECT_COLOURS), cells[:, 1]),
    ):
        logits = torch().cat([against[..., start : start + size], nothing], -1).flatten(0, 1)
        weight = torch().ones(size + 1)
        weight[size] = NOTHING_WEIGHT
        target = want.flatten()
        loss = loss + 0.5 * functional.cross_entropy(logits, target, weight, ignore_index=IGNORED)
        obj = (target != size) & (target != IGNORED)
        right[name] = float((logits.argmax(-1) == target)[obj].float().mean())
        start += size
    return loss, right


def _auc(scores: Any, targets: Targets, pairs: int) -> float:
    frames = scores[:, :pairs][torch().from_numpy(targets.present[:, :pairs] == 1)].detach()
    others = scores[:, :pairs][
        torch().from_numpy((targets.present + 1 - targets.certain)[:, :pairs] == 0)
    ].detach()
    return float((frames[:, None] > others[None, :]).float().mean())


def _pair_cells(cells: NDArray[np.int64], pairs: Sequence[Pair]) -> NDArray[np.int64]:
    """(B, GRID, GRID): the index among `pairs` of what lies on each cell; other pairs are uncertain."""
    table = np.full((len(OBJECT_COLOURS) + 1, len(OBJECT_SHAPES) + 1), IGNORED)
    table[len(OBJECT_COLOURS), len(OBJECT_SHAPES)] = len(pairs)
    for i, (colour, kind) in enumerate(pairs):
        table[OBJECT_COLOURS.index(colour), OBJECT_SHAPES.index(kind)] = i
    kinds, colours = cells[:, 0], cells[:, 1]
    return np.where((kinds < 0) | (colours < 0), IGNORED, table[colours, kinds])


def train_clip(
    data: Path, out: Path, *, steps: int, batch: int = 64, mode: SplitMode = "compositional", seed: int = 0,
    rate: float = 0.004, begin: Path | None = None,
) -> Any:  # fmt: skip
    """Trains nano-clip on painted frames; resumes where it stopped.

    Args:
        data: folder of painted frames.
        out: folder of the log and the state.
        steps: of the whole run.
        batch: frames a step.
        mode: of the painted frames; in `compositional` no text of a held-out pair is ever seen.
        seed: of weights and draws.
        rate: height of the learning rate of matrices.
        begin: state of another training, whose weights this one begins with.

    Returns:
        The open_clip model.
    """
    model, tokenizer, scales = clip_model.make_model(seed), clip_model.make_tokenizer(), Scales()
    model.visual.to(memory_format=torch().channels_last)
    del model.logit_scale
    matrices, others = split(model, ("embedding", "visual.conv1"))
    optimiser = Optimiser(
        matrices, [*others, *scales.values.parameters()], steps, matrix_rate=rate, other_rate=1e-3
    )
    path, log = out / "clip.state", Log(out / "clip.jsonl")
    if (state := load_state(path)) is not None:
        model.load_state_dict(state["model"])
        scales.values.load_state_dict(state["scales"])
        optimiser.load(state["optimiser"])
    elif begin is not None and (state := load_state(begin)) is not None:
        model.load_state_dict(state["model"])
        scales.values.load_state_dict(state["scales"])
    known = list(pairs_of("train", mode))
    found: dict[str, list[PaintedBlock]] = {}
    while optimiser.steps_done < steps:
        if not found or not optimiser.steps_done % EVERY:  # more may have been painted meanwhile
            found = {source: blocks(data, source, "train", mode) for source in ("crowds", "clips")}
        rng = Random(f"clip/{seed}/{optimiser.steps_done}")
        crowds = 0.7 if optimiser.steps_done < (1 - COOL_DOWN) * steps else 0.3
        pictures, frames = _batch(found, rng, batch, crowds)
        pairs = rng.sample(known, min(PAIRS_A_STEP, len(known)))
        text = model.encode_text(clip_model.tokens_of(tokenizer, texts_of(rng, pairs)), normalize=True)
        loss, right = loss_of(model, scales, pictures, text, targets_of(frames, pairs), pairs)
        if not optimiser.steps_done % (EVERY // 4):
            log(step=optimiser.steps_done, loss=float(loss.detach()), **right)
        optimiser.step(loss)
        if not optimiser.steps_done % (5 * EVERY) or optimiser.steps_done == steps:
            save_state(path, model=model.state_dict(), scales=scales.values.state_dict(),
                       optimiser=optimiser.state())  # fmt: skip
    return finished(model, scales)


def finished(model: Any, scales: Scales) -> Any:
    """The model as open_clip knows it, with the learnt steepness as its own."""
    model.logit_scale = torch().nn.Parameter(scales.values["picture"].detach().clone())
    return model.eval()


def _batch(
    found: dict[str, list[PaintedBlock]], rng: Random, size: int, crowds: float
) -> tuple[Any, list[tuple[Scene, float]]]:
    pictures, frames = [], []
    for _ in range(size):
        block, row = draw(found["crowds" if rng.random() < crowds else "clips"], rng)
        frame = rng.randrange(block.square.shape[1])
        drawn = block.clip(row)
        pictures.append(block.square[row, frame])
        frames.append((drawn.scene, drawn.times_s[frame]))
    return torch().from_numpy(np.stack(pictures)), frames
