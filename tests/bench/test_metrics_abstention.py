"""Tests of rejection, risk against coverage, and calibration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead_bench.evaluate.metrics.abstention import (
    abstention_scores,
    calibration_error,
    risk_coverage,
)

ANSWERS = st.lists(
    st.tuples(st.integers(0, 10).map(lambda n: n / 10), st.booleans()), min_size=1, max_size=30
)


def test_rejection_and_false_rejection_by_hand() -> None:
    scores = abstention_scores([True, False, True, False, False], [False, False, True, True, True])
    assert (scores.rejection_accuracy, scores.false_rejection) == (0.5, pytest.approx(1 / 3))
    assert (scores.answerable, scores.unanswerable) == (3, 2)


def test_the_risk_coverage_curve_by_hand() -> None:
    curve = risk_coverage([0.9, 0.8, 0.7, 0.6], [True, False, True, False])
    assert curve.coverages.tolist() == [0.25, 0.5, 0.75, 1.0]
    np.testing.assert_allclose(curve.risks, [0, 1 / 2, 1 / 3, 1 / 2])
    assert curve.area == pytest.approx(1 / 3)
    assert [curve.coverage_at(risk) for risk in (0.0, 0.4, 0.5)] == [0.25, 0.75, 1.0]


def test_no_coverage_where_the_surest_answer_is_wrong() -> None:
    assert risk_coverage([0.9], [False]).coverage_at(0.1) == 0.0


@settings(deadline=None)
@given(ANSWERS, st.randoms(use_true_random=False))
def test_the_order_of_equally_sure_answers_does_not_matter(answers: list, order: object) -> None:
    shuffled = list(answers)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    before, after = (risk_coverage(*zip(*rows, strict=True)) for rows in (answers, shuffled))
    np.testing.assert_allclose(before.risks, after.risks)
    assert before.risks[-1] == pytest.approx(np.mean([not right for _, right in answers]))


@settings(deadline=None)
@given(ANSWERS)
def test_surer_right_answers_give_the_least_area(answers: list) -> None:
    confidences, right = zip(*answers, strict=True)
    assert (
        risk_coverage([float(r) for r in right], right).area <= risk_coverage(confidences, right).area + 1e-12
    )


def test_calibration_by_hand() -> None:
    # bins of a tenth: (0.8, 0.9] holds 0.85 right and 0.85 wrong; (0.2, 0.3] holds 0.25 wrong
    assert calibration_error([0.85, 0.85, 0.25], [True, False, False], bins=10) == pytest.approx(
        (2 * 0.35 + 0.25) / 3
    )


def test_a_bin_holds_its_upper_edge() -> None:
    # 0.5 lies with 0.4 in the lower of two bins: |0.45 - 0.5|
    assert calibration_error([0.5, 0.4], [True, False], bins=2) == pytest.approx(0.05)


@settings(deadline=None)
@given(ANSWERS)
def test_calibration_is_a_part_of_one_and_certainty_that_is_right_has_none(answers: list) -> None:
    confidences, right = zip(*answers, strict=True)
    assert 0.0 <= calibration_error(confidences, right) <= 1.0
    assert calibration_error([float(r) for r in right], right) == 0.0


def test_bad_confidences_are_refused() -> None:
    with pytest.raises(ValueError, match=r"from 0 to 1, got 0\.5 to 1\.5"):
        calibration_error([0.5, 1.5], [True, True])
    with pytest.raises(ValueError, match="finite"):
        risk_coverage([float("nan")], [True])
    with pytest.raises(ValueError, match="as many"):
        abstention_scores([True], [True, False])
