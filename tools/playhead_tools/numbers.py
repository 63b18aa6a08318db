"""Numbers written as words, digits or clocks, read the same way everywhere."""

import re

from playhead_index.window import parse_time

_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_SMALL = {word: i + 1 for i, word in enumerate((_ONES + " seventeen eighteen nineteen").split())}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60}
_COMPOUND = {
    f"{ten}-{one}": n + _SMALL[one] for ten, n in _TENS.items() for one in _ONES.split()[:9] if n < 60
}
NUMBER_WORDS: dict[str, int] = {"zero": 0, **_SMALL, **_TENS, **_COMPOUND}

_ORDINAL_WORDS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth",
)  # fmt: skip
ORDINALS: dict[str, int] = {
    **{word: i + 1 for i, word in enumerate(_ORDINAL_WORDS)},
    "last": -1,
    "final": -1,
    "latest": -1,
    "earliest": 1,
}

_LONGEST_FIRST = sorted(NUMBER_WORDS, key=len, reverse=True)
WORD_PATTERN = "|".join(word.replace("-", r"[-\s]") for word in _LONGEST_FIRST)
ORDINAL_PATTERN = "|".join([*ORDINALS, r"\d{1,3}(?:st|nd|rd|th)"])

_CLOCK = re.compile(r"(?<![\d:.])(\d{1,3}(?::[0-5]\d){1,2}(?:\.\d+)?)(?!\d|:\d)")
_DIGITS = re.compile(r"(?<![\w.])[-−]?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)")
_WORDS = re.compile(rf"\b({WORD_PATTERN})\b", re.IGNORECASE)


def number_value(text: str) -> float:
    """The number that a digit string or a number word up to sixty stands for.

    Raises:
        ValueError: the text is neither.

    >>> number_value("twenty five"), number_value("2.5")
    (25.0, 2.5)
    """
    word = re.sub(r"[\s-]+", "-", text.strip().lower())
    if word in NUMBER_WORDS:
        return float(NUMBER_WORDS[word])
    return float(word)


def ordinal_value(text: str) -> int:
    """1 for `first` or `1st`, and so on; -1 for `last`.

    Raises:
        ValueError: the text is no ordinal.

    >>> ordinal_value("3rd"), ordinal_value("last")
    (3, -1)
    """
    word = text.strip().lower()
    if word in ORDINALS:
        return ORDINALS[word]
    return int(re.sub(r"(?:st|nd|rd|th)$", "", word))


def clocks_in(text: str) -> list[float]:
    """The times written as clocks in a text, in seconds, in the order in which they stand.

    >>> clocks_in("from 1:05 to 1:02:03.5")
    [65.0, 3723.5]
    """
    return [parse_time(found) for found in _CLOCK.findall(text)]


def numbers_in(text: str) -> list[float]:
    """The numbers of a text that are no clocks, digits first; the word `one` counts as no number.

    >>> numbers_in("Two of the 1,024 samples, at 0:35")
    [1024.0, 2.0]
    """
    rest = _CLOCK.sub(" ", text)
    digits = [float(found.replace(",", "")) for found in _DIGITS.findall(rest)]
    words = [number_value(found) for found in _WORDS.findall(rest) if found.lower() != "one"]
    return digits + words
