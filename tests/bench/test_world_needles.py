"""Needles in haystacks: put where asked, found nowhere else, and drawn as a map."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from playhead_bench.world.needles import NEEDLE_KINDS, HeatMapCell, heat_map, needle_story, shift_windows
from playhead_bench.world.random_video import random_story
from playhead_bench.world.story import Line
from playhead_index.window import Window


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(NEEDLE_KINDS), st.floats(0, 1), st.floats(0.5, 20), st.integers(0, 1000))
def test_any_needle_lies_within_a_scene_of_its_depth(kind, depth, minutes, seed):
    story, question = needle_story(kind, depth, minutes, 8, seed)
    (window,) = question.windows
    longest = max(scene.window.duration_s for scene in story.scenes)
    assert abs(story.duration_s - minutes * 60 - 8) <= 0.25
    assert abs(window.start_s - depth * minutes * 60) <= longest / 2 + 8


@pytest.mark.parametrize("kind", NEEDLE_KINDS)
@pytest.mark.parametrize(("depth", "start_s"), [(0.0, 0.0), (1.0, 600.0)], ids=["at the start", "at the end"])
def test_the_needle_is_put_at_either_end(kind, depth, start_s):
    _, question = needle_story(kind, depth, 10, 8, 3)
    assert start_s <= question.windows[0].start_s < question.windows[0].end_s <= start_s + 8


@pytest.mark.parametrize("seed", range(6))
def test_the_thing_is_nowhere_else_while_its_kind_and_its_colour_are(seed):
    story, question = needle_story("thing", 0.5, 60, 8, seed)
    (label,) = question.object_labels
    shown = [event.what for event in story.events() if event.kind == "shown"]
    colour, shape = label.split()
    assert shown.count(label) == 1
    assert sum(what.startswith(f"{colour} ") for what in shown) > 5
    assert sum(what.endswith(f" {shape}") for what in shown) > 5


@pytest.mark.parametrize("kind", ["card", "speech"])
def test_the_words_of_the_needle_are_nowhere_else(kind):
    story, question = needle_story(kind, 0.4, 60, 8, 2)
    event = story.events()[question.evidence[0].index]
    same = [other for other in story.events() if other.text == event.text]
    assert question.answer in event.text
    assert same == [event]


def test_three_hours_with_a_needle_are_a_sound_story():
    story, question = needle_story("speech", 0.75, 180, 8, 1)
    assert story.duration_s == 3 * 3600 + 8
    assert question.options[question.answer_index] == question.answer


def test_the_haystack_before_the_needle_is_as_it_was():
    story, question = needle_story("card", 0.5, 5, 8, 4)
    hay = random_story(4, 5)
    before = [scene for scene in story.scenes if scene.window.end_s <= question.windows[0].start_s]
    assert tuple(before) == hay.scenes[: len(before)]
    assert len(story.scenes) == len(hay.scenes) + 1


def test_a_record_is_moved_in_time():
    assert shift_windows(Line(Window(1, 3), "a", "b"), 2.5) == Line(Window(3.5, 5.5), "a", "b")


@pytest.mark.parametrize(("depth", "needle_s"), [(-0.1, 8), (1.1, 8), (0.5, 4)])
def test_needles_that_cannot_be_put_are_refused(depth, needle_s):
    with pytest.raises(ValueError, match="expected a depth from 0 to 1 and"):
        needle_story("thing", depth, 1, needle_s)


def test_a_heat_map_is_dark_where_needles_are_found_and_light_where_they_are_not(tmp_path):
    cells = [HeatMapCell(minutes, depth, float(minutes == 1)) for minutes in (1, 60) for depth in (0, 0.5, 1)]
    path = heat_map(cells, tmp_path / "needles.png")
    picture = np.asarray(Image.open(path).convert("L"), dtype=float)
    height, width = picture.shape
    left, right = (
        picture[height // 5 : height // 2, width // 4],
        picture[height // 5 : height // 2, width * 6 // 10],
    )
    assert np.median(left) < 80
    assert np.median(right) > 200


def test_a_heat_map_of_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one cell"):
        heat_map([], tmp_path / "none.png")
