"""The graph of a model that calls tools, as a strategy."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from playhead_agent.limits import Limits, Meter
from playhead_agent.question import Question
from playhead_agent.state import Context
from playhead_agent.strategy import common_input
from playhead_agent.with_tools.answer import code_answer
from playhead_agent.with_tools.graph import build_tool_graph
from playhead_agent.with_tools.state import TOOL_LIMITS, ToolContext, ToolState
from playhead_index.errors import ToolError
from playhead_index.window import Window
from playhead_tools.evidence import Answer
from playhead_tools.eyes import Eyes, Look
from playhead_tools.toolbox import Toolbox
from playhead_tools.toolbox.kit import ToolLimits

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph


class MeteredLooker:
    """Looks that are counted by the meter of a run and refused where its limits are reached.

    Args:
        eyes: look.
        meter: of the run.
    """

    def __init__(self, eyes: Eyes, meter: Meter) -> None:
        self._eyes, self._meter = eyes, meter

    def look(self, video_id: str, window: Window, question: str, *, yes_no: bool = False) -> Look:
        """A look; errors are those of `Eyes.look`.

        Raises:
            ToolError: no look, frame, token or money is left.
        """
        if self._meter.looks_left(self._eyes.frames) < 1:
            raise ToolError("no look is left within the limits; finish with what there is, or abstain")
        look = self._eyes.look(video_id, window, question, yes_no=yes_no)
        if look.frames:
            self._meter.look(look.frames, look.visual_tokens, look.visual_tokens_given, look.money)
        return look


@dataclass(frozen=True, slots=True)
class ToolsStrategy:
    """A chat model plans by calling tools.

    Args:
        toolbox: the tools of every run; made of the context when None.
        limits: defaults for what a person does not set.
    """

    toolbox: Toolbox | None = field(default=None, compare=False)
    limits: Limits = TOOL_LIMITS
    name: str = "planner"

    def missing(self, context: Context) -> str:
        """A chat model."""
        has_model = context.llm is not None
        return "" if has_model else "the strategy 'planner' needs a chat model; name one by --llm"

    def prepare(self, context: Context) -> ToolContext:
        """The context with the tools over its library."""
        if self.toolbox is not None:
            return ToolContext.of(context, self.toolbox)
        eyes = context.open_eyes()
        limits = ToolLimits(evidence=context.limits.evidence, looks=context.limits.looks)
        looker = None if eyes is None else MeteredLooker(eyes, context.meter)
        return ToolContext.of(context, Toolbox(context.catalog, context.finder, looker, limits=limits))

    def graph(
        self, checkpointer: "BaseCheckpointSaver[str] | None" = None
    ) -> "CompiledStateGraph[Any, Any, Any, Any]":
        """The graph of a model that calls tools."""
        return build_tool_graph(checkpointer)

    def begin(self, question: Question, kept: Mapping[str, Any]) -> dict[str, Any]:
        """The question, with the thread's scope where it has none."""
        return common_input(question, kept)

    def best_so_far(self, state: Mapping[str, Any], context: Context, why: str) -> Answer:
        """What code answers of the library alone."""
        return code_answer(cast("ToolState", dict(state)), replace(context, llm=None), why, limit=True)


PLANNER = ToolsStrategy()
