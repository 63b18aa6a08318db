"""Temporal algebra on events: code reckons with times, and says which evidence a result stands on.

Events have a probability, boundaries that may be off, and sides that may be open; results say what is sure,
what only may be, and whether an event may lie where nobody looked. `event` says what an event is, `scan`
where was looked, `clock` when each video was recorded: without that, relations hold inside one video only.

    allen      the thirteen relations of two windows or events, with a tolerance
    filters    before, after, during, between
    stretches  what goes on until or since something
    ranks      first, last, nth, longest, shortest
    measures   count, total duration, frequency (`expected` does the sums)
    pairs      the gap between two events, co-occurrences
    orders     which comes first, the order of several
    moments    what is under way at a time, what was known by then
"""

from playhead_tools.temporal.allen import holds, relate, relation
from playhead_tools.temporal.clock import Clock
from playhead_tools.temporal.event import Event, covered_s, in_order, merged
from playhead_tools.temporal.filters import after, before, between, during, found
from playhead_tools.temporal.measures import count, frequency, total_duration
from playhead_tools.temporal.moments import as_of, at
from playhead_tools.temporal.orders import arranged, compare, order
from playhead_tools.temporal.pairs import co_occurrences, gap
from playhead_tools.temporal.ranks import first, last, longest, nth, shortest
from playhead_tools.temporal.results import ComputedValue, Order
from playhead_tools.temporal.scan import Scan
from playhead_tools.temporal.stretches import since, until

__all__ = [
    "Clock",
    "ComputedValue",
    "Event",
    "Order",
    "Scan",
    "after",
    "arranged",
    "as_of",
    "at",
    "before",
    "between",
    "co_occurrences",
    "compare",
    "count",
    "covered_s",
    "during",
    "first",
    "found",
    "frequency",
    "gap",
    "holds",
    "in_order",
    "last",
    "longest",
    "merged",
    "nth",
    "order",
    "relate",
    "relation",
    "shortest",
    "since",
    "total_duration",
    "until",
]
