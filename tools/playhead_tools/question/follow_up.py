"""What a person means who asks on: `and before that?`, `the second one`, `and the woman?`."""

import re

from playhead_tools.numbers import ORDINAL_PATTERN, ordinal_value
from playhead_tools.question_vocabulary import SAY, VIDEO, re_any_case, single_blanks
from playhead_tools.spec import Anchor, Kind, QuestionSpec

_LEAD = re_any_case(r"^(?:(?:and|ok(?:ay)?|so|but|then|also|now|hm+|yes|no|please)\b[\s,!.]*)*")
_ABOUT = re_any_case(r"^(?:(?:what|how)\s+about|show\s+me|find|play|go\s+to|give\s+me)\s+")
_NEIGHBOUR = re_any_case(
    r"^(?:what\s+(?:happens|happened|comes|came|follows|is\s+(?:said|shown)|was\s+(?:said|shown))\s+)?"
    r"(?:(?P<soon>right|just|directly|immediately)\s+)?(?P<way>before|after)\s*(?:that|this|it|wards|hand)?$"
)
_THEN = re_any_case(
    r"^(?:then(?:\s+what)?|what\s+then|(?:what\s+(?:happens|comes|is)\s+)?next|what\s+follows)$"
)
_WHICH = re_any_case(
    rf"^(?:the\s+)?(?P<ord>{ORDINAL_PATTERN}|next|previous)(?:\s+(?:one|time|thing|mention|occurrence|scene))?$"
)
_OTHER_PLACE = re_any_case(
    rf"^(?:is\s+it\s+|also\s+)?(?P<where>(?:in|from|on)\s+(?:(?:the|that|this|my|all(?:\s+the)?|any)\s+(?:\w+\s+)?{VIDEO}|"
    r"[\w./-]+\.(?:mp4|mkv|webm|mov|avi|m4v))(?:\s+\w+)?)$"
)
_ONE_WORD = re_any_case(r"^(?P<ask>when|where)(?:\s+(?:is|was|does|did)\s+(?:that|this|it)(?:\s+happen)?)?$")
_NEW_OBJECT = re_any_case(r"^(?P<thing>(?:the|an?|his|her|their|my|this|that)\s+(?:\w+\s+){0,3}\w+)$")
_IT = re_any_case(r"\b(?P<it>it|he|she|they|him|them|that\s+(?:one|thing|person|man|woman))\b")
_ITS = re_any_case(r"\b(?:its|his|their)\s+(?P<what>\w+)")
_EMPTY_IT = re_any_case(rf"\bit\s+(?:(?:ever\s+)?happens?|is\s+said|rains?|snows?)\b|\b(?:{SAY})\b")
_NAMES_ITSELF = re_any_case(r"^(?:the|a|an|he|she|it|they|we|you|i|his|her|their|some\w*|any\w*)\b")
_NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_MAX_WORDS = 10


def follow_up(text: str, previous: QuestionSpec) -> str | None:
    """The whole question that a person means who asks on; None for a question that stands alone.

    Args:
        text: what is asked now.
        previous: the question before it, taken apart.

    >>> from playhead_tools.question import parse_question
    >>> follow_up("and before that?", parse_question("When does the man open the door?"))
    'What happens right before the man open the door?'
    >>> follow_up("show me the second one", parse_question("When does she mention entropy?"))
    'When is entropy mentioned for the second time?'
    """
    text = single_blanks(text)
    request = _LEAD.sub("", text).strip(" ?.!,")
    plain = _ABOUT.sub("", request).strip()
    if not plain or len(plain.split()) > _MAX_WORDS:
        return None
    if _THEN.match(plain) or _THEN.match(text.strip(" ?.!,")):
        return _beside("after", previous)
    neighbour = _NEIGHBOUR.match(plain)
    if neighbour is not None:
        return _beside(neighbour["way"].lower(), previous)
    which = _WHICH.match(plain)
    if which is not None:
        return _nth(which["ord"].lower(), previous)
    place = _OTHER_PLACE.match(plain)
    if place is not None:
        return f"{previous.text.strip(' ?.!')} {place['where']}?"
    one = _ONE_WORD.match(plain)
    if one is not None:
        return _when_or_where(one["ask"].capitalize(), previous)
    return _about_another_object(plain, text, previous) or _about_same_object(request, previous)


