"""Whether a free reply of a model declines to answer, in whatever words.

A model is instructed to say so when the frames do not show what is asked, and every model says it in its own
way. This is the only place where such words are read; records that keep a reply keep the result as a value.
Patterns are anchored at the beginning of the reply, behind fillers such as "Unfortunately,": a reply that
tells something first and declines the rest is an answer. All of them run in linear time, on the first
`MAX_CHARS` characters. English only.
"""

import re

from playhead_tools.word_match import replace_quotes

MAX_CHARS = 400
"""A refusal stands at the beginning of a reply; more of it is not read."""

_FOOTAGE = (
    r"(?:frames?|videos?|clips?|images?|footage|pictures?|scenes?|screens?|segments?|photos?|screenshots?"
    r"|content|material|transcript|captions?|descriptions?|view|shots?)"
)
_THE = r"(?:(?:the|these|this|those|any|either) |(?=frames? \d))"
_SUBJECT = (
    r"(?:(?:what|who|whom|how|why|where|when|whether|which) (?:[\w'/-]+,? ){0,14}?"
    r"|(?:(?!(?:says?|said|asks?|asked|tells?|told|thinks?|explains?|states?|believes?|reads?) )"
    r"[\w'/-]+,? ){0,14}?)"
)
"""What is spoken of; not what somebody in the video says of it."""
_FEW = r"(?:[\w-]+ ){0,3}?"
_PERCEIVE = (
    r"(?:see|tell|determine|identify|find|answer|say|know|make out|confirm|verify|discern|observe|provide"
    r"|assess|detect|locate|help|assist|spot|recogni[sz]e|ascertain|conclude|be sure|be certain|view"
    r"|describe|read|comment|judge|infer|watch|access"
    r"|make (?:it|that|this|him|her|them|much|anything|any of it) out)"
)
_DISCERN = r"(?:tell|say|determine|see|know|identify|make out|read)"
_SHOW = (
    r"(?:show|contain|provide|reveal|depict|include|indicate|give|display|answer|cover|specify|clarify"
    r"|present|tell|say|mention|address|offer|support|allow|suggest|capture)"
)
_REQUESTED = (
    r"(?:what|that|this|it\b|anything|any |enough|sufficient|an answer|the (?:answer|question"
    r"|information|requested|asked|required|relevant|event|action|details?)|which|who|when|where|whether|how|clear|information"
    r"|details?|the (?:part|moment|scene|point) (?:where|when|in which|that))"
)
_KNOWLEDGE = (
    r"(?:information|info|context|evidence|details?|data|indications?|mention|clues?|way|idea|access)"
)


def _patterns(*sources: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(source) for source in sources)


