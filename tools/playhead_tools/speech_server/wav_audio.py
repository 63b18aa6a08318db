"""The sound that a transcription server is sent: stretches of voice, as WAV files in memory."""

import io
import wave
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from playhead_index.window import Window

RATE_HZ = 16_000
JOIN_GAP_S = 2.0
"""Stretches of voice that are at most so far apart are sent together."""
QUIET_S = 0.1


def wav_bytes(sound: NDArray[np.float32]) -> bytes:
    """A WAV file of 16 bits.

    Args:
        sound: (n,) float32 mono in [-1, 1] at 16 kHz.
    """
    samples = np.clip(np.nan_to_num(sound), -1.0, 1.0) * 32767.0
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def join_voice(voice: Sequence[Window], max_s: float) -> list[Window]:
    """Stretches of voice joined where they are near and together not longer than `max_s`.

    >>> join_voice([Window(0, 5), Window(6, 9), Window(30, 40)], 60.0)
    [Window(start_s=0, end_s=9), Window(start_s=30, end_s=40)]
    """
    joined: list[Window] = []
    for window in voice:
        before = joined[-1] if joined else None
        if (
            before is not None
            and window.start_s - before.end_s <= JOIN_GAP_S
            and window.end_s - before.start_s <= max_s
        ):
            joined[-1] = before.hull(window)
        else:
            joined.append(window)
    return joined


def split_at_quiet(sound: NDArray[np.float32], window: Window, max_s: float) -> Iterator[Window]:
    """A stretch in parts of at most `max_s`, each cut where its second half is quietest.

    Args:
        sound: (n,) float32 mono at 16 kHz, of the time from 0 s on that the window is given in.
        window: the stretch, in seconds.
        max_s: length of the longest part.
    """
    start_s, frame = window.start_s, round(QUIET_S * RATE_HZ)
    while window.end_s - start_s > max_s:
        first = round((start_s + max_s / 2) * RATE_HZ)
        part = sound[first : round((start_s + max_s) * RATE_HZ)]
        frames = part[: len(part) // frame * frame].reshape(-1, frame)
        quietest = int(np.argmin((frames.astype(np.float64) ** 2).mean(axis=1))) if len(frames) else 0
        cut_s = (first + (quietest + 0.5) * frame) / RATE_HZ
        yield Window(start_s, cut_s)
        start_s = cut_s
    yield Window(start_s, window.end_s)


def mute_outside(sound: NDArray[np.float32], window: Window, voice: Sequence[Window]) -> NDArray[np.float32]:
    """The sound of a stretch in which all is silent but some windows.

    Args:
        sound: (n,) float32 mono at 16 kHz.
        window: the stretch, in the time of the sound.
        voice: windows, likewise.
    """
    first, last = round(window.start_s * RATE_HZ), round(window.end_s * RATE_HZ)
    cut = np.zeros(max(0, min(last, len(sound)) - first), np.float32)
    for window in voice:
        start, end = (round(time_s * RATE_HZ) for time_s in (window.start_s, window.end_s))
        start, end = max(start, first), min(end, last)
        if start < end:
            cut[start - first : end - first] = sound[start:end]
    return cut
