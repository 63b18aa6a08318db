"""A filmed library and models that reply by rule, for tests that hold for every strategy."""

import itertools
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

from tests.tools.made_library import LECTURE, WordFinder

from playhead_agent.limits import Limits, Meter
from playhead_agent.models.protocol import ModelReply, ToolCall
from playhead_agent.state import Context
from playhead_agent.strategies import load_strategy
from playhead_index.search.results import Scope
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.testing import ScriptedReply, ScriptedVideoLLM
from playhead_tools.toolbox.schema import ToolSpec
from playhead_tools.video_llm.client import VlmClient
from playhead_tools.video_llm.protocol import PromptFrame, VlmRequest, YesNo

QUESTION = "What does the man hold?"
SAID = "A man holds a red cup."
OPTIONS = ("a blue pen", "a red cup", "a hat")
START = Scope((LECTURE,), Window(0.0, 60.0))
"""Two segments without captions, so that every strategy has something to look at."""
SHOWN = [(n + 1, LECTURE, Window(n * 12.0, n * 12.0 + 8.0), 1.0 - n / 100) for n in range(4)]


def reply_to_look(asked: VlmRequest, shown: tuple[PromptFrame, ...]) -> ScriptedReply:
    """A red cup, wherever it is asked what is seen; its letter among options; Yes to yes or no."""
    if f"B. {OPTIONS[1]}" in asked.question:
        return "B"
    return YesNo(yes=-0.1, no=-2.4) if asked.yes_no else SAID


class RuleChat:
    """A `ChatModel` that looks, then finishes with the last evidence; it fills forms by their schema."""

    name, host, context_tokens, takes_images = "rules-for-tests", "", 64_000, False

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self._lock = threading.Lock()

    def num_tokens(self, text: str) -> int:
        """A token for every three characters."""
        return len(text) // 3 + 1

    def call(
        self, messages: Sequence[Any], tools: Sequence[ToolSpec], meter: Meter, *, reserve_s: float = 0.0
    ) -> ModelReply:
        """Looks where it may and has not yet, else finishes with the last id that it was shown."""
        text = self._count(messages, meter)
        names, ids = {tool.name for tool in tools}, re.findall(r"\bE\d+\b", text)
        if "look" in names and not any(getattr(one, "tool_calls", None) for one in messages):
            return ModelReply("", (ToolCall("look", {"ranges": ["0:10-0:20"], "question": QUESTION}),))
        claims = [{"text": SAID, "ids": ids[-1:]}]
        return ModelReply("", (ToolCall("finish", {"claims": claims, "choice": "B"}),))

    def fill(
        self,
        messages: Sequence[Any],
        form: Any,
        meter: Meter,
        *,
        reserve_s: float = 0.0,
        max_tokens: int | None = None,
    ) -> Any:
        """The form, every field with its last choice, and yes where that is one."""
        self._count(messages, meter)
        schema = form.model_json_schema()
        return form.model_validate(filled(schema, schema.get("$defs", {})))

    def say(
        self,
        messages: Sequence[Any],
        meter: Meter,
        *,
        reserve_s: float = 0.0,
        max_tokens: int | None = None,
    ) -> ModelReply:
        """What the video-LLM says too."""
        self._count(messages, meter)
        return ModelReply(SAID)

    def _count(self, messages: Sequence[Any], meter: Meter) -> str:
        meter.model_call()
        text = "\n".join(str(one.content) for one in messages)
        with self._lock:
            self.prompts.append(text)
        return text


def filled(schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    """A value that fits a JSON schema."""
    if "$ref" in schema:
        return filled(defs[schema["$ref"].rpartition("/")[2]], defs)
    if "enum" in schema or "const" in schema:
        choices = schema.get("enum") or [schema["const"]]
        return next((one for one in ("yes", "B") if one in choices), choices[-1])
    if "anyOf" in schema:
        return filled(schema["anyOf"][0], defs)
    if schema.get("type") == "object":
        return {name: filled(field, defs) for name, field in schema["properties"].items()}
    if schema.get("type") == "array":
        return [filled(schema["items"], defs)]
    return {"boolean": True, "integer": 1, "number": 1.0}.get(schema.get("type", ""), SAID)


class ContractWorld:
    """Contexts of one filmed library, as processes that have just started have them; its models count."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.video, self.chat = ScriptedVideoLLM(reply_to_look), RuleChat()
        self.finder = WordFinder(catalog, frames=SHOWN)

    def context(self, strategy: str, **more: Any) -> Context:
        """A context with the limits of a strategy, where no others are given."""
        more.setdefault("limits", load_strategy(strategy).limits)
        vlm_client = VlmClient(self.catalog, self.video, plain_prompt=True)
        return Context(self.finder, self.catalog, chat=self.chat, open_vlm_client=lambda: vlm_client, **more)

    @property
    def num_frames(self) -> int:
        """Frames that the video-LLM was given, over all looks."""
        return sum(len(clip) for asked in self.video.requests for clip in asked.clips)

    @property
    def observed(self) -> list[str]:
        """Every look and every call of the chat model, in order, by what was asked."""
        looks = [
            f"{asked.clips[0].pts_s.tolist()} {asked.question} {asked.yes_no}"
            for asked in self.video.requests
        ]
        return [*looks, *self.chat.prompts]


def limits_of(strategy: str, **caps: Any) -> Limits:
    """The limits of a strategy with what a person caps."""
    from playhead_agent.limits import Caps

    return Caps(**caps).applied_to(load_strategy(strategy).limits)


def ticking(seconds: float = 1.0) -> Callable[[], float]:
    """A clock that goes on by so much each time that it is read."""
    ticks = itertools.count(0.0, seconds)
    return lambda: next(ticks)
