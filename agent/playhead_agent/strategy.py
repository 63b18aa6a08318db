"""The protocol of a strategy, a way of answering questions; one `run` drives them all."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from playhead_agent.limits import Limits
from playhead_agent.question import Question
from playhead_agent.state import Context
from playhead_tools.evidence import Answer

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph


class Strategy(Protocol):
    """A way of answering, as a LangGraph graph whose last state has the checked answer under `answer`."""

    @property
    def name(self) -> str:
        """As `--strategy` takes it."""
        ...

    @property
    def limits(self) -> Limits:
        """Limits of a question; caps that the person sets replace them, field by field."""
        ...

    def missing(self, context: Context) -> str:
        """What is missing for it to run, in a sentence with what to do; empty when nothing is."""
        ...

    def prepare(self, context: Context) -> Context:
        """The context that the nodes of one run get; called once a run, when its meter is set."""
        ...

    def graph(
        self, checkpointer: "BaseCheckpointSaver[str] | None" = None
    ) -> "CompiledStateGraph[Any, Context, Any, Any]":
        """The compiled graph; its runtime context is a `Context`."""
        ...

    def begin(self, question: Question, last_state: Mapping[str, Any]) -> dict[str, Any]:
        """The input of the graph.

        Args:
            question: to be answered.
            last_state: the last state of the thread, of whichever strategy; empty in a new one. `turns` has
                the earlier turns, oldest first: `{"question", "answer", "strategy"}` each, the answer as
                `Answer.to_json(compact=True)` or None where the run was cut short.
        """
        ...

    def best_so_far(self, state: Mapping[str, Any], context: Context, why: str) -> Answer:
        """The best checked answer of a run that a limit ended; `partial` or `abstained`, and why."""
        ...


def common_input(question: Question, last_state: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a graph's input that all strategies share.

    A question without a scope keeps that of its thread; the answer of the turn before is cleared.
    """
    record = question.to_json()
    scope = record["scope"] if question.scope is not None else last_state.get("scope")
    return {
        "question": question.text,
        "options": record["options"],
        "scope": scope,
        "language": question.language,
        "answer": {},
    }
