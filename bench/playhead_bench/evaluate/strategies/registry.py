"""All strategies by name."""

from collections.abc import Sequence

from playhead_bench.evaluate.strategies.agent import AGENT
from playhead_bench.evaluate.strategies.captions import CAPTIONS
from playhead_bench.evaluate.strategies.desk import Strategy
from playhead_bench.evaluate.strategies.plain import BLIND, GOLD, RANDOM, UNIFORM
from playhead_bench.evaluate.strategies.searched import AKS, SEARCH, SEARCH_3, TOP_FRAMES

STRATEGIES: dict[str, Strategy] = {
    strategy.name: strategy
    for strategy in (BLIND, RANDOM, UNIFORM, TOP_FRAMES, AKS, CAPTIONS, SEARCH, SEARCH_3, AGENT, GOLD)
}
"""From nothing to the ceiling, in the order in which tables show them."""


def strategies_named(names: Sequence[str]) -> list[Strategy]:
    """The strategies of some names, in the order of `STRATEGIES`; all for no names.

    Raises:
        ValueError: there is no such strategy.
    """
    unknown = [name for name in names if name not in STRATEGIES]
    if unknown:
        raise ValueError(f"no strategy is called {unknown[0]!r}; there are {', '.join(STRATEGIES)}")
    return [strategy for name, strategy in STRATEGIES.items() if not names or name in names]