_FILLERS = _patterns(
    r"(?:i'm |i am |we are |we're )?(?:very |so )?sorry(?:[,.] but|[,.]| but)? ",
    r"i apologi[sz]e(?:[,.] but|[,.]| but)? ",
    r"(?:unfortunately|regrettably|however|sadly|honestly|well|hmm|actually|again)[,.]? ",
    r"(?:based on|from|in|given|looking at|according to|judging by|with|for|throughout) (?:only |just )?"
    rf"(?:{_THE}|what (?:is|was) ){_FEW}{_FOOTAGE}(?: [\w-]+){{0,2}}?"
    r"(?:, ?| (?=(?:it|there|i|we|you|one|nothing) ))",
    r"the question (?:asks|refers|mentions|is)\b[^.;]{0,120}?(?:, |; )(?:but|however|yet|while)?,? ?",
    r"without (?:more|further|any|additional|the|seeing|hearing)\b[^.;,]{0,60}, ?",
    r"(?:it|this) (?:seems|appears|looks)(?: like| that| as if)? ",
    r"(?:i think|i believe|i'm afraid|i am afraid)(?: that)? ",
    r"(?:the )?(?:final )?answer(?: is)? ?[:=]? ?(?=[a-z])",
    r"(?:no|yes)[,.:;] ",
    r"but ",
)
_END = (
    r"(?:$| (?:from|in|to|based|because|due|as|since|for|about|on|with|at|by|of|here|enough|information"
    r"|context|details?|who|what|when|where|which|whether|how|why|if|the|this|that|any|anything)\b.*)"
)
_SHORT = re.compile(
    r"(?:n/?a|not applicable|unanswerable|unknown|unclear|undetermined|undeterminable|indeterminate"
    r"|inconclusive|ambiguous|no (?:answer|clue|response|comment)|unsure|uncertain|idk|dunno"
    r"|not (?:clear|sure|certain|specified|stated|available|provided|applicable|determinable|possible"
    rf"|discernible|enough|known)|insufficient(?: [\w-]+)?|no {_KNOWLEDGE}"
    r"|(?:cannot|can not|could not|unable to|hard to|difficult to|impossible to|not possible to) "
    rf"{_PERCEIVE}){_END}"
)
"""The whole first sentence of a reply that declines any question."""
_SHORT_ABSENCE = re.compile(
    rf"(?:none visible|not (?:visible|shown|seen|mentioned|present|depicted|in (?:the )?{_FOOTAGE})"
    rf"|nothing (?:relevant|visible|is visible|can be seen|to see|is shown|is seen)){_END}"
)
"""Likewise one that says that the thing asked about is not there."""
_CANNOT_TELL = _patterns(
    r"(?:i|we|one|you) (?:really |honestly |simply |just )?(?:cannot|can not|could not|am unable to"
    rf"|are unable to|am not able to|are not able to) (?:[\w-]+ ){{0,2}}?{_PERCEIVE}\b",
    r"(?:i|we) (?:really |honestly )?(?:do not|did not) (?:[\w-]+ ){0,2}?"
    r"(?:know|have (?:enough|any|sufficient|access|the)|think (?:it|that|this) can)\b",
    r"(?:i|we)(?:'m| am|'re| are| was| were) (?:not (?:sure|certain|able)|unable|uncertain|unsure)\b",
    r"(?:i|we|you)(?:'m| am|'re| are| were) not (?:shown|given|told|provided)\b",
    r"it would be (?:pure |mere |only )?(?:a )?(?:speculati(?:on|ve)|guess(?:ing|work)?|impossible)\b",
    rf"(?:i|we) have (?:no|not enough|insufficient) (?:[\w-]+ )?{_KNOWLEDGE}\b",
    r"as an ai\b",
    r"(?:it|this|that)(?: is|'s| was| remains) (?:not (?:really |entirely |quite |at all )?(?:possible|clear"
    r"|certain|known|specified|stated|mentioned|determinable|evident|apparent|obvious|discernible)"
    rf"|impossible|unclear|unknown|uncertain|ambiguous|(?:very |too )?(?:hard|difficult) to {_DISCERN})\b",
    rf"(?:hard|difficult|impossible) to {_DISCERN}\b",
    rf"{_SUBJECT}(?:cannot|can not|could not) be (?:[\w-]+ )?(?:determined|seen|identified|answered|told"
    r"|inferred|known|ascertained|established|discerned|confirmed|verified|made out|found|said)\b(?! by )",
    rf"{_SUBJECT}(?:is|are|was|were|remains?) (?:[\w-]+ )?(?:unclear|unknown|undetermined|indeterminate"
    rf"|inconclusive|unspecified|unanswerable|illegible|unreadable|impossible to {_DISCERN}"
    rf"|too (?:[\w-]+ ){{1,3}}?to {_DISCERN})\b",
    r"there(?: is|'s| are| was| were) (?:no|not enough|insufficient|not any|not sufficient|too little) "
    rf"(?:[\w-]+ ){{0,2}}?(?:{_KNOWLEDGE}|answer|footage)\b",
    rf"(?:{_THE}|none of the |no ){_FEW}{_FOOTAGE} {_FEW}(?:do|does|did) not (?:[\w-]+ ){{0,2}}?"
    rf"{_SHOW}(?:[.!]?$| (?:me |us )?{_REQUESTED})",
    rf"none of the {_FEW}{_FOOTAGE} {_SHOW}s?\b",
    rf"no (?:such |given |provided )?(?:frames?|images?|footage|clips?) {_SHOW}s?\b",
    rf"nothing (?:[\w-]+ ){{0,4}}?{_SHOW}s? {_REQUESTED}",
    r"(?:what (?:is|was|you) (?:asked|ask|requested)|the (?:question|answer|requested [\w-]+|asked [\w-]+"
    r"|information|(?:event|scene|action|moment|object|person|part|detail|thing) (?:in question|described"
    r"|mentioned|asked about|referred to|you (?:are asking about|ask about|describe|mention))))"
    r"(?: [\w-]+){0,4}? (?:is|are|was|were|does|do|can|could) not\b",
    r"(?:that|this|the|such) (?:specific |exact )?(?:detail|information|part|moment) (?:is|was) not\b",
    rf"{_THE}{_FEW}{_FOOTAGE} (?:is|are) (?:too [\w-]+|insufficient|not (?:clear|enough|sufficient"
    r"|detailed))\b",
    rf"no (?:relevant |clear |further |such |specific )?{_KNOWLEDGE}"
    r"(?:$| (?:is|are|was|were|about|regarding|available|given|provided|in|on|to|that|of)\b)",
    r"no (?:clear |definite |definitive |certain |sure )?answer (?:can|could|is|was)\b",
    rf"(?:insufficient|not enough|no relevant|lack of|lacking) (?:[\w-]+ )?{_KNOWLEDGE}\b",
    r"(?:it|this|that) (?:does|did) not (?:show|say|tell|contain|mention)(?: (?:it|that|this|so))?[.!]?$",
)
_CONCLUSIONS = _patterns(
    rf"{_SUBJECT}(?:cannot|can not|could not) be (?:[\w-]+ )?(?:determined|identified|answered|told|inferred"
    r"|ascertained|established|discerned|verified)\b",
    rf"(?:i|we|you|one) (?:cannot|can not|could not) (?:[\w-]+ ){{0,2}}?{_PERCEIVE}\b",
    rf"(?:it (?:is|'s) )?(?:impossible|not possible|hard|difficult|unclear|unknown)(?: to {_DISCERN})?\b",
    r"nothing (?:in (?:it|them|these|the [\w-]+) )(?:indicates|shows|suggests|reveals|says)\b",
    r"what was asked is not\b",
    rf"(?:do|does) not {_SHOW}\b",
)
_ABSENT = _patterns(
    rf"{_SUBJECT}(?:is|are|was|were) not (?:[\w-]+ )?(?:visible|shown|seen|depicted|discernible|identifiable"
    rf"|displayed|pictured|featured|captured|(?:present |included |mentioned |available )?"
    rf"in (?:{_THE})?(?:[\w-]+ )?{_FOOTAGE})\b"
    r"(?! (?:at first|until|before|then|yet))",
    rf"{_SUBJECT}(?:does|do|did) not (?:[\w-]+ )?(?:appear|seem|occur|happen|take place) "
    r"(?:to be (?:present |shown |visible |depicted )?)?(?:anywhere )?in "
    rf"(?:{_THE})?(?:[\w-]+ ){{0,2}}?{_FOOTAGE}\b",
    rf"{_THE}{_FEW}{_FOOTAGE} {_FEW}(?:do|does|did) not (?:[\w-]+ ){{0,2}}?"
    r"(?:show|contain|depict|include|display|feature|reveal|present)\b",
    r"(?:i|we) (?:(?:do not|did not|can ?not) (?:[\w-]+ )?(?:see|find|notice|observe|spot)"
    r"|(?:see|find|notice|observe) no)\b",
    r"there(?: is|'s| are| was| were) (?:no|not any|not a|not an) (?:[\w'-]+ ){1,8}?"
    rf"(?:visible|shown|seen|depicted|in (?:{_THE})?(?:[\w-]+ ){{0,2}}?{_FOOTAGE})\b",
    r"no (?:[\w'-]+ ){1,6}?(?:is|are|can be) (?:visible|shown|seen|depicted)\b",
    r"no such [\w'-]+ (?:appears?|occurs?|happens?|exists?|(?:is|are) (?:present|there|found))\b",
)
_CONCLUDES = re.compile(
    r"(?:; |, which (?=do not |does not )|,? (?:so|therefore|thus|hence|since|because),? "
    r"|,? and (?=(?:i )?cannot |nothing in ))"
)
"""What a reply concludes from what it sees: a refusal there declines, whatever stands before it."""
_CONTINUES = re.compile(
    r"\b(?:but|instead|rather|although|though)\b[, ]*"
    r"(?!i can|i am|i'm|it is (?:not|un|im)|the (?:frame|video|clip))\w+ \w+"
)
_REFERS_TO_QUESTION = re.compile(r"\b(?:what (?:is|was) asked|the question|the requested|asked about)\b")
_STARTS_YES_OR_NO = re.compile(r"(?:yes|no)[,.:;!]")
_YES_OR_NO = re.compile(rf"(?:yes|no)\b(?! (?:{_KNOWLEDGE}|answer)\b)")


