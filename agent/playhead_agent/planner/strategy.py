"""The strategy in which a language model plans."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from playhead_agent.limits import Limits
from playhead_agent.planner.graph import build_planner
from playhead_agent.planner.nodes import final_answer, unanswered
from playhead_agent.planner.state import MAX_TURN_CHARS, MAX_TURNS, PLANNER_LIMITS, PlannerState, Switches
from playhead_agent.planner.tool_context import with_toolbox
from playhead_agent.question import Question
from playhead_agent.state import Context
from playhead_agent.strategy import common_input
from playhead_tools.evidence import Answer

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph


@dataclass(frozen=True, slots=True)
class PlannerStrategy:
    """A chat model with tools and a brief answers the question; code checks its claims.

    Args:
        name: as `--strategy` takes it.
        limits: what a question may use where the person sets nothing.
        switches: parts that a benchmark turns off.
    """

    name: str = "planner"
    limits: Limits = PLANNER_LIMITS
    switches: Switches = field(default_factory=Switches)

    def missing(self, context: Context) -> str:
        """What is missing for it to run; empty when nothing is."""
        if context.chat is not None:
            return ""
        return f"the strategy {self.name!r} needs a chat model that calls tools; name one by --llm"

    def prepare(self, context: Context) -> Context:
        """The context of one run, with a place for its toolbox."""
        return with_toolbox(context)

    def graph(
        self, checkpointer: "BaseCheckpointSaver[str] | None" = None
    ) -> "CompiledStateGraph[Any, Context, Any, Any]":
        """The compiled graph."""
        return cast("CompiledStateGraph[Any, Context, Any, Any]", build_planner(checkpointer))

    def begin(self, question: Question, last_state: Mapping[str, Any]) -> dict[str, Any]:
        """The input of the graph: the question, and the earlier turns of its thread."""
        turns = [
            {"question": turn["question"], "answer": (turn["answer"] or {}).get("text", "")[:MAX_TURN_CHARS]}
            for turn in (last_state.get("turns") or [])[-MAX_TURNS:]
        ]
        return {
            **common_input(question, last_state),
            "turns": turns,
            "switches": self.switches.to_json(),
            "box": {},
        }

    def best_so_far(self, state: Mapping[str, Any], context: Context, why: str) -> Answer:
        """The best checked answer of a run that a limit ended; no model is called."""
        if not state.get("box"):
            return unanswered(str(state.get("question", "")), why, context, "budget")
        return final_answer(cast("PlannerState", state), context, why, limit=True)


PLANNER = PlannerStrategy()
"""The planner with all its parts."""
