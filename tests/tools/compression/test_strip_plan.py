"""The plan of a strip: many moments, 1 to 4 tokens each, never above the budget."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.compression.budget_plan import TokenCosts
from playhead_tools.compression.strip_plan import LABEL_EVERY, MAX_STRIP_TOKENS, plan_strip

costs = st.builds(TokenCosts, st.integers(1, 200), st.integers(0, 14), st.integers(0, 5))


@given(steps=st.integers(1, 80), cost=costs, whole=st.integers(1, 4))
def test_a_strip_costs_at_most_so_many_whole_frames(steps: int, cost: TokenCosts, whole: int) -> None:
    budget = cost.around_clip + whole * (cost.tokens_per_frame + cost.around_frame)
    plan = plan_strip(np.arange(steps, dtype=float), cost, budget)
    words = int(plan.labelled.sum()) * cost.around_frame
    assert plan.used_tokens == cost.around_clip + int(plan.counts(steps).sum()) + words <= budget
    assert 1 <= plan.tokens_per_step <= min(MAX_STRIP_TOKENS, cost.tokens_per_frame)


@given(steps=st.integers(1, 80), cost=costs, budget=st.integers(0, 900))
def test_a_larger_budget_never_shows_fewer_moments(steps: int, cost: TokenCosts, budget: int) -> None:
    def num_moments(tokens: int) -> int:
        try:
            return len(plan_strip(np.arange(steps, dtype=float), cost, tokens).steps)
        except TokenBudgetExceeded:
            return 0

    assert num_moments(budget) <= num_moments(budget + 1)


def test_a_moment_that_is_given_twice_is_shown_once() -> None:
    plan = plan_strip(np.array([1.0, 1.0, 5.0, 5.0]), TokenCosts(10, 0), 10)
    assert (plan.steps.tolist(), plan.tokens_per_step) == ([0, 2], MAX_STRIP_TOKENS)


def test_one_step_in_sixteen_keeps_its_time() -> None:
    plan = plan_strip(np.arange(40.0), TokenCosts(180, 12), 192)
    assert np.flatnonzero(plan.labelled).tolist() == [0, LABEL_EVERY, 2 * LABEL_EVERY]


def test_where_not_every_moment_fits_those_shown_are_evenly_spread() -> None:
    assert plan_strip(np.arange(8.0), TokenCosts(4, 0), 4).steps.tolist() == [1, 3, 5, 7]


def test_a_budget_without_room_for_a_frame_is_refused() -> None:
    with pytest.raises(TokenBudgetExceeded, match="a strip of 5 tokens does not hold one frame"):
        plan_strip(np.arange(8.0), TokenCosts(45, 10), 5)
