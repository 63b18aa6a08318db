"""Before, after, during and between, loose and strict, over unsure events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.temporal.made_events import CLOCK, SCOPE, event, event_lists, truths, unhurried

from playhead_index.window import Window
from playhead_tools import temporal
from playhead_tools.temporal.event import Event
from playhead_tools.temporal.scan_coverage import Scan

tolerances = st.sampled_from([0.0, 0.5, 2.0])
pairs = event_lists("v", closed=False, least=2)


@unhurried
@given(event_lists(closed=False), tolerances, st.booleans())
def test_a_is_before_b_when_b_is_after_a(events: list[Event], tolerance_s: float, strict: bool) -> None:
    for a in events:
        for b in events:
            ahead = temporal.before([a], b, tolerance_s, strict=strict, clock=CLOCK)
            behind = temporal.after([b], a, tolerance_s, strict=strict, clock=CLOCK)
            assert (ahead == [a]) == (behind == [b])


@unhurried
@given(event_lists(closed=False), event_lists(closed=False), tolerances)
def test_strict_is_never_more_than_loose(events: list[Event], anchors: list[Event], slack_s: float) -> None:
    for anchor in anchors:
        for relation in (temporal.before, temporal.after, temporal.during):
            loose = relation(events, anchor, slack_s)
            assert all(e in loose for e in relation(events, anchor, slack_s, strict=True))


@unhurried
@given(event_lists(sure=True), event_lists(sure=True))
def test_without_doubt_strict_and_loose_are_the_same(events: list[Event], anchors: list[Event]) -> None:
    for anchor in anchors:
        for relation in (temporal.before, temporal.after, temporal.during):
            assert relation(events, anchor) == relation(events, anchor, strict=True)


@unhurried
@given(st.data())
def test_what_is_strict_truly_holds_and_what_truly_holds_is_loose(data: st.DataObject) -> None:
    seen, anchor = data.draw(pairs)[:2]
    truth, true_anchor = data.draw(truths(seen)), data.draw(truths(anchor))
    for relation in (temporal.before, temporal.after, temporal.during):
        holds = bool(relation([truth], true_anchor))
        assert holds or not relation([seen], anchor, strict=True)
        assert relation([seen], anchor) or not holds


def test_found_parts_the_sure_from_the_unsure() -> None:
    sure, unsure = event("E1", 0, 5), event("E2", 6, 9.5, delta_s=1)
    found = temporal.filter_events("before", [sure, unsure], [event("E9", 10, 20)], scan_coverage=True)
    assert (found.events, found.maybe, found.complete) == ((sure,), (unsure,), True)
    assert found.anchors[0].evidence_ids == ("E9",)


SCANS = [
    ("before: the part up to the anchor", "before", [Window(0, 30)]),
    ("after: the part from its end", "after", [Window(40, 80)]),
    ("during: its own window", "during", [Window(25, 45)]),
]


@pytest.mark.parametrize(("_", "kind", "scanned"), SCANS, ids=[row[0] for row in SCANS])
def test_found_is_complete_when_the_stretch_was_scanned(
    _: str, kind: temporal.filters.Kind, scanned: list[Window]
) -> None:
    scan, anchor = Scan({"v": SCOPE["v"]}, {"v": scanned}), event("E9", 30, 40)
    assert temporal.filter_events(kind, [], [anchor], scan_coverage=scan).complete
    less = Scan({"v": SCOPE["v"]}, {"v": [Window(w.start_s + 7, w.end_s - 7) for w in scanned]})
    assert not temporal.filter_events(kind, [], [anchor], scan_coverage=less).complete


def test_between_is_complete_when_the_stretch_between_was_scanned() -> None:
    scan = Scan({"v": SCOPE["v"]}, {"v": [Window(20, 50)]})
    ends = [event("E8", 10, 20), event("E9", 50, 60)]
    found = temporal.filter_events("between", [event("E1", 30, 40)], ends, scan_coverage=scan)
    assert (found.evidence_ids, found.complete) == (("E1",), True)


def test_between_takes_two_anchors() -> None:
    with pytest.raises(ValueError, match=r"between takes 2 anchor\(s\), got 1"):
        temporal.filter_events("between", [], [event("E9", 0, 1)], scan_coverage=True)


def test_other_videos_count_only_on_a_clock() -> None:
    here, there = event("E9", 50, 60, "v"), event("E1", 5, 10, "w")
    assert temporal.before([there], here) == []
    assert temporal.before([there], here, clock=CLOCK) == [there]
