import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.window import Window, format_time, join_windows, parse_time, temporal_iou

windows = st.builds(
    lambda start_s, length_s: Window(start_s, start_s + length_s),
    st.floats(0, 1e5),
    st.floats(0.01, 1e4),
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("75", 75.0, id="seconds"),
        pytest.param("75.5", 75.5, id="seconds with a fraction"),
        pytest.param("75,5", 75.5, id="a decimal comma"),
        pytest.param("75s", 75.0, id="seconds with their unit"),
        pytest.param("1:15", 75.0, id="minutes and seconds"),
        pytest.param("90:00", 5400.0, id="more than an hour of minutes"),
        pytest.param("00:01:15.5", 75.5, id="hours, minutes, seconds, fraction"),
        pytest.param(" 1:02:05 ", 3725.0, id="with white space around"),
    ],
)
def test_time_is_read(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1:75", "1:60:00", "-5", "1:2:3:4", "nan", "1e3"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a time"):
        parse_time(text)


@given(st.floats(0, 359_999))
def test_a_written_time_reads_back_to_a_twentieth_of_a_second(seconds: float) -> None:
    assert parse_time(format_time(seconds)) == pytest.approx(seconds, abs=0.0501)


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(1.0, 1.0), (2.0, 1.0), (0.0, float("nan")), (0.0, float("inf"))]
)
def test_a_window_that_does_not_end_after_it_starts_is_refused(start_s: float, end_s: float) -> None:
    with pytest.raises(ValueError, match="end after it starts"):
        Window(start_s, end_s)


def test_a_window_is_half_open() -> None:
    assert [time_s in Window(1.0, 2.0) for time_s in (0.9, 1.0, 1.9, 2.0)] == [False, True, True, False]


def test_windows_that_touch_share_nothing_and_have_no_gap() -> None:
    assert (Window(0, 1).overlap_s(Window(1, 2)), Window(0, 1).gap_s(Window(1, 2))) == (0.0, 0.0)


@given(st.lists(windows, max_size=8), st.floats(0, 10))
def test_joined_windows_stand_apart_and_hold_every_window(given_windows: list[Window], gap_s: float) -> None:
    joined = join_windows(given_windows, gap_s)
    assert all(b.start_s - a.end_s > gap_s for a, b in itertools.pairwise(joined))
    assert all(any(j.start_s <= w.start_s and w.end_s <= j.end_s for j in joined) for w in given_windows)


@given(windows, windows)
def test_iou_is_symmetric_and_one_only_for_equal_windows(a: Window, b: Window) -> None:
    rows = np.array([[a.start_s, a.end_s], [b.start_s, b.end_s]])
    iou = temporal_iou(rows, rows)
    assert iou == pytest.approx(iou.T)
    assert iou.diagonal() == pytest.approx(1.0)
    assert (iou >= 0.0).all()
    assert (iou <= 1.0 + 1e-9).all()


def test_iou_says_what_shape_it_wants() -> None:
    with pytest.raises(ValueError, match=r"b must be \(rows, 2\)"):
        temporal_iou(np.zeros((0, 2)), np.zeros(3))
