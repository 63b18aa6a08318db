"""Which questions exact look-ups answer, and which are answered by the passages that fit them best."""

from dataclasses import replace

from playhead_tools.question.question_sentence import last_chars
from playhead_tools.question_vocabulary import re_any_case, single_blanks
from playhead_tools.spec import QuestionSpec, Relation

MAX_QUERY_CHARS = 400
_MENTIONS = re_any_case(
    r"\b(?:mention(?:s|ed|ing)?|say|says|said|utter(?:s|ed)?|name[sd]?|hear|heard|quote[sd]?|call(?:s|ed)?|"
    r"the\s+(?:exact\s+)?(?:word|words|phrase|name|term|sentence)|come(?:s)?\s+up|anything\s+about)\b"
)
_WHERE_IT_IS = frozenset(("when", "locate", "count", "how_long", "yes_no", "order"))


def with_passages(spec: QuestionSpec, text: str) -> QuestionSpec:
    """A question with the text that passages are searched with, and whether they answer it at once.

    Exact look-ups answer what they understand wholly: how often, how long, first and last, when certain words
    are said, what is said at a time or next to a mention, facts of a file. All else is for passages.

    Args:
        spec: the question taken apart.
        text: its text, without options.
    """
    query = last_chars(single_blanks(text), MAX_QUERY_CHARS)
    literal = is_literal(spec, text)
    return replace(spec, query=query, is_literal=literal, by_passages=not literal and not _is_exact(spec))


def is_literal(spec: QuestionSpec, text: str) -> bool:
    """Whether a question asks where certain words stand, so that it can be told that they stand nowhere."""
    if spec.intent == "summarise" or spec.of_video or spec.verbatim:
        return True
    if spec.quoted and any(quote in target for quote in spec.quoted for target in spec.targets):
        return True
    if spec.intent not in _WHERE_IT_IS and spec.ordinal is None:
        return bool(spec.times) and not spec.targets
    return _MENTIONS.search(text) is not None and spec.wanted != "picture"


def _is_exact(spec: QuestionSpec) -> bool:
    """Whether look-ups answer a question that is not for certain words alone."""
    if spec.wanted in ("screen", "picture") or (spec.deeds and spec.wanted != "any"):
        return True
    if spec.intent == "count" and spec.of_things:
        return False  # a number of things is told, or seen
    if spec.intent in ("count", "how_long", "order") or spec.ordinal is not None:
        return True
    if spec.times and not spec.targets:
        return True
    return spec.relation is not None and _is_understood(spec.relation, spec)


def _is_understood(relation: Relation, spec: QuestionSpec) -> bool:
    """Whether each anchor is said, written or seen at a time, and not only what is discussed."""
    if relation.kind in ("during", "between") and any(anchor.kind == "any" for anchor in relation.anchors):
        return not spec.targets
    return True
