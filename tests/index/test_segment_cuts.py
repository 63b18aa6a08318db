"""Tests of cutting videos: the covering, the changes, and the least cost by trying everything."""

import json
import tracemalloc
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.shared_data import shared

from playhead_index.decode import open_reader
from playhead_index.segment import CHANGE_COST, cut, signature

Vectors = NDArray[np.float32]


def unit(rows: NDArray[np.float64]) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def seconds(count: int) -> NDArray[np.float64]:
    """0, 1, 2, ..."""
    return np.arange(count, dtype=np.float64)


def shots(lengths_s: list[int], *, noise: float = 0.0, seed: int = 0) -> Vectors:
    """One vector a second; each shot has a direction of its own, with noise if any is asked for."""
    rng = np.random.default_rng(seed)
    directions = np.eye(max(16, len(lengths_s)))[np.repeat(np.arange(len(lengths_s)), lengths_s)]
    return unit(directions + noise * rng.standard_normal(directions.shape) / 4)


@st.composite
def sampled_videos(draw: st.DrawFn) -> tuple[NDArray[np.float64], Vectors, float]:
    """Frames at uneven times, some close and some minutes apart, with random pictures."""
    gaps_s = draw(st.lists(st.floats(0.02, 3.0) | st.floats(3.0, 60.0), min_size=1, max_size=25))
    starts_s = np.concatenate([[0.0], np.cumsum(gaps_s)])
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shot = np.cumsum(rng.random(len(starts_s)) < draw(st.floats(0.0, 1.0)))
    directions = rng.standard_normal((len(starts_s) + 1, 8))
    features = directions[shot] + 0.1 * rng.standard_normal((len(starts_s), 8))
    return starts_s, unit(features), float(starts_s[-1] + draw(st.floats(0.02, 100.0)))


@given(sampled_videos(), st.floats(0.3, 5.0), st.floats(3.0, 20.0))
@settings(deadline=None, max_examples=60)
def test_segments_cover_the_video_in_order_and_keep_to_the_limits(
    video: tuple[NDArray[np.float64], Vectors, float], min_s: float, times: float
) -> None:
    starts_s, features, duration_s = video
    windows = [c.window for c in cut(starts_s, features, duration_s, min_s=min_s, max_s=min_s * times)]
    assert (windows[0].start_s, windows[-1].end_s) == (0.0, duration_s)
    assert all(a.end_s == b.start_s for a, b in pairwise(windows))
    assert all(w.duration_s <= min_s * times + 1e-6 for w in windows)
    assert len(windows) == 1 or all(w.duration_s >= min_s - 1e-6 for w in windows)


@given(st.lists(st.integers(3, 25), min_size=1, max_size=12), st.floats(0.0, 0.3))
@settings(deadline=None, max_examples=50)
def test_every_shot_of_three_seconds_and_more_is_found_and_nothing_else(
    lengths_s: list[int], noise: float
) -> None:
    cuts = cut(seconds(sum(lengths_s)), shots(lengths_s, noise=noise), float(sum(lengths_s)))
    assert [c.window.start_s for c in cuts] == [0.0, *np.cumsum(lengths_s)[:-1]]
    assert [c.is_change for c in cuts] == [False] + [True] * (len(lengths_s) - 1)


def literal_cost(edges: list[int], features: Vectors, change_cost: float) -> float:
    """The sum that the cuts make least, from its definition; one frame a second."""
    cost = 0.0
    for begin, end in pairwise(edges):
        rows = features[begin:end].astype(np.float64)
        cost += float(((rows - rows.mean(axis=0)) ** 2).sum()) + change_cost
    return cost


@pytest.mark.parametrize("seed", range(8))
def test_no_other_cuts_cost_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = unit(rng.standard_normal((12, 3))[np.sort(rng.integers(0, 6, 12))] + 0.3)
    allowed = [
        [0, *inner, 12]
        for count in range(6)
        for inner in combinations(range(1, 12), count)
        if all(2 <= b - a <= 7 for a, b in pairwise([0, *inner, 12]))
    ]
    min_cost = min(literal_cost(edges, features, 0.2) for edges in allowed)
    found = cut(seconds(12), features, 12.0, min_s=2.0, max_s=7.0, change_cost=0.2)
    edges = [round(c.window.start_s) for c in found] + [12]
    assert literal_cost(edges, features, 0.2) == pytest.approx(min_cost, abs=1e-3)


