"""The product as a part of a comparison: its agent, whole or with a part switched off, and its baselines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from playhead import Library
from playhead.video_models import OFF
from playhead_agent.limits import Caps
from playhead_agent.state import Context
from playhead_agent.strategies import load_strategy
from playhead_agent.strategy import Strategy
from playhead_bench.evaluate.response_cache import KeptEyes, LookBook
from playhead_bench.synthetic_planner import RULES
from playhead_tools.calibration import Calibration
from playhead_tools.evidence import Answer
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.protocol import VideoLLM

SECONDS = 3600.0
"""Frames and looks limit an answer here, never the clock: a busy machine must not change what is said."""
PLANNER_CAPS = Caps(seconds=SECONDS)
BASELINE_CAPS = Caps(seconds=SECONDS, looks=100_000, frames=1_000_000, visual_tokens=100_000_000)
"""A baseline may look at everything, as its paper has it; what that took stands beside its answers."""
SYNTHETIC = RULES.name
"""The strategy that the synthetic benchmark is asked with: rules made for its questions."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the product is asked.

    Args:
        strategy: name of the strategy.
        looks: it has a video-LLM.
        pictures: the search has its picture lane.
        switches: fields of the agent's `Context` that differ from what is usual.
        keep_tokens: the part of a look's visual tokens that the video-LLM sees, as `ModelNames` has it; all,
            as the product does where nothing else is said, whatever the environment says.
    """

    strategy: str = SYNTHETIC
    looks: bool = True
    pictures: bool = True
    switches: tuple[tuple[str, Any], ...] = ()
    keep_tokens: float = 1.0

    @property
    def is_baseline(self) -> bool:
        """The strategy is a published method to compare with."""
        return self.strategy != SYNTHETIC

    @property
    def possible(self) -> bool:
        """The agent has all of the switches."""
        known = {field.name for field in fields(Context)}
        return all(name in known for name, _ in self.switches)


def strategy_of(way: Way) -> Strategy:
    """The strategy that a way asks; where it switches the rules, a planner by these.

    Raises:
        ValueError: there is no such strategy.
    """
    rules = dict(way.switches).get("rules")
    if rules is None:
        return load_strategy(way.strategy)
    from playhead_agent.rules.strategy import RulesStrategy  # LangGraph takes a second to load

    return RulesStrategy(rules)


@dataclass(frozen=True, slots=True)
class Asked:
    """The product's answer, and what stands behind it.

    Args:
        answer: as a person gets it.
        looks: that were made for it, each once.
        spared_s: seconds that those of them which were kept from before once took.
    """

    answer: Answer
    looks: tuple[Observation, ...] = ()
    spared_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Watching:
    """What the product looks with.

    Args:
        model: the video-LLM that keeps a part of its visual tokens, by that part; loaded at its first call.
        bare: it is asked the plain question.
        book: of the looks that were made.
    """

    model: Callable[[float], VideoLLM]
    bare: bool
    book: LookBook


class Product:
    """A library that is asked in several ways, at one and the same video-LLM.

    Args:
        library: indexed.
        watching: what it looks with; None for a product without a video-LLM.
    """

    def __init__(self, library: Library, watching: Watching | None = None) -> None:
        self.library, self._watching = library, watching

    def ask(self, question: str, videos: Sequence[str], options: Sequence[str], way: Way) -> Asked:
        """The answer to a question about some videos, by their ids in the library.

        Raises:
            ModelUnavailable: a baseline has nothing to look with.
            VideoUnknown: the library does not hold a video.
        """
        eyes = self._eyes(way.keep_tokens) if way.looks else None
        context, scope = self._context(way, eyes), self.library.scope(videos)
        from playhead_agent.run import ask  # LangGraph takes a second to load

        strategy = strategy_of(way)
        answer = ask(question, context=context, strategy=strategy, scope=scope, options=options)
        return Asked(answer) if eyes is None else Asked(answer, tuple(eyes.made), eyes.spared_s)

    def _context(self, way: Way, eyes: KeptEyes | None) -> Context:
        """What `Library.ask` makes, without a chat model."""
        library = self.library if way.pictures else self._unpictured
        caps = BASELINE_CAPS if way.is_baseline else PLANNER_CAPS
        limits = caps.over(strategy_of(way).limits)
        context = Context(
            library.searcher, library.catalog, limits=limits, open_eyes=lambda: eyes,
            calibration=Calibration.load(library.folder), rules=RULES,
        )  # fmt: skip
        return replace(context, **dict(way.switches))

    def _eyes(self, part: float) -> KeptEyes | None:
        """New ones for each question, so that what a question costs does not hang on those before it."""
        if self._watching is None:
            return None
        model, bare, book = self._watching.model(part), self._watching.bare, self._watching.book
        return KeptEyes(self.library.catalog, model, book, bare=bare, keep_tokens=part)

    @cached_property
    def _unpictured(self) -> Library:
        return Library(self.library.folder, replace(self.library.models, picture=OFF))
