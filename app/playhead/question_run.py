"""Runs one question on an opened library with its models, limits and checkpoints."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from playhead.chat_models import refuse_tracing
from playhead.model_choice import ModelChoice
from playhead.model_servers import is_address
from playhead.models import ModelNames
from playhead.video_chat import video_chat
from playhead.video_models import VideoChoice
from playhead_agent.progress import Progress
from playhead_agent.question import Question
from playhead_agent.strategies import AUTO, BASELINES, PLANNER, RULES, load_strategy
from playhead_index.errors import DiskFull, LibraryReadOnly, ModelUnavailable, PlayheadError, ToolError
from playhead_index.search.engine import Searcher
from playhead_index.store.catalog import Catalog
from playhead_tools.calibration import Calibration
from playhead_tools.evidence import Answer, listed
from playhead_tools.local_hosts import NotLocal

if TYPE_CHECKING:
    import numpy as np
    from langgraph.checkpoint.sqlite import SqliteSaver
    from numpy.typing import NDArray

    from playhead_agent.choose_strategy import VideoPlanner
    from playhead_agent.clarify import Clarify
    from playhead_agent.limits import Caps, Limits
    from playhead_agent.models.chat_model import LangChainChat
    from playhead_agent.state import Context
    from playhead_agent.strategy import Strategy
    from playhead_tools.video_llm.client import VlmClient


def _check_scope(question: Question, strategy: str) -> None:
    """Checks that a strategy can answer within the scope of a question.

    Raises:
        ToolError: the question is limited to some speakers, and the strategy reads whole videos.
    """
    speakers = None if question.scope is None else question.scope.speakers
    if speakers and strategy in BASELINES:
        raise ToolError(
            f"the strategy {strategy} cannot be limited to what {listed(list(speakers))} says; "
            f"use {AUTO}, {PLANNER} or {RULES}"
        )


NOT_SHOWN = "the image of the question was not shown to the video-LLM: no clip was looked at"
RunQuestion = Callable[["SqliteSaver"], Answer]


class QuestionLibrary(Protocol):
    """What a question needs of the library that answers it; `library.Library` has all of it."""

    @property
    def folder(self) -> Path:
        """The library's folder, where conversations are stored."""
        ...

    @property
    def models(self) -> ModelNames:
        """Which models to use."""
        ...

    @property
    def catalog(self) -> Catalog:
        """The open catalog."""
        ...

    @property
    def searcher(self) -> Searcher:
        """The search engine with its encoders."""
        ...

    @property
    def video_choice(self) -> VideoChoice:
        """The video-LLM that is taken, with the reason for the choice."""
        ...

    @property
    def vlm_client(self) -> "VlmClient | None":
        """The client of that video-LLM; None where there is none."""
        ...

    @property
    def chat_choice(self) -> ModelChoice | None:
        """The chat model that was named or is stored; None where there is none."""
        ...

    def chat_model(self, llm: str | None, base_url: str | None) -> "LangChainChat | None":
        """The chat model of a run: `llm` where it is given, else that of `chat_choice`; None for none."""
        ...


