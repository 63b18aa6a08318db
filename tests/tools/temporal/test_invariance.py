"""Moving everything by the same time changes nothing but the times."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.temporal.made_events import event_lists, moved, scans, unhurried

from playhead_index.window import Window
from playhead_tools import temporal
from playhead_tools.temporal.event import Event
from playhead_tools.temporal.results import BoundedValue
from playhead_tools.temporal.scan_coverage import Scan

Operator = Callable[[list[Event], list[Event], Scan], Any]


def ranged(found: BoundedValue) -> tuple[float, ...]:
    return (found.value, found.low, found.high, found.complete)


def ids(events: tuple[Event, ...] | list[Event]) -> list[tuple[str, ...]]:
    return [e.evidence_ids for e in events]


def picked(found: Any) -> Any:
    return ids(found.events), ids(found.ties), found.complete


OPERATORS: list[tuple[str, Operator]] = [
    ("count", lambda a, b, s: ranged(temporal.count(a, merge_gap_s=2, scan_coverage=s))),
    ("total duration", lambda a, b, s: ranged(temporal.total_duration(a, merge_gap_s=2, scan_coverage=s))),
    ("first", lambda a, b, s: picked(temporal.first(a, scan_coverage=s))),
    ("last", lambda a, b, s: picked(temporal.last(a, scan_coverage=s))),
    ("longest", lambda a, b, s: picked(temporal.longest(a, scan_coverage=s))),
    ("order", lambda a, b, s: temporal.arrange({"a": a, "b": b}, scan_coverage=s).names),
    ("before", lambda a, b, s: [ids(temporal.before(a, e, 1)) for e in b]),
    ("strictly during", lambda a, b, s: [ids(temporal.during(a, e, 1, strict=True)) for e in b]),
    ("until", lambda a, b, s: ids(temporal.until(a, b, scan_coverage=s).events)),
    ("relations", lambda a, b, s: [temporal.relate(x, y, 0.5).possible for x in a for y in b]),
    ("pairs", lambda a, b, s: [ids(p) for p in temporal.co_occurrences(a, b, 3, scan_coverage=s).pairs]),
]


@pytest.mark.parametrize(("_", "operator"), OPERATORS, ids=[row[0] for row in OPERATORS])
@unhurried
@given(
    a=event_lists(closed=False, most=4),
    b=event_lists(closed=False, most=3),
    scan=scans(),
    by_s=st.integers(-50, 50),
)
def test_moved_events_give_the_same(
    _: str, operator: Operator, a: list[Event], b: list[Event], scan: Scan, by_s: int
) -> None:
    def later(window: Window) -> Window:
        return Window(window.start_s + by_s, window.end_s + by_s)

    scope = {v: later(w) for v, w in scan.scope.items()}
    scanned = {v: [later(w) for w in windows] for v, windows in scan.scanned.items()}
    assert operator(moved(a, by_s), moved(b, by_s), Scan(scope, scanned)) == operator(a, b, scan)
