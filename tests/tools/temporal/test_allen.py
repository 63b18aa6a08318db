"""The thirteen relations of Allen (1983), exact and with a tolerance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.temporal.made_events import CLOCK, event, event_lists, truths, unhurried

from playhead_index.window import Window
from playhead_tools.temporal.allen import CONVERSE, RELATIONS, holds, possible_relations, relate, relation
from playhead_tools.temporal.event import Event
from playhead_tools.temporal.results import Allen

windows = st.builds(lambda s, d: Window(s / 2, (s + d) / 2), st.integers(0, 12), st.integers(1, 8))
tolerances = st.sampled_from([0.0, 0.5, 1.0, 3.0])

EXAMPLES: list[tuple[Allen, Window]] = [
    ("before", Window(20, 30)),
    ("meets", Window(14, 30)),
    ("overlaps", Window(12, 30)),
    ("starts", Window(10, 30)),
    ("during", Window(8, 30)),
    ("finishes", Window(8, 14)),
    ("equals", Window(10, 14)),
    ("finished-by", Window(12, 14)),
    ("contains", Window(11, 13)),
    ("started-by", Window(10, 12)),
    ("overlapped-by", Window(8, 12)),
    ("met-by", Window(8, 10)),
    ("after", Window(2, 5)),
]


@pytest.mark.parametrize(("name", "other"), EXAMPLES, ids=[row[0] for row in EXAMPLES])
def test_ten_to_fourteen_to_another_window_is(name: Allen, other: Window) -> None:
    assert relation(Window(10, 14), other) == name


@unhurried
@given(windows, windows)
def test_without_a_tolerance_exactly_one_relation_holds(a: Window, b: Window) -> None:
    assert sum(holds(name, a, b) for name in RELATIONS) == 1
    assert holds(slow_relation(a, b), a, b, strict=True)


def slow_relation(a: Window, b: Window) -> Allen:
    """The relation by the definitions of the paper, written out."""
    if a.end_s <= b.start_s:
        return "meets" if a.end_s == b.start_s else "before"
    if b.end_s <= a.start_s:
        return "met-by" if b.end_s == a.start_s else "after"
    if a.start_s == b.start_s:
        return "equals" if a.end_s == b.end_s else "starts" if a.end_s < b.end_s else "started-by"
    if a.end_s == b.end_s:
        return "finishes" if a.start_s > b.start_s else "finished-by"
    if a.start_s < b.start_s:
        return "overlaps" if a.end_s < b.end_s else "contains"
    return "during" if a.end_s < b.end_s else "overlapped-by"


@unhurried
@given(windows, windows, tolerances)
def test_the_relation_of_b_to_a_is_the_converse(a: Window, b: Window, tolerance_s: float) -> None:
    there = possible_relations(a, b, tolerance_s)
    assert possible_relations(b, a, tolerance_s) == {CONVERSE[name] for name in there}


@unhurried
@given(windows, windows, tolerances)
def test_a_wider_tolerance_rules_out_no_relation(a: Window, b: Window, tolerance_s: float) -> None:
    assert possible_relations(a, b, tolerance_s) <= possible_relations(a, b, tolerance_s + 0.5)


@unhurried
@given(st.data())
def test_what_truly_happened_is_among_the_possible(data: st.DataObject) -> None:
    events = data.draw(event_lists("v", closed=False, least=2))
    a, b = (data.draw(truths(e)) for e in events[:2])
    assert relation(a.window, b.window) in relate(events[0], events[1]).possible


def test_touching_windows_may_within_a_tolerance_be_apart_or_overlap() -> None:
    able = possible_relations(Window(0, 5), Window(5, 9), 0.2)
    assert able == {"before", "meets", "overlaps"}
    assert relation(Window(0, 5), Window(5, 9), 0.2) == "undetermined"


def test_windows_further_apart_than_the_tolerance_are_determined() -> None:
    assert relation(Window(0, 5), Window(5.5, 9), 0.4) == "before"


def test_an_open_event_may_reach_the_next_one() -> None:
    talk = Event("v", Window(0, 5), ("E1",), open_right=True)
    found = relate(talk, event("E2", 9, 12))
    assert found.possible == {"before", "meets", "overlaps", "finished-by", "contains"}
    assert not found.complete


def test_two_videos_are_undetermined_without_a_clock() -> None:
    a, b = event("E1", 50, 60, "v"), event("E2", 10, 20, "w")
    apart = relate(a, b)
    assert (apart.relation, apart.complete) == ("undetermined", False)
    assert apart.meaning.startswith("the videos have no common clock")
    assert apart.evidence_ids == ("E1", "E2")


def test_a_library_clock_relates_two_videos() -> None:
    a, b = event("E1", 50, 60, "v"), event("E2", 10, 25, "w")
    assert relate(a, b, clock=CLOCK).relation == "overlapped-by"
    assert relate(a, b, clock={"v": 1000.0}).relation == "undetermined"


def test_a_tolerance_below_0_is_refused() -> None:
    with pytest.raises(ValueError, match="tolerance_s must not be below 0, got -1"):
        relation(Window(0, 1), Window(2, 3), -1)
