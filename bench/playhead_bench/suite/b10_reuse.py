"""B10: a second question on the same clip, with cached features and cached keys and values, against no cache.

Seconds are until the first word, as in B5s. Of a model with linear attention, which keeps a snapshot of its
state at the end of the clip, a second question and a later turn are timed too.
"""

from typing import Any

from playhead_bench.suite.random_vlms import HYBRID, make, model_shapes
from playhead_bench.suite.timing import Size, compare
from playhead_bench.suite.vlm_calls import (
    Guided,
    RandomWeightsVideoLLM,
    clock,
    keep_distinct_tokens,
    make_request,
    moving_clip,
    run_stock,
)
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.protocol import Clip, PriorTurn, VlmRequest

THREADS = 1
ROUNDS = 7
FRAMES = {"small": 24, "full": 64}
QUESTIONS, FEW_FRAMES = 8, 6
RATIO = 0.25


def run(size: Size) -> dict[str, Any]:
    """Ratios of a second question and of eight to the first and to the stock path.

    Returns:
        by model; `second_..._over_first` says what a second question costs of the first one's time,
        `reused_tokens` how many tokens of its prompt were computed already.
    """
    found = {}
    for shape in model_shapes(size):
        loaded = make(shape)
        found[shape.title] = {
            "model": shape.record(loaded),
            "second_question": _second(loaded, moving_clip(FRAMES[size], shape.side_px)),
            "eight_questions": _eight(loaded, moving_clip(FEW_FRAMES, shape.side_px)),
        }
        del loaded
    hybrid, frames = make(HYBRID), FRAMES["small"]
    found[HYBRID.title] = {
        "model": HYBRID.record(hybrid),
        "second_question": _second(hybrid, moving_clip(frames, HYBRID.side_px)),
    }
    return found | {"goal": {"second_over_first": 0.15}}


class _Way:
    """One way to ask, beginning anew with every first question."""

    def __init__(self, loaded: LoadedModel, **how: Any) -> None:
        self.loaded, self.how = loaded, how
        self.llm = RandomWeightsVideoLLM(loaded, **how)
        self.reuse = self.llm.reuse
        self.reused: int | None = None

    def first(self, call: VlmRequest) -> None:
        self.llm = RandomWeightsVideoLLM(self.loaded, **self.how)
        self.llm.reuse = self.reuse  # found once a model
        self.llm.generate(call)

    def next(self, call: VlmRequest) -> None:
        self.reused = self.llm.generate(call).report.reused_tokens


def _ways(loaded: LoadedModel) -> dict[str, _Way]:
    words = RandomWeightsVideoLLM(loaded).word_vectors
    return {
        "features": _Way(loaded, reuse_bytes=0),
        "prefix": _Way(loaded),
        "features_guided": _Way(loaded, keep=Guided(RATIO, words), reuse_bytes=0),
        "prefix_guided": _Way(loaded, keep=Guided(RATIO, words)),
        "prefix_distinct": _Way(loaded, keep=keep_distinct_tokens(RATIO)),
    }


def _second(loaded: LoadedModel, clip: Clip) -> dict[str, Any]:
    """A first question, a second one, and a later turn of the first."""
    ways = _ways(loaded)
    tasks: dict[str, Any] = {"stock": lambda n: run_stock(loaded, [make_request(clip, question=2 * n)])}
    for name, way in ways.items():
        tasks[f"first_{name}"] = lambda n, way=way: way.first(make_request(clip, question=2 * n))
        tasks[f"second_{name}"] = lambda n, way=way: way.next(make_request(clip, question=2 * n + 1))
    later = _Way(loaded)
    later.first(make_request(clip))
    tasks["turn_prefix"] = lambda n: later.next(_turn(clip, n))
    compared = compare(tasks, ROUNDS, clock())
    pairs = [(f"second_{name}", f"first_{name}") for name in ways]
    to_stock = [(name, "stock") for name in tasks if name != "stock"]
    reused = {name: way.reused for name, way in ways.items()} | {"turn": later.reused}
    stored_mb = later.llm.prefixes.in_memory_bytes / 2**20
    return compared.record(*pairs, *to_stock) | {"reused_tokens": reused, "held_mb": stored_mb}


def _turn(clip: Clip, number: int) -> VlmRequest:
    request = make_request(clip)
    turns = (
        PriorTurn("model", "It moves to the right."),
        PriorTurn("user", f"Are you sure of number {number}?"),
    )
    return VlmRequest(request.clips, request.question, request.budget, turns=turns)


def _eight(loaded: LoadedModel, clip: Clip) -> dict[str, Any]:
    """As many questions one after the other."""
    calls = [make_request(clip, question=n) for n in range(QUESTIONS)]

    def ours(way: _Way) -> None:
        way.first(calls[0])
        for call in calls[1:]:
            way.next(call)

    chosen = ("features", "prefix", "prefix_distinct")
    tasks: dict[str, Any] = {"stock": lambda n: [run_stock(loaded, [call]) for call in calls]}
    tasks |= {name: lambda n, way=way: ours(way) for name, way in _ways(loaded).items() if name in chosen}
    return compare(tasks, ROUNDS, clock()).record(*((name, "stock") for name in chosen))
