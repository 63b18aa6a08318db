"""Tests of the frames that are shown for a question."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.tools.compression import slow_oracle

from playhead_tools.compression.determinantal import dpp_frames
from playhead_tools.compression.frame_selection import (
    RULES,
    adaptive_frames,
    best_frames,
    choose_frames,
    inverse_cdf_frames,
    is_global_question,
    uniform_frames,
)
from playhead_tools.question import parse_question

scores_of_frames = arrays(np.float32, st.integers(1, 80), elements=st.floats(-1, 1, width=32))


@given(scores_of_frames, st.integers(0, 90), st.sampled_from([*RULES, "dpp"]), st.booleans())
@settings(deadline=None, max_examples=50)
def test_every_rule_takes_as_many_frames_as_it_may_each_once(
    scores: np.ndarray, k: int, rule: str, whole: bool
) -> None:
    times = np.arange(len(scores)) * 1.0
    looks = np.random.default_rng(len(scores)).normal(size=(len(scores), 4))
    kept = choose_frames(scores, times, k, rule, vectors=looks, is_global=whole)  # type: ignore[arg-type]
    assert len(kept) == min(k, len(scores))
    assert kept.pts_s.tolist() == kept.indices.tolist()
    assert all(0 <= at < len(scores) for at in kept.indices)


@given(scores_of_frames, st.sampled_from([*RULES, "dpp"]))
@settings(deadline=None, max_examples=50)
def test_a_budget_for_all_takes_all(scores: np.ndarray, rule: str) -> None:
    looks = np.eye(len(scores))
    kept = choose_frames(scores, np.zeros(len(scores)), 99, rule, vectors=looks)  # type: ignore[arg-type]
    assert kept.indices.tolist() == list(range(len(scores)))
    assert kept.keep_ratio == 1.0


def test_aks_takes_the_best_where_they_stand_out() -> None:
    scores = np.zeros(64)
    scores[40:44] = 1.0
    assert adaptive_frames(scores, 4).tolist() == [40, 41, 42, 43]


def test_aks_spreads_over_the_video_where_nothing_stands_out() -> None:
    taken = adaptive_frames(np.linspace(0.4, 0.6, 64), 4)
    assert [int(at) // 16 for at in taken] == [0, 1, 2, 3]


def test_the_best_frames_come_in_time_order() -> None:
    assert best_frames(np.array([0.2, 0.9, 0.1, 0.8]), 2).tolist() == [1, 3]


@given(st.integers(20, 60), st.integers(2, 5), st.integers(0, 10**6))
@settings(deadline=None, max_examples=50)
def test_without_coverage_frames_are_bolts_where_bolt_takes_none_twice(many: int, k: int, seed: int) -> None:
    scores = np.random.default_rng(seed).random(many)
    steps = (scores - scores.min()) / (scores - scores.min()).sum()
    if k * steps.max() < 1.0:
        assert inverse_cdf_frames(scores, k, coverage=0.0).tolist() == slow_oracle.bolt(scores.tolist(), k)


def test_frames_stand_dense_where_the_question_fits() -> None:
    scores = np.zeros(100)
    scores[60:80] = 1.0
    taken = inverse_cdf_frames(scores, 10)
    assert sum(60 <= at < 80 for at in taken) == 9


@given(st.integers(1, 60), st.integers(1, 60))
@settings(deadline=None, max_examples=50)
def test_equal_scores_give_evenly_spread_frames(many: int, k: int) -> None:
    taken = inverse_cdf_frames(np.full(many, 0.3), min(k, many))
    assert abs(taken - uniform_frames(many, min(k, many))).max() <= 1


@given(st.integers(0, 10**6), st.integers(1, 5))
@settings(deadline=None, max_examples=30)
def test_the_determinant_grows_most_at_every_step(seed: int, k: int) -> None:
    generator = np.random.default_rng(seed)
    relevance, looks = generator.random(9), generator.normal(size=(9, 6))
    expected = slow_oracle.greedy_dpp(relevance.tolist(), looks, k)
    assert dpp_frames(relevance, looks, k).tolist() == expected


def test_of_twins_one_is_taken_before_another_look() -> None:
    looks = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert dpp_frames(np.array([1.0, 1.0, 0.1]), looks, 2).tolist() == [0, 2]


def test_when_all_looks_are_taken_the_most_relevant_twins_follow() -> None:
    assert dpp_frames(np.array([0.2, 0.9, 0.5]), np.ones((3, 2)), 2).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Summarise the video.", True), ("What happens in the video?", True),
        ("What does he say about Bayes?", False), ("When does the red car stop?", False),
        ("How many dogs are there?", False),
    ],
)  # fmt: skip
def test_questions_about_the_whole(question: str, expected: bool) -> None:
    assert is_global_question(parse_question(question)) is expected


def test_a_question_about_the_whole_gets_evenly_spread_frames() -> None:
    scores = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0])
    assert choose_frames(scores, np.zeros(8), 2, "best", is_global=True).indices.tolist() == [2, 6]


@pytest.mark.parametrize(
    ("scores", "rule", "message"),
    [([0.1, float("nan")], "best", "finite scores"), ([0.1, 0.2], "dpp", "hand in their vectors")],
)
def test_what_cannot_be_chosen_from_is_refused(scores: list[float], rule: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        choose_frames(np.array(scores), np.zeros(2), 1, rule)  # type: ignore[arg-type]
