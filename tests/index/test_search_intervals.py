"""Tests of the windows that stand out of a curve."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from playhead_index.search.curves import smooth
from playhead_index.search.intervals import SAME_IOU, intervals, windows_around
from playhead_index.window import Window, temporal_iou


def each_second(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    starts_s = np.arange(count, dtype=np.float64)
    return starts_s, starts_s + 1.0


@st.composite
def curves(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Frames of uneven lengths with gaps, and their scores."""
    lengths = draw(st.lists(st.floats(0.1, 20.0), min_size=1, max_size=25))
    gaps = draw(st.lists(st.sampled_from([0.0, 0.0, 1.5]), min_size=len(lengths), max_size=len(lengths)))
    scores = draw(st.lists(st.integers(-20, 20), min_size=len(lengths), max_size=len(lengths)))
    starts_s = np.cumsum(np.array(lengths) + np.array(gaps)) - np.array(lengths)
    return starts_s, starts_s + np.array(lengths), np.array(scores) / 20.0


def test_a_bump_in_noise_is_found_with_its_ends() -> None:
    scores = np.random.default_rng(0).normal(0.2, 0.01, 100)
    scores[40:48] += 0.1
    assert intervals(*each_second(100), scores)[0][0] == Window(40, 48)


def test_two_bumps_a_short_dip_apart_are_one_window_and_far_apart_are_two() -> None:
    scores = np.full(60, 0.1)
    scores[10:14] = scores[15:19] = 0.9
    assert intervals(*each_second(60), scores)[0][0] == Window(10, 19)
    scores[40:44] = 0.9
    best = [window for window, _ in intervals(*each_second(60), scores)]
    assert Window(10, 19) in best
    assert Window(40, 44) in best


def test_a_picture_that_stood_for_a_minute_keeps_its_score() -> None:
    starts_s, ends_s = np.array([0.0, 1.0, 61.0, 62.0]), np.array([1.0, 61.0, 62.0, 63.0])
    result = smooth(starts_s[None], ends_s[None], np.array([[0.0, 1.0, 0.0, 0.0]]))[0]
    assert result[1] == pytest.approx(1.0)
    assert result[2] < 0.05


@pytest.mark.parametrize("scores", [[0.7], [0.3, 0.3, 0.3]])
def test_where_nothing_stands_out_the_whole_comes_with_score_0(scores: list[float]) -> None:
    found = intervals(*each_second(len(scores)), np.array(scores))
    assert found == [(Window(0, len(scores)), 0.0)]


def test_no_frames_give_no_windows() -> None:
    assert intervals(*each_second(0), np.zeros(0)) == []


@given(curves())
@settings(deadline=None, max_examples=50)
def test_windows_lie_on_frames_best_first_and_none_is_nearly_another(
    curve: tuple[NDArray[np.float64], ...],
) -> None:
    starts_s, ends_s, scores = curve
    found = intervals(starts_s, ends_s, scores)
    assert found
    assert all(w.start_s in starts_s and w.end_s in ends_s for w, _ in found)
    values = [score for _, score in found]
    assert values == sorted(values, reverse=True)
    assert all(0.0 <= value <= 1.0 for value in values)
    rows = np.array([[w.start_s, w.end_s] for w, _ in found])
    overlaps = temporal_iou(rows, rows)
    np.fill_diagonal(overlaps, 0.0)
    assert overlaps.max() <= SAME_IOU


@given(curves(), st.floats(0.1, 10.0), st.floats(-5.0, 5.0))
@settings(deadline=None, max_examples=50)
def test_a_scale_and_a_shift_of_the_scores_change_nothing(
    curve: tuple[NDArray[np.float64], ...], scale: float, shift: float
) -> None:
    starts_s, ends_s, scores = curve
    before = intervals(starts_s, ends_s, scores)
    after = intervals(starts_s, ends_s, scores * scale + shift)
    np.testing.assert_allclose(
        [score for _, score in before][:1], [score for _, score in after][:1], atol=1e-6
    )


@given(st.lists(curves(), min_size=1, max_size=4), st.data())
@settings(deadline=None, max_examples=50)
def test_the_window_around_a_frame_is_the_best_of_those_that_levels_make_around_it(
    drawn: list[tuple[NDArray[np.float64], ...]], data: st.DataObject
) -> None:
    width = max(len(scores) for _, _, scores in drawn)
    starts_s, ends_s, scores = (np.zeros((len(drawn), width)) for _ in range(3))
    at = np.zeros(len(drawn), dtype=np.int64)
    for row, (starts, ends, values) in enumerate(drawn):
        num_frames = len(values)
        starts_s[row] = ends_s[row] = ends[-1]
        starts_s[row, :num_frames], ends_s[row, :num_frames], scores[row, :num_frames] = starts, ends, values
        at[row] = data.draw(st.integers(0, num_frames - 1))
    found = windows_around(starts_s, ends_s, scores, at)
    for row, curve in enumerate(drawn):
        best = max(value for _, value in slow_windows(*curve, int(at[row])))
        mine = [value for window, value in slow_windows(*curve, int(at[row])) if window == tuple(found[row])]
        assert mine == [pytest.approx(best, abs=1e-9)] * len(mine)
        assert mine