def is_refusal(reply: str, *, yes_no: bool = False) -> bool:
    """Whether a reply declines to answer; an empty one does.

    Saying that the thing asked about is not in the frames declines an open question ("What does the dog
    do?" "There is no dog in the clip.") and answers one of yes or no.

    Args:
        reply: as the model gave it.
        yes_no: the question was one of yes or no.

    >>> is_refusal("The frames do not show what is asked."), is_refusal("No, the man does not open the door.")
    (True, False)
    """
    text = _plain(reply)
    if not re.search(r"\w", text):
        return True
    if yes_no and _YES_OR_NO.match(text):
        return False
    text = _without_fillers(text)
    first = text.split(". ")[0].rstrip(".!? ")
    if _SHORT.fullmatch(first) or (not yes_no and _SHORT_ABSENCE.fullmatch(first)):
        return True
    yes_no = yes_no or bool(_STARTS_YES_OR_NO.match(_plain(reply)))
    declining = _CANNOT_TELL if yes_no else (*_CANNOT_TELL, *_ABSENT)
    concluded = [part for part in _CONCLUDES.split(first)[1:] if part]
    if any(_SHORT.fullmatch(part) or any(p.match(part) for p in _CONCLUSIONS) for part in concluded):
        return True
    if not any(pattern.match(text) for pattern in declining):
        return False
    return bool(_REFERS_TO_QUESTION.search(first)) or not _CONTINUES.search(first)


