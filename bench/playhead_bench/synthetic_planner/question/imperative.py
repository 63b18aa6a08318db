"""Requests as the questions that they are: `name the red thing` is `which thing is red`."""

from collections.abc import Callable
from re import Match, Pattern

from playhead_bench.synthetic_planner.question.visual_questions import PLACE
from playhead_tools.question_vocabulary import QUESTION_WORDS, is_colour, re_any_case

_REQUEST = re_any_case(
    r"^(?:please\s+)?(?:name|tell|say|state|give|answer|identify|point\s+out|find\s+out|explain|describe)\s+"
    r"(?:(?:me|us)\s+)?(?P<what>.+)$"
)
_ASKED = re_any_case(
    rf"^(?:exactly\s+)?(?:{QUESTION_WORDS}|(?:in|on|at|to|with|from|by|for)\s+(?:what|which|how|whom))\b"
)
_FILM = r"(?:videos?|clips?|films?|recordings?|files?|episodes?)"


def _which_noun(found: Match[str]) -> str:
    noun = found["noun"]
    return f"which {noun} {found['rest']}"


_REWRITES: list[tuple[Pattern[str], Callable[[Match[str]], str]]] = [
    (re_any_case(r"^the\s+colou?r\s+of\s+(?P<rest>.+)$"), lambda m: f"what colour is {m['rest']}"),
    (re_any_case(rf"^the\s+{PLACE}(?:\s+(?:in|of)\s+the\s+picture|\s+(?:that\s+is\s+)?shown)?$"),
     lambda _: "which place is shown"),
    (re_any_case(rf"^the\s+{PLACE}\s+(?:in\s+which|at\s+which|on\s+which|where)\s+(?P<rest>.+)$"),
     lambda m: f"in what place {m['rest']}"),
    (re_any_case(rf"^the\s+{_FILM}\s+(?:in\s+which|where)\s+(?P<rest>.+)$"),
     lambda m: f"in which video {m['rest']}"),
    (re_any_case(r"^the\s+other\s+(?P<noun>\w+)\s+(?P<rest>(?:in|on)\s+.+)$"),
     lambda m: f"which other {m['noun']} is {m['rest']}"),
    (re_any_case(r"^the\s+(?:time|moment|point)\s+(?:when|at\s+which|that)\s+(?P<rest>.+)$"),
     lambda m: f"when {m['rest']}"),
    (re_any_case(r"^(?:the|all)\s+(?P<noun>(?:\w+\s+)?\w+)\s+(?:that|who|which)\s+(?P<rest>.+)$"),
     _which_noun),
]  # fmt: skip
_COLOURED = re_any_case(r"^the\s+(?P<colour>[\w-]+)\s+(?P<noun>thing|one|object)$")


def as_question(head: str) -> str:
    """A request to name, tell or say something as the question for it; any other text as it is.

    >>> as_question("Tell the place in which the red star jumps"), as_question("Name the red thing")
    ('in what place the red star jumps', 'which thing is red')
    """
    found = _REQUEST.match(head)
    if found is None:
        return head
    requested = found["what"].strip()
    if _ASKED.match(requested):
        return requested
    for pattern, rewrite in _REWRITES:
        match = pattern.match(requested)
        if match is not None:
            return rewrite(match)
    coloured = _COLOURED.match(requested)
    if coloured is not None and is_colour(coloured["colour"]):
        return f"which {coloured['noun']} is {coloured['colour']}"
    return head
