"""What is under way at a time, and what was known by then."""

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
from playhead_tools.temporal import as_of, at
from playhead_tools.temporal.event import Event
from playhead_tools.temporal.scan_coverage import Scan

times = st.integers(-5, 90)


@unhurried
@given(event_lists(closed=False), times, st.sampled_from([None, CLOCK]))
def test_as_of_shows_nothing_later(events: list[Event], time_s: int, clock: dict[str, float] | None) -> None:
    known = as_of(events, time_s, scan_coverage=True, video_id="v", clock=clock)
    for e in known.events:
        assert e.window.end_s <= time_s - (30 if e.video_id == "w" else 0)
    assert clock is not None or {e.video_id for e in known.events} <= {"v"}


@unhurried
@given(event_lists(closed=False), times, times)
def test_as_of_the_earlier_of_two_times_is_as_of_both(events: list[Event], a: int, b: int) -> None:
    once = as_of(events, min(a, b), scan_coverage=True, video_id="v").events
    later = as_of(events, b, scan_coverage=True, video_id="v").events
    assert as_of(later, a, scan_coverage=True, video_id="v").events == once


@unhurried
@given(st.data(), times)
def test_what_is_under_way_is_at_least_possibly_found(data: st.DataObject, time_s: int) -> None:
    events = data.draw(event_lists("v", closed=False))
    found = at(events, time_s, scan_coverage=True, video_id="v")
    for e in events:
        is_on = time_s in data.draw(truths(e)).window
        assert is_on or e not in found.events
        assert not is_on or e in found.events + found.maybe


@unhurried
@given(event_lists(), scans(), scans(), times, st.sampled_from([None, CLOCK]))
def test_more_scanned_never_makes_a_moment_incomplete(
    events: list[Event], scan: Scan, more: Scan, time_s: int, clock: dict[str, float] | None
) -> None:
    both = with_more(scan, more)
    for operator in (at, as_of):
        less = operator(events, time_s, scan_coverage=scan, video_id="v", clock=clock)
        result = operator(events, time_s, scan_coverage=both, video_id="v", clock=clock)
        assert result.complete or not less.complete


def test_an_event_cut_by_the_moment_is_open() -> None:
    known = as_of([event("E1", 10, 20)], 15, scan_coverage=True, video_id="v")
    assert known.events == (Event("v", Window(10, 15), ("E1",), open_right=True),)


def test_what_is_on_in_all_videos_at_a_time_of_the_library() -> None:
    events = [event("E1", 40, 50, "v"), event("E2", 10, 20, "w"), event("E3", 40, 50, "w")]
    found = at(events, 1045, scan_coverage=True, clock=CLOCK)
    assert found.evidence_ids == ("E1", "E2")


def test_a_moment_is_complete_when_it_was_scanned() -> None:
    scan = Scan(SCOPE, {"v": [Window(10, 20)]})
    assert at([], 15, scan_coverage=scan, video_id="v").complete
    assert not at([], 25, scan_coverage=scan, video_id="v").complete
    assert not at([], 45, scan_coverage=scan, video_id="v", clock=CLOCK).complete
    assert not as_of([], 15, scan_coverage=scan, video_id="v").complete


def test_a_scope_beyond_the_clock_is_incomplete_and_says_so() -> None:
    scan = Scan(SCOPE, {v: [w] for v, w in SCOPE.items()})
    found = at([], 1045, scan_coverage=scan, clock={"v": 1000.0})
    assert not found.complete
    assert found.meaning.startswith("the videos have no common clock")


def test_a_time_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="give the video_id or the library clock"):
        at([event("E1", 0, 1)], 5, scan_coverage=True)
