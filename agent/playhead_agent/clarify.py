"""Clarification: the question back which of several videos is meant. The run waits until there is a reply."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from playhead_agent.progress import Progress
from playhead_index.short_repr import short_repr

ACTION = "clarify"
ALL_WORDS = ("all", "both", "all of them", "both of them", "each", "any")
_CONFIG = {"allow_ignore": True, "allow_respond": True, "allow_edit": False, "allow_accept": False}
"""The actions that an agent inbox offers for the question."""


@dataclass(frozen=True, slots=True)
class Clarify(Progress):
    """A run waits for an answer; its `message` is the question.

    Args:
        choices: (video_id, name) of each video that may be meant.
        thread_id: of the run that waits.
    """

    choices: tuple[tuple[str, str], ...] = ()
    thread_id: str = ""
    __repr__ = short_repr

    def to_json(self) -> dict[str, Any]:
        """The request as agent inboxes read it."""
        rows = [{"video_id": video_id, "name": name} for video_id, name in self.choices]
        arguments = {"question": self.message, "videos": rows}
        request = {"action": ACTION, "args": arguments}
        return {"action_request": request, "config": dict(_CONFIG), "description": self.message}

    @classmethod
    def from_json(cls, record: Mapping[str, Any], thread_id: str = "") -> Self:
        """The question that `to_json` wrote."""
        arguments = record["action_request"]["args"]
        choices = tuple((row["video_id"], row["name"]) for row in arguments["videos"])
        return cls("parse", arguments["question"], choices=choices, thread_id=thread_id)

    def video_ids_of(self, reply: object) -> tuple[str, ...]:
        """The ids of the videos that a reply names; empty when it declines or names none of them.

        A reply is a name, an id, a number from 1 in the order of the choices, or a word for all; an agent
        inbox wraps it in `{"type": "response", "args": ...}`, or gives a list of one such record.

        >>> clarification = Clarify("parse", "Which?", choices=(("a1", "talk.mp4"), ("b2", "demo.mp4")))
        >>> [clarification.video_ids_of(reply) for reply in ("Talk", "2", "all", "the red one")]
        [('a1',), ('b2',), ('a1', 'b2'), ()]
        """
        text = reply_text(reply).strip("\"'“”‘’. ").casefold()
        if text in ALL_WORDS:
            return tuple(video_id for video_id, _ in self.choices)
        if text.isdecimal() and 1 <= int(text) <= len(self.choices):
            return (self.choices[int(text) - 1][0],)
        matches = [video_id for video_id, name in self.choices if text and text in _names(video_id, name)]
        return tuple(matches) if len(matches) == 1 else ()


def reply_text(reply: object) -> str:
    """The text of a reply, unwrapped from the record of an agent inbox; empty when it declines."""
    if isinstance(reply, str):
        return reply
    if isinstance(reply, Sequence) and len(reply) == 1:
        return reply_text(reply[0])
    if isinstance(reply, Mapping) and reply.get("type") == "response":
        return reply_text(reply.get("args"))
    return ""


def _names(video_id: str, name: str) -> set[str]:
    lowered = name.casefold()
    stem = lowered.rpartition(".")[0] or lowered
    return {video_id.casefold(), lowered, stem, lowered.rpartition("/")[2]}
