"""A question before its options are dealt: what the kinds of question make from a table of events."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from playhead_bench.world.asking.question import Sense, Why
from playhead_bench.world.asking.table import Table, is_thing
from playhead_bench.world.asking.words import Say
from playhead_bench.world.phrases import NOT_SHOWN
from playhead_bench.world.stage import Pair

NOT_TOLD_SHARE = 0.25
ENOUGH = 24
Tiers = tuple[list[str], ...]
"""Wrong answers: those true elsewhere in the video first, then any others."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What a kind of question is given: the table, the words that may be used and the dice.

    Args:
        table: of the video.
        say: puts it into words.
        rng: the dice.
        pairs: the pairs of colour and kind that may be spoken of.
    """

    table: Table
    say: Say
    rng: Random
    pairs: tuple[Pair, ...]

    def labels(self) -> list[str]:
        """The labels that may be spoken of."""
        return [f"{colour} {shape}" for colour, shape in self.pairs]

    def some(self, items: Sequence[str]) -> list[str]:
        """A few of many answers, any of them: enough to choose wrong ones from."""
        return self.rng.choices(items, k=ENOUGH) if items else []

    def shuffled(self, items: Iterable[int]) -> list[int]:
        """Rows in any order."""
        rows = list(items)
        self.rng.shuffle(rows)
        return rows


@dataclass(frozen=True, slots=True)
class Draft:
    """A question without its options.

    Args:
        text: of the question.
        answer: the gold one; None when there is none.
        evidence: rows of the table, of which the windows are the gold windows.
        wrong: wrong answers, by preference.
        senses: what one must attend to.
        fixed: the four options, where they are always the same.
        right: which of `fixed` is right.
        why: there is no answer.
        things: labels that it is about beside those that stand in its text and answer.
        over: evidence in several videos: the video and the row of its table.
    """

    text: str
    answer: str | None
    evidence: tuple[int, ...] = ()
    wrong: Tiers = ()
    senses: tuple[Sense, ...] = ("picture",)
    fixed: tuple[str, ...] = ()
    right: int = 0
    why: Why = ""
    things: tuple[str, ...] = ()
    over: tuple[tuple[str, int], ...] = ()

    def labels(self) -> tuple[str, ...]:
        """The labels of all things that it is about, each once."""
        words = f"{self.text} {self.answer or ''}".replace("?", " ").replace(":", " ").replace(",", " ")
        split = [word.strip('.;"') for word in words.split()]
        told = [f"{a} {b}" for a, b in pairwise(split) if is_thing(f"{a} {b}")]
        return tuple(dict.fromkeys([*self.things, *told]))


Maker = Callable[[Ask], Iterator[Draft]]
"""A kind of question: all its drafts about a table."""


def has_options(draft: Draft) -> bool:
    """Whether four options can be made."""
    return bool(draft.fixed) or len({answer for tier in draft.wrong for answer in tier} - {draft.answer}) >= 3


def options_of(draft: Draft, rng: Random, position: int) -> tuple[tuple[str, ...], int]:
    """Four options with the right one at a position.

    Where the video has no answer the right one says so; it stands among the wrong ones of a quarter of
    the others, so that its being there tells nothing.

    Raises:
        ValueError: a draft with an answer of None that does not say why.
    """
    right = NOT_SHOWN if draft.why else (draft.fixed[draft.right] if draft.fixed else draft.answer)
    if right is None:
        raise ValueError(f"no answer and no reason why: {draft.text}")
    if draft.fixed:
        wrong = rng.sample([option for option in draft.fixed if option != right], 3)
    else:
        wrong = _three(draft, rng)
        if not draft.why and rng.random() < NOT_TOLD_SHARE:
            wrong[rng.randrange(3)] = NOT_SHOWN
    return (*wrong[:position], right, *wrong[position:]), position


def _three(draft: Draft, rng: Random) -> list[str]:
    """Three wrong answers, those of the first tiers first, in any order."""
    chosen: list[str] = []
    for tier in draft.wrong:
        left = sorted(set(tier) - {draft.answer, *chosen})
        chosen += rng.sample(left, min(len(left), 3 - len(chosen)))
    return rng.sample(chosen, 3)
