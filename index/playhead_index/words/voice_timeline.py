"""The voice of a sound put together, with long silences left out, and the way back to its times."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.window import Window

MAX_SILENCE_S = 1.0
"""Silence between two intervals of voice that is longer is left out but for its edges."""
EDGE_S = 0.3
"""How much of a silence that is left out stays on each side."""


@dataclass(frozen=True, slots=True)
class VoiceTimeline:
    """Positions in the voice of a sound and in the sound itself, both in samples.

    Args:
        sound: (n,) float32 mono.
        pieces: [start, end) of what is taken of the sound, ascending and apart.
        starts: where each piece starts on the timeline.
        rate_hz: samples a second.
    """

    sound: NDArray[np.float32]
    pieces: tuple[tuple[int, int], ...]
    starts: tuple[int, ...]
    rate_hz: int

    @property
    def length(self) -> int:
        """Samples of voice, with the silences that are taken."""
        return self.starts[-1] + self.pieces[-1][1] - self.pieces[-1][0] if self.pieces else 0

    def cut(self, start: int, end: int) -> NDArray[np.float32]:
        """The voice between two positions of the timeline; (end - start,) float32."""
        parts = [np.zeros(0, np.float32)]
        for (piece_start, piece_end), at in zip(self.pieces, self.starts, strict=True):
            first, last = (
                piece_start + max(0, start - at),
                piece_start + min(end - at, piece_end - piece_start),
            )
            if first < last:
                parts.append(self.sound[first:last])
        return np.concatenate(parts)

    def sound_position(self, position: int, *, is_end: bool = False) -> int:
        """The sample of the sound that stands at a position of the timeline; 0 where there is no voice.

        Args:
            position: samples on the timeline.
            is_end: the position ends an interval: at the seam of two pieces it is the end of the first.
        """
        if not self.pieces:
            return 0
        index = max(0, bisect_right(self.starts, position - 1 if is_end else position) - 1)
        start, end = self.pieces[index]
        return min(start + max(0, position - self.starts[index]), end)

    def piece_at(self, position: int) -> tuple[int, int]:
        """[start, end) in samples of the sound of the piece that a position of the timeline lies in.

        Raises:
            IndexError: there is no voice.
        """
        return self.pieces[max(0, bisect_right(self.starts, position) - 1)]


def voice_timeline(sound: NDArray[np.float32], voice: Iterable[Window], rate_hz: int) -> VoiceTimeline:
    """The timeline of the intervals of a sound in which somebody speaks.

    Args:
        sound: (n,) float32 mono.
        voice: where somebody speaks, in seconds of the sound, ascending and apart.
        rate_hz: samples a second.

    >>> sound = np.zeros(100, np.float32)
    >>> voice_timeline(sound, [Window(0.0, 2.0), Window(3.0, 4.0), Window(8.0, 9.0)], 10).pieces
    ((0, 43), (77, 93))
    """
    joined: list[list[float]] = []
    for window in voice:
        if joined and window.start_s - joined[-1][1] <= MAX_SILENCE_S:
            joined[-1][1] = window.end_s
        else:
            joined.append([window.start_s, window.end_s])
    pieces = tuple(
        (max(0, round((start_s - EDGE_S) * rate_hz)), min(len(sound), round((end_s + EDGE_S) * rate_hz)))
        for start_s, end_s in joined
    )
    lengths = [end - start for start, end in pieces]
    return VoiceTimeline(
        sound, pieces, tuple(np.cumsum([0, *lengths[:-1]]).tolist()) if pieces else (), rate_hz
    )


def quietest(sound: NDArray[np.float32], start: int, end: int, width: int) -> int:
    """The middle of the interval of `width` samples with the lowest energy between two samples.

    >>> quietest(np.array([1, 1, 1, 0, 0, 1, 1], np.float32), 0, 7, 2)
    4
    """
    part = np.square(sound[start:end], dtype=np.float64)
    if len(part) <= width:
        return (start + end) // 2
    sums = np.concatenate([[0.0], np.cumsum(part)])
    return start + int(np.argmin(sums[width:] - sums[:-width])) + width // 2


def without_silence(window: tuple[float, float], voice: Sequence[Window]) -> tuple[float, float]:
    """The longest part of a time range in which somebody speaks; the range itself where nobody does.

    A word beside a pause is aligned with the pause too.

    >>> without_silence((0.0, 4.0), [Window(0.0, 1.0), Window(2.5, 6.0)])
    (2.5, 4.0)
    """
    parts = [(max(window[0], one.start_s), min(window[1], one.end_s)) for one in voice]
    inside = [part for part in parts if part[0] < part[1]]
    return max(inside, key=lambda part: part[1] - part[0], default=window)
