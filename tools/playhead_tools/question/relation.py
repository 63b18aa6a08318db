"""The relation clause of a question: while, before, after, between, until, at its front or its back."""

import re
from dataclasses import replace

from playhead_tools.numbers import ORDINAL_PATTERN, ordinal_value
from playhead_tools.question.masked_quotes import MaskedQuestion
from playhead_tools.question_vocabulary import (
    AUX,
    OCCURRENCE,
    QUESTION_WORDS,
    VIDEO,
    content_of,
    is_the_video,
    mentions_visible,
    modality_of,
    parse_ordinal,
    re_any_case,
    strip_marks,
    without_ordinal,
)  # fmt: skip
from playhead_tools.spec import EVERY, Anchor, Kind, Relation, RelationKind

LOCATE = re_any_case(
    r"^(?:find|locate|list|jump|go|skip|seek|take|bring|play|search|show|give|get|look)(?:\s+(?:me|us))?",
    r"(?:\s+(?:to|for|out))?\b\s*",
)
_SOON = r"(?:right\s+|just\s+|immediately\s+|shortly\s+|directly\s+|straight\s+)"
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
    ("after", rf"(?:as\s+soon\s+as|once|{_SOON}?(?:after|following)|since)"),
    ("before", rf"{_SOON}?(?:before|preceding|prior\s+to)"),
    ("until", r"(?:until|till)"),
    ("between", r"(?:in\s+)?between"),
    (
        "during",
        rf"(?:while|whilst|whenever|when|during|throughout|{_AS}|on\s+the\s+\w+\s+time(?:\s+that)?(?=\s+\w+))",
    ),
]
_HEAD = rf"(?:{QUESTION_WORDS}|name|tell|describe|count)"
_FRONT = [
    (kind, re_any_case(rf"^(?P<words>{words})\s+(?P<clause>.+?)(?:,\s*|\s+)(?P<head>{_HEAD}\b.+)$"))
    for kind, words in _CONNECT
]
_BACK = [
    (kind, re_any_case(rf"^(?P<head>.+?)(?<![\s,])[\s,]++(?P<words>{words})\s+(?P<clause>.+)$"))
    for kind, words in _CONNECT
]
_TWO = re_any_case(r"\band\b")
_DISCUSSED = re_any_case(
    r"^(?:(?:he|she|they|we|it|people)\s+(?:is|are|was|were)\s+)?(?:discussing|presenting|assessing|using|evaluating|"
    r"designing|working|dealing|considering|deciding|choosing|it\s+(?:came|comes)\s+to)\b|"
    r"^(?:talking|speaking)\s+(?:about|of)\b|"
    r"^(?:the|this|their|a)\s+(?:\w+\s+){0,2}(?:discussions?|presentations?|meetings?|talks?|conversations?|evaluations?|"
    r"debates?|process)\b"
)
_DISCUSSING = re_any_case(
    r"^(?:(?:he|she|they|we|it|people)\s+(?:is|are|was|were)\s+)?(?:(?:discussing|presenting|assessing|considering|talking\s+",
    r"about|speaking\s+(?:about|of)|it\s+(?:came|comes)\s+to)\s+|",
    r"(?:the|this|their|a)\s+(?:discussions?|presentations?|talks?|conversations?|debates?)\s+(?:of|about|on)\s+)",
)
_NO_TIME_BEFORE = re_any_case(r"\b(?:of|the|these|which|are|is)\s+(?:the\s+)?$")
_COMPARED = re_any_case(
    r"\b(?:differences?|relationships?|relations?|connections?|links?|distinctions?|distinguish|choose|balance|trade-?offs?|"
    r"comparisons?|conflicts?|gaps?|interactions?|in)\s+$"
)
_NTH_TIME = re_any_case(
    rf"^(?P<head>{QUESTION_WORDS}\b.*?)(?<![\s,])[\s,]++(?:on\s+|for\s+)?the\s+(?P<ord>{ORDINAL_PATTERN})\s+time",
    r"(?:\s+(?:that|when))?\s+(?P<clause>\w+\s+.+)$",
)
_WHEN_QUESTION = re_any_case(rf"^when(?:\s+exactly)?\s+{AUX}\b")
_ASKS_NOTHING = re_any_case(
    rf"(?:(?:the|every|each|all|any|a)?\s*(?:{OCCURRENCE}|segment|section|bit|point)?s?\s*(?:in\s+the\s+{VIDEO})?",
    r"|(?:at\s+)?(?:what|which)|name|tell|tell\s+me|describe)",
)
_NEXT_IN_HEAD = re_any_case(r"\s+next$")
_TIME_OF = re_any_case(
    r"^(?:the\s+)?(?:time|moment|point|scene)\s+(?:when\s+|that\s+|at\s+which\s+|in\s+which\s+)?"
)
_BOTH_ENDS = re_any_case(r"^(?P<a>.+?),?\s+(?:and|but)\s+(?:then\s+)?(?P<word>before|after)\s+(?P<b>.+)$")
_VIDEO_EDGE = re_any_case(r"\s+(?:began|begins?|started|starts?|ended|ends?|was\s+(?:made|filmed|recorded))$")


