"""A video-LLM that replays: for tests and demonstrations without a model."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel

from playhead_tools.video_llm.choose_frames import choose_evenly, frames_to_show, max_frames_in_budget
from playhead_tools.video_llm.protocol import FrameChooser, PromptFrame, VlmRequest, VlmResponse, YesNo
from playhead_tools.video_llm.usage import Report

ScriptedReply = str | dict[str, Any] | BaseModel | YesNo | BaseException


class ScriptedVideoLLM:
    """Gives the replies of a script, one a call, and stores the requests.

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


def _text(reply: str | dict[str, Any] | BaseModel | YesNo) -> str:
    if isinstance(reply, YesNo):
        return "Yes" if reply.yes >= reply.no else "No"
    if isinstance(reply, BaseModel):
        return reply.model_dump_json()
    return reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
