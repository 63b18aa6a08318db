"""Reading what a model said: a letter, a word, a time. What does not read is refused, never guessed."""

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from playhead_index.errors import ModelOutputInvalid
from playhead_tools.video_llm.refusals import is_refusal, is_refusing_option
from playhead_tools.video_llm.structured_output import strip_json

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""What options are called by."""
TIME_TOLERANCE_S = 1.0
"""Two times so near are one."""


class LookReply(BaseModel):
    """What a look says: whether what is asked can be told at all, as a value, and the answer."""

    model_config = ConfigDict(extra="forbid")

    visible: bool = Field(
        description="true when the frames or the words given with them show what is asked, else false"
    )
    answer: str = Field(description="the answer; when visible is false, what is missing")


def parse_look_reply(text: str) -> LookReply | None:
    """The reply that a text holds as JSON; None for a text that holds none.

    JSON that was cut off in the middle of the answer is read as far as it goes.

    >>> parse_look_reply('{"visible": false, "answer": ""}')
    LookReply(visible=False, answer='')
    >>> parse_look_reply('{"visible": true, "answer": "A do')
    LookReply(visible=True, answer='A do')
    >>> parse_look_reply('{"answer": "A dog."}') is None
    True
    """
    try:
        values = from_json(strip_json(text), allow_partial="trailing-strings")
        return LookReply.model_validate(values, strict=True)
    except ValueError:
        return None


_ANSWER_PREFIX = re.compile(
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
    reply_text = _ANSWER_PREFIX.sub("", text.strip(), count=1) or text.strip()
    exact = _options_named(reply_text, options)
    lettered = _LETTER.match(reply_text)
    if len(exact) == 1 and not (lettered and _contradicts(lettered, reply_text, exact[0], options)):
        return exact[0]
    if not exact and lettered:
        return _by_letter(text, reply_text, lettered, options)
    numbered = _NUMBER.match(reply_text)
    if not exact and numbered and 1 <= int(numbered[1]) <= len(options):
        return int(numbered[1]) - 1
    raise ModelOutputInvalid(_unread(text, options), text)


def _options_named(reply_text: str, options: Sequence[str]) -> list[int]:
    target = normalised(reply_text)
    return [i for i, option in enumerate(options) if target and normalised(option) == target]


def _contradicts(lettered: re.Match[str], reply_text: str, exact: int, options: Sequence[str]) -> bool:
    """A lone letter that is both an option's text and the letter of another option."""
    index = LETTERS.index((lettered[1] or lettered[2]).upper())
    return lettered.end() == len(reply_text) and index < len(options) and index != exact


def _by_letter(text: str, reply_text: str, lettered: re.Match[str], options: Sequence[str]) -> int:
    index = LETTERS.index((lettered[1] or lettered[2]).upper())
    named = _options_named(reply_text[lettered.end() :], options)
    if index >= len(options) or (named and index not in named):
        raise ModelOutputInvalid(_unread(text, options), text)
    return index


def _unread(text: str, options: Sequence[str]) -> str:
    return f"expected one of {len(options)} options by letter or by its words, got {text[:80]!r}"


def match_open(reply: str, gold: str) -> bool:
    """Whether a free reply says what the gold answer says.

    Equal after case, punctuation and articles are taken away and numbers written as digits; two times or
    lengths (`at 12.2 seconds`, `0:12`) within `TIME_TOLERANCE_S`; two refusals, whatever their words.

    >>> match_open("A red star.", "red star"), match_open("at 12.9 seconds", "at 12.2 seconds")
    (True, True)
    """
    reply_s, gold_s = parse_reply_time(reply), parse_reply_time(gold)
    if reply_s is not None and gold_s is not None:
        return abs(reply_s - gold_s) <= TIME_TOLERANCE_S
    if is_abstention(gold):
        return bool(reply.strip()) and is_refusal(reply)
    return bool(normalised(reply)) and normalised(reply) == normalised(gold)


def is_abstention(option: str) -> bool:
    """Whether an option or a gold answer says that there is no answer, in whatever words.

    >>> is_abstention("It cannot be determined."), is_abstention("None of them"), is_abstention("a red car")
    (True, False, False)
    """
    return is_refusing_option(option)


def parse_reply_time(text: str) -> float | None:
    """Seconds that a reply names and nothing else: `at 12.2 seconds`, `12 s`, `at 0:12`; None for others."""
    reply_text = text.strip().casefold().rstrip(".")
    if seconds := _TIME.match(reply_text):
        return float(seconds[1])
    if clock := _CLOCK.match(reply_text):
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3])
    return None


def normalised(text: str) -> str:
    """A reply without case, punctuation and articles, its numbers as digits, in British spelling.

    >>> normalised("The two gray  boats!")
    '2 grey boats'
    """
    words = re.findall(r"\b\d+\.\d+|\w+", text.casefold())
    content_words = [word for word in words if word not in _ARTICLES] or words
    return " ".join(_SAME.get(word, _NUMBER_WORDS.get(word, word)) for word in content_words)


def contains_answer(sentence: str, answer: str) -> bool:
    """Whether a sentence holds an answer's words one after the other: for answers in whole sentences.

    A time is held when the first one that the sentence names lies within `TIME_TOLERANCE_S` of it.

    >>> contains_answer("At 0:12 a red star comes in [E1].", "a red star")
    True
    >>> contains_answer("From 0:12 to 0:40.", "at 0:40")
    False
    """
    answer_s = parse_reply_time(answer)
    if answer_s is not None:
        named = times_in(sentence)
        return bool(named) and abs(named[0] - answer_s) <= TIME_TOLERANCE_S
    target = normalised(answer)
    return bool(target) and f" {target} " in f" {normalised(sentence)} "


def times_in(sentence: str) -> list[float]:
    """The times that a sentence names, in seconds, in its order: clocks, and numbers of seconds.

    >>> times_in("It jumps at 1:02.5, 3 s after the star.")
    [62.5, 3.0]
    """
    found = (parse_reply_time(match[0]) for match in _TIME_IN.finditer(sentence.casefold()))
    return [time_s for time_s in found if time_s is not None]
