"""Tests of accuracy on multiple choice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_bench.evaluate.metrics.choice import (
    accuracy,
    accuracy_by,
    accuracy_by_labels,
    macro,
    nextqa_accuracy,
)


def test_accuracy_and_its_interval_by_hand() -> None:
    found = accuracy([True] * 80 + [False] * 20)
    assert (found.right, found.total, found.value) == (80, 100, 0.8)
    # the normal interval is 0.8 +- 1.96 * 0.04
    assert found.low == pytest.approx(0.72, abs=0.015)
    assert found.high == pytest.approx(0.88, abs=0.015)


def test_the_interval_is_that_of_resampled_questions() -> None:
    answers = np.arange(40) < 25
    draws = np.random.default_rng(1).integers(0, 40, (20_000, 40))
    low, high = np.quantile(answers[draws].mean(axis=1), [0.025, 0.975])
    found = accuracy(answers, draws=20_000)
    assert (found.low, found.high) == (pytest.approx(low, abs=0.026), pytest.approx(high, abs=0.026))


@given(st.lists(st.booleans(), max_size=50), st.integers(0, 3))
def test_the_interval_holds_the_accuracy_and_depends_on_the_seed_alone(
    answers: list[bool], seed: int
) -> None:
    found = accuracy(answers, seed)
    assert found == accuracy(answers, seed)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def test_kinds_are_counted_apart_and_weigh_alike_in_the_macro_mean() -> None:
    found = accuracy_by(["a", "b", "a", "a"], [True, False, True, False])
    assert {name: (each.right, each.total) for name, each in found.items()} == {"a": (2, 3), "b": (0, 1)}
    assert macro(found) == pytest.approx(1 / 3)


def test_a_question_counts_for_each_of_its_labels() -> None:
    found = accuracy_by_labels([["x", "y"], ["y"]], [True, False])
    assert {name: each.value for name, each in found.items()} == {"x": 1.0, "y": 0.5}


def test_nextqa_counts_before_with_next_and_groups_by_the_first_letter() -> None:
    found = nextqa_accuracy(["TP", "TN", "TC", "CW"], [True, False, True, True])
    assert {name: (each.right, each.total) for name, each in found.items()} == {
        "C": (1, 1), "T": (2, 3), "all": (3, 4), "CW": (1, 1), "TC": (1, 1), "TN": (1, 2)
    }  # fmt: skip


def test_a_type_of_no_group_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with C, T or D, got 'XY'"):
        nextqa_accuracy(["CW", "XY"], [True, True])


def test_nothing_asked_is_nothing_right() -> None:
    assert (accuracy([]).value, macro({})) == (0.0, 0.0)
