"""Wanderings: as long as asked for, always the same, with rare things, repeats and nothing leaked."""

from collections import Counter
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead_bench.world.random_scene import HELD_OUT
from playhead_bench.world.random_video import PARTS, part_of, random_story, seed_of
from playhead_bench.world.vocabulary import COLOURS

HOUR = random_story(1, 60)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(10 / 60, 12), st.sampled_from(PARTS))
def test_any_wandering_is_as_long_as_asked_for_to_half_a_second(seed, minutes, part):
    assert abs(random_story(seed, minutes, part).duration_s - minutes * 60) <= 0.25


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(1, 10))
def test_every_scene_takes_at_least_four_seconds_and_shows_another_place_than_the_one_before(seed, minutes):
    scenes = random_story(seed, minutes).scenes
    assert min(scene.window.duration_s for scene in scenes) >= 4
    assert all(a.place != b.place for a, b in pairwise(scenes))


def test_an_hour_is_made_in_under_a_second():
    since_s = process_time()
    random_story(5, 60)
    assert process_time() - since_s < 1.0


def test_the_same_seed_gives_the_same_story_and_another_one_another():
    assert random_story(4, 3) == random_story(4, 3)
    assert random_story(4, 3).scenes != random_story(5, 3).scenes


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_two_parts_share_a_seed(seed, other):
    assert len({seed_of(seed, "train"), seed_of(other, "dev"), seed_of(other, "test")}) == 3


@pytest.mark.parametrize("part", PARTS)
def test_a_story_tells_of_which_part_it_is(part):
    assert part_of(random_story(7, 1, part)) == part


@pytest.mark.parametrize("seed", range(4))
def test_compositional_training_never_shows_a_pair_that_is_held_out(seed):
    shown = {
        event.what
        for event in random_story(seed, 20, "train", "compositional").events()
        if event.kind == "shown"
    }
    assert not shown & {f"{colour} {shape}" for colour, shape in HELD_OUT}


@pytest.mark.parametrize("part", ["dev", "test"])
def test_compositional_dev_and_test_show_most_of_what_is_held_out(part):
    shown = {
        event.what for event in random_story(2, 20, part, "compositional").events() if event.kind == "shown"
    }
    held = {f"{colour} {shape}" for colour, shape in HELD_OUT}
    assert len(shown & held) >= 20


def test_what_is_left_out_never_appears():
    without = {(colour, "star") for colour in COLOURS}
    shown = {event.what for event in random_story(3, 30, without=without).events() if event.kind == "shown"}
    assert shown
    assert not any(label.endswith(" star") for label in shown)


def test_an_hour_has_things_of_one_scene_and_things_of_many():
    scenes = Counter(label for scene in HOUR.scenes for label in {t.label for t in scene.things})
    assert sum(many == 1 for many in scenes.values()) >= 40
    assert sum(many >= 5 for many in scenes.values()) >= 40


def test_an_hour_has_the_same_thing_do_the_same_again():
    deeds = Counter(
        (event.what, event.kind) for event in HOUR.events() if event.kind in ("jump", "spin", "blink")
    )
    assert sum(many >= 3 for many in deeds.values()) >= 5


def test_an_hour_has_long_stretches_in_which_nothing_happens():
    quiet = [s.window.duration_s for s in HOUR.scenes if not s.things and s.window.duration_s >= 60]
    assert 2 <= len(quiet) <= 5


def test_an_hour_has_slides_of_several_lines_cards_signs_and_counters():
    styles = Counter(writing.style for scene in HOUR.scenes for writing in scene.writings)
    assert all(styles[style] >= 8 for style in ("slide", "card", "sign", "display"))
    assert all(len(w.lines) >= 3 for s in HOUR.scenes for w in s.writings if w.style == "slide")


def test_an_hour_has_facts_said_once_and_facts_said_again():
    times = Counter(line.text for line in HOUR.lines)
    assert sum(many == 1 for many in times.values()) >= 100
    assert sum(many > 1 for many in times.values()) >= 10


def test_a_third_of_the_lines_begin_as_something_begins_to_act():
    starts = {a.window.start_s for scene in HOUR.scenes for thing in scene.things for a in thing.actions}
    with_deed = sum(line.window.start_s in starts for line in HOUR.lines)
    assert with_deed >= len(HOUR.lines) / 3


@pytest.mark.parametrize(
    ("seed", "minutes"), [(0, 0.1), (0, 481), (-1, 5)], ids=["too short", "too long", "a seed below 0"]
)
def test_what_cannot_be_made_is_refused(seed, minutes):
    with pytest.raises(ValueError, match="a random video takes 10 s to 480"):
        random_story(seed, minutes)


def test_the_longest_one_runs_out_of_nothing():
    assert random_story(1, 480).duration_s == 8 * 3600


def test_whole_minutes_are_the_same_video_however_they_are_written() -> None:
    assert random_story(3, 1) == random_story(3, 1.0)
