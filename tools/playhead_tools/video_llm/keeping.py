"""Which visual tokens a language model gets to see: the door for text-guided compression."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from playhead_tools.compression.plan import TokenCosts
from playhead_tools.compression.records import ClipTokens, KeptTokens
from playhead_tools.video_llm.prompt import ShownClip
from playhead_tools.video_llm.protocol import Clip


@dataclass(frozen=True, slots=True, eq=False)
class SeenClip:
    """A clip of a call after the vision encoder, for who chooses among its tokens.

    Args:
        clip: as it was given.
        shown: which of its frames were encoded, with their numbers in the prompt.
        tokens: (N, T, D) features with the time of each step; a step is a frame, or the frames that the model
            joins into one, at their mean time.
        costs: what the tokens cost, the words around them counted.
    """

    clip: Clip
    shown: ShownClip
    tokens: ClipTokens
    costs: TokenCosts


class TokenKeeper(Protocol):
    """Chooses the tokens that a question needs."""

    def __call__(
        self, clips: Sequence[SeenClip], question: str, most_tokens: int | None, /
    ) -> Sequence[KeptTokens]:
        """The tokens to keep of each clip, ascending; together at most `most_tokens` as `costs` count them.

        A step that keeps none is not shown at all: what is written around its tokens goes too.
        """
        ...
