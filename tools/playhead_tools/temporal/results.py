"""What operators give back: every result names the events behind it and says whether it is complete."""

from dataclasses import dataclass
from typing import Literal

from playhead_tools.temporal.event import Event

Allen = Literal[
    "before",
    "meets",
    "overlaps",
    "starts",
    "during",
    "finishes",
    "equals",
    "finished-by",
    "contains",
    "started-by",
    "overlapped-by",
    "met-by",
    "after",
]
"""The thirteen relations of two intervals (Allen, 1983, CACM 26:832-843)."""

Order = Literal["before", "after", "undetermined"]
Sign = Literal["apart", "overlapping", "undetermined"]


class EventResult:
    """A result that stands on events, and through them on evidence."""

    __slots__ = ()
    events: tuple[Event, ...]

    @property
    def evidence_ids(self) -> tuple[str, ...]:
        """Every evidence behind the result, once, in the order of the events."""
        return tuple(dict.fromkeys(one for event in self.events for one in event.evidence_ids))


@dataclass(frozen=True, slots=True)
class ComputedValue(EventResult):
    """A number with the events that justify it, in time order in each video.

    `complete` is False when it holds only of what was searched: an earlier, later or further event
    may lie where nothing was scanned. `meaning` then says what it is instead.
    """

    value: float
    events: tuple[Event, ...]
    complete: bool
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundedValue(ComputedValue):
    """A number with the least and the most that it can be, given how unsure the events are.

    Args:
        low: the least, when events that may not have happened did not and boundaries lie at their worst.
        high: the most, likewise; endless when an event may go on where nothing was scanned.
        scanned: the searched part of the scope, 0 to 1; None when only known not to be all.
    """

    low: float
    high: float
    scanned: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap(BoundedValue):
    """Seconds from the end of the earlier event to the start of the later; below 0 they share time."""

    sign: Sign


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedEvents(ComputedValue):
    """Events picked by rank; `ties` are those that may be meant as well, within what can be told."""

    ties: tuple[Event, ...] = ()

    @property
    def determined(self) -> bool:
        """Whether no other event may be meant."""
        return not self.ties


@dataclass(frozen=True, slots=True, kw_only=True)
class FilteredEvents(EventResult):
    """Events for which something surely holds, and those for which it only may.

    Args:
        events: it surely holds.
        maybe: within the tolerance and what is unsure of the events it may hold or not.
        anchors: the events that they were held against.
        complete: nothing further lies where nothing was scanned.
        meaning: what was found, in words, where that needs saying.
    """

    events: tuple[Event, ...]
    complete: bool
    maybe: tuple[Event, ...] = ()
    anchors: tuple[Event, ...] = ()
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRelation(EventResult):
    """How two events lie to each other; `possible` holds every relation that they may have."""

    relation: Allen | Literal["undetermined"]
    possible: frozenset[Allen]
    events: tuple[Event, ...]
    complete: bool
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOrder(EventResult):
    """Names in the order of their first events, or the pairs of which the order cannot be determined.

    Args:
        names: the order; None when it is undetermined.
        undetermined: the pairs that cannot be determined, in the order in which the names were given.
        events: the first events, timeline by timeline, in their order.
        complete: no earlier one lies where nothing was scanned.
        meaning: why it is undetermined.
    """

    names: tuple[str, ...] | None
    undetermined: tuple[tuple[str, str], ...]
    events: tuple[Event, ...]
    complete: bool
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPairs(EventResult):
    """Pairs for which something surely holds, and pairs for which it only may."""

    pairs: tuple[tuple[Event, Event], ...]
    maybe: tuple[tuple[Event, Event], ...]
    events: tuple[Event, ...]
    complete: bool
    meaning: str = ""
