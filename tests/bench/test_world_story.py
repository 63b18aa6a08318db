"""The synthetic benchmark's stories: what they promise before anything is painted."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playhead_bench.world.dataclass_json import from_record, to_record
from playhead_bench.world.lecture import lecture
from playhead_bench.world.movements import cross, enter, leave
from playhead_bench.world.story import Action, Line, Scene, SceneObject, Story, StoryEvent, Writing
from playhead_bench.world.street_and_interview import interview, street
from playhead_index.window import Window

STAY = enter(2.0, 4.0, "left", (0.5, 0.7), 0.2), leave(8.0, 9.0, "right", (0.5, 0.7), 0.2)
BALL = SceneObject("circle", "red", 0.2, None, STAY)


def test_a_thing_moves_evenly_stops_and_is_gone():
    assert [BALL.position(t) for t in (1.9, 4.0, 7.9, 9.0)] == [None, (0.5, 0.7), (0.5, 0.7), None]
    assert BALL.position(3.0) == pytest.approx(((0.5 - 0.05625) / 2, 0.7))


def test_a_thing_without_actions_stands_where_it_is_put():
    assert SceneObject("star", "blue", 0.2, (0.3, 0.6)).position(5.0) == (0.3, 0.6)


def test_a_jump_is_highest_in_the_middle_of_a_second():
    hop = Action("jump", Window(1.0, 3.0), (0.5, 0.7), (0.5, 0.7))
    assert [hop.at(t)[1] for t in (1.0, 1.5, 2.0)] == pytest.approx([0.7, 0.58, 0.7])


def test_events_tell_scene_words_things_and_lines_in_time_order():
    sign = Writing("sign", ("EXIT 12",), Window(3.0, 10.0))
    scene = Scene("Mill Road", "street", Window(0.0, 10.0), True, (BALL,), (sign,))
    story = Story("tiny", 0, (scene,), (Line(Window(1.0, 2.0), "Ann", "Look."),))
    assert story.events() == [
        StoryEvent("scene", Window(0.0, 10.0), "Mill Road at night", "", "Mill Road"),
        StoryEvent("spoken", Window(1.0, 2.0), "Ann", "Look.", "Mill Road", ("Ann",)),
        StoryEvent("enter", Window(2.0, 4.0), "red circle", "", "Mill Road", ("red circle",)),
        StoryEvent("shown", Window(2.0, 9.0), "red circle", "", "Mill Road", ("red circle",)),
        StoryEvent("written", Window(3.0, 10.0), "sign", "EXIT 12", "Mill Road"),
        StoryEvent("leave", Window(8.0, 9.0), "red circle", "", "Mill Road", ("red circle",)),
    ]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_a_thing_has_a_place_exactly_while_it_is_shown(seed: int):
    for scene in street(seed, 0.5).scenes:
        times_s = [scene.window.start_s + 0.25 * i for i in range(int(scene.window.duration_s * 4))]
        for thing in scene.things:
            seen = thing.visible_windows(scene.window)
            placed = [thing.position(t) is not None for t in times_s]
            assert placed == [any(t in window for window in seen) for t in times_s]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_no_thing_of_a_street_ever_touches_another(seed: int):
    for scene in street(seed, 0.5).scenes:
        for i in range(int(scene.window.duration_s * 4)):
            time_s = scene.window.start_s + 0.25 * i
            bands = sorted(
                (at[1] - thing.size / 2, at[1] + thing.size / 2)
                for thing in scene.things
                if (at := thing.position(time_s))
            )
            assert all(above[1] <= below[0] for above, below in pairwise(bands))


@pytest.mark.parametrize(
    "story",
    [lecture(), lecture(3, 1), lecture(1, 7.5), street(2, 2), interview(1)],
    ids=["the demo", "a lecture of a minute", "a lecture with exercises", "a street", "an interview"],
)
def test_a_story_comes_back_from_json(story: Story):
    assert from_record(Story, json.loads(json.dumps(to_record(story)))) == story


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"kind": "enter"}, "lacks a field"),
        ({"kind": "fly", "window": [0, 1], "start": [0, 0], "end": [1, 1]}, "got 'fly'"),
        ({"kind": "enter", "window": 3, "start": [0, 0], "end": [1, 1]}, "a window"),
        ({"kind": "enter", "window": [0, 1], "start": [0, 0, 0], "end": [1, 1]}, "expected 2 values"),
        ({"kind": "enter", "window": [0, 1], "start": ["0", 0], "end": [1, 1]}, "expected .*float"),
        ({"speed": 3}, "has the fields"),
        ([1, 2], "has the fields"),
    ],
    ids=["a missing field", "an unknown word", "no window", "a third coordinate", "text for a number",
         "an unknown field", "a list for a record"],
)  # fmt: skip
def test_a_record_that_does_not_fit_is_refused(record: object, why: str):
    with pytest.raises(ValueError, match=why):
        from_record(Action, record)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: SceneObject("star", "red", 0.2), "give `at`"),
        (lambda: SceneObject("star", "red", 0.2, (0, 0), (cross(0, 1, "left", 0.7, 0.2),)), "not both"),
        (lambda: SceneObject("star", "red", 0.2, None, (STAY[0], STAY[0])), "overlap"),
        (lambda: Writing("sign", (), Window(0, 1)), "non-empty ASCII"),
        (lambda: Writing("sign", ("café",), Window(0, 1)), "non-empty ASCII"),
        (lambda: Story("x", 0, (Scene("a", "park", Window(1, 2)),)), "starts at 1, expected 0"),
        (lambda: Story("x", 0, (Scene("a", "park", Window(0, 5), things=(BALL,)),)), "outside 0:00"),
        (lambda: lecture(0, 0.5), "at least 1 minute"),
        (lambda: street(0, 0.01), r"at least 0\.1 minutes"),
    ],
    ids=["a thing that is nowhere", "a thing that is twice", "two actions at once", "no words",
         "letters the font lacks", "a hole before a scene", "an action after the scene",
         "a lecture too short", "a street too short"],
)  # fmt: skip
def test_what_cannot_be_is_refused(make, why: str):
    with pytest.raises(ValueError, match=why):
        make()


def test_lines_that_overlap_are_refused():
    lines = (Line(Window(0, 3), "Ann", "One."), Line(Window(2, 4), "Ann", "Two."))
    with pytest.raises(ValueError, match=r"the line 'Two\.' happens"):
        Story("x", 0, (Scene("a", "park", Window(0, 5)),), lines)


def test_the_demo_has_what_it_promises():
    story = lecture()
    slides = [event for event in story.events() if event.what == "slide"]
    assert story.duration_s == 180.0
    assert max(slide.window.duration_s for slide in slides) == 120.0
    assert [e.what for e in story.events() if e.kind in ("enter", "leave")] == [
        "red circle", "blue square", "green triangle",
    ]  # fmt: skip


@pytest.mark.parametrize(("minutes", "length_s"), [(1, 60.0), (3.9, 180.0), (5, 300.0), (120, 7200.0)])
def test_a_lecture_takes_the_minutes_asked_for(minutes: float, length_s: float):
    assert lecture(1, minutes).duration_s == length_s


@pytest.mark.parametrize("minutes", [0.1, 1, 2.25, 10])
def test_a_street_takes_the_minutes_asked_for(minutes: float):
    assert street(4, minutes).duration_s == minutes * 60


def test_every_time_lies_on_the_half_second():
    times_s = [t for e in lecture(0, 1).events() for t in (e.window.start_s, e.window.end_s)]
    assert all(t * 2 == round(t * 2) for t in times_s)
