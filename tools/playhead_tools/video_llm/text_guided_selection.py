"""The default token selection: fewer visual tokens, budgeted by the question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.compression.records import ClipTokens, SelectedTokens, upcast_half
from playhead_tools.compression.text_guided import (
    QuestionFocus,
    fit_of_words,
    question_focus,
    select_guided_tokens,
)
from playhead_tools.video_llm.token_selection import TokenizedClip

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
        ratio: most tokens kept / given, above 0 and at most 1; the words and marks around a clip's tokens
            are counted on both sides, as reports do.
        word_vectors: of the model that the tokens are for.
        frame_scores: asked first; words are compared where it is None or has nothing for a video.

    Raises:
        ValueError: the ratio is not above 0 and at most 1.
    """

    ratio: float
    word_vectors: WordVectors
    frame_scores: FrameScores | None = None

    def __post_init__(self) -> None:
        if not 0 < self.ratio <= 1:
            raise ValueError(
                f"the part of the tokens to keep must be above 0 and at most 1, got {self.ratio}"
            )

    def __call__(
        self, clips: Sequence[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        """The tokens to keep of each clip; a budget of all clips is shared in the ratio of their sizes.

        Raises:
            TokenBudgetExceeded: a clip's share does not hold one token of one step.
        """
        shares = [floor(self.ratio * clip.all_tokens) for clip in clips]
        total = sum(shares)
        if max_tokens is not None and total > max_tokens:
            shares = [max_tokens * share // total for share in shares]
        focus = question_focus(question)
        return [self._select_tokens(clip, share, focus) for clip, share in zip(clips, shares, strict=True)]

    def _select_tokens(self, clip: TokenizedClip, budget: int, focus: QuestionFocus) -> SelectedTokens:
        if budget >= clip.all_tokens:
            return clip.default_tokens
        steps, per_step, shown = clip.default_steps, clip.tokens.tokens_per_frame, clip.default_clip
        scores = (
            np.zeros(len(shown)) if focus.is_global else self._scores(clip.clip.video_id, shown, focus.texts)
        )
        chosen = select_guided_tokens(
            clip.order[steps], scores, shown.pts_s, clip.costs, budget, is_global=focus.is_global
        )
        indices = steps[chosen.frame_of] * per_step + chosen.place_of
        if clip.default_indices is not None:
            indices = indices[torch().isin(indices, clip.default_indices)]
        return SelectedTokens(indices, per_step, clip.tokens.pts_s)

    def _scores(self, video_id: str, shown: ClipTokens, texts: Sequence[str]) -> NDArray[np.float64]:
        if self.frame_scores is not None:
            scores = self.frame_scores(video_id, shown.pts_s, texts)
            if scores is not None:
                return scores
        vectors = torch().from_numpy(np.concatenate([self.word_vectors(text) for text in texts]))
        return fit_of_words(shown, vectors.to(upcast_half(shown.tokens).dtype))
