"""What a question asks, read by code alone: the same words always give the same `QuestionSpec`."""

import re
from dataclasses import dataclass, replace

from playhead_tools.match import put_away_quotes
from playhead_tools.numbers import ORDINAL_PATTERN, ordinal_value
from playhead_tools.spec import EVERY, Anchor, Intent, Kind, QuestionSpec, Relation, RelationKind
from playhead_tools.times import parse_times
from playhead_tools.wording import (
    ASKS,
    AUX,
    OCCURRENCE,
    SAY,
    SHOW,
    VIDEO,
    WRITE,
    is_the_video,
    named_speaker,
    names_title_slide,
    re_any_case,
    where_it_stands,
    which_one,
    without_frame,
    without_which,
)  # fmt: skip

__all__ = ["EVERY", "QuestionSpec", "parse_question"]
MOST_CHARS = 600

_OPENERS = re_any_case(
    r"^(?:(?:please|hey|hi|hello|ok|okay|so|well|and|but|now)\b[\s,!.]*)*",
    r"(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?|i\s+(?:want|would\s+like|need)\s+to\s+(?:know|see|find)\s+|",
    r"(?:do\s+you\s+know|i\s+wonder|let\s+me\s+know|is\s+it\s+true\s+that)\s+)?(?:please\s+)?",
)
_TELL = re_any_case(rf"^(?:tell\s+me|say|find\s+out|explain|describe)\s+(?=(?:exactly\s+)?{ASKS}\b)")
_LOCATE = re_any_case(
    r"^(?:find|locate|list|jump|go|skip|seek|take|bring|play|search|show|give|get|look)(?:\s+(?:me|us))?",
    r"(?:\s+(?:to|for|out))?\b\s*",
)
_MASK = re.compile("\ue000(\\d+)\ue001")


@dataclass(frozen=True, slots=True)
class _Masked:
    """A question whose quoted phrases are put away, so that no rule reads inside them."""

    text: str
    quotes: tuple[str, ...]

    def restored(self, text: str) -> str:
        return " ".join(_MASK.sub(lambda m: self.quotes[int(m[1])], text).split())


def _masked(text: str) -> _Masked:
    clean = re.sub("[\ue000\ue001\x00]", " ", text)
    return _Masked(*put_away_quotes(clean, lambda i: f"\ue000{i}\ue001"))


def parse_question(text: str) -> QuestionSpec:
    """What a question asks. Any text gives a spec; one that names nothing has no targets.

    Of a very long text the first 600 characters are read.

    >>> spec = parse_question("What is on the slide when he mentions Bayes?")
    >>> spec.wanted, spec.relation.kind, spec.relation.anchors[0].text, spec.relation.anchors[0].kind
    ('screen', 'during', 'Bayes', 'speech')
    """
    masked = _masked(text[:MOST_CHARS])
    times = parse_times(masked.text)
    body = " ".join(times.rest.split()).rstrip("?.!,;: ")
    body = _TELL.sub("", _OPENERS.sub("", body, count=1), count=1)
    head, relation = _split_relation(body, masked)
    intent, rest = _intent(head)
    wanted = where_it_stands(head)
    targets, speaker = _targets(intent, rest, wanted, masked)
    of_video = intent in ("how_long", "count") and bool(targets) and is_the_video(targets[0])
    if of_video:
        targets = ()
    if intent == "summarise" and targets:
        intent = "describe"
    if intent == "yes_no" and relation is not None:
        relation = _inheriting(relation, wanted)
    return QuestionSpec(
        text=text,
        intent=intent,
        wanted=wanted,
        targets=targets,
        quoted=masked.quotes,
        relation=relation,
        ordinal=_ordinal(intent, rest, targets),
        times=times.times,
        of_things=intent == "count" and _counts_things(body),
        of_video=of_video,
        speaker=speaker,
    )


def _ordinal(intent: Intent, rest: str, targets: tuple[str, ...]) -> int | None:
    if intent == "order":
        return None
    found = which_one(rest)
    return 1 if found is None and not targets and names_title_slide(rest) else found


# ---- relation: while, before, after, between, until ----

