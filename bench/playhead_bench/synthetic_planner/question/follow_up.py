"""Follow-up questions as complete ones: `and before that?`, `the second one`, `and the woman?`."""

import re

from playhead_bench.synthetic_planner.question.verbs import base_form
from playhead_tools.numbers import ORDINAL_PATTERN, ordinal_value
from playhead_tools.question_vocabulary import SAY, VIDEO, re_any_case, single_blanks
from playhead_tools.spec import ActionTriple, Anchor, Kind, QuestionSpec

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
_THERE = re_any_case(
    rf"^(?:is\s+it\s+|also\s+)?(?P<where>(?:in|from|on)\s+(?:(?:the|that|this|my|all(?:\s+the)?|any)\s+(?:\w+\s+)?{VIDEO}|"
    r"[\w./-]+\.(?:mp4|mkv|webm|mov|avi|m4v))(?:\s+\w+)?)$"
)
_ONE_WORD = re_any_case(r"^(?P<ask>when|where)(?:\s+(?:is|was|does|did)\s+(?:that|this|it)(?:\s+happen)?)?$")
_NEW_THING = re_any_case(r"^(?P<thing>(?:the|an?|his|her|their|my|this|that)\s+(?:\w+\s+){0,3}\w+)$")
_IT = re_any_case(r"\b(?P<it>it|he|she|they|him|them|that\s+(?:one|thing|person|man|woman))\b")
_ITS = re_any_case(r"\b(?:its|his|their)\s+(?P<what>\w+)")
_EMPTY_IT = re_any_case(rf"\bit\s+(?:(?:ever\s+)?happens?|is\s+said|rains?|snows?)\b|\b(?:{SAY})\b")
_NAMES_ITSELF = re_any_case(r"^(?:the|a|an|he|she|it|they|we|you|i|his|her|their|some\w*|any\w*)\b")
_NTH = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_MAX_WORDS = 10


def follow_up(text: str, previous: QuestionSpec) -> str | None:
    """A follow-up question as a complete question; None for one that is complete already.

    Args:
        text: the follow-up question.
        previous: the question before it, taken apart.

    >>> from playhead_bench.synthetic_planner.question import parse_question
    >>> follow_up("and before that?", parse_question("When does the man open the door?"))
    'What happens right before the man opens the door?'
    >>> follow_up("show me the second one", parse_question("When does she mention entropy?"))
    'When is entropy mentioned for the second time?'
    """
    text = single_blanks(text)
    question = _LEAD.sub("", text).strip(" ?.!,")
    core = _ABOUT.sub("", question).strip()
    if not core or len(core.split()) > _MAX_WORDS:
        return None
    if _THEN.match(core) or _THEN.match(text.strip(" ?.!,")):
        return _beside("after", previous)
    neighbour = _NEIGHBOUR.match(core)
    if neighbour is not None:
        return _beside(neighbour["way"].lower(), previous)
    which = _WHICH.match(core)
    if which is not None:
        return _nth(which["ord"].lower(), previous)
    place_clause = _THERE.match(core)
    if place_clause is not None:
        return f"{previous.text.strip(' ?.!')} {place_clause['where']}?"
    one_word = _ONE_WORD.match(core)
    if one_word is not None:
        return _asked_of(one_word["ask"].capitalize(), previous)
    return _of_another(core, text, previous) or _of_the_same(question, previous)


# ---- before and after that ----


def _beside(way: str, previous: QuestionSpec) -> str | None:
    """What comes before or after: the question again with its relation turned, or one further on."""
    relation = previous.relation
    if relation is None or relation.kind not in ("before", "after", "during"):
        topic = _topic(previous)
        return f"{_HAPPENS[previous.wanted]} right {way} {topic}?" if topic else None
    anchor = _clause(relation.anchors[0], previous)
    if relation.kind == way:
        place = abs(previous.ordinal or 1)
        if not relation.next or place >= len(_NTH) or previous.wanted in ("speech", "screen"):
            return None
        nth = _NTH[place] if way == "after" else f"{_NTH[place]} last"
        return f"What is the {nth} thing that happens {way} {anchor}?"
    head = previous.clip_question.strip(" ?.") or _HAPPENS[previous.wanted]
    return f"{head} right {way} {anchor}?"


