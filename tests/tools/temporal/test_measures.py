"""Counts, durations and frequencies, held against every course that things may take."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.temporal.made_events import SCOPE, event, event_lists, happened, scans, unhurried, with_more
from tests.tools.temporal.slow_sums import clusters, expected, on_s

from playhead_index.window import Window
from playhead_tools.temporal import count, frequency, total_duration
from playhead_tools.temporal.event import Event
from playhead_tools.temporal.scan_coverage import Scan

gaps = st.sampled_from([0.0, 2.0, 5.0])


@unhurried
@given(event_lists(most=5), gaps)
def test_the_count_is_the_mean_over_all_courses(events: list[Event], gap_s: float) -> None:
    counted = count(events, merge_gap_s=gap_s, scan_coverage=True)
    assert math.isclose(counted.value, expected(events, lambda course: clusters(course, gap_s)))


@unhurried
@given(event_lists(most=5), gaps)
def test_the_duration_is_the_mean_over_all_courses(events: list[Event], gap_s: float) -> None:
    total = total_duration(events, merge_gap_s=gap_s)
    assert math.isclose(total.value, expected(events, lambda course: on_s(course, gap_s)))


@unhurried
@given(st.data(), event_lists(closed=False), gaps)
def test_what_truly_happened_is_counted_within_the_range(
    data: st.DataObject, events: list[Event], gap_s: float
) -> None:
    truth = data.draw(happened(events))
    counted = count(events, merge_gap_s=gap_s, scan_coverage=True)
    assert counted.low <= clusters(truth, gap_s) <= counted.high


@unhurried
@given(st.data(), event_lists(closed=False), gaps)
def test_what_truly_happened_lasts_within_the_range(
    data: st.DataObject, events: list[Event], gap_s: float
) -> None:
    truth = data.draw(happened(events))
    total = total_duration(events, merge_gap_s=gap_s)
    assert total.low <= on_s(truth, gap_s) <= total.high


@unhurried
@given(event_lists(closed=False), scans(), gaps)
def test_the_value_lies_in_the_range(events: list[Event], scan: Scan, gap_s: float) -> None:
    counted = count(events, merge_gap_s=gap_s, scan_coverage=scan)
    total = total_duration(events, merge_gap_s=gap_s, scan_coverage=scan)
    assert counted.low <= counted.value <= counted.high <= len(events)
    assert total.low <= total.value <= total.high


@unhurried
@given(event_lists(sure=True), gaps)
def test_of_sure_events_the_range_is_the_value(events: list[Event], gap_s: float) -> None:
    counted = count(events, merge_gap_s=gap_s, scan_coverage=True)
    total = total_duration(events, merge_gap_s=gap_s)
    assert counted.low == counted.value == counted.high
    assert total.low == total.value == total.high


@unhurried
@given(event_lists(closed=False), scans(), scans())
def test_more_scanned_never_widens_a_range(events: list[Event], scan: Scan, more: Scan) -> None:
    less = total_duration(events, scan_coverage=scan)
    both = total_duration(events, scan_coverage=with_more(scan, more))
    assert both.low == less.low
    assert both.high <= less.high
    assert both.complete or not less.complete


def test_events_that_may_be_one_are_counted_as_one_at_least_and_two_at_most() -> None:
    near = [event("E1", 0, 4, delta_s=0.5), event("E2", 4.8, 9, delta_s=0.5)]
    counted = count(near, merge_gap_s=0, scan_coverage=True)
    assert (counted.low, counted.value, counted.high) == (1, 2, 2)
    assert counted.evidence_ids == ("E1", "E2")


def test_a_bridge_that_may_not_have_happened_leaves_one_or_two() -> None:
    rows = [event("E1", 0, 4), event("E2", 3, 8, p=0.5), event("E3", 7, 9)]
    counted = count(rows, merge_gap_s=0, scan_coverage=True)
    assert (counted.low, counted.value, counted.high) == (1, 1.5, 2)


def test_a_count_of_a_part_says_how_much_was_scanned() -> None:
    scan = Scan({"v": SCOPE["v"]}, {"v": [Window(0, 20)]})
    counted = count([event("E1", 0, 4)], merge_gap_s=0, scan_coverage=scan)
    assert (counted.complete, counted.scanned, counted.meaning) == (False, 0.25, "of those found")
    assert count([], merge_gap_s=0, scan_coverage=False).scanned is None


def test_an_open_event_lasts_at_most_until_somebody_looked_again() -> None:
    scan = Scan({"v": SCOPE["v"]}, {"v": [Window(0, 20), Window(50, 80)]})
    open_end = Event("v", Window(10, 20), ("E1",), open_right=True)
    assert total_duration([open_end], scan_coverage=scan).high == 40
    assert total_duration([open_end]).high == math.inf


def test_a_frequency_is_of_the_scanned_minutes() -> None:
    scan = Scan({"v": SCOPE["v"]}, {"v": [Window(0, 30)]})
    often = frequency([event("E1", 0, 4), event("E2", 9, 12, p=0.5)], merge_gap_s=0, scan=scan)
    assert (often.low, often.value, often.high, often.complete) == (2, 3, 4, False)


def test_a_frequency_of_nothing_scanned_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing was scanned"):
        frequency([], merge_gap_s=0, scan=Scan(SCOPE, {}))
