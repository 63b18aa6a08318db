"""Variants of the product for comparisons: its agent, complete or without a part, and its baselines."""

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
from playhead_bench.evaluate.observation_cache import CachedVlmClient, ObservationCache
from playhead_bench.synthetic_planner import RULES
from playhead_tools.calibration import Calibration
from playhead_tools.evidence import Answer
from playhead_tools.video_llm.client import Observation
from playhead_tools.video_llm.protocol import VideoLLM

MAX_SECONDS = 3600.0
"""Runs are limited by frames and VLM calls, not by time: a busy machine must not change the answers."""
PLANNER_CAPS = Caps(seconds=MAX_SECONDS)
BASELINE_CAPS = Caps(seconds=MAX_SECONDS, looks=100_000, frames=1_000_000, visual_tokens=100_000_000)
"""A baseline may view everything, as in its paper; its cost is reported with its answers."""
SYNTHETIC_STRATEGY = RULES.name
"""The strategy for the synthetic benchmark: rules made for its questions."""


@dataclass(frozen=True, slots=True)
class ProductVariant:
    """A strategy and the settings of its run.

    Args:
        strategy: name of the strategy.
        uses_vlm: it has a video-LLM.
        uses_picture_lane: the search has its picture lane.
        switches: fields of the agent's `Context` that differ from what is usual.
        keep_ratio: below 1 the share of visual tokens that the video-LLM gets, chosen by the question; at 1
            the compression of the run holds.
    """

    strategy: str = SYNTHETIC_STRATEGY
    uses_vlm: bool = True
    uses_picture_lane: bool = True
    switches: tuple[tuple[str, Any], ...] = ()
    keep_ratio: float = 1.0

    @property
    def is_baseline(self) -> bool:
        """The strategy is a published method to compare with."""
        return self.strategy != SYNTHETIC_STRATEGY

    @property
    def is_available(self) -> bool:
        """The agent has all of the switches."""
        known = {field.name for field in fields(Context)}
        return all(name in known for name, _ in self.switches)


def strategy_of(variant: ProductVariant) -> Strategy:
    """The strategy of a variant; where it switches the rules, a rules strategy with these.

    Raises:
        ValueError: there is no such strategy.
    """
    rules = dict(variant.switches).get("rules")
    if rules is None:
        return load_strategy(variant.strategy)
    from playhead_agent.rules.strategy import RulesStrategy  # LangGraph takes a second to load

    return RulesStrategy(rules)


@dataclass(frozen=True, slots=True)
class ProductAnswer:
    """The product's answer with its observations.

    Args:
        answer: as a person gets it.
        observations: that were made for it, each once.
        cached_s: seconds that the cached ones of them took originally.
    """

    answer: Answer
    observations: tuple[Observation, ...] = ()
    cached_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CachedVlm:
    """The video-LLM of a run with the cache of its observations.

    Args:
        model: the video-LLM that keeps a part of its visual tokens, by that part; loaded at its first call.
        plain_prompt: it gets the question alone.
        cache: of the observations of the run.
    """

    model: Callable[[float], VideoLLM]
    plain_prompt: bool
    cache: ObservationCache


class Product:
    """A library that answers questions in several variants with one video-LLM.

    Args:
        library: indexed.
        vlm: None for a product without a video-LLM.
    """

    def __init__(self, library: Library, vlm: CachedVlm | None = None) -> None:
        self.library, self._vlm = library, vlm

    def ask(
        self, question: str, videos: Sequence[str], options: Sequence[str], variant: ProductVariant
    ) -> ProductAnswer:
        """The answer to a question about some videos, by their ids in the library.

        Raises:
            ModelUnavailable: a baseline has no video-LLM.
            VideoUnknown: the library does not hold a video.
        """
        client = self._new_client(variant.keep_ratio) if variant.uses_vlm else None
        context, scope = self._context(variant, client), self.library.scope(videos)
        from playhead_agent.run import ask  # LangGraph takes a second to load

        strategy = strategy_of(variant)
        answer = ask(question, context=context, strategy=strategy, scope=scope, options=options)
        return (
            ProductAnswer(answer)
            if client is None
            else ProductAnswer(answer, tuple(client.question_observations), client.cached_s)
        )

    def _context(self, variant: ProductVariant, client: CachedVlmClient | None) -> Context:
        """The run context of `Library.ask`, without a chat model."""
        library = self.library if variant.uses_picture_lane else self._library_without_picture_lane
        caps = BASELINE_CAPS if variant.is_baseline else PLANNER_CAPS
        limits = caps.applied_to(strategy_of(variant).limits)
        context = Context(
            library.searcher, library.catalog, limits=limits, open_vlm_client=lambda: client,
            calibration=Calibration.load(library.folder), rules=RULES,
        )  # fmt: skip
        return replace(context, **dict(variant.switches))

    def _new_client(self, keep_ratio: float) -> CachedVlmClient | None:
        """A new client a question, so that the cost of a question does not depend on those before it."""
        if self._vlm is None:
            return None
        model, plain_prompt, cache = self._vlm.model(keep_ratio), self._vlm.plain_prompt, self._vlm.cache
        return CachedVlmClient(
            self.library.catalog, model, cache, plain_prompt=plain_prompt, keep_ratio=keep_ratio
        )

    @cached_property
    def _library_without_picture_lane(self) -> Library:
        return Library(self.library.folder, replace(self.library.models, picture=OFF))
