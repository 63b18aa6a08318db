"""Asking by any strategy: `ask`, `stream` what happens, `reply` to a question back, `resume` after a kill."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from playhead_agent.clarify import Clarify
from playhead_agent.limits import Meter
from playhead_agent.persistence.cached_finder import CachedFinder
from playhead_agent.persistence.conversations import config_of, last_checkpoint, read_turns
from playhead_agent.persistence.run_record import RunRecord, RunRecorder, record_of
from playhead_agent.persistence.stored_answer import restore_answer
from playhead_agent.progress import Progress
from playhead_agent.question import Question, new_thread_id
from playhead_agent.state import Context
from playhead_agent.strategies import RULES, load_strategy
from playhead_agent.strategy import Strategy
from playhead_index.errors import AgentStopped, LibraryError, ModelUnavailable
from playhead_index.search.results import Scope
from playhead_tools.evidence import Answer

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.types import StreamMode

    Saver = BaseCheckpointSaver[Any]

Step = Progress | Answer
SPARE_STEPS = 16
"""Steps of LangGraph beyond twice the limit: the meter, which counts steps, stops a run first."""
"""The items of a run's stream: its progress, a `Clarify` where it waits, and at the end the answer."""


def ask(
    question: Question | str,
    *,
    context: Context,
    strategy: Strategy | None = None,
    checkpointer: "Saver | None" = None,
    thread_id: str | None = None,
    scope: Scope | None = None,
    options: Sequence[str] = (),
    raise_on_limit: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    on_question: Callable[[Clarify], str] | None = None,
) -> Answer:
    """The answer to a question.

    Args:
        question: a `Question`, or its text together with the next arguments.
        context: the library, the models, the limits; `context.limits` hold in every strategy.
        strategy: how it is answered; by rules when None.
        checkpointer: keeps the run; without one a thread is forgotten at its end.
        thread_id: the conversation; a new one when None. A later question keeps its scope.
        scope: which videos, which stretch; None for the thread's scope, else the whole library.
        options: of a multiple choice; the answer's `choice` is one of them, or None.
        raise_on_limit: raise when a limit is reached instead of giving the best answer so far.
        on_progress: called as each node ends.
        on_question: answers a question back, such as which video is meant, with "" for no answer; None
            where nobody can: an ambiguous question is then refused, saying what it could mean.

    Raises:
        AgentStopped: a limit was reached and `raise_on_limit` is set; its `best` is the answer so far.
        ModelUnavailable: the strategy needs a model that the context does not have.
        LibraryError: the library cannot be read.
    """
    context = replace(context, may_clarify=on_question is not None)
    if checkpointer is None and on_question is not None:
        from langgraph.checkpoint.memory import InMemorySaver

        checkpointer = InMemorySaver()
    run = _GraphRun(
        strategy or load_strategy(RULES),
        context,
        checkpointer,
        raise_on_limit,
        is_followed=on_progress is not None,
    )
    steps = run.start(question_of(question, thread_id, scope, options))
    return _answer_of(steps, run, on_progress, on_question)


def stream(
    question: Question | str,
    *,
    context: Context,
    strategy: Strategy | None = None,
    checkpointer: "Saver | None" = None,
    thread_id: str | None = None,
    scope: Scope | None = None,
    options: Sequence[str] = (),
    raise_on_limit: bool = False,
) -> Iterator[Step]:
    """The progress of a run, node by node, and at the end the `Answer`.

    Arguments and errors are those of `ask`. Where `context.may_clarify` is set, the last that comes may be a
    `Clarify` instead: the run then waits, stored by the checkpointer, for `reply`.

    Raises:
        ValueError: the run may ask back and has no checkpointer to wait in.
    """
    if context.may_clarify and checkpointer is None:
        raise ValueError("a run that may ask back needs a checkpointer, got context.may_clarify and none")
    run = _GraphRun(strategy or load_strategy(RULES), context, checkpointer, raise_on_limit)
    yield from run.start(question_of(question, thread_id, scope, options))


