"""The required modality of a question about the synthetic videos, by its words."""

from playhead_tools.question_vocabulary import AUX, SAY, SHOW, WRITE, re_any_case
from playhead_tools.spec import Kind

_SURFACE = r"(?:title\s+|opening\s+)?(?:slides?|screens?|white\s?boards?|blackboards?|boards?|projector)"
_WRITING = r"(?:on-?screen\s+)?(?:text|headings?|titles?|bullets?|labels?|signs?|credits)"
_PRONOUN = "he|she|they|we|i|you|it|someone|somebody|anyone|anybody|everyone"
_PERSON = (
    rf"{_PRONOUN}|one|people|(?:the\s+|a\s+|this\s+)?(?:speaker|lecturer|presenter|professor|teacher|instructor|"
    r"narrator|host|guest|author|interviewer|interviewee|video|talk|lecture|audience|voice)s?"
)
_FRAMING = f"{SAY}|{SHOW}|{WRITE}"
_HEARD = re_any_case(rf"\b(?:{SAY}|speech|subtitles?|words\s+of)\b")
_ON_SURFACE = re_any_case(
    rf"\b(?:{_SURFACE}|{_WRITING}|{WRITE}|on-?screen|(?:shows?|see|seen)\s+the\s+(?:words?|letters|sentence))\b"
)
_SURFACE_SAYS = re_any_case(
    rf"\b(?:{_SURFACE}|{_WRITING})\s+(?:that\s+|which\s+)?(?:first\s+|last\s+)?(?:{_FRAMING})\b",
    rf"|\b{AUX}\s+(?:the|any|a)\s+(?:{_SURFACE}|{_WRITING})\s+(?:{SAY})\b",
)
_PUT_ON_SURFACE = re_any_case(rf"\b(?:on|in)\s+(?:the|a|any|this|that|which|what)\s+{_SURFACE}\b")
_PERSON_SAYS = re_any_case(rf"\b(?:{_PERSON})\s+(?:\w+\s+)?(?:{SAY})\b")
_PERSON_ON_SCREEN = re_any_case(
    r"\b(?:who|person|people|man|woman|animal)\b[^,]{0,60}\bon\s+(?:the\s+)?screen\b"
)
_LOOKS = re_any_case(
    rf"\b(?:{SHOW}|pictures?|images?|photo|scene|shot|camera|colou?r|wear|wears|wearing|hold|holds|holding|",
    r"walk|walks|walking|drive|drives|driving|run|runs|running|sit|sits|sitting|stand|stands|standing|face|",
    r"person|people|man|woman|child|dog|cat|animal|car|doing)\b",
)
_COLOURS = (
    "red|orange|yellow|green|cyan|turquoise|blue|purple|violet|pink|brown|beige|white|gr[ae]y|black|golden|silver|"
    "blonde?|dark|striped"
)
_OF_PICTURES = re_any_case(
    rf"\b(?:{_COLOURS}|picture|woman|girls?|boys?|kids?|children|men|women|lad(?:y|ies)|players?|bab(?:y|ies)|"
    r"birds?|horses?|dogs?|cats?|animals?|cars?|bikes?|trucks?|buses|trains?|shirts?|hats?|dress|things?)\b"
)


def is_visual(text: str) -> bool:
    """Whether a text speaks of what only a frame shows: colours, people, clothes, animals, cars.

    >>> is_visual("the green star"), is_visual("the learning rate")
    (True, False)
    """
    return _LOOKS.search(text) is not None or _OF_PICTURES.search(text) is not None


def modality_of(text: str) -> Kind:
    """The modality of what a clause is about: speech, screen text, visual, or any.

    >>> modality_of("he mentions Bayes"), modality_of("the slide says Bayes")
    ('speech', 'screen')
    """
    if _SURFACE_SAYS.search(text):
        return "screen"
    heard = _HEARD.search(text) is not None
    if heard and (_PERSON_SAYS.search(text) or not _PUT_ON_SURFACE.search(text)):
        return "speech"
    if _ON_SURFACE.search(text):
        return "picture" if _PERSON_ON_SCREEN.search(text) else "screen"
    return "picture" if _LOOKS.search(text) else "any"