# ---- before and after that ----


def _beside(way: str, previous: QuestionSpec) -> str | None:
    """What comes before or after: the question again with its relation turned."""
    relation = previous.relation
    if relation is None or relation.kind not in ("before", "after", "during"):
        about = _clause(Anchor(previous.targets[0], previous.wanted), previous) if previous.targets else ""
        return f"{_HAPPENS[previous.wanted]} right {way} {about}?" if about else None
    if relation.kind == way:
        return None
    return f"{_HAPPENS[previous.wanted]} right {way} {_clause(relation.anchors[0], previous)}?"


_HAPPENS: dict[Kind, str] = {
    "speech": "What is said", "screen": "What is on the screen",
    "picture": "What happens", "any": "What happens",
}  # fmt: skip


def _clause(anchor: Anchor, previous: QuestionSpec) -> str:
    if anchor.kind == "speech":
        return f'"{anchor.text}" is said' if anchor.text in previous.quoted else f"{anchor.text} is mentioned"
    if anchor.kind == "screen":
        return f"{anchor.text} is shown on the screen"
    return _with_article(anchor.text)


def _with_article(name: str) -> str:
    return name if _NAMES_ITSELF.match(name) or name[:1].isupper() else f"the {name}"


# ---- another occurrence, another thing ----


def _nth(word: str, previous: QuestionSpec) -> str | None:
    number = previous.ordinal or 1
    if word in ("next", "previous"):
        number += 1 if word == "next" else -1
    else:
        number = ordinal_value(word)
    if number == 0 or number > len(_NTH) or number < -1 or not previous.targets:
        return None
    nth = "last" if number == -1 else _NTH[number - 1]
    return f"When is {_mentioned(previous)} for the {nth} time?"


def _mentioned(previous: QuestionSpec) -> str:
    target = previous.targets[0]
    how: dict[Kind, str] = {"speech": "mentioned", "screen": "shown on the screen"}
    if target in previous.quoted and previous.wanted == "speech":
        return f'"{target}" said'
    return f"{target} {how.get(previous.wanted, 'shown')}"


def _when_or_where(ask: str, previous: QuestionSpec) -> str | None:
    return f"{ask} is {_mentioned(previous)}?" if previous.targets else None


def _about_another_object(plain: str, text: str, previous: QuestionSpec) -> str | None:
    """`And the woman?`: the last question with another thing in the place of its own."""
    found = _NEW_OBJECT.match(plain)
    if found is None or plain == text.strip(" ?.!,") or not previous.targets:
        return None
    name = _OBJECT_NAME.match(previous.targets[0])
    if name is None:
        return None
    old = re.compile(rf"\b(?:(?:the|an?|any)\s+)?{re.escape(name['thing'])}(?!\w)", re.IGNORECASE)
    replaced, num_replaced = old.subn(lambda _: found["thing"], previous.text, count=1)
    return replaced if num_replaced else None


_OBJECT_NAME = re_any_case(
    r"^(?:(?:the|an?)\s+)?(?P<thing>(?:\w+\s+)??\w+)(?=\s+(?:\w+s?\s+)?(?:the|an?|his|her|their|in|on|at|into|from|with)\b|"
    r"\s+\w+$|$)"
)


def _about_same_object(request: str, previous: QuestionSpec) -> str | None:
    """`What colour is it?`: the question with the thing of the last one by its name."""
    subject = previous.targets[0] if previous.targets else ""
    is_about_object = previous.asks in ("place", "thing", "colour") or previous.wanted == "picture"
    if not subject or not is_about_object or _NAMES_ITSELF.match(subject) or _EMPTY_IT.search(request):
        return None
    named, num_replaced = _ITS.subn(
        lambda m: f"the {m['what']} of {_with_article(subject)}", request, count=1
    )
    if not num_replaced:
        named, num_replaced = _IT.subn(lambda _: _with_article(subject), request, count=1)
    return f"{named[0].upper()}{named[1:]}?" if num_replaced else None
