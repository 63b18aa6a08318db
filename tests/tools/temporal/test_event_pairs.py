"""Gaps between two events, and what comes together."""

import math

from hypothesis import given
from hypothesis import strategies as st
from tests.tools.temporal.made_events import CLOCK, event, event_lists, truths, unhurried

from playhead_index.window import Window
from playhead_tools.temporal import co_occurrences, gap
from playhead_tools.temporal.event import Event


@unhurried
@given(st.data())
def test_the_true_gap_lies_in_the_range_and_has_the_sign(data: st.DataObject) -> None:
    a, b = data.draw(event_lists("v", closed=False, least=2))[:2]
    result = gap(a, b)
    true = gap(data.draw(truths(a)), data.draw(truths(b)))
    assert result.low <= true.value <= result.high
    assert result.low <= result.value <= result.high
    assert result.sign in ("undetermined", true.sign)


@unhurried
@given(event_lists(closed=False), st.sampled_from([0.0, 3.0]))
def test_a_gap_is_the_same_both_ways(events: list[Event], tolerance_s: float) -> None:
    for a in events:
        for b in events:
            ahead = gap(a, b, tolerance_s=tolerance_s, clock=CLOCK)
            back = gap(b, a, tolerance_s=tolerance_s, clock=CLOCK)
            assert (ahead.value, ahead.low, ahead.high, ahead.sign) == (
                back.value,
                back.low,
                back.high,
                back.sign,
            )


def test_events_that_share_time_have_a_gap_below_0() -> None:
    result = gap(event("E1", 0, 10), event("E2", 7, 20))
    assert (result.value, result.sign, result.complete) == (-3, "overlapping", True)


def test_a_gap_over_two_videos_is_no_number_without_a_clock() -> None:
    a, b = event("E1", 0, 10, "v"), event("E2", 0, 10, "w")
    assert math.isnan(gap(a, b).value)
    assert (gap(a, b).sign, gap(a, b).complete) == ("undetermined", False)
    assert gap(a, b, clock=CLOCK).value == 20


def test_an_open_event_may_end_the_gap() -> None:
    result = gap(Event("v", Window(0, 5), ("E1",), open_right=True), event("E2", 9, 12))
    assert (result.value, result.sign, result.complete) == (4, "undetermined", False)


def test_pairs_within_seconds_of_each_other() -> None:
    claps = [event("E1", 0, 2), event("E2", 30, 32, delta_s=1)]
    laughs = [event("E3", 4, 6), event("E4", 34.5, 36)]
    together = co_occurrences(claps, laughs, 2, scan_coverage=False)
    assert together.pairs == ((claps[0], laughs[0]),)
    assert together.maybe == ((claps[1], laughs[1]),)
    assert (together.evidence_ids, together.complete) == (("E1", "E3"), False)


def test_an_event_is_no_pair_with_itself() -> None:
    events = [event("E1", 0, 2)]
    assert co_occurrences(events, events, 0, scan_coverage=True).pairs == ()
