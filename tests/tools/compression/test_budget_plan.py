"""Tests of a budget's shares and of the plan that spends it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.tools.compression import slow_oracle

from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.compression.budget_plan import TokenCosts, plan_tokens
from playhead_tools.compression.share_tokens import share_tokens

weights_of_frames = arrays(np.float64, st.integers(1, 9), elements=st.integers(0, 20).map(float))


@given(weights_of_frames, st.integers(0, 12), st.integers(0, 80), st.integers(0, 3))
@settings(deadline=None, max_examples=50)
def test_shares_are_those_of_one_token_after_the_other(
    weights: np.ndarray, capacity: int, extra: int, least: int
) -> None:
    least = min(least, capacity)
    budget = least * len(weights) + extra
    expected = slow_oracle.fairest_shares((weights if weights.any() else weights + 1).tolist(), capacity,
                                          budget, least)  # fmt: skip
    assert share_tokens(weights, capacity, budget, min_tokens=least).tolist() == expected


@given(weights_of_frames, st.integers(1, 12), st.integers(0, 80))
@settings(deadline=None, max_examples=50)
def test_a_larger_budget_takes_no_token_from_any_frame(
    weights: np.ndarray, capacity: int, budget: int
) -> None:
    small, large = (share_tokens(weights, capacity, b) for b in (budget, budget + 1))
    assert (large >= small).all()
    assert large.sum() == min(budget + 1, capacity * len(weights))


@given(weights_of_frames, st.integers(0, 80), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_equal_frames_get_equal_shares_but_for_one_token(weights: np.ndarray, budget: int, random) -> None:  # type: ignore[no-untyped-def]
    order = list(range(len(weights)))
    random.shuffle(order)
    shares, shuffled = share_tokens(weights, 10, budget), share_tokens(weights[order], 10, budget)
    for weight in set(weights.tolist()):
        of_it = sorted(shares[weights == weight].tolist())
        assert of_it[-1] - of_it[0] <= 1
        assert sorted(shuffled[weights[order] == weight].tolist()) == of_it


@pytest.mark.parametrize(
    ("weights", "budget", "message"),
    [([1.0, -1.0], 9, "at least 0"), ([1.0, float("nan")], 9, "finite"), ([1.0, 1.0], 3, "do not hold 2")],
)
def test_shares_that_make_no_sense_are_refused(weights: list[float], budget: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        share_tokens(np.array(weights), 4, budget, min_tokens=2)


@given(
    arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1)),
    st.integers(1, 20), st.integers(0, 6), st.integers(0, 9), st.integers(1, 700),
    st.sampled_from(["inverse_cdf", "adaptive", "best", "uniform"]), st.booleans(),
)  # fmt: skip
@settings(deadline=None, max_examples=50)
def test_no_plan_is_above_its_budget_and_each_shown_frame_has_a_token(
    scores: np.ndarray, tokens: int, around: int, once: int, budget: int, rule: str, whole: bool
) -> None:
    costs = TokenCosts(tokens, around, once)
    times = np.arange(len(scores)) * 1.0
    if budget < once + around + 1:
        with pytest.raises(TokenBudgetExceeded, match="does not hold one frame"):
            plan_tokens(scores, times, costs, budget)
        return
    plan = plan_tokens(scores, times, costs, budget, rule=rule, is_global=whole)  # type: ignore[arg-type]
    assert once + sum(plan.counts) + around * len(plan.frames) == plan.used_tokens <= budget
    assert 1 <= plan.counts.min() <= plan.counts.max() <= tokens


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1)), st.integers(1, 20))
@settings(deadline=None, max_examples=50)
def test_a_budget_for_everything_keeps_everything(scores: np.ndarray, tokens: int) -> None:
    costs = TokenCosts(tokens, 3, 5)
    budget = costs.of(np.full(len(scores), tokens))
    plan = plan_tokens(scores, np.zeros(len(scores)), costs, budget)
    assert plan.counts.tolist() == [tokens] * len(scores)
    assert plan.used_tokens == budget


def test_one_relevant_second_of_two_minutes_gets_its_tokens_at_a_tenth() -> None:
    scores = np.full(120, 0.2)
    scores[77] = 0.3
    plan = plan_tokens(scores, np.arange(120.0), TokenCosts(64), 120 * 64 // 10)
    assert plan.counts[plan.frames.indices.tolist().index(77)] == 64
    assert plan.used_tokens == 768


def test_the_least_that_frames_get_and_the_rest_by_relevance() -> None:
    plan = plan_tokens(np.array([1.0, 0.0]), np.arange(2.0), TokenCosts(16), 16, min_part=0.25)
    assert plan.counts.tolist() == [12, 4]


def test_a_question_about_the_whole_shares_evenly() -> None:
    plan = plan_tokens(np.array([1.0, 0.0]), np.arange(2.0), TokenCosts(16), 16, is_global=True)
    assert plan.counts.tolist() == [8, 8]


def test_a_frame_that_shows_what_others_show_gets_less() -> None:
    plan = plan_tokens(
        np.zeros(2), np.arange(2.0), TokenCosts(16), 16, is_global=True, uniqueness=np.array([3.0, 1.0])
    )
    assert plan.counts.tolist() == [12, 4]


def test_of_equal_claims_the_frame_with_the_fewest_tokens_wins() -> None:
    assert share_tokens(np.array([3.0, 15.0, 3.0]), 3, 4).tolist() == [1, 2, 1]
