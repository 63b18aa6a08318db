"""Second half of nano-vlm's training: the language half learns to answer from what the vision half says."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from playhead_bench.nano.blocks import Block, blocks, draw
from playhead_bench.nano.lessons import MOST_LESSONS, Batch, Row, Writer, batch_of, lessons_of
from playhead_bench.nano.pictures import Clip
from playhead_bench.nano.see import features
from playhead_bench.nano.tokens import PAD
from playhead_bench.nano.training import Log, Optimiser, load_state, save_state, split
from playhead_bench.world.stage import Pair, SplitMode, pairs_of
from playhead_index.embed.runtime import torch

EVERY = 50


def train_answers(
    model: Any, tokenizer: Any, data: Path, out: Path, *, steps: int, batch: int = 6,
    mode: SplitMode = "compositional", wording: SplitMode = "iid", seed: int = 0, rate: float = 0.01,
) -> Any:  # fmt: skip
    """Trains the language half on painted clips, the vision half standing still; resumes where it stopped.

    Args:
        model: with a trained vision half, as `train_sight` leaves it.
        tokenizer: its own.
        data: folder of painted clips.
        out: folder of the log and the state.
        steps: of the whole run.
        batch: clips a step.
        mode: of the painted clips.
        wording: `compositional` leaves the last wording of each kind out.
        seed: of the order of clips and questions.
        rate: height of the learning rate of matrices.
    """
    writer, language = Writer(tokenizer), model.model.language_model
    matrices, others = split(language, ("embed_tokens",))
    optimiser = Optimiser(matrices, others, steps, matrix_rate=rate)
    path, log = out / "answers.state", Log(out / "answers.jsonl")
    if (state := load_state(path)) is not None:
        model.load_state_dict(state["model"])
        optimiser.load(state["optimiser"])
    pad, known = tokenizer.convert_tokens_to_ids(PAD), pairs_of("train", mode)
    found: list[Block] = []
    while optimiser.done < steps:
        if not found or not optimiser.done % EVERY:  # more may have been painted meanwhile
            found = blocks(data, "clips", "train", mode)
        rng = Random(f"answers/{seed}/{optimiser.done}")
        rows, pictures, _ = draw_rows(found, writer, rng, batch, known, wording)
        put = batch_of(rows, pad, writer.pad)
        hidden = read(model, put, pictures)
        loss, right = answer_loss(language, hidden, put, rows)
        if not optimiser.done % EVERY:
            log(step=optimiser.done, loss=float(loss.detach()), **right)
        optimiser.step(loss)
        if not optimiser.done % EVERY or optimiser.done == steps:
            save_state(path, model=model.state_dict(), optimiser=optimiser.state())
    return model


def draw_rows(
    found: list[Block], writer: Writer, rng: Random, size: int, known: Sequence[Pair], wording: SplitMode
) -> tuple[list[Row], Any, list[Clip]]:
    """Random clips with questions about them.

    Args:
        found: the painted clips.
        writer: of rows.
        rng: the dice.
        size: how many clips.
        known: the pairs of colour and kind that near-misses are made of.
        wording: `compositional` leaves the last wording of each kind out.

    Returns:
        The rows, (size, N, 100, 180, 3) uint8 pictures, and what they show.
    """
    rows, pictures, clips = list[Row](), [], list[Clip]()
    for _ in range(size):
        block, number = draw(found, rng)
        clip = block.clip(number)
        lessons = lessons_of(clip, rng, wording=wording, pairs=known, most=MOST_LESSONS)
        rng.shuffle(lessons)
        rows.append(writer.row(clip.printed_s, lessons))
        pictures.append(block.small[number])
        clips.append(clip)
    return rows, torch().from_numpy(np.stack(pictures)), clips


def read(model: Any, put: Batch, pictures: Any) -> Any:
    """(B, T, D) what the language half makes of a batch.

    Args:
        model: the Qwen3-VL.
        put: the batch.
        pictures: (B, N, 100, 180, 3) uint8, N frames of each clip.
    """
    with torch().no_grad():
        pairs = pictures.reshape(-1, 2, *pictures.shape[2:])
        seen, deep = features(model.model.visual, pairs)
    return read_features(model, put, seen, deep)


def read_features(model: Any, put: Batch, seen: Any, deep: Any) -> Any:
    """(B, T, D) what the language half makes of a batch whose pictures have been seen.

    Args:
        model: the Qwen3-VL.
        put: the batch.
        seen: (pairs, 45, D) visual tokens of all clips, one clip after the other.
        deep: (pairs, 45, D) what deepstack adds to them.
    """
    language = model.model.language_model
    embeds = language.embed_tokens(put.ids)
    embeds = embeds.masked_scatter(put.visual[..., None], seen.flatten(0, 1))
    return language(
        inputs_embeds=embeds, attention_mask=put.sees, position_ids=put.places, use_cache=False,
        visual_pos_masks=put.visual, deepstack_visual_embeds=[deep.flatten(0, 1)],
    ).last_hidden_state  # fmt: skip


def answer_loss(language: Any, hidden: Any, put: Batch, rows: Sequence[Row]) -> tuple[Any, dict[str, float]]:
    """The loss on the tokens of replies, and how many replies of each kind would be written exactly."""
    learnt = put.targets >= 0
    logits = hidden[learnt] @ language.embed_tokens.weight.T
    targets = put.targets[learnt]
    loss = torch().nn.functional.cross_entropy(logits, targets)
    return loss, exact_by_kind((logits.argmax(-1) == targets).numpy(), put, rows)


def exact_by_kind(hit: Any, put: Batch, rows: Sequence[Row]) -> dict[str, float]:
    """The share of replies whose every token is right, by kind of question; choices are `choice`.

    Args:
        hit: (tokens of replies,) bool, row by row.
        put: the batch.
        rows: its rows.
    """
    where, number = np.nonzero((put.targets >= 0).numpy())
    block = put.block.numpy()[where, number + 1]
    right: dict[str, list[bool]] = defaultdict(list)
    for i, row in enumerate(rows):
        for lesson_number, lesson in enumerate(row.lessons, 1):
            tokens = hit[(where == i) & (block == lesson_number)]
            right["choice" if lesson.choice else lesson.kind].append(bool(tokens.all()))
    return {kind: float(np.mean(hits)) for kind, hits in sorted(right.items())}
