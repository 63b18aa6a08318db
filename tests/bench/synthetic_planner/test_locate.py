"""Where something lies, told by what overlapping parts said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_bench.synthetic_planner.perception.grounding import TOLD, UNTOLD, likeliest, p_told
from playhead_index.window import Window
from playhead_tools.spec import ActionTriple
from playhead_tools.video_llm.client import Observation

PARTS = [Window(i, i + 4.0) for i in range(7)]


def said(deed: Window) -> list[tuple[float, Window]]:
    """What a model that sees well says of the parts."""
    return [(0.05 + 0.9 * part.overlap_s(deed) / deed.duration_s, part) for part in PARTS]


@given(start_s=st.floats(0.0, 8.0))
def test_a_deed_is_found_to_within_half_a_second(start_s: float) -> None:
    deed = Window(start_s, start_s + 2.0)
    assert abs(likeliest(said(deed), 2.0).start_s - start_s) <= 1.0


def test_one_part_that_errs_moves_it_by_little() -> None:
    deed = Window(4.0, 6.0)
    told = said(deed)
    told[6] = (0.6, PARTS[6])
    assert likeliest(told, 2.0).overlap_s(deed) >= 1.0


@given(st.lists(st.floats(0, 1), min_size=7, max_size=7))
def test_it_lies_in_what_was_shown_and_lasts_as_long_as_asked(values: list[float]) -> None:
    window = likeliest(list(zip(values, PARTS, strict=True)), 2.0)
    assert window.duration_s == pytest.approx(2.0)
    assert window.start_s >= 0.0
    assert window.end_s <= 10.0 + 1e-9


def test_a_single_short_part_is_where_it_is() -> None:
    assert likeliest([(0.9, Window(3.0, 4.0))], 2.0).start_s == 3.0


@pytest.mark.parametrize(
    ("reply", "told"), [("it turns green", TOLD), ("it changes colour", TOLD), ("it spins", UNTOLD)]
)
def test_a_thing_that_turns_green_changes_colour(reply: str, told: float) -> None:
    look = Observation("v", Window(0, 4), "What does the car do?", reply, ())
    assert p_told(look, ActionTriple("car", "changes colour")) == told
