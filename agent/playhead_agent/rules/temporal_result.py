"""The record of what the temporal operators return for a question."""

from dataclasses import dataclass
from typing import Any, Literal, Self

from playhead_index.window import Window
from playhead_tools.temporal import ComputedValue, Event

Op = Literal[
    "none", "list", "passages", "nth", "count", "how_long", "order", "compare", "gap", "near", "fact",
    "outline", "seen", "speaking",
]  # fmt: skip
MERGE_GAP_S = 2.0
"""Occurrences that are at most so far apart are one event."""


@dataclass(frozen=True, slots=True)
class TemporalResult:
    """What the temporal operators return for a question.

    Args:
        op: the operator; `none` when there are no events.
        events: that it was computed from, in the order of the answer.
        value: the number, where there is one: a count, seconds, 1 or 0 for a comparison.
        names: the names in order, for `order`.
        complete: it holds for the whole scope, not only for what was found.
        candidates: how many places fit equally well where one was requested.
        forms: places that contain the target only in another form (`robotic` for `robotics`), where others
            contain the word itself; none of them counts.
        seconds: for `speaking` the seconds and the number of turns of each speaker in `names`.
    """

    op: Op
    events: tuple[Event, ...] = ()
    value: float = 0.0
    names: tuple[str, ...] = ()
    complete: bool = True
    candidates: int = 1
    forms: tuple[Event, ...] = ()
    seconds: tuple[float, ...] = ()

    @property
    def evidence_ids(self) -> tuple[str, ...]:
        """The ids of all its evidence, each once."""
        return ComputedValue(0.0, self.events, True).evidence_ids

    @property
    def computed_numbers(self) -> list[float]:
        """The numbers that code computed, which an answer may therefore state."""
        bounds = [t for event in self.events for t in (event.window.start_s, event.window.end_s)]
        values = [self.value] if self.op in ("count", "how_long", "gap", "fact", "seen", "speaking") else []
        if self.op == "speaking":
            values += [*self.seconds, len(self.seconds) / 2, self.candidates - len(self.events)]
        values += [float(len(self.events))] if self.op == "count" else []
        return [*values, *bounds, MERGE_GAP_S]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        events, forms = ([_event_row(event) for event in group] for group in (self.events, self.forms))
        plain = {"op": self.op, "value": self.value, "complete": self.complete, "candidates": self.candidates}
        optional = {"forms": forms, "seconds": list(self.seconds)}
        nonempty = {name: value for name, value in optional.items() if value}
        return {**plain, "events": events, "names": list(self.names), **nonempty}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """The temporal result that `to_json` wrote."""
        events, forms = (tuple(map(_event_from_row, record.get(name, ()))) for name in ("events", "forms"))
        names, seconds = tuple(record["names"]), tuple(record.get("seconds", ()))
        return cls(**{**record, "events": events, "names": names, "forms": forms, "seconds": seconds})


def _event_row(event: Event) -> list[Any]:
    return [event.video_id, event.window.start_s, event.window.end_s, list(event.evidence_ids)]


def _event_from_row(row: list[Any]) -> Event:
    video_id, start_s, end_s, ids = row
    return Event(video_id, Window(start_s, end_s), tuple(ids))
