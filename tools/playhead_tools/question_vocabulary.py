"""The words of questions: where something stands (said, written, shown), which one is meant, and what is
left to look for when the words that only frame a question are taken away."""

import re

from playhead_tools.numbers import ORDINAL_PATTERN, ordinal_value
from playhead_tools.spec import EVERY, Kind

SAY = (
    "say|says|said|saying|mention|mentions|mentioned|mentioning|talk|talks|talked|talking|speak|speaks|spoke|"
    "spoken|speaking|tell|tells|told|discuss|discusses|discussed|discussing|explain|explains|explained|"
    "explaining|describe|describes|described|ask|asks|asked|answer|answers|answered|argue|argues|argued|claim|"
    "claims|claimed|state|states|stated|hear|heard|utter|uttered|define|defines|defined|introduce|introduces|"
    "introduced|quote|quotes|quoted|announce|announces|announced|recommend|recommends|recommended|sing|sings|sung|"
    "think|thinks|thought|suggest|suggests|suggested|propose|proposes|proposed|comment|comments|commented|"
    "elaborate|elaborates|elaborated"
)
SHOW = (
    "show|shows|shown|showing|see|sees|seen|appear|appears|appeared|appearing|display|displays|displayed|"
    "visible|look|looks"
)
WRITE = "write|writes|written|wrote|read|reads|type|types|typed"
AUX = (
    r"(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should|may|might|'s|'re|be|been|being)"
)
QUESTION_WORDS = (
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|does|do|did|has|have|can|could)"
)
VIDEO = (
    r"(?:video|videos|talk|lecture|film|movie|recording|clip|footage|episode|presentation|meeting|library)"
)
OCCURRENCE = (
    "time|times|mention|mentions|occurrence|occurrences|appearance|appearances|instance|instances|slide|slides|"
    "thing|things|word|words|sentence|scene|shot|moment|moments|place|part"
)
_SURFACE = r"(?:title\s+|opening\s+)?(?:slides?|screens?|white\s?boards?|blackboards?|boards?|projector)"
_WRITING = r"(?:on-?screen\s+)?(?:text|headings?|titles?|bullets?|labels?|signs?|credits)"
_PRONOUN = "he|she|they|we|i|you|it|someone|somebody|anyone|anybody|everyone"
_PERSON = (
    rf"{_PRONOUN}|one|people|(?:the\s+|a\s+|this\s+)?(?:speaker|lecturer|presenter|professor|teacher|instructor|"
    r"narrator|host|guest|author|interviewer|interviewee|video|talk|lecture|audience|voice)s?"
)
_BE = r"(?:when\s+|where\s+|how\s+often\s+)?(?:is|are|was|were|be|been|being)"
_FRAMING = f"{SAY}|{SHOW}|{WRITE}"
_BEGIN = "start|starts|begin|begins|come|comes"


def single_blanks(text: str) -> str:
    """A text with one blank between words and no other white space, as all patterns of questions need it.

    On such a text they take linear time; `\\s+` beside `.+` would be quadratic in a run of blanks.
    """
    return " ".join(text.split())


def strip_marks(text: str, marks: str) -> str:
    """A text without some marks at its ends; a point or a minus that a word begins with stays.

    >>> strip_marks("- .NET, ", " ,.-"), strip_marks("-5.", " .-"), strip_marks("...you", ".")
    ('.NET', '-5', 'you')
    """
    text = text.rstrip(marks)
    rest = text.lstrip(marks)
    cut = text[: len(text) - len(rest)]
    is_sign = cut[-1:] in (".", "-") and cut[-2:-1] in ("", " ") and rest[:1].isalnum()
    return cut[-1] + rest if is_sign else rest


def re_any_case(*parts: str) -> re.Pattern[str]:
    """A pattern put together from its parts, blind to case, for a text of `single_blanks`."""
    return re.compile("".join(parts), re.IGNORECASE)


