"""The evidence table of a question: records E1, E2, … in the order in which tools bring them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from playhead_index.window import Window
from playhead_tools.evidence import Evidence
from playhead_tools.temporal import Event


@dataclass(slots=True)
class Table:
    """What tools have found so far; all that an answer may cite.

    Args:
        most: records that it takes; what comes later gets no id and cannot be cited.
        records: by id, in the order in which they came.
        asked: the question that a video model answered, by id of what it said.
        events: made by reckoning, by id: V1, V2, …
    """

    most: int
    records: dict[str, Evidence] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)

    def add(self, record: Evidence, asked: str = "") -> str:
        """The id of a record, new or known; empty when the table is full.

        A record that is known and now matches better keeps its id.
        """
        for known in self.records.values():
            if known.identity == record.identity and self.asked.get(known.id, "") == asked:
                if record.match > known.match:
                    self.records[known.id] = replace(known, match=record.match)
                return known.id
        if len(self.records) >= self.most:
            return ""
        new = f"E{len(self.records) + 1}"
        self.records[new] = replace(record, id=new)
        if asked:
            self.asked[new] = asked
        return new

    def add_event(self, event: Event) -> str:
        """The id of an event, new or known; a single unchanged piece of evidence keeps its own id."""
        only = self.records.get(event.evidence_ids[0]) if len(event.evidence_ids) == 1 else None
        if only is not None and only.window == event.window:
            return only.id
        known = next((name for name, one in self.events.items() if one == event), "")
        if known:
            return known
        new = f"V{len(self.events) + 1}"
        self.events[new] = event
        return new

    def event(self, name: str) -> Event | None:
        """The event behind an id: V1, or the evidence E1 as an event; None for an id that is not there.

        What a look found happened with the probability of its Yes; words stand where they stand.
        """
        record = self.records.get(name)
        if record is None:
            return self.events.get(name)
        is_seen = record.kind == "picture"
        return Event(record.video_id, record.window, (record.id,), record.match if is_seen else 1.0)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, without the words of the catalog."""
        return {
            "evidence": [record.to_json(compact=True) for record in self.records.values()],
            "asked": dict(self.asked),
            "events": [_event_row(event) for event in self.events.values()],
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any], most: int) -> "Table":
        """The table that `to_json` wrote."""
        table = cls(most)
        table.records = {one.id: one for one in map(Evidence.from_json, record["evidence"])}
        table.asked = dict(record["asked"])
        table.events = {f"V{i}": _event_of(row) for i, row in enumerate(record["events"], start=1)}
        return table


def _event_row(event: Event) -> list[Any]:
    sides = [event.p, event.delta_s, event.open_left, event.open_right]
    return [event.video_id, event.window.start_s, event.window.end_s, list(event.evidence_ids), *sides]


def _event_of(row: list[Any]) -> Event:
    video_id, start_s, end_s, ids, *sides = row
    return Event(video_id, Window(start_s, end_s), tuple(ids), *sides)
