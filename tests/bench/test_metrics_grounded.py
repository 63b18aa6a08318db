"""Tests of grounded answers: NExT-GQA and CG-Bench."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_bench.evaluate.metrics.grounded import clue_scores, grounding_scores


def windows(*rows: tuple[float, float]) -> np.ndarray:
    return np.array(rows, dtype=np.float64).reshape(-1, 2)


def test_nextgqa_by_hand() -> None:
    predicted = [windows((0, 10)), windows((0, 40)), windows()]
    gold = [windows((0, 5)), windows((10, 20), (30, 38)), windows((0, 1))]
    scores = grounding_scores(predicted, gold, [True, True, True])
    assert scores.mean_iop == pytest.approx((0.5 + 0.25) / 3)
    assert scores.mean_iou == pytest.approx((0.5 + 0.25) / 3)
    assert scores.iop_at == {0.3: pytest.approx(1 / 3), 0.5: pytest.approx(1 / 3)}
    assert (scores.accuracy, scores.grounded_accuracy) == (1.0, pytest.approx(1 / 3))


def test_a_right_answer_from_the_wrong_window_is_not_grounded() -> None:
    scores = grounding_scores([windows((50, 60))], [windows((0, 10))], [True])
    assert (scores.accuracy, scores.grounded_accuracy) == (1.0, 0.0)


def test_a_point_inside_a_gold_window_has_precision_but_no_union() -> None:
    scores = grounding_scores([windows((5, 5))], [windows((0, 10))])
    assert (scores.mean_iop, scores.mean_iou, scores.accuracy) == (1.0, 0.0, None)


def test_the_best_gold_window_may_differ_for_precision_and_union() -> None:
    scores = grounding_scores([windows((0, 10))], [windows((0, 100), (2, 8))])
    assert (scores.mean_iop, scores.mean_iou) == (1.0, pytest.approx(0.6))


def test_only_the_first_window_is_scored() -> None:
    assert grounding_scores([windows((50, 60), (0, 10))], [windows((0, 10))]).mean_iou == 0.0


def test_cgbench_by_hand() -> None:
    predicted = [windows((0, 10), (5, 15)), windows((0, 10)), windows()]
    gold = [windows((0, 5), (10, 15)), windows((0, 4)), windows((0, 1))]
    # IoUs: 10 / 15, 4 / 10, 0; reached of .1 .2 .3 .4 .5: 5, 4, 0
    scores = clue_scores(predicted, gold, [False, True, True])
    assert scores.mean_iou == pytest.approx((2 / 3 + 0.4) / 3)
    assert scores.recall_at_iou == pytest.approx(9 / 15)
    assert (scores.long_accuracy, scores.accuracy_at_iou) == (pytest.approx(2 / 3), pytest.approx(4 / 15))


SETS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda w: (float(w[0]), float(w[0] + w[1]))),
    min_size=1, max_size=4,
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9), SETS), min_size=1, max_size=5))
def test_nextgqa_is_that_of_the_slow_oracle(rows: list[tuple[int, int, list]]) -> None:
    iops, ious = [], []
    for start, length, gold in rows:
        shared = [max(0.0, min(start + length, e) - max(start, s)) for s, e in gold]
        inside = any(s <= start <= e for s, e in gold)
        iops.append(max(shared) / length if length else float(inside))
        ious.append(
            max(common / (length + e - s - common) for common, (s, e) in zip(shared, gold, strict=True))
        )
    predicted = [windows((start, start + length)) for start, length, _ in rows]
    scores = grounding_scores(predicted, [windows(*row[2]) for row in rows])
    assert scores.mean_iop == pytest.approx(np.mean(iops))
    assert scores.mean_iou == pytest.approx(np.mean(ious))
    assert scores.iop_at[0.5] == np.mean([each >= 0.5 for each in iops])


@given(st.lists(st.tuples(SETS, SETS, st.booleans()), min_size=1, max_size=5))
def test_grounded_accuracy_never_passes_accuracy(rows: list[tuple[list, list, bool]]) -> None:
    predicted, gold = [windows(*row[0]) for row in rows], [windows(*row[1]) for row in rows]
    right = [row[2] for row in rows]
    gqa, clues = grounding_scores(predicted, gold, right), clue_scores(predicted, gold, right)
    assert (gqa.grounded_accuracy or 0.0) <= min(gqa.accuracy or 0.0, gqa.iop_at[0.5])
    assert (clues.accuracy_at_iou or 0.0) <= min(clues.long_accuracy or 0.0, clues.recall_at_iou)


def test_questions_without_gold_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="no gold window"):
        grounding_scores([windows()], [windows()])
    with pytest.raises(ValueError, match="at least 1"):
        clue_scores([], [])
    with pytest.raises(ValueError, match="2 answers for 1 questions"):
        clue_scores([windows()], [windows((0, 1))], [True, False])
