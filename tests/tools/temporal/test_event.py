"""Events and their merging."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.temporal.made_events import event, event_lists, unhurried

from playhead_index.window import Window
from playhead_tools.temporal.event import Event, merge_events


@unhurried
@given(event_lists(closed=False), st.integers(0, 10))
def test_merging_twice_is_merging_once(events: list[Event], gap_s: int) -> None:
    once = merge_events(events, gap_s)
    assert merge_events(once, gap_s) == once


def test_merged_events_are_open_where_the_outermost_is() -> None:
    a = Event("v", Window(0, 5), ("E1",), open_left=True, open_right=True)
    b = Event("v", Window(4, 9), ("E2",), delta_s=0.5, open_left=True)
    assert merge_events([a, b]) == [Event("v", Window(0, 9), ("E1", "E2"), 1.0, 0.5, open_left=True)]


def test_boundaries_never_pass_the_middle() -> None:
    assert event("E1", 10, 12, delta_s=5).bounds == (5.0, 11.0, 11.0, 17.0)


BAD = [
    ("p above 1", {"p": 1.5}, "probability from 0 to 1, got 1.5"),
    ("a p that is no number", {"p": float("nan")}, "probability from 0 to 1, got nan"),
    ("a delta below 0", {"delta_s": -1.0}, "not below 0, got -1.0"),
    ("an endless delta", {"delta_s": float("inf")}, "must be finite"),
]


@pytest.mark.parametrize(("_", "unsure", "message"), BAD, ids=[row[0] for row in BAD])
def test_an_event_refuses(_: str, unsure: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        event("E1", 0, 1, "v", **unsure)
