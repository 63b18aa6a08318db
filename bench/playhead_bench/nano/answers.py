"""Rows of questions about painted pictures: drawn, read by nano-vlm, and scored."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from playhead_bench.nano.blocks import Block, blocks, draw
from playhead_bench.nano.pictures import Clip
from playhead_bench.nano.training_samples import (
    MOST_CROWD_LESSONS,
    MOST_LESSONS,
    MOST_OF_CROWD,
    TAUGHT,
    Batch,
    Lesson,
    Row,
    Writer,
    lessons_of,
)
from playhead_bench.world.stage import Pair, SplitMode
from playhead_index.embed.runtime import torch

HARD = ("action", "when", "doer", "partner", "side", "else")
"""Kinds of question that hang on what happens over several pictures, or on where things are."""
MOST_HARD = 8
Painted = dict[str, list[Block]]
"""The painted blocks of each source."""


def painted(data: Path, mode: SplitMode, clips: int, crowds: int) -> Painted:
    """The training blocks of the sources that something is drawn from.

    What is painted without the held-out pairs may be learnt from in `iid` too, and most of it is.
    """
    wanted = {"clips": clips, "crowds": crowds}
    modes: tuple[SplitMode, ...] = ("compositional", "iid") if mode == "iid" else (mode,)
    return {
        source: [block for one in modes for block in blocks(data, source, "train", one)]
        for source, size in wanted.items()
        if size
    }


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pictures with questions about them.

    Args:
        rows: one for each clip or crowd.
        places: the block of each row's pictures, and where they lie in it.
        clips: of each row.
    """

    rows: list[Row]
    places: list[tuple[Block, int]]
    clips: list[Clip]

    @property
    def pairs(self) -> Any:
        """(pairs of all rows, 2, 100, 180, 3) uint8 pictures, row by row."""
        pictures = [block.small[number] for block, number in self.places]
        return torch().from_numpy(np.concatenate([p.reshape(-1, 2, *p.shape[1:]) for p in pictures]))

    @property
    def told(self) -> list[tuple[Clip, int]]:
        """What each pair shows: its clip, and its number in it."""
        return [(clip, pair) for clip in self.clips for pair in range(len(clip.times_s) // 2)]


def draw_rows(
    found: Painted,
    writer: Writer,
    rng: Random,
    sizes: Mapping[str, int],
    known: Sequence[Pair],
    wording: SplitMode,
    hard: int = 0,
) -> Drawn:
    """Random clips and crowds with questions about them.

    Args:
        found: the painted pictures.
        writer: of rows.
        rng: the dice.
        sizes: how many of each source.
        known: the pairs of colour and kind that near-misses are made of.
        wording: `compositional` leaves the last wording of each kind out.
        hard: a clip that settles fewer questions of `HARD` kinds is put back; of one that is kept, these are
            asked first. At 0 every clip is taken as it comes.
    """
    rows, places, clips = list[Row](), list[tuple[Block, int]](), list[Clip]()
    for source, size in sizes.items():
        left = size
        while left:
            block, number = draw(found[source], rng)
            clip = block.clip(number)
            if source == "crowds":
                lessons = lessons_of(
                    clip, rng, wording=wording, pairs=known, most=MOST_CROWD_LESSONS, kinds=MOST_OF_CROWD
                )
            else:
                lessons = lessons_of(clip, rng, wording=wording, pairs=known, kinds=TAUGHT)
                asked = [lesson for lesson in lessons if lesson.kind in HARD]
                if len(asked) < hard:
                    continue
                lessons = _mixed(lessons, asked) if hard else lessons[:MOST_LESSONS]
            rng.shuffle(lessons)
            rows.append(writer.row(clip.printed_s, lessons))
            places.append((block, number))
            clips.append(clip)
            left -= 1
    return Drawn(rows, places, clips)


def _mixed(lessons: Sequence[Lesson], hard: Sequence[Lesson]) -> list[Lesson]:
    """Mostly hard ones, and some of the rest so that these are not forgotten."""
    hard = hard[:MOST_HARD]
    easy = [lesson for lesson in lessons if lesson.kind not in HARD]
    return [*hard, *easy[: MOST_LESSONS - len(hard)]]


def read(model: Any, put: Batch, seen: Any, deep: Any) -> Any:
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
    """The loss on the tokens of replies, and how many replies of each kind would be written exactly.

    A reply counts by the square root of its length: were all tokens alike, captions and the fixed words of
    long replies would drown the one token that says yes or no.
    """
    learnt = put.targets >= 0
    logits = hidden[learnt] @ language.embed_tokens.weight.T
    targets = put.targets[learnt]
    weights = _weights(put, learnt)
    losses = torch().nn.functional.cross_entropy(logits, targets, reduction="none")
    loss = (losses * weights).sum() / weights.sum()
    return loss, exact_by_kind((logits.argmax(-1) == targets).numpy(), put, rows)


def _weights(put: Batch, learnt: Any) -> Any:
    """(tokens of replies,) one over the square root of how many tokens the reply of each has."""
    row, at = torch().nonzero(learnt, as_tuple=True)
    reply = row * (int(put.block.max()) + 1) + put.block[row, at + 1]
    return torch().bincount(reply)[reply].float().rsqrt()


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
