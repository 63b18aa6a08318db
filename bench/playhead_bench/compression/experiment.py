"""Accuracy, tokens and prefill of every method at every keep ratio, on single clips and on needles."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from playhead_bench.compression.clips import PaintedClip, PromptedQuestion
from playhead_bench.compression.encode_clips import ClipEncoders, EncodedClip, Guidance
from playhead_bench.compression.generate import CompressedResponse, generate_batch, row_of
from playhead_bench.compression.methods import METHODS, Method, TokenSelection
from playhead_index.batches import batches
from playhead_tools.video_llm.prompt_rows import Row

RATIOS = (0.5, 0.25, 0.15, 0.10, 0.05)
BATCH_TOKENS = 4000
"""So many visual tokens are read together."""


@dataclass(frozen=True, slots=True)
class Point:
    """One method at one keep ratio.

    Args:
        method: by its name in `METHODS`; empty for nothing left out.
        ratio: upper limit of retained / given visual tokens.
        accuracy: share of all questions that are answered exactly; where nothing fits there is no point.
        questions: how many.
        visual_tokens: retained of a clip, on average.
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
class PreparedQuestion:
    """A question about an encoded clip, ready for every method."""

    encode: EncodedClip
    guidance: Guidance
    question: PromptedQuestion
    row: Row


def compare(
    encoders: ClipEncoders,
    clips: Iterable[PaintedClip],
    *,
    methods: Mapping[str, Method] = METHODS,
    ratios: Sequence[float] = RATIOS,
    say: Callable[[str], None] = lambda text: None,
) -> list[Point]:
    """Every method at every ratio on the same questions; the first point is that of nothing left out.

    Args:
        encoders: the encoders and the model.
        clips: all of equally many frames, with at least one question among them.
        methods: by name.
        ratios: below 1; at 1 all methods are the same.
        say: called with progress messages.

    Raises:
        ModelUnavailable: a model refuses the clips.
    """
    prepared = [
        PreparedQuestion(
            clip,
            encoders.guidance(clip, question.text),
            question,
            row_of(encoders.loaded, clip.features, question.prompt),
        )
        for clip in map(encoders.encode, clips)
        for question in clip.painted.questions
    ]
    say(f"{len(prepared)} questions are ready")
    baseline = _read_all(encoders, prepared, _all_tokens, 1.0)
    points = [_point("", 1.0, prepared, baseline, baseline)]
    for name, method in methods.items():
        for ratio in ratios:
            responses = _read_all(encoders, prepared, method, ratio)
            if responses:
                points.append(_point(name, ratio, prepared, responses, baseline))
        say(f"{name}: " + ", ".join(f"{p.ratio:g} {p.accuracy:.3f}" for p in points if p.method == name))
    return points


def _all_tokens(clip: EncodedClip, guidance: Guidance, budget: int) -> TokenSelection | None:
    return METHODS["random tokens"](clip, guidance, clip.given_tokens)


def _read_all(
    encoders: ClipEncoders, prepared: Sequence[PreparedQuestion], method: Method, ratio: float
) -> list[CompressedResponse]:
    """Replies to all questions in their order; none at all where a clip keeps nothing."""
    budgets = [round(ratio * one.encode.given_tokens) for one in prepared]
    selection = [
        method(one.encode, one.guidance, budget) for one, budget in zip(prepared, budgets, strict=True)
    ]
    selected = [(one.row, each) for each, one in zip(selection, prepared, strict=True) if each is not None]
    if len(selected) < len(prepared):
        return []
    size = max(1, BATCH_TOKENS // prepared[0].encode.given_tokens)
    return [
        responses for some in batches(selected, size) for responses in generate_batch(encoders.loaded, some)
    ]


def _point(
    name: str,
    ratio: float,
    prepared: Sequence[PreparedQuestion],
    responses: Sequence[CompressedResponse],
    baseline: Sequence[CompressedResponse],
) -> Point:
    count = len(prepared)
    right: dict[str, list[bool]] = {}
    for one, reply in zip(prepared, responses, strict=True):
        right.setdefault(one.question.kind, []).append(reply.text == one.question.answer)
    return Point(
        name,
        ratio,
        sum(map(sum, right.values())) / count,
        count,
        sum(one.visual_tokens for one in responses) / count,
        sum(one.clip_tokens for one in responses) / count,
        sum(one.prefill_s for one in responses) / sum(one.prefill_s for one in baseline),
        {kind: sum(hits) / len(hits) for kind, hits in sorted(right.items())},
    )
