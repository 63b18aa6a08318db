"""Which comes first, and the order of several, on unsure starts and over videos."""

from hypothesis import given
from hypothesis import strategies as st
from tests.tools.temporal.made_events import (
    CLOCK,
    SCOPE,
    event,
    event_lists,
    scans,
    truths,
    unhurried,
    with_more,
)

from playhead_index.window import Window
from playhead_tools.temporal import arrange, compare, order
from playhead_tools.temporal.event import Event
from playhead_tools.temporal.scan_coverage import Scan

OTHER = {"before": "after", "after": "before", "undetermined": "undetermined"}
groups_of = st.dictionaries(st.sampled_from("abc"), event_lists(closed=False, most=3), max_size=3)


@unhurried
@given(event_lists(closed=False), st.sampled_from([0.0, 1.0]))
def test_if_a_is_before_b_then_b_is_after_a(events: list[Event], tolerance_s: float) -> None:
    for a in events:
        for b in events:
            there = compare(b, a, tolerance_s, clock=CLOCK)
            assert compare(a, b, tolerance_s, clock=CLOCK) == OTHER[there]


@unhurried
@given(groups_of)
def test_the_order_does_not_hang_on_the_order_of_asking(groups: dict[str, list[Event]]) -> None:
    result = arrange(groups, scan_coverage=True)
    back = arrange(dict(reversed(groups.items())), scan_coverage=True)
    assert result.names == back.names
    assert set(map(frozenset, result.undetermined)) == set(map(frozenset, back.undetermined))
    assert (result.names is None) or not result.undetermined


@unhurried
@given(st.data())
def test_a_determined_order_is_the_true_one(data: st.DataObject) -> None:
    some = event_lists("v", closed=False, most=3, least=1)
    groups = data.draw(st.dictionaries(st.sampled_from("abc"), some, min_size=2))
    result = arrange(groups, scan_coverage=True)
    true = {name: min(data.draw(truths(e)).window.start_s for e in evs) for name, evs in groups.items()}
    assert result.names is None or list(result.names) == sorted(groups, key=lambda name: true[name])


@unhurried
@given(groups_of, scans(), scans())
def test_more_scanned_never_makes_an_order_incomplete(
    groups: dict[str, list[Event]], scan: Scan, more: Scan
) -> None:
    less = arrange(groups, scan_coverage=scan)
    both = arrange(groups, scan_coverage=with_more(scan, more))
    assert both.complete or not less.complete


def test_only_the_undetermined_pairs_are_named() -> None:
    groups = {"a": [event("E1", 0, 1)], "b": [event("E2", 9, 10)], "c": [event("E3", 9.2, 11)]}
    result = arrange(groups, tolerance_s=0.5, scan_coverage=True)
    assert (result.names, result.undetermined) == (None, (("b", "c"),))
    assert result.evidence_ids == ("E1", "E2", "E3")


def test_what_was_not_found_is_named() -> None:
    result = arrange({"a": [event("E1", 0, 1)], "b": []}, scan_coverage=True)
    assert (result.undetermined, result.meaning) == ((("a", "b"),), "not found: b")


def test_two_videos_are_ordered_on_a_clock_only() -> None:
    groups = {"a": [event("E1", 50, 60, "v")], "b": [event("E2", 10, 20, "w")]}
    assert arrange(groups, scan_coverage=True).meaning.startswith("the videos have no common clock")
    result = order(groups, scan_coverage=True, clock=CLOCK)
    assert result is not None
    assert result[0] == ["b", "a"]


def test_an_order_is_complete_when_all_up_to_the_last_first_was_scanned() -> None:
    groups = {"a": [event("E1", 10, 12)], "b": [event("E2", 30, 35)]}
    scope = {"v": SCOPE["v"]}
    assert arrange(groups, scan_coverage=Scan(scope, {"v": [Window(0, 30)]})).complete
    assert not arrange(groups, scan_coverage=Scan(scope, {"v": [Window(0, 29)]})).complete
