"""Questions about what is shown: the agent searches, looks through nano-vlm at clips, and reckons."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from playhead import Library
from playhead.models import ModelNames, encoder_callables
from playhead_bench.evaluate.sample import Sample
from playhead_bench.nano.profile import folder_of
from playhead_bench.synthetic_planner import RULES
from playhead_bench.tour import clip_questions, truth_of
from playhead_bench.world.script import Story
from playhead_index.errors import ModelUnavailable
from playhead_tools.evidence import Answer

Ask = Callable[[str, tuple[str, ...]], Answer]
"""The answer to a question with its options."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A question about what is shown, and what was made of it.

    Args:
        sample: the question with its options, its gold answer and windows.
        answer: the agent's.
    """

    sample: Sample
    answer: Answer


@dataclass(frozen=True, slots=True)
class Watcher:
    """Answers questions about what made videos show.

    Args:
        ask: the agent.
    """

    ask: Ask

    def watch(self, story: Story, most: int, seed: int = 0) -> Iterator[Watched]:
        """Questions about a story's video, each with the agent's answer."""
        for sample in clip_questions(story, most, seed):
            yield Watched(sample, self.ask(sample.question, sample.options))

    def show(self, console: Console, story: Story, most: int, seed: int = 0) -> None:
        """Prints `watch` as it goes, with what each answer took and what is true."""
        for one in self.watch(story, most, seed):
            choices = " / ".join(one.sample.options)
            console.print(f"\n[bold]{one.sample.question}[/]  [dim]{choices}[/]", highlight=False)
            console.print(f"{told(one)}  [dim]{bill(one.answer)}[/]", highlight=False)
            truth = truth_of(one.sample.answer or "", one.sample.windows)
            console.print(f"truth: {truth}", style="dim", markup=False, highlight=False)


def told(one: Watched) -> str:
    """The option that was chosen and where it was seen, or why none was."""
    answer, windows = one.answer, ", ".join(str(interval.window) for interval in one.answer.intervals)
    if answer.choice is None:
        return answer.text.splitlines()[0]
    chosen = one.sample.options[answer.choice]
    return f"{chosen}, seen at {windows}" if windows else chosen


def bill(answer: Answer) -> str:
    """What an answer took: `6 looks at 48 frames`."""
    return f"{answer.cost['looks']:.0f} looks at {answer.cost['frames']:.0f} frames"


def load_watcher(library: Path, path: Path) -> Watcher:
    """A watcher over one video of a library, by nano-vlm.

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
    return Watcher(
        lambda question, options: opened.ask(
            question, videos=[str(path)], options=options, strategy=RULES.name
        )
    )
