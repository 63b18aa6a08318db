"""Where something lies, by the replies to overlapping parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_bench.synthetic_planner.perception.grounding import (
    P_ACTION_NAMED,
    P_OTHER_ACTION,
    most_likely_window,
    open_reply_probability,
)
from playhead_index.window import Window
from playhead_tools.spec import ActionTriple
from playhead_tools.video_llm.client import Observation

PARTS = [Window(i, i + 4.0) for i in range(7)]


def scored_parts(action: Window) -> list[tuple[float, Window]]:
    """What a model that sees well says of the parts."""
    return [(0.05 + 0.9 * part.overlap_s(action) / action.duration_s, part) for part in PARTS]


@given(start_s=st.floats(0.0, 8.0))
def test_an_action_is_localised_to_within_half_a_second(start_s: float) -> None:
    action = Window(start_s, start_s + 2.0)
    assert abs(most_likely_window(scored_parts(action), 2.0).start_s - start_s) <= 1.0


def test_one_part_that_errs_moves_it_by_little() -> None:
    action = Window(4.0, 6.0)
    expected = scored_parts(action)
    expected[6] = (0.6, PARTS[6])
    assert most_likely_window(expected, 2.0).overlap_s(action) >= 1.0


@given(st.lists(st.floats(0, 1), min_size=7, max_size=7))
def test_it_lies_in_what_was_shown_and_lasts_as_long_as_asked(values: list[float]) -> None:
    window = most_likely_window(list(zip(values, PARTS, strict=True)), 2.0)
    assert window.duration_s == pytest.approx(2.0)
    assert window.start_s >= 0.0
    assert window.end_s <= 10.0 + 1e-9


def test_a_single_short_part_is_where_it_is() -> None:
    assert most_likely_window([(0.9, Window(3.0, 4.0))], 2.0).start_s == 3.0


@pytest.mark.parametrize(
    ("reply", "expected"),
    [("it turns green", P_ACTION_NAMED), ("it changes colour", P_ACTION_NAMED), ("it spins", P_OTHER_ACTION)],
)
def test_a_thing_that_turns_green_changes_colour(reply: str, expected: float) -> None:
    observation = Observation("v", Window(0, 4), "What does the car do?", reply, ())
    assert open_reply_probability(observation, ActionTriple("car", "changes colour")) == expected