def is_refusing_option(option: str) -> bool:
    """Whether an option of a multiple choice, or a gold answer, says that there is no answer.

    An option that states that something is not there ("The dog is not visible.") is an answer; one that
    says no more than that nothing is there to be seen ("not visible") is none.

    >>> is_refusing_option("Not enough information"), is_refusing_option("The lamp is not visible.")
    (True, False)
    """
    if not re.search(r"\w", option):
        return False
    first = _without_fillers(_plain(option)).split(". ")[0].rstrip(".!? ")
    return is_refusal(option, yes_no=True) or bool(_SHORT_ABSENCE.fullmatch(first))


def states_absence(reply: str) -> bool:
    """Whether a reply to a question of yes or no says, without the word, that the thing is not there.

    >>> states_absence("The dog is not visible."), states_absence("I cannot tell."), states_absence("A dog.")
    (True, False, False)
    """
    return is_refusal(reply) and not is_refusal(reply, yes_no=True)


def yes_or_no(reply: str) -> bool | None:
    """What a reply to a question of yes or no says; None where it says neither, or declines.

    >>> yes_or_no("Yes, it does."), yes_or_no("The dog is not visible."), yes_or_no("Notably, a dog.")
    (True, False, None)
    """
    found = _YES_OR_NO.match(_plain(reply))
    if found is not None:
        return found[0] == "yes"
    return False if states_absence(reply) else None


def _plain(reply: str) -> str:
    """The beginning of a reply in lower case, without quoted words and mark-up, `n't` written as `not`."""
    unquoted, _ = replace_quotes(reply[:MAX_CHARS].replace("*", "").replace("_", " "), lambda i: f"quote{i}")
    plain = " ".join(unquoted.casefold().split()).strip("()[]<>-–—: ")
    return plain.replace("can't", "cannot").replace("n't", " not")


def _without_fillers(text: str) -> str:
    """A text behind the fillers at its beginning, each taken away at most once."""
    left = list(_FILLERS)
    while found := next(((p, m) for p in left if (m := p.match(text))), None):
        pattern, match = found
        left.remove(pattern)
        text = text[match.end() :].lstrip(" ,")
    return text
