"""The graph with its context built in, for servers that know nothing of ours, such as LangGraph Studio."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from langgraph.config import get_config
from langgraph.graph import StateGraph
from langgraph.runtime import Runtime
from typing_extensions import TypedDict

from playhead_agent.limits import Meter
from playhead_agent.persistence.cached_finder import CachedFinder
from playhead_agent.rules.graph import Bind, Node, add_nodes
from playhead_agent.rules.run_view import Update
from playhead_agent.state import Context, State

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph


class StudioQuestion(TypedDict, total=False):
    """The input in Studio: a question, and the options of a multiple choice."""

    question: str
    options: list[str]


class StudioAnswer(TypedDict, total=False):
    """The output in Studio: the answer in plain JSON types."""

    answer: dict[str, Any]


def studio_graph(context: Context) -> "CompiledStateGraph[Any, Any, Any, Any]":
    """The agent's graph on one library; it needs only a question, and may ask which video is meant.

    The server brings checkpointer and threads. Every question has limits of its own; one that reaches them
    ends with an error that says which.
    """
    graph = StateGraph(State, input_schema=StudioQuestion, output_schema=StudioAnswer)
    return add_nodes(graph, _bound_to(replace(context, may_clarify=True))).compile()


def _bound_to(context: Context) -> Bind:
    """Gives nodes this context, with a meter and a memory of searches for each question."""
    running: dict[str, Context] = {}

    def bind(name: str, node: Node) -> Any:
        def run(state: State, runtime: Runtime[Any]) -> Update:
            thread_id = str(get_config()["configurable"].get("thread_id", ""))
            if name == "parse" or thread_id not in running:
                meter = Meter(context.limits, context.meter.clock)
                running[thread_id] = replace(context, meter=meter, finder=CachedFinder(context.finder))
            if name == "parse":
                state = {**state, "previous": state.get("spec") or {}}
            return node(state, runtime.override(context=running[thread_id]))

        return run

    return bind
