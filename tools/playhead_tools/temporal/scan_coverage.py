"""Scan coverage: the scanned windows of every video in scope, and what follows for completeness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from playhead_index.window import Window, join_windows
from playhead_tools.tolerance import EPSILON_S

MIN_HOLE_S = EPSILON_S
"""Seconds that may lie between two scanned windows without being a gap."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The scope of a question and the windows of it that were scanned.

    Holes of a millisecond or less between scanned windows are no holes: they come from rounding.

    Args:
        scope: for each video the window asked about, mostly the whole video.
        scanned: for each video the windows in which every occurrence would have been seen.

    >>> scan = Scan({"v": Window(0, 60)}, {"v": [Window(0, 20), Window(20, 45)]})
    >>> scan.fraction, scan.covers("v", end_s=30), scan.covers("v", start_s=30)
    (0.75, True, False)
    """

    scope: Mapping[str, Window]
    scanned: Mapping[str, Sequence[Window]]

    def scanned_windows(self, video_id: str) -> list[Window]:
        """The scanned parts of the scope in one video, in time order; none for a video out of scope."""
        scope = self.scope.get(video_id)
        if scope is None:
            return []
        joined = join_windows(self.scanned.get(video_id, ()), MIN_HOLE_S)
        return [part for window in joined if (part := window.clamped(scope)) is not None]

    def unscanned_windows(self, video_id: str) -> list[Window]:
        """The parts of the scope in one video that were not scanned, in time order."""
        scope = self.scope.get(video_id)
        if scope is None:
            return []
        scanned = self.scanned_windows(video_id)
        starts = [scope.start_s, *(w.end_s for w in scanned)]
        ends = [*(w.start_s for w in scanned), scope.end_s]
        return [Window(a, b) for a, b in zip(starts, ends, strict=True) if b - a > MIN_HOLE_S]

    def covers(self, video_id: str, start_s: float = -inf, end_s: float = inf) -> bool:
        """Whether all of the scope between two times of a video was scanned; False out of scope."""
        if video_id not in self.scope:
            return False
        return all(
            min(w.end_s, end_s) - max(w.start_s, start_s) <= MIN_HOLE_S
            for w in self.unscanned_windows(video_id)
        )

    def covers_time(self, video_id: str, time_s: float) -> bool:
        """Whether a moment was scanned."""
        return any(time_s in window for window in self.scanned_windows(video_id))

    @property
    def is_complete(self) -> bool:
        """Whether everything in scope was scanned."""
        return all(self.covers(video_id) for video_id in self.scope)

    @property
    def scanned_s(self) -> float:
        """Seconds of the scope that were scanned."""
        return sum(w.duration_s for video_id in self.scope for w in self.scanned_windows(video_id))

    @property
    def fraction(self) -> float:
        """The scanned part of the scope, 0 to 1; 1 for a scope of nothing."""
        requested_s = sum(w.duration_s for w in self.scope.values())
        return self.scanned_s / requested_s if requested_s else 1.0


ScanCoverage = bool | Scan
"""What a caller knows of the search: whether all in scope was searched, or where it was."""


def is_complete(scan_coverage: ScanCoverage) -> bool:
    """Whether everything in scope was searched."""
    return scan_coverage.is_complete if isinstance(scan_coverage, Scan) else scan_coverage


def fraction_of(scan_coverage: ScanCoverage) -> float | None:
    """The searched part of the scope, 0 to 1; None where a caller knows only that it is not all."""
    if isinstance(scan_coverage, Scan):
        return scan_coverage.fraction
    return 1.0 if scan_coverage else None


def is_covered(
    scan_coverage: ScanCoverage, line: Mapping[str, float], start_s: float = -inf, end_s: float = inf
) -> bool:
    """Whether the scope between two times of a timeline was searched, in every video of the timeline."""
    if not isinstance(scan_coverage, Scan):
        return scan_coverage
    return all(scan_coverage.covers(v, start_s - offset_s, end_s - offset_s) for v, offset_s in line.items())


def scope_ids(scan_coverage: ScanCoverage) -> list[str]:
    """The videos in scope, as far as the caller names them."""
    return sorted(scan_coverage.scope) if isinstance(scan_coverage, Scan) else []