def slow_windows(
    starts_s: NDArray[np.float64], ends_s: NDArray[np.float64], scores: NDArray[np.float64], at: int
) -> list[tuple[tuple[float, float], float]]:
    """The window around one frame at each level and how far it stands out, step by step."""
    curve = smooth(starts_s[None], ends_s[None], slow_closed(starts_s, ends_s, scores, at)[None])[0]
    low, high = curve.min(), curve.max()
    none = [((starts_s[at], ends_s[at]), -1.0)]
    if high - low <= 1e-9:
        return none
    curve, lengths = (curve - low) / (high - low), ends_s - starts_s
    gap_s = 2 * np.sort(lengths)[(len(lengths) - 1) // 2]
    found = []
    for level in np.linspace(0, 1, 17)[1:-1]:
        above = np.flatnonzero(curve >= level).tolist()
        if at not in above:
            continue
        first = last = at
        for i in reversed([i for i in above if i < at]):
            if starts_s[first] - ends_s[i] > gap_s:
                break
            first = i
        for i in [i for i in above if i > at]:
            if starts_s[i] - ends_s[last] > gap_s:
                break
            last = i
        inside = (np.arange(len(curve)) >= first) & (np.arange(len(curve)) <= last)
        mean = np.average(curve[inside], weights=lengths[inside])
        rest = 1.0 if inside.all() else np.average(curve[~inside], weights=lengths[~inside])
        part = lengths[inside].sum() / lengths.sum()
        found.append(((starts_s[first], ends_s[last]), float((mean - rest) * part**0.3)))
    return found or none


def slow_closed(
    starts_s: NDArray[np.float64], ends_s: NDArray[np.float64], scores: NDArray[np.float64], at: int
) -> NDArray[np.float64]:
    """The scores with each short hollow between two high brinks filled, pair by pair."""
    lengths, filled = ends_s - starts_s, scores.copy()
    gap_s = 2 * np.sort(lengths)[(len(lengths) - 1) // 2] + 1e-9
    min_score = scores.min() + 0.75 * (scores[at] - scores.min())
    for i in range(len(scores)):
        for j in range(i + 1, len(scores)):
            brink = min(scores[i], scores[j])
            if starts_s[j] - ends_s[i] <= gap_s and brink >= min_score:
                filled[i:j] = np.maximum(filled[i:j], brink)
    return filled


@pytest.mark.parametrize(("dark", "window"), [(2, (40, 48)), (3, (40, 43))])
def test_what_blinks_is_one_window_and_what_comes_back_later_is_another(
    dark: int, window: tuple[float, float]
) -> None:
    starts_s, ends_s = each_second(100)
    scores = np.full(100, -0.2)
    scores[40:48] = -0.3
    scores[40:43] = scores[43 + dark] = scores[47] = 0.2
    found = windows_around(starts_s[None], ends_s[None], scores[None], np.array([41]))
    assert tuple(found[0]) == window


def test_frames_less_alike_do_not_draw_a_window_over_a_gap() -> None:
    starts_s, ends_s = each_second(80)
    scores = np.full(80, -0.2)
    scores[40:48], scores[38] = 0.2, 0.05
    found = windows_around(starts_s[None], ends_s[None], scores[None], np.array([41]))
    assert tuple(found[0]) == (40, 48)


@given(curves())
@settings(deadline=None, max_examples=50)
def test_a_window_is_scored_by_the_overlap_to_be_expected_of_it(
    curve: tuple[NDArray[np.float64], ...],
) -> None:
    starts_s, ends_s, scores = curve
    best, value = intervals(starts_s, ends_s, scores)[0]
    if value:
        first, last = (
            int(np.flatnonzero(edges == at)[0])
            for edges, at in ((starts_s, best.start_s), (ends_s, best.end_s))
        )
        assert value == pytest.approx(slow_overlap(starts_s, ends_s, scores, first, last), abs=1e-9)


def slow_overlap(
    starts_s: NDArray[np.float64],
    ends_s: NDArray[np.float64],
    scores: NDArray[np.float64],
    first: int,
    last: int,
) -> float:
    """The overlap to be expected of one window, frame by frame."""
    lengths = ends_s - starts_s
    reach_s = 18.0 * np.sort(lengths)[(len(lengths) - 1) // 2]
    mean = np.average(scores, weights=lengths)
    apart = (scores - mean) / np.sqrt(np.average((scores - mean) ** 2, weights=lengths))
    likely = 1 / (1 + np.exp((max(1.1, 0.3 * apart.max()) - apart) / 0.5)) * lengths
    outside = sum(likely[i] * np.exp((starts_s[i] - starts_s[first]) / reach_s) for i in range(first))
    outside += sum(
        likely[i] * np.exp((ends_s[last] - ends_s[i]) / reach_s) for i in range(last + 1, len(scores))
    )
    inside = slice(first, last + 1)
    return float(likely[inside].sum() / (lengths[inside].sum() + outside))


@pytest.mark.parametrize(
    ("starts_s", "ends_s", "scores", "message"),
    [
        pytest.param([0, 1], [1, 2], [0.5], r"must be \(N,\) all three, got", id="too few scores"),
        pytest.param([1, 0], [2, 1], [0, 0], "not after the next one starts", id="times that descend"),
        pytest.param([0, 1], [0, 2], [0, 0], "must end after it starts", id="a frame of no length"),
    ],
)
def test_curves_that_make_no_sense_are_refused(
    starts_s: list[float], ends_s: list[float], scores: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        intervals(np.array(starts_s, float), np.array(ends_s, float), np.array(scores))
