"""The default token selection: fewer visual tokens, budgeted by the question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.compression.records import SelectedTokens, upcast_half
from playhead_tools.compression.text_guided import (
    QuestionFocus,
    fit_of_words,
    question_focus,
    select_guided_tokens,
)
from playhead_tools.video_llm.token_selection import TokenizedClip
from playhead_tools.video_llm.token_shares import LookBudget, select_within

WordVectors = Callable[[str], NDArray[np.float32]]
"""(W, D) the language model's own vectors of a text's tokens; `TransformersVideoLLM.word_vectors` is one."""


class FrameScores(Protocol):
    """How well the frames of a library fit a text, by the vectors of its index."""

    def __call__(
        self, video_id: str, pts_s: NDArray[np.float64], texts: Sequence[str], /
    ) -> NDArray[np.float64] | None:
        """(N,) for the picture nearest to each time, its fit to the best of the texts; None without one."""
        ...


@dataclass(frozen=True, slots=True)
class GuidedTokens:
    """A `TokenKeeper` that keeps at most a part of each clip's tokens, those that the question needs.

    How many each step gets follows from the question; which ones, from a ranking that no question changes and
    that is cached with the clip, so that a second question pays for the selection alone. A question about all
    of a clip gets evenly spread steps. At ratio 1 everything is kept that a model without a keeper keeps.

    Args:
        ratio: most tokens kept / given (`LookBudget`).
        word_vectors: of the model that the tokens are for.
        frame_scores: asked first; words are compared where it is None or has nothing for a video.
        whole_tokens: a look of at most so many tokens is kept whole (`LookBudget`).

    Raises:
        ValueError: the ratio is not above 0 and at most 1.
    """

    ratio: float
    word_vectors: WordVectors
    frame_scores: FrameScores | None = None
    whole_tokens: int = 0

    def __post_init__(self) -> None:
        LookBudget(self.ratio, self.whole_tokens)

    def __call__(
        self, clips: Sequence[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        """The tokens to keep of each clip; a budget of all clips is shared in the ratio of their sizes.

        Raises:
            TokenBudgetExceeded: a clip's share does not hold one token of one step.
        """
        budget, focus = LookBudget(self.ratio, self.whole_tokens), question_focus(question)
        shares = budget.shares([clip.all_tokens for clip in clips], max_tokens)
        return select_within(clips, shares, lambda clip, share: self._select_tokens(clip, share, focus))

    def _select_tokens(self, clip: TokenizedClip, budget: int, focus: QuestionFocus) -> SelectedTokens:
        scores = np.zeros(len(clip.tokens)) if focus.is_global else self._scores(clip, focus.texts)
        pts_s, is_global = clip.tokens.pts_s, focus.is_global
        return select_guided_tokens(clip.order, scores, pts_s, clip.costs, budget, is_global=is_global)

    def _scores(self, clip: TokenizedClip, texts: Sequence[str]) -> NDArray[np.float64]:
        if self.frame_scores is not None:
            scores = self.frame_scores(clip.clip.video_id, clip.tokens.pts_s, texts)
            if scores is not None:
                return scores
        vectors = torch().from_numpy(np.concatenate([self.word_vectors(text) for text in texts]))
        return fit_of_words(clip.tokens, vectors.to(upcast_half(clip.tokens.tokens).dtype))
