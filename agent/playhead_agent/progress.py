"""Progress of a run: one record, the same for the command line, a notebook and a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playhead_index.short_repr import short_repr
from playhead_tools.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Progress:
    """One node has ended.

    Args:
        node: which.
        message: what it did, for people.
        evidence: compact records found so far, without words.
        seconds: since the run began.
    """

    node: str
    message: str
    evidence: tuple[dict[str, Any], ...] = ()
    seconds: float = 0.0
    __repr__ = short_repr

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        row = {"node": self.node, "message": self.message}
        return {**row, "evidence": list(self.evidence), "seconds": self.seconds}

    @classmethod
    def of(cls, node: str, message: str, evidence: Sequence[Evidence], seconds: float) -> "Progress":
        """The record of a node from the evidence table."""
        records = tuple(record.to_json(compact=True) for record in evidence)
        return cls(node, message, records, round(seconds, 3))
