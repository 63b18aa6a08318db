"""Reading what a model said: a letter, a word, a time. What does not read is refused, never guessed."""

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from playhead_index.errors import ModelOutputInvalid
from playhead_tools.video_llm.forms import bare_json
from playhead_tools.video_llm.refusals import is_refusal, is_refusing_option

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What options are called by."""
NEAR_S = 1.0
"""Two times so near are one."""


class LookReply(BaseModel):
    """What a look says: whether what is asked can be told at all, as a value, and the answer."""

    model_config = ConfigDict(extra="forbid")

    visible: bool = Field(
        description="true when the frames or the words given with them show what is asked, else false"
    )
    answer: str = Field(description="the answer; when visible is false, what is missing")


def read_look_reply(text: str) -> LookReply | None:
    """The reply that a text holds as JSON; None for a text that holds none.

    JSON that was cut off in the middle of the answer is read as far as it goes.

    >>> read_look_reply('{"visible": false, "answer": ""}')
    LookReply(visible=False, answer='')
    >>> read_look_reply('{"visible": true, "answer": "A do')
    LookReply(visible=True, answer='A do')
    >>> read_look_reply('{"answer": "A dog."}') is None
    True
    """
    try:
        read = from_json(bare_json(text), allow_partial="trailing-strings")
        return LookReply.model_validate(read, strict=True)
    except ValueError:
        return None


_SAID_BEFORE = re.compile(
    r"^(?:the\s+)?(?:correct\s+|right\s+|best\s+)?(?:answer|option|choice)(?:\s+is)?(?:\s*+[:=])?\s*+(?=\S)",
    re.IGNORECASE,
)
_LETTER = re.compile(r"^(?:\(\s*([A-Za-z])\s*\)|([A-Za-z])(?:[.):,](?=\s|$)|$))\s*", re.DOTALL)
_NUMBER = re.compile(r"^\(?\s*(\d{1,2})\s*[.)]?$")
_TIME = re.compile(r"^(?:at\s+)?(\d+(?:\.\d+)?)\s*(?:s|sec|secs|second|seconds)$")
_CLOCK = re.compile(r"^(?:at\s+)?(?:(\d{1,9}):)?(\d{1,2}):(\d{2}(?:\.\d+)?)$")
_TIME_IN = re.compile(r"\b(?:\d+:)?\d{1,2}:\d{2}(?:\.\d+)?|\b\d+(?:\.\d+)?\s*(?:seconds|second|secs|sec|s)\b")
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBER_WORDS = {word: str(number) for number, word in enumerate(_NUMBERS)}
_SAME = {"gray": "grey", "color": "colour"}
_ARTICLES = frozenset({"a", "an", "the"})


def with_options(question: str, options: Sequence[str] = ()) -> str:
    r"""The question, and each option on a line of its own behind a letter.

    Raises:
        ValueError: more options than there are letters.

    >>> with_options("What colour is it?", ["red", "blue"])
    'What colour is it?\nA. red\nB. blue'
    """
    if len(options) > len(LETTERS):
        raise ValueError(f"at most {len(LETTERS)} options have a letter, got {len(options)}")
    lines = [f"{letter}. {option}" for letter, option in zip(LETTERS, options, strict=False)]
    return "\n".join([question, *lines])


def parse_choice(text: str, options: Sequence[str]) -> int:
    """Which option a reply chooses, counted from 0.

    Read as, in this order: the text of just one option; a letter (`B`, `(b)`, `B. blue`, `The answer is
    B`), with nothing behind it that is another option's text; the number of an option, counted from 1.

    Raises:
        ModelOutputInvalid: it is none of these, or points outside the options; `.raw_text` keeps it.

    >>> parse_choice("B. blue", ["red", "blue"]), parse_choice("Blue!", ["red", "blue"])
    (1, 1)
    """
    said = _SAID_BEFORE.sub("", text.strip(), count=1) or text.strip()
    exact = _options_named(said, options)
    lettered = _LETTER.match(said)
    if len(exact) == 1 and not (lettered and _contradicts(lettered, said, exact[0], options)):
        return exact[0]
    if not exact and lettered:
        return _by_letter(text, said, lettered, options)
    numbered = _NUMBER.match(said)
    if not exact and numbered and 1 <= int(numbered[1]) <= len(options):
        return int(numbered[1]) - 1
    raise ModelOutputInvalid(_unread(text, options), text)


def _options_named(said: str, options: Sequence[str]) -> list[int]:
    wanted = normalised(said)
    return [i for i, option in enumerate(options) if wanted and normalised(option) == wanted]


def _contradicts(lettered: re.Match[str], said: str, exact: int, options: Sequence[str]) -> bool:
    """A lone letter that is both an option's text and the letter of another option."""
    index = LETTERS.index((lettered[1] or lettered[2]).upper())
    return lettered.end() == len(said) and index < len(options) and index != exact


