"""Test doubles of this package, for tests and for examples, without an index or a model.

The scripted ones give what a script says and store the queries or requests.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel

from playhead_index.search.results import Query, SearchResult
from playhead_index.store.catalog import Catalog
from playhead_index.window import Window
from playhead_tools.region import Region
from playhead_tools.video_llm.choose_frames import choose_evenly, frames_to_show, max_frames_in_budget
from playhead_tools.video_llm.client import Observation, VlmClient
from playhead_tools.video_llm.parse_response import with_options
from playhead_tools.video_llm.protocol import (
    Budget,
    Clip,
    FrameChooser,
    PromptFrame,
    VideoLLM,
    VlmRequest,
    VlmResponse,
    YesNo,
)
from playhead_tools.video_llm.refusals import is_refusal
from playhead_tools.video_llm.usage import Report

ScriptedReply = str | dict[str, Any] | BaseModel | YesNo | BaseException


class ScriptedFinder:
    """A `Finder` that gives the results of a script, in order or by a function, and stores the queries.

    Args:
        script: results in order, or a function from query to result.
    """

    def __init__(self, script: Sequence[SearchResult] | Callable[[Query], SearchResult]) -> None:
        self.queries: list[Query] = []
        self._script = script

    def search(self, query: Query) -> SearchResult:
        """The next result.

        Raises:
            LookupError: the script is at its end.
        """
        self.queries.append(query)
        if callable(self._script):
            return self._script(query)
        if len(self.queries) > len(self._script):
            raise LookupError(
                f"the script holds {len(self._script)} results, this is search {len(self.queries)}"
            )
        return self._script[len(self.queries) - 1]


class ScriptedVideoLLM:
    """A `VideoLLM` that gives the replies of a script, one a call, and stores the requests.

    A string is returned as it is; a dict or a form as JSON; a `YesNo` as the likelier word with its
    log-probabilities; an exception is raised, as a model that is away would. Budgets are kept: frames are
    chosen, and every one of them counts the same number of tokens.

    Args:
        script: replies in order, or a function from the call and the frames shown to a reply.
        name: how it is named in reports.
        choose: chooses frames when there are too many.
        tokens_per_frame: visual tokens that a frame counts.
    """

    def __init__(
        self,
        script: Sequence[ScriptedReply] | Callable[[VlmRequest, tuple[PromptFrame, ...]], ScriptedReply],
        *,
        name: str = "scripted",
        choose: FrameChooser = choose_evenly,
        tokens_per_frame: int = 16,
    ) -> None:
        self.name = name
        self.requests: list[VlmRequest] = []
        self._script, self._choose, self._tokens_per_frame = script, choose, tokens_per_frame

    def generate(self, request: VlmRequest) -> VlmResponse:
        """The next reply.

        Raises:
            LookupError: the script is at its end.
            TokenBudgetExceeded: not one frame fits the visual tokens.
        """
        self.requests.append(request)
        prompt_frames = frames_to_show(
            request, self._choose, max_frames_in_budget(request, self._tokens_per_frame)
        )
        reply = self._next(request, prompt_frames)
        if isinstance(reply, BaseException):
            raise reply
        report = Report(
            model=self.name,
            frames_given=sum(len(clip) for clip in request.clips),
            frames_shown=len(prompt_frames),
            total_s=0.0,
            visual_tokens_given=sum(len(clip) for clip in request.clips) * self._tokens_per_frame,
            visual_tokens_kept=len(prompt_frames) * self._tokens_per_frame,
            prefill_s=0.0,
            decode_s=0.0,
        )
        return VlmResponse(_text(reply), prompt_frames, report, reply if isinstance(reply, YesNo) else None)

    def _next(self, request: VlmRequest, prompt_frames: tuple[PromptFrame, ...]) -> ScriptedReply:
        if callable(self._script):
            return self._script(request, prompt_frames)
        if len(self.requests) > len(self._script):
            raise LookupError(
                f"the script holds {len(self._script)} replies, this is call {len(self.requests)}"
            )
        return self._script[len(self.requests) - 1]


class BlankFrameClient(VlmClient):
    """A VLM client for which every window is the same two black frames, with a plain prompt.

    It decodes nothing and caches nothing.

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
        overview: Window | None = None,
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


def _text(reply: str | dict[str, Any] | BaseModel | YesNo) -> str:
    if isinstance(reply, YesNo):
        return "Yes" if reply.yes >= reply.no else "No"
    if isinstance(reply, BaseModel):
        return reply.model_dump_json()
    return reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)


class FixedMemory:
    """A `FreeMemory` of which always the same is free, and that counts how often it gave something back.

    Args:
        free: bytes; None where it is not known.
    """

    def __init__(self, free: int | None) -> None:
        self.free, self.num_released = free, 0

    def free_bytes(self, device: str, /) -> int | None:
        """The bytes that were given."""
        return self.free

    def release(self, device: str, /) -> None:
        """Counts the call."""
        self.num_released += 1
