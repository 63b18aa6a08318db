"""A run followed to its answer: progress told, questions back answered by whoever asked."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from playhead_agent.progress import Progress
from playhead_index.errors import LibraryError
from playhead_tools.evidence import Answer

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from playhead_agent.clarify import Clarify
    from playhead_agent.state import Context


def follow(
    steps: Iterator[Progress | Answer],
    context: "Context",
    saver: "BaseCheckpointSaver[str]",
    on_progress: Callable[[Progress], None],
    on_question: "Callable[[Clarify], str] | None",
) -> Answer:
    """The answer at the end of a run.

    Args:
        steps: of `playhead_agent.run.stream`.
        context: of the run.
        saver: that keeps it.
        on_progress: called as the run goes.
        on_question: answers a question back; None when nobody can.

    Raises:
        LibraryError: the run ended without an answer.
    """
    from playhead_agent.clarify import Clarify
    from playhead_agent.run import reply

    for step in steps:
        if isinstance(step, Answer):
            return step
        if isinstance(step, Clarify) and on_question is not None:
            more = reply(step.thread_id, on_question(step), context=context, checkpointer=saver)
            return follow(more, context, saver, on_progress, on_question)
        on_progress(step)
    raise LibraryError("the run ended without an answer")
