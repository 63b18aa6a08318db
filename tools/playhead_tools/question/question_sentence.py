"""The sentence of a text that asks, without what only leads up to it."""

import re

from playhead_tools.question_vocabulary import AUX, QUESTION_WORDS, VIDEO, re_any_case

MAX_CHARS = 600
"""So many characters of a text are read, the last ones: people describe a scene, then they ask."""
_SENTENCE_END = re.compile(r"(?<=[^\W\dA-Z_]{2}[.!?…;])\s|(?<=[?!])\s")
_QUESTION_WORD = rf"(?:{QUESTION_WORDS}|how|will|would|should|whose|whom)"
_REQUEST = (
    r"(?:find|locate|list|jump|go|skip|seek|play|search|show|give|tell|name|count|describe|explain|summari[sz]e|"
    r"compare|outline|arrange|put|sort)"
)
_BEGINS_TO_ASK = re_any_case(
    rf"^(?:(?:so|and|but|now|then|ok(?:ay)?|please)\b[\s,]*)*(?:{_QUESTION_WORD}|{_REQUEST}|",
    r"(?:in|on|at|to|with|from|by|for)\s+(?:what|which|how|whom))\b",
)
_ABOUT_OPTIONS = re_any_case(
    r"^(?:which|what)\s+(?:one\s+)?(?:of\s+the\s+following|of\s+these)\b.*\b(?:correct|true|right)\b|",
    r"^(?:choose|select|pick)\b|^\d+\s*[.)]",
)
_OPENERS = re_any_case(
    r"^(?:(?:please|hey|hi|hello|ok|okay|so|well|and|but|now)\b[\s,!.]*)*",
    r"(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?(?=(?:tell|say|find|show|list|give|explain|describe|provide|",
    r"summari[sz]e|count|name|play|locate|search|jump|go|take|help|read|write|print|quote)\b)|i\s+(?:want|would\s+like|need)\s+to\s+",
    r"(?:know|see|find)\s+|(?:do\s+you\s+know|i\s+wonder|let\s+me\s+know|is\s+it\s+true\s+that)\s+)?(?:please\s+)?",
)
_TELL = re_any_case(
    r"^(?:tell\s+me|say|find\s+out|explain|describe|provide)\s+",
    rf"(?=(?:exactly\s+)?{QUESTION_WORDS}\b|(?:an?\s+)?(?:\w+\s+)?summary\b)",
)
_SCOPE_LEAD = re_any_case(
    r"^(?:in|throughout|according\s+to|from|during|based\s+on|of)\s+(?:the|this|that)\s+(?:whole\s+|entire\s+)?",
    rf"(?:{VIDEO}|scene|segment|screen)\b[\s,]*",
)
_LEAD_CLAUSE = re_any_case(rf"^(?P<lead>[^,?]{{1,160}}),\s*(?={_QUESTION_WORD}\b)")
_TIES = re_any_case(
    r"^(?:(?:right|just|immediately|shortly|directly)\s+)?(?:when|while|whilst|after|before|during|as|once|until|till|"
    r"between|since|following|at\s+the)\b|^(?:what|which|who|where|why|how)\b"
)
_SECOND = re_any_case(
    rf",?\s+and\s+(?=(?:what|why|how|who|where|which|when)\s+(?:else\s+)?(?:\w+\s+)?{AUX}\b)",
    r"|,?\s+and\s+(?:why|how)$",
)


def question_sentence(text: str) -> str:
    """The last sentence of a text that asks, or all of it where none does.

    >>> question_sentence("A woman holds a knife. What is she doing?")
    'What is she doing?'
    """
    text = last_chars(text, MAX_CHARS)
    sentences = [one.strip() for one in _SENTENCE_END.split(text) if one.strip()]
    questions = [
        one
        for one in sentences
        if (one.endswith("?") or _BEGINS_TO_ASK.match(one)) and not _ABOUT_OPTIONS.match(one)
    ]
    return questions[-1] if questions and len(sentences) > 1 else text


def without_lead(text: str) -> str:
    """What is asked, without polite words and without `in the video` before it.

    >>> without_lead("In the video, what colour is the car"), without_lead("Can you tell me why he left")
    ('what colour is the car', 'why he left')
    """
    while True:
        shorter = _TELL.sub("", _OPENERS.sub("", _SCOPE_LEAD.sub("", text, count=1), count=1), count=1)
        lead = _LEAD_CLAUSE.match(shorter)
        if lead is not None and not _TIES.match(lead["lead"]):
            shorter = shorter[lead.end() :]
        if not shorter.strip(" ?.!"):
            return text if _SCOPE_LEAD.match(text) else ""
        if shorter == text:
            return text
        text = shorter


def first_question(text: str) -> str:
    """The first of two questions that `and` joins.

    >>> first_question("what does it cost and why"), first_question("what is red, and who is it")
    ('what does it cost', 'what is red')
    """
    found = _SECOND.search(text)
    return text[: found.start()].strip(" ,") if found is not None and found.start() > 0 else text


def last_chars(text: str, num: int) -> str:
    """The end of a long text, from where a word begins."""
    return text if len(text) <= num else text[-num:].partition(" ")[2] or text[-num:]
