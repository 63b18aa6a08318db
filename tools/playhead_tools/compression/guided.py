"""Text-guided compression, whole: budgets from a question, tokens from a ranking that no question changes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_tools.compression.choose import Rule, asks_of_the_whole
from playhead_tools.compression.guidance import word_frame_scores, word_token_scores
from playhead_tools.compression.importance import novelty_scores, static_last, vcast_scores
from playhead_tools.compression.plan import LEAST_PART, TYPICAL_PART, TokenCosts, plan_tokens
from playhead_tools.compression.ranking import RankedTokens
from playhead_tools.compression.records import ClipTokens, KeptTokens
from playhead_tools.question import parse_question


@dataclass(frozen=True, slots=True)
class Sought:
    """What a question says that could be looked for.

    Args:
        texts: what frames are compared with, at least one.
        of_the_whole: the question names nothing, or asks about all of a video: no frame fits it better than
            another.
    """

    texts: tuple[str, ...]
    of_the_whole: bool


def sought(question: str) -> Sought:
    """What a question asks to look for, by code alone; all of it where it names nothing.

    >>> sought("What colour is the lamp?")
    Sought(texts=('lamp',), of_the_whole=False)
    >>> sought("What happens in this video?").of_the_whole
    True
    """
    spec = parse_question(question)
    named = spec.targets or spec.quoted
    return Sought(named or (question,), not named or asks_of_the_whole(spec))


def missed_most(clip: ClipTokens) -> Any:
    """(N, T) how much each token would be missed: what stands out comes first, what stayed as it was last.

    V-CAST's importance (`vcast_scores`), below it the tokens that did not change since the step before
    (`static_last`). No question changes it, so that it is reckoned once a clip.
    """
    importance, _ = vcast_scores(clip)
    return static_last(importance, novelty_scores(clip))


def fit_of_words(clip: ClipTokens, words: Any) -> NDArray[np.float64]:
    """(N,) how well each step fits words, by the language model's own vectors of them.

    Args:
        clip: of N steps.
        words: (Q, D) tensor, of what the question looks for alone.

    Raises:
        ValueError: widths differ, or there are no words.
    """
    return word_frame_scores(word_token_scores(clip, words))


def keep_guided(
    order: Any,
    scores: NDArray[np.floating],
    pts_s: NDArray[np.float64],
    costs: TokenCosts,
    budget_tokens: int,
    *,
    of_the_whole: bool = False,
    rule: Rule = "inverse_cdf",
    typical_part: float = TYPICAL_PART,
    least_part: float = LEAST_PART,
    most_steps: int | None = None,
) -> KeptTokens:
    """The tokens of a clip that a question needs, never more than the budget holds.

    The question sets how many tokens each step gets (`plan_tokens`); which those are is read off the order.

    Args:
        order: (N, T) int64 tensor, the places of each step's tokens, best first (`rank_order`).
        scores: (N,) how well each step fits the question.
        pts_s: (N,) seconds.
        costs: what tokens cost.
        budget_tokens: most tokens, everything counted.
        of_the_whole: evenly spread steps with equal shares, whatever the scores.
        rule: how steps are chosen where not all are shown.
        typical_part: of a step's tokens, see `plan_tokens`.
        least_part: likewise.
        most_steps: that may be shown.

    Raises:
        TokenBudgetExceeded: the budget does not hold one token of one step.
    """
    plan = plan_tokens(
        scores, pts_s, costs, budget_tokens, rule=rule, of_the_whole=of_the_whole, most_frames=most_steps,
        typical_part=typical_part, least_part=least_part,
    )  # fmt: skip
    counts = np.zeros(len(pts_s), dtype=np.int64)
    counts[plan.frames.indices] = plan.counts
    return RankedTokens((), order, costs.tokens_per_frame, pts_s).take(counts)[1]
