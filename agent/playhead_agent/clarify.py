"""A question back: which of several videos is meant. The run waits on the disk until somebody says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from playhead_agent.progress import Progress
from playhead_index.short_repr import short_repr

ACTION = "clarify"
ALL = ("all", "both", "all of them", "both of them", "each", "any")
_CONFIG = {"allow_ignore": True, "allow_respond": True, "allow_edit": False, "allow_accept": False}
"""What an agent inbox lets a person do with the question."""


@dataclass(frozen=True, slots=True)
class Clarify(Progress):
    """A run waits for an answer; its `message` is the question.

    Args:
        choices: (video_id, what to call it) of each video that may be meant.
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

    def meant(self, reply: object) -> tuple[str, ...]:
        """The ids of the videos that a reply means; empty when it declines or names none of them.

        A reply is a name, an id, a number from 1 in the order of the choices, or a word for all; an agent
        inbox wraps it in `{"type": "response", "args": ...}`, or gives a list of one such record.

        >>> which = Clarify("parse", "Which?", choices=(("a1", "talk.mp4"), ("b2", "demo.mp4")))
        >>> which.meant("Talk"), which.meant("2"), which.meant("all"), which.meant("the red one")
        (('a1',), ('b2',), ('a1', 'b2'), ())
        """
        said = said_by(reply).strip("\"'“”‘’. ").casefold()
        if said in ALL:
            return tuple(video_id for video_id, _ in self.choices)
        if said.isdecimal() and 1 <= int(said) <= len(self.choices):
            return (self.choices[int(said) - 1][0],)
        fit = [video_id for video_id, name in self.choices if said and said in _names(video_id, name)]
        return tuple(fit) if len(fit) == 1 else ()


def said_by(reply: object) -> str:
    """The words of a reply, taken out of what an agent inbox wraps them in; empty when it declines."""
    if isinstance(reply, str):
        return reply
    if isinstance(reply, Sequence) and len(reply) == 1:
        return said_by(reply[0])
    if isinstance(reply, Mapping) and reply.get("type") == "response":
        return said_by(reply.get("args"))
    return ""


def _names(video_id: str, name: str) -> set[str]:
    lowered = name.casefold()
    stem = lowered.rpartition(".")[0] or lowered
    return {video_id.casefold(), lowered, stem, lowered.rpartition("/")[2]}
