"""The relation clause of a question: while, before, after, between, until, at its front or its back."""

import re
from dataclasses import dataclass, replace

from playhead_bench.synthetic_planner.question.action_triples import parse_action, predicate, shows
from playhead_bench.synthetic_planner.question.masked_quotes import MaskedText
from playhead_bench.synthetic_planner.question.verbs import as_third, base_form, is_base
from playhead_bench.synthetic_planner.wording import is_visual, modality_of
from playhead_tools.numbers import ORDINAL_PATTERN, ordinal_value
from playhead_tools.question_vocabulary import (
    AUX,
    OCCURRENCE,
    QUESTION_WORDS,
    SAY,
    SHOW,
    VIDEO,
    WRITE,
    content_of,
    is_the_video,
    parse_ordinal,
    re_any_case,
    strip_marks,
    without_ordinal,
)
from playhead_tools.spec import EVERY, ActionTriple, Anchor, Kind, Relation, RelationKind

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
_NTH_TIME = re_any_case(
    rf"^(?P<head>{QUESTION_WORDS}\b.*?)(?<![\s,])[\s,]++(?:on\s+|for\s+)?the\s+(?P<ord>{ORDINAL_PATTERN})\s+time",
    r"(?:\s+(?:that|when))?\s+(?P<clause>\w+\s+.+)$",
)
_WHEN_QUESTION = re_any_case(rf"^when(?:\s+exactly)?\s+{AUX}\b")
_VERB = re_any_case(rf"\b(?:{SAY}|{SHOW}|{WRITE}|{AUX})\b")
_ASKS_NOTHING = re_any_case(
    rf"(?:(?:the|every|each|all|any|a)?\s*(?:{OCCURRENCE}|segment|section|bit|point)?s?\s*(?:in\s+the\s+{VIDEO})?",
    r"|(?:at\s+)?(?:what|which)|name|tell|tell\s+me|describe)",
)
_NEXT_WORDS = re_any_case(rf"{_SOON}|as\s+soon\s+as")
_NEXT_IN_HEAD = re_any_case(r"\s+next$")
_TIME_OF = re_any_case(
    r"^(?:the\s+)?(?:time|moment|point|scene)\s+(?:when\s+|that\s+|at\s+which\s+|in\s+which\s+)?"
)
_BOTH_ENDS = re_any_case(r"^(?P<a>.+?),?\s+(?:and|but)\s+(?:then\s+)?(?P<word>before|after)\s+(?P<b>.+)$")
_VIDEO_EDGE = re_any_case(r"\s+(?:began|begins?|started|starts?|ended|ends?|was\s+(?:made|filmed|recorded))$")


@dataclass(frozen=True, slots=True)
class SplitQuestion:
    """A question without its relation clause, and the relation."""

    head: str
    relation: Relation | None = None


def split_relation(body: str, masked: MaskedText) -> SplitQuestion:
    """The head of a question and what it is tied to in time."""
    nth = _NTH_TIME.match(body)
    if nth is not None and (_VERB.search(nth["clause"]) or parse_action(nth["clause"])):
        anchor = anchor_of(nth["clause"], masked, ordinal_value(nth["ord"]))
        return SplitQuestion(nth["head"], Relation("during", (anchor,)))
    for kind, pattern in _FRONT:
        found = _match(kind, pattern, body)
        if found is not None and not _WHEN_QUESTION.match(body):
            return _related(found, kind, masked)
    return _split_back(body, masked)


def _match(kind: RelationKind, pattern: re.Pattern[str], body: str) -> re.Match[str] | None:
    """The match of a relation's pattern; what is between must be two objects."""
    found = pattern.match(body)
    if found is None or kind != "between" or _TWO.search(body, found.end("words")):
        return found
    return None


def _split_back(body: str, masked: MaskedText) -> SplitQuestion:
    """The relation whose connecting word stands first, unless the head then asks for nothing.

    In "find the part where he speaks" the clause is what is to be found, not what it is related to.
    """
    found = [
        (m.start("words"), kind, m)
        for kind, pattern in _BACK
        if (m := _match(kind, pattern, body)) is not None
    ]
    asking = [one for one in found if not _ASKS_NOTHING.fullmatch(LOCATE.sub("", one[2]["head"].strip()))]
    if not asking:
        return SplitQuestion(body)
    _, kind, first = min(asking, key=lambda one: one[0])
    related = _related(first, kind, masked)
    return SplitQuestion(body) if _is_edge_of_video(first["clause"]) else related


def _is_edge_of_video(clause: str) -> bool:
    """Whether a clause is about the video's own beginning or end, before or after which nothing is seen."""
    plain = re.sub(r"^the\s+", "", strip_marks(clause, " ,;:.?!"), flags=re.IGNORECASE)
    return _VIDEO_EDGE.search(plain) is not None and is_the_video(_VIDEO_EDGE.sub("", plain))


def _related(found: re.Match[str], kind: RelationKind, masked: MaskedText) -> SplitQuestion:
    head = found["head"].strip(" ,")
    relation = relation_of(kind, found["clause"], masked)
    if relation is not None and (_NEXT_WORDS.match(found["words"]) or _NEXT_IN_HEAD.search(head)):
        relation = replace(relation, next=True)
    return SplitQuestion(_NEXT_IN_HEAD.sub("", head) if kind in ("after", "before") else head, relation)


def relation_of(
    kind: RelationKind, clause: str, masked: MaskedText, *, soon: bool = False
) -> Relation | None:
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
    anchors = tuple(anchor_of(piece, masked) for piece in pieces)
    complete = all(anchor.text for anchor in anchors) and (kind != "between" or len(anchors) == 2)
    return Relation(kind, anchors, soon) if complete else None


def inheriting(relation: Relation, kind: Kind) -> Relation:
    """Anchors that stand anywhere become mentions in "Is X mentioned before Y?"."""
    anchors = (replace(a, kind=kind) if a.kind == "any" else a for a in relation.anchors)
    return replace(relation, anchors=tuple(anchors))


def anchor_of(clause: str, masked: MaskedText, ordinal: int | None = None) -> Anchor:
    """The anchor that a clause speaks of, with its action where a frame can show it."""
    clause = _TIME_OF.sub("", clause) if parse_action(_TIME_OF.sub("", clause)) else clause
    which = ordinal if ordinal is not None else parse_ordinal(clause)
    kind = modality_of(clause)
    plain = without_ordinal(clause)
    text = content_of(plain, kind)[0]
    action = None if kind in ("speech", "screen") else _anchor_action(plain, kind)
    if action is not None and kind == "any" and _is_surely_visible(action, clause):
        kind = "picture"
    restore_quotes = None if action is None else _restore_quotes(action, masked)
    return Anchor(masked.restore(text or clause), kind, None if which == EVERY else which, restore_quotes)


def _anchor_action(clause: str, kind: Kind) -> ActionTriple | None:
    """The action of a clause; of `opening the door` with its subject left open."""
    word = clause.partition(" ")[0]
    if word.lower().endswith("ing") and is_base(base_form(as_third(word))):
        return predicate(clause, "")
    return parse_action(clause, allow_noun=kind == "picture")


def _is_surely_visible(action: ActionTriple, clause: str) -> bool:
    return is_visual(clause) and (not action.verb or shows(action))


def _restore_quotes(action: ActionTriple, masked: MaskedText) -> ActionTriple | None:
    parts = (masked.restore(part) for part in (action.subject, action.verb, action.object))
    complete = ActionTriple(*parts)
    return complete if complete.text else None
