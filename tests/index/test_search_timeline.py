"""Tests of a timeline: how the captions of one video fit, and the windows that this makes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.index.made_search import MadeLibrary

from playhead_index.errors import VideoUnknown
from playhead_index.search.caption_timeline import Timeline, without_overlaps
from playhead_index.search.curve_refinement import VIDEO_END, cut_strengths, denoise, feedback_scores
from playhead_index.search.curves import membership_probabilities, standardise
from playhead_index.search.intervals import SAME_IOU
from playhead_index.search.results import Query
from playhead_index.window import Window, temporal_iou

SCENES = (
    ["a man drives a car"] * 10 + ["a woman cooks rice in a kitchen"] * 6 + ["two dogs run on a beach"] * 14
)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Captions of even length with any scores and vectors of a few scenes."""
    num_captions = draw(st.integers(1, 40))
    generator = np.random.default_rng(draw(st.integers(0, 1_000)))
    scenes = unit(generator.normal(size=(4, 8)))
    vectors = unit(
        scenes[np.sort(generator.integers(0, 4, num_captions))]
        + 0.3 * generator.normal(size=(num_captions, 8))
    )
    starts_s = 2.0 * np.arange(num_captions)
    lexical, meaning = generator.random(num_captions), generator.random(num_captions)
    return Timeline(
        np.arange(num_captions), starts_s, starts_s + 2.0, lexical, meaning, vectors.astype(np.float32)
    )


def unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


@given(timelines())
@settings(deadline=None, max_examples=30)
def test_windows_lie_in_the_video_best_first_and_none_is_nearly_another(timeline: Timeline) -> None:
    found = timeline.windows(10)
    assert 1 <= len(found) <= 10
    assert all(0 <= w.start_s < w.end_s <= timeline.ends_s[-1] for w, _ in found)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    rows = np.array([[w.start_s, w.end_s] for w, _ in found])
    overlaps = temporal_iou(rows, rows)
    np.fill_diagonal(overlaps, 0.0)
    assert overlaps.max() <= SAME_IOU


@given(timelines(), st.floats(0.1, 5.0), st.floats(-3.0, 3.0), st.floats(0.5, 100.0))
@settings(deadline=None, max_examples=30)
def test_the_scale_of_scores_and_the_hour_of_the_day_change_nothing(
    timeline: Timeline, scale: float, shift: float, later_s: float
) -> None:
    assert timeline.meaning is not None
    moved = Timeline(
        timeline.ids, timeline.starts_s + later_s, timeline.ends_s + later_s,
        timeline.lexical, timeline.meaning * scale + shift, timeline.vectors,
    )  # fmt: skip
    np.testing.assert_allclose(moved.fits, timeline.fits, atol=1e-6)
    best, same = timeline.windows(1)[0], moved.windows(1)[0]
    assert same[1] == pytest.approx(best[1], abs=1e-6)


def test_windows_that_are_kept_apart_share_nothing() -> None:
    scores = np.sin(np.arange(60) / 4) + np.cos(np.arange(60) / 9)
    starts_s = 2.0 * np.arange(60)
    found = Timeline(np.arange(60), starts_s, starts_s + 2.0, scores).windows(10, same_iou=0.0)
    windows = [window for window, _ in found]
    assert len(windows) > 1
    assert all(a.overlap_s(b) == 0 for a in windows for b in windows if a != b)


def test_a_scene_is_found_with_its_ends(tmp_path: Path) -> None:
    library = MadeLibrary(tmp_path / "library")
    library.add("v", spans=[("caption", 2.0 * i, 2.0 * i + 2.0, text) for i, text in enumerate(SCENES)])
    timeline = library.searcher().timeline(["a woman is cooking rice"], "v")
    assert timeline.windows()[0][0] == Window(20, 32)
    assert 10 <= int(timeline.fits.argmax()) < 16


def test_without_a_model_the_words_alone_make_the_curve(tmp_path: Path) -> None:
    library = MadeLibrary(tmp_path / "library")
    library.add("v", spans=[("caption", 2.0 * i, 2.0 * i + 2.0, text) for i, text in enumerate(SCENES)])
    timeline = library.searcher(words=None).timeline(["a woman is cooking rice"], "v")
    assert timeline.meaning is None
    assert timeline.windows()[0][0].overlap_s(Window(20, 32)) > 8


def test_a_video_without_captions_has_no_windows_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    library = MadeLibrary(tmp_path / "library")
    library.add("v")
    assert library.searcher().timeline(["rice"], "v").windows() == []
    with pytest.raises(VideoUnknown, match="no video 'w' in this library"):
        library.searcher().timeline(["rice"], "w")
    with pytest.raises(ValueError, match="at least one text"):
        library.searcher().timeline([], "v")


def test_one_odd_caption_in_a_scene_is_drawn_to_its_neighbours() -> None:
    vectors = np.eye(2, dtype=np.float32)[[0] * 10 + [1] * 10]
    scores = np.array([1.0] * 10 + [0.0] * 10)
    scores[4] = 0.0
    result = denoise(scores, vectors)
    assert result[4] > 0.8
    assert result[12] < 0.1


def test_captions_like_those_that_surely_fit_are_lifted() -> None:
    vectors = np.eye(2, dtype=np.float32)[[0, 0, 0, 1, 1, 1, 1, 1]]
    lifted = feedback_scores(np.array([3.0, -0.4, -0.4, -0.4, -0.4, -0.4, -0.5, -0.5]), vectors)
    assert lifted[:3].min() > lifted[3:].max()


def test_a_cut_stands_out_where_the_captions_change() -> None:
    vectors = np.eye(2, dtype=np.float32)[[0] * 10 + [1] * 10]
    found = cut_strengths(vectors)
    assert int(found[2:-3].argmax()) + 2 == 10
    assert (found[0], found[-1], len(found)) == (VIDEO_END, VIDEO_END, 21)


def test_a_short_rare_event_makes_all_else_unlikely() -> None:
    scores = np.zeros((1, 1000))
    scores[0, 500:503], scores[0, 100] = 1.0, 0.15
    starts_s = np.arange(1000.0)[None]
    likely = membership_probabilities(starts_s, starts_s + 1, scores)[0]
    assert standardise(starts_s, starts_s + 1, scores)[0, 100] > 2
    assert likely[500] > 0.9
    assert likely[100] < 0.05


def test_spans_that_overlap_are_cut_to_a_row() -> None:
    result, ends_s = without_overlaps(np.array([0.0, 0.0, 4.0]), np.array([5.0, 1.0, 8.0]))
    assert (result, ends_s.tolist()) == ([0, 2], [4.0, 8.0])


def test_arrays_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="must be of one length"):
        Timeline(np.arange(2), np.arange(2.0), np.arange(2.0) + 1, np.zeros(3))


def test_a_search_gives_the_whole_scene_that_a_caption_stands_in(tmp_path: Path) -> None:
    library = MadeLibrary(tmp_path / "library")
    library.add("v", spans=[("caption", 2.0 * i, 2.0 * i + 2.0, text) for i, text in enumerate(SCENES)])
    found = library.searcher().search(Query("a woman is cooking rice", lanes=("caption",))).moments
    assert [(one.window.start_s, one.window.end_s) for one in found[:1]] == [(20.0, 32.0)]
