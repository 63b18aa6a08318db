"""Tests of queries that the video does not answer: NA-VMR."""

import numpy as np
import pytest

from playhead_bench.evaluate.metrics.negatives import is_negative, negative_scores


def rows(*windows: tuple[float, float]) -> np.ndarray:
    return np.array(windows, dtype=np.float64).reshape(-1, 2)


def test_rejection_and_recall_by_hand() -> None:
    gold = [rows((0, 0)), rows((0, 0)), rows((0, 10)), rows((0, 10)), rows((0, 10))]
    predicted = [rows((0, 0)), rows((3, 9)), rows((0, 10)), rows((0, 4)), rows()]
    scores = negative_scores(predicted, gold)
    assert (scores.positives, scores.negatives) == (3, 2)
    assert scores.rejection_accuracy == 0.5
    assert scores.acceptance_accuracy == pytest.approx(2 / 3)
    assert scores.recall_at_1 == {
        0.3: pytest.approx(2 / 3),
        0.5: pytest.approx(1 / 3),
        0.7: pytest.approx(1 / 3),
    }
    assert scores.recall_at_1_accepted == {0.3: 1.0, 0.5: 0.5, 0.7: 0.5}
    assert scores.mean_iou == pytest.approx(1.4 / 3)


def test_a_models_own_decision_rejects_though_windows_are_there() -> None:
    scores = negative_scores([rows((0, 5)), rows((0, 10))], [rows((0, 0)), rows((0, 10))], [True, True])
    assert (scores.rejection_accuracy, scores.recall_at_1[0.5]) == (1.0, 0.0)


def test_a_window_from_zero_on_is_not_a_negative() -> None:
    assert [is_negative(each) for each in (rows(), rows((0, 0)), rows((0, 2)), rows((0, 0), (4, 5)))] == [
        True, True, False, False
    ]  # fmt: skip


def test_only_positives_have_no_rejection() -> None:
    scores = negative_scores([rows((0, 1))], [rows((0, 1))])
    assert (scores.rejection_accuracy, scores.acceptance_accuracy, scores.mean_iou) == (0.0, 1.0, 1.0)


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="1 predictions, 2 decisions, 2 queries"):
        negative_scores([rows()], [rows(), rows()])
