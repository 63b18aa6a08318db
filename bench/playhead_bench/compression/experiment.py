"""Accuracy, tokens and prefill of every method at every keep ratio, on single clips and on needles."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from playhead_bench.compression.clips import Painted, Question
from playhead_bench.compression.looking import Eyes, Guide, Look
from playhead_bench.compression.methods import METHODS, Kept, Method
from playhead_bench.compression.reading import Told, read, row_of
from playhead_index.batches import batches
from playhead_tools.video_llm.assembling import Row

RATIOS = (0.5, 0.25, 0.15, 0.10, 0.05)
BATCH_TOKENS = 4000
"""So many visual tokens are read together."""


@dataclass(frozen=True, slots=True)
class Point:
    """One method at one keep ratio.

    Args:
        method: by its name in `METHODS`; empty for nothing left out.
        ratio: most visual tokens kept / given.
        accuracy: share of all questions that are answered exactly; where nothing fits there is no point.
        questions: how many.
        visual_tokens: kept of a clip, on average.
        clip_tokens: these and the words around them, on average.
        prefill: processor seconds until the first word, over those with nothing left out in the same run.
        by_kind: the accuracy of each kind of question.
    """

    method: str
    ratio: float
    accuracy: float
    questions: int
    visual_tokens: float
    clip_tokens: float
    prefill: float
    by_kind: Mapping[str, float]

    def record(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question about an encoded clip, ready for every method."""

    look: Look
    guide: Guide
    question: Question
    row: Row


def compare(
    eyes: Eyes,
    clips: Iterable[Painted],
    *,
    methods: Mapping[str, Method] = METHODS,
    ratios: Sequence[float] = RATIOS,
    say: Callable[[str], None] = lambda text: None,
) -> list[Point]:
    """Every method at every ratio on the same questions; the first point is that of nothing left out.

    Args:
        eyes: the encoders and the model.
        clips: all of equally many frames, with at least one question among them.
        methods: by name.
        ratios: below 1; at 1 all methods are the same.
        say: told what is going on.

    Raises:
        ModelUnavailable: a model refuses the clips.
    """
    asked = [
        Asked(
            look,
            eyes.guide(look, question.text),
            question,
            row_of(eyes.loaded, look.features, question.prompt),
        )
        for look in map(eyes.look, clips)
        for question in look.painted.questions
    ]
    say(f"{len(asked)} questions are ready")
    whole = _read_all(eyes, asked, _everything, 1.0)
    points = [_point("", 1.0, asked, whole, whole)]
    for name, method in methods.items():
        for ratio in ratios:
            told = _read_all(eyes, asked, method, ratio)
            if told:
                points.append(_point(name, ratio, asked, told, whole))
        say(f"{name}: " + ", ".join(f"{p.ratio:g} {p.accuracy:.3f}" for p in points if p.method == name))
    return points


def _everything(look: Look, guide: Guide, budget: int) -> Kept | None:
    return METHODS["random tokens"](look, guide, look.given_tokens)


def _read_all(eyes: Eyes, asked: Sequence[Asked], method: Method, ratio: float) -> list[Told]:
    """Replies to all questions in their order; none at all where a clip keeps nothing."""
    budgets = [round(ratio * one.look.given_tokens) for one in asked]
    kept = [method(one.look, one.guide, most) for one, most in zip(asked, budgets, strict=True)]
    shown = [(one.row, each) for each, one in zip(kept, asked, strict=True) if each is not None]
    if len(shown) < len(asked):
        return []
    size = max(1, BATCH_TOKENS // asked[0].look.given_tokens)
    return [told for some in batches(shown, size) for told in read(eyes.loaded, some)]


def _point(
    name: str, ratio: float, asked: Sequence[Asked], told: Sequence[Told], whole: Sequence[Told]
) -> Point:
    many = len(asked)
    right: dict[str, list[bool]] = {}
    for one, reply in zip(asked, told, strict=True):
        right.setdefault(one.question.kind, []).append(reply.text == one.question.answer)
    return Point(
        name,
        ratio,
        sum(map(sum, right.values())) / many,
        many,
        sum(one.visual_tokens for one in told) / many,
        sum(one.clip_tokens for one in told) / many,
        sum(one.prefill_s for one in told) / sum(one.prefill_s for one in whole),
        {kind: sum(hits) / len(hits) for kind, hits in sorted(right.items())},
    )
