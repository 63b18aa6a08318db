"""Made events, the truths that they allow, and scans; times lie on a grid of eighths of a second."""

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from playhead_index.window import Window
from playhead_tools.temporal.event import Event
from playhead_tools.temporal.scan_coverage import Scan

unhurried = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""Property tests that hold on a busy machine too."""

SCOPE = {"v": Window(0.0, 80.0), "w": Window(0.0, 80.0)}
CLOCK = {"v": 1000.0, "w": 1030.0}


def event(name: str, start_s: float, end_s: float, video: str = "v", **unsure: float) -> Event:
    window = Window(float(start_s), float(end_s))
    return Event(video, window, (name,), unsure.get("p", 1.0), unsure.get("delta_s", 0.0))


PS, DELTAS_S = (1.0, 1.0, 0.5, 0.25), (0.0, 0.25, 1.0, 4.0)


def event_lists(
    videos: str = "vw", *, sure: bool = False, closed: bool = True, least: int = 0, most: int = 6
) -> st.SearchStrategy[list[Event]]:
    """Events E1, E2, ... in drawn order; with `sure` they happened exactly as seen.

    One number is drawn for each event and taken apart, which is a good deal faster than to draw each field.
    """
    kinds = 1 if sure else 16 if closed else 64
    numbers = st.integers(0, 60 * 20 * len(videos) * kinds - 1)

    def made(drawn: list[int]) -> list[Event]:
        return [_made(i, number, videos) for i, number in enumerate(drawn)]

    return st.lists(numbers, min_size=least, max_size=most).map(made)


def _made(i: int, number: int, videos: str) -> Event:
    number, start_s = divmod(number, 60)
    number, longer_s = divmod(number, 20)
    number, video = divmod(number, len(videos))
    number, p = divmod(number, 4)
    number, delta = divmod(number, 4)
    window = Window(float(start_s), float(start_s + longer_s + 1))
    unsure = (PS[p], DELTAS_S[delta], bool(number & 1), bool(number & 2))
    return Event(videos[video], window, (f"E{i + 1}",), *unsure)


def truths(seen: Event) -> st.SearchStrategy[Event]:
    """What may have happened when this was seen: boundaries inside the bounds, exactly known."""
    bounds = seen.bounds
    start_lo, end_hi = max(bounds.start_lo, -100.0), min(bounds.end_hi, 200.0)
    starts, ends = int((bounds.start_hi - start_lo) * 8), int((end_hi - bounds.end_lo) * 8)

    def truth(number: int) -> Event:
        sooner, later = divmod(number, ends + 1)
        start_s, end_s = bounds.start_hi - sooner / 8, bounds.end_lo + later / 8
        end_s += 1 / 64 if start_s == end_s else 0.0
        return Event(seen.video_id, Window(start_s, end_s), seen.evidence_ids)

    return st.integers(0, (starts + 1) * (ends + 1) - 1).map(truth)


@st.composite
def happened(draw: st.DrawFn, events: list[Event]) -> list[Event]:
    """One course that things may have taken: the certain events, and some of the others."""
    there = [e for e in events if e.is_certain or draw(st.booleans())]
    return [draw(truths(e)) for e in there]


def scans() -> st.SearchStrategy[Scan]:
    """Scans of two videos of 80 s in stretches."""

    def made(drawn: list[int]) -> Scan:
        scanned: dict[str, list[Window]] = {"v": [], "w": []}
        for number in drawn:
            rest, start_s = divmod(number, 80)
            rest, longer_s = divmod(rest, 80)
            scanned["vw"[rest]].append(Window(float(start_s), float(start_s + longer_s + 1)))
        return Scan(SCOPE, scanned)

    return st.lists(st.integers(0, 2 * 80 * 80 - 1), max_size=5).map(made)


def with_more(scan: Scan, more: Scan) -> Scan:
    """All that was scanned in either."""
    return Scan(scan.scope, {v: [*scan.scanned[v], *more.scanned[v]] for v in scan.scope})


def moved(events: list[Event], by_s: float) -> list[Event]:
    """The same events later."""
    return [replace(e, window=Window(e.window.start_s + by_s, e.window.end_s + by_s)) for e in events]
