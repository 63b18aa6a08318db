"""A strip: many frames of a whole video at 1 to 4 tokens each, for the price of a few whole frames."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.compression.budget_plan import TokenCosts
from playhead_tools.compression.frame_selection import uniform_frames

MAX_STRIP_TOKENS = 4
"""Visual tokens of a step of a strip, at most."""
LABEL_EVERY = 16
"""So many steps of a strip share one time in words: written at each, times would take most of the strip."""


@dataclass(frozen=True, slots=True, eq=False)
class StripPlan:
    """Which steps of a clip a strip shows, and how.

    Args:
        steps: (K,) int64 ascending places of the steps that are shown.
        tokens_per_step: of each, from 1 to `MAX_STRIP_TOKENS`.
        labelled: (K,) bool, the steps whose words (time, marks) stay.
        used_tokens: of the strip, words and marks counted.
        budget_tokens: what was allowed.
    """

    steps: NDArray[np.int64]
    tokens_per_step: int
    labelled: NDArray[np.bool_]
    used_tokens: int
    budget_tokens: int

    def counts(self, num_steps: int) -> NDArray[np.int64]:
        """(N,) tokens of each step of the clip."""
        counts = np.zeros(num_steps, dtype=np.int64)
        counts[self.steps] = self.tokens_per_step
        return counts


def plan_strip(pts_s: NDArray[np.float64], costs: TokenCosts, budget_tokens: int) -> StripPlan:
    """A strip of as many moments as the budget holds, with as many tokens each as it then still holds.

    The two densities of Slow-Fast video models (Shi et al., 2025, arXiv:2504.01328) for a model with one
    stream of tokens: the strip stands for its many coarse frames, a clip beside it for its few whole ones.
    A moment that is given twice is shown once; where not all fit with a token each, those shown are evenly
    spread.

    Args:
        pts_s: (N,) float64 seconds of each step, not descending.
        costs: of the clip whole.
        budget_tokens: most tokens of the strip, everything counted.

    Raises:
        TokenBudgetExceeded: the budget does not hold one token of one step with its words.

    >>> plan = plan_strip(np.arange(32.0), TokenCosts(45, 10), 55)
    >>> plan.tokens_per_step, len(plan.steps), int(plan.labelled.sum()), plan.used_tokens
    (1, 32, 2, 52)
    """
    moments = np.unique(pts_s, return_index=True)[1]
    room = budget_tokens - costs.around_clip
    count = next((n for n in range(len(moments), 0, -1) if n + _words(n, costs) <= room), 0)
    if not count:
        raise TokenBudgetExceeded(
            f"a strip of {budget_tokens} tokens does not hold one frame: {costs.around_clip} go to the clip"
            f" and {costs.around_frame} to the words of a frame"
        )
    steps = moments[uniform_frames(len(moments), count)].astype(np.int64)
    max_tokens = min(MAX_STRIP_TOKENS, costs.tokens_per_frame)
    per_step = min(max_tokens, (room - _words(count, costs)) // count)
    labelled = np.arange(count) % LABEL_EVERY == 0
    used = costs.around_clip + count * per_step + _words(count, costs)
    return StripPlan(steps, per_step, labelled, used, budget_tokens)


def _words(num_steps: int, costs: TokenCosts) -> int:
    """Tokens of the words around the labelled ones of so many steps."""
    return -(-num_steps // LABEL_EVERY) * costs.around_frame
