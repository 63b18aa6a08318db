"""A `Window` of a video, and how times are read and written."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{1,2}(?:[.,]\d+)?)$")
_SECONDS = re.compile(r"\d+(?:[.,]\d+)?s?$")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """The half-open interval [start_s, end_s) of one video, in seconds on its presentation clock.

    t = 0 is the moment at which the first frame of the video is shown.

    Raises:
        ValueError: a bound is not finite, or the window does not end after it starts.

    >>> Window(5.0, 10.0).overlap_s(Window(8.0, 20.0))
    2.0
    """

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not (isfinite(self.start_s) and isfinite(self.end_s) and self.start_s < self.end_s):
            raise ValueError(
                f"a window must be finite and end after it starts, got [{self.start_s}, {self.end_s})"
            )

    @property
    def duration_s(self) -> float:
        """Length in seconds, always above 0."""
        return self.end_s - self.start_s

    def __contains__(self, time_s: float) -> bool:
        return self.start_s <= time_s < self.end_s

    def __str__(self) -> str:
        return f"{format_time(self.start_s)}–{format_time(self.end_s)}"

    def overlap_s(self, other: "Window") -> float:
        """Seconds that both windows hold; 0 for windows that only touch."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))

    def gap_s(self, other: "Window") -> float:
        """Seconds between the two windows; 0 when they touch or overlap."""
        return max(0.0, max(self.start_s, other.start_s) - min(self.end_s, other.end_s))

    def hull(self, other: "Window") -> "Window":
        """The shortest window that holds both."""
        return Window(min(self.start_s, other.start_s), max(self.end_s, other.end_s))

    def shifted(self, by_s: float) -> "Window":
        """This window `by_s` seconds later, or earlier where that is below 0.

        >>> Window(1.0, 2.5).shifted(-1.0)
        Window(start_s=0.0, end_s=1.5)
        """
        return Window(self.start_s + by_s, self.end_s + by_s)

    def clamped(self, within: "Window") -> "Window | None":
        """The part of this window inside `within`, or None when there is none."""
        start_s, end_s = max(self.start_s, within.start_s), min(self.end_s, within.end_s)
        return Window(start_s, end_s) if start_s < end_s else None


def join_windows(windows: Iterable[Window], gap_s: float = 0.0) -> list[Window]:
    """Windows in time order, those at most `gap_s` apart made one.

    >>> join_windows([Window(0, 1), Window(4, 5), Window(1, 2)])
    [Window(start_s=0, end_s=2), Window(start_s=4, end_s=5)]
    """
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.start_s - joined[-1].end_s <= gap_s:
            joined[-1] = joined[-1].hull(window)
        else:
            joined.append(window)
    return joined


def without_gaps(window: Window, gaps: Sequence[Window]) -> tuple[Window, ...]:
    """The parts of a window that lie in none of some gaps, in time order.

    Args:
        window: the window.
        gaps: in time order, without overlap.

    >>> [(part.start_s, part.end_s) for part in without_gaps(Window(0.0, 90.0), [Window(10.0, 70.0)])]
    [(0.0, 10.0), (70.0, 90.0)]
    """
    parts, at_s = [], window.start_s
    for gap in gaps:
        if at_s < min(gap.start_s, window.end_s):
            parts.append(Window(at_s, min(gap.start_s, window.end_s)))
        at_s = max(at_s, gap.end_s)
    if at_s < window.end_s:
        parts.append(Window(at_s, window.end_s))
    return tuple(parts)


def temporal_iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Overlap of every window in `a` with every window in `b`, from 0 (apart) to 1 (equal).

    The measure behind R1@IoU and mAP in moment retrieval (Lei et al., 2021, arXiv:2107.09609).

    Args:
        a: (N, 2) float64, rows of [start_s, end_s) in seconds.
        b: (M, 2) float64, likewise. Either may be empty.

    Returns:
        (N, M) float64; entry [i, j] is |a[i] ∩ b[j]| / |a[i] ∪ b[j]|.

    Raises:
        ValueError: an array is not (rows, 2), or a row does not end after it starts.

    >>> temporal_iou(np.array([[0.0, 10.0]]), np.array([[5.0, 15.0], [10.0, 20.0]])).round(3)
    array([[0.333, 0.   ]])
    """
    for name, rows in (("a", a), ("b", b)):
        if rows.ndim != 2 or rows.shape[1] != 2:
            raise ValueError(f"{name} must be (rows, 2) as [start_s, end_s), got {rows.shape = }")
        if not np.all(rows[:, 0] < rows[:, 1]):
            raise ValueError(f"every row of {name} must end after it starts")
    start = np.maximum(a[:, None, 0], b[None, :, 0])
    end = np.minimum(a[:, None, 1], b[None, :, 1])
    shared = np.clip(end - start, 0.0, None)
    lengths_a, lengths_b = a[:, 1] - a[:, 0], b[:, 1] - b[:, 0]
    return np.asarray(shared / (lengths_a[:, None] + lengths_b[None, :] - shared), dtype=np.float64)


def parse_time(text: str) -> float:
    """Seconds meant by a time as people write it: `75`, `75.5`, `1:15`, `00:01:15.5`.

    Raises:
        ValueError: the text is none of these, or has 60 or more minutes or seconds after a colon.

    >>> parse_time("00:01:15.5")
    75.5
    """
    stripped = text.strip()
    if _SECONDS.match(stripped):
        return float(stripped.rstrip("s").replace(",", "."))
    clock = _CLOCK.match(stripped)
    if clock is None:
        raise ValueError(f"not a time: {text!r}; write seconds (75.5) or a clock (1:15, 00:01:15.5)")
    hours, minutes, seconds = clock[1], int(clock[2]), float(clock[3].replace(",", "."))
    if seconds >= 60 or (hours is not None and minutes >= 60):
        raise ValueError(f"not a time: {text!r}; minutes and seconds after a colon stay below 60")
    return int(hours or 0) * 3600 + minutes * 60 + seconds


def format_time(seconds: float) -> str:
    """The clock that a player shows: `1:15`, `1:02:05`, with tenths where there are any.

    Reading it back with `parse_time` gives the time to within 0.05 s.

    >>> format_time(75.0), format_time(75.26), format_time(3725.0)
    ('1:15', '1:15.3', '1:02:05')
    """
    sign = "-" if seconds < 0 else ""
    tenths = round(abs(seconds) * 10)
    total_seconds, tenth = divmod(tenths, 10)
    hours, rest = divmod(total_seconds, 3600)
    minutes, secs = divmod(rest, 60)
    clock = f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"
    return f"{sign}{clock}.{tenth}" if tenth else f"{sign}{clock}"