def reply(
    thread_id: str,
    text: str,
    *,
    context: Context,
    strategy: Strategy | None = None,
    checkpointer: "Saver",
    raise_on_limit: bool = False,
) -> Iterator[Step]:
    """Goes on with a run that waits, now that its question back was answered.

    Args:
        thread_id: of the run.
        text: the answer: a file's name, its number in the list, or "all"; "" for none, and then the
            question is refused as ambiguous.
        context: as for `ask`.
        strategy: that of the run.
        checkpointer: that keeps the run.
        raise_on_limit: as for `ask`.

    Raises:
        AgentStopped: a limit was reached and `raise_on_limit` is set.
        LibraryError: the thread has no run that waits, or another strategy asked.
    """
    run = _GraphRun(
        strategy or load_strategy(RULES), replace(context, may_clarify=True), checkpointer, raise_on_limit
    )
    yield from run.reply(thread_id, text)


def resume(
    thread_id: str,
    *,
    context: Context,
    strategy: Strategy | None = None,
    checkpointer: "Saver",
    raise_on_limit: bool = False,
) -> Iterator[Step]:
    """Resumes the last question of a thread whose run was cut short, after its last complete step.

    No stored call of a model is made again, and its usage counts against the limits. Gives the answer at once
    when the run had ended. A run that a limit ended goes on as far as `context.limits` now allow.

    Raises:
        AgentStopped: a limit was reached and `raise_on_limit` is set.
        LibraryError: the thread has no run, or another strategy ran it.
    """
    yield from _GraphRun(strategy or load_strategy(RULES), context, checkpointer, raise_on_limit).resume(
        thread_id
    )


def complete(
    thread_id: str,
    *,
    context: Context,
    strategy: Strategy | None = None,
    checkpointer: "Saver",
    raise_on_limit: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
    on_question: Callable[[Clarify], str] | None = None,
) -> Answer:
    """The answer to the last question of a thread whose run was cut short: `resume`, followed to its end.

    Arguments and errors are those of `ask` and `resume`.
    """
    context = replace(context, may_clarify=on_question is not None)
    run = _GraphRun(
        strategy or load_strategy(RULES),
        context,
        checkpointer,
        raise_on_limit,
        is_followed=on_progress is not None,
    )
    return _answer_of(run.resume(thread_id), run, on_progress, on_question)


def strategy_of(thread_id: str, checkpointer: "Saver") -> str:
    """Name of the strategy that a thread's last question was asked with; empty for an earlier version's.

    Raises:
        LibraryError: the thread has no run.
    """
    return _last_record(thread_id, checkpointer).strategy


def images_of(thread_id: str, checkpointer: "Saver") -> tuple[str, ...]:
    """Paths of the images that were given with a thread's last question.

    Raises:
        LibraryError: the thread has no run.
    """
    return _last_record(thread_id, checkpointer).images


def _last_record(thread_id: str, checkpointer: "Saver") -> RunRecord:
    last = last_checkpoint(checkpointer, thread_id)
    if last is None:
        raise LibraryError(_no_run(thread_id))
    return record_of(last)


def question_of(
    question: Question | str, thread_id: str | None, scope: Scope | None, options: Sequence[str]
) -> Question:
    """A question with a thread, a new one where none was named.

    Raises:
        ValueError: a `Question` was given and its parts once more beside it.
    """
    if isinstance(question, str):
        return Question(question, tuple(options), scope, thread_id or new_thread_id())
    if thread_id is not None or scope is not None or options:
        raise ValueError("a Question has its own thread, scope and options; set them there")
    return question if question.thread_id else replace(question, thread_id=new_thread_id())


