"""Voice activity detection (VAD): Silero's detector, whose weights come in the wheel of faster-whisper."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playhead_index.errors import ModelUnavailable
from playhead_index.extras import install_command
from playhead_index.window import Window

RATE_HZ = 16_000
MIN_SILENCE_S = 0.5
PAD_S = 0.1
CHUNK_S = 300.0
"""Maximum seconds of sound that are processed at once."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """An interval of sound that is processed at once.

    Args:
        from_s: where it begins in the whole sound.
        sound: (n,) float32 mono at 16 kHz.
        speech: where somebody speaks, in seconds from the chunk's own start, ascending.
    """

    from_s: float
    sound: NDArray[np.float32]
    speech: tuple[Window, ...]

    @property
    def windows(self) -> tuple[Window, ...]:
        """Where somebody speaks, in the time of the whole sound."""
        return tuple(window.shifted(self.from_s) for window in self.speech)

    @property
    def window(self) -> Window:
        """The interval itself, in the time of the whole sound."""
        return Window(self.from_s, self.from_s + len(self.sound) / RATE_HZ)


def speech_windows(sound: NDArray[np.float32]) -> list[Window]:
    """Where somebody speaks, in seconds from the start; intervals at least half a second apart.

    Args:
        sound: (n,) float32 mono in [-1, 1] at 16 kHz.

    Raises:
        ModelUnavailable: faster-whisper is not installed.
    """
    try:
        from faster_whisper.vad import VadOptions, get_speech_timestamps
    except ImportError as error:
        raise ModelUnavailable(
            f"finding speech needs faster-whisper ({error}); run: {install_command('asr')}"
        ) from error
    if not len(sound):
        return []
    options = VadOptions(
        min_silence_duration_ms=round(MIN_SILENCE_S * 1000), speech_pad_ms=round(PAD_S * 1000)
    )
    found = get_speech_timestamps(sound, options)
    return [Window(interval["start"] / RATE_HZ, interval["end"] / RATE_HZ) for interval in found]


def cut_chunks(pieces: Iterable[NDArray[np.float32]], longest_s: float) -> Iterator[Chunk]:
    """Sound in chunks of minutes, cut where nobody speaks if there is such a place in their second half.

    Holds at most one chunk and one piece at a time.

    Args:
        pieces: (n,) float32 mono at 16 kHz, one behind the other.
        longest_s: no chunk is longer.
    """
    max_samples = round(longest_s * RATE_HZ)
    buffered = np.zeros(0, np.float32)
    new_pieces: list[NDArray[np.float32]] = []
    at = size = 0
    for piece in pieces:
        new_pieces.append(piece)
        size += len(piece)
        while len(buffered) + size >= max_samples:
            buffered, new_pieces, size = np.concatenate([buffered, *new_pieces]), [], 0
            speech = speech_windows(buffered[:max_samples])
            cut = round(cut_s(speech, longest_s) * RATE_HZ)
            yield _chunk(at, buffered[:cut], speech)
            at, buffered = at + cut, buffered[cut:]
    buffered = np.concatenate([buffered, *new_pieces])
    if len(buffered):
        yield _chunk(at, buffered, speech_windows(buffered))


class SoundBuffer:
    """Buffers sound that comes in pieces; chunks are taken at its front.

    Args:
        pieces: (n,) float32 mono at 16 kHz, one behind the other.
        start: samples that are left out at the front.
    """

    def __init__(self, pieces: Iterable[NDArray[np.float32]], start: int = 0) -> None:
        self._pieces = iter(pieces)
        self._held = np.zeros(0, np.float32)
        self._to_skip = start
        self.at = start
        """Samples before the sound that is held."""

    def peek(self, size: int) -> tuple[NDArray[np.float32], bool]:
        """(at most `size` samples from the front, whether nothing follows them)."""
        waiting = [self._held]
        length = len(self._held)
        while length <= size and (piece := next(self._pieces, None)) is not None:
            skipped = min(self._to_skip, len(piece))
            self._to_skip -= skipped
            waiting.append(piece[skipped:])
            length += len(piece) - skipped
        self._held = np.concatenate(waiting) if len(waiting) > 1 else self._held
        return self._held[:size], length <= size

    def drop(self, size: int) -> None:
        """Takes samples away at the front."""
        self._held = self._held[size:]
        self.at += size


def voice_by_chunk(
    pieces: Iterable[NDArray[np.float32]], longest_s: float = CHUNK_S
) -> Iterator[tuple[Window, tuple[Window, ...]]]:
    """(chunk, where somebody speaks in it), both in the time of the whole sound; see `cut_chunks`.

    Raises:
        ModelUnavailable: faster-whisper is not installed.
    """
    for chunk in cut_chunks(pieces, longest_s):
        yield chunk.window, chunk.windows


def cut_s(speech: list[Window], length_s: float) -> float:
    """Where to cut a sound of a length: in the last silence of its second half, else at its end.

    >>> cut_s([Window(0, 50), Window(70, 80), Window(81, 100)], 100)
    80.5
    """
    starts_s = [*(window.start_s for window in speech), length_s]
    ends_s = [window.end_s for window in speech]
    silences = [(a, b) for a, b in zip(ends_s, starts_s[1:], strict=True) if b - a >= MIN_SILENCE_S]
    late = [(a + b) / 2 for a, b in silences if (a + b) / 2 >= length_s / 2]
    return late[-1] if late else length_s


def _chunk(at: int, sound: NDArray[np.float32], speech: list[Window]) -> Chunk:
    chunk_window = Window(0.0, len(sound) / RATE_HZ)
    inside = (window.clamped(chunk_window) for window in speech)
    return Chunk(at / RATE_HZ, sound, tuple(window for window in inside if window is not None))
