"""The keeper that the product ships: fewer visual tokens, budgeted by the question."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.compression.guided import Sought, fit_of_words, keep_guided, sought
from playhead_tools.compression.records import KeptTokens, precise
from playhead_tools.video_llm.token_selection import SeenClip

WordVectors = Callable[[str], NDArray[np.float32]]
"""(W, D) the language model's own vectors of a text's tokens; `TransformersVideoLLM.word_vectors` is one."""


class PictureScores(Protocol):
    """How well the pictures of a library fit a text, by the vectors of its index."""

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
        picture_scores: asked first; words are compared where it is None or has nothing for a video.

    Raises:
        ValueError: the ratio is not above 0 and at most 1.
    """

    ratio: float
    word_vectors: WordVectors
    picture_scores: PictureScores | None = None

    def __post_init__(self) -> None:
        if not 0 < self.ratio <= 1:
            raise ValueError(
                f"the part of the tokens to keep must be above 0 and at most 1, got {self.ratio}"
            )

    def __call__(
        self, clips: Sequence[SeenClip], question: str, most_tokens: int | None, /
    ) -> list[KeptTokens]:
        """The tokens to keep of each clip; a budget of all clips is shared in the ratio of their sizes.

        Raises:
            TokenBudgetExceeded: a clip's share does not hold one token of one step.
        """
        shares = [floor(self.ratio * seen.all_tokens) for seen in clips]
        total = sum(shares)
        if most_tokens is not None and total > most_tokens:
            shares = [most_tokens * share // total for share in shares]
        wanted = sought(question)
        return [self._of(seen, share, wanted) for seen, share in zip(clips, shares, strict=True)]

    def _of(self, seen: SeenClip, budget: int, wanted: Sought) -> KeptTokens:
        if budget >= seen.all_tokens:
            return seen.every
        scores = np.zeros(len(seen.tokens)) if wanted.of_the_whole else self._scores(seen, wanted.texts)
        pts_s, whole = seen.tokens.pts_s, wanted.of_the_whole
        kept = keep_guided(seen.order, scores, pts_s, seen.costs, budget, of_the_whole=whole)
        if seen.own is None:
            return kept
        mine = kept.indices[torch().isin(kept.indices, seen.own)]
        return KeptTokens(mine, kept.tokens_per_frame, pts_s)

    def _scores(self, seen: SeenClip, texts: Sequence[str]) -> NDArray[np.float64]:
        if self.picture_scores is not None:
            found = self.picture_scores(seen.clip.video_id, seen.tokens.pts_s, texts)
            if found is not None:
                return found
        vectors = torch().from_numpy(np.concatenate([self.word_vectors(text) for text in texts]))
        return fit_of_words(seen.tokens, vectors.to(precise(seen.tokens.tokens).dtype))
