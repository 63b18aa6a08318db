"""All strategies by name."""

from collections.abc import Sequence

from playhead_bench.evaluate.strategies.agent import ABLATIONS, AGENT, AGENT_WORDS, PRODUCT_BASELINES
from playhead_bench.evaluate.strategies.frame_search import AKS, TOP_FRAMES
from playhead_bench.evaluate.strategies.protocol import EvaluationStrategy
from playhead_bench.evaluate.strategies.without_search import BLIND, GOLD, RANDOM

_ALL: tuple[EvaluationStrategy, ...] = (
    BLIND, RANDOM, TOP_FRAMES, AKS, *PRODUCT_BASELINES, AGENT_WORDS, *ABLATIONS,
    AGENT, GOLD,
)  # fmt: skip
STRATEGIES: dict[str, EvaluationStrategy] = {strategy.name: strategy for strategy in _ALL}
"""From nothing to the ceiling, in the order in which tables show them."""
USUAL = tuple(name for name in STRATEGIES if name not in {strategy.name for strategy in ABLATIONS})
"""What is run where no names are given: all but the agent as it is not by itself."""


def strategies_named(names: Sequence[str]) -> list[EvaluationStrategy]:
    """The strategies of some names, in the order of `STRATEGIES`; those of `USUAL` for no names.

    Raises:
        ValueError: there is no such strategy.
    """
    unknown = [name for name in names if name not in STRATEGIES]
    if unknown:
        raise ValueError(f"no strategy is called {unknown[0]!r}; there are {', '.join(STRATEGIES)}")
    return [strategy for name, strategy in STRATEGIES.items() if name in (names or USUAL)]
