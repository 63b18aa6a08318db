"""Budgets from the question: which frames a model is shown, and how many tokens of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.compression.frame_selection import Rule, choose_frames, scale_to_unit
from playhead_tools.compression.records import SelectedFrames
from playhead_tools.compression.share_tokens import share_tokens

TYPICAL_PART, MIN_PART = 0.5, 0.125
"""Of a frame's tokens: how many a chosen one gets on average, and how many at least."""


@dataclass(frozen=True, slots=True)
class TokenCosts:
    """What a clip costs a model, every token counted.

    Args:
        tokens_per_frame: visual tokens of a whole frame.
        around_frame: what comes with each frame that is shown: its time as text, begin and end marks,
            newlines that stay even where a row lost its tokens.
        around_clip: what comes once with the clip.

    Raises:
        ValueError: a frame has no tokens, or a cost is negative.
    """

    tokens_per_frame: int
    around_frame: int = 0
    around_clip: int = 0

    def __post_init__(self) -> None:
        if self.tokens_per_frame < 1 or self.around_frame < 0 or self.around_clip < 0:
            raise ValueError(f"costs in tokens must not be negative, nor a frame without any, got {self}")

    def of(self, counts: NDArray[np.int64]) -> int:
        """Tokens of a clip whose frames show so many visual tokens each."""
        return self.around_clip + int(counts.sum()) + self.around_frame * len(counts)


@dataclass(frozen=True, slots=True, eq=False)
class BudgetPlan:
    """Which frames are shown, and how many tokens of each.

    Args:
        frames: the chosen ones.
        counts: (K,) int64 visual tokens for each, at least 1.
        used_tokens: all tokens of the clip, those around the frames too.
        budget_tokens: what was allowed.

    Raises:
        TokenBudgetExceeded: more is used than was allowed.
    """

    frames: SelectedFrames
    counts: NDArray[np.int64]
    used_tokens: int
    budget_tokens: int

    def __post_init__(self) -> None:
        if self.used_tokens > self.budget_tokens:
            raise TokenBudgetExceeded(f"the plan takes {self.used_tokens} of {self.budget_tokens} tokens")


def plan_tokens(
    scores: NDArray[np.floating],
    pts_s: NDArray[np.float64],
    costs: TokenCosts,
    budget_tokens: int,
    *,
    rule: Rule = "inverse_cdf",
    vectors: NDArray[np.floating] | None = None,
    uniqueness: NDArray[np.floating] | None = None,
    sharpness: float = 1.0,
    is_global: bool = False,
    max_frames: int | None = None,
    typical_part: float = TYPICAL_PART,
    min_part: float = MIN_PART,
) -> BudgetPlan:
    """The frames that a question is answered from and each one's tokens, never above the budget.

    As many frames are chosen as would fill the budget with `typical_part` of their tokens each. Of these
    each gets `min_part`, and the rest goes to those that fit the question best, up to all they have. A
    question about the whole video gets evenly spread frames, equal but for their uniqueness.

    Args:
        scores: (N,) how well each frame fits the question, in time order.
        pts_s: (N,) float64 seconds.
        costs: of the model; where fewer tokens a frame are stored than it had, those are its tokens.
        budget_tokens: most tokens of the clip, everything counted.
        rule: how frames are chosen, see `choose_frames`.
        vectors: (N, D) for `dpp`.
        uniqueness: (N,) at least 0, how much each frame shows that others do not (`importance`); multiplies
            relevance.
        sharpness: above 1 favours the best frames more, in the choice and in their shares.
        is_global: see `is_global_question`.
        max_frames: a model's own limit.
        typical_part: between `min_part` and 1.
        min_part: from 0 to 1; a chosen frame always gets at least one token.

    Raises:
        TokenBudgetExceeded: the budget does not hold one token of one frame.
        ValueError: parts are not in order, or arrays do not fit together.
    """
    if not 0 <= min_part <= typical_part <= 1:
        raise ValueError(f"need 0 <= least <= typical <= 1, got {min_part} and {typical_part}")
    k, min_tokens = _affordable(costs, budget_tokens, typical_part, min_part)
    k = min(k, len(scores), len(scores) if max_frames is None else max_frames)
    chosen = choose_frames(scores, pts_s, k, rule, vectors=vectors, sharpness=sharpness, is_global=is_global)
    weights = np.ones(len(scores)) if is_global else scale_to_unit(scores) ** sharpness
    if uniqueness is not None:
        weights = weights * np.asarray(uniqueness, dtype=np.float64)
    room = budget_tokens - costs.around_clip - k * costs.around_frame
    counts = share_tokens(weights[chosen.indices], costs.tokens_per_frame, room, min_tokens=min_tokens)
    return BudgetPlan(chosen, counts, costs.of(counts), budget_tokens)


def _affordable(costs: TokenCosts, budget: int, typical_part: float, min_part: float) -> tuple[int, int]:
    """How many frames fit with the typical part of their tokens, and the least that each then gets."""
    room = budget - costs.around_clip
    if room < costs.around_frame + 1:
        raise TokenBudgetExceeded(
            f"a budget of {budget} tokens does not hold one frame: {costs.around_clip} go to the clip and "
            f"{costs.around_frame} to a frame before its first visual token; raise the budget"
        )
    typical = max(1, round(typical_part * costs.tokens_per_frame))
    min_tokens = max(1, min(typical, round(min_part * costs.tokens_per_frame)))
    frames = room // (typical + costs.around_frame)
    return (frames, min_tokens) if frames else (1, min(min_tokens, room - costs.around_frame))
