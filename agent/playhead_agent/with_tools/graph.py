"""The graph of a run with tools: the model thinks, code acts, until it finishes or code answers instead."""

from functools import cache
from typing import TYPE_CHECKING

from langgraph.graph import END, START, StateGraph

from playhead_agent.with_tools.nodes import (
    act,
    after_act,
    after_begin,
    after_think,
    begin,
    conclude,
    fall_back,
    think,
)  # fmt: skip
from playhead_agent.with_tools.state import ToolContext, ToolState

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph


def build_tool_graph(
    checkpointer: "BaseCheckpointSaver[str] | None" = None,
) -> "CompiledStateGraph[ToolState, ToolContext, ToolState, ToolState]":
    """The compiled graph; with a checkpointer, every step of a thread is kept."""
    return _compiled().copy({"checkpointer": checkpointer})


@cache
def _compiled() -> "CompiledStateGraph[ToolState, ToolContext, ToolState, ToolState]":
    graph = StateGraph(ToolState, context_schema=ToolContext)
    for name, node in (
        ("begin", begin), ("think", think), ("act", act), ("conclude", conclude), ("fall_back", fall_back),
    ):  # fmt: skip
        graph.add_node(name, node)
    graph.add_edge(START, "begin")
    graph.add_conditional_edges("begin", after_begin, ["think", "fall_back"])
    graph.add_conditional_edges("think", after_think, ["think", "act", "fall_back"])
    graph.add_conditional_edges("act", after_act, ["think", "conclude", "fall_back"])
    graph.add_edge("conclude", END)
    graph.add_edge("fall_back", END)
    return graph.compile()
