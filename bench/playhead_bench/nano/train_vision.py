"""Training of nano-vlm's vision half: its tokens are classified by the embeddings of words.

A token's vector is compared with the embeddings of the words that could describe it, which are those of the
language model. The language model then finds the same vectors in frames as in text, and has to learn where to
attend, not the appearance of objects.
"""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from playhead_bench.nano.answer_loss import BlocksBySource, training_blocks
from playhead_bench.nano.batched_vision import features
from playhead_bench.nano.painted_blocks import PaintedBlock, draw
from playhead_bench.nano.token_labels import HEADS, IGNORED, Labels, labels_of
from playhead_bench.nano.training import Log, Optimiser, load_state, save_state, split
from playhead_bench.nano.vlm_model import COLUMNS, ROWS, make_model
from playhead_bench.world.random_scene import SplitMode
from playhead_index.embed.runtime import torch

CELL_HEADS = ("kind", "colour", "motion")
EMBEDDING_STD = 0.07
NOTHING_WEIGHT = 0.15
"""Weight of a background token beside one of an object."""
STANDING_WEIGHT = 0.3
"""Weight of a token of a still object beside a moving one: most are still, and motion is hard."""
RARE_WEIGHT = 2.0
RARE = (" turns", " jumps", " blinks", " grows", " shrinks", " spins")
"""Moves within a place, which are rare beside moves across the frame."""
WHERE_WEIGHT = 0.5
SPREAD = 4.0
"""How far from the middle a token at the edge of the frame lies along the directions that say where."""
EVERY = 100


class WordHeads:
    """Scores of words for visual tokens, products with the words' embeddings, and where the tokens lie.

    Args:
        tokenizer: in which every word of `HEADS` is one token.
        embeddings: the language model's.

    Raises:
        ValueError: a word is not one token.
    """

    def __init__(self, tokenizer: Any, embeddings: Any) -> None:
        nn = torch().nn
        width = embeddings.weight.shape[1]
        self.embeddings = embeddings
        self.ids = {
            head: torch().tensor([_one(tokenizer, word) for word in words]) for head, words in HEADS.items()
        }
        self.nothing = nn.ParameterDict(
            {h: nn.Parameter(torch().randn(1, width) * EMBEDDING_STD) for h in CELL_HEADS}
        )
        self.scale = nn.ParameterDict({h: nn.Parameter(torch().tensor(4.0)) for h in HEADS})
        self.directions = nn.Parameter(torch().randn(2, width))

    def __call__(self, head: str, visual_tokens: Any) -> Any:
        """(..., words) scores of (..., D) tokens; in heads of cells the last is `nothing`."""
        words = self.embeddings(self.ids[head])
        if head in CELL_HEADS:
            words = torch().cat([words, self.nothing[head]])
        return self.scale[head] * (visual_tokens @ words.T)

    def where(self, visual_tokens: Any) -> Any:
        """(..., 2) column and row of (..., D) tokens, each from -1 to 1 across the frame."""
        return visual_tokens @ torch().nn.functional.normalize(self.directions, dim=-1).T / SPREAD

    def parameters(self) -> list[Any]:
        """The parameters beside the embeddings."""
        return [*self.nothing.parameters(), *self.scale.parameters(), self.directions]

    def state(self) -> dict[str, Any]:
        """The parameters beside the embeddings, to be saved."""
        beside = {"nothing": self.nothing.state_dict(), "scale": self.scale.state_dict()}
        return {**beside, "directions": self.directions.detach().clone()}

    def load(self, state: dict[str, Any] | None) -> None:
        """Goes on from a state.

        Raises:
            FileNotFoundError: there is none.
        """
        if state is None:
            raise FileNotFoundError("no state of the vision half's training; run it first")
        self.nothing.load_state_dict(state["nothing"])
        self.scale.load_state_dict(state["scale"])
        self.directions.data.copy_(state["directions"])


def _one(tokenizer: Any, word: str) -> int:
    ids: list[int] = tokenizer.encode(word)
    if len(ids) != 1:
        raise ValueError(f"{word!r} must be one token, got {ids}")
    return ids[0]


