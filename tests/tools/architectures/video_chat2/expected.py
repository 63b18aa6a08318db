"""What the oracle makes of the clips and questions of the tests."""

import re
from collections.abc import Sequence
from typing import Any

import torch
from tests.tools.architectures.video_chat2 import oracle
from tests.tools.architectures.video_chat2.made_checkpoint import (
    ALPHA,
    BERT_HEADS,
    BERT_LAYERS,
    BERT_WORDS,
    CHARACTERS,
    GROUPS,
    PATCH,
    RANK,
    TEXT_HEADS,
    TEXT_LAYERS,
    VISION_HEADS,
)

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
BOS, EOS = 1, 2


def pixels(frames: Any, mean: Sequence[float] = MEAN, std: Sequence[float] = STD) -> torch.Tensor:
    """Normalised in float32, as frames come to a model."""
    scaled = torch.from_numpy(frames).permute(0, 3, 1, 2).to(torch.float32) / 255
    return ((scaled - torch.tensor(mean).reshape(3, 1, 1)) / torch.tensor(std).reshape(3, 1, 1)).double()


def instruction_ids(question: str, num_frames: int) -> list[int]:
    """Words of the instruction by hand: lower case, punctuation apart."""
    kind = "observe the image" if num_frames == 1 else "watch the video"
    return bert_ids(f"{kind} and answer the question. {question}")


def bert_ids(instruction: str) -> list[int]:
    """Known words of a text between the marks of BERT."""
    text = instruction.lower()
    words = re.findall(r"\w+|[^\w\s]", text)
    known = {word: number for number, word in enumerate(BERT_WORDS)}
    return [known["[CLS]"], *(known[word] for word in words), known["[SEP]"]]


def piece_ids(text: str) -> list[int]:
    """Characters of one piece of a prompt, each `</s>` as its token; a text begins with a space."""
    ids: list[int] = []
    for number, part in enumerate(re.split("(</s>)", text)):
        written = part if number else f" {part}"
        ids += [EOS] if part == "</s>" else [3 + CHARACTERS.index(c) for c in written.replace(" ", "▁")]
    return ids


def clip_rows(made: Any, frames: Any, question: str) -> torch.Tensor:
    """(queries, hidden) what the language model is shown of a clip."""
    return view_rows(made, pixels(frames), question)


def view_rows(made: Any, view: torch.Tensor, question: str) -> torch.Tensor:
    """The same of one view of a clip, (T, 3, S, S) normalised pixels."""
    return rows_for(made, view, instruction_ids(question, len(view)))


def rows_for(made: Any, view: torch.Tensor, words: Sequence[int]) -> torch.Tensor:
    """The same for an instruction."""
    seen = oracle.tower(made.weights, view, PATCH, VISION_HEADS, blocks=2)
    return oracle.features(made.weights, seen, words, BERT_HEADS, BERT_LAYERS)


def logits(made: Any, sequence: torch.Tensor) -> torch.Tensor:
    """(L, vocabulary) of embeddings."""
    return oracle.mistral(
        made.weights, made.base, sequence,
        layers=TEXT_LAYERS, heads=TEXT_HEADS, groups=GROUPS, scale=ALPHA / RANK,
    )  # fmt: skip


def prompt(
    made: Any, clips: Sequence[torch.Tensor], question: str, *, image: bool = False, turns: str = ""
) -> Any:
    """(L, hidden) the prompt of the released demo: BOS, then text and features in turn."""
    kind = "Image" if image else "Video"
    between = f"</{kind}><{kind}>"
    last = f"</{kind}> [/INST] [INST] {question} [/INST]{turns}"
    pieces: list[Any] = [[BOS, *piece_ids(f"[INST] <{kind}>")]]
    for number, rows in enumerate(clips):
        pieces += [rows, piece_ids(last if number + 1 == len(clips) else between)]
    return oracle.embedded(made.base, pieces)
