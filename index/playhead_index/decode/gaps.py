"""Intervals in which a file holds neither frames nor sound, because its clock jumps ahead.

A recorder that was stopped for an hour and joined, or whose clock was set, leaves times that nothing was
recorded at. A recording that stands still is another thing: a file of slides at a variable rate holds a
frame every few minutes, and all of it was recorded. The two are distinguished so:

- Where the sound pauses too, between sound before and sound after it, nothing was recorded, if that lasts for
  `MIN_GAP_S`: in 66 files of many sources no sound track pauses for longer than 0.1 s.
- Where there is no sound to go by, a frame counts as shown for as long as its packet states (in MP4 that is
  until the next one). Otherwise nothing was recorded where no frame begins for `MIN_SILENT_GAP_S` and for
  `GAP_RATIO` times the longest distance between two others: slides have many long distances, a jump of the
  clock is one by itself.
"""

from collections.abc import Sequence

import numpy as np

from playhead_index.decode.packets import MIN_GAP_S, PacketTable
from playhead_index.window import Window, join_windows, without_gaps

MIN_SILENT_GAP_S = 600.0
GAP_RATIO = 100.0


def find_gaps(table: PacketTable | None, sound: Sequence[Window]) -> tuple[Window, ...]:
    """The gaps of a recording, in seconds of its presentation clock.

    Args:
        table: when the frames are shown; None for a file without frames.
        sound: where there is sound, in seconds of the presentation clock, in time order.
    """
    if table is None:
        return _sound_pauses(Window(sound[0].start_s, sound[-1].end_s), sound)
    gaps: list[Window] = []
    max_distance_s = _max_distance_s(table)
    usual_s = _usual_length_s(table) if len(table.pauses) else 0.0
    for begin, packet_end, after in table.pauses.tolist():
        begin_s, after_s = table.seconds(begin), table.seconds(after)
        length_s = min(usual_s, after_s - begin_s)
        pause = Window(begin_s + length_s, after_s) if begin_s + length_s < after_s else None
        if pause is None:
            continue
        sound_window = Window(sound[0].start_s, sound[-1].end_s).clamped(pause) if sound else None
        if sound_window is not None:
            gaps += _sound_pauses(sound_window, sound)
        is_frame_displayed = table.seconds(packet_end) > after_s - MIN_GAP_S
        if not is_frame_displayed and after_s - begin_s >= max(MIN_SILENT_GAP_S, GAP_RATIO * max_distance_s):
            gaps += _not_shorter(
                without_gaps(pause, [sound_window] if sound_window else []), MIN_SILENT_GAP_S
            )
    tail = Window(table.duration_s, sound[-1].end_s) if sound and sound[-1].end_s > table.duration_s else None
    if tail is not None:
        gaps += _sound_pauses(tail, [Window(sound[0].start_s, table.duration_s), *sound])
    return tuple(join_windows(gaps))


def _sound_pauses(within: Window, sound: Sequence[Window]) -> tuple[Window, ...]:
    return _not_shorter(without_gaps(within, sound), MIN_GAP_S)


def _not_shorter(windows: Sequence[Window], min_s: float) -> tuple[Window, ...]:
    return tuple(window for window in windows if window.duration_s >= min_s)


def _usual_length_s(table: PacketTable) -> float:
    return float(np.median(np.diff(table.ticks)) * table.tick_s)


def _max_distance_s(table: PacketTable) -> float:
    """The longest distance between two frames that is no candidate for a gap without sound."""
    distances_s = np.diff(table.ticks) * float(table.tick_s)
    return float(distances_s[distances_s < MIN_SILENT_GAP_S].max(initial=0.0))