_SOON = r"(?:right\s+|just\s+|immediately\s+|shortly\s+|directly\s+)?"
_AS = (
    r"as(?=\s+(?:he|she|they|we|it|the\s+(?:speaker|lecturer|presenter|professor|slide|screen)|"
    r"the\s+(?:\w+\s+){1,4}(?:is|are|was|were))\b)"
)
_CONNECT: list[tuple[RelationKind, str]] = [
    (
        "during",
        r"(?:at|in|during)\s+the\s+(?:exact\s+|same\s+|very\s+)?(?:moment|time|point|instant|part|section|bit|scene)\s+"
        r"(?:when|where|that|as|in\s+which)|the\s+moment\s+(?:that\s+)?(?=he|she|they|the)",
    ),
    ("after", rf"(?:as\s+soon\s+as|once|{_SOON}(?:after|following)|since)"),
    ("before", rf"{_SOON}(?:before|preceding|prior\s+to)"),
    ("until", r"(?:until|till)"),
    ("between", r"between(?=.+\band\b)"),
    (
        "during",
        rf"(?:while|whilst|whenever|when|during|throughout|{_AS}|on\s+the\s+\w+\s+time(?:\s+that)?(?=\s+\w+))",
    ),
]
_FRONT = [
    (kind, re_any_case(rf"^(?:{words})\s+(?P<clause>.+?)(?:,\s*|\s+)(?P<head>{ASKS}\b.+)$"))
    for kind, words in _CONNECT
]
_BACK = [
    (kind, re_any_case(rf"^(?P<head>.+?)[\s,]+(?P<words>{words})\s+(?P<clause>.+)$"))
    for kind, words in _CONNECT
]
_NTH_TIME = re_any_case(
    rf"^(?P<head>{ASKS}\b.*?)[\s,]+(?:on\s+|for\s+)?the\s+(?P<ord>{ORDINAL_PATTERN})\s+time",
    r"(?:\s+(?:that|when))?\s+(?P<clause>\w+\s+.+)$",
)
_WHEN_QUESTION = re_any_case(rf"^when(?:\s+exactly)?\s+{AUX}\b")
_VERB = re_any_case(rf"\b(?:{SAY}|{SHOW}|{WRITE}|{AUX})\b")
_ASKS_NOTHING = re_any_case(
    rf"(?:(?:the|every|each|all|any|a)?\s*(?:{OCCURRENCE}|segment|section|bit|point)?s?\s*(?:in\s+the\s+{VIDEO})?",
    r"|(?:at\s+)?(?:what|which))",
)


def _split_relation(body: str, masked: _Masked) -> tuple[str, Relation | None]:
    """The question without its relation clause, and the relation."""
    nth = _NTH_TIME.match(body)
    if nth is not None and _VERB.search(nth["clause"]):
        anchor = _anchor(nth["clause"], masked, ordinal_value(nth["ord"]))
        return nth["head"], Relation("during", (anchor,))
    for kind, pattern in _FRONT:
        found = pattern.match(body)
        if found is not None and not _WHEN_QUESTION.match(body):
            return found["head"], _relation(kind, found["clause"], masked)
    return _split_back(body, masked)


def _split_back(body: str, masked: _Masked) -> tuple[str, Relation | None]:
    """The relation whose connecting word stands first, unless the head then asks for nothing.

    In "find the part where he speaks" the clause is what is to be found, not what it is related to.
    """
    found = [(m.start("words"), kind, m) for kind, pattern in _BACK if (m := pattern.match(body)) is not None]
    asking = [one for one in found if not _ASKS_NOTHING.fullmatch(_LOCATE.sub("", one[2]["head"].strip()))]
    if not asking:
        return body, None
    _, kind, first = min(asking, key=lambda one: one[0])
    return first["head"], _relation(kind, first["clause"], masked)


def _relation(kind: RelationKind, clause: str, masked: _Masked) -> Relation | None:
    pieces = re.split(r"\s+and\s+", clause, maxsplit=1) if kind == "between" else [clause]
    anchors = tuple(_anchor(piece, masked) for piece in pieces)
    return Relation(kind, anchors) if all(anchor.text for anchor in anchors) else None


