"""Tests of search in many videos: TVR's tasks and text-video retrieval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shared_data import shared

from playhead_bench.evaluate.metrics.corpus import TASKS, CorpusTask, first_ranks, recalls, retrieval_scores

PREDICTED = np.array([[2, 0, 10], [1, 50, 60], [1, 0, 10], [1, 0, 20]], dtype=np.float64)
"""Ranked for one query whose gold is video 1 at [0, 20): the fourth is right, the third at IoU 0.5."""


@pytest.mark.parametrize(
    ("task", "min_iou", "expected"),
    [("VCMR", 0.5, 3), ("VCMR", 0.7, 4), ("SVMR", 0.5, 2), ("SVMR", 0.7, 3), ("VR", 0.5, 2)],
)
def test_the_first_right_prediction_by_hand(task: str, min_iou: float, expected: int) -> None:
    ranks = first_ranks(task, [PREDICTED], [1], np.array([[0.0, 20.0]]), min_iou)  # type: ignore[arg-type]
    assert ranks.tolist() == [expected]


def test_nothing_found_has_rank_zero_and_counts_in_no_recall() -> None:
    ranks = first_ranks("VCMR", [PREDICTED, np.zeros((0, 3))], [9, 1], np.array([[0.0, 20.0], [0.0, 1.0]]))
    assert ranks.tolist() == [0, 0]
    assert recalls(ranks) == {1: 0.0, 5: 0.0, 10: 0.0, 100: 0.0}


def test_only_a_hundred_predictions_count() -> None:
    rows = np.concatenate([np.tile([[2.0, 0, 1]], (100, 1)), [[1.0, 0, 20]]])
    assert first_ranks("VCMR", [rows], [1], np.array([[0.0, 20.0]])).tolist() == [0]


def test_an_iou_at_the_threshold_counts_in_single_precision() -> None:
    rows = np.array([[1.0, 0.0, 7.0]])
    assert first_ranks("VCMR", [rows], [1], np.array([[0.0, 10.0]]), 0.7).tolist() == [1]


ROW = st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(0, 20))
RANKED = st.lists(ROW.map(lambda row: [row[0], row[1], row[1] + row[2]]), max_size=8)


def slow_rank(task: str, ranked: list[list[int]], video: int, start: int, end: int) -> int:
    place = 0
    for number, *window in ranked:
        if task == "SVMR" and number != video:
            continue
        place += 1
        shared_s = max(0, min(window[1], end) - max(window[0], start))
        joint_s = (window[1] - window[0]) + (end - start) - shared_s
        if number == video and (task == "VR" or 2 * shared_s >= joint_s):
            return place
    return 0


@settings(deadline=None)
@given(RANKED, st.integers(0, 2), st.integers(0, 20), st.integers(1, 20), st.sampled_from(TASKS))
def test_ranks_are_those_of_the_slow_oracle(
    ranked: list[list[int]], video: int, start: int, length: int, task: CorpusTask
) -> None:
    rows, gold = (
        np.array(ranked, dtype=float).reshape(-1, 3),
        np.array([[start, start + length]], dtype=float),
    )
    assert first_ranks(task, [rows], [video], gold).tolist() == [
        slow_rank(task, ranked, video, start, start + length)
    ]


def test_retrieval_by_hand() -> None:
    matrix = np.array([[0.9, 0.1, 0.2], [0.5, 0.4, 0.3], [0.1, 0.2, 0.3]])
    scores = retrieval_scores(matrix, at=(1, 2))
    assert scores.recall_at == {1: pytest.approx(2 / 3), 2: 1.0}
    assert (scores.median_rank, scores.mean_rank) == (1.0, pytest.approx(4 / 3))


def test_equal_similarities_do_not_look_perfect() -> None:
    assert retrieval_scores(np.ones((4, 4))).recall_at[1] == 0.0


def test_several_queries_may_have_one_item() -> None:
    assert retrieval_scores(np.array([[0.9, 0.1], [0.2, 0.1]]), gold=[0, 0]).recall_at[1] == 1.0


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(0, 99))
def test_recall_grows_with_k_and_a_perfect_item_ranks_first(size: int, seed: int) -> None:
    matrix = np.random.default_rng(seed).random((size, size))
    found = retrieval_scores(matrix, at=(1, 2, 5)).recall_at
    assert found[1] <= found[2] <= found[5]
    assert retrieval_scores(matrix + 2 * np.eye(size)).recall_at[1] == 1.0


def test_a_real_matrix_of_a_thousand_captions_and_videos() -> None:
    matrix = np.load(shared("annotations/msrvtt_sims/msrvtt_video_matrix.npy"))
    assert round(100 * retrieval_scores(matrix).recall_at[1], 1) == 48.0


def test_what_is_no_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match="queries, items"):
        retrieval_scores(np.zeros(3))
    with pytest.raises(ValueError, match="one of 2 items"):
        retrieval_scores(np.zeros((1, 2)), gold=[2])
    with pytest.raises(ValueError, match="no task 'XY'"):
        first_ranks("XY", [], [], np.zeros((0, 2)))  # type: ignore[arg-type]
