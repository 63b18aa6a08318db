"""The intent of a question by its first words, and its targets in text."""

import re

from playhead_bench.synthetic_planner.question.action_triples import parse_action, shows
from playhead_bench.synthetic_planner.question.masked_quotes import MaskedText
from playhead_bench.synthetic_planner.question.relation import LOCATE
from playhead_bench.synthetic_planner.wording import is_visual
from playhead_tools.question_vocabulary import (
    AUX,
    SAY,
    SHOW,
    VIDEO,
    content_of,
    is_the_video,
    re_any_case,
    without_frame,
    without_ordinal,
)
from playhead_tools.spec import AnswerType, Intent, Kind

_SUMMARY = re_any_case(
    r"^(?:summari[sz]e|outline|overview|recap|(?:give|write)(?:\s+me)?\s+(?:an?\s+)?(?:short\s+|brief\s+)?",
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
            r"(?:what|who)\b(?>.*?\b(?:first|earlier|last|later)\s*[,:])\s*.+\bor\b)",
        ),
    ),
    ("how_long", re_any_case(r"^(?:for\s+)?how\s+(?:long|much\s+time|many\s+(?:minutes|seconds|hours))\b")),
    ("how_long", re_any_case(r"^(?:what\s+is\s+)?the\s+(?:total\s+)?(?:duration|length)\s+of\b")),
    (
        "count",
        re_any_case(
            r"^(?:(?:in\s+)?how\s+many(?:\s+(?:different\s+|separate\s+)?times)?|how\s+often|",
            r"(?:what\s+is\s+)?the\s+number\s+of(?:\s+times)?|",
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
    r"\b(?:whole|entire|main|key|central|important|content|contents|points?|ideas?|discussions?|group|briefly|shortly)\b"
)
_CUT_OFF = ("count", "how_long", "when", "locate")
_ASKED_AFTER_ALL = re_any_case(r"^(?:how\s+(?:many|often|long)|who|what|which)\b")
_PLACE_THAT = re_any_case(
    r"^(?:when|where|the\s+(?:moment|part|point|bit|section|place|scene|shot|clip|sequence|time)s?\s+(?:when|where|that|in\s+which))\b\s*"
)
_OCCURRENCES = re_any_case(r"\b(?:times|often|mentions?|occurrences?|appearances?|instances?)\b")
_FACTS = (
    re_any_case(r"^how\s+long\s+(?:does|do|did|will)\s+(?P<what>.+\s+(?:take|need))$"),
    re_any_case(
        rf"^how\s+many\s+(?P<of>(?!(?:times|minutes|seconds|hours)\b)\w+)\s+(?:does|do|did)\s+(?P<what>(?!.*\b(?:{SAY}|{SHOW})\b).+)$"
    ),
)
_FACT_FRAMES = (
    *_FACTS,
    re_any_case(rf"^how\s+\w+\s+{AUX}\s+(?P<what>.+)$"),
    re_any_case(
        rf"^(?:(?:in|on|at|from|to|of|by)\s+)?(?:what|which)\s+(?:\w+\s+)?{AUX}\s+(?P<what>.+?)(?:\s+called)?$"
    ),
)
_HAPPENS = re_any_case(
    r"^what\s+(?:else\s+)?(?:happens|happened|is\s+happening|is\s+going\s+on|goes\s+on|follows|comes)\b"
)


_VIDEOS = re_any_case(rf"^(?:in\s+)?(?:what|which)\s+{VIDEO}\b")

_WHAT_IS_THERE = re_any_case(
    r"^(?:who\b|what\s+(?:is|are|was|were)\s+(?:on|in|under|behind|inside|beside|next\s+to|in\s+front\s+of)\b)"
)


def intent_of(head: str) -> tuple[Intent, str]:
    """The intent, and what is left of the head behind the words that showed it."""
    located = LOCATE.match(head)
    if located is not None and not _SUMMARY.match(head):
        rest = head[located.end() :]
        return intent_of(rest) if _ASKED_AFTER_ALL.match(rest) else ("locate", _PLACE_THAT.sub("", rest))
    for intent, pattern in _INTENTS:
        found = pattern.match(head)
        if found is not None:
            return intent, head[found.end() :].strip() if intent in _CUT_OFF else head
    return "locate", head


def is_located(head: str) -> bool:
    """Whether a head asks to find something, or is no more than its name."""
    return LOCATE.match(head) is not None or not any(pattern.match(head) for _, pattern in _INTENTS)


def asks_a_fact(head: str, modality: Kind) -> bool:
    """Whether `how long` and `how many` ask for a stated fact, not for something measurable in the video.

    >>> asks_a_fact("how long does the ferry to Dover take", "any")
    True
    """
    if modality != "any" or is_visual(head):
        return False
    found = [match for pattern in _FACTS if (match := pattern.match(head)) is not None]
    action = parse_action(f"does {found[0]['what']}") if found else None
    return bool(found) and (action is None or "of" not in found[0].groupdict() or not shows(action))


def counts_objects(body: str) -> bool:
    """`How many cars` counts things, `how many times` and `how often` count occurrences."""
    return _OCCURRENCES.search(body) is None


def targets_of(intent: Intent, rest: str, modality: Kind, masked: MaskedText) -> tuple[tuple[str, ...], str]:
    """The targets of a question, and the speaker that it names."""
    if intent == "summarise":
        topic = masked.restore(without_frame(_NO_TOPIC.sub(" ", _SUMMARY.sub(" ", rest)), modality))
        return ((topic,) if topic and not is_the_video(topic) else ()), ""
    text, speaker = content_of(without_ordinal(rest), modality)
    target = masked.restore(text)
    return ((target,) if target else ()), speaker


def fact_target(head: str, masked: MaskedText) -> tuple[str, ...]:
    """The targets of a question for a stated fact: its subject and its verb."""
    for pattern in _FACT_FRAMES:
        found = pattern.match(head)
        if found is not None:
            of = found.groupdict().get("of") or ""
            target = without_frame(f"{found['what']} {of}".strip(), "any")
            return (masked.restore(target),) if target else ()
    return targets_of("describe", head, "any", masked)[0]


def asks_in_words(intent: Intent, modality: Kind, head: str) -> AnswerType:
    """What the answer to a question is that speaks of nothing shown for sure."""
    plain: dict[Intent, AnswerType] = {
        "when": "time", "locate": "time", "how_long": "duration", "count": "number", "yes_no": "yes_no",
        "order": "order", "summarise": "",
    }  # fmt: skip
    if intent == "locate" and _VIDEOS.match(head):
        return ""
    if intent in plain:
        return plain[intent]
    if modality in ("speech", "screen"):
        return "words"
    if _HAPPENS.match(head):
        return "deed"
    if _WHAT_IS_THERE.match(head):
        return "thing"
    return (
        "words" if modality == "any" and not re.match(r"(?:describe|what\s+is\s+shown)\b", head, re.I) else ""
    )


_LISTING = re_any_case(r":\s*|,\s*|\bof\b\s*|\border\b\s*(?:are|is|do|does|were)?\s*")
_COLON = re_any_case(r":\s*")
_COMMA_OR = re_any_case(r"\s*,\s*(?:(?:or|and)\s+)?|\s+(?:or|and|vs\.?|versus)\s+")


def choices_of(head: str) -> list[str]:
    """The objects among which an order or the longest is asked for, as they are named."""
    listing = (_COLON if ":" in head else _LISTING).split(head, maxsplit=1)
    return [part.strip() for part in _COMMA_OR.split(listing[-1]) if part.strip()]


def plain_choice(part: str) -> str:
    """One of the choices without what only frames it."""
    return without_frame(without_ordinal(part), "any")