def _by_letter(text: str, said: str, lettered: re.Match[str], options: Sequence[str]) -> int:
    index = LETTERS.index((lettered[1] or lettered[2]).upper())
    named = _options_named(said[lettered.end() :], options)
    if index >= len(options) or (named and index not in named):
        raise ModelOutputInvalid(_unread(text, options), text)
    return index


def _unread(text: str, options: Sequence[str]) -> str:
    return f"expected one of {len(options)} options by letter or by its words, got {text[:80]!r}"


def match_open(reply: str, gold: str) -> bool:
    """Whether a free reply says what the gold answer says.

    Equal after case, punctuation and articles are taken away and numbers written as digits; two times or
    lengths (`at 12.2 seconds`, `0:12`) when they lie within `NEAR_S`; two refusals, whatever their words.

    >>> match_open("A red star.", "red star"), match_open("at 12.9 seconds", "at 12.2 seconds")
    (True, True)
    """
    said_s, gold_s = time_said(reply), time_said(gold)
    if said_s is not None and gold_s is not None:
        return abs(said_s - gold_s) <= NEAR_S
    if is_abstention(gold):
        return bool(reply.strip()) and is_refusal(reply)
    return bool(normalised(reply)) and normalised(reply) == normalised(gold)


def is_abstention(option: str) -> bool:
    """Whether an option or a gold answer says that there is no answer, in whatever words.

    >>> is_abstention("It cannot be determined."), is_abstention("None of them"), is_abstention("a red car")
    (True, False, False)
    """
    return is_refusing_option(option)


def time_said(text: str) -> float | None:
    """Seconds that a reply names and nothing else: `at 12.2 seconds`, `12 s`, `at 0:12`; None for others."""
    said = text.strip().casefold().rstrip(".")
    if seconds := _TIME.match(said):
        return float(seconds[1])
    if clock := _CLOCK.match(said):
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3])
    return None


def normalised(text: str) -> str:
    """A reply without case, punctuation and articles, its numbers as digits, in British spelling.

    >>> normalised("The two gray  boats!")
    '2 grey boats'
    """
    words = re.findall(r"\b\d+\.\d+|\w+", text.casefold())
    kept = [word for word in words if word not in _ARTICLES] or words
    return " ".join(_SAME.get(word, _NUMBER_WORDS.get(word, word)) for word in kept)


def says(sentence: str, answer: str) -> bool:
    """Whether a sentence holds an answer's words one after the other: for answers in whole sentences.

    A time is held when the first one that the sentence names lies within `NEAR_S` of it.

    >>> says("At 0:12 a red star comes in [E1].", "a red star"), says("From 0:12 to 0:40.", "at 0:40")
    (True, False)
    """
    wanted_s = time_said(answer)
    if wanted_s is not None:
        named = times_in(sentence)
        return bool(named) and abs(named[0] - wanted_s) <= NEAR_S
    wanted = normalised(answer)
    return bool(wanted) and f" {wanted} " in f" {normalised(sentence)} "


def times_in(sentence: str) -> list[float]:
    """The times that a sentence names, in seconds, in its order: clocks, and numbers of seconds.

    >>> times_in("It jumps at 1:02.5, 3 s after the star.")
    [62.5, 3.0]
    """
    found = (time_said(match[0]) for match in _TIME_IN.finditer(sentence.casefold()))
    return [time_s for time_s in found if time_s is not None]