class LibraryVlm:
    """The video-LLM of a library for one question; a failed server is not called again, which a note says.

    Args:
        library: whose video-LLM it is.
    """

    def __init__(self, library: QuestionLibrary) -> None:
        self._library = library
        self._images: tuple[NDArray[np.uint8], ...] = ()
        self._chat: LangChainChat | None = None
        self._client: VlmClient | None = None
        self.failure = ""

    def show_images(self, images: "tuple[NDArray[np.uint8], ...]") -> None:
        """Has every look of the run show these images.

        Args:
            images: (H, W, 3) uint8 RGB; none for none.

        Raises:
            ModelUnavailable: there is no video-LLM to show them to.
        """
        self._images, self._client = images, None
        if images and self.open_client() is None:
            raise ModelUnavailable(
                "an image is shown to a video-LLM, and there is none:"
                f" {self.failure or self._library.video_choice.reason}"
            )

    def open_client(self) -> "VlmClient | None":
        """The VLM client; None once the server has failed.

        Raises:
            ModelUnavailable: a model that was named, and is no server, is not there.
        """
        if self.failure:
            return None
        if self._images and self._client is not None:
            return self._client
        try:
            client = self._library.vlm_client
            self._client = client.with_images(self._images) if client and self._images else client
            return self._client
        except NotLocal:
            raise
        except ModelUnavailable as error:
            if not is_address(self._library.models.video):
                raise
            self.failure = f"the video model could not be reached: {error}"
            return None

    def planner_facts(self) -> "VideoPlanner | None":
        """Context and abilities of the video-LLM as a planner; None where it cannot plan."""
        from playhead_agent.choose_strategy import MIN_PLANNER_TOKENS, VideoPlanner

        try:
            choice = self._library.video_choice
            if choice.backend == "off" or not choice.forms:
                return None
            chat = self.chat()
            context = chat.known_context_tokens
            follows_schema = context >= MIN_PLANNER_TOKENS and chat.makes_calls()
            return VideoPlanner(choice.name, follows_schema or context < MIN_PLANNER_TOKENS, context)
        except NotLocal:
            raise
        except ModelUnavailable:
            return None  # reported by the first VLM call, where one is needed

    def chat(self) -> "LangChainChat":
        """The video-LLM as a chat model; capabilities are queried and weights loaded at first use.

        Raises:
            ModelUnavailable: there is none, or it cannot be reached.
        """
        if self._chat is None:
            self._chat = video_chat(self._library.video_choice, self._library.models)
        return self._chat

    def with_note(self, answer: Answer) -> Answer:
        """The answer, with a note that the server failed, or how the frames of its looks were chosen."""
        if self._images and not answer.cost.get("looks"):
            answer = replace(answer, notes=(*answer.notes, NOT_SHOWN))
        if not self.failure:
            note = self._client.look_note if self._client is not None and answer.cost.get("looks") else ""
            return replace(answer, notes=(*answer.notes, note)) if note else answer
        fallback = answer.fallback or self.failure
        return replace(answer, notes=(self.failure, *answer.notes), fallback=fallback)


