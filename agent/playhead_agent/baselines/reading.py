"""What a model's reply comes to: an answer, a refusal, or nothing that can be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from playhead_index.errors import ModelOutputInvalid
from playhead_tools.video_llm.parse_response import is_abstention, normalised, parse_choice
from playhead_tools.video_llm.refusals import is_refusal

SaidStatus = Literal["answered", "abstained", "unread"]


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, read.

    Args:
        status: answered; declined (`abstained`); or not to be read.
        text: as it was given.
        choice: the option chosen, from 0; None for an open question or none.
    """

    status: SaidStatus
    text: str = ""
    choice: int | None = None


def read_reply(text: str, options: Sequence[str] = ()) -> Said:
    """What a reply says; an option that declines is a refusal, and no option is ever guessed.

    >>> read_reply("B", ("red", "blue")), read_reply("maybe", ("red", "blue"))
    (Said(status='answered', text='B', choice=1), Said(status='unread', text='maybe', choice=None))
    """
    if not normalised(text):
        return Said("unread", text)
    try:
        choice = parse_choice(text, options)
    except ModelOutputInvalid:
        if is_refusal(text):
            return Said("abstained", text)
        return Said("unread" if options else "answered", text)
    return Said("abstained" if is_abstention(options[choice]) else "answered", text, choice)


def settles(said: Said, options: Sequence[str] = ()) -> bool:
    """Whether a reply ends the asking: it answers, and does not begin with `no`.

    A clip cannot show that something is nowhere, so behind a `no` the next clip is worth asking.
    """
    words = said.text if said.choice is None else options[said.choice]
    return said.status == "answered" and normalised(words).split(" ")[0] != "no"


def best_of(said: Sequence[Said], options: Sequence[str] = ()) -> int:
    """Which of some replies counts: the first that settles, else that answers, else declines, else the last.

    Raises:
        ValueError: there are none.

    >>> best_of([Said("abstained", "not visible"), Said("answered", "no"), Said("answered", "a red star")])
    2
    """
    if not said:
        raise ValueError("there is no reply to choose from")
    settled = [i for i, one in enumerate(said) if settles(one, options)]
    ranked = [i for status in ("answered", "abstained") for i, one in enumerate(said) if one.status == status]
    return (settled or ranked or [len(said) - 1])[0]
