"""The intent of a question by its first words, and its targets."""

import re

from playhead_tools.question.masked_quotes import MaskedQuestion
from playhead_tools.question.relation import LOCATE
from playhead_tools.question_vocabulary import (
    AUX,
    VIDEO,
    content_of,
    is_the_video,
    re_any_case,
    without_frame,
    without_ordinal,
)  # fmt: skip
from playhead_tools.spec import AnswerType, Intent, Kind

_SUMMARY = re_any_case(
    r"^(?:summari[sz]e|(?:what\s+(?:is|are)\s+)?(?:the\s+)?(?:full\s+|main\s+|key\s+)?(?:highlights?|takeaways?)\b|outline|overview|recap|(?:give|write)(?:\s+me)?\s+(?:an?\s+)?(?:short\s+|brief\s+)?",
    r"(?:summary|overview|outline)|what\s+(?:topics|subjects|chapters)\b|",
    rf"what\s+(?:is|'s|are|was)\s+(?:the|this|these|that)\s+{VIDEO}\s+about)",
)
_INTENTS: list[tuple[Intent, re.Pattern[str]]] = [
    ("summarise", _SUMMARY),
    (
        "order",
        re_any_case(
            r"^(?:in\s+(?:what|which)\s+order|what\s+(?:is\s+the\s+)?(?:right\s+|correct\s+)?order|",
            r"(?:put|bring|sort|arrange)\b.*\border\b|which\b(?>.*?\b(?:first|last|earlier|later)\b).*?(?:,|:|\bof\b)|",
            r"(?:what|who)\b(?>.*?\b(?:first|earlier|last|later)\s*[,:])\s*.+\bor\b|",
            r"(?:which|what)\b(?>.*?\b(?:sequences?|order)\b).*\bcorrect|",
            r"(?:which|who)\s+(?:\w+\s+)?(?:appears|comes|is\s+",
            r"(?:shown|mentioned|discussed))\s+(?:first|last|earlier|later)$)",
        ),
    ),
    ("how_long", re_any_case(r"^(?:for\s+)?how\s+(?:long|much\s+time|many\s+(?:minutes|seconds|hours))\b")),
    ("how_long", re_any_case(r"^(?:what\s+is\s+)?the\s+(?:total\s+)?(?:duration|length)\s+of\b")),
    (
        "count",
        re_any_case(
            r"^(?:(?:in\s+)?how\s+many(?:\s+(?:different\s+|separate\s+)?times)?|how\s+often|",
            r"(?:what\s+is\s+)?the\s+(?:total\s+)?(?:number|count)\s+of(?:\s+(?:times|occurrences|instances))?|",
            r"count(?:\s+(?:the\s+)?(?:number\s+of\s+)?times|\s+how\s+(?:many\s+times|often))?)\b",
        ),
    ),
    (
        "when",
        re_any_case(
            r"^(?:when(?:ever)?|what\s+times?|from\s+when|(?:at|in)\s+(?:what|which)\s+",
            r"(?:times?|points?|minute|second|moments?|part))\b",
        ),
    ),
    ("locate", re_any_case(rf"^(?:where|(?:in\s+)?(?:what|which)\s+{VIDEO})\b")),
    (
        "describe",
        re_any_case(
            r"^(?:what|which|who|whom|whose|why|how|describe|explain|tell|",
            r"(?:on|in|to|with|from|by|about)\s+(?:what|which|whom))\b",
        ),
    ),
    ("yes_no", re_any_case(rf"^(?:{AUX}|there\s+is)\b")),
]
_NO_TOPIC = re_any_case(
    r",?\s*\bincluding\b.*$|\b(?:whole|entire|main|key|central|important|content|contents|points?|ideas?|discussions?|group|briefly|shortly)\b"
)
_CUT_OFF = ("count", "how_long", "when", "locate")
_STARTS_QUESTION = re_any_case(r"^(?:how\s+(?:many|often|long)|who|what|which)\b")
_PLACE_THAT = re_any_case(
    r"^(?:when|where|the\s+(?:moment|part|point|bit|section|place|scene|shot|clip|sequence|time)s?\s+(?:when|where|that|in\s+which))\b\s*"
)
_OCCURRENCES = re_any_case(r"\b(?:times|often|mentions?|occurrences?|appearances?|instances?)\b")
_FACTS = (re_any_case(r"^how\s+long\s+(?:does|do|did|will)\s+(?P<what>.+\s+(?:take|need))$"),)
_FACT_FRAMES = (
    *_FACTS,
    re_any_case(rf"^how\s+\w+\s+{AUX}\s+(?P<what>.+)$"),
    re_any_case(
        rf"^(?:(?:in|on|at|from|to|of|by)\s+)?(?:what|which)\s+(?:\w+\s+)?{AUX}\s+(?P<what>.+?)(?:\s+called)?$"
    ),
)
_PLACE = re_any_case(
    r"^(?:where\s+(?:is|are|was|were|did|do|does|can)\b|(?:in|at|on)\s+(?:what|which)\s+(?:location|place|room)\b)"
)
_COLOUR = re_any_case(r"^(?:what|which)\s+(?:(?:is|are|was|were)\s+the\s+)?colou?rs?\b")
_ANSWERS: dict[Intent, AnswerType] = {
    "when": "time", "locate": "time", "how_long": "duration", "count": "number", "yes_no": "yes_no",
    "order": "order", "summarise": "",
}  # fmt: skip

