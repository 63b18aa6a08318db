"""B6: what the agent costs apart from models and decoding, beside a bare LangGraph of the same shape.

The bare graph has as many nodes, goes through as many steps and sends as many side by side, with functions
that do nothing, and keeps the same durable checkpoints. So a ratio of 1 would be an agent that is free.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import add
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Annotated, Any, TypedDict
from uuid import uuid4

from playhead_agent.persistence.checkpoints import open_checkpointer
from playhead_agent.progress import Progress
from playhead_agent.run import ask, stream
from playhead_agent.state import Context
from playhead_bench.suite.agent_rig import QUESTIONS, agent_rig
from playhead_bench.suite.common import Size, compare

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

THREADS = 1
ROUNDS = {"small": 7, "full": 25}
GOAL = 2.0
BEFORE = ("parse", "plan", "retrieve", "inspect", "triage")
BEHIND = ("reason", "verify", "compose", "check")


def run(size: Size) -> dict[str, Any]:
    """Processor seconds a question, ours and the bare graph's, in turns in one process.

    Returns:
        by question: how many looks went side by side at a time, the timings, and `ours_over_bare`.
    """
    found: dict[str, Any] = {}
    with agent_rig() as (folder, context), open_checkpointer(folder / "kept") as saver:
        for name, question in QUESTIONS.items():
            shape = fan_outs(question, context)
            bare = bare_graph(folder / "bare", shape)
            timed = compare(
                {"bare": bare, "ours": _ours(question, context, saver)}, ROUNDS[size], process_time
            )
            found[name] = {"side_by_side": shape, **timed.record(("ours", "bare"))}
    return found | {"goal": {"ours_over_bare": GOAL}}


def _ours(question: str, context: Context, saver: "SqliteSaver") -> Callable[[int], object]:
    return lambda number: ask(question, context=context, checkpointer=saver)


def fan_outs(question: str, context: Context) -> list[int]:
    """How many looks a question asks for side by side, each time that it does."""
    nodes = [step.node for step in stream(question, context=context) if isinstance(step, Progress)]
    counts: list[int] = []
    for before, node in pairwise(nodes):
        if node == "watch":
            counts = [*counts, 1] if before != "watch" else [*counts[:-1], counts[-1] + 1]
    return counts


class _Bare(TypedDict, total=False):
    left: list[int]
    rows: Annotated[list[int], add]


def bare_graph(folder: Path, fan_outs: Sequence[int]) -> Callable[[int], object]:
    """Runs a LangGraph of the agent's shape whose nodes do nothing, on a checkpointer as it comes."""
    import sqlite3

    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import END, START, StateGraph
    from langgraph.types import Send

    folder.mkdir(exist_ok=True)
    path = folder / f"{uuid4().hex}.sqlite"
    saver = SqliteSaver(sqlite3.connect(path, check_same_thread=False))
    graph = StateGraph(_Bare)
    for name in (*BEFORE, *BEHIND):
        graph.add_node(name, _triage if name == "triage" else _nothing)
    graph.add_node("watch", _look)
    graph.add_edge(START, BEFORE[0])
    for a, b in [*pairwise(BEFORE), *pairwise(BEHIND)]:
        graph.add_edge(a, b)

    def onwards(state: _Bare) -> list[Send] | str:
        if len(state["rows"]) == sum(fan_outs):
            return BEHIND[0]
        looks = fan_outs[len(fan_outs) - len(state["left"]) - 1]
        return [Send("watch", {"left": [n]}) for n in range(looks)]

    graph.add_conditional_edges("triage", onwards, ["watch", BEHIND[0]])
    graph.add_edge("watch", "triage")
    graph.add_edge(BEHIND[-1], END)
    compiled = graph.compile(checkpointer=saver)

    def once(number: int) -> object:
        config: Any = {"configurable": {"thread_id": uuid4().hex}}
        return compiled.invoke({"left": list(fan_outs), "rows": []}, config, durability="sync")

    return once


def _nothing(state: _Bare) -> _Bare:
    return {"left": state["left"]}


def _triage(state: _Bare) -> _Bare:
    return {"left": state["left"][1:]}


def _look(state: _Bare) -> _Bare:
    return {"rows": state["left"]}
