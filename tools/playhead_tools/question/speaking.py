"""Questions about who speaks: whom one names, and those that ask for nothing but who speaks, when, how long.

A name is not known to the parser of questions: `the project manager` may be a speaker or be spoken of. So the
places in which a name may stand are found here, and the library says which of them is a speaker.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from playhead_tools.spec import Speaking
from playhead_tools.wording import SAY, VIDEO, re_any_case, single_blanks, which_one

MAX_CHARS = 600
_NAME = r"[\w.'’&-]+(?: [\w.'’&-]+){0,4}?"
_WHO = rf"(?P<who>{_NAME})"
_OF = r"(?:'s|’s|s'|s’)"
_DO = r"(?:do|does|did|has|have|had|can|could|will|would|is|was|were)"
_ADVERB = r"(?:(?:first|last|ever|also|actually|really|finally|again|originally) )*+"
_TALK = r"(?:speak|speaks|spoke|spoken|speaking|talk|talks|talked|talking)"
_IN_VIDEO = (
    rf"(?: (?:in|of|during|throughout|over) (?:the|this|that|these|all) (?:whole )?{VIDEO}"
    r"| in all| in total| altogether| overall| here| in it)?$"
)
_PERSON = r"(?:who|which (?:speaker|person|participant|one))"
_SPEAKS = rf"{_PERSON} (?:(?:is|was|has|had) )?{_TALK}(?: for)?(?: the)?"
_AGENT = re_any_case(rf"\b{_DO} {_WHO} {_ADVERB}(?:{SAY})\b")
_OPINION = re_any_case(
    rf"^what (?:is|are|was|were) {_WHO}{_OF} ",
    r"(?:opinion|view|thought|take|position|attitude|perspective|idea|suggestion|proposal|comment)s? ",
    r"(?:on|about|of|regarding|toward|towards|concerning|for) ",
)
_ACCORDING = re_any_case(rf"(?:^|,? )according to {_WHO}(?=,|\?|$)")
_OPENERS = re_any_case(
    r"^(?:(?:please|hey|hi|hello|ok|okay|so|well|and|but|now)\b[ ,!.]*)*+",
    r"(?:(?:can|could|would|will) you (?:please )?)?(?:tell me )?",
)
_BY_KIND: tuple[tuple[Speaking, re.Pattern[str]], ...] = (
    ("most", re_any_case(rf"^{_SPEAKS} (?:most|longest)(?: time)?{_IN_VIDEO}")),
    ("most", re_any_case(rf"^{_PERSON} (?:has|had)(?: the)? most (?:speaking|talking) time{_IN_VIDEO}")),
    ("least", re_any_case(rf"^{_SPEAKS} (?:least|shortest)(?: time)?{_IN_VIDEO}")),
    (
        "how_long",
        re_any_case(
            r"^(?:for )?how (?:long|much(?: time)?|many (?:minutes|seconds|hours)) ",
            rf"{_DO} {_WHO} (?:been )?{_TALK}(?: for)?{_IN_VIDEO}",
        ),
    ),
    (
        "how_long",
        re_any_case(rf"^what (?:is|was) {_WHO}{_OF} (?:total )?(?:speaking|talking) time{_IN_VIDEO}"),
    ),
    ("count", re_any_case(rf"^how (?:often|many times) {_DO} {_WHO} {_ADVERB}{_TALK}{_IN_VIDEO}")),
    (
        "when",
        re_any_case(
            r"^(?:when|where|at (?:what|which) times?|in (?:what|which) parts?) ",
            rf"{_DO} {_WHO} {_ADVERB}{_TALK}(?: first| last| for the (?:first|last) time)?{_IN_VIDEO}",
        ),
    ),
    ("who", re_any_case(rf"^who(?: all)? (?:(?:is|was|are|were) )?{_TALK}(?: (?:first|last))?{_IN_VIDEO}")),
    ("who", re_any_case(rf"^who (?:is|are|was|were) the speakers?{_IN_VIDEO}")),
    (
        "number",
        re_any_case(
            rf"^how many (?:different )?(?:(?:people|persons) (?:are )?{_TALK}",
            rf"|(?:speakers|voices) are there){_IN_VIDEO}",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class AskedSpeaking:
    """A question for who speaks, when or how long, without what is said.

    Args:
        kind: what is asked.
        who: the speaker that it names, as it names it; empty where it asks for the speaker.
        ordinal: 1 for the first, -1 for the last, None where it does not say.
    """

    kind: Speaking
    who: str = ""
    ordinal: int | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a question where whoever speaks may be named.

    Args:
        who: the words there.
        text: the question with a pronoun in their place, as `parse_question` takes it apart best.
    """

    who: str
    text: str


def asked_speaking(text: str) -> AskedSpeaking | None:
    """What a question asks of who speaks; None where it asks for anything else.

    Args:
        text: the question, without its explicit times.

    >>> asked_speaking("Who speaks most in the meeting?"), asked_speaking("When does Alice speak?")
    (AskedSpeaking(kind='most', who='', ordinal=None), AskedSpeaking(kind='when', who='Alice', ordinal=None))
    >>> asked_speaking("When does Alice speak about buttons?")
    """
    body = _body(text)
    for kind, pattern in _BY_KIND:
        found = pattern.match(body)
        if found is not None:
            ordinal = which_one(body)
            return AskedSpeaking(
                kind, found.groupdict().get("who") or "", ordinal if ordinal in (1, -1) else None
            )
    return None


def mentions_of_speakers(text: str) -> Iterator[Mention]:
    """The places of a question in which whoever speaks may be named, the likeliest first.

    >>> [one.text for one in mentions_of_speakers("What did the project manager say about buttons?")]
    ['What did he say about buttons?']
    """
    text = single_blanks(text)[:MAX_CHARS]
    found = _OPINION.match(text)
    if found is not None:
        yield Mention(found["who"], f"what did he say about {text[found.end() :]}")
    found = _ACCORDING.search(text)
    if found is not None:
        rest = f"{text[: found.start()]} {text[found.end() :]}".strip(" ,?")
        yield Mention(found["who"], f"what did he say about {rest}")
    for agent in _AGENT.finditer(text):
        yield Mention(agent["who"], f"{text[: agent.start('who')]}he{text[agent.end('who') :]}")


def _body(text: str) -> str:
    body = single_blanks(text)[:MAX_CHARS].rstrip("?.! ")
    return _OPENERS.sub("", body, count=1)
