"""Numbers as English words, for the prompt of SmolVLM2, whose processor writes how many frames it is shown.

transformers takes them from the package num2words, which depends on a package that has no wheel. Where it is
not installed, its place is taken by `number_in_words`, which writes the same.
"""

import importlib
from typing import Any

from playhead_index.embed.runtime import transformers

PROCESSOR = "transformers.models.smolvlm.processing_smolvlm"
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
MAX_NUMBER = 999_999


def number_in_words(number: int) -> str:
    """A cardinal number in English words.

    Args:
        number: from 0 to `MAX_NUMBER`.

    Raises:
        ValueError: the number is out of range.

    >>> number_in_words(64), number_in_words(1101)
    ('sixty-four', 'one thousand, one hundred and one')
    """
    if not 0 <= number <= MAX_NUMBER:
        raise ValueError(f"number must be from 0 to {MAX_NUMBER}, got {number}")
    thousands, rest = divmod(number, 1000)
    if not thousands:
        return _below_thousand(rest)
    head = f"{_below_thousand(thousands)} thousand"
    if not rest:
        return head
    return f"{head}{', ' if rest >= 100 else ' and '}{_below_thousand(rest)}"


def provide_number_words() -> None:
    """Lets SmolVLM2's processor of transformers work without num2words; one that is installed stays."""
    transformers()
    processor: Any = importlib.import_module(PROCESSOR)
    if processor.num2words is None:
        processor.num2words = number_in_words


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_SMALL[hundreds]} hundred"] if hundreds else []
    if rest or not hundreds:
        words.append(_below_hundred(rest))
    return " and ".join(words)


def _below_hundred(number: int) -> str:
    if number < len(_SMALL):
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]}-{_SMALL[ones]}" if ones else _TENS[tens]
