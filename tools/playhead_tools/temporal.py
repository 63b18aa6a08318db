"""Temporal algebra on events: code reckons with times, and says which evidence a result stands on.

Events of different videos have no common clock: relations hold inside one video only, and an
operator that picks one event picks one in every video.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal

from playhead_index.window import Window, join_windows

Order = Literal["before", "after", "undetermined"]


@dataclass(frozen=True, slots=True)
class Event:
    """An occurrence built from evidence.

    Args:
        video_id: in which video.
        window: when.
        evidence_ids: what it stands on, at least one.

    Raises:
        ValueError: it stands on nothing.
    """

    video_id: str
    window: Window
    evidence_ids: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.evidence_ids:
            raise ValueError(f"an event stands on at least one evidence, got none for {self.window}")


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A result with the events that justify it, in time order in each video.

    `complete` is False when it holds only of what was searched: an earlier, later or further event
    may lie where nobody looked.
    """

    value: float
    events: tuple[Event, ...]
    complete: bool

    @property
    def evidence_ids(self) -> tuple[str, ...]:
        """Every evidence behind the result, once, in the order of the events."""
        return tuple(dict.fromkeys(one for event in self.events for one in event.evidence_ids))


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events by video and time."""
    return sorted(events, key=lambda e: (e.video_id, e.window, e.evidence_ids))


def merged(events: Iterable[Event], gap_s: float = 0.0) -> list[Event]:
    """Events of one video at most `gap_s` apart made one, which keeps the evidence of all.

    Raises:
        ValueError: `gap_s` is below 0.
    """
    if gap_s < 0:
        raise ValueError(f"gap_s must not be below 0, got {gap_s}")
    joined: list[Event] = []
    for event in in_order(events):
        last = joined[-1] if joined else None
        if last and last.video_id == event.video_id and event.window.start_s - last.window.end_s <= gap_s:
            ids = tuple(dict.fromkeys(last.evidence_ids + event.evidence_ids))
            joined[-1] = Event(last.video_id, last.window.hull(event.window), ids)
        else:
            joined.append(event)
    return joined


def before(events: Iterable[Event], anchor: Event, tolerance_s: float = 0.0) -> list[Event]:
    """Events that have ended when the anchor starts; they may reach `tolerance_s` into it."""
    latest_s = anchor.window.start_s + tolerance_s
    return [e for e in in_order(events) if _same(e, anchor) and e.window.end_s <= latest_s]


def after(events: Iterable[Event], anchor: Event, tolerance_s: float = 0.0) -> list[Event]:
    """Events that start when the anchor has ended; they may start `tolerance_s` sooner."""
    earliest_s = anchor.window.end_s - tolerance_s
    return [e for e in in_order(events) if _same(e, anchor) and e.window.start_s >= earliest_s]


def during(events: Iterable[Event], anchor: Event, tolerance_s: float = 0.0) -> list[Event]:
    """Events that share time with the anchor, or are less than `tolerance_s` away from it."""
    return [
        e
        for e in in_order(events)
        if _same(e, anchor)
        and (e.window.overlap_s(anchor.window) > 0 or e.window.gap_s(anchor.window) < tolerance_s)
    ]


def between(events: Iterable[Event], first: Event, second: Event, tolerance_s: float = 0.0) -> list[Event]:
    """Events after the first anchor and before the second."""
    return before(after(events, first, tolerance_s), second, tolerance_s)


def nth(events: Iterable[Event], n: int, *, searched_whole: bool) -> Reckoned:
    """The nth event of every video that has so many: 1 the first, -1 the last, -2 the last but one.

    Raises:
        ValueError: n is 0.
    """
    if n == 0:
        raise ValueError("n is 1 for the first or -1 for the last, got 0")
    picked = []
    for _, group in groupby(in_order(events), key=lambda e: e.video_id):
        ordered = list(group)
        if len(ordered) >= abs(n):
            picked.append(ordered[n - 1 if n > 0 else n])
    return Reckoned(float(n), tuple(picked), searched_whole)


def count(events: Iterable[Event], *, merge_gap_s: float, searched_whole: bool) -> Reckoned:
    """How many distinct events there are when those at most `merge_gap_s` apart are one."""
    distinct = merged(events, merge_gap_s)
    return Reckoned(float(len(distinct)), tuple(distinct), searched_whole)


def total_duration(
    events: Iterable[Event], *, merge_gap_s: float = 0.0, searched_whole: bool = True
) -> Reckoned:
    """Seconds in which any event is on: the length of the union of their windows, video by video."""
    distinct = merged(events, merge_gap_s)
    return Reckoned(sum(e.window.duration_s for e in distinct), tuple(distinct), searched_whole)


def compare(a: Event, b: Event, tolerance_s: float = 0.0) -> Order:
    """Whether `a` starts before or after `b`; undetermined within the tolerance or in two videos."""
    apart_s = b.window.start_s - a.window.start_s
    if not _same(a, b) or abs(apart_s) <= tolerance_s:
        return "undetermined"
    return "before" if apart_s > 0 else "after"


def order(
    groups: Mapping[str, Sequence[Event]], *, tolerance_s: float = 0.0, searched_whole: bool
) -> tuple[list[str], Reckoned] | None:
    """The names in the order of their first events, with those events.

    None when it is undetermined: a group is empty, no video has all of them, several videos have them
    in different orders, or two first events start within the tolerance.
    """
    found: list[tuple[list[str], list[Event]]] = []
    for video_id in sorted({e.video_id for events in groups.values() for e in events}):
        firsts = {
            name: inside[0]
            for name, events in groups.items()
            if (inside := [e for e in in_order(events) if e.video_id == video_id])
        }
        if len(firsts) == len(groups):
            names = sorted(firsts, key=lambda name: firsts[name].window)
            found.append((names, [firsts[name] for name in names]))
    if not found or any(names != found[0][0] for names, _ in found):
        return None
    if any(compare(a, b, tolerance_s) != "before" for _, evs in found for a, b in pairwise(evs)):
        return None
    events = tuple(event for _, evs in found for event in evs)
    return found[0][0], Reckoned(float(len(groups)), events, searched_whole)


def covered_s(events: Iterable[Event]) -> float:
    """Seconds of the union of all windows, each video on its own."""
    by_video: dict[str, list[Window]] = {}
    for event in events:
        by_video.setdefault(event.video_id, []).append(event.window)
    return sum(w.duration_s for windows in by_video.values() for w in join_windows(windows))


def _same(a: Event, b: Event) -> bool:
    return a.video_id == b.video_id
