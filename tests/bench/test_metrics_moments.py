"""Tests of moment retrieval: by hand, against a slow oracle, and as an algebra."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead_bench.evaluate.metrics.moments import (
    THRESHOLDS,
    average_precisions,
    first_ious,
    moment_scores,
    moment_scores_by_length,
    recall_at_1,
)

Rows = list[list[float]]


def arrays(rows: Sequence[Rows], columns: int) -> list[np.ndarray]:
    return [np.array(each, dtype=np.float64).reshape(-1, columns) for each in rows]


def slow_iou(a: Sequence[float], b: Sequence[float]) -> float:
    shared = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    return shared / ((a[1] - a[0]) + (b[1] - b[0]) - shared)


def slow_average_precision(predicted: Rows, gold: Rows, threshold: float) -> float:
    """Precision at each hit, raised to the best precision at any later rank, averaged over gold."""
    free, hits, precisions = list(range(len(gold))), [], []
    for row in sorted(predicted[:10], key=lambda row: -row[2]):
        reached = [(slow_iou(row, gold[at]), at) for at in free if slow_iou(row, gold[at]) >= threshold]
        hits.append(bool(reached))
        if reached:
            free.remove(max(reached)[1])
        precisions.append(sum(hits) / len(hits))
    at_hits = [max(precisions[rank:]) for rank, hit in enumerate(hits) if hit]
    return sum(at_hits) / len(gold)


WINDOW = st.tuples(st.integers(0, 40), st.integers(1, 20)).map(lambda w: [float(w[0]), float(w[0] + w[1])])
SCORED = st.tuples(WINDOW, st.integers(0, 5)).map(lambda row: [*row[0], float(row[1])])
QUERIES = st.lists(
    st.tuples(st.lists(SCORED, max_size=13), st.lists(WINDOW, min_size=1, max_size=4)), min_size=1, max_size=5
)


@settings(deadline=None)
@given(QUERIES)
def test_average_precision_is_that_of_the_slow_oracle(queries: list[tuple[Rows, Rows]]) -> None:
    predicted, gold = [q[0] for q in queries], [q[1] for q in queries]
    expected = [[slow_average_precision(p, g, threshold) for threshold in THRESHOLDS] for p, g in queries]
    found = average_precisions(arrays(predicted, 3), arrays(gold, 2))
    np.testing.assert_allclose(found, expected, atol=1e-12)


@settings(deadline=None)
@given(QUERIES)
def test_recall_at_1_is_that_of_the_slow_oracle(queries: list[tuple[Rows, Rows]]) -> None:
    best = [max(slow_iou(p[0], w) for w in g) if p else 0.0 for p, g in queries]
    ious = first_ious(arrays([q[0] for q in queries], 3), arrays([q[1] for q in queries], 2))
    np.testing.assert_allclose(ious, best, atol=1e-12)


@settings(deadline=None)
@given(QUERIES)
def test_a_perfect_first_prediction_never_lowers_a_score(queries: list[tuple[Rows, Rows]]) -> None:
    gold = arrays([q[1] for q in queries], 2)
    before = moment_scores(arrays([q[0] for q in queries], 3), gold)
    better = moment_scores(arrays([[[*q[1][0], 99.0], *q[0]] for q in queries], 3), gold)
    for threshold in THRESHOLDS:
        assert better.recall_at_1[threshold] == 1.0 >= before.recall_at_1[threshold]


@settings(deadline=None)
@given(QUERIES)
def test_scores_are_parts_of_one_and_fall_with_the_threshold(queries: list[tuple[Rows, Rows]]) -> None:
    scores = moment_scores(arrays([q[0] for q in queries], 3), arrays([q[1] for q in queries], 2))
    recalls = [scores.recall_at_1[threshold] for threshold in THRESHOLDS]
    assert recalls == sorted(recalls, reverse=True)
    assert all(0.0 <= value <= 1.0 for value in [*recalls, *scores.average_precision.values()])


def test_two_hits_and_a_false_one_between_them_by_hand() -> None:
    predicted = arrays([[[0, 10, 0.9], [50, 60, 0.8], [20, 30, 0.7]]], 3)
    gold = arrays([[[0, 10], [20, 30]]], 2)
    # precisions 1, 1/2, 2/3 at recalls 1/2, 1/2, 1: (1 + 2/3) / 2
    assert average_precisions(predicted, gold)[0, 0] == pytest.approx(5 / 6)


def test_a_gold_window_is_found_once() -> None:
    predicted = arrays([[[0, 10, 0.9], [0, 10, 0.8]]], 3)
    assert average_precisions(predicted, arrays([[[0, 10], [90, 99]]], 2))[0, 0] == pytest.approx(0.5)


def test_map_goes_by_score_and_r1_by_the_order_written() -> None:
    predicted, gold = arrays([[[50, 60, 0.1], [0, 10, 0.9]]], 3), arrays([[[0, 10]]], 2)
    scores = moment_scores(predicted, gold)
    assert scores.recall_at_1[0.5] == 0.0
    assert scores.average_precision[0.5] == 1.0


def test_only_the_first_ten_predictions_count() -> None:
    rows = [[100 + n, 101 + n, 1.0] for n in range(10)] + [[0, 10, 2.0]]
    assert average_precisions(arrays([rows], 3), arrays([[[0, 10]]], 2)).max() == 0.0


def test_no_prediction_and_a_reversed_one_are_misses() -> None:
    gold = arrays([[[0, 10]], [[0, 10]], [[0, 10]]], 2)
    scores = moment_scores(arrays([[], [[9, 1, 1.0]], [[0, 10, 1.0]]], 3), gold)
    assert scores.queries == 3
    assert scores.recall_at_1[0.5] == scores.average_precision[0.5] == pytest.approx(1 / 3)


def test_gold_windows_are_grouped_by_length_with_the_upper_end_inside() -> None:
    gold = arrays([[[0, 10], [20, 50]], [[0, 30]], [[0, 150]]], 2)
    predicted = arrays([[[20, 50, 1.0]], [[0, 30, 1.0]], [[0, 100, 1.0]]], 3)
    scores = moment_scores_by_length(predicted, gold)
    assert {name: each.queries for name, each in scores.items()} == {
        "full": 3, "short": 1, "middle": 2, "long": 1
    }  # fmt: skip
    assert [scores[name].recall_at_1[0.5] for name in ("short", "middle", "long")] == [0.0, 1.0, 1.0]


def test_an_iou_at_the_threshold_is_a_hit() -> None:
    ious = first_ious(arrays([[[0, 5, 1]]], 3), arrays([[[0, 10]]], 2))
    assert recall_at_1(ious) == {0.3: 1.0, 0.5: 1.0, 0.7: 0.0}


def test_no_queries_score_nothing() -> None:
    scores = moment_scores([], [])
    assert (scores.queries, scores.mean_average_precision, scores.recall_at_1[0.5]) == (0, 0.0, 0.0)


def test_a_query_without_gold_and_a_lost_prediction_are_refused() -> None:
    with pytest.raises(ValueError, match="no gold window"):
        moment_scores(arrays([[]], 3), arrays([[]], 2))
    with pytest.raises(ValueError, match="1 predictions for 2 queries"):
        moment_scores(arrays([[]], 3), arrays([[[0, 1]], [[0, 1]]], 2))
