"""Guided middle of nano-vlm: the visual tokens of a thing are told what it is doing, and to whom.

That a thing enters, crosses the picture or chases another takes several pictures to tell, and one question
about it teaches little: a right reply is one bit for a clip of 180 visual tokens. So every visual token of a
thing that is doing something says what, in the words of the answers, after the third layer; the layers
behind it find it there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_bench.nano.labels import HEADS, IGNORED, cells_at
from playhead_bench.nano.pictures import Clip
from playhead_bench.nano.vlm import COLUMNS, ROWS
from playhead_bench.world.clips import shown_in
from playhead_bench.world.script import Action, Thing
from playhead_index.embed.runtime import torch

DEEDS: dict[str, str] = {
    "stand": " stands", "left": " left", "right": " right", "up": " up", "down": " down", "enter": " enters",
    "leave": " leaves", "cross": " crosses", "jump": " jumps", "spin": " spins", "blink": " blinks",
    "grow": " grows", "shrink": " shrinks", "recolour": " turns", "carry": " carries",
    "carried": " carried", "collide": " collides", "chase": " chases", "chased": " chased",
}  # fmt: skip
"""What a thing does in a clip, and the token that says so."""
LAYERS = 3
"""The tokens say it behind so many of the five layers."""
STANDING = 0.2
"""How much a token of a thing that stands still counts."""


@dataclass(frozen=True, slots=True)
class Deeds:
    """What the visual tokens of one pair of pictures should say; -1 where nothing is asked.

    Args:
        deed: (45,) int64 into `DEEDS`.
        kind: (45,) int64 into `HEADS["kind"]`, of whom it is done to.
        colour: (45,) int64 into `HEADS["colour"]`, likewise.
    """

    deed: NDArray[np.int64]
    kind: NDArray[np.int64]
    colour: NDArray[np.int64]


def deeds_of(clip: Clip, pair: int) -> Deeds:
    """The deeds that go on in one pair of pictures of a clip, where the clip leaves no doubt about them."""
    asked = {name: np.full((ROWS, COLUMNS), IGNORED) for name in ("deed", "kind", "colour")}
    times = clip.times_s[2 * pair : 2 * pair + 2]
    for one in shown_in(clip.scene, clip.window, clip.times_s):
        if not one.clear:
            continue
        action = one.action
        if action is not None and not (
            action.window.start_s <= times[-1] and times[0] <= action.window.end_s
        ):
            continue
        alone = replace(clip.scene, things=(one.thing,))
        mine = cells_at(alone, times, ROWS, COLUMNS)[0] < len(HEADS["kind"])
        mine &= cells_at(alone, times, ROWS, COLUMNS)[0] != IGNORED
        asked["deed"][mine] = list(DEEDS).index(_deed(action, one.thing))
        if action is not None and action.partner:
            colour, kind = action.partner.split()
            asked["kind"][mine] = HEADS["kind"].index(f" {kind}")
            asked["colour"][mine] = HEADS["colour"].index(f" {colour}")
    return Deeds(**{name: cells.flatten() for name, cells in asked.items()})


def _deed(action: Action | None, thing: Thing) -> str:
    if action is None:
        return "stand"
    if action.kind == "move":
        across, down = action.end[0] - action.start[0], action.end[1] - action.start[1]
        if abs(across) >= abs(down):
            return "right" if across > 0 else "left"
        return "down" if down > 0 else "up"
    return "collide" if action.kind == "collided" else action.kind


class DeedHeads:
    """Scores of words for visual tokens behind the third layer: products of a projection with the words.

    Args:
        tokenizer: in which every word is one token.
        embeddings: the language model's.
        words: ids of the words for kinds and colours, by head.
    """

    def __init__(self, tokenizer: Any, embeddings: Any, words: dict[str, Any]) -> None:
        width = embeddings.weight.shape[1]
        self.embeddings = embeddings
        deeds = torch().tensor([tokenizer.encode(word)[0] for word in DEEDS.values()])
        self.ids = {"deed": deeds, "kind": words["kind"], "colour": words["colour"]}
        nn = torch().nn
        self.project = nn.ModuleDict({head: nn.Linear(width, width, bias=False) for head in self.ids})

    def parameters(self) -> list[Any]:
        """What is learnt beside the model."""
        return list(self.project.parameters())

    def state(self) -> dict[str, Any]:
        """The same, to be kept."""
        return dict(self.project.state_dict())

    def load(self, state: dict[str, Any]) -> None:
        """Goes on from a state."""
        self.project.load_state_dict(state)

    def loss(self, visual: Any, told: Sequence[tuple[Clip, int]]) -> tuple[Any, float]:
        """The loss, and the share of deeds other than standing that are told rightly.

        Args:
            visual: (tokens, D) the visual tokens behind the third layer, pair by pair.
            told: what each pair shows.
        """
        functional, library = torch().nn.functional, torch()
        asked = [deeds_of(clip, pair) for clip, pair in told]
        loss, right = library.zeros(()), 0.0
        for head, ids in self.ids.items():
            target = library.from_numpy(np.concatenate([getattr(one, head) for one in asked]))
            here = target != IGNORED
            if not bool(here.any()):
                continue
            words = functional.normalize(self.embeddings(ids), dim=-1)
            scores = self.project[head](visual[here]) @ words.T
            weight = library.ones(len(ids))
            if head == "deed":
                weight[0] = STANDING
                doing = target[here] != 0
                right = float((scores.argmax(-1) == target[here])[doing].float().mean())
            loss = loss + functional.cross_entropy(scores, target[here], weight)
        return loss, right
