"""Training samples: a clip with many questions and answers as one row of tokens.

Every question sees the clip and itself, and no other question; each begins at the position after the clip.
So a row is equivalent to as many single conversations, and the clip is encoded once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.nano.paint_frames import SceneClip
from playhead_bench.nano.tokenizer import END
from playhead_bench.nano.vlm_model import COLUMNS, MERGE, ROWS, TOKENS_A_PAIR
from playhead_bench.world.clip_questions import ClipQuestion, clip_questions
from playhead_bench.world.clip_wordings import NOT_IN_VIDEO, NOT_VISIBLE, ClipKind
from playhead_bench.world.random_scene import PAIRS, Pair, SplitMode
from playhead_bench.world.vocabulary import OBJECT_COLOURS, OBJECT_SHAPES, PLACES
from playhead_index.embed.runtime import torch

MAX_PER_KIND: dict[ClipKind, int] = {
    "colour": 2, "thing": 1, "exists": 2, "action": 3, "place": 1, "daytime": 1, "count": 1, "when": 2,
    "side": 2, "partner": 2, "doer": 2, "else": 1, "unseen": 1, "caption": 1,
}  # fmt: skip
"""Most questions of a kind about one clip, so that no kind drowns the others."""
MAX_PER_TRAINING_KIND: dict[ClipKind, int] = {
    "action": 4, "when": 4, "doer": 3, "partner": 3, "side": 3, "else": 2, "exists": 3, "colour": 1,
    "thing": 1, "place": 1, "daytime": 1, "count": 1, "unseen": 1, "caption": 1,
}  # fmt: skip
"""Likewise in training, with more questions of hard kinds."""
CHOICE_SHARE = 0.3
MAX_SAMPLES = 12
"""Most questions about one clip in a row."""
MAX_PER_CROWD_KIND: dict[ClipKind, int] = {"colour": 5, "thing": 5, "exists": 7, "side": 6}
"""Limits for a crowd. With eight objects in one pair of frames no answer is guessed, and a row is
short: this is where the language half learns to look up the one attribute of an object by the other."""
MAX_CROWD_SAMPLES = 16
LETTERS = "ABCD"
INVISIBLE_ANSWERS = (
    "roses", "smoke", "a painter", "a machine", "two euros", "ten kilos", "the sea", "fresh bread",
)  # fmt: skip
"""Answers that no frame shows, offered where a question asks for something invisible."""


@dataclass(frozen=True, slots=True)
class TrainingSample:
    """A question as prompted and the answer as it is to be generated.

    Args:
        kind: of the question.
        prompt: the question, with its options where it has some.
        reply: the answer, or the letter of the right option.
        choice: it has options.
    """

    kind: ClipKind
    prompt: str
    reply: str
    choice: bool


def make_samples(
    clip: SceneClip,
    rng: Random,
    *,
    wording: SplitMode = "iid",
    training: bool = True,
    pairs: Sequence[Pair] = PAIRS,
    max_samples: int | None = None,
    kinds: Mapping[ClipKind, int] = MAX_PER_KIND,
) -> list[TrainingSample]:
    """Questions about a clip, limited by `kinds` and to `max_samples` in all, some of them with options."""
    times_s = [float(time) for time in clip.times_s]
    questions = clip_questions(
        clip.scene, clip.window, times_s, clip.printed_s, rng, mode=wording, training=training, pairs=pairs
    )
    rng.shuffle(questions)
    left, taken = dict(kinds), list[TrainingSample]()
    for question in questions:
        if left.get(question.kind, 0) > 0:
            left[question.kind] -= 1
            taken.append(_sample(question, clip, rng))
    return taken if max_samples is None else taken[:max_samples]


def _sample(question: ClipQuestion, clip: SceneClip, rng: Random) -> TrainingSample:
    if question.kind == "caption" or rng.random() >= CHOICE_SHARE:
        return TrainingSample(question.kind, question.text, question.answer, False)
    options = options_of(question, clip, rng)
    lines = [f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False)]
    reply = LETTERS[options.index(question.answer)]
    lines = [line.replace(NOT_VISIBLE, rng.choice((NOT_VISIBLE, NOT_IN_VIDEO))) for line in lines]
    return TrainingSample(question.kind, "\n".join([question.text, *lines]), reply, True)


def options_of(question: ClipQuestion, clip: SceneClip, rng: Random) -> list[str]:
    """Two to four different options in random order, the answer among them, the others of its sort."""
    candidates = dict.fromkeys(_answers_of_same_type(question, clip, rng))
    others = [other for other in candidates if other != question.answer]
    options = [question.answer, *rng.sample(others, min(3, len(others)))]
    if question.visible and len(options) == 4 and rng.random() < 0.2:
        options[-1] = NOT_VISIBLE
    rng.shuffle(options)
    return options


def _answers_of_same_type(question: ClipQuestion, clip: SceneClip, rng: Random) -> list[str]:
    """Answers of the sort that a question asks for."""
    if question.kind == "colour":
        return list(OBJECT_COLOURS)
    if question.kind == "thing":
        return [f"a {kind}" for kind in OBJECT_SHAPES]
    if question.kind == "exists":
        return ["yes", "no"]
    if question.kind == "place":
        return list(PLACES.values())
    if question.kind == "daytime":
        return ["day", "night"]
    if question.kind == "count":
        return [str(number) for number in range(6)]
    if question.kind == "side":
        return ["left", "right"]
    if question.kind == "when":
        return [f"at {printed} seconds" for printed in dict.fromkeys(clip.printed_s)]
    if question.kind in ("partner", "doer", "else"):
        return [f"the {rng.choice(OBJECT_COLOURS)} {rng.choice(OBJECT_SHAPES)}" for _ in range(5)]
    if question.kind == "unseen":
        return list(INVISIBLE_ANSWERS)
    return [
        "it stands still", "it enters", "it leaves", "it crosses the picture", "it moves left",
        "it moves right", "it moves up", "it moves down", "it jumps", "it spins", "it blinks", "it grows",
        "it shrinks", f"it turns {rng.choice(OBJECT_COLOURS)}",
        f"it carries the {rng.choice(OBJECT_COLOURS)} {rng.choice(OBJECT_SHAPES)}",
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A clip and its samples as tokens.

    Args:
        ids: (T,) int64.
        block: (T,) int64, 0 for the clip and 1, 2, ... for its samples.
        positions: (3, T) int64, M-RoPE positions.
        learnt: (T,) bool, the tokens of replies, which are what is to be predicted.
        samples: in the order of their blocks.
    """

    ids: NDArray[np.int64]
    block: NDArray[np.int64]
    positions: NDArray[np.int64]
    learnt: NDArray[np.bool_]
    samples: tuple[TrainingSample, ...]


