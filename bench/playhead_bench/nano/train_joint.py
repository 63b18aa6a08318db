"""Last part of nano-vlm's training: both halves together, answers first, what each token sees beside it."""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from playhead_bench.nano.blocks import Block, blocks, draw
from playhead_bench.nano.labels import Labels, labels_of
from playhead_bench.nano.lessons import Writer, batch_of
from playhead_bench.nano.see import features
from playhead_bench.nano.tokens import PAD
from playhead_bench.nano.train_answers import answer_loss, draw_rows, read_features
from playhead_bench.nano.train_sight import WordHeads, losses
from playhead_bench.nano.training import Log, Optimiser, load_state, save_state, split
from playhead_bench.world.stage import SplitMode, pairs_of
from playhead_index.embed.runtime import torch

EVERY = 50
CROWDS = 8
"""Pairs of pictures of crowds beside those of the clips, for the vision half alone."""
SIGHT_WEIGHT = 0.15


def train_joint(
    model: Any,
    tokenizer: Any,
    data: Path,
    out: Path,
    *,
    steps: int,
    batch: int = 6,
    mode: SplitMode = "compositional",
    seed: int = 0,
    rate: float = 0.004,
) -> Any:
    """Trains both halves on painted clips; resumes where it stopped.

    Args:
        model: with both halves trained apart, as `train_answers` leaves it.
        tokenizer: its own.
        data: folder of painted clips and crowds.
        out: folder of the log and the states; the scales of `train_sight` are taken from there.
        steps: of the whole run.
        batch: clips a step.
        mode: of the painted clips.
        seed: of the order of clips and questions.
        rate: height of the learning rate of matrices.
    """
    writer, heads = Writer(tokenizer), WordHeads(tokenizer, model.model.language_model.embed_tokens)
    matrices, others = split(model.model, ("embed", "pos_embed", "patch_embed"))
    optimiser = Optimiser(matrices, [*others, *heads.parameters()], steps, rate, rate / 5)
    path, log = out / "joint.state", Log(out / "joint.jsonl")
    if (state := load_state(path)) is not None:
        model.load_state_dict(state["model"])
        optimiser.load(state["optimiser"])
    heads.load(state or load_state(out / "sight.state"))
    pad, known = tokenizer.convert_tokens_to_ids(PAD), pairs_of("train", mode)
    found: dict[str, list[Block]] = {}
    while optimiser.done < steps:
        if not found or not optimiser.done % EVERY:  # more may have been painted meanwhile
            found = {source: blocks(data, source, "train", mode) for source in ("crowds", "clips")}
        rng = Random(f"joint/{seed}/{optimiser.done}")
        rows, frames, clips = draw_rows(found["clips"], writer, rng, batch, known, "iid")
        pictures = frames.reshape(-1, 2, *frames.shape[2:])
        told = [labels_of(clip, pair) for clip in clips for pair in range(frames.shape[1] // 2)]
        crowds, crowds_told = _crowds(found["crowds"], rng)
        put = batch_of(rows, pad, writer.pad)
        seen, deep = features(model.model.visual, torch().cat([pictures, crowds]))
        sight, right = losses(heads, seen, told + crowds_told)
        sight = sight + 0.3 * losses(heads, deep, told + crowds_told)[0]
        hidden = read_features(model, put, seen[: len(pictures)], deep[: len(pictures)])
        loss, exact = answer_loss(model.model.language_model, hidden, put, rows)
        if not optimiser.done % EVERY:
            log(step=optimiser.done, loss=float(loss.detach()), sight=float(sight.detach()),
                seen_kind=right["kind"], seen_motion=right["motion"], **exact)  # fmt: skip
        optimiser.step(loss + SIGHT_WEIGHT * sight)
        if not optimiser.done % EVERY or optimiser.done == steps:
            save_state(path, model=model.state_dict(), optimiser=optimiser.state(), **heads.state())
    return model


def _crowds(found: list[Block], rng: Random) -> tuple[Any, list[Labels]]:
    drawn = [draw(found, rng) for _ in range(CROWDS)]
    pictures = np.stack([block.small[row] for block, row in drawn])
    return torch().from_numpy(pictures), [labels_of(block.clip(row), 0) for block, row in drawn]
