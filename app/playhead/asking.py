"""Questions to an opened library: its models, limits and checkpoints brought together for one run."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from playhead.chat import refuse_tracing
from playhead.video_chat import video_chat
from playhead.video_model_facts import is_address
from playhead_agent.progress import Progress
from playhead_agent.question import Question
from playhead_agent.strategies import AUTO, BASELINES, PLANNER, RULES, load_strategy
from playhead_index.errors import DiskFull, LibraryReadOnly, ModelUnavailable, PlayheadError, ToolError
from playhead_tools.calibration import Calibration
from playhead_tools.evidence import Answer, listed
from playhead_tools.local_hosts import NotLocal

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

    from playhead.library import Library
    from playhead_agent.clarify import Clarify
    from playhead_agent.limits import Caps, Limits
    from playhead_agent.models.chat_model import LangChainChat
    from playhead_agent.routing import VideoPlanner
    from playhead_agent.state import Context
    from playhead_agent.strategy import Strategy
    from playhead_tools.video_llm.client import VlmClient


def _check_scope(question: Question, strategy: str) -> None:
    """Nothing, where a strategy can keep to the scope of a question.

    Raises:
        ToolError: it is limited to what some speakers say, and the strategy looks at whole videos.
    """
    speakers = None if question.scope is None else question.scope.speakers
    if speakers and strategy in BASELINES:
        raise ToolError(
            f"the strategy {strategy} cannot be limited to what {listed(list(speakers))} says; "
            f"use {AUTO}, {PLANNER} or {RULES}"
        )


Ask = Callable[["SqliteSaver"], Answer]


class Viewer:
    """The video-LLM of a library for one question; None, which a note says, when its server fails.

    Args:
        library: that is asked.
    """

    def __init__(self, library: "Library") -> None:
        self._library = library
        self._chat: LangChainChat | None = None
        self.failure = ""

    def open(self) -> "VlmClient | None":
        """What looks at clips; a server that failed once is not asked again.

        Raises:
            ModelUnavailable: a model that was asked for by name, and is no server, is not there.
        """
        if self.failure:
            return None
        try:
            return self._library.eyes
        except NotLocal:
            raise
        except ModelUnavailable as error:
            if not is_address(self._library.models.video):
                raise
            self.failure = f"the video model could not be reached: {error}"
            return None

    def planner(self) -> "VideoPlanner | None":
        """What is known of it as a model that may plan; None where there is none."""
        from playhead_agent.routing import MIN_PLANNER_TOKENS, VideoPlanner

        try:
            choice = self._library.video_choice
            if choice.how == "off" or not choice.forms:
                return None
            chat = self.chat()
            context = chat.known_context_tokens
            keeps_schema = context >= MIN_PLANNER_TOKENS and chat.makes_calls()
            return VideoPlanner(choice.name, keeps_schema or context < MIN_PLANNER_TOKENS, context)
        except NotLocal:
            raise
        except ModelUnavailable:
            return None  # whatever looks says so, where a look is needed

    def chat(self) -> "LangChainChat":
        """The video-LLM as a chat model; its server is asked what it can do, its weights come in at need.

        Raises:
            ModelUnavailable: there is none, or it cannot be asked.
        """
        if self._chat is None:
            self._chat = video_chat(self._library.video_choice, self._library.models)
        return self._chat

    def with_note(self, answer: Answer) -> Answer:
        """The answer, with a first note that the server failed where it did."""
        if not self.failure:
            return answer
        fallback = answer.fallback or self.failure
        return replace(answer, notes=(self.failure, *answer.notes), fallback=fallback)


@dataclass(slots=True)
class Asking:
    """One question to a library.

    Args:
        library: that is asked.
        llm: name of a chat model; None for none.
        base_url: of an OpenAI-compatible server.
        caps: what the person limits, over the defaults of the strategy; a `Limits` replaces all of them.
        may_ask: somebody can answer a question back.
    """

    library: "Library"
    llm: str | None = None
    base_url: str | None = None
    caps: "Caps | Limits | None" = None
    may_ask: bool = False
    viewer: Viewer = field(init=False)
    notes: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.viewer = Viewer(self.library)

    def answer(
        self,
        question: Question,
        strategy: str,
        on_progress: Callable[[Progress], None],
        on_question: "Callable[[Clarify], str] | None",
    ) -> Answer:
        """The answer to a question; errors are those of `Library.ask`."""
        from playhead_agent.run import ask

        _check_scope(question, strategy)
        chosen, context = self._chosen(strategy)
        return self._run(
            lambda saver: ask(
                question,
                context=context,
                strategy=chosen,
                checkpointer=saver,
                on_progress=on_progress,
                on_question=on_question,
            )
        )

    def resumed(
        self,
        thread_id: str,
        on_progress: Callable[[Progress], None],
        on_question: "Callable[[Clarify], str] | None",
    ) -> Answer:
        """The answer to the last question of a thread, whose run was cut short."""
        from playhead_agent.run import complete

        def completed(saver: "SqliteSaver") -> Answer:
            chosen, context = self._chosen(self._strategy_of(thread_id, saver))
            return complete(
                thread_id, context=context, strategy=chosen, checkpointer=saver,
                on_progress=on_progress, on_question=on_question,
            )  # fmt: skip

        return self._run(completed)

    def stream(self, question: Question, strategy: str) -> Iterator[Progress | Answer]:
        """What happens on the way to an answer."""
        from playhead_agent.run import stream

        _check_scope(question, strategy)
        chosen, context = self._chosen(strategy)
        with self._checkpointer() as saver:
            for step in stream(question, context=context, strategy=chosen, checkpointer=saver):
                yield self._with_notes(step) if isinstance(step, Answer) else step

    def reply(self, thread_id: str, text: str) -> Iterator[Progress | Answer]:
        """What happens once a question back was answered."""
        from playhead_agent.run import reply

        with self._checkpointer() as saver:
            chosen, context = self._chosen(self._strategy_of(thread_id, saver))
            for step in reply(thread_id, text, context=context, strategy=chosen, checkpointer=saver):
                yield self._with_notes(step) if isinstance(step, Answer) else step

    def _strategy_of(self, thread_id: str, saver: "SqliteSaver") -> str:
        from playhead_agent.run import strategy_of

        return strategy_of(thread_id, saver) or RULES

    def _chosen(self, name: str) -> "tuple[Strategy, Context]":
        """A strategy and what it works with.

        Raises:
            ModelUnavailable: it needs a model that is not there; the message says why it is not.
        """
        from playhead_agent.limits import Caps
        from playhead_agent.routing import route
        from playhead_agent.state import Context

        if self.library.models.local_only:
            refuse_tracing()
        plans_by_video = False
        if name == AUTO:
            has_chat = self.llm is not None or self.library.chat_choice is not None
            routed = route(has_chat=has_chat, video=None if has_chat else self.viewer.planner())
            name, plans_by_video = routed.strategy, routed.plans_by_video
            self.notes += [routed.note] if routed.note else []
        elif name == PLANNER and self.llm is None and self.library.chat_choice is None:
            plans_by_video = route(has_chat=False, video=self.viewer.planner()).plans_by_video
        strategy = load_strategy(name)
        limits = self.caps.over(strategy.limits) if isinstance(self.caps, Caps) else self.caps
        library = self.library
        chat = library.chat_model(self.llm, self.base_url)
        if chat is None and plans_by_video:
            chat = self.viewer.chat()
        context = Context(
            library.searcher, library.catalog, None if chat is None else chat.model, chat,
            limits=limits or strategy.limits, open_eyes=self.viewer.open,
            calibration=Calibration.load(library.folder), may_ask=self.may_ask,
        )  # fmt: skip
        missing = strategy.missing(context)
        if missing:
            raise ModelUnavailable(f"{missing}{self._why_no_video_model(name)}")
        return strategy, context

    def _why_no_video_model(self, strategy: str) -> str:
        if strategy not in BASELINES:
            return ""
        return f": {self.viewer.failure or self.library.video_choice.reason}"

    def _run(self, ask: Ask) -> Answer:
        """The answer of a run that is kept; of one in memory where the library cannot be written to."""
        from playhead_agent.persistence.checkpoints import (
            open_checkpointer,
            open_copied_checkpointer,
            prune_checkpoints,
        )

        folder = self.library.folder
        try:
            with open_checkpointer(folder) as saver:
                answer = ask(saver)
                prune_checkpoints(saver)
                return self._with_notes(answer)
        except (LibraryReadOnly, DiskFull) as error:
            with open_copied_checkpointer(folder) as saver:
                return self._with_notes(ask(saver), self._not_saved(error))

    @contextmanager
    def _checkpointer(self) -> Iterator["SqliteSaver"]:
        """Where a run is kept; memory, which a note says, where the library cannot be written to."""
        from playhead_agent.persistence.checkpoints import (
            open_checkpointer,
            open_copied_checkpointer,
            prune_checkpoints,
        )

        with ExitStack() as opened:
            try:
                saver = opened.enter_context(open_checkpointer(self.library.folder))
            except (LibraryReadOnly, DiskFull) as error:
                self.notes.append(self._not_saved(error))
                saver = opened.enter_context(open_copied_checkpointer(self.library.folder))
            yield saver
            prune_checkpoints(saver)

    def _not_saved(self, error: PlayheadError) -> str:
        return f"this conversation is not saved: {self.library.catalog.note or error}"

    def _with_notes(self, answer: Answer, *notes: str) -> Answer:
        """The answer with what the person should know of how it came about."""
        opened = [] if notes or not self.library.catalog.note else [self.library.catalog.note]
        answer = self.viewer.with_note(answer)
        return replace(answer, notes=tuple(dict.fromkeys((*answer.notes, *self.notes, *opened, *notes))))