class RowWriter:
    """Writes rows in the words of a tokenizer, exactly as the stock processor and chat template do."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self._known: dict[str, list[int]] = {}
        self.pad = tokenizer.convert_tokens_to_ids("<|video_pad|>")

    def ids(self, text: str) -> list[int]:
        """The tokens of a text."""
        if text not in self._known:
            self._known[text] = self.tokenizer.encode(text, add_special_tokens=False)
        return self._known[text]

    def row(self, printed_s: Sequence[str], samples: Sequence[TrainingSample]) -> TokenRow:
        """A clip whose pairs of frames stand at the printed times, and its samples."""
        ids, places = self._clip(printed_s)
        start = int(places.max()) + 1
        blocks, learnt, parts = [np.zeros(len(ids), np.int64)], [np.zeros(len(ids), bool)], [places]
        for number, sample in enumerate(samples, 1):
            questions = self.ids(f"{sample.prompt}{END}\n<|im_start|>assistant\n")
            reply_ids = self.ids(_reply_text(sample) + END)
            ids = [*ids, *questions, *reply_ids]
            length = len(questions) + len(reply_ids)
            blocks.append(np.full(length, number))
            learnt.append(np.arange(length) >= len(questions))
            parts.append(np.tile(np.arange(start, start + length), (3, 1)))
        joined = np.concatenate(parts, axis=1)
        return TokenRow(np.array(ids), np.concatenate(blocks), joined, np.concatenate(learnt), tuple(samples))

    def _clip(self, printed_s: Sequence[str]) -> tuple[list[int], NDArray[np.int64]]:
        ids, places, at = list[int](), list[NDArray[np.int64]](), 0

        def write(text: str) -> None:
            nonlocal at
            new = self.ids(text)
            ids.extend(new)
            places.append(np.tile(np.arange(at, at + len(new)), (3, 1)))
            at += len(new)

        down, across = np.divmod(np.arange(TOKENS_A_PAIR), COLUMNS)
        write("<|im_start|>user\n")
        for printed in printed_s:
            write(f"<{printed} seconds><|vision_start|>")
            ids.extend([self.pad] * TOKENS_A_PAIR)
            places.append(np.stack([np.full(TOKENS_A_PAIR, at), down + at, across + at]))
            at += max(ROWS * MERGE, COLUMNS * MERGE) // MERGE
            write("<|vision_end|>")
        return ids, np.concatenate(places, axis=1)


def _reply_text(sample: TrainingSample) -> str:
    """A reply as it is written: words stand behind a space, as they do in a sentence; letters do not."""
    return sample.reply if sample.choice else f" {sample.reply}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows side by side, padded at the right.

    Args:
        ids: (B, T) int64.
        positions: (3, B, T) int64.
        attention_mask: (B, 1, T, T) bool, which token may attend to which.
        visual: (B, T) bool, the places of visual tokens.
        targets: (B, T) int64, the token that should follow; -1 where nothing is learnt.
        block: (B, T) int64.
    """

    ids: Any
    positions: Any
    attention_mask: Any
    visual: Any
    targets: Any
    block: Any


def batch_of(rows: Sequence[TokenRow], pad_id: int, video_id: int) -> Batch:
    """Rows as tensors."""
    longest, library = max(len(row.ids) for row in rows), torch()
    ids = np.full((len(rows), longest), pad_id)
    places = np.zeros((3, len(rows), longest), np.int64)
    block = np.full((len(rows), longest), -1)
    targets = np.full((len(rows), longest), -1)
    for i, row in enumerate(rows):
        length = len(row.ids)
        ids[i, :length], places[:, i, :length], block[i, :length] = row.ids, row.positions, row.block
        targets[i, : length - 1] = np.where(row.learnt[1:], row.ids[1:], -1)
    own = (block[:, None, :] == block[:, :, None]) | (block[:, None, :] == 0)
    attention_mask = own & np.tri(longest, dtype=bool)
    attention_mask |= np.eye(longest, dtype=bool)  # padding sees itself, for a softmax needs something
    as_tensor = library.from_numpy
    return Batch(
        as_tensor(ids), as_tensor(places), as_tensor(attention_mask[:, None]), as_tensor(ids == video_id),
        as_tensor(targets), as_tensor(block),
    )  # fmt: skip
