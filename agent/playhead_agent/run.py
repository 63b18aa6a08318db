"""Asking: `ask` for an answer, `stream` for what happens on the way to it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from playhead_agent.conclude import best_so_far
from playhead_agent.graph import build_graph
from playhead_agent.limits import Meter
from playhead_agent.progress import Progress
from playhead_agent.state import Context, State, scope_to_json
from playhead_index.errors import AgentStopped, LibraryError
from playhead_index.search.results import Scope
from playhead_tools.cite import stored_texts
from playhead_tools.evidence import Answer

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

RECURSION_LIMIT = 100


def ask(
    question: str,
    *,
    context: Context,
    checkpointer: "BaseCheckpointSaver[str] | None" = None,
    thread_id: str | None = None,
    scope: Scope | None = None,
    options: Sequence[str] = (),
    raise_on_limit: bool = False,
) -> Answer:
    """The answer to a question.

    Args:
        question: in the person's words.
        context: the library, the model, the limits.
        checkpointer: keeps the run; without one a thread is forgotten at its end.
        thread_id: the conversation; a new one when None. A later question keeps its scope.
        scope: which videos, which stretch; None for the thread's scope, else the whole library.
        options: of a multiple choice; the answer's `choice` is one of them, or None.
        raise_on_limit: raise when a limit is reached instead of giving the best answer so far.

    Raises:
        AgentStopped: a limit was reached and `raise_on_limit` is set; its `best` is the answer so far.
        LibraryError: the library cannot be read.
    """
    steps = stream(
        question,
        context=context,
        checkpointer=checkpointer,
        thread_id=thread_id,
        scope=scope,
        options=options,
        raise_on_limit=raise_on_limit,
    )
    for step in steps:
        if isinstance(step, Answer):
            return step
    raise LibraryError("the run ended without an answer; its checkpoints may belong to another version")


def stream(
    question: str,
    *,
    context: Context,
    checkpointer: "BaseCheckpointSaver[str] | None" = None,
    thread_id: str | None = None,
    scope: Scope | None = None,
    options: Sequence[str] = (),
    raise_on_limit: bool = False,
) -> Iterator[Progress | Answer]:
    """What happens on the way to an answer, node by node, and at the end the `Answer`.

    Arguments and errors are those of `ask`.
    """
    given: State = {"question": question, "options": list(options), "spec": {}}
    if scope is not None:
        given["scope"] = scope_to_json(scope)
    yield from _run(given, context, checkpointer, thread_id or uuid4().hex, raise_on_limit)


def resume(
    thread_id: str, *, context: Context, checkpointer: "BaseCheckpointSaver[str]"
) -> Iterator[Progress | Answer]:
    """Goes on with the last question of a thread whose run was cut short, behind its last whole step.

    Gives the answer at once when the run had come to its end.

    Raises:
        LibraryError: the thread has no run.
    """
    yield from _run(None, context, checkpointer, thread_id, raise_on_limit=False)


def _run(
    given: State | None,
    context: Context,
    checkpointer: "BaseCheckpointSaver[str] | None",
    thread_id: str,
    raise_on_limit: bool,
) -> Iterator[Progress | Answer]:
    run = replace(context, meter=Meter(context.limits, context.meter.clock))
    graph = build_graph(checkpointer)
    config: Any = {"configurable": {"thread_id": thread_id}, "recursion_limit": RECURSION_LIMIT}
    state = cast("State", dict(graph.get_state(config).values)) if checkpointer is not None else State()
    if given is None and not state:
        raise LibraryError(f"no run is kept for thread {thread_id!r}")
    if given is not None:
        given = {**given, "previous": state.get("spec") or state.get("previous") or {}}
        state = {**state, **given}
    how: dict[str, Any] = {"durability": "sync"} if checkpointer is not None else {}
    try:
        for mode, part in graph.stream(
            given, config, context=run, stream_mode=["values", "custom"], **how
        ):
            if mode == "custom":
                yield Progress(**{**part, "evidence": tuple(part["evidence"])})
            else:
                state = cast("State", part)
        yield _finished(state, run, thread_id)
    except AgentStopped as stop:
        stop.best = replace(best_so_far(state, run, str(stop)), thread_id=thread_id)
        if raise_on_limit:
            raise
        yield stop.best


def _finished(state: State, context: Context, thread_id: str) -> Answer:
    """The answer of a state, the words of its evidence read back from the catalog."""
    answer = Answer.from_json(state["answer"])
    texts = stored_texts(context.catalog, answer.evidence)
    evidence = tuple(replace(record, text=texts[record.id]) for record in answer.evidence)
    return replace(answer, evidence=evidence, thread_id=thread_id)
