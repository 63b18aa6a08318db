"""Questions in two parts: a statement or a hint, a colon, and what is asked of it."""

import re
from dataclasses import dataclass

from playhead_bench.synthetic_planner.question.masked_quotes import Masked
from playhead_bench.synthetic_planner.question.relation import relation_of
from playhead_tools.spec import Kind, Relation, RelationKind
from playhead_tools.wording import ASKS, re_any_case

_IMPERATIVE = r"(?:name|tell|say|give|describe|count|find|show|state)"
_TWO_PARTS = re_any_case(
    rf"^(?P<said>(?!{_IMPERATIVE}\b)(?!{ASKS}\b)[^:]+?)\s*[:;]\s+"
    rf"(?P<ask>(?:{_IMPERATIVE}|{ASKS}|(?:in|on|at|to|with)\s+(?:what|which))\b.+)$"
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
class Stated:
    """A question in two parts as one.

    Args:
        head: what is asked.
        relation: to what was stated, or None.
        kind: where the answer is to be taken from, as the question itself says; `any` where it does not.
        whole: one clip that shows what is stated shows the answer as well: the question stays as it is.
    """

    head: str
    relation: Relation | None = None
    kind: Kind = "any"
    whole: bool = False


def stated(body: str, masked: Masked) -> Stated | None:
    """The one question that two parts make; None for a question in one part."""
    hint = _HINT.match(body)
    if hint is not None:
        return Stated(hint["ask"], kind=_kind(hint["how"].lower()))
    becomes = _becomes(body)
    if becomes is not None:
        thing, ask = becomes
        return Stated(_IT.sub(lambda _: thing, ask, count=1))
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
    thing, _, ask = body[starts[-1] :].partition(":")
    return (thing.strip(), ask.strip()) if thing.strip() and ask.strip() else None


def _kind(how: str) -> Kind:
    if how in ("said", "spoken", "heard"):
        return "speech"
    return "picture" if how in ("seen", "shown", "in the picture") else "screen"


def _hop(said: str, ask: str) -> Stated | None:
    """`The boat carries something: where is it seen?` as `where is the thing that the boat carries seen`."""
    meant = f"the thing that {said[0].lower()}{said[1:]}"
    asked, many = _ITS.subn(lambda m: f"the {m['what']} of {meant}", ask, count=1)
    if not many:
        asked, many = _IT.subn(lambda _: meant, ask, count=1)
    return Stated(asked, whole=True) if many else None


def _tied(said: str, ask: str, masked: Masked) -> Stated:
    two = _FIRST_LATER.match(said)
    for kind, soon, pattern in _WHEN:
        if (kind == "between") == (two is not None) and pattern.search(ask):
            clause = said if two is None else f"{two['a']} and {two['b']}"
            return Stated(pattern.sub("", ask), _relation(kind, clause, two, masked, soon))
    other = re.search(r"\b(?:other|else)\b", ask) is not None
    return Stated(ask, relation_of("during", said, masked), whole=other)


def _relation(
    kind: RelationKind, clause: str, two: re.Match[str] | None, masked: Masked, soon: bool
) -> Relation | None:
    if two is None:
        return relation_of(kind, clause, masked, soon=soon)
    ends = [relation_of("during", end, masked) for end in (two["a"], two["b"])]
    anchors = tuple(anchor for end in ends if end is not None for anchor in end.anchors)
    return Relation("between", anchors) if len(anchors) == 2 else None
