"""All strategies by name. Names cost no import of LangGraph; a strategy is loaded when it is requested."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from playhead_index.errors import PlayheadError

if TYPE_CHECKING:
    from playhead_agent.strategy import Strategy

AUTO, PLANNER, RULES = "auto", "planner", "rules"
BASELINES = ("uniform", "retrieve-once", "captions", "confidence-loop", "skim")
"""Published methods to compare with; `playhead_agent.baselines` has them."""
GROUP = "playhead.planners"
"""Entry points of this group are further strategies: each is a `Strategy`, or `Rules` for one by rules."""
RENAMED = {"agent": RULES, "tools": PLANNER}


def strategy_names() -> tuple[str, ...]:
    """Every name that `--strategy` takes, the default first."""
    return (AUTO, PLANNER, RULES, *BASELINES, *_plugins())


def check_strategy(name: str) -> None:
    """Nothing, when there is a strategy of this name.

    Raises:
        ValueError: there is none; the message names those that there are.
    """
    if name in (AUTO, PLANNER, RULES, *BASELINES) or name in _plugins():
        return
    renamed = f"; it is called {RENAMED[name]!r} now" if name in RENAMED else ""
    raise ValueError(f"no strategy is called {name!r}{renamed}; there are {', '.join(strategy_names())}")


def load_strategy(name: str) -> "Strategy":
    """The strategy of a name other than `auto`, which `route` chooses by the models that there are.

    Raises:
        ValueError: there is none.
        PlayheadError: an entry point cannot be loaded, or is no strategy.
    """
    check_strategy(name)
    if name == PLANNER:
        from playhead_agent.planner import strategy

        return strategy.PLANNER
    if name == RULES:
        from playhead_agent.rules import strategy as rules_strategy

        return rules_strategy.RULES
    if name in BASELINES:
        from playhead_agent.baselines import registry

        return registry.BASELINES[name]
    if name == AUTO:
        raise ValueError(f"{AUTO!r} is not one strategy; route chooses one by the models that there are")
    return _load(_plugins()[name])


def _load(entry: EntryPoint) -> "Strategy":
    from playhead_agent.rules.rule_set import Rules

    try:
        loaded = entry.load()
    except (ImportError, AttributeError) as error:
        raise PlayheadError(
            f"the strategy {entry.name!r} ({entry.value}) cannot be loaded: {error}"
        ) from error
    if isinstance(loaded, Rules):
        from playhead_agent.rules.strategy import RulesStrategy

        return RulesStrategy(loaded)
    if not all(hasattr(loaded, part) for part in ("name", "limits", "graph", "begin", "best_so_far")):
        raise PlayheadError(f"the entry point {entry.value} of {GROUP} is neither a Strategy nor Rules")
    strategy: Strategy = loaded
    return strategy


@cache
def _plugins() -> dict[str, EntryPoint]:
    """Entry points by name, read once; none takes the place of a strategy of ours."""
    own = {AUTO, PLANNER, RULES, *BASELINES}
    return {entry.name: entry for entry in entry_points(group=GROUP) if entry.name not in own}
