"""A finder that points at moments of the made library, and a model that sees a dog; nothing is decoded."""

from collections.abc import Callable, Sequence

from tests.tools.made_library import LECTURE, WordFinder

from playhead_agent.limits import Limits
from playhead_agent.state import Context
from playhead_agent.testing import ScriptedChatModel
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.testing import BlankFrameClient, ScriptedFinder, ScriptedReply, ScriptedVideoLLM
from playhead_tools.video_llm.protocol import PromptFrame, VlmRequest, YesNo

SHOWN = [(n + 1, LECTURE, Window(n * 14.0, n * 14.0 + 8.0), 1.0 - n / 100) for n in range(20)]
"""What the picture lane gives for every query: 20 moments of 8 s, the best first."""
JUMPS_S = (16.0, 100.0, 200.0)
"""The dog jumps at these times, and stands still else."""
SWIMS_S = (100.0,)
"""The dog swims once, at no moment that a search ranks first."""


def tell(asked: VlmRequest, shown: tuple[PromptFrame, ...]) -> ScriptedReply:
    """What is to be seen of the dog in a clip."""
    times_s = SWIMS_S if "swim" in asked.question else JUMPS_S
    jumps = any(time_s in asked.clips[0].window for time_s in times_s)
    if asked.yes_no:
        return YesNo(yes=-0.1, no=-2.4) if jumps else YesNo(yes=-3.0, no=-0.05)
    return "The dog jumps over the fence." if jumps else "The dog stands still."


class World:
    """Contexts of one made library; all looks are counted, however often it is opened anew."""

    def __init__(
        self,
        catalog: Catalog,
        says: Sequence[ScriptedReply] | Callable[[VlmRequest, tuple[PromptFrame, ...]], ScriptedReply] = tell,
        moments: int = len(SHOWN),
    ) -> None:
        self.catalog = catalog
        self.model = ScriptedVideoLLM(says)
        self.finder = ScriptedFinder(WordFinder(catalog, frames=SHOWN[:moments]).search)

    def context(self, *, chat: ScriptedChatModel | None = None, limits: Limits | None = None) -> Context:
        """A context as a process that has just started has it: nothing that was seen is in its memory."""
        vlm_client = BlankFrameClient(self.catalog, self.model)
        return Context(
            self.finder, self.catalog, chat, limits=limits or Limits(), open_vlm_client=lambda: vlm_client
        )

    @property
    def looks(self) -> list[tuple[Window, str]]:
        """The window and the question of each look that the model was asked for, in order."""
        return [(asked.clips[0].window, asked.question) for asked in self.model.requests]
