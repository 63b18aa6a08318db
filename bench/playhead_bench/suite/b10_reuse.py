"""B10: a second question on the same clip, with features and with keys and values kept, beside none of it.

Seconds are until the first word, as in B5s.
"""

from typing import Any

from playhead_bench.suite.common import Size, compare
from playhead_bench.suite.video_models import make, shapes
from playhead_bench.suite.watching import Guided, Made, about, clock, distinct, moving, stock
from playhead_tools.video_llm.loading import Loaded
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
    for shape in shapes(size):
        made = make(shape)
        found[shape.title] = {
            "model": shape.record(made),
            "second_question": _second(made, moving(FRAMES[size], shape.side_px)),
            "eight_questions": _eight(made, moving(FEW_FRAMES, shape.side_px)),
        }
        del made
    return found | {"goal": {"second_over_first": 0.15}}


class _Way:
    """One way to ask, beginning anew with every first question."""

    def __init__(self, made: Loaded, **how: Any) -> None:
        self.made, self.how = made, how
        self.llm = Made(made, **how)
        self.reused: int | None = None

    def first(self, call: VlmRequest) -> None:
        self.llm = Made(self.made, **self.how)
        self.llm.watch(call)

    def next(self, call: VlmRequest) -> None:
        self.reused = self.llm.watch(call).report.reused_tokens


def _ways(made: Loaded) -> dict[str, _Way]:
    words = Made(made).word_vectors
    return {
        "features": _Way(made, reuse_bytes=0),
        "prefix": _Way(made),
        "features_guided": _Way(made, keep=Guided(RATIO, words), reuse_bytes=0),
        "prefix_guided": _Way(made, keep=Guided(RATIO, words)),
        "prefix_distinct": _Way(made, keep=distinct(RATIO)),
    }


def _second(made: Loaded, clip: Clip) -> dict[str, Any]:
    """A first question, a second one, and a later turn of the first."""
    ways = _ways(made)
    tasks: dict[str, Any] = {"stock": lambda n: stock(made, [about(clip, question=2 * n)])}
    for name, way in ways.items():
        tasks[f"first_{name}"] = lambda n, way=way: way.first(about(clip, question=2 * n))
        tasks[f"second_{name}"] = lambda n, way=way: way.next(about(clip, question=2 * n + 1))
    later = _Way(made)
    later.first(about(clip))
    tasks["turn_prefix"] = lambda n: later.next(_turn(clip, n))
    compared = compare(tasks, ROUNDS, clock())
    pairs = [(f"second_{name}", f"first_{name}") for name in ways]
    to_stock = [(name, "stock") for name in tasks if name != "stock"]
    reused = {name: way.reused for name, way in ways.items()} | {"turn": later.reused}
    held = later.llm.prefixes.in_memory_bytes / 2**20
    return compared.record(*pairs, *to_stock) | {"reused_tokens": reused, "held_mb": held}


def _turn(clip: Clip, number: int) -> VlmRequest:
    asked = about(clip)
    turns = (
        PriorTurn("model", "It moves to the right."),
        PriorTurn("user", f"Are you sure of number {number}?"),
    )
    return VlmRequest(asked.clips, asked.question, asked.budget, turns=turns)


def _eight(made: Loaded, clip: Clip) -> dict[str, Any]:
    """As many questions one after the other."""
    calls = [about(clip, question=n) for n in range(QUESTIONS)]

    def ours(way: _Way) -> None:
        way.first(calls[0])
        for call in calls[1:]:
            way.next(call)

    chosen = ("features", "prefix", "prefix_distinct")
    tasks: dict[str, Any] = {"stock": lambda n: [stock(made, [call]) for call in calls]}
    tasks |= {name: lambda n, way=way: ours(way) for name, way in _ways(made).items() if name in chosen}
    return compare(tasks, ROUNDS, clock()).record(*((name, "stock") for name in chosen))
