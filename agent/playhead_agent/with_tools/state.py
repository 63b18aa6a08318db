"""What a run with tools carries from node to node: calls and ids, never the words of a video."""

from dataclasses import dataclass, field, fields
from typing import Any, Self, TypedDict

from playhead_agent.limits import Limits
from playhead_agent.state import Context
from playhead_tools.toolbox import Toolbox

TOOL_LIMITS = Limits(
    steps=64, seconds=300.0, model_calls=20, model_call_s=60.0, evidence=160, prompt_chars=24_000
)
"""What one question may use when a model works it out with tools."""


class ToolState(TypedDict, total=False):
    """One question on its way; every key is written whole by the node named behind it.

    The words of results are read again from the library when the model is next asked; what a video model
    said is kept in the box, for the library does not have it.
    """

    question: str  # caller
    options: list[str]  # caller: of a multiple choice
    language: str | None  # caller
    scope: dict[str, Any] | None  # caller; stays for the next question of the thread
    rounds: list[dict[str, Any]]  # act: the calls of a reply, the ids of their results, or an error
    pending: dict[str, Any]  # think: the calls of the last reply; emptied by act
    box: dict[str, Any]  # begin, act: `Toolbox.snapshot`
    strikes: int  # think, act: replies in a row that could not be used
    trouble: dict[str, str]  # think: the last reply that was no call, and what is wrong with it
    stale: int  # act: rounds in a row that brought nothing new
    given_up: dict[str, Any]  # think, act: why code answers instead, and whether a limit was reached
    notes: list[str]  # any
    answer: dict[str, Any]  # conclude, fall_back


@dataclass(frozen=True, slots=True)
class ToolContext(Context):
    """The seams of a run with tools.

    Args:
        toolbox: the tools, over the same library; set by `of`.
    """

    toolbox: Toolbox = field(default=None, kw_only=True, compare=False)  # type: ignore[assignment]

    @property
    def context(self) -> Context:
        """The library, the chat model, limits and meter."""
        return self

    @classmethod
    def of(cls, context: Context, toolbox: Toolbox) -> Self:
        """A context with tools."""
        given = {one.name: getattr(context, one.name) for one in fields(Context) if one.init}
        return cls(**given, toolbox=toolbox)
