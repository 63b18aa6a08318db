"""Things that a question names only by an action: `the thing that the man carries`."""

import re

from playhead_bench.synthetic_planner.question.action_triples import parse_action
from playhead_tools.question_vocabulary import re_any_case
from playhead_tools.spec import Hop

LATER = re_any_case(r"\s*\b(?:later(?:\s+on)?|again|afterwards|subsequently|the\s+next\s+time)\b")
_BACK = r"(?:comes?\s+back|returns?|reappears?|shows?\s+up|turns?\s+up)"
_THING = (
    r"\b(?P<thing>(?:the|that|a)\s+(?:(?!(?:in|of|on|at|have|that|which)\b)\w+\s+){0,2}"
    r"(?!(?:in|of|on|at|have|that|which)\b)\w+)(?P<have>\s+have)?\s+"
)
_NAMED = re_any_case(_THING, r"(?:that|which|whom?)\s+(?P<clause>(?:the|an?|his|her|he|she|they)\s+.+)$")
_BY_ITSELF = re_any_case(_THING, r"(?:that|which|who)\s+(?P<clause>\S+\s+.+)$")
_REST = re_any_case(
    rf"\s+(?P<tail>do|have|go|look\s+like|wear|hold|(?:(?:can\s+)?be\s+|is\s+)?seen|shown|{_BACK}|end\s+up|appears?)$"
)


def find_hop(head: str) -> Hop | None:
    """The hop of a question without its relation; None where it names its objects outright.

    >>> find_hop("Where is the thing that the white boat collides with seen again later").question
    'Where is {} seen?'
    """
    later = LATER.search(head) is not None or re.search(rf"\b{_BACK}\b", head, re.IGNORECASE) is not None
    plain = " ".join(LATER.sub(" ", head).split())
    found = _NAMED.search(plain) or (_BY_ITSELF.search(plain) if later else None)
    if found is None:
        return None
    clause, tail = found["clause"], ""
    ending = _REST.search(clause)
    if ending is not None:
        clause, tail = clause[: ending.start()], f" {ending['tail']}"
    action = parse_action(f"{found['thing']} that {clause}")
    if action is None or not action.verb:
        return None
    return Hop(action, _question(plain[: found.start()], (found["have"] or "") + tail), later)


def _question(before: str, behind: str) -> str:
    behind = re.sub(rf"\b{_BACK}$", "can be seen", behind, flags=re.IGNORECASE)
    text = re.sub(r"(?:(?:does|do|did)\s+)?\{\} can be seen$", "is {} seen", f"{before}{{}}{behind}")
    text = f"{text[0].upper()}{text[1:]}"
    return text + ("." if re.match(r"(?:Tell|Name|Say|Give|Count|Describe|Find)\b", text) else "?")
