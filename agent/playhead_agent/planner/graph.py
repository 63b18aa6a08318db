"""The graph of a run that a model plans: brief, plan, act, collect, check, answer, with ways back to plan."""

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from langgraph.graph import END, START, StateGraph

from playhead_agent.planner.nodes import (
    RETRY,
    act,
    after_brief,
    after_check,
    after_collect,
    after_plan,
    answer,
    brief,
    check,
    collect,
    plan,
    restate,
)  # fmt: skip
from playhead_agent.planner.state import PlannerState
from playhead_agent.state import Context

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph


def build_planner(
    checkpointer: "BaseCheckpointSaver[str] | None" = None,
) -> "CompiledStateGraph[PlannerState, Context, PlannerState, PlannerState]":
    """The compiled graph; with a checkpointer, every step of a thread is saved."""
    return _compiled().copy({"checkpointer": checkpointer})


@cache
def _compiled() -> "CompiledStateGraph[PlannerState, Context, PlannerState, PlannerState]":
    graph = StateGraph(PlannerState, context_schema=Context)
    graph.add_node("brief", brief)
    graph.add_node("plan", plan, retry_policy=RETRY)
    graph.add_node("act", cast("Any", act), retry_policy=RETRY)  # takes what `Send` gives it
    graph.add_node("collect", collect)
    graph.add_node("check", check, retry_policy=RETRY)
    graph.add_node("restate", restate, retry_policy=RETRY)
    graph.add_node("answer", answer)
    graph.add_edge(START, "brief")
    graph.add_conditional_edges("brief", after_brief, ["plan", "answer"])
    graph.add_conditional_edges("plan", after_plan, ["plan", "act", "collect", "answer"])
    graph.add_edge("act", "collect")
    graph.add_conditional_edges("collect", after_collect, ["plan", "check", "answer"])
    graph.add_conditional_edges("check", after_check, ["plan", "restate", "answer"])
    graph.add_edge("restate", "answer")
    graph.add_edge("answer", END)
    return graph.compile()
