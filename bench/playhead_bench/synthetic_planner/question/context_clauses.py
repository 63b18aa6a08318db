"""Questions in two parts: a statement or a hint, a colon, and the question about it."""

import re
from dataclasses import dataclass

from playhead_bench.synthetic_planner.question.masked_quotes import MaskedText
from playhead_bench.synthetic_planner.question.relation import relation_of
from playhead_tools.question_vocabulary import QUESTION_WORDS, re_any_case
from playhead_tools.spec import Kind, Relation, RelationKind

_IMPERATIVE = r"(?:name|tell|say|give|describe|count|find|show|state)"
_TWO_PARTS = re_any_case(
    rf"^(?P<said>(?!{_IMPERATIVE}\b)(?!{QUESTION_WORDS}\b)[^:]+?)\s*[:;]\s+"
    rf"(?P<ask>(?:{_IMPERATIVE}|{QUESTION_WORDS}|(?:in|on|at|to|with)\s+(?:what|which))\b.+)$"
)
_BECOMES = re_any_case(r"\bbecomes?\s+of\s+")
_HINT = re_any_case(
    r"^(?:what\s+(?:is|stands)|(?:answer|tell|say)?\s*(?:from|according\s+to|by)\s+what\s+(?:is|stands)|"
    r"(?:answer|tell)\s+from\s+what)\s+(?P<how>said|spoken|heard|written|(?:shown\s+)?on\s+(?:the\s+)?screen|to\s+be\s+read|"
    r"seen|shown|in\s+the\s+picture)\s*[:,]\s+(?P<ask>.+)$"
)
_FIRST_LATER = re_any_case(
    r"^(?:first|at\s+first)\s+(?P<a>.+?),?\s+(?:and\s+)?(?:later|then|afterwards)\s+(?P<b>.+)$"
)
_SOMETHING = re_any_case(r"\s+(?:something|someone|somebody|another\s+(?:thing|one|person)|an\s+object)$")
_ITS = re_any_case(r"\bits\s+(?P<what>\w+)")
_IT = re_any_case(r"\b(?:that\s+(?:thing|one|object|person)|it|this\s+(?:thing|one))\b")
_WHEN: list[tuple[RelationKind, bool, re.Pattern[str]]] = [
    ("between", False, re_any_case(r"\s*\b(?:in\s+between|meanwhile|between\s+(?:them|the\s+two))$")),
    ("after", True, re_any_case(r"\s*\b(?:right|just|directly|immediately|straight)\s+"
                                r"(?:after(?:wards)?|next)(?:\s+that)?$|\s+next$")),
    ("before", True, re_any_case(r"\s*\b(?:right|just|directly|immediately)\s+before(?:\s+that|hand)?$")),
    ("after", False, re_any_case(r"\s*\b(?:after\s*wards|after(?:\s+that)?|then)$")),
    ("before", False, re_any_case(r"\s*\b(?:before(?:\s+that|hand)?)$")),
    ("during", False, re_any_case(r"\s*\b(?:meanwhile|at\s+(?:that|the\s+same)\s+(?:time|moment)|then)$")),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ContextClause:
    """A question in two parts as one.

    Args:
        head: the question itself.
        relation: to what was stated, or None.
        kind: where the answer is to be taken from, as the question itself says; `any` where it does not.
        is_unsplit: the clip of the statement also shows the answer, so the question is put to it unsplit.
    """

    head: str
    relation: Relation | None = None
    kind: Kind = "any"
    is_unsplit: bool = False


def split_context(body: str, masked: MaskedText) -> ContextClause | None:
    """The one question that two parts make; None for a question in one part."""
    hint = _HINT.match(body)
    if hint is not None:
        return ContextClause(hint["ask"], kind=_kind(hint["how"].lower()))
    becomes = _becomes(body)
    if becomes is not None:
        target, ask = becomes
        return ContextClause(_IT.sub(lambda _: target, ask, count=1))
    found = _TWO_PARTS.match(body)
    if found is None:
        return None
    ask = found["ask"].strip()
    if _SOMETHING.search(found["said"]):
        return _hop(_SOMETHING.sub("", found["said"]), ask)
    return _tied(found["said"], ask, masked)


def _becomes(body: str) -> tuple[str, str] | None:
    """`What becomes of the red star: where is it?` as the thing and what is asked of it."""
    starts = [found.end() for found in _BECOMES.finditer(body) if found.end() < body.rfind(":")]
    if not starts:
        return None
    target, _, ask = body[starts[-1] :].partition(":")
    return (target.strip(), ask.strip()) if target.strip() and ask.strip() else None


def _kind(how: str) -> Kind:
    if how in ("said", "spoken", "heard"):
        return "speech"
    return "picture" if how in ("seen", "shown", "in the picture") else "screen"


def _hop(statement: str, ask: str) -> ContextClause | None:
    """`The boat carries something: where is it seen?` as `where is the thing that the boat carries seen`."""
    reference = f"the thing that {statement[0].lower()}{statement[1:]}"
    question, num_replaced = _ITS.subn(lambda m: f"the {m['what']} of {reference}", ask, count=1)
    if not num_replaced:
        question, num_replaced = _IT.subn(lambda _: reference, ask, count=1)
    return ContextClause(question, is_unsplit=True) if num_replaced else None


def _tied(statement: str, ask: str, masked: MaskedText) -> ContextClause:
    both_parts = _FIRST_LATER.match(statement)
    for kind, soon, pattern in _WHEN:
        if (kind == "between") == (both_parts is not None) and pattern.search(ask):
            clause = statement if both_parts is None else f"{both_parts['a']} and {both_parts['b']}"
            return ContextClause(pattern.sub("", ask), _relation(kind, clause, both_parts, masked, soon))
    asks_other = re.search(r"\b(?:other|else)\b", ask) is not None
    return ContextClause(ask, relation_of("during", statement, masked), is_unsplit=asks_other)


def _relation(
    kind: RelationKind, clause: str, both_parts: re.Match[str] | None, masked: MaskedText, soon: bool
) -> Relation | None:
    if both_parts is None:
        return relation_of(kind, clause, masked, soon=soon)
    ends = [relation_of("during", end, masked) for end in (both_parts["a"], both_parts["b"])]
    anchors = tuple(anchor for end in ends if end is not None for anchor in end.anchors)
    return Relation("between", anchors) if len(anchors) == 2 else None
