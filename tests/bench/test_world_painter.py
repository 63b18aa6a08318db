"""The synthetic benchmark's pictures: colours, shapes, places, writing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead_bench.world.backgrounds import PAINTERS, background
from playhead_bench.world.lecture import lecture
from playhead_bench.world.painter import Painter
from playhead_bench.world.people import person_sprite
from playhead_bench.world.sprites import panel, shape_sprite, slide
from playhead_bench.world.story import Scene, Story
from playhead_bench.world.street_and_interview import interview, street
from playhead_bench.world.vocabulary import COLOURS, SHAPES
from playhead_index.window import Window

SIZE = (320, 180)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_middle_of_a_shape_has_its_colour_and_its_corner_is_empty(shape):
    for colour, rgb in COLOURS.items():
        sprite = shape_sprite(shape, colour, 40, 0, 0)
        middle = sprite.alpha.shape[0] // 2
        assert tuple(sprite.rgb[middle, middle]) == rgb
        assert sprite.alpha[middle, middle] == 255
        assert sprite.alpha[0, 0] == 0


def test_the_rim_of_a_shape_is_smooth():
    alpha = shape_sprite("circle", "red", 40, 0, 0).alpha
    assert len(np.unique(alpha)) > 20


@given(left=st.integers(-90, 90), top=st.integers(-90, 90))
@settings(max_examples=40, deadline=None)
def test_what_is_stamped_over_the_border_is_cut_off(left: int, top: int):
    sprite = shape_sprite("star", "yellow", 30, 0, 0)
    small, wide = np.full((40, 50, 3), 99, np.uint8), np.full((240, 250, 3), 99, np.uint8)
    sprite.stamp(small, left, top)
    sprite.stamp(wide, left + 100, top + 100)
    assert np.array_equal(small, wide[100:140, 100:150])


def test_a_mouth_that_talks_is_open():
    silent, talking = (person_sprite("red", 140, 0, talks).rgb for talks in (False, True))
    changed = np.argwhere((silent != talking).any(axis=2))
    height = silent.shape[0]
    assert height * 0.4 < changed[:, 0].min()
    assert changed[:, 0].max() < height * 0.55


@pytest.mark.parametrize("place", PAINTERS)
def test_a_place_is_the_same_for_a_seed(place):
    assert np.array_equal(background(place, SIZE, 3), background(place, SIZE, 3))


@pytest.mark.parametrize("place", [place for place in PAINTERS if place != "slide"])
def test_a_place_is_another_for_another_seed_and_has_texture(place):
    one, other = background(place, SIZE, 3), background(place, SIZE, 4)
    assert (one != other).mean() > 0.3
    assert np.abs(np.diff(one[150:].astype(int), axis=1)).mean() > 0.5


@pytest.mark.parametrize("place", ["street", "park"])
def test_the_night_is_darker_than_the_day(place):
    assert background(place, SIZE, 3, night=True).mean() < 0.5 * background(place, SIZE, 3).mean()


def test_a_scene_of_the_same_name_shows_the_same_houses():
    windows = (Window(0.0, 2.0), Window(2.0, 4.0), Window(4.0, 6.0))
    names = ("Mill Road", "Castle Lane", "Mill Road")
    scenes = tuple(Scene(n, "street", w) for n, w in zip(names, windows, strict=True))
    painter = Painter(Story("x", 0, scenes), SIZE)
    first, other, again = (painter.paint(t) for t in (0.0, 2.0, 4.0))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_slide_that_stands_is_painted_once():
    painter = Painter(lecture(), SIZE)
    assert painter.paint(45.0) is painter.paint(159.9)


def test_a_picture_does_not_depend_on_what_was_painted_before():
    story = interview(1)
    painter = Painter(story, SIZE)
    for time_s in (8.0, 0.0, 53.0, 8.0, 119.9, 7.25):
        assert np.array_equal(painter.paint(time_s), Painter(story, SIZE).paint(time_s))


def test_another_seed_paints_another_street():
    story = street(1, 0.2)
    assert not np.array_equal(Painter(story, SIZE, 0).paint(1.0), Painter(story, SIZE, 1).paint(1.0))


def test_a_long_panel_is_wider_and_two_lines_are_higher():
    look = ((0, 90, 0), (255, 255, 255), (255, 255, 255))
    short, long = panel(("EXIT 1",), 20, *look), panel(("EXIT 1", "AND MORE WORDS"), 20, *look)
    assert long.alpha.shape[1] > short.alpha.shape[1]
    assert long.alpha.shape[0] > short.alpha.shape[0]


def test_a_slide_with_too_many_lines_is_refused():
    with pytest.raises(ValueError, match="at most five lines, got 7"):
        slide(tuple("abcdefg"), SIZE)


@pytest.mark.parametrize("size", [(321, 180), (320, 0), (32, 18)], ids=["odd", "empty", "tiny"])
def test_a_size_that_cannot_be_encoded_is_refused(size: tuple[int, int]):
    with pytest.raises(ValueError, match="two even numbers from 36"):
        Painter(lecture(), size)


@pytest.mark.parametrize("time_s", [-0.1, 180.0])
def test_a_time_outside_the_story_is_refused(time_s: float):
    with pytest.raises(ValueError, match=r"the story has \[0, 180\.0\)"):
        Painter(lecture(), SIZE).paint(time_s)
