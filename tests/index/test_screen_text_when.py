"""Which pictures are read."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from playhead_index.window import Window
from playhead_index.words.merge_screen_text import select_readings


def turned(*degrees: float) -> NDArray[np.float32]:
    """Unit vectors; two that are d degrees apart have a `change` of sin(d / 2)."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def seconds(*starts_s: float, end_s: float) -> list[Window]:
    return [Window(a, b) for a, b in zip(starts_s, [*starts_s[1:], end_s], strict=True)]


def chosen(windows: list[Window], signatures: NDArray[np.float32]) -> list[tuple[int, float, float]]:
    return [(i, window.start_s, window.end_s) for i, window in select_readings(windows, signatures)]


def test_a_still_picture_is_read_once() -> None:
    assert chosen(seconds(0, 1, 2, 3, end_s=4), turned(0, 0, 0, 0)) == [(0, 0.0, 4.0)]


def test_small_changes_are_read_every_two_seconds() -> None:
    windows = seconds(*range(6), end_s=6)
    assert chosen(windows, turned(0, 1, 2, 3, 4, 5)) == [(0, 0.0, 2.0), (2, 2.0, 4.0), (4, 4.0, 6.0)]


def test_a_change_that_stays_is_read_although_it_came_early() -> None:
    assert chosen(seconds(0, 1, end_s=100), turned(0, 1)) == [(0, 0.0, 1.0), (1, 1.0, 100.0)]


def test_a_cut_is_read_at_once() -> None:
    windows = seconds(0, 0.5, 1.0, 1.5, end_s=2.0)
    assert chosen(windows, turned(0, 90, 90, 90)) == [(0, 0.0, 0.5), (1, 0.5, 2.0)]


def test_a_change_is_measured_from_the_picture_last_read() -> None:
    signatures = turned(0, 0.05, 0.10, 0.15, 0.20)
    assert [i for i, *_ in chosen(seconds(0, 2, 4, 6, 8, end_s=10), signatures)] == [0, 3]


def test_no_pictures_no_readings() -> None:
    assert select_readings([], np.zeros((0, 98), np.float32)) == []


def test_one_signature_a_picture() -> None:
    with pytest.raises(ValueError, match=r"signatures must be \(1, S\), got \(2, 2\)"):
        select_readings([Window(0, 1)], turned(0, 1))


ANGLES = st.lists(st.sampled_from([0.0, 0.01, 1.0, 2.0, 90.0]), min_size=1, max_size=30)


@given(ANGLES, st.lists(st.floats(0.1, 5.0), min_size=30, max_size=30))
def test_readings_cover_the_video_without_gaps(angles: list[float], lengths_s: list[float]) -> None:
    ends_s = np.cumsum(lengths_s[: len(angles)])
    windows = [Window(float(b - a), float(b)) for a, b in zip(lengths_s, ends_s, strict=False)]
    windows = [Window(windows[i - 1].end_s if i else w.start_s, w.end_s) for i, w in enumerate(windows)]
    read = select_readings(windows, turned(*angles))
    assert [i for i, _ in read] == sorted({i for i, _ in read})
    assert read[0][1].start_s == windows[0].start_s
    assert read[-1][1].end_s == windows[-1].end_s
    for (i, window), (_, after) in pairwise(read):
        assert window.start_s == windows[i].start_s
        assert window.end_s == after.start_s


@given(ANGLES)
def test_without_cuts_there_are_not_more_readings_than_gaps_fit(angles: list[float]) -> None:
    calm = [angle % 90 for angle in angles]
    read = select_readings(seconds(*range(len(calm)), end_s=len(calm)), turned(*calm), min_gap_s=3.0)
    assert len(read) <= 1 + len(calm) / 3.0
