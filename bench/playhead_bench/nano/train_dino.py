"""nano-dino: a DINOv2 of the stock class, trained without labels to tell scenes apart.

Two frames of one scene at different times, each moved and tinted a little, are to be nearer to each
other than to the frames of all other scenes of the batch, by the cosine that the index takes (InfoNCE,
van den Oord et al., 2018, arXiv:1807.03748; time as the source of pairs as in CPC and TCN). Nothing tells
it what a frame shows.
"""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from playhead_bench.nano.painted_blocks import PaintedBlock, blocks, draw
from playhead_bench.nano.training import Log, Optimiser, load_state, save_state, split
from playhead_bench.world.random_scene import SplitMode
from playhead_index.embed.runtime import torch, transformers

SIDE, PATCH, WIDTH = 112, 14, 128
TEMPERATURE = 0.1
EVERY = 50
SHIFT = 4
"""Pixels."""


def make_model(seed: int = 0) -> Any:
    """A `Dinov2Model` of under a million numbers, with random weights."""
    torch().manual_seed(seed)
    library = transformers()
    return library.Dinov2Model(
        library.Dinov2Config(
            hidden_size=WIDTH, num_hidden_layers=4, num_attention_heads=4, mlp_ratio=3, image_size=SIDE,
            patch_size=PATCH,
        )
    )  # fmt: skip


def make_processor() -> Any:
    """The stock image processor: squashed to 112 x 112, from -1 to 1."""
    return transformers().BitImageProcessor(
        size={"height": SIDE, "width": SIDE}, do_center_crop=False, image_mean=[0.5] * 3, image_std=[0.5] * 3,
        resample=2,
    )  # fmt: skip


def to_pixels(images: Any) -> Any:
    """(B, 3, 112, 112) float32 from -1 to 1 of (B, H, W, 3) uint8."""
    x = images.permute(0, 3, 1, 2).to(torch().float32).div(127.5).sub(1.0)
    return torch().nn.functional.interpolate(x, (SIDE, SIDE), mode="bilinear", antialias=True)


def move_and_tint(pixels: Any, rng: Random) -> Any:
    """Frames moved by a few pixels and tinted, each in its own way.

    No crops and no mirroring: positions of objects distinguish two scenes of one place.

    Args:
        pixels: (B, 3, H, W) from -1 to 1.
        rng: the random generator.
    """
    functional, library = torch().nn.functional, torch()
    wide = functional.pad(pixels, (SHIFT,) * 4, mode="replicate")
    out = []
    for image in wide:
        top, left = rng.randint(0, 2 * SHIFT), rng.randint(0, 2 * SHIFT)
        part = image[:, top : top + SIDE, left : left + SIDE]
        tint = library.tensor([rng.uniform(0.93, 1.07) for _ in range(3)])[:, None, None]
        out.append((part * tint + rng.uniform(-0.05, 0.05)).clamp(-1, 1))
    return library.stack(out)


def train_dino(
    data: Path, out: Path, *, steps: int, batch: int = 64, mode: SplitMode = "compositional", seed: int = 0,
    begin: Path | None = None, augment: bool = True,
) -> Any:  # fmt: skip
    """Trains nano-dino on painted clips; resumes where it stopped.

    Args:
        data: folder of painted clips.
        out: folder of the log and the state.
        steps: of the whole run.
        batch: pairs of frames a step.
        mode: of the painted clips.
        seed: of weights and draws.
        begin: state of another run whose weights this one begins with.
        augment: frames are moved and tinted; without it they are taken as they are.

    Returns:
        The Dinov2Model.
    """
    model, nn = make_model(seed), torch().nn
    matrices, others = split(model, ("embeddings",))
    optimiser = Optimiser(matrices, others, steps, matrix_rate=0.004, other_rate=1e-3)
    path, log = out / "dino.state", Log(out / "dino.jsonl")
    if (state := load_state(path)) is not None:
        model.load_state_dict(state["model"])
        optimiser.load(state["optimiser"])
    elif begin is not None and (state := load_state(begin)) is not None:
        model.load_state_dict(state["model"])
    found = list[PaintedBlock]()
    while optimiser.steps_done < steps:
        if not found or not optimiser.steps_done % EVERY:  # more may have been painted meanwhile
            found = blocks(data, "clips", "train", mode)
        rng = Random(f"dino/{seed}/{optimiser.steps_done}")
        one, other = _pairs(found, rng, batch)
        pairs = [to_pixels(one), to_pixels(other)]
        pixels = torch().cat([move_and_tint(part, rng) for part in pairs] if augment else pairs)
        vectors = nn.functional.normalize(model(pixel_values=pixels).last_hidden_state[:, 0], dim=-1)
        scores = vectors[:batch] @ vectors[batch:].T / TEMPERATURE
        truth = torch().arange(batch)
        loss = (nn.functional.cross_entropy(scores, truth) + nn.functional.cross_entropy(scores.T, truth)) / 2
        if not optimiser.steps_done % EVERY:
            right = float((scores.argmax(-1) == truth).float().mean())
            log(step=optimiser.steps_done, loss=float(loss.detach()), same_scene=right)
        optimiser.step(loss)
        if not optimiser.steps_done % (4 * EVERY) or optimiser.steps_done == steps:
            save_state(path, model=model.state_dict(), optimiser=optimiser.state())
    return model.eval()


def _pairs(found: list[PaintedBlock], rng: Random, size: int) -> tuple[Any, Any]:
    ones, others = [], []
    for _ in range(size):
        block, row = draw(found, rng)
        first, second = rng.sample(range(block.square.shape[1]), 2)
        ones.append(block.square[row, first])
        others.append(block.square[row, second])
    return torch().from_numpy(np.stack(ones)), torch().from_numpy(np.stack(others))
