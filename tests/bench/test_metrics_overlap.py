"""Tests of how windows overlap, those that models write wrongly too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_bench.evaluate.metrics.overlap import (
    as_windows,
    common_s,
    covered_s,
    iop,
    iou,
    iou_by_lengths,
    merged,
    set_iou,
)
from playhead_index.window import temporal_iou

TIMES = st.integers(0, 60)
WINDOWS = st.tuples(TIMES, TIMES).map(lambda pair: np.array([min(pair), max(pair) + 1.0]))
SETS = st.lists(WINDOWS, max_size=5).map(lambda rows: as_windows(rows))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([0, 10], [5, 15], 1 / 3),
        ([0, 10], [0, 10], 1.0),
        ([0, 10], [10, 20], 0.0),
        ([0, 10], [30, 40], 0.0),
        ([5, 5], [0, 10], 0.0),
        ([8, 2], [0, 10], 0.0),
        ([0, 0], [0, 0], 0.0),
    ],
    ids=["half", "equal", "touching", "apart", "a point", "reversed", "two points"],
)
def test_windows_overlap_by_hand(a: list[float], b: list[float], expected: float) -> None:
    first, second = np.array(a, dtype=float), np.array(b, dtype=float)
    assert iou(first, second) == pytest.approx(expected)
    assert iou_by_lengths(first, second) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        ([2, 6], 0.5),
        ([5, 5], 1.0),
        ([4, 4], 1.0),
        ([3, 3], 0.0),
        ([9, 12], 1 / 3),
        ([6, 2], 0.0),
        ([0, 100], 0.06),
    ],
)
def test_intersection_over_prediction_by_hand(predicted: list[float], expected: float) -> None:
    assert iop(np.array(predicted, dtype=float), np.array([4.0, 10.0])) == pytest.approx(expected)


@given(WINDOWS, WINDOWS)
def test_iou_is_symmetric_bounded_and_the_one_of_the_index(a: np.ndarray, b: np.ndarray) -> None:
    found = float(iou(a, b))
    assert found == float(iou(b, a))
    assert 0.0 <= found <= 1.0
    assert found == pytest.approx(float(iou_by_lengths(a, b)))
    assert found == pytest.approx(float(temporal_iou(a[None], b[None])[0, 0]))


@given(WINDOWS)
def test_a_window_overlaps_itself_wholly(a: np.ndarray) -> None:
    assert float(iou(a, a)) == float(iou_by_lengths(a, a)) == float(iop(a, a)) == 1.0


@given(SETS, SETS)
def test_sets_of_windows_cover_what_their_seconds_say(a: np.ndarray, b: np.ndarray) -> None:
    seconds_a, seconds_b = ({s for w in rows for s in range(int(w[0]), int(w[1]))} for rows in (a, b))
    assert covered_s(a) == len(seconds_a)
    assert common_s(a, b) == len(seconds_a & seconds_b)
    union = len(seconds_a | seconds_b)
    assert set_iou(a, b) == pytest.approx(len(seconds_a & seconds_b) / union if union else 0.0)


def test_windows_that_touch_or_overlap_are_one() -> None:
    rows = np.array([[8.0, 9.0], [0.0, 2.0], [2.0, 3.0], [1.0, 2.5], [7.0, 7.0]])
    assert merged(rows).tolist() == [[0.0, 3.0], [8.0, 9.0]]


def test_rows_of_another_length_and_nan_are_refused() -> None:
    with pytest.raises(ValueError, match="rows of 2 numbers"):
        as_windows([[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match="finite"):
        as_windows([[1.0, float("nan")]])