def _batch(found: dict[str, list[PaintedBlock]], rng: Random, size: int) -> tuple[Any, list[Labels]]:
    images, labels = [], []
    for i in range(size):
        block, row = draw(found["crowds" if i % 2 else "clips"], rng)
        pair = rng.randrange(block.small.shape[1] // 2)
        images.append(block.small[row, 2 * pair : 2 * pair + 2])
        labels.append(labels_of(block.clip(row), pair))
    return torch().from_numpy(np.stack(images)), labels


def token_positions() -> Any:
    """(45, 2) where each token of a frame lies: its column and its row, from -1 to 1."""
    across, down = torch().linspace(-1, 1, COLUMNS), torch().linspace(-1, 1, ROWS)
    return torch().stack([across.repeat(ROWS), down.repeat_interleave(COLUMNS)], dim=1)


def losses(heads: WordHeads, visual_tokens: Any, labels: list[Labels]) -> tuple[Any, dict[str, float]]:
    """The loss of a batch, and how often each head is right (of objects; of all for place and night).

    `where` is the mean distance from where a token lies to where it says, the frame being 2 wide and high.

    Args:
        heads: the scorer.
        visual_tokens: (B, 45, D) tokens.
        labels: B labels.
    """
    functional = torch().nn.functional
    cells = torch().from_numpy(np.stack([one.cells for one in labels])).flatten(2)
    loss, right = torch().zeros(()), dict[str, float]()
    for layer, head in enumerate(CELL_HEADS):
        target, scores = cells[:, layer].flatten(), heads(head, visual_tokens).flatten(0, 1)
        nothing = len(HEADS[head])
        weight = torch().ones(nothing + 1)
        weight[nothing] = NOTHING_WEIGHT
        if head == "motion":
            weight[HEADS[head].index(" stands")] = STANDING_WEIGHT
            weight[[HEADS[head].index(move) for move in RARE]] = RARE_WEIGHT
        loss = loss + functional.cross_entropy(scores, target, weight, ignore_index=IGNORED)
        obj = (target != nothing) & (target != IGNORED)
        right[head] = float((scores.argmax(-1) == target)[obj].float().mean())
    is_background = cells[:, 0] == len(HEADS["kind"])
    for head in ("place", "night"):
        target = (
            torch()
            .tensor([getattr(one, head) for one in labels])[:, None]
            .expand(is_background.shape)[is_background]
        )
        scores = heads(head, visual_tokens)[is_background]
        loss = loss + 0.3 * functional.cross_entropy(scores, target)
        right[head] = float((scores.argmax(-1) == target).float().mean())
    offsets = heads.where(visual_tokens) - token_positions()
    right["where"] = float(offsets.detach().abs().mean())
    return loss + WHERE_WEIGHT * (offsets**2).mean(), right


def train_vision(
    data: Path,
    out: Path,
    tokenizer: Any,
    *,
    steps: int,
    batch: int = 48,
    mode: SplitMode = "iid",
    seed: int = 0,
    model: Any = None,
    name: str = "sight",
    heads_from: str = "sight",
    rate: float = 0.01,
) -> Any:
    """Trains the vision half and the embeddings of the words for what is seen; resumes where it stopped.

    Args:
        data: folder of painted frames.
        out: folder of the log and the state.
        tokenizer: of the model.
        steps: of the whole run.
        batch: pairs of frames a step.
        mode: of the painted frames.
        seed: of weights and draws.
        model: to resume from, when its language half has been trained: the word embeddings are then frozen.
        name: of the log and the state.
        heads_from: name of the run whose scorer goes on when `model` is given.
        rate: height of the learning rate of matrices.

    Returns:
        The whole Qwen3-VL.
    """
    from_scratch = model is None
    if from_scratch:
        model = make_model(tokenizer, seed)
        torch().nn.init.normal_(model.model.language_model.embed_tokens.weight, std=EMBEDDING_STD)
    embeddings = model.model.language_model.embed_tokens
    embeddings.weight.requires_grad_(from_scratch)
    heads, visual = WordHeads(tokenizer, embeddings), model.model.visual
    matrices, others = split(visual, ("pos_embed", "patch_embed"))
    words = [embeddings.weight] if from_scratch else []
    optimiser = Optimiser(matrices, [*others, *words, *heads.parameters()], steps, rate, rate / 5)
    path, log = out / f"{name}.state", Log(out / f"{name}.jsonl")
    if (state := load_state(path)) is not None:
        model.load_state_dict(state["model"])
        heads.load(state)
        optimiser.load(state["optimiser"])
    elif not from_scratch:
        heads.load(load_state(out / f"{heads_from}.state"))
    found: BlocksBySource = {}
    while optimiser.steps_done < steps:
        if not found or not optimiser.steps_done % EVERY:  # more may have been painted meanwhile
            found = training_blocks(data, mode, 1, 1)
        rng = Random(f"{name}/{seed}/{optimiser.steps_done}")
        images, labels = _batch(found, rng, batch)
        visual_tokens, deepstack = features(visual, images)
        loss, right = losses(heads, visual_tokens, labels)
        loss = loss + 0.3 * losses(heads, deepstack, labels)[0]
        if not optimiser.steps_done % EVERY:
            log(step=optimiser.steps_done, loss=float(loss.detach()), **right)
        optimiser.step(loss)
        if not optimiser.steps_done % EVERY or optimiser.steps_done == steps:
            save_state(path, model=model.state_dict(), optimiser=optimiser.state(), **heads.state())
    embeddings.weight.requires_grad_(True)
    return model
