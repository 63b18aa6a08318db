"""A made library whose two videos are there to be decoded, and short ways to ask a baseline about it."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from tests.tools.made_library import WordFinder

from playhead_agent.limits import Limits, Meter
from playhead_agent.run import ask
from playhead_agent.state import Context
from playhead_agent.strategies import load_strategy
from playhead_agent.testing import ScriptedChatModel
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_tools.evidence import Answer
from playhead_tools.testing import ScriptedVideoLLM
from playhead_tools.video_llm.client import VlmClient


class Asking:
    """Asks a baseline, and keeps the models that it asked."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.model = ScriptedVideoLLM([])
        self.chat: ScriptedChatModel | None = None

    def __call__(
        self,
        name: str,
        question: str,
        says: Sequence[Any] | Callable[..., Any],
        *,
        chat: Sequence[Any] | None = None,
        scope: Scope | None = None,
        options: Sequence[str] = (),
        limits: Limits | None = None,
        clock: Iterator[float] | None = None,
    ) -> Answer:
        self.model = ScriptedVideoLLM(says)
        self.chat = None if chat is None else ScriptedChatModel(replies=list(chat))
        ticks = time.monotonic if clock is None else clock.__next__
        given = limits or Limits(model_calls=24, steps=500)
        vlm_client = VlmClient(self.catalog, self.model, plain_prompt=True)
        context = Context(
            WordFinder(self.catalog), self.catalog, self.chat, limits=given, meter=Meter(given, ticks),
            open_vlm_client=lambda: vlm_client,
        )  # fmt: skip
        return ask(question, context=context, strategy=load_strategy(name), options=options, scope=scope)

    @property
    def shown_s(self) -> list[list[float]]:
        """The times of the frames of each look, those given twice once."""
        return [sorted(set(asked.clips[0].pts_s.tolist())) for asked in self.model.requests]


@pytest.fixture
def asking(filmed: Catalog) -> Asking:
    """Asks a baseline about the filmed library."""
    return Asking(filmed)
