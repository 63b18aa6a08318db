"""Token selections without budgets from the question: evenly spread steps, and LongVU's rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.compression.frame_selection import uniform_frames
from playhead_tools.compression.longvu import HIGH_CELLS, LOW_CELLS, mix_resolutions
from playhead_tools.compression.prune_frames import prune_frames
from playhead_tools.compression.records import ClipTokens, SelectedTokens, upcast_half
from playhead_tools.compression.relevance import word_frame_scores, word_token_scores
from playhead_tools.video_llm.text_guided_selection import WordVectors
from playhead_tools.video_llm.token_selection import TokenizedClip
from playhead_tools.video_llm.token_shares import LookBudget, select_within


@dataclass(frozen=True, slots=True)
class UniformTokens:
    """A `TokenKeeper` that keeps whole steps evenly spread, whatever the question is.

    Of a budget below one whole step the middle step keeps tokens evenly spread over its picture.

    Args:
        budget: of a look.
    """

    budget: LookBudget

    def __call__(
        self, clips: Sequence[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        """The tokens to keep of each clip.

        Raises:
            TokenBudgetExceeded: a clip's share does not hold one token of one step.
        """
        shares = self.budget.shares([clip.all_tokens for clip in clips], max_tokens)
        return select_within(clips, shares, _even_steps)


@dataclass(frozen=True, slots=True)
class LongVuTokens:
    """A `TokenKeeper` by LongVU's three rules on any model's tokens (Shen et al., 2024, arXiv:2410.17434).

    Steps that look like their window go (`prune_frames`), those of the rest that fit the question best keep
    all tokens and the others a coarser grid (`mix_resolutions`), and what is still too much loses the tokens
    that repeat the first step of their window (`reduce_tokens`). LongVU compares frames by DINOv2 and takes
    the means of its coarse cells; a keeper has the tokens of the model, and keeps the one amid each coarse
    cell. The question is compared by the words' vectors in the language model, as LongVU does.

    Args:
        budget: of a look.
        word_vectors: of the model that the tokens are for.
    """

    budget: LookBudget
    word_vectors: WordVectors

    def __call__(
        self, clips: Sequence[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        """The tokens to keep of each clip.

        Raises:
            TokenBudgetExceeded: a clip's share does not hold one token of one step.
        """
        shares = self.budget.shares([clip.all_tokens for clip in clips], max_tokens)
        return select_within(clips, shares, lambda clip, share: self._select_tokens(clip, share, question))

    def _select_tokens(self, clip: TokenizedClip, budget: int, question: str) -> SelectedTokens:
        tokens, costs = clip.tokens, clip.costs
        pts_s, per_step = tokens.pts_s, tokens.tokens_per_frame
        room = budget - costs.around_clip
        _require_one(room - costs.around_frame, budget)
        at = prune_frames(tokens, room_frames=room // (per_step + costs.around_frame)).indices
        at = at[uniform_frames(len(at), min(len(at), room // (costs.around_frame + 1)))]
        places, high = coarse_places(per_step), tokens.frames(at)
        if len(places) == per_step:  # one token a step: there is nothing coarser
            places = places[:0]
        low = ClipTokens(high.tokens[:, torch().from_numpy(places)], high.pts_s)
        words = torch().from_numpy(self.word_vectors(question)).to(upcast_half(high.tokens).dtype)
        scores = word_frame_scores(word_token_scores(high, words))
        mixed = mix_resolutions(high, low, scores, room - costs.around_frame * len(at))
        steps = torch().from_numpy(at)
        fine = steps[mixed.high.frame_of] * per_step + mixed.high.place_of
        coarse = steps[mixed.low.frame_of] * per_step + torch().from_numpy(places)[mixed.low.place_of]
        return SelectedTokens(torch().sort(torch().cat([fine, coarse])).values, per_step, pts_s)


def coarse_places(num_cells: int) -> NDArray[np.int64]:
    """(t,) ascending places of a coarser grid inside one of `num_cells` cells, 64 to 144 as LongVU's two.

    The middles of the coarse cells where the grid is square; of another one, whose sides a keeper does not
    know, evenly spread places row by row.

    >>> coarse_places(9).tolist()
    [0, 2, 6, 8]
    """
    side = isqrt(num_cells)
    if side * side == num_cells:
        rows = uniform_frames(side, max(1, round(side * (LOW_CELLS / HIGH_CELLS) ** 0.5)))
        return np.asarray((rows[:, None] * side + rows[None, :]).ravel(), dtype=np.int64)
    return uniform_frames(num_cells, max(1, round(num_cells * LOW_CELLS / HIGH_CELLS)))


def _even_steps(clip: TokenizedClip, budget: int) -> SelectedTokens:
    costs, num_steps = clip.costs, len(clip.tokens)
    per_step, room = clip.tokens.tokens_per_frame, budget - costs.around_clip
    _require_one(room - costs.around_frame, budget)
    count = min(num_steps, room // (per_step + costs.around_frame))
    steps = uniform_frames(num_steps, max(1, count))
    places = np.arange(per_step) if count else uniform_frames(per_step, room - costs.around_frame)
    indices = (steps[:, None] * per_step + places[None, :]).ravel()
    return SelectedTokens(torch().from_numpy(indices), per_step, clip.tokens.pts_s)


def _require_one(room: int, budget: int) -> None:
    if room < 1:
        raise TokenBudgetExceeded(
            f"a budget of {budget} tokens does not hold one token of one step; keep more of the tokens"
        )
