"""Words that say which occurrence is meant: found, and taken out so that the rest stays a sentence."""

import re

from playhead_bench.synthetic_planner.question.verbs import as_third, is_base, is_past, is_third
from playhead_tools.numbers import ORDINAL_PATTERN, ordinal_value
from playhead_tools.question_vocabulary import re_any_case

_ORD = rf"(?P<ord>{ORDINAL_PATTERN})"
_TO_DO = re_any_case(
    rf"\s+(?:is|was|are|were)\s+the\s+(?:very\s+)?{_ORD}(?:\s+(?:thing|one|person))?\s+to\s+(?P<verb>\w+)"
)
_NOUN_TO_DO = re_any_case(rf"\bthe\s+(?:very\s+)?{_ORD}\s+(?P<noun>(?:\w+\s+)?\w+)\s+to\s+(?P<verb>\w+)")
_NOUN_THAT = re_any_case(
    rf"\bthe\s+(?:very\s+)?{_ORD}\s+(?P<noun>(?:\w+\s+)?\w+)\s+(?P<that>that|who|which)\b"
)
_AS_THE = re_any_case(rf"\s+as\s+(?:the\s+)?{_ORD}(?:\s+(?:thing|one|person))?\b(?!\s+(?:time|slide))")
_TIME = re_any_case(rf"\s*,?\s*\b(?:for\s+|on\s+)?the\s+(?:very\s+)?{_ORD}\s+time\b(?:\s+(?:that|when))?")
_AT_END = re_any_case(r"\s+(?P<ord>first|last)$")
_BEFORE_VERB = re_any_case(r"\b(?P<ord>first|last|finally)\s+(?P<verb>\w+)")
_SAY_FORMS = re_any_case(
    r"(?:say|says|said|mention|mentions|mentioned|shown|show|shows|appears?|seen|written|spoken)"
)


def without_order_words(text: str) -> tuple[str, int | None]:
    """A question without the words that say which occurrence is meant, and which: 1 the first, -1 the last.

    >>> without_order_words("Which thing is the second to shrink")
    ('Which thing shrinks', 2)
    >>> without_order_words("When does she first pick up the knife")
    ('When does she pick up the knife', 1)
    """
    found = _TO_DO.search(text)
    if found is not None:
        return _cut(text, found, f" {as_third(found['verb'])}")
    found = _NOUN_TO_DO.search(text)
    if found is not None and is_base(found["verb"]):
        return _cut(text, found, f"the {found['noun']} that {as_third(found['verb'])}")
    found = _NOUN_THAT.search(text)
    if found is not None and found["noun"].lower().split()[-1] not in ("time", "slide"):
        return _cut(text, found, f"the {found['noun']} {found['that']}")
    for pattern in (_AS_THE, _TIME, _AT_END):
        found = pattern.search(text)
        if found is not None and found.start() > 0:
            return _cut(text, found, "")
    return _before_verb(text)


def _before_verb(text: str) -> tuple[str, int | None]:
    for found in _BEFORE_VERB.finditer(text):
        verb = found["verb"]
        known = is_base(verb) or is_third(verb) or is_past(verb) or _SAY_FORMS.fullmatch(verb)
        article = re.search(r"\b(?:the|a|an|his|her)\s+$", text[: found.start()], re.IGNORECASE)
        if known and article is None:
            return _cut(text, found, verb)
    return text, None


def _cut(text: str, found: re.Match[str], instead: str) -> tuple[str, int]:
    word = found["ord"].lower()
    left = f"{text[: found.start()]}{instead}{text[found.end() :]}"
    return " ".join(left.split()), -1 if word == "finally" else ordinal_value(word)