def word_set(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(text.split())


# ---- where something stands ----

_SPEECH_WORDS = re_any_case(rf"\b(?:{SAY}|speech|subtitles?|words\s+of)\b")
_ON_SURFACE = re_any_case(
    r"\b(?:slides?|white\s?boards?|blackboards?|(?:on|in|at|of)\s+(?:the|a|this|that|which|what)\s+(?:\w+\s+)?(?:screen|",
    r"board|projector)|on\s+screen|(?:title|opening)\s+screen|on-?screen|screen\s+(?:shows?|says?|reads?)|",
    r"(?:what|which|the|any)\s+(?:(?:is|are|was|were)\s+the\s+)?(?:text|headings?|titles?|captions?|bullets?|credits)\s+(?:is|",
    r"are|was|were|of|on|in|at|says?|reads?|appears?)|written|writes?|wrote|typed|",
    r"(?:shows?|see|seen)\s+the\s+(?:words?|letters|sentence))\b",
)
_ONLY_VIDEO = re_any_case(rf"(?:whole\s+|entire\s+)?{VIDEO}")
_SURFACE_WITH_VERB = re_any_case(
    rf"\b(?:{_SURFACE}|{_WRITING})\s+(?:that\s+|which\s+)?(?:first\s+|last\s+)?(?:{_FRAMING})\b",
    rf"|\b{AUX}\s+(?:the|any|a)\s+(?:{_SURFACE}|{_WRITING})\s+(?:{SAY})\b",
)
_PUT_ON_SURFACE = re_any_case(rf"\b(?:on|in)\s+(?:the|a|any|this|that|which|what)\s+{_SURFACE}\b")
_PERSON_SPEAKS = re_any_case(rf"\b(?:{_PERSON})\s+(?:\w+\s+)?(?:{SAY})\b")
_PERSON_ON_SCREEN = re_any_case(
    r"\b(?:who|person|people|man|woman|animal)\b[^,]{0,60}\bon\s+(?:the\s+)?screen\b"
)
_VISUAL_WORDS = re_any_case(
    r"\b(?:shown|visible|appears?|appeared|appearing|displayed|(?:can|do|did|does|could|to)\s+(?:you|we|i|one|be)?\s*seen?|seen|",
    r"looks?\s+like|wears?|wearing|wore|hold(?:s|ing)?\s+(?:the|a|an|his|her)|walks?|walking|drives?|driving|sits|sitting|",
    r"standing|^(?:what|who)\s+(?:is|are)\s+(?:\w+\s+)?in\s+the\s+(?:picture|image|photo|frame|shot|foreground|background)$|",
    r"m[ae]n|wom[ae]n|boys?|girls?|child|kids?|lad(?:y|ies)|bab(?:y|ies)|dogs?|cats?|animals?|cars?|doing)\b|",
    r"^(?:what|which)\s+(?:(?:is|are|was|were)\s+the\s+)?colou?rs?\s+(?:is|are|was|were|of|does|do|did)\b",
)
_COLOURS = (
    "red|orange|yellow|green|cyan|turquoise|blue|purple|violet|pink|brown|beige|white|gr[ae]y|black|golden|silver|"
    "blonde?|dark|striped"
)
_VISUAL_OBJECTS = re_any_case(
    rf"\b(?:{_COLOURS}|picture|woman|girls?|boys?|kids?|children|men|women|lad(?:y|ies)|players?|bab(?:y|ies)|"
    r"birds?|horses?|dogs?|cats?|animals?|cars?|bikes?|trucks?|buses|trains?|shirts?|hats?|dress|things?)\b"
)
_COLOUR = re_any_case(_COLOURS)


def is_colour(word: str) -> bool:
    """Whether a word is the name of a colour or says how something looks as one does."""
    return _COLOUR.fullmatch(word) is not None


def mentions_visible(text: str) -> bool:
    """Whether a text speaks of what only a picture shows: colours, people, clothes, animals, cars.

    >>> mentions_visible("the green star"), mentions_visible("the learning rate")
    (True, False)
    """
    return _VISUAL_WORDS.search(text) is not None or _VISUAL_OBJECTS.search(text) is not None


def modality_of(text: str) -> Kind:
    """Where the thing that a clause speaks of stands: in speech, on the screen, in the picture, or anywhere.

    >>> modality_of("he mentions Bayes"), modality_of("the slide says Bayes")
    ('speech', 'screen')
    """
    if _SURFACE_WITH_VERB.search(text):
        return "screen"
    is_speech = _SPEECH_WORDS.search(text) is not None
    if is_speech and (_PERSON_SPEAKS.search(text) or not _PUT_ON_SURFACE.search(text)):
        return "speech"
    if _ON_SURFACE.search(text):
        return "picture" if _PERSON_ON_SCREEN.search(text) else "screen"
    return "picture" if _VISUAL_WORDS.search(text) else "any"


def is_the_video(text: str) -> bool:
    """Whether a text, its frame taken away, is only a word for the video itself."""
    return _ONLY_VIDEO.fullmatch(text) is not None


# ---- which one ----

_EVERY = re_any_case(
    rf"\b(?:(?:every|each|all(?:\s+(?:the|of\s+the))?|any)\s+(?:single\s+)?(?:{OCCURRENCE})|whenever|everywhere)\b"
)
_NTH = (
    re_any_case(rf"\b(?P<ord>{ORDINAL_PATTERN})\s+(?:{OCCURRENCE}|one)\b"),
    re_any_case(rf"\b(?P<ord>first|last|finally)\s+(?:{_FRAMING}|{_BEGIN}|used|use)\b"),
    re_any_case(r"\b(?:for\s+the\s+)?(?P<ord>first|last)$"),
)
_NOT_CONTENT = (
    _EVERY,
    re_any_case(
        rf"\b(?:for\s+)?(?:the\s+)?(?:{ORDINAL_PATTERN})\s+(?:times?|mentions?|occurrence|appearance|instance|",
        r"things?|place|moment|part|one)\b(?:\s+(?:of|that|when))?",
    ),
    re_any_case(rf"\b(?:{ORDINAL_PATTERN})\s+(?=slides?\b|scene|shot|words?\b|sentence)"),
    re_any_case(rf"\b(?:first|last|finally)\s+(?=(?:{_FRAMING}|{_BEGIN})\b)"),
    re_any_case(r"\b(?:for\s+the\s+)?(?:first|last)\s*$"),
)
_TITLE_SLIDE = re_any_case(r"\b(?:title|opening)\s+(?:slide|screen|card)\b")


def parse_ordinal(text: str) -> int | None:
    """1 for the first, -1 for the last, 0 for every one, None when a text does not say.

    >>> parse_ordinal("the second time he says it"), parse_ordinal("every mention")
    (2, 0)
    >>> parse_ordinal("World War one") is None
    True
    """
    if _EVERY.search(text):
        return EVERY
    for pattern in _NTH:
        found = pattern.search(text)
        if found is not None:
            return -1 if found["ord"].lower() == "finally" else ordinal_value(found["ord"])
    return None


def names_title_slide(text: str) -> bool:
    """Whether a text speaks of the title slide, which is the first, whatever is written on it."""
    return _TITLE_SLIDE.search(text) is not None


def without_ordinal(text: str) -> str:
    """A text without the words that say which one is meant."""
    for pattern in _NOT_CONTENT:
        text = pattern.sub(" ", text)
    return " ".join(text.split())


# ---- what to look for ----

_LEFT = re_any_case(
    rf"^(?:what|which|who|whom|whose|when|where|why|how|exactly|also|ever|even|{AUX}|not|never|there|that|this|",
    rf"these|those|the|a|an|any|some|every|all|each|only|about|of|on|in|at|to|for|with|by|from|into|{_PRONOUN}|",
    rf"{_FRAMING}|anything|something|nothing|different|separate|distinct|colou?r|kind|sort|type|time|times|thing|",
    r"things|moment|moments|part|parts|point|bit|section|place|places|topic|subject|idea|word|words|phrase|",
    r"sentence|first|really|actually|happens|happening|happen|going|called)(?:\s+|$)",
)
_RIGHT = re_any_case(
    rf"(?:^|\s+)(?:{AUX}|{_FRAMING}|about|of|on|in|at|to|for|with|by|from|there|the|a|an|mean|means|meant|work|",
    rf"works|happen|happens|happening|used|called|like|{_BEGIN}|end|ends|first|last|exactly|anywhere|somewhere|",
    rf"ever|up|again|go|goes|doing|do|please|{_PRONOUN}|(?:in|of|on|from|throughout|during|across)\s+",
    rf"(?:the|this|that|these|any|all|my)?\s*(?:{VIDEO}|{_SURFACE}|picture|image|scene|frame)|on\s*-?screen|",
    r"at\s+that\s+(?:time|moment|point)|then|next)$",
)
_LEFT_SURFACE = re_any_case(rf"^(?:{_SURFACE}|{_WRITING}|on-?screen)(?:\s+|$)")
_RIGHT_SURFACE = re_any_case(rf"(?:^|\s+)(?:{_SURFACE}|{_WRITING}|on-?screen|stands)$")
_LEFT_PERSON = re_any_case(rf"^(?:{_PERSON})(?:\s+|$)")
_RIGHT_PERSON = re_any_case(rf"(?:^|\s+)(?:by\s+)?(?:{_PERSON})$")
_ONLY_PERSON = re_any_case(rf"(?:{_PERSON}|{AUX}|anything|nothing|something|\s)+")
_PASSIVE = re_any_case(rf"{_BE}\s")
_NAMED_SPEAKER = re_any_case(
    r"^(?:(?:when|where|what|why|how|how\s+often|which)\s+)?",
    r"(?:(?:do|does|did|has|have|had|can|could|will|would)\s+)?(?P<who>(?:[\w.'-]+\s+){1,3}?)",
    rf"(?:first\s+|last\s+|ever\s+)?(?:{SAY})\b(?:\s+(?:about|of|that|to|on))?\s*(?P<what>.*)$",
)


def without_frame(text: str, kind: Kind) -> str:
    """The words to look for: question words, verbs of saying and showing, places and people taken away.

    >>> without_frame("what does the speaker say about the prior", "speech")
    'prior'
    """
    frames = [(_LEFT, _RIGHT)]
    frames += [(_LEFT_SURFACE, _RIGHT_SURFACE)] if kind in ("screen", "any") else []
    frames += [(_LEFT_PERSON, _RIGHT_PERSON)] if kind == "speech" else []
    while True:
        shorter = text
        for left, right in frames:
            shorter = strip_marks(right.sub("", left.sub("", shorter, count=1), count=1), " ,;:-")
        if shorter == text:
            return text
        text = shorter


def named_speaker(text: str) -> tuple[str, str]:
    """Who is said to speak, when a name says it, and what is left of the text behind the verb.

    >>> named_speaker("does Alice mention the budget"), named_speaker("does he mention it")
    (('Alice', 'the budget'), ('', 'does he mention it'))
    """
    found = _NAMED_SPEAKER.match(text)
    if found is None or not found["what"] or _PASSIVE.match(text) or _ONLY_PERSON.fullmatch(found["who"]):
        return "", text
    who = without_frame(found["who"].strip(), "speech")
    return (who, found["what"]) if re.match(r"[A-Z]", who) else ("", text)


def content_of(text: str, kind: Kind) -> tuple[str, str]:
    """The words to look for, and whom the text names as speaking; nobody unless it is about speech."""
    speaker, rest = named_speaker(text) if kind == "speech" else ("", text)
    return without_frame(rest, kind), speaker
