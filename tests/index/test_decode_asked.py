"""The arithmetic of times: sampling, the table of packets, turning, shrinking."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.decode.orientation import Orientation, Shape
from playhead_index.decode.packets import PacketTable
from playhead_index.decode.requested_times import sample_times
from playhead_index.window import Window

TICKS = st.lists(st.integers(-(10**6), 10**9), min_size=1, max_size=50, unique=True).map(sorted)
TICK_S = st.sampled_from([Fraction(1, 25), Fraction(1001, 30_000), Fraction(1, 1000), Fraction(1, 90_000)])


def table(
    ticks: list[int], tick_s: Fraction = Fraction(1, 1000), keys: list[int] | None = None
) -> PacketTable:
    at = np.array(ticks, np.int64)
    key_ticks = np.array(keys if keys is not None else ticks[:1], np.int64)
    return PacketTable(
        tick_s=tick_s,
        origin=ticks[0],
        ticks=at,
        end=ticks[-1] + 1,
        key_ticks=key_ticks,
        key_bytes=np.ones(len(key_ticks), np.int64),
        gop_bytes=np.ones(len(key_ticks), np.int64),
        n_damaged=0,
        n_encrypted=0,
        clock_jump=None,
        has_open_groups=False,
    )


@given(TICKS, TICK_S)
def test_a_tick_as_seconds_gives_that_tick_again(ticks: list[int], tick_s: Fraction) -> None:
    rows = table(ticks, tick_s)
    assert [rows.tick_at(rows.seconds(tick)) for tick in ticks] == ticks


@given(TICKS, TICK_S)
def test_seconds_of_many_are_the_seconds_of_each(ticks: list[int], tick_s: Fraction) -> None:
    rows = table(ticks, tick_s)
    assert rows.all_seconds(rows.ticks).tolist() == [rows.seconds(tick) for tick in ticks]


@given(TICKS, st.integers(-(10**6), 10**9))
def test_the_picture_on_the_screen_is_the_last_that_began(ticks: list[int], tick: int) -> None:
    began = [t for t in ticks if t <= tick]
    assert table(ticks).frame_tick_at(tick) == (began[-1] if began else ticks[0])


def test_a_picture_that_begins_within_a_microsecond_counts_as_begun() -> None:
    rows = table([0, 40, 80])
    assert [rows.tick_at(t) for t in (0.039998, 0.0399995, 0.04)] == [39, 40, 40]


@pytest.mark.parametrize(
    ("ticks", "is_variable"),
    [
        pytest.param([0, 40, 80, 120], False, id="even"),
        pytest.param([0, 33, 67, 100], False, id="even but for rounding to a tick"),
        pytest.param([0, 40, 80, 160], True, id="one picture left out"),
        pytest.param([0], False, id="one picture"),
        pytest.param([0, 700], False, id="two pictures"),
    ],
)
def test_a_rate_is_variable_where_a_distance_differs(ticks: list[int], is_variable: bool) -> None:
    assert table(ticks).is_variable_rate is is_variable


def test_a_later_origin_leaves_out_what_comes_before_it() -> None:
    rows = table([0, 40, 80, 120]).starting_at(80)
    assert (rows.ticks.tolist(), rows.seconds(120), rows.duration_s) == ([80, 120], 0.04, 0.041)


@given(st.floats(0.01, 120), st.floats(0, 1e4), st.floats(0.001, 100))
def test_sample_times_lie_in_the_window_at_even_distances(
    fps: float, start_s: float, length_s: float
) -> None:
    window = Window(start_s, start_s + length_s)
    times_s = sample_times(fps, window)
    assert times_s[0] == start_s
    assert all(time_s in window for time_s in times_s)
    assert np.allclose(np.diff(times_s), 1 / fps, rtol=1e-6)
    assert times_s[-1] + 1 / fps >= window.end_s - 1e-3


@pytest.mark.parametrize(
    ("fps", "window", "times_s"),
    [
        (2.0, Window(1.0, 2.5), [1.0, 1.5, 2.0]),
        (10.0, Window(0.0, 0.3), [0.0, 0.1, 0.2]),
        (0.1, Window(3.0, 4.0), [3.0]),
    ],
    ids=str,
)
def test_sample_times_end_before_the_window_does(fps: float, window: Window, times_s: list[float]) -> None:
    assert sample_times(fps, window) == pytest.approx(times_s)


TURNS = [Orientation(a, b, c) for a in (False, True) for b in (False, True) for c in (False, True)]


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_a_turn_says_how_far_it_turns_and_whether_it_mirrors(turn: Orientation) -> None:
    rgb = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    turned = np.rot90(rgb, -turn.rotation_deg // 90)
    expected = turned[:, ::-1] if turn.is_mirrored else turned
    assert np.array_equal(turn.apply(rgb), expected)


@pytest.mark.parametrize(
    ("width_px", "height_px", "short_side_px", "shrunk_px"),
    [
        (1920, 1080, 224, (398, 224)),
        (1080, 1920, 224, (224, 398)),
        (160, 120, 500, (160, 120)),
        (160, 120, None, (160, 120)),
        (4000, 2, 1, (2000, 1)),
    ],
)
def test_shrinking_rounds_the_longer_side(
    width_px: int, height_px: int, short_side_px: int | None, shrunk_px: tuple[int, int]
) -> None:
    shape = Shape(width_px, height_px, Orientation()).shrunk(short_side_px)
    assert (shape.width_px, shape.height_px) == shrunk_px
