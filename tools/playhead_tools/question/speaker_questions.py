"""Questions about speakers: which speaker a question names, and questions for who speaks, when or how long.

The parser does not know names: `the project manager` may be a speaker or be spoken of. The places in which a
name may stand are found here, and the library knows which of them is a speaker.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from playhead_tools.question_vocabulary import SAY, VIDEO, parse_ordinal, re_any_case, single_blanks
from playhead_tools.spec import Speaking

MAX_CHARS = 600
_NAMES = r"[\w.'’&-]+(?: [\w.'’&-]+){0,7}"
_WHO = rf"(?P<who>{_NAMES}?)"
_WHO_LONGEST = rf"(?P<who>{_NAMES})"
_OF = r"(?:'s|’s|s'|s’)"
_DO, _BE = r"(?:do|does|did|has|have|had|can|could|will|would)", r"(?:is|are|was|were)"
_TALKING = r"(?:speaking|talking)"
_ADVERB = r"(?:(?:first|last|ever|also|actually|really|finally|again|originally) )*+"
_TALK = r"(?:speak|speaks|spoke|spoken|speaking|talk|talks|talked|talking)"
_IN_VIDEO = (
    rf"(?: (?:in|of|during|throughout|over) (?:the|this|that|these|all) (?:whole )?{VIDEO}"
    r"| in all| in total| altogether| overall| here| in it)?$"
)
_PERSON = r"(?:who|which (?:speaker|person|participant|one))"
_SPEAKS = rf"{_PERSON} (?:(?:is|was|has|had) )?{_TALK}(?: for)?(?: the)?"
_ACTS = (
    r"agree|disagree|put forward|bring up|point out|question|object|insist|emphasi[sz]e|stress|oppose|prefer|"
    r"believe|feel|want|contribute|raise|critici[sz]e|complain|respond|react|admit|offer|request|demand|consider|approach|"
    r"design|present|plan|evaluate|decide|conclude|agreed|disagreed|wanted"
)
"""Verbs of acts that are done in words: what is asked of them stands in what is said."""
_ACT_START, _ACT_END = r"^(?:what|why|how) (?:do|does|did) ", rf" {_ADVERB}(?:{_ACTS})\b "
_TOWARDS = r"(?:(?:with|to|on|about|for|that|of|in|at|against|upon) )?(?=\S)"
_ACT_PATTERNS = tuple(re_any_case(_ACT_START, who, _ACT_END, _TOWARDS) for who in (_WHO_LONGEST, _WHO))
_SAYING = "|".join(word for word in SAY.split("|") if word.endswith("ing"))
_AGENT = re_any_case(rf"\b{_DO} {_WHO} {_ADVERB}(?:{SAY})\b")
_AGENT_NOW = re_any_case(rf"\b{_BE} {_WHO} {_ADVERB}(?:{_SAYING})\b")
_OPINION = re_any_case(
    rf"^(?:what (?:is|are|was|were)|summari[sz]e|describe|explain) {_WHO}{_OF} ",
    r"(?:opinion|view|thought|take|position|attitude|perspective|idea|suggestion|proposal|comment)s? ",
    r"(?:on|about|of|regarding|toward|towards|concerning|for) ",
)
_ACCORDING = re_any_case(rf"(?:^|,? )according to {_WHO}(?=,|\?|$)")
_OPENERS = re_any_case(
    r"^(?:(?:please|hey|hi|hello|ok|okay|so|well|and|but|now)\b[ ,!.]*)*+",
    r"(?:(?:can|could|would|will) you (?:please )?)?(?:tell me )?",
)
_SOMEBODY_SPEAKS = (rf"{_DO} {_WHO} {_ADVERB}(?:been )?{_TALK}", rf"{_BE} {_WHO} {_ADVERB}{_TALKING}")
_HOW_LONG = r"how (?:long|much(?: time)?|many (?:minutes|seconds|hours))"
_WHEN = r"(?:when|where|at (?:what|which) times?|in (?:what|which) parts?)"
_WHICH = r"(?: first| last| for the (?:first|last) time)?"
_BY_KIND: tuple[tuple[Speaking, re.Pattern[str]], ...] = (
    ("most", re_any_case(rf"^{_SPEAKS} (?:most|longest)(?: time)?{_IN_VIDEO}")),
    ("most", re_any_case(rf"^{_PERSON} (?:has|had)(?: the)? most (?:speaking|talking) time{_IN_VIDEO}")),
    ("least", re_any_case(rf"^{_SPEAKS} (?:least|shortest)(?: time)?{_IN_VIDEO}")),
    *(
        ("how_long", re_any_case(rf"^(?:for )?{_HOW_LONG} {speaks}(?: for)?{_IN_VIDEO}"))
        for speaks in _SOMEBODY_SPEAKS
    ),
    (
        "how_long",
        re_any_case(rf"^what (?:is|was) {_WHO}{_OF} (?:total )?(?:speaking|talking) time{_IN_VIDEO}"),
    ),
    *(
        ("count", re_any_case(rf"^how (?:often|many times) {speaks}{_IN_VIDEO}"))
        for speaks in _SOMEBODY_SPEAKS
    ),
    *(("when", re_any_case(rf"^{_WHEN} {speaks}{_WHICH}{_IN_VIDEO}")) for speaks in _SOMEBODY_SPEAKS),
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
class SpeakingQuestion:
    """A question for who speaks, when or how long, without what is said.

    Args:
        kind: who, when, how long, how often ...
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


def parse_speaking_question(text: str) -> SpeakingQuestion | None:
    """A question about who speaks, when or how long; None for any other question.

    Args:
        text: the question, without its explicit times.

    >>> parse_speaking_question("Who speaks most in the meeting?")
    SpeakingQuestion(kind='most', who='', ordinal=None)
    >>> parse_speaking_question("When does Alice speak?")
    SpeakingQuestion(kind='when', who='Alice', ordinal=None)
    >>> parse_speaking_question("When does Alice speak about buttons?")
    """
    body = _body(text)
    for kind, pattern in _BY_KIND:
        found = pattern.match(body)
        if found is not None:
            ordinal = parse_ordinal(body)
            return SpeakingQuestion(
                kind, found.groupdict().get("who") or "", ordinal if ordinal in (1, -1) else None
            )
    return None


def speaker_mentions(text: str) -> Iterator[Mention]:
    """The places of a question in which whoever speaks may be named, the likeliest first.

    >>> [one.text for one in speaker_mentions("What did the project manager say about buttons?")]
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
    for found in filter(None, (pattern.match(text) for pattern in _ACT_PATTERNS)):
        yield Mention(found["who"], f"what did he say about {text[found.end() :]}")
    for agent in (*_AGENT.finditer(text), *_AGENT_NOW.finditer(text)):
        yield Mention(agent["who"], f"{text[: agent.start('who')]}he{text[agent.end('who') :]}")


def _body(text: str) -> str:
    body = single_blanks(text)[:MAX_CHARS].rstrip("?.! ")
    return _OPENERS.sub("", body, count=1)