@dataclass(slots=True)
class QuestionRun:
    """The run of one question on a library.

    Args:
        library: to be searched, and whose models answer.
        llm: name of a chat model; None for none.
        base_url: of an OpenAI-compatible server.
        caps: what the person limits, over the defaults of the strategy; a `Limits` replaces all of them.
        may_clarify: a person can answer a clarification question.
        images: paths of the images that are shown in every look.
    """

    library: QuestionLibrary
    llm: str | None = None
    base_url: str | None = None
    caps: "Caps | Limits | None" = None
    may_clarify: bool = False
    images: tuple[str, ...] = ()
    vlm: LibraryVlm = field(init=False)
    notes: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.vlm = LibraryVlm(self.library)

    def _show_images(self, images: tuple[str, ...]) -> None:
        """Reads the images of a question, and has every look show them.

        Raises:
            ImageUnreadable: a file is no image, or is too large or too small.
            ModelUnavailable: there is no video-LLM.
        """
        from playhead_tools.video_llm.images import read_images

        self.images = images
        self.vlm.show_images(read_images(images))

    def _restore(self, thread_id: str, saver: "SqliteSaver") -> "tuple[Strategy, Context]":
        """Strategy, images and run context of the last question of a thread."""
        from playhead_agent.run import images_of

        self._show_images(images_of(thread_id, saver))
        return self._strategy_and_context(self._strategy_of(thread_id, saver))

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
        self._show_images(self.images)
        chosen, context = self._strategy_and_context(strategy)
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

    def resume(
        self,
        thread_id: str,
        on_progress: Callable[[Progress], None],
        on_question: "Callable[[Clarify], str] | None",
    ) -> Answer:
        """The answer to the last question of a thread, whose run was cut short."""
        from playhead_agent.run import complete

        def run_to_end(saver: "SqliteSaver") -> Answer:
            chosen, context = self._restore(thread_id, saver)
            return complete(
                thread_id, context=context, strategy=chosen, checkpointer=saver,
                on_progress=on_progress, on_question=on_question,
            )  # fmt: skip

        return self._run(run_to_end)

    def stream(self, question: Question, strategy: str) -> Iterator[Progress | Answer]:
        """Yields progress, then the answer."""
        from playhead_agent.run import stream

        _check_scope(question, strategy)
        self._show_images(self.images)
        chosen, context = self._strategy_and_context(strategy)
        with self._checkpointer() as saver:
            for step in stream(question, context=context, strategy=chosen, checkpointer=saver):
                yield self._with_notes(step) if isinstance(step, Answer) else step

    def reply(self, thread_id: str, text: str) -> Iterator[Progress | Answer]:
        """Yields progress and the answer after a clarification question was answered."""
        from playhead_agent.run import reply

        with self._checkpointer() as saver:
            chosen, context = self._restore(thread_id, saver)
            for step in reply(thread_id, text, context=context, strategy=chosen, checkpointer=saver):
                yield self._with_notes(step) if isinstance(step, Answer) else step

    def _strategy_of(self, thread_id: str, saver: "SqliteSaver") -> str:
        from playhead_agent.run import strategy_of

        return strategy_of(thread_id, saver) or RULES

    def _strategy_and_context(self, name: str) -> "tuple[Strategy, Context]":
        """A strategy by its name, and its run context.

        Raises:
            ModelUnavailable: it needs a model that is not there; the message says why it is not.
        """
        from playhead_agent.choose_strategy import route
        from playhead_agent.limits import Caps
        from playhead_agent.state import Context

        if self.library.models.local_only:
            refuse_tracing()
        plans_by_video = False
        if name == AUTO:
            has_chat = self.llm is not None or self.library.chat_choice is not None
            routed = route(has_chat=has_chat, video=None if has_chat else self.vlm.planner_facts())
            name, plans_by_video = routed.strategy, routed.plans_by_video
            self.notes += [routed.note] if routed.note else []
        elif name == PLANNER and self.llm is None and self.library.chat_choice is None:
            plans_by_video = route(has_chat=False, video=self.vlm.planner_facts()).plans_by_video
        strategy = load_strategy(name)
        limits = self.caps.applied_to(strategy.limits) if isinstance(self.caps, Caps) else self.caps
        library = self.library
        chat = library.chat_model(self.llm, self.base_url)
        if chat is None and plans_by_video:
            chat = self.vlm.chat()
        context = Context(
            library.searcher, library.catalog, None if chat is None else chat.model, chat,
            limits=limits or strategy.limits, open_vlm_client=self.vlm.open_client,
            calibration=Calibration.load(library.folder), may_clarify=self.may_clarify, images=self.images,
        )  # fmt: skip
        missing = strategy.missing(context)
        if missing:
            raise ModelUnavailable(f"{missing}{self._why_no_video_model(name)}")
        return strategy, context

    def _why_no_video_model(self, strategy: str) -> str:
        if strategy not in BASELINES:
            return ""
        return f": {self.vlm.failure or self.library.video_choice.reason}"

    def _run(self, ask: RunQuestion) -> Answer:
        """Runs with stored checkpoints, or with checkpoints in memory where the library is read-only."""
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
        """The checkpointer of a run; in memory, with a note, where the library is read-only."""
        from playhead_agent.persistence.checkpoints import (
            open_checkpointer,
            open_copied_checkpointer,
            prune_checkpoints,
        )

        with ExitStack() as stack:
            try:
                saver = stack.enter_context(open_checkpointer(self.library.folder))
            except (LibraryReadOnly, DiskFull) as error:
                self.notes.append(self._not_saved(error))
                saver = stack.enter_context(open_copied_checkpointer(self.library.folder))
            yield saver
            prune_checkpoints(saver)

    def _not_saved(self, error: PlayheadError) -> str:
        return f"this conversation is not saved: {self.library.catalog.note or error}"

    def _with_notes(self, answer: Answer, *notes: str) -> Answer:
        """The answer with the notes of this run added."""
        catalog_notes = [] if notes or not self.library.catalog.note else [self.library.catalog.note]
        answer = self.vlm.with_note(answer)
        return replace(
            answer, notes=tuple(dict.fromkeys((*answer.notes, *self.notes, *catalog_notes, *notes)))
        )
