"""The temporal algebra, held against slow oracles."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.window import Window
from playhead_tools import temporal
from playhead_tools.temporal import Event


def event(name: str, start_s: float, end_s: float, video: str = "v") -> Event:
    return Event(video, Window(start_s, end_s), (name,))


@st.composite
def event_lists(draw: st.DrawFn) -> list[Event]:
    rows = draw(
        st.lists(st.tuples(st.sampled_from("vw"), st.integers(0, 60), st.integers(1, 20)), max_size=12)
    )
    return [event(f"E{i + 1}", float(s), float(s + d), video) for i, (video, s, d) in enumerate(rows)]


def seconds_covered(events: list[Event]) -> int:
    return len({(e.video_id, s) for e in events for s in range(int(e.window.start_s), int(e.window.end_s))})


@given(event_lists())
def test_total_duration_is_the_number_of_covered_seconds(events: list[Event]) -> None:
    total = temporal.total_duration(events)
    assert total.value == seconds_covered(events) == temporal.covered_s(events)
    assert set(total.evidence_ids) == {e.evidence_ids[0] for e in events}


@given(event_lists(), st.integers(0, 10))
def test_merged_events_are_apart_and_lose_no_evidence(events: list[Event], gap_s: int) -> None:
    joined = temporal.merge_events(events, gap_s)
    for a, b in pairwise(joined):
        assert a.video_id != b.video_id or b.window.start_s - a.window.end_s > gap_s
    assert sorted(i for e in joined for i in e.evidence_ids) == sorted(e.evidence_ids[0] for e in events)
    assert temporal.merge_events(joined, gap_s) == joined


@given(event_lists(), st.integers(0, 10))
def test_a_wider_gap_never_counts_more(events: list[Event], gap_s: int) -> None:
    near = temporal.count(events, merge_gap_s=gap_s, scan_coverage=True).value
    far = temporal.count(events, merge_gap_s=gap_s + 1, scan_coverage=True).value
    assert far <= near <= len(events)


@given(event_lists(), event_lists())
def test_before_during_and_after_are_apart_and_whole(events: list[Event], anchors: list[Event]) -> None:
    for anchor in anchors:
        same = [e for e in temporal.in_order(events) if e.video_id == anchor.video_id]
        relations = (temporal.before, temporal.during, temporal.after)
        parts = [id(e) for relation in relations for e in relation(events, anchor)]
        assert sorted(parts) == sorted(map(id, same))


@given(event_lists(), st.integers(-4, 4).filter(bool))
def test_the_nth_is_the_nth_of_each_video(events: list[Event], n: int) -> None:
    picked = temporal.nth(events, n, scan_coverage=True)
    for video in "vw":
        inside = [e for e in temporal.in_order(events) if e.video_id == video]
        expected = [inside[n - 1 if n > 0 else n]] if len(inside) >= abs(n) else []
        assert [e for e in picked.events if e.video_id == video] == expected


def test_a_tolerance_lets_events_reach_into_the_anchor() -> None:
    anchor, late = event("E9", 10, 20), event("E1", 5, 10.3)
    assert temporal.before([late], anchor) == []
    assert temporal.before([late], anchor, tolerance_s=0.5) == [late]


def test_events_that_only_touch_are_not_during() -> None:
    anchor = event("E9", 10, 20)
    assert temporal.during([event("E1", 5, 10), event("E2", 20, 25)], anchor) == []
    assert len(temporal.during([event("E1", 5, 10), event("E2", 20, 25)], anchor, tolerance_s=0.1)) == 2


def test_between_is_after_the_one_and_before_the_other() -> None:
    events = [event("E1", 0, 5), event("E2", 12, 15), event("E3", 18, 30)]
    assert temporal.between(events, event("A", 5, 10), event("B", 20, 25)) == [events[1]]


def test_a_result_of_a_part_of_the_library_says_so() -> None:
    events = [event("E1", 0, 5), event("E2", 10, 15)]
    first = temporal.nth(events, 1, scan_coverage=False)
    assert (first.evidence_ids, first.complete) == (("E1",), False)
    assert not temporal.count(events, merge_gap_s=0, scan_coverage=False).complete


def test_two_near_events_of_different_evidence_count_as_two_without_a_gap() -> None:
    near = [event("E1", 10, 12), event("E2", 12.5, 14)]
    assert temporal.count(near, merge_gap_s=0, scan_coverage=True).value == 2
    merged = temporal.count(near, merge_gap_s=1, scan_coverage=True)
    assert (merged.value, merged.evidence_ids) == (1, ("E1", "E2"))


ORDERS = [
    ("the earlier first event comes first", [("a", 5), ("b", 9)], ["a", "b"]),
    ("a later repeat does not matter", [("b", 9), ("a", 5), ("b", 30)], ["a", "b"]),
    ("three things", [("c", 1), ("a", 5), ("b", 9)], ["c", "a", "b"]),
]


@pytest.mark.parametrize(("_", "rows", "names"), ORDERS, ids=[row[0] for row in ORDERS])
def test_the_order_of_first_events(_: str, rows: list[tuple[str, float]], names: list[str]) -> None:
    groups: dict[str, list[Event]] = {}
    for i, (name, start_s) in enumerate(rows):
        groups.setdefault(name, []).append(event(f"E{i}", start_s, start_s + 1))
    ordered = temporal.order(groups, scan_coverage=True)
    assert ordered is not None
    assert ordered[0] == names


UNDETERMINED = [
    ("one of them never comes", {"a": [event("E1", 0, 1)], "b": []}),
    ("they start within the tolerance", {"a": [event("E1", 0, 1)], "b": [event("E2", 0.2, 1)]}),
    ("they are in two videos", {"a": [event("E1", 0, 1, "v")], "b": [event("E2", 5, 6, "w")]}),
    (
        "two videos disagree",
        {
            "a": [event("E1", 0, 1, "v"), event("E2", 9, 10, "w")],
            "b": [event("E3", 5, 6, "v"), event("E4", 5, 6, "w")],
        },
    ),
]


@pytest.mark.parametrize(("_", "groups"), UNDETERMINED, ids=[row[0] for row in UNDETERMINED])
def test_an_undetermined_order_is_none(_: str, groups: dict[str, list[Event]]) -> None:
    assert temporal.order(groups, tolerance_s=0.25, scan_coverage=True) is None


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one evidence"):
        Event("v", Window(0, 1), ())
    with pytest.raises(ValueError, match="got 0"):
        temporal.nth([], 0, scan_coverage=True)
    with pytest.raises(ValueError, match="must not be below 0"):
        temporal.merge_events([], -1)