_HAPPENS: dict[Kind, str] = {
    "speech": "What is said", "screen": "What is on the screen",
    "picture": "What happens", "any": "What happens",
}  # fmt: skip


def _topic(previous: QuestionSpec) -> str:
    """What the last question was about, as a clause."""
    if previous.deeds:
        return _sentence(previous.deeds[0])
    return _clause(Anchor(previous.targets[0], previous.wanted), previous) if previous.targets else ""


def _clause(anchor: Anchor, previous: QuestionSpec) -> str:
    if anchor.deed is not None:
        return _sentence(anchor.deed)
    if anchor.kind == "speech":
        return f'"{anchor.text}" is said' if anchor.text in previous.quoted else f"{anchor.text} is mentioned"
    if anchor.kind == "screen":
        return f"{anchor.text} is shown on the screen"
    return _the(anchor.text)


def _sentence(action: ActionTriple) -> str:
    subject = _the(action.subject) if action.subject else "something"
    if not action.verb:
        return f"{subject} is in the picture"
    return ActionTriple(subject, action.verb, action.object).text


def _the(name: str) -> str:
    return name if _NAMES_ITSELF.match(name) or name[:1].isupper() else f"the {name}"


# ---- another occurrence, another object ----


def _nth(word: str, previous: QuestionSpec) -> str | None:
    number = previous.ordinal or 1
    if word in ("next", "previous"):
        number += 1 if word == "next" else -1
    else:
        number = ordinal_value(word)
    if number == 0 or number > len(_NTH) or number < -1:
        return None
    nth = "last" if number == -1 else _NTH[number - 1]
    if previous.deeds and not previous.deeds[0].subject:
        action = previous.deeds[0]
        return f"Which thing is the {nth} to {ActionTriple('', base_form(action.verb), action.object).text}?"
    if previous.deeds:
        return f"{_question('When', previous.deeds[0])} for the {nth} time?"
    if not previous.targets:
        return None
    return f"When is {_mentioned(previous)} for the {nth} time?"


def _mentioned(previous: QuestionSpec) -> str:
    target = previous.targets[0]
    how: dict[Kind, str] = {"speech": "mentioned", "screen": "shown on the screen"}
    if target in previous.quoted and previous.wanted == "speech":
        return f'"{target}" said'
    return f"{target} {how.get(previous.wanted, 'shown')}"


def _question(ask: str, action: ActionTriple) -> str:
    """A question for the time or the place of an action, without its mark."""
    subject = _the(action.subject)
    if not action.verb:
        return f"{ask} is {subject} seen" if ask == "When" else f"{ask} is {subject}"
    if action.verb.startswith("is "):
        return f"{ask} is {subject} {action.verb.removeprefix('is ')}"
    return f"{ask} does {ActionTriple(subject, base_form(action.verb), action.object).text}"


def _asked_of(ask: str, previous: QuestionSpec) -> str | None:
    if previous.deeds and previous.deeds[0].subject:
        return f"{_question(ask, previous.deeds[0])}?"
    return f"{ask} is {_mentioned(previous)}?" if previous.targets and not previous.deeds else None


def _of_another(core: str, text: str, previous: QuestionSpec) -> str | None:
    """`And the woman?`: the last question with another thing in the place of its own."""
    found = _NEW_THING.match(core)
    went_on = core != text.strip(" ?.!,")
    names = [previous.deeds[0].subject] if previous.deeds else list(previous.targets[:1])
    if found is None or not went_on or not names or not names[0]:
        return None
    old = re.compile(rf"\b(?:(?:the|an?|any)\s+)?{re.escape(names[0])}(?!\w)", re.IGNORECASE)
    question, num_replaced = old.subn(lambda _: found["thing"], previous.text, count=1)
    return question if num_replaced else None


def _of_the_same(question: str, previous: QuestionSpec) -> str | None:
    """`What colour is it?`: the question with the thing of the last one by its name."""
    subject = previous.deeds[0].subject if previous.deeds else ""
    if not subject or _NAMES_ITSELF.match(subject) or _EMPTY_IT.search(question):
        return None
    named, num_replaced = _ITS.subn(lambda m: f"the {m['what']} of {_the(subject)}", question, count=1)
    if not num_replaced:
        named, num_replaced = _IT.subn(lambda _: _the(subject), question, count=1)
    return f"{named[0].upper()}{named[1:]}?" if num_replaced else None
