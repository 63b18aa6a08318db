"""The graph of the rules: parse, plan, retrieve, inspect, triage, reason, verify, compose, check.

    parse ──> plan ──> retrieve ──> inspect ──> triage ──> reason ──> verify ──> compose ──> check
                ^                               │    ^                  │
                │                    one a clip └──> watch              │
                └───────────────── route: other lanes ──────────────────┘

Every node takes the state, counts one step on the meter, and returns the keys that it writes. Nodes read
the library from the catalog; between nodes only ids and windows travel.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from playhead_agent.perception.nodes import observe, observe_next, triage
from playhead_agent.rules.check import check
from playhead_agent.rules.compose import compose
from playhead_agent.rules.inspect import inspect
from playhead_agent.rules.parse import parse
from playhead_agent.rules.plan import plan, route
from playhead_agent.rules.reason import reason
from playhead_agent.rules.retrieve import retrieve
from playhead_agent.rules.run_view import Update
from playhead_agent.rules.verify import verify
from playhead_agent.state import Context, State

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

Node = Callable[[State, Runtime[Context]], Update]
Bind = Callable[[str, Node], Any]


def build_graph(
    checkpointer: "BaseCheckpointSaver[str] | None" = None,
) -> "CompiledStateGraph[State, Context, State, State]":
    """The compiled graph; with a checkpointer, every step of a thread is saved.

    Durability is the caller's; `run` uses `sync`: a step is on the disk before the next begins, which
    costs some milliseconds a step and lets a killed run go on where it was.
    """
    return _compiled().copy({"checkpointer": checkpointer})


@cache
def _compiled() -> "CompiledStateGraph[State, Context, State, State]":
    """Compiling takes longer than answering a simple question, so it is done once."""
    return add_nodes(StateGraph(State, context_schema=Context), lambda name, node: node).compile()


def add_nodes(graph: "StateGraph[Any, Any, Any, Any]", bind: Bind) -> "StateGraph[Any, Any, Any, Any]":
    """Adds the nodes, each as `bind` returns it, and the edges to an empty graph."""
    for name, node in (
        ("parse", parse), ("plan", plan), ("retrieve", retrieve), ("inspect", inspect),
        ("triage", triage), ("watch", observe), ("reason", reason), ("verify", verify),
        ("compose", compose), ("check", check),
    ):  # fmt: skip
        graph.add_node(name, bind(name, node))
    graph.add_edge(START, "parse")
    graph.add_conditional_edges("parse", _after_parse, ["plan", "check"])
    for a, b in (("plan", "retrieve"), ("retrieve", "inspect"), ("inspect", "triage"), ("reason", "verify")):
        graph.add_edge(a, b)
    graph.add_conditional_edges("triage", observe_next, ["watch", "reason"])
    graph.add_edge("watch", "triage")
    graph.add_conditional_edges("verify", route, ["plan", "compose"])
    graph.add_edge("compose", "check")
    graph.add_edge("check", END)
    return graph


def _after_parse(state: State) -> str:
    return "check" if state["refusal"] is not None else "plan"
