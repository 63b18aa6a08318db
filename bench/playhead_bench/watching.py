"""Questions about what is shown: picture search finds the moment, nano-vlm looks at its clip."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from playhead import Library
from playhead.models import ModelNames, encoder_callables
from playhead_bench.evaluate.finder import LibraryFinder
from playhead_bench.evaluate.sample import Sample
from playhead_bench.evaluate.sampling import FrameSource
from playhead_bench.evaluate.strategies.desk import Desk
from playhead_bench.evaluate.strategies.searched import SEARCH
from playhead_bench.evaluate.transformers_answerer import TransformersAnswerer
from playhead_bench.nano.profile import folder_of
from playhead_bench.tour import clip_questions, truth_of
from playhead_bench.world.script import Story
from playhead_index.errors import ModelUnavailable
from playhead_index.window import Window


@dataclass(frozen=True, slots=True)
class Watched:
    """A question about what is shown, and what was made of it.

    Args:
        sample: the question with its gold answer and windows.
        window: that was watched; None when the search found nothing.
        reply: of the model, as it gave it; empty when nothing was watched.
    """

    sample: Sample
    window: Window | None
    reply: str


@dataclass(frozen=True, slots=True)
class Watcher:
    """Answers questions about what made videos show.

    Args:
        desk: the answerer, the files and the search.
    """

    desk: Desk

    def watch(self, story: Story, most: int, seed: int = 0) -> Iterator[Watched]:
        """Questions about a story's video, each answered from the best moment of the search alone."""
        for sample in clip_questions(story, most, seed):
            outcome = SEARCH.answer(sample, self.desk)
            shown = [call.request.window for call in outcome.calls if call.request is not None]
            yield Watched(sample, shown[0] if shown else None, outcome.text)

    def show(self, console: Console, story: Story, most: int, seed: int = 0) -> None:
        """Prints `watch` as it goes, what is true under each answer."""
        for one in self.watch(story, most, seed):
            console.print(f"\n[bold]{one.sample.question}[/]", highlight=False)
            reply = "no moment was found" if one.window is None else f"{one.reply}  [dim]at[/] {one.window}"
            console.print(reply, highlight=False)
            truth = truth_of(one.sample.answer or "", one.sample.windows)
            console.print(f"truth: {truth}", style="dim", markup=False, highlight=False)


def load_watcher(library: Path, name: str, path: Path) -> Watcher:
    """A watcher over one video of a library, by nano-vlm.

    Args:
        library: the folder, with the video indexed.
        name: what questions call the video.
        path: of its file.

    Raises:
        ModelUnavailable: nano-vlm is not here, or the library has no picture vectors.
    """
    answerer = TransformersAnswerer(folder_of("video"))
    opened = Library(library, ModelNames())
    if encoder_callables(opened.models, library).picture is None:
        raise ModelUnavailable(f"{library} has no picture vectors to find a moment by; index with nano-clip")
    finder = LibraryFinder(opened, {name: path}, lanes=("picture",))
    return Watcher(Desk(answerer, FrameSource({name: path}), finder))
