"""Visual questions, parsed by a list of patterns: the action to ground, and what is asked about it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from playhead_bench.synthetic_planner.question.action_triples import (
    noun_phrase,
    parse_action,
    shows,
    without_tail,
)
from playhead_bench.synthetic_planner.question.multi_hop import find_hop
from playhead_bench.synthetic_planner.wording import is_visual
from playhead_tools.question_vocabulary import is_colour, is_the_video, re_any_case, strip_marks, word_set
from playhead_tools.spec import ActionTriple, AnswerType, Hop, Intent, Kind

PLACE = r"(?:places?|locations?|settings?|surroundings|scenery|environment|rooms?)"
_BE = r"(?:is|are|was|were)"
_DO = r"(?:does|do|did)"
_SCENES = r"(?:scenes?|shots?|clips?|videos?|frames?|pictures?|moments?|parts?|films?|recordings?)"
_EMPTY = re_any_case(
    rf"(?:{_BE}|{_DO})?\s*(?:it|this|that|these|we|they|everything|all\s+(?:of\s+)?this|the\s+{_SCENES})?",
    r"\s*(?:happen|happens|happening|take\s+place|shown|seen|take\s+us|be)?",
)
_FRAME = re_any_case(rf"(?:{_SCENES}|camera|screen)")
_SOMEBODY = word_set("he she they anybody anyone somebody someone everybody everyone")
GENERIC_VERBS = frozenset({"acts", "happens", "does something", "does", "occurs", "comes", "goes on"})
"""Verbs that say no more than that something happens."""
_NON_VISUAL_VERBS = frozenset(
    {"comes", "starts", "begins", "ends", "works", "means", "happens", "occurs", "acts"}
)


@dataclass(frozen=True, slots=True)
class VisualQuestion:
    """A parsed visual question.

    Args:
        intent: what kind of answer.
        asks: what the answer is.
        actions: what to find.
        hop: the object meant is known by an action of its own.
        visible: the words leave no doubt that a frame shows it.
        counts_objects: objects in one frame are counted.
    """

    intent: Intent
    asks: AnswerType
    actions: tuple[ActionTriple, ...] = ()
    hop: Hop | None = None
    visible: bool = True
    counts_objects: bool = False


def parse_visual_question(head: str, modality: Kind) -> VisualQuestion | None:
    """What a question without its relation, ordinal and imperative asks; None where nothing shown is meant.

    >>> parse_visual_question("Where does the man open the door", "picture").actions[0].text
    'man opens the door'
    """
    if modality in ("speech", "screen"):
        return None
    hop = find_hop(head)
    if hop is not None:
        inner = _read(hop.question.format("the unknown").rstrip("?."), head)
        return VisualQuestion("describe", "", (hop.deed,), hop) if inner is None else replace(
            inner, actions=(hop.deed,), hop=hop, visible=True
        )  # fmt: skip
    return _read(head, head)


def _read(head: str, full_text: str) -> VisualQuestion | None:
    text = without_tail(strip_marks(head, " ,;:.?!"))
    for pattern, build in _FORMS:
        found = pattern.match(text)
        question = None if found is None else build(found)
        if question is not None:
            return replace(question, visible=question.visible or is_visual(full_text))
    return None


def _about(clause: str) -> tuple[ActionTriple, ...]:
    """The action of a clause that may be no more than a noun."""
    if _EMPTY.fullmatch(clause.strip()):
        return ()
    action = parse_action(clause, allow_noun=True)
    is_empty = action is None or not action.text or (not action.verb and _FRAME.fullmatch(action.subject))
    return () if action is None or is_empty else (action,)


def _of(
    intent: Intent, asks: AnswerType, *, visible: bool = True
) -> Callable[[re.Match[str]], VisualQuestion]:
    """Reads the group `s` of a form as a clause or a noun."""
    return lambda found: VisualQuestion(intent, asks, _about(found["s"] or ""), visible=visible)


def _event(intent: Intent, asks: AnswerType) -> Callable[[re.Match[str]], VisualQuestion | None]:
    """Reads the group `s` of a form, which must hold an action or something that only a picture shows."""

    def build(found: re.Match[str]) -> VisualQuestion | None:
        action = parse_action(found["s"], allow_noun=is_visual(found["s"]))
        if action is None or not action.text or action.verb in _NON_VISUAL_VERBS:
            return None
        is_known_verb = shows(action)
        presence = not action.verb and parse_action(found["s"]) is not None
        somebody = action.subject.lower() in _SOMEBODY
        return VisualQuestion(
            intent,
            asks,
            (action,),
            visible=presence or (is_known_verb and (somebody or is_visual(found["s"]))),
        )

    return build


def _kind_of_object(word: str | None) -> str:
    """`man` of `which man`; nothing of `which thing`, `what` and `who`."""
    return "" if not word else noun_phrase(f"the {word}")


def _subject_question(found: re.Match[str]) -> VisualQuestion | None:
    """Which thing jumps? Who opens the door?"""
    kind = found["n"] if "n" in found.groupdict() else None
    clause = f"the {kind or 'thing'} {found['vp']}"
    action = parse_action(clause)
    if action is None:
        return None
    if action.verb in GENERIC_VERBS:
        return VisualQuestion("describe", "thing", _about(action.subject)) if action.verb == "acts" else None
    if action.verb in _NON_VISUAL_VERBS or not (action.subject or action.verb):
        return None
    is_known_verb = shows(action) or not action.verb
    named = bool(kind) or is_visual(clause) or is_known_verb
    return VisualQuestion("describe", "thing", (action,), visible=is_known_verb) if named else None


def _partner(found: re.Match[str]) -> VisualQuestion | None:
    """What does the man hold? What the man holds. Of what no picture shows, its subject is to be seen."""
    action = parse_action(found["s"])
    if action is None:
        return None
    if shows(action):
        return VisualQuestion("describe", "thing", (action,))
    if is_visual(action.subject) and action.subject:
        return VisualQuestion("describe", "", (ActionTriple(action.subject, ""),))
    return None


def _how(found: re.Match[str]) -> VisualQuestion | None:
    """How does the man open the door? How much does the red hat cost?"""
    action = parse_action(found["s"])
    if action is None or not is_visual(action.subject):
        return None
    return VisualQuestion("describe", "", (action if shows(action) else ActionTriple(action.subject, ""),))


def _maker_question(found: re.Match[str]) -> VisualQuestion | None:
    return VisualQuestion("describe", "thing", _about(found["s"])) if is_visual(found["s"]) else None


def _scenes(found: re.Match[str]) -> VisualQuestion:
    return VisualQuestion("count", "number", _about(_inside(found["s"])))


def _in_which(found: re.Match[str]) -> VisualQuestion:
    return VisualQuestion("locate", "", _about(_inside(found["s"])))


def _inside(clause: str) -> str:
    """What scenes and videos show, without the word for showing it."""
    return re.sub(
        rf"^(?:show(?:s|ing)?|contains?|have|has|with|we\s+see|{_BE}\s+there|there\s+{_BE})\s+",
        "",
        clause,
        flags=re.IGNORECASE,
    )


def _exists(found: re.Match[str]) -> VisualQuestion | None:
    return VisualQuestion("yes_no", "yes_no", _about(found["s"])) if is_visual(found["s"]) else None


def _count_question(found: re.Match[str]) -> VisualQuestion | None:
    """How many people cross the street? How many cars are shown?"""
    action = parse_action(f"the {found['s']}", allow_noun=is_visual(found["s"]))
    if action is None or action.verb in _NON_VISUAL_VERBS or is_the_video(action.subject):
        return None
    return VisualQuestion("count", "number", (action,) if action.text else (), counts_objects=True)


def _count_of_object(found: re.Match[str]) -> VisualQuestion | None:
    """How many cars does he wash?"""
    action = parse_action(found["s"])
    if action is None or not shows(action):
        return None
    return VisualQuestion("count", "number", (replace(action, object=found["n"]),), counts_objects=True)


def _side(found: re.Match[str]) -> VisualQuestion:
    return VisualQuestion("describe", "", _about(found["s"]))


def _coloured(found: re.Match[str]) -> VisualQuestion | None:
    """Which thing is red? What is the red thing?"""
    colour = found["s"].split()[0]
    if not is_colour(colour):
        return None
    return VisualQuestion("describe", "thing", (ActionTriple(f"{colour} thing", ""),))


def _nothing(intent: Intent, asks: AnswerType) -> Callable[[re.Match[str]], VisualQuestion]:
    return lambda _: VisualQuestion(intent, asks)


_TIMES_COUNT = (
    r"(?:how\s+many\s+(?:different\s+|separate\s+)?times|how\s+often|(?:what\s+is\s+)?the\s+number\s+of\s+times|"
    r"count\s+(?:how\s+(?:many\s+times|often)|(?:the\s+)?(?:number\s+of\s+)?times))(?:\s+that)?"
)
_WHEN = (
    r"(?:when(?:ever)?(?:\s+exactly)?|what\s+times?|(?:at|in)\s+(?:what|which)\s+"
    r"(?:times?|points?|minute|second|moments?|part))"
)
_COLOURED = r"(?:the\s+)?(?P<s>\w+(?:\s+(?:things?|ones?|objects?))?)"
_FORMS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], VisualQuestion | None]]] = [
    (re_any_case(r"^.*\b(?:day\s+or\s+(?:by\s+|at\s+)?night|time\s+of\s+(?:the\s+)?day)\b"),
     _nothing("describe", "")),
    (re_any_case(rf"^on\s+(?:what|which)\s+side\s+of\s+.+?\s+{_BE}\s+(?P<s>(?:the|a|an)\s+.+)$"), _side),
    (re_any_case(rf"^{_BE}\s+(?P<s>.+?)\s+(?:to\s+the\s+)?left\s+or\s+(?:to\s+the\s+)?right\s+of\b"), _side),
    (re_any_case(rf"^seen\s+from\s+.+?,\s*where\s+{_BE}\s+(?P<s>.+)$"), _side),
    (re_any_case(r"^(?:what|which)\s+colou?rs?\s+(?:is|are|was|were|does|do|did|has|have)\s+(?P<s>.+?)"
                 r"(?:\s+(?:have|has|painted|in))?$"), _of("describe", "colour")),
    (re_any_case(rf"^(?:what|which)\s+{PLACE}\b(?P<s>)"), _of("locate", "place")),
    (re_any_case(rf"^(?:in|at|on)\s+(?:what|which)\s+(?:sort\s+of\s+|kind\s+of\s+)?{PLACE}\s+(?P<s>.+)$"),
     _of("locate", "place")),
    (re_any_case(rf"^where\s+(?P<s>(?:{_BE}|{_DO})\s+(?:it|this|that|these|we|they)"
                 r"(?:\s+(?:happen|happening|take\s+place))?)$"), _nothing("locate", "place")),
    (re_any_case(r"^where\s+(?P<s>.+)$"), _event("locate", "place")),
    (re_any_case(r"^(?:in\s+)?(?:which|what)\s+(?:videos?|clips?|films?|recordings?)\s+(?P<s>.+)$"),
     _in_which),
    (re_any_case(rf"^{_TIMES_COUNT}\s+(?P<s>.+)$"), _event("count", "number")),
    (re_any_case(rf"^(?:in\s+)?how\s+many\s+(?:of\s+(?:the|these|those)\s+|different\s+)?{_SCENES}\s+"
                 rf"(?P<s>(?!(?:are|were)\s+there$)(?:show|contain|have|{_BE}\s+there|{_DO}|{_BE}|can)\b.+)$"),
     _scenes),
    (re_any_case(rf"^count\s+(?:the|all)\s+{_SCENES}\s+(?:in\s+which|where|on\s+which|that|which)\s+(?P<s>.+)$"),
     _scenes),
    (re_any_case(r"^(?:how\s+many|count\s+(?:the|all)|the\s+number\s+of)\s+(?:different\s+)?(?:other\s+)?"
                 r"(?:things|objects)\b(?:\s+(?:are|can)\b.*)?$"),
     lambda _: VisualQuestion("count", "number", counts_objects=True)),
    (re_any_case(rf"^how\s+many\s+(?:different\s+)?(?P<n>\w+)\s+(?P<s>{_DO}\s+.+)$"), _count_of_object),
    (re_any_case(r"^how\s+many\s+(?:different\s+)?(?P<s>(?!.*\b(?:does|do|did)\b).+)$"), _count_question),
    (re_any_case(r"^(?:for\s+)?how\s+(?:long|much\s+time|many\s+(?:minutes|seconds|hours))\s+(?P<s>.+)$"),
     _event("how_long", "duration")),
    (re_any_case(rf"^{_WHEN}\s+(?P<s>.+)$"), _event("when", "time")),
    (re_any_case(r"^what\s+(?:is|was)\s+the\s+(?:\w+\s+)?thing\s+(?:that\s+)?(?P<s>.+?)\s+(?:does|do|did)$"),
     _of("describe", "deed", visible=False)),
    (re_any_case(rf"^what\s+{_DO}\s+(?P<s>.+?)\s+do(?:\s+before\s+the\s+.*)?$"),
     _of("describe", "deed", visible=False)),
    (re_any_case(r"^what\s+(?:is|was)\s+the\s+thing\s+that\s+(?:happens|happened|occurs|comes)$"),
     lambda _: VisualQuestion("describe", "deed", visible=False)),
    (re_any_case(rf"^what\s+{_BE}\s+(?P<s>.+?)\s+(?:doing|up\s+to)$"),
     _of("describe", "deed", visible=False)),
    (re_any_case(r"^what\s+(?:happens|happened|becomes|became)\s+(?:to|of|with)\s+(?P<s>.+)$"),
     _of("describe", "deed", visible=False)),
    (re_any_case(rf"^how\s+{_DO}\s+(?P<s>.+?)\s+(?:act|behave|move|react)$"),
     _of("describe", "deed", visible=False)),
    (re_any_case(r"^(?:what|who)\s+else\b.*?(?:\b(?:beside|besides|next\s+to|together\s+with|apart\s+from|than|with)\s+"
                 r"(?P<s>(?:the|a|an)\s.+))?$"), _of("describe", "thing")),
    (re_any_case(r"^(?:what|which|who)\s+other\s+\w+\b.*?(?:\b(?:beside|besides|next\s+to|together\s+with|apart\s+from|"
                 r"than|with)\s+(?P<s>(?:the|a|an)\s.+))?$"), _of("describe", "thing")),
    (re_any_case(rf"^(?:what|who|which\s+\w+)\s+(?:{_BE}|can\s+be)\s+(?:seen\s+|shown\s+)?(?:together\s+with|beside|"
                 r"next\s+to|behind|in\s+front\s+of|under|on\s+top\s+of)\s+(?P<s>.+)$"),
     _of("describe", "thing", visible=False)),
    (re_any_case(rf"^(?:what|which\s+(?:thing|one|object))\s+{_BE}\s+{_COLOURED}$"), _coloured),
    (re_any_case(r"^who\s+(?:made|built|designed|invented|created|painted)\s+(?P<s>.+)$"), _maker_question),
    (re_any_case(rf"^(?:what|who|whom|(?:which|what)\s+\w+)\s+(?P<s>(?:{_DO}|{_BE})\s+.+)$"), _partner),
    (re_any_case(r"^what\s+(?P<s>(?:the|a|an|he|she|they|his|her|their)\s+.+)$"), _partner),
    (re_any_case(rf"^(?:what|who)\s+(?!{_DO}\b|{_BE}\s+(?:in|on|at|under|inside)\b)(?P<vp>.+)$"),
     _subject_question),
    (re_any_case(rf"^(?:which|what)\s+(?P<n>\w+)\s+(?!{_DO}\b)(?P<vp>.+)$"), _subject_question),
    (re_any_case(rf"^(?:how|why)(?:\s+(?:much|well|fast|often))?\s+(?P<s>(?:{_DO}|{_BE})\s+.+)$"), _how),
    (re_any_case(rf"^{_BE}\s+there\s+(?P<s>.+)$"), _exists),
    (re_any_case(r"^(?:does|did|is\s+it\s+true)\s+(?:it\s+(?:ever\s+)?happen\s+)?that\s+(?P<s>.+)$"),
     _event("yes_no", "yes_no")),
    (re_any_case(r"^does\s+it\s+(?:ever\s+)?happen\s+that\s+(?P<s>.+)$"), _event("yes_no", "yes_no")),
    (re_any_case(rf"^(?P<s>(?:{_DO}|{_BE}|can|could|has|have)\s+(?!there\b).+)$"),
     _event("yes_no", "yes_no")),
]  # fmt: skip
