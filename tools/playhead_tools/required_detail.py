"""What a question asks beyond whether and when something comes up, and whether evidence states it.

A place where a word stands answers "when is it said?". It does not answer who, where, why, how, in which
language or in which colour: for these the evidence must state the detail. Patterns of English tell when it
does (`Celia is the captain`, `because`, `under the bridge`); of a model's claim, its own words do, where they
stand in what it cites. Otherwise the answer is a mention, and no more than partial.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from playhead_index.literal import Word, words_in
from playhead_tools.question_vocabulary import (
    SAY,
    SHOW,
    VIDEO,
    WRITE,
    is_colour,
    re_any_case,
    single_blanks,
    word_set,
)
from playhead_tools.spec import QuestionSpec
from playhead_tools.word_match import is_stop_word, match_word, plain, replace_quotes, stem

Detail = Literal["speaker", "identity", "person", "place", "reason", "manner", "language", "colour"]

NOT_STATED: dict[Detail, str] = {
    "speaker": "it is not known who says it",
    "identity": "it is not said who that is",
    "person": "it is not said who",
    "place": "it is not said where",
    "reason": "it is not said why",
    "manner": "it is not said how",
    "language": "it is not known in which language",
    "colour": "it is not said in which colour",
}
MAX_WORDS_BETWEEN = 3
"""Words between a name and the word that tells who it is (`Celia, now captain`)."""

_BE = r"(?:is|are|was|were|'s|'re|being|been)"
_FRAMING = rf"(?:{SAY}|{SHOW}|{WRITE})"
_LEAD = re_any_case(
    r"^(?:(?:and|but|so|now|please|ok|okay|hey|well)\b[ ,]*)*+",
    r"(?:(?:can|could|do)\s+you\s+(?:tell|say|know)\s+(?:me\s+)?|tell\s+me\s+)?(?:(?:to|with|from|by|of|for|about|in|at)\s+(?=wh))?",
)
_WHO = re_any_case(r"^who(?:m|se)?\b")
_WHO_SPEAKS = re_any_case(
    rf"^whom?\s+(?:(?:{_BE}|has|have|had|else|first|last|actually|ever|keeps)\s+)*+(?:{SAY})\b"
)
_MENTIONED = re_any_case(
    rf"^whom?\s+(?:{_BE}\s+)++(?:(?:first|last|also|ever)\s+)?(?:mentioned|named|introduced|quoted|discussed|",
    r"described|shown|seen|called|talked\s+about|spoken\s+of|interviewed|on\s+(?:the\s+)?screen|visible|there|in)\b",
    rf"|^whom?\s+(?:does|do|did)\b.*\b(?:{SAY})\b",
)
_WHO_IS = re_any_case(rf"^(?:who|whom)\s+(?:{_BE}\s+)(?!\w+ing\b)")
_WHERE = re_any_case(r"^where\b")
_IN_VIDEO = re_any_case(
    rf"\b(?:{SAY}|{SHOW}|{WRITE}|{VIDEO}|hear|find|slides?|screens?|subtitles?|speech|come\s+up|comes\s+up)\b"
)
_WHY = re_any_case(
    r"^(?:why|how\s+come|(?:what|which)\s+(?:is|was|are|were)\s+the\s+reasons?|for\s+(?:what|which)\s+reason)\b"
)
_HOW = re_any_case(r"^how\s+(?:do|does|did|is|are|was|were|can|could|should|would|to|will|has|have|had)\b")
_SPEECH_VERB = re_any_case(rf"\b(?:{SAY}|{WRITE})\b")
_LANGUAGE = re_any_case(
    r"^(?:what|which)\s+languages?\b.*\b(?:spoken|speaks?|speaking|talks?|talking|audio|dubbed|subtitles?|in)\b"
)
_COLOUR = re_any_case(r"^(?:what|which)\s+colou?rs?\b")

_LABEL = re.compile(r"^\W*[A-Z][\w.'-]*+(?: [A-Z][\w.'-]*+){0,2}:\s")
_NAMES_SPEAKER = re.compile(
    r"\b(?:said|says|asked|asks|replied|replies|according to)\s+[A-Z]"
    r"|\b[A-Z]\w*+\s+(?:said|says|asked|asks|replied)\b"
)
_BY_WHOM = re.compile(r"\bby\s+(?:an?\s|the\s|my\s|his\s|her\s|our\s|their\s|[A-Z])")
_AT_PLACE = re.compile(
    r"\b(?:in|on|at|under|behind|inside|near|beside|above|below|between|over|outside|within|beneath|from|into|"
    r"next\s+to|in\s+front\s+of)\s+(?:the|an?|my|your|his|her|our|their|this|that|these|[A-Z]\w*+)\b"
)
_BECAUSE = re_any_case(
    r"\b(?:because|since|so\s+that|due\s+to|owing\s+to|in\s+order\s+to|thanks\s+to|that's\s+why|reasons?|"
    r"therefore|caused|as\s+a\s+result|otherwise)\b"
)
_BY_MEANS = re_any_case(
    r"\b(?:by\s+\w+ing|using|with\s+(?:the|an?|your|his|her)|through|via|first|then|steps?)\b"
)
_DETERMINER = word_set("a an the my our his her your their one")
_POSSESSIVE = re.compile(r"[^\W\d_]['’]s$")
_IS = word_set("is was are were")
_NOBODY = word_set("nobody none nothing no one everyone everybody someone somebody everything here now not")
_FRAME = re_any_case(
    rf"(?:{_FRAMING}|{VIDEO}|question|answer|evidence|speaker|person|someone|somebody|people|word|words|name|named|"
    r"time|times|moment|moments|seconds?|minutes?|once|twice|part|about|during|also|only|not|known|unknown|unclear|"
    r"clear|identity|reason|place|language|colou?r)"
)
_SENTENCE = re.compile(r"(?<=[^\W\dA-Z_]{2}[.!?…;])\s")  # not behind `U.S.A.` or `Mr.`


def required_detail(spec: QuestionSpec) -> Detail | None:
    """The detail that a question asks for; None where a mention answers it, or options are given.

    >>> from playhead_tools.question import parse_question
    >>> [required_detail(parse_question(f"{text}?")) for text in ("Who is Celia", "Where is Bayes mentioned")]
    ['identity', None]
    """
    if spec.options or spec.of_video or spec.intent in ("count", "how_long", "summarise", "order"):
        return None
    text = single_blanks(replace_quotes(spec.text, lambda number: "it")[0])[:600]
    text = _LEAD.sub("", text, count=1).strip()
    if _WHO.match(text):
        return _detail_of_who(text)
    if _WHERE.match(text):
        return None if _IN_VIDEO.search(text) else "place"
    if _WHY.match(text):
        return "reason"
    if _HOW.match(text):
        return None if _SPEECH_VERB.search(text) else "manner"
    if _LANGUAGE.match(text):
        return "language"
    return "colour" if _COLOUR.match(text) else None


def _detail_of_who(text: str) -> Detail | None:
    if _MENTIONED.match(text):
        return None
    if _WHO_SPEAKS.match(text):
        return "speaker"
    return "identity" if _WHO_IS.match(text) else "person"


def states_detail(detail: Detail, spec: QuestionSpec, texts: Iterable[str]) -> bool:
    """Whether any of some texts states the detail of what a question asks about.

    Args:
        detail: what is asked for.
        spec: the question.
        texts: stored words that an answer cites.
    """
    question_words = [word for target in spec.targets for word in words_in(target)]
    return any(_states(detail, question_words, text) for text in texts)


def _states(detail: Detail, question_words: Sequence[Word], text: str) -> bool:
    sentences = [one for one in _SENTENCE.split(text) if _holds_any(question_words, one)] or [text]
    if detail == "speaker":
        return _LABEL.match(text) is not None or _NAMES_SPEAKER.search(text) is not None
    if detail == "identity":
        return any(_identifies(question_words, one) for one in sentences)
    if detail == "person":
        return any(_names_someone(question_words, one) for one in sentences)
    if detail == "place":
        return any(_AT_PLACE.search(one) for one in sentences)
    if detail == "reason":
        return _BECAUSE.search(text) is not None
    if detail == "manner":
        return _BY_MEANS.search(text) is not None
    if detail == "colour":
        return any(is_colour(word.key) for one in sentences for word in words_in(one))
    return False


def _holds_any(question_words: Sequence[Word], text: str) -> bool:
    return any(match_word(word, text) != "none" for word in question_words if not is_stop_word(word.key))


def _identifies(question_words: Sequence[Word], sentence: str) -> bool:
    """`Celia is the captain`, `Celia is Bob's sister`, `Celia, the captain`; asked for the captain too."""
    names = {word.key for word in question_words if not is_stop_word(word.key)}
    words = [(plain(word), word) for word in sentence.split()]
    words = [(key, word) for key, word in words if key]
    keys = [key for key, _ in words]
    for at, (key, word) in enumerate(words[:-1]):
        is_identified = keys[at + 1] in _IS and at + 2 < len(words) and _determines(words[at + 2][1])
        if key in names and (is_identified or (word.endswith(",") and keys[at + 1] in _DETERMINER)):
            return True
        if is_identified and _is_name(word) and names & set(keys[at + 3 : at + 3 + MAX_WORDS_BETWEEN]):
            return True
    return False


def _determines(word: str) -> bool:
    """`the`, `my`, `Bob's`."""
    return plain(word) in _DETERMINER or _POSSESSIVE.search(word) is not None


def _is_name(word: str) -> bool:
    return word.strip("\"'“‘(")[:1].isupper() and not is_stop_word(plain(word)) and plain(word) not in _NOBODY


def _names_someone(question_words: Sequence[Word], sentence: str) -> bool:
    """All that is asked stands there, and a name besides, or any other word where nothing is capitalised."""
    content = [word for word in question_words if not is_stop_word(word.key)]
    if any(match_word(word, sentence) == "none" for word in content):
        return False
    if _BY_WHOM.search(sentence):
        return True
    others = [word for word in sentence.split() if _is_other(word, content)]
    return any(word.strip("\"'“‘(")[:1].isupper() for word in others) or (sentence.islower() and bool(others))


def _is_other(word: str, content: Sequence[Word]) -> bool:
    key = plain(word)
    return bool(key) and not is_stop_word(key) and all(match_word(one, word) == "none" for one in content)


def claim_states_detail(detail: Detail, spec: QuestionSpec, claim: str, text: str) -> bool:
    """Whether a claim says something of its own, outside quotation marks, whose words stand in what it cites.

    Who speaks is never a matter of the claim's words: the cited text must tell.

    Args:
        detail: what is asked for.
        spec: the question.
        claim: a model's claim.
        text: the words of all that it cites.
    """
    if detail == "speaker":
        return False
    question_words = words_in(spec.text)
    new_words = [
        word
        for word in words_in(replace_quotes(claim, lambda number: " ")[0])
        if _is_new(word, question_words)
    ]
    cited_words = [word for word in new_words if match_word(word, text) != "none"]
    if not cited_words or 2 * len(cited_words) < len(new_words):
        return False
    return detail != "identity" or _is_close_to_target(cited_words, spec, text)


def _is_new(word: Word, question_words: Sequence[Word]) -> bool:
    if is_stop_word(word.key) or not word.key.isalpha() or _FRAME.fullmatch(word.key):
        return False
    return all(word.key not in one.keys and stem(word.key) != stem(one.key) for one in question_words)


def _is_close_to_target(words: Sequence[Word], spec: QuestionSpec, text: str) -> bool:
    """Whether one of the words stands near what the question asks about."""
    keys = [word.key for word in words_in(text)]
    names = {word.key for target in spec.targets for word in words_in(target) if not is_stop_word(word.key)}
    word_keys = {word.key for word in words}
    places = [i for i, key in enumerate(keys) if key in names]
    return any(
        keys[at] in word_keys
        for i in places
        for at in range(max(0, i - MAX_WORDS_BETWEEN), min(len(keys), i + MAX_WORDS_BETWEEN + 1))
    )
