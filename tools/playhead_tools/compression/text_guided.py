"""Text-guided compression from end to end: budgets from a question, tokens from a fixed ranking."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_tools.compression.budget_plan import MIN_PART, TYPICAL_PART, TokenCosts, plan_tokens
from playhead_tools.compression.frame_selection import Rule, is_global_question
from playhead_tools.compression.importance import novelty_scores, static_last, vcast_scores
from playhead_tools.compression.records import ClipTokens, SelectedTokens
from playhead_tools.compression.relevance import word_frame_scores, word_token_scores
from playhead_tools.compression.token_ranking import RankedTokens
from playhead_tools.question import parse_question


@dataclass(frozen=True, slots=True)
class QuestionFocus:
    """What a question refers to: the texts that frames are compared with.

    Args:
        texts: what frames are compared with, at least one.
        is_global: the question names nothing, or asks about all of a video: no frame fits it better than
            another.
    """

    texts: tuple[str, ...]
    is_global: bool


def question_focus(question: str) -> QuestionFocus:
    """The targets of a question, by code alone; all of its text where it names nothing.

    >>> question_focus("What colour is the lamp?")
    QuestionFocus(texts=('lamp',), is_global=False)
    >>> question_focus("What happens in this video?").is_global
    True
    """
    spec = parse_question(question)
    named = spec.targets or spec.quoted
    return QuestionFocus(named or (question,), not named or is_global_question(spec))


def token_importance(clip: ClipTokens) -> Any:
    """(N, T) how much each token would be missed: what stands out comes first, what stayed as it was last.

    V-CAST's importance (`vcast_scores`), below it the tokens that did not change since the step before
    (`static_last`). No question changes it, so that it is computed once a clip.
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


def select_guided_tokens(
    order: Any,
    scores: NDArray[np.floating],
    pts_s: NDArray[np.float64],
    costs: TokenCosts,
    budget_tokens: int,
    *,
    is_global: bool = False,
    rule: Rule = "inverse_cdf",
    typical_part: float = TYPICAL_PART,
    min_part: float = MIN_PART,
    max_steps: int | None = None,
) -> SelectedTokens:
    """The tokens of a clip that a question needs, never more than the budget holds.

    The question sets how many tokens each step gets (`plan_tokens`); which those are is read off the order.

    Args:
        order: (N, T) int64 tensor, the places of each step's tokens, best first (`rank_order`); T may be more
            than `costs` counts, then the last ones are never kept.
        scores: (N,) how well each step fits the question.
        pts_s: (N,) seconds.
        costs: what tokens cost.
        budget_tokens: most tokens, everything counted.
        is_global: evenly spread steps with equal shares, whatever the scores.
        rule: how steps are chosen where not all are shown.
        typical_part: of a step's tokens, see `plan_tokens`.
        min_part: likewise.
        max_steps: that may be shown.

    Raises:
        TokenBudgetExceeded: the budget does not hold one token of one step.
    """
    plan = plan_tokens(
        scores, pts_s, costs, budget_tokens, rule=rule, is_global=is_global, max_frames=max_steps,
        typical_part=typical_part, min_part=min_part,
    )  # fmt: skip
    counts = np.zeros(len(pts_s), dtype=np.int64)
    counts[plan.frames.indices] = plan.counts
    return RankedTokens((), order, int(order.shape[1]), pts_s).select(counts)[1]
