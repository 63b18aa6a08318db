"""An `Event`, how certain it and its boundaries are, and merging of events that are close."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, isfinite
from typing import NamedTuple

from playhead_index.window import Window, join_windows


class Bounds(NamedTuple):
    """Where the true start and the true end of an occurrence may lie, in seconds; either may be endless."""

    start_lo: float
    start_hi: float
    end_lo: float
    end_hi: float

    def moved(self, by_s: float) -> "Bounds":
        """The same bounds `by_s` later."""
        return Bounds(*(bound_s + by_s for bound_s in self))

    def widened(self, by_s: float) -> "Bounds":
        """Bounds that allow `by_s` more on every side."""
        return Bounds(self.start_lo - by_s, self.start_hi + by_s, self.end_lo - by_s, self.end_hi + by_s)


@dataclass(frozen=True, slots=True)
class Event:
    """An occurrence built from evidence.

    Each boundary lies within `delta_s` of where it was seen, and what was seen in the middle of the window
    was there: a boundary never passes the middle, however large `delta_s` is.

    Args:
        video_id: in which video.
        window: when.
        evidence_ids: what it stands on, at least one.
        p: how probable it is that it happened at all, 0 to 1.
        delta_s: how far each boundary may be off, in seconds.
        open_left: it may have begun before what was seen.
        open_right: it may have gone on after what was seen.

    Raises:
        ValueError: it stands on nothing, `p` is no probability, or `delta_s` is below 0 or not finite.

    >>> Event("v", Window(10, 20), ("E1",), delta_s=0.5, open_right=True).bounds
    Bounds(start_lo=9.5, start_hi=10.5, end_lo=19.5, end_hi=inf)
    """

    video_id: str
    window: Window
    evidence_ids: tuple[str, ...]
    p: float = 1.0
    delta_s: float = 0.0
    open_left: bool = False
    open_right: bool = False

    def __post_init__(self) -> None:
        if not self.evidence_ids:
            raise ValueError(f"an event stands on at least one evidence, got none for {self.window}")
        if not 0.0 <= self.p <= 1.0:
            raise ValueError(f"p is a probability from 0 to 1, got {self.p} for {self.window}")
        if not (isfinite(self.delta_s) and self.delta_s >= 0):
            raise ValueError(f"delta_s must be finite and not below 0, got {self.delta_s} for {self.window}")

    @property
    def bounds(self) -> Bounds:
        """Where its true boundaries may lie; an open side is endless."""
        start_s, end_s, delta_s = self.window.start_s, self.window.end_s, self.delta_s
        middle_s = (start_s + end_s) / 2
        return Bounds(
            -inf if self.open_left else start_s - delta_s,
            min(start_s + delta_s, middle_s),
            max(end_s - delta_s, middle_s),
            inf if self.open_right else end_s + delta_s,
        )

    @property
    def is_certain(self) -> bool:
        """It happened, whatever its boundaries are."""
        return self.p == 1.0

    @property
    def is_open(self) -> bool:
        """One of its sides may reach beyond what was seen."""
        return self.open_left or self.open_right


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events by video and time."""
    return sorted(events, key=lambda e: (e.video_id, e.window, e.evidence_ids))


def by_video(events: Iterable[Event]) -> dict[str, list[Event]]:
    """The events of each video in time order."""
    groups: dict[str, list[Event]] = {}
    for event in in_order(events):
        groups.setdefault(event.video_id, []).append(event)
    return groups


def merge_events(events: Iterable[Event], gap_s: float = 0.0) -> list[Event]:
    """Events of one video at most `gap_s` apart made one, which keeps the evidence of all.

    The one happened if any of them did, each on its own: p = 1 - (1 - p1)(1 - p2)... It is as unsure of
    its boundaries as the least sure of them, and open where the outermost of them is.

    Raises:
        ValueError: `gap_s` is below 0.

    >>> near = [Event("v", Window(0, 2), ("E1",), p=0.5), Event("v", Window(3, 4), ("E2",), p=0.5)]
    >>> [(one.window, one.evidence_ids, one.p) for one in merge_events(near, gap_s=1)]
    [(Window(start_s=0, end_s=4), ('E1', 'E2'), 0.75)]
    """
    refuse_negative("gap_s", gap_s)
    joined: list[Event] = []
    for event in in_order(events):
        last = joined[-1] if joined else None
        if last and last.video_id == event.video_id and event.window.start_s - last.window.end_s <= gap_s:
            joined[-1] = _one(last, event)
        else:
            joined.append(event)
    return joined


def _one(a: Event, b: Event) -> Event:
    """Two events as one; `a` starts no later than `b`."""
    opens_left = [e.open_left for e in (a, b) if e.window.start_s == a.window.start_s]
    end_s = max(a.window.end_s, b.window.end_s)
    opens_right = [e.open_right for e in (a, b) if e.window.end_s == end_s]
    return Event(
        a.video_id,
        a.window.hull(b.window),
        tuple(dict.fromkeys(a.evidence_ids + b.evidence_ids)),
        1.0 - (1.0 - a.p) * (1.0 - b.p),
        max(a.delta_s, b.delta_s),
        any(opens_left),
        any(opens_right),
    )


def covered_s(events: Iterable[Event]) -> float:
    """Seconds of the union of all windows, each video on its own."""
    groups = by_video(events).values()
    return sum(w.duration_s for group in groups for w in join_windows(e.window for e in group))


def refuse_negative(name: str, seconds: float) -> None:
    """Nothing comes out: a length of time below 0 is refused.

    Raises:
        ValueError: `seconds` is below 0.
    """
    if seconds < 0:
        raise ValueError(f"{name} must not be below 0, got {seconds}")
