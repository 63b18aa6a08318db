"""Dialogues mixed from sentences that single readers read, with exactly known turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.decode.sound import read_pieces
from playhead_index.window import Window
from playhead_index.words.diarisation import VoiceTurn

RATE_HZ = 16_000
MAX_FILE_S = 86_400.0
FRAME_S = 0.01
SPEECH_BELOW_PEAK_DB = 35.0
"""Frames of a clean sentence that are quieter than its loudest ones by more than this are no speech."""
MAX_BRIDGED_PAUSE_S = 0.3
"""Shorter pauses do not part a turn of the reference (NIST Rich Transcription)."""
PAUSE_S = (0.1, 1.5)
"""Between two turns, uniform."""
SENTENCE_PAUSE_S = (0.2, 0.6)
"""Between two sentences of one turn, uniform."""
OVERLAP_PROBABILITY = 0.1
MAX_OVERLAP_S = 0.6
GAIN_DB = 3.0
"""Voices are louder or quieter by up to this."""
NOISE_DB = (-30.0, -15.0)
"""Background noise against the speech, uniform; its spectrum falls as 1/f."""
LONG_TURN_PROBABILITY = 0.3
"""Of a turn of two sentences."""

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SpokenSentence:
    """A sentence by one reader.

    Args:
        sound: (n,) float32 mono at 16 kHz, without silence at its ends.
        speech: where there is speech in it, in seconds from its start.
    """

    sound: Samples
    speech: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A mixed dialogue.

    Args:
        sound: (n,) float32 mono at 16 kHz.
        turns: who speaks when; labels are the readers' names.
        num_repeated: sentences that occur twice, because a reader had no other left.
    """

    sound: Samples
    turns: tuple[VoiceTurn, ...]
    num_repeated: int

    @property
    def num_speakers(self) -> int:
        """How many voices there are."""
        return len({turn.label for turn in self.turns})

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.sound) / RATE_HZ


def read_voices(folder: Path) -> dict[str, list[SpokenSentence]]:
    """The sentences of each reader: sound files in a folder a reader.

    Raises:
        FileNotFoundError: there is no sound file.
    """
    found: dict[str, list[SpokenSentence]] = {}
    for path in sorted(folder.glob("*/*.flac")):
        found.setdefault(path.parent.name, []).append(sentence(read_sound(path)))
    if not found:
        raise FileNotFoundError(f"{folder}: expected READER/SENTENCE.flac, got none")
    return found


def read_sound(path: Path) -> Samples:
    """(n,) float32 mono at 16 kHz: a whole sound file."""
    return np.concatenate(list(read_pieces(path, RATE_HZ, Window(0.0, MAX_FILE_S), 0.0)))


def sentence(sound: Samples) -> SpokenSentence:
    """A sentence whose speech is found by its energy; silence at the ends is cut off.

    Args:
        sound: (n,) float32 mono at 16 kHz, clean.
    """
    size = round(FRAME_S * RATE_HZ)
    frames = sound[: len(sound) // size * size].reshape(-1, size)
    levels = 10 * np.log10(np.maximum(np.mean(frames.astype(np.float64) ** 2, axis=1), 1e-12))
    loud = np.flatnonzero(levels > np.percentile(levels, 99) - SPEECH_BELOW_PEAK_DB)
    breaks = np.flatnonzero(np.diff(loud) * FRAME_S > MAX_BRIDGED_PAUSE_S)
    starts, ends = loud[[0, *(breaks + 1)]], loud[[*breaks, -1]] + 1
    first = int(starts[0])
    windows = ((float(start - first), float(end - first)) for start, end in zip(starts, ends, strict=True))
    speech = tuple(Window(start * FRAME_S, end * FRAME_S) for start, end in windows)
    return SpokenSentence(sound[first * size : int(ends[-1]) * size], speech)


def mix_dialogue(
    voices: Mapping[str, Sequence[SpokenSentence]], num_speakers: int, seed: int, min_duration_s: float = 60.0
) -> Dialogue:
    """A dialogue of some readers chosen at random; the same seed gives the same dialogue.

    Each voice has at least two turns, nobody follows himself, some turns begin before the other one ends. A
    sentence occurs again only when its reader has no other left.

    Args:
        voices: sentences by reader.
        num_speakers: how many of them speak.
        seed: of all that is random.
        min_duration_s: the dialogue ends behind the turn in which this is reached.

    Raises:
        ValueError: there are fewer readers.
    """
    if num_speakers > len(voices):
        raise ValueError(f"num_speakers must be at most {len(voices)}, got {num_speakers}")
    random = np.random.default_rng([seed, num_speakers])
    chosen = [str(name) for name in random.choice(sorted(voices), num_speakers, replace=False)]
    gains = {name: 10 ** (random.uniform(-GAIN_DB, GAIN_DB) / 20) for name in chosen}
    unused = {name: list(random.permutation(len(voices[name]))) for name in chosen}
    pieces: list[tuple[float, Samples]] = []
    turns: list[VoiceTurn] = []
    at_s, num_repeated, counts, last = 0.5, 0, dict.fromkeys(chosen, 0), ""
    while at_s < min_duration_s or min(counts.values()) < 2:
        name = _next_speaker(random, counts, last)
        if last and random.random() < OVERLAP_PROBABILITY:
            at_s = max(0.0, at_s - random.uniform(0.1, MAX_OVERLAP_S))
        elif last:
            at_s += random.uniform(*PAUSE_S)
        for number in range(1 + (random.random() < LONG_TURN_PROBABILITY)):
            at_s += random.uniform(*SENTENCE_PAUSE_S) if number else 0.0
            if not unused[name]:
                unused[name] = list(random.permutation(len(voices[name])))
                num_repeated += 1
            sentence = voices[name][unused[name].pop()]
            pieces.append((at_s, sentence.sound * np.float32(gains[name])))
            turns += [VoiceTurn(window.shifted(at_s), name) for window in sentence.speech]
            at_s += len(sentence.sound) / RATE_HZ
        counts[name] += 1
        last = name
    sound = np.zeros(round((at_s + 0.5) * RATE_HZ), np.float32)
    for start_s, piece in pieces:
        start = round(start_s * RATE_HZ)
        sound[start : start + len(piece)] += piece
    sound += _noise(random, len(sound), float(np.sqrt(np.mean(sound**2))))
    return Dialogue(np.clip(sound, -1.0, 1.0), tuple(turns), num_repeated)


def _next_speaker(random: np.random.Generator, counts: Mapping[str, int], last: str) -> str:
    """Somebody else, more likely one who has had few turns."""
    others = [name for name in counts if name != last]
    weights = np.array([2.0 ** -counts[name] for name in others])
    return str(random.choice(others, p=weights / weights.sum()))


def _noise(random: np.random.Generator, size: int, level: float) -> Samples:
    """(size,) float32: noise whose power falls as 1/f, quieter than the speech by a random number of dB."""
    spectrum = np.fft.rfft(random.standard_normal(size))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0.0
    noise = np.fft.irfft(spectrum, size)
    target_level = level * 10 ** (random.uniform(*NOISE_DB) / 20)
    return np.asarray(noise * (target_level / np.sqrt(np.mean(noise**2))), np.float32)
