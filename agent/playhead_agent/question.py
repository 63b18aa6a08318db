"""A question as every strategy is given it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

from playhead_agent.state import scope_from_json, scope_to_json
from playhead_index.search.results import Scope

THREAD_ID_CHARS = 12
"""Of the id of a conversation that was given none: 48 random bits, short enough to be typed."""


def new_thread_id() -> str:
    """An id for a conversation that was given none."""
    return uuid4().hex[:THREAD_ID_CHARS]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks.

    Args:
        text: in the person's words.
        options: of a multiple choice; the answer's `choice` is the index of one of them, or None.
        scope: which videos, which window of each; None for the scope of the thread, else the whole library.
        thread_id: the conversation that it belongs to; empty for a new one.
        language: of the answer, as a BCP 47 tag; None for the question's own.
    """

    text: str
    options: tuple[str, ...] = ()
    scope: Scope | None = None
    thread_id: str = ""
    language: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "text": self.text,
            "options": list(self.options),
            "scope": None if self.scope is None else scope_to_json(self.scope),
            "thread_id": self.thread_id,
            "language": self.language,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The question that `to_json` wrote."""
        scope = None if record["scope"] is None else scope_from_json(record["scope"])
        return cls(record["text"], tuple(record["options"]), scope, record["thread_id"], record["language"])