_WHAT_IS_THERE = re_any_case(
    r"^(?:who\b|what\s+(?:is|are|was|were)\s+(?:on|in|under|behind|inside|beside|next\s+to|in\s+front\s+of)\b)"
)


def intent_of(head: str) -> tuple[Intent, str]:
    """The intent, and what is left of the head behind the words that showed it."""
    located = LOCATE.match(head)
    if located is not None and not _SUMMARY.match(head):
        rest = head[located.end() :]
        return intent_of(rest) if _STARTS_QUESTION.match(rest) else ("locate", _PLACE_THAT.sub("", rest))
    for intent, pattern in _INTENTS:
        found = pattern.match(head)
        if found is not None:
            return intent, head[found.end() :].strip() if intent in _CUT_OFF else head
    return "locate", head


def is_fact_question(head: str, modality: Kind) -> bool:
    """Whether `how long` asks for what is told, not for what can be measured in the video.

    >>> is_fact_question("how long does the ferry to Dover take", "any")
    True
    """
    return modality == "any" and any(pattern.match(head) for pattern in _FACTS)


def counts_objects(body: str) -> bool:
    """`How many cars` counts things, `how many times` and `how often` count occurrences."""
    return _OCCURRENCES.search(body) is None


def targets_of(
    intent: Intent, rest: str, modality: Kind, masked_text: MaskedQuestion
) -> tuple[tuple[str, ...], str]:
    """What to look for, and whom the question names as speaking."""
    if intent == "summarise":
        topic = masked_text.restore(without_frame(_NO_TOPIC.sub(" ", _SUMMARY.sub(" ", rest)), modality))
        return ((topic,) if topic and not is_the_video(topic) else ()), ""
    text, speaker = content_of(without_ordinal(rest), modality)
    target = masked_text.restore(text)
    return ((target,) if target else ()), speaker


def fact_target(head: str, masked_text: MaskedQuestion) -> tuple[str, ...]:
    """What a question for something told is about: its subject and its verb."""
    for pattern in _FACT_FRAMES:
        found = pattern.match(head)
        if found is not None:
            target = without_frame(found["what"], "any")
            return (masked_text.restore(target),) if target else ()
    return targets_of("describe", head, "any", masked_text)[0]


def answer_type(intent: Intent, modality: Kind, head: str) -> AnswerType:
    """What the answer to a question is; empty where the question does not tell."""
    if _PLACE.match(head) and modality != "speech":
        return "place"
    if _COLOUR.match(head):
        return "colour"
    if intent in _ANSWERS:
        return _ANSWERS[intent]
    if _WHAT_IS_THERE.match(head):
        return "thing"
    return "words" if modality != "picture" else ""


_LISTING = re_any_case(r":\s*|,\s*|\bof\b\s*|\border\b\s*(?:are|is|do|does|were)?\s*")
_COLON = re_any_case(r":\s*")
_COMMA_OR = re_any_case(r"\s*,\s*(?:(?:or|and)\s+)?|\s+(?:or|and|vs\.?|versus)\s+")


def choices_of(head: str) -> list[str]:
    """The things among which an order is asked for, as they are named."""
    listing = (_COLON if ":" in head else _LISTING).split(head, maxsplit=1)
    return [one for part in _COMMA_OR.split(listing[-1]) if (one := _plain_choice(part.strip()))]


_EITHER = re_any_case(rf"^(?P<a>{AUX}\s+.+?),?\s+(?:before\s+or\s+after|after\s+or\s+before)\s+(?P<b>.+)$")


def before_or_after_choices(body: str) -> list[str]:
    """The two things of `Does the demo come before or after the proof?`; empty for another question."""
    found = _EITHER.match(body)
    return [] if found is None else [_plain_choice(found["a"]), _plain_choice(found["b"])]


def _plain_choice(part: str) -> str:
    """One of the choices without what only frames it."""
    return without_frame(without_ordinal(part), "any")
