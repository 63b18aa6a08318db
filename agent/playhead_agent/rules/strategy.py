"""The strategy of the rules, without a planning model: `playhead_agent.rules.graph` with a set of `Rules`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from playhead_agent.limits import Limits
from playhead_agent.question import Question
from playhead_agent.rules.check import best_so_far
from playhead_agent.rules.graph import build_graph
from playhead_agent.rules.rule_set import Rules
from playhead_agent.state import Context, State
from playhead_agent.strategy import Strategy, common_input
from playhead_tools.evidence import Answer

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph


@dataclass(frozen=True, slots=True)
class RulesStrategy:
    """A rule-based planner as a strategy.

    Args:
        rules: parse the question and decide which clips to view; those of the context when None.
        limits: defaults for what a person does not set.
    """

    rules: Rules | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def name(self) -> str:
        """That of the rules."""
        return "rules" if self.rules is None else self.rules.name

    def missing(self, context: Context) -> str:
        """Nothing is ever missing."""
        return ""

    def prepare(self, context: Context) -> Context:
        """The context with these rules."""
        return context if self.rules is None else replace(context, rules=self.rules)

    def graph(
        self, checkpointer: "BaseCheckpointSaver[str] | None" = None
    ) -> "CompiledStateGraph[Any, Context, Any, Any]":
        """The graph of the agent by rules."""
        return build_graph(checkpointer)

    def begin(self, question: Question, last_state: Mapping[str, Any]) -> dict[str, Any]:
        """The question, and the last question of the thread, from which a follow-up is completed."""
        previous = last_state.get("spec") or last_state.get("previous") or {}
        return {
            **common_input(question, last_state),
            "spec": {},
            "previous": previous,
            "previous_question": last_state.get("question", "") if not previous else "",
        }

    def best_so_far(self, state: Mapping[str, Any], context: Context, why: str) -> Answer:
        """The answer from the evidence so far."""
        return best_so_far(cast("State", dict(state)), context, why)


RULES: Strategy = RulesStrategy()
"""With the rules of the context: those of a machine without models, where nothing else is set."""
