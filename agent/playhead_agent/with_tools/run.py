"""Asking a model that calls tools: `ask_with_tools` for an answer, `stream_with_tools` for the way to it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from playhead_agent.conclude import read_back
from playhead_agent.limits import Limits, Meter
from playhead_agent.progress import Progress
from playhead_agent.state import Context, scope_to_json
from playhead_agent.with_tools.answer import code_answer
from playhead_agent.with_tools.graph import build_tool_graph
from playhead_agent.with_tools.state import TOOL_LIMITS, ToolContext, ToolState
from playhead_index.errors import AgentStopped, LibraryError
from playhead_index.search.results import Scope
from playhead_tools.evidence import Answer
from playhead_tools.toolbox import Toolbox

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver


def ask_with_tools(
    question: str,
    *,
    context: Context,
    toolbox: Toolbox,
    limits: Limits = TOOL_LIMITS,
    checkpointer: "BaseCheckpointSaver[str] | None" = None,
    thread_id: str | None = None,
    scope: Scope | None = None,
    raise_on_limit: bool = False,
) -> Answer:
    """The answer that a model works out by calling tools; never worse than what code answers alone.

    Args:
        question: in the person's words.
        context: the library, the chat model (any that takes tools), thresholds.
        toolbox: the tools, over the same library; emptied for the question.
        limits: what the question may use, in place of `context.limits`.
        checkpointer: keeps the run; without one a thread is forgotten at its end.
        thread_id: the conversation; a new one when None. A later question keeps its scope.
        scope: which videos, which stretch; None for the thread's scope, else the whole library.
        raise_on_limit: raise when a limit leaves no room even for the end of the run.

    Raises:
        ValueError: the context has no chat model.
        AgentStopped: a limit was reached and `raise_on_limit` is set; its `best` is the answer so far.
        LibraryError: the library cannot be read.
    """
    steps = stream_with_tools(
        question,
        context=context,
        toolbox=toolbox,
        limits=limits,
        checkpointer=checkpointer,
        thread_id=thread_id,
        scope=scope,
        raise_on_limit=raise_on_limit,
    )
    for step in steps:
        if isinstance(step, Answer):
            return step
    raise LibraryError("the run ended without an answer; its checkpoints may belong to another version")


def stream_with_tools(
    question: str,
    *,
    context: Context,
    toolbox: Toolbox,
    limits: Limits = TOOL_LIMITS,
    checkpointer: "BaseCheckpointSaver[str] | None" = None,
    thread_id: str | None = None,
    scope: Scope | None = None,
    raise_on_limit: bool = False,
) -> Iterator[Progress | Answer]:
    """What happens on the way to an answer, node by node, and at the end the `Answer`.

    Arguments and errors are those of `ask_with_tools`.
    """
    given: ToolState = {"question": question}
    if scope is not None:
        given["scope"] = scope_to_json(scope)
    run = _run_of(context, toolbox, limits)
    yield from _run(given, run, checkpointer, thread_id or uuid4().hex, raise_on_limit)


def resume_with_tools(
    thread_id: str,
    *,
    context: Context,
    toolbox: Toolbox,
    limits: Limits = TOOL_LIMITS,
    checkpointer: "BaseCheckpointSaver[str]",
) -> Iterator[Progress | Answer]:
    """Goes on with the last question of a thread whose run was cut short, behind its last whole step.

    The toolbox may be a new one: it takes over the evidence of the run. Looks that were made are not made
    again. Gives the answer at once when the run had come to its end.

    Raises:
        ValueError: the context has no chat model.
        LibraryError: the thread has no run.
    """
    yield from _run(None, _run_of(context, toolbox, limits), checkpointer, thread_id, False)


def _run_of(context: Context, toolbox: Toolbox, limits: Limits) -> ToolContext:
    if context.llm is None:
        raise ValueError("there is no chat model to call tools with; `playhead_agent.run.ask` needs none")
    metered = replace(context, limits=limits, meter=Meter(limits, context.meter.clock))
    return ToolContext(metered, toolbox)


def _run(
    given: ToolState | None,
    run: ToolContext,
    checkpointer: "BaseCheckpointSaver[str] | None",
    thread_id: str,
    raise_on_limit: bool,
) -> Iterator[Progress | Answer]:
    graph = build_tool_graph(checkpointer)
    config: Any = {"configurable": {"thread_id": thread_id}, "recursion_limit": run.context.limits.steps + 10}
    state = cast("ToolState", dict(graph.get_state(config).values)) if checkpointer is not None else {}
    if given is None and not state:
        raise LibraryError(f"no run is kept for thread {thread_id!r}")
    state = {**state, **given} if given is not None else state
    options: dict[str, Any] = {"durability": "sync"} if checkpointer is not None else {}
    try:
        for mode, part in graph.stream(
            given, config, context=run, stream_mode=["values", "custom"], **options
        ):
            if mode == "custom":
                yield Progress(**{**part, "evidence": tuple(part["evidence"])})
            else:
                state = cast("ToolState", part)
        yield read_back(state["answer"], run.context, thread_id)
    except AgentStopped as stop:
        stop.best = replace(code_answer(state, run.context, str(stop), limit=True), thread_id=thread_id)
        if raise_on_limit:
            raise
        yield stop.best
