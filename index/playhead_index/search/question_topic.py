"""What a question is about: its words without those that only ask, and without the speakers that it names.

People ask "What did the Project Manager think of the buttons when discussing the design?". The transcript
holds the buttons and the design; "think", "discussing" and the name of a speaker match agendas and small
talk instead.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FRAME_WORDS = """
summarize summarise summary discuss discussed discussing discussion discussions talk talked talking talks
say said saying says think thought thinks thinking opinion opinions mention mentioned mentions explain
explained explains describe described presentation present presented presenting introduce introduced
group team everyone people someone member members speaker speakers meeting conclusion conclude concluded
decision decide decided final agree agreed agrees disagree disagreed disagrees recommend recommended suggest
suggested propose proposed purpose process step steps way ways best know make use used using want exactly
mean means meant come came going question questions idea ideas comment comments view views perspective
attitude concerning regarding
"""
FRAME_WORDS = frozenset(_FRAME_WORDS.split())
"""Words of questions about recordings that name no topic; left out of the words that are matched."""
_ASKS = (
    r"(?:what|why|how|who|whom|where|when|which)(?:'s|’s| is| are| was| were| did| does| do| can| should"
    r"| could| would)?\b"
)
_WHO = r"(?: the)?(?: group mates| group| team| they| we| i| you| it)?"
_VERBS = (
    r"(?: (?:think|thought|say|said|discuss|talk|question|recommend|suggest|propose|introduce|agree|disagree"
    r"|put forward|contribute|approach|do|feel|mention|explain|describe)\b)?(?: to do)?"
)
_OPENING = re.compile(
    rf"^(?:{_ASKS}{_WHO}{_VERBS}(?: (?:of|about|with|that|for|on|to)\b)?"
    r"|(?:summari[sz]e|describe|explain)\b)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:the )?(?:group )?(?:discussion|presentation|conclusion|final decision|decision|purpose|process"
    r"|perspective|finding|idea|plan)s? (?:of|on|about|to|for)\b",
    re.IGNORECASE,
)
_SETTING = re.compile(
    r"\bwhen (?:discussing|presenting|talking|assessing|it came to|using)\b(?: (?:about|on)\b)?",
    re.IGNORECASE,
)
_ASKING = re.compile(
    rf"^(?:{_ASKS}|(?:summari[sz]e|describe|explain|list|tell|can|could|is|are|does|do|did|was|were|should)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class QuestionTopic:
    """What a text asks for.

    Args:
        text: the topic, for an encoder; the whole text where nothing else is left.
        words: the words that are matched; the whole text where nothing else is left.
        speakers: the names of speakers that stand in the text, as they were given.
    """

    text: str
    words: str
    speakers: tuple[str, ...] = ()


def question_topic(text: str, speakers: Sequence[str] = ()) -> QuestionTopic:
    """The topic of a question or of an instruction such as "Summarize ..."; other texts stay as they are.

    Args:
        text: as a person wrote it.
        speakers: names of speakers that the text may name, compared case-folded.

    >>> question_topic("What did Alice think of the buttons when discussing the design?", ["Alice"])
    QuestionTopic(text='the buttons the design', words='buttons design', speakers=('Alice',))
    >>> question_topic("red buttons").text
    'red buttons'
    """
    plain = " ".join(text.split())
    rest, named = _without_names(plain, speakers)
    if not _ASKING.match(plain):
        return QuestionTopic(rest or plain, rest or plain, named)
    topic = _SETTING.sub(" ", _ABOUT.sub(" ", _OPENING.sub(" ", rest.rstrip("?. "), count=1)))
    words = [word for word in re.findall(r"[\w'’+#.-]+", topic) if word.lower().strip("'’.-") not in _FILLERS]
    return QuestionTopic(" ".join(topic.split()) or plain, " ".join(words) or rest or plain, named)


_FILLERS = FRAME_WORDS | {"the", "a", "an"}


def _without_names(text: str, speakers: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """A text without the names of speakers that stand in it, the longest first, and these names."""
    found = []
    for name in sorted(dict.fromkeys(filter(None, speakers)), key=lambda one: (-len(one), one)):
        pattern = re.compile(rf"(?<!\w)(?:the )?{re.escape(name)}(?:er|['’]s|s)?(?!\w)", re.IGNORECASE)
        without = pattern.sub(" ", text)
        if without != text:
            text = " ".join(without.split())
            found.append(name)
    return text, tuple(found)
