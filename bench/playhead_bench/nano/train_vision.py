"""First half of nano-vlm's training: the vision half learns to say what its tokens see, in words.

A token's vector is held against the embeddings of the words that could describe it, which are the language
model's own. The language model then finds in the picture the very vectors that it knows from text, and has
to learn where to look, not what things look like.
"""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from playhead_bench.nano.answers import Painted, painted
from playhead_bench.nano.blocks import Block, draw
from playhead_bench.nano.labels import HEADS, IGNORED, Labels, labels_of
from playhead_bench.nano.see import features
from playhead_bench.nano.training import Log, Optimiser, load_state, save_state, split
from playhead_bench.nano.vlm import COLUMNS, ROWS, make_model
from playhead_bench.world.stage import SplitMode
from playhead_index.embed.runtime import torch

CELL_HEADS = ("kind", "colour", "motion")
EMBEDDING_STD = 0.07
NOTHING_WEIGHT = 0.15
"""How much a token of bare background counts beside one of a thing."""
STANDING_WEIGHT = 0.3
"""And one of a thing that stands still beside one that moves: most stand, and moves are what is hard."""
RARE_WEIGHT = 2.0
RARE = (" turns", " jumps", " blinks", " grows", " shrinks", " spins")
"""Moves within a place, which are rare beside moves across the picture."""
WHERE_WEIGHT = 0.5
SPREAD = 4.0
"""How far from the middle a token at the edge of the picture lies along the directions that say where."""
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

    def __call__(self, head: str, seen: Any) -> Any:
        """(..., words) scores of (..., D) tokens; in heads of cells the last is `nothing`."""
        words = self.embeddings(self.ids[head])
        if head in CELL_HEADS:
            words = torch().cat([words, self.nothing[head]])
        return self.scale[head] * (seen @ words.T)

    def where(self, seen: Any) -> Any:
        """(..., 2) column and row of (..., D) tokens, each from -1 to 1 across the picture."""
        return seen @ torch().nn.functional.normalize(self.directions, dim=-1).T / SPREAD

    def parameters(self) -> list[Any]:
        """What is learnt beside the embeddings."""
        return [*self.nothing.parameters(), *self.scale.parameters(), self.directions]

    def state(self) -> dict[str, Any]:
        """What is learnt beside the embeddings, to be kept."""
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


def _batch(found: dict[str, list[Block]], rng: Random, size: int) -> tuple[Any, list[Labels]]:
    pictures, told = [], []
    for i in range(size):
        block, row = draw(found["crowds" if i % 2 else "clips"], rng)
        pair = rng.randrange(block.small.shape[1] // 2)
        pictures.append(block.small[row, 2 * pair : 2 * pair + 2])
        told.append(labels_of(block.clip(row), pair))
    return torch().from_numpy(np.stack(pictures)), told


def lies() -> Any:
    """(45, 2) where each token of a picture lies: its column and its row, from -1 to 1."""
    across, down = torch().linspace(-1, 1, COLUMNS), torch().linspace(-1, 1, ROWS)
    return torch().stack([across.repeat(ROWS), down.repeat_interleave(COLUMNS)], dim=1)


def losses(heads: WordHeads, seen: Any, told: list[Labels]) -> tuple[Any, dict[str, float]]:
    """The loss of a batch, and how often each head is right (of things; of all for place and night).

    `where` is the mean distance from where a token lies to where it says, the picture being 2 wide and high.

    Args:
        heads: the scorer.
        seen: (B, 45, D) tokens.
        told: B labels.
    """
    functional = torch().nn.functional
    cells = torch().from_numpy(np.stack([one.cells for one in told])).flatten(2)
    loss, right = torch().zeros(()), dict[str, float]()
    for layer, head in enumerate(CELL_HEADS):
        target, scores = cells[:, layer].flatten(), heads(head, seen).flatten(0, 1)
        nothing = len(HEADS[head])
        weight = torch().ones(nothing + 1)
        weight[nothing] = NOTHING_WEIGHT
        if head == "motion":
            weight[HEADS[head].index(" stands")] = STANDING_WEIGHT
            weight[[HEADS[head].index(move) for move in RARE]] = RARE_WEIGHT
        loss = loss + functional.cross_entropy(scores, target, weight, ignore_index=IGNORED)
        thing = (target != nothing) & (target != IGNORED)
        right[head] = float((scores.argmax(-1) == target)[thing].float().mean())
    bare = cells[:, 0] == len(HEADS["kind"])
    for head in ("place", "night"):
        target = torch().tensor([getattr(one, head) for one in told])[:, None].expand(bare.shape)[bare]
        scores = heads(head, seen)[bare]
        loss = loss + 0.3 * functional.cross_entropy(scores, target)
        right[head] = float((scores.argmax(-1) == target).float().mean())
    missed = heads.where(seen) - lies()
    right["where"] = float(missed.detach().abs().mean())
    return loss + WHERE_WEIGHT * (missed**2).mean(), right


def train_sight(
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
        data: folder of painted pictures.
        out: folder of the log and the state.
        tokenizer: of the model.
        steps: of the whole run.
        batch: pairs of pictures a step.
        mode: of the painted pictures.
        seed: of weights and draws.
        model: to go on from, when its language half has been trained: then the words stand still, so that
            it finds them where they were.
        name: of the log and the state.
        heads_from: name of the run whose scorer goes on when `model` is given.
        rate: height of the learning rate of matrices.

    Returns:
        The whole Qwen3-VL.
    """
    anew = model is None
    if anew:
        model = make_model(tokenizer, seed)
        torch().nn.init.normal_(model.model.language_model.embed_tokens.weight, std=EMBEDDING_STD)
    embeddings = model.model.language_model.embed_tokens
    embeddings.weight.requires_grad_(anew)
    heads, visual = WordHeads(tokenizer, embeddings), model.model.visual
    matrices, others = split(visual, ("pos_embed", "patch_embed"))
    words = [embeddings.weight] if anew else []
    optimiser = Optimiser(matrices, [*others, *words, *heads.parameters()], steps, rate, rate / 5)
    path, log = out / f"{name}.state", Log(out / f"{name}.jsonl")
    if (state := load_state(path)) is not None:
        model.load_state_dict(state["model"])
        heads.load(state)
        optimiser.load(state["optimiser"])
    elif not anew:
        heads.load(load_state(out / f"{heads_from}.state"))
    found: Painted = {}
    while optimiser.done < steps:
        if not found or not optimiser.done % EVERY:  # more may have been painted meanwhile
            found = painted(data, mode, 1, 1)
        rng = Random(f"{name}/{seed}/{optimiser.done}")
        pictures, told = _batch(found, rng, batch)
        seen, deep = features(visual, pictures)
        loss, right = losses(heads, seen, told)
        loss = loss + 0.3 * losses(heads, deep, told)[0]
        if not optimiser.done % EVERY:
            log(step=optimiser.done, loss=float(loss.detach()), **right)
        optimiser.step(loss)
        if not optimiser.done % EVERY or optimiser.done == steps:
            save_state(path, model=model.state_dict(), optimiser=optimiser.state(), **heads.state())
    embeddings.weight.requires_grad_(True)
    return model
