"""A VLM client for tests and benchmarks of the code around it: decodes nothing and caches nothing."""

import numpy as np

from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.region import Region
from playhead_tools.video_llm.client import Observation, VlmClient
from playhead_tools.video_llm.parse_response import with_options
from playhead_tools.video_llm.protocol import Budget, Clip, VideoLLM, VlmRequest
from playhead_tools.video_llm.refusals import is_refusal


class BlankFrameClient(VlmClient):
    """A VLM client for which every window is the same two black frames, with a plain prompt.

    Args:
        catalog: the library, whose files need not exist.
        model: that answers, such as `ScriptedVideoLLM`.
    """

    def __init__(self, catalog: Catalog, model: VideoLLM) -> None:
        super().__init__(catalog, model, plain_prompt=True)
        self.model = model
        self._black = np.zeros((2, 8, 8, 3), np.uint8)

    def observe(
        self,
        video_id: str,
        window: Window,
        question: str,
        *,
        options: tuple[str, ...] = (),
        yes_no: bool = False,
        frames: int | None = None,
        region: Region | None = None,
    ) -> Observation:
        """The observation of a window; errors are those of the model."""
        times_s = np.array([window.start_s, (window.start_s + window.end_s) / 2])
        clip = Clip(video_id, window, times_s, self._black)
        request = VlmRequest(
            (clip,), with_options(question, options), Budget(frames=2), yes_no=yes_no, plain_prompt=True
        )
        reply = self.model.generate(request)
        p_yes = None if reply.yes_no is None else reply.yes_no.p_yes
        refused = is_refusal(reply.text, yes_no=yes_no)
        times = tuple(times_s.tolist())
        return Observation(
            video_id, window, request.question, reply.text, times, p_yes, 2, 32, refused=refused
        )
