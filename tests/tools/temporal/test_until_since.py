"""What goes on until something starts, and since it ended."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.tools.temporal.made_events import CLOCK, SCOPE, event, event_lists, unhurried

from playhead_index.window import Window
from playhead_tools.temporal import since, until
from playhead_tools.temporal.event import Event
from playhead_tools.temporal.scan_coverage import Scan

BELLS = [event("B1", 40, 41), event("B2", 60, 61)]


def mirrored(events: list[Event]) -> list[Event]:
    """The events with time running backwards."""
    return [
        replace(
            e,
            window=Window(100 - e.window.end_s, 100 - e.window.start_s),
            open_left=e.open_right,
            open_right=e.open_left,
        )
        for e in events
    ]


@unhurried
@given(event_lists(closed=False), event_lists(closed=False), st.sampled_from([0.0, 0.5]))
def test_since_is_until_backwards(events: list[Event], anchors: list[Event], slack_s: float) -> None:
    ahead = since(events, anchors, scan_coverage=True, tolerance_s=slack_s)
    back = until(mirrored(events), mirrored(anchors), scan_coverage=True, tolerance_s=slack_s)
    for here, there in ((ahead.events, back.events), (ahead.maybe, back.maybe)):
        assert sorted(here, key=repr) == sorted(mirrored(list(there)), key=repr)


@unhurried
@given(event_lists("v", sure=True), event_lists("v", sure=True, least=1))
def test_until_keeps_the_seconds_before_the_first_anchor(events: list[Event], anchors: list[Event]) -> None:
    first_s = int(min(a.window.start_s for a in anchors))
    kept = until(events, anchors, scan_coverage=True).events
    expected = [s for e in events for s in range(int(e.window.start_s), int(e.window.end_s)) if s < first_s]
    found = [s for e in kept for s in range(int(e.window.start_s), int(e.window.end_s))]
    assert sorted(found) == sorted(expected)


def test_until_cuts_at_the_first_anchor_and_cites_it() -> None:
    found = until([event("E1", 30, 70)], BELLS, scan_coverage=True)
    assert [e.window for e in found.events] == [Window(30, 40)]
    assert [a.evidence_ids for a in found.anchors] == [("B1",)]


def test_since_cuts_at_the_last_anchor() -> None:
    found = since([event("E1", 30, 70)], BELLS, scan_coverage=True)
    assert [e.window for e in found.events] == [Window(61, 70)]


def test_a_start_within_the_tolerance_of_the_anchor_is_possibly_until_it() -> None:
    found = until([event("E1", 39.8, 50)], BELLS, scan_coverage=True, tolerance_s=0.5)
    assert (found.events, [e.window for e in found.maybe]) == ((), [Window(39.8, 40)])


def test_without_an_anchor_the_events_are_whole_and_it_says_so() -> None:
    found = until([event("E1", 30, 70)], [], scan_coverage=True)
    assert (found.events[0].window, found.meaning) == (
        Window(30, 70),
        "where no anchor was found the events are whole",
    )


def test_until_is_complete_when_all_before_the_anchor_was_scanned() -> None:
    scope = {"v": SCOPE["v"]}
    seen, unseen = Scan(scope, {"v": [Window(0, 40)]}), Scan(scope, {"v": [Window(5, 80)]})
    assert until([event("E1", 30, 70)], BELLS, scan_coverage=seen).complete
    assert not until([event("E1", 30, 70)], BELLS, scan_coverage=unseen).complete


def test_an_anchor_in_another_video_cuts_on_a_clock() -> None:
    found = until([event("E1", 0, 70, "v")], [event("B1", 10, 11, "w")], scan_coverage=True, clock=CLOCK)
    assert [e.window for e in found.events] == [Window(0, 40)]