def split_setting(body: str) -> tuple[str, str]:
    """A question without a clause that sets its topic, and that topic; empty where there is none.

    >>> split_setting("what did she think of rubber when discussing the case")
    ('what did she think of rubber', 'the case')
    """
    for pattern in (pattern for kind, pattern in (*_FRONT, *_BACK) if kind == "during"):
        found = pattern.match(body)
        if found is not None and _is_setting(found):
            return found["head"].strip(" ,"), _DISCUSSING.sub("", found["clause"], count=1).strip(" ,")
    return body, ""


def _is_setting(found: re.Match[str]) -> bool:
    is_during = found["words"].lower().startswith(("when", "while", "during", "whilst"))
    return is_during and _DISCUSSED.match(found["clause"]) is not None


def split_relation(body: str, masked_text: MaskedQuestion) -> tuple[str, Relation | None]:
    """A question without its relation clause, and what it is tied to in time."""
    nth = _NTH_TIME.match(body)
    if nth is not None and len(nth["clause"].split()) > 1:
        anchor = anchor_of(nth["clause"], masked_text, ordinal_value(nth["ord"]))
        return nth["head"], Relation("during", (anchor,))
    for kind, pattern in _FRONT:
        found = _match(kind, pattern, body)
        if found is not None and not _WHEN_QUESTION.match(body):
            return _related(found, kind, masked_text)
    return _split_back(body, masked_text)


def _match(kind: RelationKind, pattern: re.Pattern[str], body: str) -> re.Match[str] | None:
    """The match of a relation's pattern; what is between must be two things."""
    found = pattern.match(body)
    if found is None or _is_topic(found):
        return None
    if kind == "between" and not _TWO.search(body, found.end("words")):
        return None
    return found


def _is_topic(found: re.Match[str]) -> bool:
    """Whether a clause says of what something is asked, not when: `when discussing the design`."""
    before, words = found.string[: found.start("words")], found["words"].lower()
    if _is_setting(found):
        return True
    if words == "following" and _NO_TIME_BEFORE.search(before):
        return True
    return words.endswith("between") and _COMPARED.search(before) is not None


def _split_back(body: str, masked_text: MaskedQuestion) -> tuple[str, Relation | None]:
    """The relation whose connecting word stands first, unless the head then asks for nothing.

    In "find the part where he speaks" the clause is what is to be found, not what it is related to.
    """
    found = [
        (m.start("words"), kind, m)
        for kind, pattern in _BACK
        if (m := _match(kind, pattern, body)) is not None
    ]
    candidates = [one for one in found if not _ASKS_NOTHING.fullmatch(LOCATE.sub("", one[2]["head"].strip()))]
    if not candidates:
        return body, None
    _, kind, first = min(candidates, key=lambda one: one[0])
    related = _related(first, kind, masked_text)
    return (body, None) if _is_edge_of_video(first["clause"]) else related


def _is_edge_of_video(clause: str) -> bool:
    """Whether a clause is about the video's own beginning or end, before or after which nothing is seen."""
    plain_clause = re.sub(r"^the\s+", "", strip_marks(clause, " ,;:.?!"), flags=re.IGNORECASE)
    return _VIDEO_EDGE.search(plain_clause) is not None and is_the_video(_VIDEO_EDGE.sub("", plain_clause))


def _related(
    found: re.Match[str], kind: RelationKind, masked_text: MaskedQuestion
) -> tuple[str, Relation | None]:
    head = found["head"].strip(" ,")
    relation = relation_of(kind, found["clause"], masked_text)
    return _NEXT_IN_HEAD.sub("", head) if kind in ("after", "before") else head, relation


def relation_of(kind: RelationKind, clause: str, masked_text: MaskedQuestion) -> Relation | None:
    """A relation to what a clause says; None where it says nothing to look for."""
    both = _BOTH_ENDS.match(clause) if kind in ("after", "before") else None
    if both is not None and both["word"].lower() != kind:
        pieces = [both["a"], both["b"]] if kind == "after" else [both["b"], both["a"]]
        kind = "between"
    elif kind == "between":
        pieces = re.split(r"\s+and\s+(?=the\b|when\b)", clause, maxsplit=1, flags=re.IGNORECASE)
        pieces = pieces if len(pieces) > 1 else re.split(r"\s+and\s+", clause, maxsplit=1)
    else:
        pieces = [clause]
    anchors = tuple(anchor_of(piece, masked_text) for piece in pieces)
    is_complete = all(anchor.text for anchor in anchors) and (kind != "between" or len(anchors) == 2)
    return Relation(kind, anchors) if is_complete else None


def inheriting(relation: Relation, kind: Kind) -> Relation:
    """Anchors that stand anywhere become mentions in "Is X mentioned before Y?"."""
    anchors = (replace(a, kind=kind) if a.kind == "any" else a for a in relation.anchors)
    return replace(relation, anchors=tuple(anchors))


def anchor_of(clause: str, masked_text: MaskedQuestion, ordinal: int | None = None) -> Anchor:
    """The anchor that a clause speaks of."""
    clause = _TIME_OF.sub("", clause)
    which = ordinal if ordinal is not None else parse_ordinal(clause)
    kind = modality_of(clause)
    text = content_of(without_ordinal(clause), kind)[0]
    kind = "picture" if kind == "any" and mentions_visible(clause) else kind
    return Anchor(masked_text.restore(text or clause), kind, None if which == EVERY else which)
