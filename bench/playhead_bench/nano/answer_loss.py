"""Random rows of questions about painted frames, and the loss of nano-vlm on their answers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from playhead_bench.nano.paint_frames import SceneClip
from playhead_bench.nano.painted_blocks import PaintedBlock, blocks, draw
from playhead_bench.nano.training_samples import (
    MAX_CROWD_SAMPLES,
    MAX_PER_CROWD_KIND,
    MAX_PER_TRAINING_KIND,
    MAX_SAMPLES,
    Batch,
    RowWriter,
    TokenRow,
    TrainingSample,
    make_samples,
)
from playhead_bench.world.random_scene import Pair, SplitMode
from playhead_index.embed.runtime import torch

HARD_KINDS = ("action", "when", "doer", "partner", "side", "else")
"""Kinds of question about motion over several frames, or about positions."""
MAX_HARD_SAMPLES = 8
BlocksBySource = dict[str, list[PaintedBlock]]
"""The painted blocks of each source."""


def training_blocks(data: Path, mode: SplitMode, clips: int, crowds: int) -> BlocksBySource:
    """The training blocks of each source with a positive count.

    `iid` also uses blocks that were painted without the held-out pairs.
    """
    counts = {"clips": clips, "crowds": crowds}
    modes: tuple[SplitMode, ...] = ("compositional", "iid") if mode == "iid" else (mode,)
    return {
        source: [block for one in modes for block in blocks(data, source, "train", one)]
        for source, size in counts.items()
        if size
    }


@dataclass(frozen=True, slots=True)
class QuestionBatch:
    """Frames with questions about them.

    Args:
        rows: one for each clip or crowd.
        places: the block of each row's frames, and where they lie in it.
        clips: of each row.
    """

    rows: list[TokenRow]
    places: list[tuple[PaintedBlock, int]]
    clips: list[SceneClip]

    @property
    def pairs(self) -> Any:
        """(pairs of all rows, 2, 100, 180, 3) uint8 frames, row by row."""
        images = [block.small[number] for block, number in self.places]
        return torch().from_numpy(np.concatenate([p.reshape(-1, 2, *p.shape[1:]) for p in images]))

    @property
    def labelled_pairs(self) -> list[tuple[SceneClip, int]]:
        """What each pair shows: its clip, and its number in it."""
        return [(clip, pair) for clip in self.clips for pair in range(len(clip.times_s) // 2)]


def draw_rows(
    blocks_by_source: BlocksBySource,
    writer: RowWriter,
    rng: Random,
    sizes: Mapping[str, int],
    known: Sequence[Pair],
    wording: SplitMode,
    hard: int = 0,
) -> QuestionBatch:
    """Random clips and crowds with questions about them.

    Args:
        blocks_by_source: the painted frames.
        writer: of rows.
        rng: the random generator.
        sizes: how many of each source.
        known: the pairs of colour and kind that near-misses are made of.
        wording: `compositional` leaves the last wording of each kind out.
        hard: least number of questions of `HARD_KINDS` of a clip; others are rejected, and these questions
            come first. At 0 every clip is taken.
    """
    rows, places, clips = list[TokenRow](), list[tuple[PaintedBlock, int]](), list[SceneClip]()
    for source, size in sizes.items():
        left = size
        while left:
            block, number = draw(blocks_by_source[source], rng)
            clip = block.clip(number)
            if source == "crowds":
                samples = make_samples(
                    clip,
                    rng,
                    wording=wording,
                    pairs=known,
                    max_samples=MAX_CROWD_SAMPLES,
                    kinds=MAX_PER_CROWD_KIND,
                )
            else:
                samples = make_samples(clip, rng, wording=wording, pairs=known, kinds=MAX_PER_TRAINING_KIND)
                hard_samples = [sample for sample in samples if sample.kind in HARD_KINDS]
                if len(hard_samples) < hard:
                    continue
                samples = _mixed(samples, hard_samples) if hard else samples[:MAX_SAMPLES]
            rng.shuffle(samples)
            rows.append(writer.row(clip.printed_s, samples))
            places.append((block, number))
            clips.append(clip)
            left -= 1
    return QuestionBatch(rows, places, clips)


def _mixed(samples: Sequence[TrainingSample], hard: Sequence[TrainingSample]) -> list[TrainingSample]:
    """Mostly hard samples, and some others so that these are not forgotten."""
    hard = hard[:MAX_HARD_SAMPLES]
    easy = [sample for sample in samples if sample.kind not in HARD_KINDS]
    return [*hard, *easy[: MAX_SAMPLES - len(hard)]]


def run_language_model(model: Any, batch: Batch, visual_tokens: Any, deepstack: Any) -> Any:
    """(B, T, D) hidden vectors of the language half for a batch with encoded frames.

    Args:
        model: the Qwen3-VL.
        batch: the batch.
        visual_tokens: (pairs, 45, D) visual tokens of all clips, one clip after the other.
        deepstack: (pairs, 45, D) what deepstack adds to them.
    """
    language = model.model.language_model
    embeds = language.embed_tokens(batch.ids)
    embeds = embeds.masked_scatter(batch.visual[..., None], visual_tokens.flatten(0, 1))
    return language(
        inputs_embeds=embeds, attention_mask=batch.attention_mask, position_ids=batch.positions,
        use_cache=False,
        visual_pos_masks=batch.visual, deepstack_visual_embeds=[deepstack.flatten(0, 1)],
    ).last_hidden_state  # fmt: skip


def answer_loss(
    language: Any, hidden: Any, batch: Batch, rows: Sequence[TokenRow]
) -> tuple[Any, dict[str, float]]:
    """The loss on the tokens of replies, and the share of exact replies by kind.

    A reply is weighted by the square root of its length, so that captions do not dominate one-token answers.
    """
    is_target = batch.targets >= 0
    logits = hidden[is_target] @ language.embed_tokens.weight.T
    targets = batch.targets[is_target]
    weights = _weights(batch, is_target)
    losses = torch().nn.functional.cross_entropy(logits, targets, reduction="none")
    loss = (losses * weights).sum() / weights.sum()
    return loss, exact_by_kind((logits.argmax(-1) == targets).numpy(), batch, rows)


def _weights(batch: Batch, is_target: Any) -> Any:
    """(tokens of replies,) one over the square root of how many tokens the reply of each has."""
    row, at = torch().nonzero(is_target, as_tuple=True)
    reply = row * (int(batch.block.max()) + 1) + batch.block[row, at + 1]
    return torch().bincount(reply)[reply].float().rsqrt()


def exact_by_kind(hit: Any, batch: Batch, rows: Sequence[TokenRow]) -> dict[str, float]:
    """The share of replies whose every token is right, by kind of question; choices are `choice`.

    Args:
        hit: (tokens of replies,) bool, row by row.
        batch: the batch.
        rows: its rows.
    """
    where, number = np.nonzero((batch.targets >= 0).numpy())
    block = batch.block.numpy()[where, number + 1]
    right: dict[str, list[bool]] = defaultdict(list)
    for i, row in enumerate(rows):
        for sample_number, sample in enumerate(row.samples, 1):
            tokens = hit[(where == i) & (block == sample_number)]
            right["choice" if sample.choice else sample.kind].append(bool(tokens.all()))
    return {kind: float(np.mean(hits)) for kind, hits in sorted(right.items())}