@dataclass(frozen=True, slots=True)
class _GraphRun:
    """One run; where nobody follows its progress, nodes run in the caller's thread, which is faster."""

    strategy: Strategy
    context: Context
    checkpointer: "Saver | None"
    raise_on_limit: bool = False
    is_followed: bool = True

    def start(self, question: Question) -> Iterator[Step]:
        """Answers a question."""
        saver, thread_id = self.checkpointer, question.thread_id
        last = None if saver is None else last_checkpoint(saver, thread_id)
        state: dict[str, Any] = {} if last is None else dict(last.checkpoint["channel_values"])
        turns = [] if saver is None or last is None else read_turns(saver, thread_id)
        graph_input = self.strategy.begin(question, {**state, "turns": [turn.to_json() for turn in turns]})
        turn = 1 if last is None else record_of(last).turn + 1
        yield from self._steps(graph_input, {**state, **graph_input}, thread_id, turn, {})

    def reply(self, thread_id: str, text: str) -> Iterator[Step]:
        """Goes on with a run that waits."""
        from langgraph.types import Command

        state, turn, used = self._last_run(thread_id)
        if not self.strategy.graph(self.checkpointer).get_state(config_of(thread_id)).interrupts:
            raise LibraryError(f"no run of thread {thread_id!r} waits for an answer")
        yield from self._steps(Command(resume=text), state, thread_id, turn, used)

    def resume(self, thread_id: str) -> Iterator[Step]:
        """Goes on with a run that was cut short."""
        state, turn, used = self._last_run(thread_id)
        yield from self._steps(None, state, thread_id, turn, used)

    def _last_run(self, thread_id: str) -> tuple[dict[str, Any], int, Mapping[str, float]]:
        """State, turn and usage of the last run of a thread, which this strategy must have run."""
        last = None if self.checkpointer is None else last_checkpoint(self.checkpointer, thread_id)
        if last is None:
            raise LibraryError(_no_run(thread_id))
        record = record_of(last)
        if record.strategy not in ("", self.strategy.name):
            raise LibraryError(
                f"the last question of thread {thread_id!r} was asked with the strategy {record.strategy!r},"
                f" not with {self.strategy.name!r}; resume it with that one"
            )
        values = last.checkpoint["channel_values"]
        start = values.get("__start__")
        state = {**values, **start} if isinstance(start, dict) else dict(values)
        return state, record.turn, record.used or {}

    def _steps(
        self, graph_input: Any, state: Mapping[str, Any], thread_id: str, turn: int, used: Mapping[str, float]
    ) -> Iterator[Step]:
        meter = Meter(self.context.limits, self.context.meter.clock)
        meter.restore(used)
        context = replace(self.context, meter=meter, finder=CachedFinder(self.context.finder))
        missing = self.strategy.missing(context)
        if missing:
            raise ModelUnavailable(missing)
        context = self.strategy.prepare(context)
        saver, name = self.checkpointer, self.strategy.name
        recorder = None if saver is None else RunRecorder(saver, name, turn, meter, context.images)
        graph, config = self.strategy.graph(recorder), config_of(thread_id)
        config["recursion_limit"] = 2 * context.limits.steps + SPARE_STEPS
        stream_options: dict[str, Any] = {} if recorder is None else {"durability": "sync"}
        modes: list[StreamMode] = ["values", "custom"] if self.is_followed else ["values"]
        question_back: Clarify | None = None
        try:
            for mode, part in graph.stream(
                graph_input, config, context=context, stream_mode=modes, **stream_options
            ):
                if mode == "custom":
                    yield Progress(**{**part, "evidence": tuple(part["evidence"])})
                elif waits := part.get("__interrupt__"):
                    question_back = Clarify.from_json(
                        waits[0].value, thread_id
                    )  # yielded when everything is stored
                else:
                    state = part
            if question_back is None and not state.get("answer"):
                raise LibraryError(
                    f"the run of thread {thread_id!r} ended without an answer; its checkpoints may belong to"
                    " another version"
                )
            yield question_back or restore_answer(state["answer"], context.cache, thread_id)
        except AgentStopped as stop:
            best = replace(self.strategy.best_so_far(state, context, str(stop)), thread_id=thread_id)
            if recorder is not None:
                recorder.put_stop(config_of(thread_id), best.to_json(compact=True))
            stop.best = best
            if self.raise_on_limit:
                raise
            yield best


def _answer_of(
    steps: Iterator[Step],
    run: _GraphRun,
    on_progress: Callable[[Progress], None] | None,
    on_question: Callable[[Clarify], str] | None,
) -> Answer:
    """The answer at the end of a run; each question back on the way is answered by `on_question`.

    Raises:
        LibraryError: the run ended without an answer.
    """
    for step in steps:
        if isinstance(step, Answer):
            return step
        if isinstance(step, Clarify) and on_question is not None:
            next_steps = run.reply(step.thread_id, on_question(step))
            return _answer_of(next_steps, run, on_progress, on_question)
        if on_progress is not None:
            on_progress(step)
    raise LibraryError("the run ended without an answer; its checkpoints may belong to another version")


def _no_run(thread_id: str) -> str:
    return f"no run is kept for thread {thread_id!r}"
