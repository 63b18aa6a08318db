"""Visual questions of the demo: the agent searches, runs nano-vlm on clips, and computes the answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from playhead import Library
from playhead.models import ModelNames, encoder_callables
from playhead_bench.demo_questions import clip_questions, truth_of
from playhead_bench.evaluate.sample import Sample
from playhead_bench.nano.profile import folder_of
from playhead_bench.synthetic_planner import RULES
from playhead_bench.world.story import Story
from playhead_index.errors import ModelUnavailable
from playhead_tools.evidence import Answer

AskQuestion = Callable[[str, tuple[str, ...]], Answer]
"""The answer to a question with its options."""


@dataclass(frozen=True, slots=True)
class AnsweredSample:
    """A visual question with the answer of the agent.

    Args:
        sample: the question with its options, its gold answer and windows.
        answer: the agent's.
    """

    sample: Sample
    answer: Answer


@dataclass(frozen=True, slots=True)
class ClipQuestionRunner:
    """Asks an agent visual questions about a synthetic video.

    Args:
        ask: the agent.
    """

    ask: AskQuestion

    def answers(self, story: Story, max_questions: int, seed: int = 0) -> Iterator[AnsweredSample]:
        """Questions about a story's video, each with the agent's answer."""
        for sample in clip_questions(story, max_questions, seed):
            yield AnsweredSample(sample, self.ask(sample.question, sample.options))

    def show(self, console: Console, story: Story, max_questions: int, seed: int = 0) -> None:
        """Prints the answers one by one, each with its cost and the true answer."""
        for one in self.answers(story, max_questions, seed):
            choices = " / ".join(one.sample.options)
            console.print(f"\n[bold]{one.sample.question}[/]  [dim]{choices}[/]", highlight=False)
            console.print(f"{describe_answer(one)}  [dim]{describe_cost(one.answer)}[/]", highlight=False)
            truth = truth_of(one.sample.answer or "", one.sample.windows)
            console.print(f"truth: {truth}", style="dim", markup=False, highlight=False)


def describe_answer(one: AnsweredSample) -> str:
    """The chosen option with its windows, or the text of the answer where none was chosen."""
    answer, windows = one.answer, ", ".join(str(interval.window) for interval in one.answer.intervals)
    if answer.choice is None:
        return answer.text.splitlines()[0]
    chosen = one.sample.options[answer.choice]
    return f"{chosen}, seen at {windows}" if windows else chosen


def describe_cost(answer: Answer) -> str:
    """The cost of an answer: `6 looks at 48 frames`."""
    return f"{answer.cost['looks']:.0f} looks at {answer.cost['frames']:.0f} frames"


def load_clip_question_runner(library: Path, path: Path) -> ClipQuestionRunner:
    """A runner for one video of a library, with nano-vlm.

    Args:
        library: the folder, with the video indexed.
        path: of its file.

    Raises:
        ModelUnavailable: nano-vlm is not here, or the library has no picture vectors.
    """
    folder_of("video")
    opened = Library(library, ModelNames(video="nano:"))
    if encoder_callables(opened.models, library).picture is None:
        raise ModelUnavailable(f"{library} has no picture vectors to find a moment by; index with nano-clip")
    return ClipQuestionRunner(
        lambda question, options: opened.ask(
            question, videos=[str(path)], options=options, strategy=RULES.name
        )
    )
