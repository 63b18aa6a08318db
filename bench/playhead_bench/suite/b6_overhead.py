"""B6: what the agent costs apart from models and decoding, against an empty LangGraph of the same shape.

The empty graph has as many nodes, goes through as many steps and sends as many side by side, with functions
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
from playhead_bench.suite.scripted_library import QUESTIONS, agent_rig
from playhead_bench.suite.timing import Size, compare

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

THREADS = 1
ROUNDS = {"small": 7, "full": 25}
GOAL = 2.0
BEFORE = ("parse", "plan", "retrieve", "inspect", "triage")
AFTER = ("reason", "verify", "compose", "check")


def run(size: Size) -> dict[str, Any]:
    """Processor seconds a question, ours and the empty graph's, interleaved in one process.

    Returns:
        by question: how many VLM calls ran in parallel each time, the timings, and `ours_over_bare`.
    """
    found: dict[str, Any] = {}
    with agent_rig() as (folder, context), open_checkpointer(folder / "kept") as saver:
        for name, question in QUESTIONS.items():
            shape = parallel_calls(question, context)
            empty = empty_graph(folder / "bare", shape)
            timed = compare(
                {"bare": empty, "ours": _ours(question, context, saver)}, ROUNDS[size], process_time
            )
            found[name] = {"side_by_side": shape, **timed.record(("ours", "bare"))}
    return found | {"goal": {"ours_over_bare": GOAL}}


def _ours(question: str, context: Context, saver: "SqliteSaver") -> Callable[[int], object]:
    return lambda number: ask(question, context=context, checkpointer=saver)


def parallel_calls(question: str, context: Context) -> list[int]:
    """The number of parallel VLM calls of a question, each time that it makes some."""
    nodes = [step.node for step in stream(question, context=context) if isinstance(step, Progress)]
    counts: list[int] = []
    for before, node in pairwise(nodes):
        if node == "watch":
            counts = [*counts, 1] if before != "watch" else [*counts[:-1], counts[-1] + 1]
    return counts


class _EmptyState(TypedDict, total=False):
    left: list[int]
    rows: Annotated[list[int], add]


def empty_graph(folder: Path, parallel_calls: Sequence[int]) -> Callable[[int], object]:
    """Runs a LangGraph of the agent's shape whose nodes do nothing, on a checkpointer as it comes."""
    import sqlite3

    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import END, START, StateGraph
    from langgraph.types import Send

    folder.mkdir(exist_ok=True)
    path = folder / f"{uuid4().hex}.sqlite"
    saver = SqliteSaver(sqlite3.connect(path, check_same_thread=False))
    graph = StateGraph(_EmptyState)
    for name in (*BEFORE, *AFTER):
        graph.add_node(name, _triage if name == "triage" else _nothing)
    graph.add_node("watch", _vlm_node)
    graph.add_edge(START, BEFORE[0])
    for a, b in [*pairwise(BEFORE), *pairwise(AFTER)]:
        graph.add_edge(a, b)

    def next_nodes(state: _EmptyState) -> list[Send] | str:
        if len(state["rows"]) == sum(parallel_calls):
            return AFTER[0]
        count = parallel_calls[len(parallel_calls) - len(state["left"]) - 1]
        return [Send("watch", {"left": [n]}) for n in range(count)]

    graph.add_conditional_edges("triage", next_nodes, ["watch", AFTER[0]])
    graph.add_edge("watch", "triage")
    graph.add_edge(AFTER[-1], END)
    compiled = graph.compile(checkpointer=saver)

    def once(number: int) -> object:
        config: Any = {"configurable": {"thread_id": uuid4().hex}}
        return compiled.invoke({"left": list(parallel_calls), "rows": []}, config, durability="sync")

    return once


def _nothing(state: _EmptyState) -> _EmptyState:
    return {"left": state["left"]}


def _triage(state: _EmptyState) -> _EmptyState:
    return {"left": state["left"][1:]}


def _vlm_node(state: _EmptyState) -> _EmptyState:
    return {"rows": state["left"]}
