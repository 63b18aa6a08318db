"""Drafts: questions without options, made from a table of events."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from playhead_bench.world.clip_wordings import NOT_IN_VIDEO
from playhead_bench.world.random_scene import Pair
from playhead_bench.world.video_questions.event_table import EventTable, is_object_label
from playhead_bench.world.video_questions.question import QuestionModality, Why
from playhead_bench.world.video_questions.wordings import Phrasing

NOT_IN_VIDEO_SHARE = 0.25
NUM_SAMPLED = 24
Tiers = tuple[list[str], ...]
"""Wrong answers: those true elsewhere in the video first, then any others."""


@dataclass(frozen=True, slots=True)
class QuestionContext:
    """What the maker of a kind of question gets: the table, the wordings and the random generator.

    Args:
        table: of the video.
        say: puts it into words.
        rng: the random generator.
        pairs: the pairs of colour and kind that questions may mention.
    """

    table: EventTable
    say: Phrasing
    rng: Random
    pairs: tuple[Pair, ...]

    def labels(self) -> list[str]:
        """The labels that questions may mention."""
        return [f"{colour} {shape}" for colour, shape in self.pairs]

    def sample(self, items: Sequence[str]) -> list[str]:
        """A random sample of some answers, to choose wrong ones from."""
        return self.rng.choices(items, k=NUM_SAMPLED) if items else []

    def shuffle(self, items: Iterable[int]) -> list[int]:
        """Rows in any order."""
        rows = list(items)
        self.rng.shuffle(rows)
        return rows


@dataclass(frozen=True, slots=True)
class QuestionDraft:
    """A question without its options.

    Args:
        text: of the question.
        answer: the gold one; None when there is none.
        evidence: rows of the table, of which the windows are the gold windows.
        wrong: wrong answers, by preference.
        modalities: that are needed for the answer.
        fixed: the four options, where they are always the same.
        right: which of `fixed` is right.
        why: why there is no answer; empty where there is one.
        object_labels: labels that it is about beside those that stand in its text and answer.
        evidence_by_video: for questions about several videos: the video and the row of its table.
    """

    text: str
    answer: str | None
    evidence: tuple[int, ...] = ()
    wrong: Tiers = ()
    modalities: tuple[QuestionModality, ...] = ("picture",)
    fixed: tuple[str, ...] = ()
    right: int = 0
    why: Why = ""
    object_labels: tuple[str, ...] = ()
    evidence_by_video: tuple[tuple[str, int], ...] = ()

    def labels(self) -> tuple[str, ...]:
        """The labels of all objects that it is about, each once."""
        words = f"{self.text} {self.answer or ''}".replace("?", " ").replace(":", " ").replace(",", " ")
        split = [word.strip('.;"') for word in words.split()]
        named = [f"{a} {b}" for a, b in pairwise(split) if is_object_label(f"{a} {b}")]
        return tuple(dict.fromkeys([*self.object_labels, *named]))


Maker = Callable[[QuestionContext], Iterator[QuestionDraft]]
"""A kind of question: all its drafts about a table."""


def has_options(draft: QuestionDraft) -> bool:
    """Whether four options can be made."""
    return bool(draft.fixed) or len({answer for tier in draft.wrong for answer in tier} - {draft.answer}) >= 3


def options_of(draft: QuestionDraft, rng: Random, position: int) -> tuple[tuple[str, ...], int]:
    """Four options with the right one at a position.

    Where the video has no answer the right one says so; it stands among the wrong ones of a quarter of
    the others, so that its being there tells nothing.

    Raises:
        ValueError: a draft with an answer of None that does not say why.
    """
    right = NOT_IN_VIDEO if draft.why else (draft.fixed[draft.right] if draft.fixed else draft.answer)
    if right is None:
        raise ValueError(f"no answer and no reason why: {draft.text}")
    if draft.fixed:
        wrong = rng.sample([option for option in draft.fixed if option != right], 3)
    else:
        wrong = _wrong_options(draft, rng)
        if not draft.why and rng.random() < NOT_IN_VIDEO_SHARE:
            wrong[rng.randrange(3)] = NOT_IN_VIDEO
    return (*wrong[:position], right, *wrong[position:]), position


def _wrong_options(draft: QuestionDraft, rng: Random) -> list[str]:
    """Three wrong answers, those of the first tiers first, in any order."""
    chosen: list[str] = []
    for tier in draft.wrong:
        left = sorted(set(tier) - {draft.answer, *chosen})
        chosen += rng.sample(left, min(len(left), 3 - len(chosen)))
    return rng.sample(chosen, 3)
