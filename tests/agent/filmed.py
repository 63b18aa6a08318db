"""A made library whose videos can be decoded, a finder that points at moments, and a model that sees dogs."""

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.made_videos import colours
from tests.tools.made_library import LECTURE, VIDEOS, WordFinder, make_library

from playhead_agent.limits import Limits
from playhead_agent.scripted import ScriptedChatModel
from playhead_agent.state import Context
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.eyes import Eyes
from playhead_tools.scripted import ScriptedFinder
from playhead_tools.video_llm.protocol import Asked, ShownFrame
from playhead_tools.video_llm.scripted import Said, ScriptedVideoLLM, YesNo

SHOWN = [(n + 1, LECTURE, Window(n * 14.0, n * 14.0 + 8.0), 1.0 - n / 100) for n in range(20)]
"""What the picture lane gives for every query: 20 moments of 8 s, the best first."""
JUMPS_S = (16.0, 100.0, 200.0)
"""The dog jumps at these times, and stands still else."""


def make_filmed(folder: Path) -> Catalog:
    """The made library with its files: plain colours, one picture a second."""
    catalog = make_library(folder)
    for name, duration_s in VIDEOS.values():
        colours(folder / name, [((200, 30, 30), duration_s / 2), ((30, 30, 200), duration_s / 2)], fps=1.0)
    return catalog


def tell(asked: Asked, shown: tuple[ShownFrame, ...]) -> Said:
    """What is to be seen of the dog in a clip."""
    jumps = any(time_s in asked.clips[0].window for time_s in JUMPS_S)
    if asked.yes_no:
        return YesNo(yes=-0.1, no=-2.4) if jumps else YesNo(yes=-3.0, no=-0.05)
    return "The dog jumps over the fence." if jumps else "The dog stands still."


class World:
    """Contexts of one made library, all looks of which are counted, however often it is opened anew."""

    def __init__(
        self,
        catalog: Catalog,
        says: Sequence[Said] | Callable[[Asked, tuple[ShownFrame, ...]], Said] = tell,
        frames: Sequence[tuple[int, str, Window, float]] = tuple(SHOWN),
    ) -> None:
        self.catalog = catalog
        self.model = ScriptedVideoLLM(says)
        self.finder = ScriptedFinder(WordFinder(catalog, frames=frames).search)

    def context(self, *, chat: ScriptedChatModel | None = None, limits: Limits | None = None) -> Context:
        """A context as a process that has just started has it: nothing that was seen is in its memory."""
        eyes = Eyes(self.catalog, self.model, bare=True)
        return Context(self.finder, self.catalog, chat, limits=limits or Limits(), open_eyes=lambda: eyes)

    @property
    def looks(self) -> list[tuple[Window, str]]:
        """The window and the question of each look that the model was asked for, in order."""
        return [(asked.clips[0].window, asked.question) for asked in self.model.asked]
