"""One question answered in several ways: the agent, and the plainer baselines that it must beat."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playhead_index.errors import ModelUnavailable, PlayheadError
from playhead_index.window import Window
from playhead_tools.evidence import Answer

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from playhead.library import Library
    from playhead_agent.state import Context
    from playhead_index.search.results import Scope

AGENT, TOOLS = "agent", "tools"
STRATEGIES = (AGENT, TOOLS, "uniform", "retrieve-once", "captions", "confidence-loop")
"""The agent by code, the agent by a chat model that calls tools, then `playhead_agent.baselines`."""


def check_strategy(name: str) -> None:
    """Nothing, when there is a strategy of this name.

    Raises:
        ValueError: there is none.
    """
    if name not in STRATEGIES:
        raise ValueError(f"no strategy is called {name!r}; there are {', '.join(STRATEGIES)}")


def answer_by(
    library: "Library",
    strategy: str,
    question: str,
    context: "Context",
    scope: "Scope | None",
    options: Sequence[str],
) -> Answer:
    """The answer of a baseline, by the video-LLM of a library.

    Raises:
        ValueError: there is no such baseline.
        ModelUnavailable: there is no video-LLM.
        ToolError: the question is empty, or no video is in scope.
    """
    from dataclasses import replace

    from playhead_agent.baselines.registry import LIMITS, answer_with

    check_strategy(strategy)
    eyes = library.eyes
    if eyes is None:
        raise ModelUnavailable(
            f"{strategy} needs a video-LLM, and there is none: {library.video_choice.reason}"
        )
    limited = replace(context, limits=LIMITS)
    return answer_with(strategy, question, context=limited, eyes=eyes, options=options, scope=scope)


def answer_with_tools(
    library: "Library",
    question: str,
    context: "Context",
    scope: "Scope | None",
    thread_id: str | None,
    saver: "BaseCheckpointSaver[str]",
) -> Answer:
    """The answer that a chat model works out by calling tools; every claim of it is checked by code.

    Raises:
        ModelUnavailable: no chat model was given.
    """
    from playhead_agent.with_tools.run import ask_with_tools
    from playhead_tools.toolbox.toolbox import Toolbox

    if context.chat is None:
        raise ModelUnavailable("the strategy 'tools' needs a chat model that calls tools; name one by --llm")
    toolbox = Toolbox(library.catalog, library.searcher, context.open_eyes())
    return ask_with_tools(
        question, context=context, toolbox=toolbox, checkpointer=saver, thread_id=thread_id, scope=scope
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one strategy made of a question.

    Args:
        strategy: its name.
        answer: None when it could not run.
        error: why it could not run; empty when it did.
        error_type: the class of the error.
    """

    strategy: str
    answer: Answer | None
    error: str = ""
    error_type: str = ""


def compare(
    library: "Library", question: str, strategies: Sequence[str] = (), **how: Any
) -> Iterator[Comparison]:
    """What each strategy answers, in their order, as they come; one that cannot run says why, the rest go on.

    Models are loaded before the first strategy runs, and no strategy uses cached observations of another, so
    that each pays for its own.

    Args:
        library: what is asked.
        question: in English.
        strategies: some of `STRATEGIES`; for none all of them, but `tools` only with a chat model.
        how: further arguments of `Library.ask`.

    Raises:
        ValueError: there is no such strategy.
        LibraryError: the library cannot be opened, or a video named in `how` is not in it.
    """
    without = () if how.get("llm") else (TOOLS,)
    names = strategies or tuple(name for name in STRATEGIES if name not in without)
    for name in names:
        check_strategy(name)
    library.scope(how.get("videos"), how.get("window"))
    _load_models(library, question)
    for name in names:
        try:
            library.forget_looks()
            row = Comparison(name, library.ask(question, strategy=name, **how))
        except PlayheadError as error:
            row = Comparison(name, None, str(error), type(error).__name__)
        yield row


def _load_models(library: "Library", question: str) -> None:
    """Loads the search and the video-LLM by using each once; what fails here is reported by each strategy."""
    with suppress(PlayheadError):
        library.search(question, limit=1)
    with suppress(PlayheadError):
        videos = library.catalog.videos()
        if library.eyes is not None and videos:
            library.eyes.look(videos[0].video_id, Window(0.0, 1.0), "What is shown?", frames=2)
