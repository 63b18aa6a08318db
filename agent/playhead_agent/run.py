"""Asking: `ask` for an answer, `stream` for what happens on the way to it, `reply` to a question back."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from playhead_agent.clarify import Clarify
from playhead_agent.conclude import best_so_far, read_back
from playhead_agent.graph import build_graph
from playhead_agent.limits import Meter
from playhead_agent.progress import Progress
from playhead_agent.remembering import Remembering
from playhead_agent.state import Context, State, scope_to_json
from playhead_index.errors import AgentStopped, LibraryError
from playhead_index.search.results import Scope
from playhead_tools.evidence import Answer

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.types import Command, StreamMode

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
    on_question: Callable[[Clarify], str] | None = None,
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
        on_question: answers a question back, such as which video is meant, with "" for no answer; None
            where nobody can: an ambiguous question is then refused, saying what it could mean.

    Raises:
        AgentStopped: a limit was reached and `raise_on_limit` is set; its `best` is the answer so far.
        LibraryError: the library cannot be read.
    """
    context = replace(context, may_ask=on_question is not None)
    thread_id = thread_id or uuid4().hex
    if checkpointer is None and on_question is not None:
        from langgraph.checkpoint.memory import InMemorySaver

        checkpointer = InMemorySaver()
    given = _asked(question, scope, options)
    for step in _run(given, context, checkpointer, thread_id, raise_on_limit, tells=False):
        if isinstance(step, Answer):
            return step
        if isinstance(step, Clarify) and on_question is not None and checkpointer is not None:
            said = on_question(step)
            again = reply(
                thread_id, said, context=context, checkpointer=checkpointer, raise_on_limit=raise_on_limit
            )
            return next(step for step in again if isinstance(step, Answer))
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

    Arguments and errors are those of `ask`. Where `context.may_ask` is set, the last that comes may be a
    `Clarify` instead: the run then waits, kept by the checkpointer, for `reply`.

    Raises:
        ValueError: the run may ask back and has no checkpointer to wait in.
    """
    if context.may_ask and checkpointer is None:
        raise ValueError("a run that may ask back needs a checkpointer, got context.may_ask and none")
    given = _asked(question, scope, options)
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


def reply(
    thread_id: str,
    said: str,
    *,
    context: Context,
    checkpointer: "BaseCheckpointSaver[str]",
    raise_on_limit: bool = False,
) -> Iterator[Progress | Answer]:
    """Goes on with a run that waits for an answer to its `Clarify`.

    Args:
        thread_id: of the run.
        said: the answer: a file's name, its number in the list, or "all"; "" for none, and then the
            question is refused as ambiguous.
        context: as for `ask`.
        checkpointer: that keeps the run.
        raise_on_limit: as for `ask`.

    Raises:
        AgentStopped: a limit was reached and `raise_on_limit` is set.
        LibraryError: the thread has no run that waits.
    """
    from langgraph.types import Command

    config: Any = {"configurable": {"thread_id": thread_id}}
    if not build_graph(checkpointer).get_state(config).interrupts:
        raise LibraryError(f"no run of thread {thread_id!r} waits for an answer")
    context = replace(context, may_ask=True)
    yield from _run(Command(resume=said), context, checkpointer, thread_id, raise_on_limit)


def _asked(question: str, scope: Scope | None, options: Sequence[str]) -> State:
    given: State = {"question": question, "options": list(options), "spec": {}}
    if scope is not None:
        given["scope"] = scope_to_json(scope)
    return given


def _run(
    given: "State | Command[Any] | None",
    context: Context,
    checkpointer: "BaseCheckpointSaver[str] | None",
    thread_id: str,
    raise_on_limit: bool,
    *,
    tells: bool = True,
) -> Iterator[Progress | Answer]:
    """What happens; where nobody listens to progress, nodes run in the caller's thread, which is faster."""
    meter = Meter(context.limits, context.meter.clock)
    run = replace(context, meter=meter, finder=Remembering(context.finder))
    graph = build_graph(checkpointer)
    config: Any = {"configurable": {"thread_id": thread_id}, "recursion_limit": RECURSION_LIMIT}
    state = cast("State", dict(graph.get_state(config).values)) if checkpointer is not None else State()
    if given is None and not state:
        raise LibraryError(f"no run is kept for thread {thread_id!r}")
    if isinstance(given, dict):
        given = cast("State", {**given, "previous": state.get("spec") or state.get("previous") or {}})
        state = {**state, **given}
    else:
        _carry(state, meter)
    how: dict[str, Any] = {"durability": "sync"} if checkpointer is not None else {}
    modes: list[StreamMode] = ["values", "custom"] if tells else ["values"]
    question_back: Clarify | None = None
    try:
        for mode, part in graph.stream(given, config, context=run, stream_mode=modes, **how):
            if mode == "custom":
                yield Progress(**{**part, "evidence": tuple(part["evidence"])})
            elif waits := part.get("__interrupt__"):
                question_back = Clarify.from_json(waits[0].value, thread_id)  # told when all is written down
            else:
                state = cast("State", part)
        yield question_back or read_back(state["answer"], run, thread_id)
    except AgentStopped as stop:
        stop.best = replace(best_so_far(state, run, str(stop)), thread_id=thread_id)
        if raise_on_limit:
            raise
        yield stop.best


def _carry(state: State, meter: Meter) -> None:
    """Counts the looks that were made before a run was cut short, which it is not given back."""
    made = state.get("looks") or []
    meter.looks, meter.frames = len(made), sum(len(row["times_s"]) for row in made)
    meter.visual_tokens = meter.visual_tokens_given = sum(row.get("tokens", 0) for row in made)
