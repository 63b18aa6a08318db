"""Single fields of a row: the first of several spellings, ids, numbers, options, the right option."""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Literal

from playhead_bench.evaluate.formats.records import InvalidRow

AnswerForm = Literal["letter", "index", "text"]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_INTEGER = re.compile(r"-?\d+(?:\.0+)?$")
_LETTER = re.compile(r"\(?([A-Z])\)?[.:]?$")
_LETTER_AND_TEXT = re.compile(r"(?:\(([A-Z])\)|([A-Z])[.:)])\s*(.+)$", re.DOTALL)
_LINE_OPTION = re.compile(r"^[ \t]*(?:\(([A-Z])\)|([A-Z])[.:)])[ \t]*", re.MULTILINE)
_INLINE_OPTION = re.compile(r"\(([A-Z])\)[ \t]*")


def first(row: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """The value under the first of these keys that holds something; None when none does.

    None and empty text hold nothing; 0, False and an empty list do.

    >>> first({"video": "", "video_id": 7}, ("video", "video_id"))
    7
    """
    return next((row[key] for key in keys if row.get(key) not in (None, "")), None)


def needed(row: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """As `first`, but there must be one.

    Raises:
        InvalidRow: there is none.
    """
    value = first(row, keys)
    if value is None:
        raise InvalidRow(f"lacks {' or '.join(repr(key) for key in keys)}; has {sorted(map(str, row))}")
    return value


def identifier(value: Any) -> str:
    """An id as text; whole numbers lose the `.0` that tables give them, leading zeros stay.

    Raises:
        InvalidRow: the value is neither text nor a whole number.

    >>> identifier(4010069381.0), identifier("4010069381.0"), identifier("001")
    ('4010069381', '4010069381', '001')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).strip():
        raise InvalidRow(f"an id is text or a whole number, got {value!r}")
    text = str(value).strip()
    return text.split(".")[0] if re.fullmatch(r"\d+\.0+", text) else text


def text_of(value: Any) -> str:
    """A value as text that says something, without space around it.

    Raises:
        InvalidRow: it is a list or an object, or empty.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
        raise InvalidRow(f"expected text, got {value!r}")
    return str(value).strip()


def number_of(value: Any) -> float:
    """A finite number, also one that is written as text.

    Raises:
        InvalidRow: it is none.
    """
    try:
        number = float("nan" if isinstance(value, bool) else value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not isfinite(number):
        raise InvalidRow(f"expected a finite number, got {value!r}")
    return number


def integer_of(value: Any) -> int:
    """A whole number, also one that is written as text or as `3.0`.

    Raises:
        InvalidRow: it is none.
    """
    number = number_of(value)
    if not number.is_integer():
        raise InvalidRow(f"expected a whole number, got {value!r}")
    return int(number)


def unpack(value: Any) -> Any:
    """A list or object that a table holds as text (JSON, or as Python prints it); other values as they are.

    >>> unpack("['red', 'blue']"), unpack('{"A": "red"}'), unpack("red")
    (['red', 'blue'], {'A': 'red'}, 'red')
    """
    if not isinstance(value, str) or value.strip()[:1] not in ("[", "{", "("):
        return value
    for parse in (json.loads, ast.literal_eval):
        try:
            parsed = parse(value.strip())
        except (ValueError, SyntaxError, RecursionError):
            continue
        if isinstance(parsed, list | dict | tuple):
            return list(parsed) if isinstance(parsed, tuple) else parsed
    return value


def options_of(value: Any) -> tuple[str, ...]:
    """The options in a list, in an object by letter or number, or in lines of text; letters before them go.

    Raises:
        InvalidRow: there are fewer than two, or one is empty.

    >>> options_of(["A. red", "B. blue"]), options_of({"B": "blue", "A": "red"})
    (('red', 'blue'), ('red', 'blue'))
    """
    options_value = unpack(value)
    if isinstance(options_value, dict):
        options_value = [options_value[key] for key in sorted(options_value)]
    if isinstance(options_value, str):
        options_value = list(embedded_options(options_value)[1]) or options_value.split("\n")
    if not isinstance(options_value, list) or len(options_value) < 2:
        raise InvalidRow(f"expected two options or more, got {value!r}")
    return _without_letters([text_of(option) for option in options_value])


def _without_letters(options: list[str]) -> tuple[str, ...]:
    """Drops `A. `, `(B) `, ... where every option has the letter of its place."""
    matches = [_LETTER_AND_TEXT.match(option) for option in options]
    if len(options) <= len(LETTERS) and all(
        match and (match[1] or match[2]) == LETTERS[place] for place, match in enumerate(matches)
    ):
        return tuple(match[3].strip() for match in matches if match)
    return tuple(options)


def embedded_options(text: str) -> tuple[str, tuple[str, ...]]:
    """A question that holds its options, taken apart: the question, and the options in order.

    Options are lines that begin `(A)`, `A.`, `A)` or `A:`, or else `(A) .. (B) ..` within one line, with all
    letters from A on. Where the others take one line each, the last takes one, too: what follows is an
    instruction ("Answer with the letter") and is left out. Without options the text comes back whole.

    >>> embedded_options("Who wins?\\n(A) Ann\\n(B) Bob")
    ('Who wins?', ('Ann', 'Bob'))
    >>> embedded_options("Who wins?")
    ('Who wins?', ())
    """
    for pattern in (_LINE_OPTION, _INLINE_OPTION):
        run: list[re.Match[str]] = []
        for match in pattern.finditer(text):
            letter = next(group for group in match.groups() if group)
            if letter == "A":
                run = [match]
            elif run and letter == LETTERS[len(run)]:
                run.append(match)
        if len(run) >= 2:
            return text[: run[0].start()].strip(), _between(text, run)
    return text.strip(), ()


def _between(text: str, run: list[re.Match[str]]) -> tuple[str, ...]:
    ends = [match.start() for match in run[1:]] + [len(text)]
    options = [text[match.end() : end].strip() for match, end in zip(run, ends, strict=True)]
    if all("\n" not in option for option in options[:-1]):
        options[-1] = options[-1].split("\n")[0].strip()
    return tuple(options)


def answer_of(value: Any, options: Sequence[str], forms: Sequence[AnswerForm]) -> int:
    """Which option a gold answer means, from 0.

    Args:
        value: a letter ("B", "(B)", "B. blue"), a number from 0, or the text of an option.
        options: of the question.
        forms: how this benchmark writes answers, the most usual first; the first that fits is taken, so that
            "2" is the option that reads 2 where texts are usual and the third option where numbers are.

    Raises:
        InvalidRow: no option is meant, or a letter and the text behind it mean two.
    """
    for form in forms:
        found = _PARSERS[form](value, options)
        if found is not None:
            return found
    raise InvalidRow(f"answer {value!r} is none of the {len(options)} options (as {' or '.join(forms)})")


def _by_letter(value: Any, options: Sequence[str]) -> int | None:
    text = value.strip() if isinstance(value, str) else ""
    letter, rest = _LETTER.match(text), _LETTER_AND_TEXT.match(text)
    if letter:
        place = LETTERS.index(letter[1])
        return place if place < len(options) else None
    if rest is None or (place := LETTERS.index(rest[1] or rest[2])) >= len(options):
        return None
    if _folded(options[place]) != _folded(rest[3]):
        raise InvalidRow(f"answer {value!r}: the option {LETTERS[place]} reads {options[place]!r}")
    return place


def _by_index(value: Any, options: Sequence[str]) -> int | None:
    if isinstance(value, bool) or not _INTEGER.match(str(value).strip()):
        return None
    index = float(value) if isinstance(value, str) else value
    return int(index) if 0 <= index < len(options) else None


def _by_text(value: Any, options: Sequence[str]) -> int | None:
    folded = _folded(str(value))
    return next((place for place, option in enumerate(options) if _folded(option) == folded), None)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")


_PARSERS = {"letter": _by_letter, "index": _by_index, "text": _by_text}
