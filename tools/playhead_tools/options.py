"""Which option of a multiple choice is the one that was found out: by code, never by guess.

What was found is a text, a time, a number, a length or an order; an option is chosen when it says the same
and no other option does.
"""

import re
from collections.abc import Sequence
from pathlib import PurePath

from playhead_tools.video_llm.parse_response import NEAR_S, is_abstention, normalised, says, time_said

_LENGTH = re.compile(r"^(?:for\s+)?(\d+(?:\.\d+)?)\s*(s|sec|seconds?|min|minutes?|h|hours?)$")
_UNIT_S = {"s": 1.0, "m": 60.0, "h": 3600.0}
LENGTH_SLACK = 0.35
"""A length is taken for the nearest option when it is off by at most this part of it."""


def by_text(options: Sequence[str], text: str) -> int | None:
    """The one option that a text is, or whose words it holds; a part of another held option does not count.

    >>> by_text(["a star", "a red star"], "It is a red star."), by_text(["yes", "no"], "maybe")
    (1, None)
    """
    exact = [i for i, option in enumerate(options) if normalised(option) == normalised(text)]
    if len(exact) == 1:
        return exact[0]
    held = [i for i, option in enumerate(options) if says(text, option)]
    whole = [i for i in held if not any(i != j and _is_part(options[i], options[j]) for j in held)]
    return whole[0] if len(whole) == 1 else None


def _is_part(short: str, long: str) -> bool:
    return normalised(short) != normalised(long) and says(long, short)


def by_number(options: Sequence[str], value: float) -> int | None:
    """The one option that is, or begins with, a number.

    >>> by_number(["one time", "3", "2"], 1)
    0
    """
    first = [normalised(option).split(" ")[0] for option in options]
    found = [i for i, word in enumerate(first) if word == f"{value:g}"]
    return found[0] if len(found) == 1 else None


def nearest_number(options: Sequence[str], value: float) -> int | None:
    """The option whose number is nearest; None when none begins with a number, or two are as near.

    >>> nearest_number(["5", "6", "8"], 3)
    0
    """
    first = [normalised(option).split(" ")[0] for option in options]
    apart = sorted((abs(float(word) - value), i) for i, word in enumerate(first) if word.isdigit())
    if not apart or (len(apart) > 1 and apart[0][0] == apart[1][0]):
        return None
    return apart[0][1]


def option_times_s(options: Sequence[str]) -> list[float | None]:
    """The time that each option names, in seconds; None for one that names none."""
    return [time_said(option) for option in options]


def by_time(options: Sequence[str], time_s: float, within_s: float = NEAR_S) -> int | None:
    """The option whose time is nearest, if it lies within `within_s`."""
    return _nearest(option_times_s(options), time_s, within_s)


def by_length(options: Sequence[str], length_s: float) -> int | None:
    """The option whose length is nearest, if it is off by no more than `LENGTH_SLACK` of it."""
    return _nearest([length_said(option) for option in options], length_s, LENGTH_SLACK * max(length_s, 1.0))


def length_said(text: str) -> float | None:
    """Seconds of a length such as `11 seconds` or `2 minutes`; None for other texts.

    >>> length_said("2 minutes"), length_said("a star")
    (120.0, None)
    """
    found = _LENGTH.match(text.strip().casefold().rstrip("."))
    return None if found is None else float(found[1]) * _UNIT_S[found[2][0]]


def _nearest(values: Sequence[float | None], wanted: float, within: float) -> int | None:
    apart = [(abs(value - wanted), i) for i, value in enumerate(values) if value is not None]
    return min(apart)[1] if apart and min(apart)[0] <= within else None


def by_order(options: Sequence[str], names: Sequence[str]) -> int | None:
    """The one option that lists some names in this order.

    >>> by_order(["dog, cat", "cat, dog"], ["cat", "dog"])
    1
    """
    wanted = [normalised(name) for name in names]
    found = [i for i, option in enumerate(options) if _listed_so(normalised(option), wanted)]
    return found[0] if len(found) == 1 else None


def _listed_so(option: str, names: Sequence[str]) -> bool:
    at = 0
    for name in names:
        at = f" {option} ".find(f" {name} ", at)
        if at < 0:
            return False
        at += len(name)
    return True


def by_presence(options: Sequence[str], times_seen: int, *, thing_seen: bool, kind_seen: bool) -> int | None:
    """The option that says how often something was seen, in the words that people use for it.

    Args:
        options: each beginning with yes or no.
        times_seen: places where it was seen.
        thing_seen: the thing was seen, if not what it was asked to do.
        kind_seen: something like it was seen, of another colour or sort.

    >>> by_presence(["yes, once", "yes, several times", "no"], 2, thing_seen=True, kind_seen=True)
    1
    """
    word = "yes" if times_seen else "no"
    sided = [i for i, option in enumerate(options) if normalised(option).split(" ")[0] == word]
    if len(sided) < 2:
        return sided[0] if sided else None
    many = re.compile(r"\b(?:several|many|more than|twice|often|repeatedly)\b")
    other = re.compile(r"\b(?:another|other|though|although|but)\b")
    marked = [bool((many if times_seen else other).search(options[i].casefold())) for i in sided]
    wanted = times_seen > 1 if times_seen else (thing_seen or kind_seen)
    fitting = [i for i, mark in zip(sided, marked, strict=True) if mark == wanted]
    return fitting[0] if len(fitting) == 1 else None


def by_file(options: Sequence[str], name: str) -> int | None:
    """The option that is a file's name, with or without its ending and the folders before it.

    >>> by_file(["lesson.mp4", "street"], "street.mp4"), by_file(["lesson.mp4"], "monday/lesson.mp4")
    (1, 0)
    """
    forms = (PurePath(name).stem, name, PurePath(name).name)
    return next((found for form in forms if (found := by_text(options, form)) is not None), None)


def declining(options: Sequence[str]) -> int | None:
    """The option that says that there is no answer; None where there is none."""
    found = [i for i, option in enumerate(options) if is_abstention(option)]
    return found[0] if found else None
