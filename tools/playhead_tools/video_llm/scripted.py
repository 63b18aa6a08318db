"""A video-LLM that replays: for tests and demonstrations without a model."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel

from playhead_tools.video_llm.choose_frames import evenly, frames_to_show, most_frames
from playhead_tools.video_llm.protocol import FrameChooser, ShownFrame, VlmRequest, VlmResponse, YesNo
from playhead_tools.video_llm.usage import Report

Said = str | dict[str, Any] | BaseModel | YesNo | BaseException


class ScriptedVideoLLM:
    """Gives the replies of a script, one a call, and keeps what it was asked.

    A string is said as it is; a dict or a form as JSON; a `YesNo` as the likelier word with its
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
        script: Sequence[Said] | Callable[[VlmRequest, tuple[ShownFrame, ...]], Said],
        *,
        name: str = "scripted",
        choose: FrameChooser = evenly,
        tokens_per_frame: int = 16,
    ) -> None:
        self.name = name
        self.asked: list[VlmRequest] = []
        self._script, self._choose, self._tokens_per_frame = script, choose, tokens_per_frame

    def watch(self, asked: VlmRequest) -> VlmResponse:
        """The next reply.

        Raises:
            LookupError: the script is at its end.
            TokenBudgetExceeded: not one frame fits the visual tokens.
        """
        self.asked.append(asked)
        shown = frames_to_show(asked, self._choose, most_frames(asked, self._tokens_per_frame))
        said = self._next(asked, shown)
        if isinstance(said, BaseException):
            raise said
        report = Report(
            model=self.name,
            frames_given=sum(len(clip) for clip in asked.clips),
            frames_shown=len(shown),
            total_s=0.0,
            visual_tokens_given=sum(len(clip) for clip in asked.clips) * self._tokens_per_frame,
            visual_tokens_kept=len(shown) * self._tokens_per_frame,
            prefill_s=0.0,
            decode_s=0.0,
        )
        return VlmResponse(_text(said), shown, report, said if isinstance(said, YesNo) else None)

    def _next(self, asked: VlmRequest, shown: tuple[ShownFrame, ...]) -> Said:
        if callable(self._script):
            return self._script(asked, shown)
        if len(self.asked) > len(self._script):
            raise LookupError(f"the script holds {len(self._script)} replies, this is call {len(self.asked)}")
        return self._script[len(self.asked) - 1]


def _text(said: str | dict[str, Any] | BaseModel | YesNo) -> str:
    if isinstance(said, YesNo):
        return "Yes" if said.yes >= said.no else "No"
    if isinstance(said, BaseModel):
        return said.model_dump_json()
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
