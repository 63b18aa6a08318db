"""Confidence fitted on answers whose marks are known."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from playhead_index.errors import LibraryError
from playhead_tools.calibration import CALIBRATION_NAME, Calibration, fit

MARKED = st.lists(st.tuples(st.floats(0.01, 1.0), st.booleans()), min_size=20, max_size=60)


def test_without_a_fit_confidence_stays_as_it_is() -> None:
    assert [Calibration()(value) for value in (0.0, 0.3, 1.0)] == [0.0, 0.3, 1.0]


def test_answers_that_are_right_less_often_than_they_say_are_brought_down() -> None:
    rng = Random(0)
    raw = [rng.uniform(0.5, 1.0) for _ in range(2000)]
    right = [rng.random() < value - 0.3 for value in raw]
    assert fit(raw, right)(0.75) == pytest.approx(0.45, abs=0.06)


@given(MARKED)
@example([(0.01, False)] * 19 + [(0.01, True)])  # the mean of nineteen is above 0.01
def test_more_is_never_worse_and_nothing_is_certain(marked: list[tuple[float, bool]]) -> None:
    fitted = fit([value for value, _ in marked], [mark for _, mark in marked])
    values = [fitted(i / 20) for i in range(1, 21)]
    assert values == sorted(values)
    assert values[0] >= 0.02
    assert values[-1] <= 0.98


def test_answers_of_equal_confidence_are_fitted_together() -> None:
    fitted = fit([0.8] * 20, [True] * 15 + [False] * 5)
    assert (fitted(0.3), fitted(0.8), fitted(0.9)) == (0.75, 0.75, 0.75)


def test_no_answer_stays_without_confidence() -> None:
    assert fit([0.5] * 20, [True] * 20)(0.0) == 0.0


def test_a_fit_is_kept_with_its_library(tmp_path: Path) -> None:
    fitted = fit([i / 40 for i in range(1, 41)], [i > 20 for i in range(1, 41)])
    fitted.save(tmp_path)
    assert Calibration.load(tmp_path) == fitted


def test_a_library_without_a_fit_has_the_one_that_changes_nothing(tmp_path: Path) -> None:
    assert Calibration.load(tmp_path) == Calibration()


def test_a_broken_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / CALIBRATION_NAME).write_text("{")
    with pytest.raises(LibraryError, match="is no calibration"):
        Calibration.load(tmp_path)


def test_too_few_answers_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 20 answers"):
        fit([0.5], [True])


@given(st.floats(0.01, 1.0))
def test_a_map_then_another_is_both_in_turn(raw: float) -> None:
    first, then = (
        Calibration((0.0, 0.4, 1.0), (0.1, 0.3, 0.9), 20),
        Calibration((0.0, 0.5, 1.0), (0.0, 0.2, 1.0), 30),
    )
    both = first.then(then)
    assert both(raw) == pytest.approx(then(first(raw)), abs=1e-9)
    assert both.fitted_on == 30
