"""The camera of the synthetic benchmark: pan, zoom, fades, grain, posts and title cards."""

import numpy as np
import pytest

from playhead_bench.world import camera_effects
from playhead_bench.world.backgrounds import background
from playhead_bench.world.painter import Painter
from playhead_bench.world.sprites import card
from playhead_bench.world.story import Move, Scene, SceneObject, Story, Writing
from playhead_bench.world.vocabulary import COLOURS
from playhead_index.window import Window

SIZE = (320, 180)
LASTS = Window(0.0, 4.0)
SQUARE = SceneObject("square", "red", 0.3, (0.5, 0.6))


def painter(*things: SceneObject, **kinds: object) -> Painter:
    return Painter(Story("x", 0, (Scene("a beach", "beach", LASTS, False, things, **kinds),)), SIZE)  # type: ignore[arg-type]


@pytest.mark.parametrize("move", ["pan", "zoom"])
def test_under_a_moving_camera_the_place_changes_and_the_thing_stays(move: Move):
    shown = painter(SQUARE, camera=move)
    first, last = shown.paint(0.0), shown.paint(3.875)
    assert (first != last).any(axis=2)[:60].mean() > 0.2
    assert np.array_equal(first[100:116, 150:170], last[100:116, 150:170])


def test_a_pan_goes_a_quarter_of_the_width_evenly():
    scene = Scene("a beach", "beach", LASTS, camera="pan")
    assert [camera_effects.camera_offset(scene, SIZE, t) for t in (0.0, 1.0, 2.0, 4.0)] == [0, 20, 40, 80]


def test_a_pan_shows_slices_of_one_wide_place():
    scene = Scene("a beach", "beach", LASTS, camera="pan")
    wide = background("beach", camera_effects.painted_size(scene, SIZE), 0)
    assert np.array_equal(camera_effects.view(wide, scene, SIZE, 20, False), wide[:, 20:340])
    assert np.array_equal(camera_effects.view(wide, scene, SIZE, 20, True), wide[:, 60:380])


def test_a_zoom_brings_what_stands_off_the_middle_to_where_it_is_a_fifth_farther_off():
    place = np.zeros((180, 320, 3), np.uint8)
    place[85:95, 205:215] = 255
    scene = Scene("a beach", "beach", LASTS, camera="zoom")
    nearer = camera_effects.view(place, scene, SIZE, camera_effects.ZOOM_STEPS, False)
    xs = np.argwhere(nearer[90, :, 0] > 127)
    assert (xs.min(), xs.max()) == (214, 225)


def test_a_scene_comes_out_of_black_and_goes_into_black():
    shown = painter(SQUARE, fade_s=1.0)
    means = [float(shown.paint(t).mean()) for t in (0.0, 0.5, 1.0, 3.0, 3.5, 3.999)]
    assert means[0] == 0.0
    assert means[1] == pytest.approx(means[2] / 2, rel=0.02)
    assert means[2] == means[3]
    assert means[4] == pytest.approx(means[1], rel=0.02)
    assert means[5] < 1.0


def test_grain_has_the_deviation_that_was_asked_for():
    plain, add_grain = painter().paint(1.0).astype(int), painter(noise=4.0).paint(1.0)
    assert (add_grain - plain).std() == pytest.approx(4.0, rel=0.05)


def test_grain_is_another_at_every_time_and_the_same_at_the_same():
    shown = painter(noise=4.0)
    one, other, again = shown.paint(1.0), shown.paint(1.125), shown.paint(1.0)
    assert (one != other).mean() > 0.5
    assert np.array_equal(one, again)


@pytest.mark.parametrize("kinds", [{}, {"noise": 4.0}, {"fade_s": 1.0}, {"camera": "pan"}, {"posts": 2}])
def test_the_same_time_gives_the_same_array(kinds: dict[str, object]):
    shown = painter(SQUARE, **kinds)
    assert shown.paint(0.5) is shown.paint(0.5)


def test_a_picture_does_not_depend_on_what_was_painted_before():
    look = {"camera": "zoom", "fade_s": 1.0, "noise": 3.0, "posts": 1, "clutter": 3}
    shown = painter(SQUARE, **look)
    for time_s in (2.0, 0.25, 3.75, 2.0, 0.0):
        assert np.array_equal(shown.paint(time_s), painter(SQUARE, **look).paint(time_s))


def test_posts_hide_a_little_of_the_picture_from_top_to_bottom():
    hidden = (painter().paint(0.0) != painter(posts=2).paint(0.0)).any(axis=2)
    columns = hidden.mean(axis=0) > 0.95
    assert 2 * 0.02 * 320 - 1 <= columns.sum() <= 2 * 0.03 * 320 + 1
    assert hidden.any(axis=0).sum() == columns.sum()


def test_a_post_stands_before_a_thing():
    wide = tuple(SceneObject("square", "red", 0.5, (x, 0.5)) for x in (0.2, 0.5, 0.8))
    red = np.array(COLOURS["red"])
    bare, behind = (
        (shown.paint(0.0)[90] == red).all(axis=1).sum() for shown in (painter(*wide), painter(*wide, posts=3))
    )
    assert bare - 40 < behind < bare - 10


def test_a_card_stands_over_everything():
    writing = Writing("card", ("PART 2", "The harbour"), Window(1.0, 2.0))
    shown = painter(SQUARE, writings=(writing,), posts=2)
    assert shown.paint(1.0).mean() < 0.5 * shown.paint(2.0).mean()
    assert (shown.paint(1.5) > 240).all(axis=2).sum() > 1000


def test_a_card_with_four_lines_is_refused():
    with pytest.raises(ValueError, match="one to three lines, got 4"):
        card(("a", "b", "c", "d"), SIZE)
