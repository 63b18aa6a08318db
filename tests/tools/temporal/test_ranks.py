"""The first, the last, the nth, the longest and the shortest, and whether they are the ones."""

import pytest
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
from playhead_tools.temporal import first, last, longest, nth, shortest
from playhead_tools.temporal.event import Event
from playhead_tools.temporal.scan_coverage import Scan

TWO = [event("E1", 20, 25), event("E2", 50, 60)]
ONLY_V = {"v": SCOPE["v"]}


@unhurried
@given(event_lists(), scans(), scans(), st.sampled_from([1, 2, -1, -2]))
def test_more_scanned_never_makes_a_pick_incomplete(
    events: list[Event], scan: Scan, more: Scan, n: int
) -> None:
    less = nth(events, n, scan_coverage=scan)
    both = nth(events, n, scan_coverage=with_more(scan, more))
    assert both.events == less.events
    assert both.complete or not less.complete


@unhurried
@given(st.data())
def test_the_true_first_is_the_pick_or_a_tie(data: st.DataObject) -> None:
    events = data.draw(event_lists("v", least=1))
    picked = first(events, scan_coverage=True)
    true_first = min((data.draw(truths(e)) for e in events), key=lambda e: e.window.start_s)
    assert true_first.evidence_ids[0] in {e.evidence_ids[0] for e in picked.events + picked.ties}


@unhurried
@given(st.data(), st.booleans())
def test_the_true_longest_is_the_pick_or_a_tie(data: st.DataObject, is_longest: bool) -> None:
    events = data.draw(event_lists(closed=False, least=1))
    lengths = {e.evidence_ids: data.draw(truths(e)).window.duration_s for e in events}
    picked = (longest if is_longest else shortest)(events, scan_coverage=True)
    true_one = (max if is_longest else min)(lengths, key=lambda ids: lengths[ids])
    assert true_one in {e.evidence_ids for e in picked.events + picked.ties}


SCANNED = [
    ("the first, all before it scanned", 1, Window(0, 30), True, "first"),
    ("the first, its start not scanned", 1, Window(10, 80), False, "earliest found"),
    ("the last, all after it scanned", -1, Window(45, 80), True, "last"),
    ("the last, the end not scanned", -1, Window(0, 70), False, "latest found"),
    ("the second, all before it scanned", 2, Window(0, 60), True, "number 2"),
    ("the second, a part before unseen", 2, Window(5, 60), False, "number 2 of those found"),
    ("a third that is not there", 3, Window(0, 80), True, "number 3"),
    ("a third that may be where nobody looked", 3, Window(0, 79), False, "number 3 of those found"),
]


@pytest.mark.parametrize(("_", "n", "seen", "complete", "says"), SCANNED, ids=[r[0] for r in SCANNED])
def test_a_pick_of(_: str, n: int, seen: Window, complete: bool, says: str) -> None:
    picked = nth(TWO, n, scan_coverage=Scan(ONLY_V, {"v": [seen]}))
    assert picked.complete is complete
    assert picked.meaning.startswith(says)


def test_a_video_without_an_event_must_be_scanned_too() -> None:
    scan = Scan(SCOPE, {"v": [Window(0, 80)]})
    assert not first(TWO, scan_coverage=scan).complete


def test_on_a_clock_one_event_of_all_videos_is_the_first() -> None:
    events = [event("E1", 45, 50, "v"), event("E2", 10, 20, "w")]
    assert [e.evidence_ids for e in first(events, scan_coverage=True).events] == [("E1",), ("E2",)]
    assert first(events, scan_coverage=True, clock=CLOCK).evidence_ids == ("E2",)
    assert last(events, scan_coverage=True, clock=CLOCK).evidence_ids == ("E1",)


def test_a_start_within_the_tolerance_is_a_tie() -> None:
    events = [event("E1", 10, 20), event("E2", 10.4, 12)]
    assert first(events, scan_coverage=True).determined
    assert first(events, scan_coverage=True, tolerance_s=0.5).ties == (events[1],)


def test_equal_lengths_are_ties() -> None:
    picked = shortest([event("E1", 0, 5), event("E2", 9, 14), event("E3", 20, 40)], scan_coverage=False)
    assert (picked.value, picked.evidence_ids, picked.meaning) == (5, ("E1",), "shortest found")
    assert [e.evidence_ids for e in picked.ties] == [("E2",)]


def test_of_no_events_nothing_is_the_longest() -> None:
    assert longest([], scan_coverage=True).events == ()
