"""The evidence table of a question: records E1, E2, … and events V1, V2, …, each once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from playhead_index.window import Window
from playhead_tools.evidence import Evidence
from playhead_tools.temporal import Event

Identity = tuple[Any, ...]


@dataclass(slots=True)
class EvidenceTable:
    """What was found for a question; all that its answer may cite.

    Two records are one when they stand on the same words, frame or window of one video, were looked for as
    the same thing, and answer the same question to a video-LLM. The first keeps its id.

    Args:
        max_records: records that it takes; what comes later gets no id and cannot be cited.
        records: by id, in the order in which they came.
        questions: what a video-LLM was asked, by id of what it replied.
        events: made by the temporal algebra, by id.
        num_left_out: records that came when the table was full.

    >>> table = EvidenceTable(2)
    >>> seen = [Evidence("", v, Window(0, 1), "picture", "supported") for v in ("a", "b", "a", "c")]
    >>> [table.add(one) for one in seen], table.num_left_out
    (['E1', 'E2', 'E1', ''], 1)
    """

    max_records: int
    records: dict[str, Evidence] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    num_left_out: int = 0
    _ids: dict[Identity, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for record in reversed(self.records.values()):  # of equal ones the first counts
            self._ids[self._identity(record, self.questions.get(record.id, ""))] = record.id

    @classmethod
    def of(cls, records: Iterable[Evidence], max_records: int) -> Self:
        """A table that begins with records that have ids already; a further one gets the next number."""
        return cls(max_records, {record.id: record for record in records})

    @property
    def is_cut(self) -> bool:
        """Whether there were more records than it takes."""
        return self.num_left_out > 0

    def add(self, record: Evidence, question: str = "") -> str:
        """The id of a record, new or known; empty when the table is full.

        A record that is known and now matches better keeps its id and takes the better match.

        Args:
            record: its own id does not count.
            question: that a video-LLM answered with it.
        """
        key = self._identity(record, question)
        known = self._ids.get(key)
        if known is not None:
            if record.match > self.records[known].match:
                self.records[known] = replace(self.records[known], match=record.match)
            return known
        if len(self.records) >= self.max_records:
            self.num_left_out += 1
            return ""
        new = self._ids[key] = f"E{len(self.records) + 1}"
        self.records[new] = replace(record, id=new)
        if question:
            self.questions[new] = question
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

        What a video-LLM detected has the probability of its Yes; words are certain.
        """
        record = self.records.get(name)
        if record is None:
            return self.events.get(name)
        is_visual = record.kind == "picture"
        return Event(record.video_id, record.window, (record.id,), record.match if is_visual else 1.0)

    def windows(self) -> dict[str, Window]:
        """The window of every record and every event, by id."""
        found = {name: record.window for name, record in self.records.items()}
        return found | {name: event.window for name, event in self.events.items()}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, without the words of the catalog."""
        return {
            "evidence": [record.to_json(compact=True) for record in self.records.values()],
            "questions": dict(self.questions),
            "events": [_event_row(event) for event in self.events.values()],
            "left_out": self.num_left_out,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any], max_records: int) -> Self:
        """The table that `to_json` wrote."""
        return cls(
            max_records,
            {one.id: one for one in map(Evidence.from_json, record["evidence"])},
            dict(record["questions"]),
            {f"V{i}": _event_of(row) for i, row in enumerate(record["events"], start=1)},
            record["left_out"],
        )

    @staticmethod
    def _identity(record: Evidence, question: str) -> Identity:
        return (record.identity, record.role, record.tied_to, question)


def _event_row(event: Event) -> list[Any]:
    sides = [event.p, event.delta_s, event.open_left, event.open_right]
    return [event.video_id, event.window.start_s, event.window.end_s, list(event.evidence_ids), *sides]


def _event_of(row: list[Any]) -> Event:
    video_id, start_s, end_s, ids, *sides = row
    return Event(video_id, Window(start_s, end_s), tuple(ids), *sides)
