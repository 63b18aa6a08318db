"""The protocol of a chat model: its requests and its replies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from playhead_agent.limits import Meter
from playhead_tools.toolbox.schema import ToolSpec

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from pydantic import BaseModel

    FormT = TypeVar("FormT", bound=BaseModel)

Transport = Literal["tools", "json_schema", "prompted"]
"""How tool calls reach a model: natively, by a JSON schema of its reply, or asked for in words."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that a model wants made.

    Args:
        name: of the tool.
        args: plain JSON types.
        problem: why its arguments cannot be used, such as that they are no JSON object; empty when they can.
    """

    name: str
    args: Mapping[str, Any]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ModelReply:
    """A reply of a model, without its thoughts.

    Args:
        text: beside its calls.
        calls: the tool calls that it makes.
        thought: of a reasoning model; never shown as an answer and never evidence.
        problem: why the reply cannot be used, worded so that the model can repair it; empty when it can.
        is_cut: it ended at the limit of new tokens.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    thought: str = ""
    problem: str = ""
    is_cut: bool = False


class ChatModel(Protocol):
    """A language model; every call is counted by the meter, and ends at its limits.

    All methods raise `CostLimit` when no call or money is left, `TimeLimit` when the run's seconds are used
    up, and `ModelUnavailable` when the model is away, refuses the request, fails, or takes too long.
    """

    @property
    def name(self) -> str:
        """As a person names it, such as `openai:gpt-5`."""
        ...

    @property
    def host(self) -> str:
        """The host that requests are sent to; empty for a model in this process."""
        ...

    @property
    def context_tokens(self) -> int:
        """How many tokens a prompt and its reply may have together."""
        ...

    @property
    def takes_images(self) -> bool:
        """Whether messages may contain images (content blocks `image_url` with a `data:` address)."""
        ...

    def num_tokens(self, text: str) -> int:
        """About how many tokens a text has; never fewer than it has."""
        ...

    def call(
        self,
        messages: "Sequence[BaseMessage]",
        tools: Sequence[ToolSpec],
        meter: Meter,
        *,
        reserve_s: float = 0.0,
    ) -> ModelReply:
        """The calls that it wants made of some tools; an unusable reply has a `problem` and is not an error.

        Args:
            messages: system, human, AI messages with `tool_calls`, and tool messages.
            tools: what it may call.
            meter: counts the call.
            reserve_s: seconds of the run that the call must leave.
        """
        ...

    def fill(
        self,
        messages: "Sequence[BaseMessage]",
        form: "type[FormT]",
        meter: Meter,
        *,
        reserve_s: float = 0.0,
        max_tokens: int | None = None,
    ) -> "FormT":
        """A filled form; one repair is requested where the reply does not fit it.

        Raises:
            ModelOutputInvalid: the repair does not fit either.
        """
        ...

    def say(
        self,
        messages: "Sequence[BaseMessage]",
        meter: Meter,
        *,
        reserve_s: float = 0.0,
        max_tokens: int | None = None,
    ) -> ModelReply:
        """A reply in plain text."""
        ...
