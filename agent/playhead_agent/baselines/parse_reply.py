"""Parsing of a model's reply: an answer, a refusal, or unreadable."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from playhead_index.errors import ModelOutputInvalid
from playhead_tools.video_llm.parse_response import is_abstention, normalised, parse_choice
from playhead_tools.video_llm.refusals import is_refusal

ReplyStatus = Literal["answered", "abstained", "unread"]


@dataclass(frozen=True, slots=True)
class ParsedReply:
    """A parsed reply.

    Args:
        status: answered; declined (`abstained`); or unreadable (`unread`).
        text: as it was given.
        choice: the option chosen, from 0; None for an open question or none.
    """

    status: ReplyStatus
    text: str = ""
    choice: int | None = None


def read_reply(text: str, options: Sequence[str] = ()) -> ParsedReply:
    """Parses a reply; an option that declines is a refusal, and no option is ever guessed.

    >>> read_reply("B", ("red", "blue"))
    ParsedReply(status='answered', text='B', choice=1)
    >>> read_reply("maybe", ("red", "blue"))
    ParsedReply(status='unread', text='maybe', choice=None)
    """
    if not normalised(text):
        return ParsedReply("unread", text)
    try:
        choice = parse_choice(text, options)
    except ModelOutputInvalid:
        if is_refusal(text):
            return ParsedReply("abstained", text)
        return ParsedReply("unread" if options else "answered", text)
    return ParsedReply("abstained" if is_abstention(options[choice]) else "answered", text, choice)


def settles_question(reply: ParsedReply, options: Sequence[str] = ()) -> bool:
    """Whether no further clip needs to be asked about: the reply answers, and does not begin with `no`.

    A clip cannot show that something is nowhere, so after a `no` the next clip is worth a call.
    """
    words = reply.text if reply.choice is None else options[reply.choice]
    return reply.status == "answered" and normalised(words).split(" ")[0] != "no"


def best_reply(replies: Sequence[ParsedReply], options: Sequence[str] = ()) -> int:
    """The index of the best reply: the first that settles, else that answers, else declines, else the last.

    Raises:
        ValueError: there are none.

    >>> replies = [ParsedReply("abstained", "not visible"), ParsedReply("answered", "no")]
    >>> best_reply([*replies, ParsedReply("answered", "a red star")])
    2
    """
    if not replies:
        raise ValueError("there is no reply to choose from")
    settled = [i for i, reply in enumerate(replies) if settles_question(reply, options)]
    ranked = [
        i for status in ("answered", "abstained") for i, reply in enumerate(replies) if reply.status == status
    ]
    return (settled or ranked or [len(replies) - 1])[0]
