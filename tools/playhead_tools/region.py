"""A part of a frame that is shown enlarged."""

import re
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from playhead_tools.tolerance import EPSILON

MIN_SIDE = 0.05
"""Least part of a side that is cut out: less shows nothing."""
_ACROSS = {"left": (0.0, 0.5), "right": (0.5, 1.0)}
_DOWN = {"top": (0.0, 0.5), "upper": (0.0, 0.5), "bottom": (0.5, 1.0), "lower": (0.5, 1.0)}
_MIDDLE = ("center", "centre", "middle")
_NUMBER = re.compile(r"-?\d{0,6}\.?\d{1,6}")


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the picture, in parts of its sides: (0, 0) is the top left, (1, 1) the bottom right.

    Raises:
        ValueError: it does not lie in the picture, or is smaller than `MIN_SIDE`.

    >>> Region(0.5, 0.0, 1.0, 0.5)
    Region(left=0.5, top=0.0, right=1.0, bottom=0.5)
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        sides = (self.left, self.top, self.right, self.bottom)
        inside = all(isfinite(side) and 0.0 <= side <= 1.0 for side in sides)
        if not inside or min(self.right - self.left, self.bottom - self.top) < MIN_SIDE - EPSILON:
            raise ValueError(
                f"a region is left, top, right, bottom from 0 to 1, at least {MIN_SIDE} a side, got {sides}"
            )

    @property
    def max_zoom(self) -> float:
        """How many times larger the region is shown when it fills the picture's shorter cut."""
        return 1.0 / max(self.right - self.left, self.bottom - self.top)

    def cut(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The region of a picture, (H, W, 3) uint8 as it came, at least one pixel."""
        height, width = frame.shape[:2]
        top, left = min(int(self.top * height), height - 1), min(int(self.left * width), width - 1)
        bottom, right = max(top + 1, round(self.bottom * height)), max(left + 1, round(self.right * width))
        return frame[top:bottom, left:right]


def parse_region(text: str) -> Region | None:
    """The region that words or four numbers mean; None for the whole picture.

    Args:
        text: `top left`, `right`, `center`, or `0.5,0,1,0.5`; per cent are understood too.

    Raises:
        ValueError: it is none of these.

    >>> parse_region("top right"), parse_region("")
    (Region(left=0.5, top=0.0, right=1.0, bottom=0.5), None)
    """
    plain = text.casefold().replace("-", " ").replace("_", " ").replace(",", " ")
    words = [word for word in re.findall(r"[a-z]+", plain) if word not in ("half", "corner", "part", "the")]
    if not plain.strip() or words in (["whole"], ["all"], ["full"], ["none"]):
        return None
    numbers = [float(one) for one in _NUMBER.findall(text)]
    if len(numbers) == 4 and not words:
        scale = 100.0 if max(numbers) > 1.0 else 1.0
        left, top, right, bottom = (min(max(one / scale, 0.0), 1.0) for one in numbers)
        return Region(left, top, right, bottom)
    known = {*_ACROSS, *_DOWN, *_MIDDLE}
    if not words or not known.issuperset(words):
        raise ValueError(
            f"no region {text!r}; write left, right, top, bottom, center, two of them, or 0.5,0,1,0.5"
        )
    across = next((_ACROSS[word] for word in words if word in _ACROSS), None)
    down = next((_DOWN[word] for word in words if word in _DOWN), None)
    if across is None and down is None:
        return Region(0.25, 0.25, 0.75, 0.75)
    middle = (0.25, 0.75) if set(words) & set(_MIDDLE) else (0.0, 1.0)
    (left, right), (top, bottom) = across or middle, down or middle
    return Region(left, top, right, bottom)