def _inheriting(relation: Relation, kind: Kind) -> Relation:
    """Anchors that stand anywhere become mentions in "Is X mentioned before Y?"."""
    anchors = (replace(a, kind=kind) if a.kind == "any" else a for a in relation.anchors)
    return Relation(relation.kind, tuple(anchors))


def _anchor(clause: str, masked: _Masked, ordinal: int | None = None) -> Anchor:
    which = ordinal if ordinal is not None else which_one(clause)
    kind = where_it_stands(clause)
    text = _content(without_which(clause), kind)[0]
    return Anchor(masked.restored(text or clause), kind, None if which == EVERY else which)


# ---- intent ----

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
            r"^(?:in\s+(?:what|which)\s+order|what\s+(?:is\s+the\s+)?order|",
            r"which\b.*\b(?:first|last|earlier|later)\b.*(?:,|:|\bof\b).*|",
            r"(?:what|who)\b.*\b(?:first|earlier|last|later)\s*[,:]\s*.+\bor\b)",
        ),
    ),
    ("how_long", re_any_case(r"^(?:for\s+)?how\s+(?:long|much\s+time|many\s+(?:minutes|seconds|hours))\b")),
    ("how_long", re_any_case(r"^(?:what\s+is\s+)?the\s+(?:total\s+)?(?:duration|length)\s+of\b")),
    (
        "count",
        re_any_case(
            r"^(?:how\s+many(?:\s+(?:different\s+|separate\s+)?times)?|how\s+often|",
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
    ("locate", re_any_case(r"^where\b")),
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
    r"^(?:when|where|the\s+(?:moment|part|point|bit|section|place)s?\s+(?:when|where|that|in\s+which))\b\s*"
)
_OCCURRENCES = re_any_case(r"\b(?:times|often|mentions?|occurrences?|appearances?|instances?)\b")


def _intent(head: str) -> tuple[Intent, str]:
    """The intent, and what is left of the head behind the words that showed it."""
    located = _LOCATE.match(head)
    if located is not None and not _SUMMARY.match(head):
        rest = head[located.end() :]
        return _intent(rest) if _ASKED_AFTER_ALL.match(rest) else ("locate", _PLACE_THAT.sub("", rest))
    for intent, pattern in _INTENTS:
        found = pattern.match(head)
        if found is not None:
            return intent, head[found.end() :].strip() if intent in _CUT_OFF else head
    return "locate", head


def _counts_things(body: str) -> bool:
    """`How many cars` counts things, `how many times` and `how often` count occurrences."""
    return _OCCURRENCES.search(body) is None


# ---- target ----


def _targets(intent: Intent, rest: str, wanted: Kind, masked: _Masked) -> tuple[tuple[str, ...], str]:
    """What to look for, and whom the question names as speaking."""
    if intent == "summarise":
        topic = masked.restored(without_frame(_NO_TOPIC.sub(" ", _SUMMARY.sub(" ", rest)), wanted))
        return ((topic,) if topic and not is_the_video(topic) else ()), ""
    if intent == "order":
        return tuple(masked.restored(part) for part in _choices(rest)), ""
    text, speaker = _content(without_which(rest), wanted)
    target = masked.restored(text)
    return ((target,) if target else ()), speaker


def _content(text: str, kind: Kind) -> tuple[str, str]:
    speaker, rest = named_speaker(text) if kind == "speech" else ("", text)
    return without_frame(rest, kind), speaker


_LISTING = re_any_case(r"[,:]\s*|\bof\b\s*|\border\b\s*(?:are|is|do|does|were)?\s*")
_COMMA_OR = re_any_case(r"\s*,\s*(?:(?:or|and)\s+)?|\s+(?:or|and|vs\.?|versus)\s+")


def _choices(head: str) -> list[str]:
    """The things whose order is asked for."""
    listing = _LISTING.split(head, maxsplit=1)
    parts = _COMMA_OR.split(listing[-1])
    return [text for part in parts if (text := without_frame(without_which(part), "any"))]