def test_a_still_picture_is_cut_into_equal_parts_that_are_no_changes() -> None:
    cuts = cut([0.0], shots([1]), 100.0)
    assert [c.window.start_s for c in cuts] == pytest.approx([0.0, 25.0, 50.0, 75.0], abs=1.0)
    assert not any(c.is_change for c in cuts)


def test_a_long_shot_between_two_others_keeps_its_own_ends() -> None:
    cuts = cut(seconds(80), shots([10, 60, 10]), 80.0)
    assert [c.window.start_s for c in cuts if c.is_change] == [10.0, 70.0]
    assert [c.window.start_s for c in cuts if not c.is_change] == pytest.approx([0.0, 40.0], abs=1.0)


def test_frames_left_out_because_nothing_changed_leave_the_changes_where_they_are() -> None:
    features = shots([6, 20, 9])
    kept = [0, 6, 26]
    every = cut(seconds(35), features, 35.0)
    few = cut(np.asarray(kept, float), features[kept], 35.0)
    assert [c.window.start_s for c in few] == [c.window.start_s for c in every] == [0.0, 6.0, 26.0]


def test_a_video_shorter_than_two_segments_is_one() -> None:
    cuts = cut([0.0, 1.0, 2.0], shots([1, 1, 1]), 3.9)
    assert [(c.window.start_s, c.window.end_s) for c in cuts] == [(0.0, 3.9)]


def test_a_flash_shorter_than_a_segment_does_not_make_one() -> None:
    cuts = cut(np.arange(0, 20, 0.25), shots([39, 2, 39]), 20.0)
    assert all(c.window.duration_s >= 2.0 for c in cuts)


@pytest.mark.parametrize(
    ("starts_s", "limits", "message"),
    [
        pytest.param([], {}, r"starts_s must be \(N,\)", id="no frame"),
        pytest.param([0.0, 2.0, 2.0], {}, "must ascend", id="times that stand still"),
        pytest.param([0.0, 1.0, 10.0], {}, r"within \[0, 10.0\)", id="a time at the end"),
        pytest.param([0.0, 1.0, 2.0], {"min_s": 2.0, "max_s": 5.0}, "three times min_s", id="narrow limits"),
    ],
)
def test_misuse_is_said_to_be_so(starts_s: list[float], limits: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cut(starts_s, np.eye(len(starts_s), 3, dtype=np.float32), 10.0, **limits)


def test_the_work_grows_with_the_length_and_the_memory_hardly() -> None:
    features = np.repeat(shots([8] * 16), 15, axis=0)
    peaks = []
    for hours in (0.25, 0.5):
        n = int(hours * 3600)
        tracemalloc.start()
        cut(seconds(n), features[:n], float(n))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.0e6
    assert peaks[1] - peaks[0] < 0.2e6


@pytest.mark.slow
def test_an_hour_of_mixed_footage_is_cut_where_its_parts_meet() -> None:
    table = json.loads(shared("videos/long/hour_compose.segments.json").read_text())
    reader = open_reader(shared("videos/long/hour_compose_320x180.mp4"))
    frames = [(f.pts_s, signature(f.rgb)) for f in reader.sample(1.0, short_side_px=90)]
    starts_s, features = [pts_s for pts_s, _ in frames], np.stack([vector for _, vector in frames])
    cuts = cut(starts_s, features, reader.probe().duration_s, change_cost=CHANGE_COST)
    seen_s = np.array([c.window.start_s for c in cuts if c.is_change])
    met_s = np.array([part["start"] for part in table["segments"][1:]])
    late_s = np.array([np.abs(seen_s - time_s).min() for time_s in met_s])
    assert (late_s <= 1.0).mean() == 1.0
