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
_UNITS = {word: n for word, n in NUMBER_WORDS.items() if n < 20 and "-" not in word}
_DECADES = {**_TENS, "seventy": 70, "eighty": 80, "ninety": 90}
_SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SETS = {"dozen": 12, "dozens": 12, "twice": 2, "thrice": 3}
_SPELLED = {*_UNITS, *_DECADES, *_SCALES, *_SETS, "hundred"}
_LETTERS = re.compile(r"[^\W\d_]+")
_JOINTS = re.compile(r"\s*-\s*|\s+(?:and\s+)?|\s*,\s*(?=[a-z])", re.IGNORECASE)
_HAN = {sign: n for n, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_HAN_TENS = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "萬": 10_000}
_HAN_NUMBER = re.compile(f"[{''.join([*_HAN, *_HAN_TENS])}]+")


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
    """The numbers of a text that are no clocks, digits first; the word `one` alone counts as no number.

    Digits of any script count, and so do numbers in English words and in Chinese signs.

    >>> numbers_in("Two of the 1,024 samples, at 0:35")
    [1024.0, 2.0]
    >>> numbers_in("a dozen, twenty five, one hundred and twenty"), numbers_in("٣ and 二十五")
    ([12.0, 25.0, 120.0], [3.0, 25.0])
    """
    rest = _CLOCK.sub(" ", text)
    digits = [float(found.replace(",", "")) for found in _DIGITS.findall(rest)]
    return (
        digits + _number_words(rest) + [_han(found) for found in _HAN_NUMBER.findall(rest) if found != "一"]
    )


def citable_numbers(text: str) -> set[float]:
    """Every number that a text can be cited for: those of `numbers_in`, and each word of them by itself.

    >>> sorted(citable_numbers("sixty four"))
    [4.0, 60.0, 64.0]
    """
    single = [_value([word]) for word in (w.lower() for w in _LETTERS.findall(text)) if word in _SPELLED]
    return {*numbers_in(text), *single}


def _number_words(text: str) -> list[float]:
    """The numbers that stand in English words, neighbours joined as they are spoken."""
    numbers: list[float] = []
    group: list[str] = []
    end = 0
    for word in _LETTERS.finditer(text):
        key = word[0].lower()
        if key == "and" and group:
            continue
        is_next = bool(group) and _JOINTS.fullmatch(text, end, word.start()) is not None
        if key in _SPELLED:
            if group and not (is_next and _may_follow(group[-1], key)):
                numbers += _group_values(group)
                group = []
            group.append(key)
            end = word.end()
        elif group:
            numbers += _group_values(group)
            group = []
    return numbers + _group_values(group)


def _may_follow(before: str, word: str) -> bool:
    """Whether two number words are one number: `twenty five`, `two hundred`, not `two three`."""
    if word == "hundred" or word in _SCALES:
        return before not in _SETS
    if word in ("dozen", "dozens"):
        return before in _UNITS
    if before == "hundred" or before in _SCALES:
        return word in _UNITS or word in _DECADES
    return before in _DECADES and 0 < _UNITS.get(word, 0) < 10


def _group_values(group: list[str]) -> list[float]:
    return [] if not group or group == ["one"] else [_value(group)]


def _value(group: list[str]) -> float:
    total, part = 0, 0
    for word in group:
        if word in _SCALES:
            total, part = total + max(part, 1) * _SCALES[word], 0
        elif word in ("hundred", "dozen", "dozens"):
            part = max(part, 1) * (100 if word == "hundred" else 12)
        else:
            part += _UNITS.get(word, 0) or _DECADES.get(word, 0) or _SETS.get(word, 0)
    return float(total + part)


def _han(signs: str) -> float:
    """The number in Chinese signs; signs without tens are read digit by digit."""
    if not any(sign in _HAN_TENS for sign in signs):
        return float("".join(str(_HAN[sign]) for sign in signs))
    total, section, digit = 0, 0, 0
    for sign in signs:
        if sign in _HAN:
            digit = _HAN[sign]
        elif _HAN_TENS[sign] == 10_000:
            total, section, digit = (section + digit) * 10_000, 0, 0
        else:
            section, digit = section + max(digit, 1) * _HAN_TENS[sign], 0
    return float(total + section + digit)
