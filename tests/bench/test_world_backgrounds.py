"""The synthetic benchmark's places: each its own, darker at night, and never in a colour of the things."""

import numpy as np
import pytest

from playhead_bench.world.backgrounds import PAINTERS, background
from playhead_bench.world.clutter import GREYS, posts
from playhead_bench.world.vocabulary import COLOURS, OBJECT_COLOURS, OUTDOORS, PLACES, PlaceKind

SIZE = (160, 90)
WILD: tuple[PlaceKind, ...] = ("beach", "forest", "snow", "desert", "sea", "kitchen")


def test_every_place_has_a_painter():
    assert PAINTERS.keys() == {"slide", *PLACES}


@pytest.mark.parametrize("place", sorted(OUTDOORS))
def test_outdoors_the_night_is_less_than_half_as_bright(place: PlaceKind):
    assert background(place, SIZE, 3, night=True).mean() < 0.5 * background(place, SIZE, 3).mean()


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("place", WILD)
def test_a_wild_place_is_muted(place: PlaceKind, night: bool):
    picture = background(place, SIZE, 3, night, clutter=4).astype(int)
    chroma = picture.max(axis=2) - picture.min(axis=2)
    assert np.percentile(chroma, 99) < 80


@pytest.mark.parametrize("place", WILD)
def test_hardly_a_pixel_of_a_wild_place_has_the_colour_of_a_thing(place: PlaceKind):
    for night in (False, True):
        picture = background(place, SIZE, 5, night, clutter=4).astype(int)
        for paint in OBJECT_COLOURS:
            if paint not in ("white", "black"):
                near = np.abs(picture - COLOURS[paint]).max(axis=2) < 30
                assert near.mean() < 0.01, (place, night, paint)


def test_clutter_changes_a_small_part_of_a_place():
    bare, strewn = background("sea", SIZE, 3), background("sea", SIZE, 3, clutter=4)
    assert 0.01 < (bare != strewn).any(axis=2).mean() < 0.2


def test_no_clutter_has_the_colour_of_a_thing():
    for grey in GREYS:
        assert max(grey) - min(grey) < 35
        assert (
            min(
                sum(abs(a - b) for a, b in zip(grey, COLOURS[paint], strict=True)) for paint in OBJECT_COLOURS
            )
            > 90
        )


def test_a_place_is_the_same_in_every_size():
    large, small = background("forest", (640, 360), 3), background("forest", SIZE, 3)
    downsample = large.reshape(90, 4, 160, 4, 3).mean(axis=(1, 3))
    assert np.abs(downsample - small).mean() < 8


def test_posts_keep_to_their_strips():
    for seed in range(20):
        (left, one), (right, other) = posts(2, (320, 180), seed, False)
        assert 19 <= left + one.alpha.shape[1] / 2 <= 160 <= right + other.alpha.shape[1] / 2 <= 301
