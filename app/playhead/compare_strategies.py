"""One question answered by several strategies, side by side."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playhead_agent.strategies import AUTO, PLANNER, check_strategy, strategy_names
from playhead_index.errors import PlayheadError
from playhead_index.window import Window
from playhead_tools.evidence import Answer

if TYPE_CHECKING:
    from playhead.library import Library


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer of one strategy, or its error.

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
    library: "Library", question: str, strategies: Sequence[str] = (), **ask_options: Any
) -> Iterator[Comparison]:
    """What each strategy answers, in their order, as they come; one that cannot run says why, the rest go on.

    Models are loaded before the first strategy runs, and no strategy uses cached observations of another, so
    that each pays for its own.

    Args:
        library: to be searched.
        question: in the person's words.
        strategies: names of some; for none all but `auto`, and `planner` only with a chat model.
        ask_options: further arguments of `Library.ask`.

    Raises:
        ValueError: there is no such strategy.
        LibraryError: the library cannot be opened, or a video named in `ask_options` is not in it.
    """
    has_chat = ask_options.get("llm") is not None or library.chat_choice is not None
    without = (AUTO,) if has_chat else (AUTO, PLANNER)
    names = strategies or tuple(name for name in strategy_names() if name not in without)
    for name in names:
        check_strategy(name)
    library.scope(ask_options.get("videos"), ask_options.get("window"))
    _load_models(library, question)
    for name in names:
        try:
            library.clear_observations()
            row = Comparison(name, library.ask(question, strategy=name, **ask_options))
        except PlayheadError as error:
            row = Comparison(name, None, str(error), type(error).__name__)
        yield row


def _load_models(library: "Library", question: str) -> None:
    """Loads the search and the video-LLM by using each once; what fails here is reported by each strategy."""
    with suppress(PlayheadError):
        library.search(question, limit=1)
    with suppress(PlayheadError):
        videos = library.catalog.videos()
        if library.vlm_client is not None and videos:
            library.vlm_client.observe(videos[0].video_id, Window(0.0, 1.0), "What is shown?", frames=2)
