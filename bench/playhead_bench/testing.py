"""Test doubles of the evaluation, without a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from playhead_bench.evaluate.answerer import AnswererReply, FrameClip
from playhead_tools.video_llm.parse_response import with_options


@dataclass(slots=True)
class ScriptedAnswerer:
    """A `ClipAnswerer` with scripted replies, for tests; records its calls.

    Args:
        script: the reply to (clip, question, options), or the replies in turn.
        tokens_a_frame: visual tokens that a frame is counted as.
        name: what it is called.
        revision: which state of it this is.

    >>> ScriptedAnswerer(["B"]).answer(None, "Which?", ["one", "two"]).text
    'B'
    """

    script: Callable[[FrameClip | None, str, Sequence[str]], str] | Sequence[str]
    tokens_a_frame: int = 10
    name: str = "scripted"
    revision: str = "1"
    calls: list[tuple[FrameClip | None, str, tuple[str, ...]]] = field(default_factory=list, init=False)

    def answer(self, clip: FrameClip | None, question: str, options: Sequence[str] = ()) -> AnswererReply:
        """The scripted reply.

        Raises:
            LookupError: every reply of the script has been given.
        """
        number = len(self.calls)
        self.calls.append((clip, question, tuple(options)))
        if callable(self.script):
            text = self.script(clip, question, options)
        elif number < len(self.script):
            text = self.script[number]
        else:
            raise LookupError(f"the script has {len(self.script)} replies, and one more was asked for")
        frames = 0 if clip is None else len(clip)
        tokens = frames * self.tokens_a_frame
        return AnswererReply(text, frames, tokens, tokens + len(with_options(question, options).split()))
