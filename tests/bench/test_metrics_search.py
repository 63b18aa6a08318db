"""Tests of search alone, and of what things cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_bench.evaluate.metrics.cost import AnswerCost, CostSummary, IndexCost, cost_summary
from playhead_bench.evaluate.metrics.search import (
    TemporalScores,
    frame_scores,
    temporal_scores,
    window_recall_at,
)


def rows(*windows: tuple[float, float]) -> np.ndarray:
    return np.array(windows, dtype=np.float64).reshape(-1, 2)


def test_recall_at_k_by_hand() -> None:
    ranked = [rows((50, 60), (0, 5), (20, 30)), rows()]
    gold = [rows((0, 10), (20, 30)), rows((0, 1))]
    assert window_recall_at(ranked, gold, (1, 2, 3)) == {
        1: 0.0, 2: pytest.approx(1 / 3), 3: pytest.approx(2 / 3)
    }  # fmt: skip


def test_a_gold_window_may_be_found_in_pieces() -> None:
    assert window_recall_at([rows((0, 3), (7, 10))], [rows((0, 10))], (1, 2)) == {1: 0.0, 2: 1.0}


def test_temporal_scores_by_hand() -> None:
    scores = temporal_scores([rows((0, 10), (5, 20)), rows()], [rows((15, 25)), rows((0, 1))])
    assert scores == TemporalScores(0.125, 0.25, pytest.approx(1 / 6))


def test_frames_are_right_within_five_seconds() -> None:
    frames, gold = [np.array([0.0, 10.0, 40.0])], [np.array([5.0, 100.0])]
    assert frame_scores(frames, gold) == TemporalScores(pytest.approx(2 / 3), 0.5, pytest.approx(4 / 7))


def test_a_question_without_frames_counts_as_zero() -> None:
    scores = frame_scores([np.array([5.0]), np.zeros(0)], [np.array([5.0]), np.array([5.0])])
    assert scores == TemporalScores(0.5, 0.5, 0.5)


WINDOWS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda w: (float(w[0]), float(w[0] + w[1]))),
    min_size=1, max_size=5,
)  # fmt: skip


@given(WINDOWS, WINDOWS)
def test_recall_grows_with_k_and_looking_at_all_gold_finds_all(found: list, gold: list) -> None:
    recall = window_recall_at([rows(*found)], [rows(*gold)], (1, 2, 5))
    assert recall[1] <= recall[2] <= recall[5]
    assert temporal_scores([rows(*found, *gold)], [rows(*gold)]).recall == pytest.approx(1.0)
    assert temporal_scores([rows(*gold)], [rows(*gold)]) == TemporalScores(1.0, 1.0, 1.0)


def test_questions_without_gold_are_refused() -> None:
    with pytest.raises(ValueError, match="no gold window"):
        temporal_scores([rows((0, 1))], [rows()])
    with pytest.raises(ValueError, match="no gold frame"):
        frame_scores([np.array([1.0])], [np.zeros(0)])
    with pytest.raises(ValueError, match="at least one gold window"):
        window_recall_at([rows()], [rows()])


def test_the_cost_of_a_run_by_hand() -> None:
    answers = [AnswerCost(2, 8, 400, 1.0), AnswerCost(4, 0, 0, 3.0)]
    index = IndexCost(video_s=7200.0, seconds=600.0, bytes=4_000_000)
    assert cost_summary(answers, index) == CostSummary(
        2, 3.0, 4.0, 200.0, 2.0, pytest.approx(2.9), 5.0, 2_000_000.0
    )


def test_a_run_without_indexing_says_nothing_of_it() -> None:
    assert cost_summary([AnswerCost(1, 1, 1, 1.0)]).bytes_per_video_hour is None


def test_no_answers_and_no_video_have_no_cost() -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        cost_summary([])
    with pytest.raises(ValueError, match="no video was indexed"):
        cost_summary([AnswerCost(1, 1, 1, 1.0)], IndexCost(0.0, 1.0, 1))
