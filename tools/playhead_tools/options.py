"""Chooses the option of a multiple-choice question that a result matches: by code, never by guess.

A result is a text, a time, a number, a length or an order; an option is chosen when it states the same
and no other option does.
"""

import re
from collections.abc import Sequence
from pathlib import PurePath

from playhead_tools.video_llm.parse_response import (
    TIME_TOLERANCE_S,
    contains_answer,
    is_abstention,
    normalised,
    parse_reply_time,
)

_LENGTH = re.compile(r"^(?:for\s+)?(\d+(?:\.\d+)?)\s*(s|sec|seconds?|min|minutes?|h|hours?)$")
_UNIT_S = {"s": 1.0, "m": 60.0, "h": 3600.0}
LENGTH_SLACK = 0.35
"""A length is taken for the nearest option when it is off by at most this part of it."""


def by_text(options: Sequence[str], text: str) -> int | None:
    """The one option that equals a text or that it contains; part of another contained option does not count.

    >>> by_text(["a star", "a red star"], "It is a red star."), by_text(["yes", "no"], "maybe")
    (1, None)
    """
    exact = [i for i, option in enumerate(options) if normalised(option) == normalised(text)]
    if len(exact) == 1:
        return exact[0]
    contained = [i for i, option in enumerate(options) if contains_answer(text, option)]
    outermost = [
        i for i in contained if not any(i != j and _is_part(options[i], options[j]) for j in contained)
    ]
    return outermost[0] if len(outermost) == 1 else None


def _is_part(short: str, long: str) -> bool:
    return normalised(short) != normalised(long) and contains_answer(long, short)


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
    return [parse_reply_time(option) for option in options]


def by_time(options: Sequence[str], time_s: float, within_s: float = TIME_TOLERANCE_S) -> int | None:
    """The option whose time is nearest, if it lies within `within_s`."""
    return _nearest(option_times_s(options), time_s, within_s)


def by_length(options: Sequence[str], length_s: float) -> int | None:
    """The option whose length is nearest, if it is off by no more than `LENGTH_SLACK` of it."""
    return _nearest([parse_length(option) for option in options], length_s, LENGTH_SLACK * max(length_s, 1.0))


def parse_length(text: str) -> float | None:
    """Seconds of a length such as `11 seconds` or `2 minutes`; None for other texts.

    >>> parse_length("2 minutes"), parse_length("a star")
    (120.0, None)
    """
    found = _LENGTH.match(text.strip().casefold().rstrip("."))
    return None if found is None else float(found[1]) * _UNIT_S[found[2][0]]


def _nearest(values: Sequence[float | None], target: float, within: float) -> int | None:
    apart = [(abs(value - target), i) for i, value in enumerate(values) if value is not None]
    return min(apart)[1] if apart and min(apart)[0] <= within else None


def by_order(options: Sequence[str], names: Sequence[str]) -> int | None:
    """The one option that lists some names in this order.

    >>> by_order(["dog, cat", "cat, dog"], ["cat", "dog"])
    1
    """
    target = [normalised(name) for name in names]
    found = [i for i, option in enumerate(options) if _listed_so(normalised(option), target)]
    return found[0] if len(found) == 1 else None


def _listed_so(option: str, names: Sequence[str]) -> bool:
    at = 0
    for name in names:
        at = f" {option} ".find(f" {name} ", at)
        if at < 0:
            return False
        at += len(name)
    return True


def by_presence(
    options: Sequence[str], num_detections: int, *, is_object_detected: bool, is_kind_detected: bool
) -> int | None:
    """The yes-or-no option that states how often something was detected.

    Args:
        options: each beginning with yes or no.
        num_detections: how often it was detected.
        is_object_detected: the object was detected, though not its action.
        is_kind_detected: an object of the same kind but of another colour was detected.

    >>> options = ["yes, once", "yes, several times", "no"]
    >>> by_presence(options, 2, is_object_detected=True, is_kind_detected=True)
    1
    """
    word = "yes" if num_detections else "no"
    sided = [i for i, option in enumerate(options) if normalised(option).split(" ")[0] == word]
    if len(sided) < 2:
        return sided[0] if sided else None
    several = re.compile(r"\b(?:several|many|more than|twice|often|repeatedly)\b")
    other = re.compile(r"\b(?:another|other|though|although|but)\b")
    marked = [bool((several if num_detections else other).search(options[i].casefold())) for i in sided]
    target = num_detections > 1 if num_detections else (is_object_detected or is_kind_detected)
    fitting = [i for i, mark in zip(sided, marked, strict=True) if mark == target]
    return fitting[0] if len(fitting) == 1 else None


def by_file(options: Sequence[str], name: str) -> int | None:
    """The option that is a file's name, with or without its ending and the folders before it.

    >>> by_file(["lesson.mp4", "street"], "street.mp4"), by_file(["lesson.mp4"], "monday/lesson.mp4")
    (1, 0)
    """
    forms = (PurePath(name).stem, name, PurePath(name).name)
    return next((found for form in forms if (found := by_text(options, form)) is not None), None)


def abstaining_option(options: Sequence[str]) -> int | None:
    """The option that says that there is no answer; None where there is none."""
    found = [i for i, option in enumerate(options) if is_abstention(option)]
    return found[0] if found else None
