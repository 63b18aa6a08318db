"""Temporal algebra on events: code computes with times, and says which evidence a result stands on.

Events have a probability, boundaries that may be off, and sides that may be open; results say what is
certain, what is only possible, and whether an event may lie where nothing was scanned. `event` defines an
event, `scan_coverage` what was scanned, `clock` when each video was recorded: without that, relations hold
inside one video only.

    allen        the thirteen relations of two windows or events, with a tolerance
    filters      before, after, during, between
    until_since  what goes on until or since something
    ranks        first, last, nth, longest, shortest
    measures     count, total duration, frequency (`expected_values` does the sums)
    event_pairs  the gap between two events, co-occurrences
    event_order  which comes first, the order of several
    at_time      what is under way at a time, what was known by then
"""

from playhead_tools.temporal.allen import holds, relate, relation
from playhead_tools.temporal.at_time import as_of, at
from playhead_tools.temporal.clock import Clock
from playhead_tools.temporal.event import Event, covered_s, in_order, merge_events
from playhead_tools.temporal.event_order import arrange, compare, order
from playhead_tools.temporal.event_pairs import co_occurrences, gap
from playhead_tools.temporal.filters import after, before, between, during, filter_events
from playhead_tools.temporal.measures import count, frequency, total_duration
from playhead_tools.temporal.ranks import first, last, longest, nth, shortest
from playhead_tools.temporal.results import ComputedValue, Order
from playhead_tools.temporal.scan_coverage import Scan
from playhead_tools.temporal.until_since import since, until

__all__ = [
    "Clock",
    "ComputedValue",
    "Event",
    "Order",
    "Scan",
    "after",
    "arrange",
    "as_of",
    "at",
    "before",
    "between",
    "co_occurrences",
    "compare",
    "count",
    "covered_s",
    "during",
    "filter_events",
    "first",
    "frequency",
    "gap",
    "holds",
    "in_order",
    "last",
    "longest",
    "merge_events",
    "nth",
    "order",
    "relate",
    "relation",
    "shortest",
    "since",
    "total_duration",
    "until",
]
