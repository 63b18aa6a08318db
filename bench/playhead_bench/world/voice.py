"""The spoken lines of a story as sound: each read aloud by espeak-ng, at its own time."""

import shutil
import subprocess
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from playhead_bench.world.script import Line, Story
from playhead_index.errors import ModelUnavailable, VideoError

Samples = NDArray[np.int16]
"""(N,) mono."""
PROGRAM = "espeak-ng"
RATE_HZ = 22_050
"""That of espeak-ng's own voices."""
BLOCK = 1024
"""Samples in a frame of AAC."""
VOICES = ("en-us", "en-gb+f3", "en-us+m3", "en-gb+f2", "en-us+m7")
"""The voices of a story's speakers, in the order in which they begin to speak."""
WORDS_A_MINUTE, FASTEST = 165, 450
"""The speed at which a line is read first, and the highest that espeak-ng reads at."""
SILENT = 60
"""What is no louder than this at the end of a reading is cut off."""


def available() -> bool:
    """Whether espeak-ng is on the PATH."""
    return shutil.which(PROGRAM) is not None


def require() -> None:
    """Nothing, where lines can be read aloud.

    Raises:
        ModelUnavailable: espeak-ng is not on the PATH.
    """
    if not available():
        raise ModelUnavailable(
            f"{PROGRAM} is not on the PATH, so nothing can be spoken; install it (`apt install {PROGRAM}`, "
            f"`brew install {PROGRAM}`), or render with voice='auto' or voice=False"
        )


def spoken(story: Story) -> Iterator[tuple[float, Samples]]:
    """When each line of a story begins, in seconds, and how it sounds; one line is in memory at a time.

    Raises:
        ModelUnavailable: espeak-ng is not on the PATH.
        VideoError: espeak-ng fails, or a line is too long for its window even at the highest speed.
    """
    require()
    voices = {who: VOICES[i % len(VOICES)] for i, who in enumerate(story.speakers)}
    for line in story.lines:
        yield line.window.start_s, read_aloud(line, voices[line.speaker])


def read_aloud(line: Line, voice: str = VOICES[0]) -> Samples:
    """A line as espeak-ng reads it at `RATE_HZ`, as fast as it must be to fit into its window.

    Args:
        line: what to read.
        voice: a voice of espeak-ng, with a variant after a plus.

    Raises:
        VideoError: espeak-ng fails, or the line does not fit even at the highest speed.
    """
    room = int(line.window.duration_s * RATE_HZ)
    speed = WORDS_A_MINUTE
    while True:
        samples = _trimmed(_reading(line.text, voice, speed))
        if len(samples) <= room:
            return samples
        if speed == FASTEST:
            raise VideoError(
                f"the line {line.text!r} takes {len(samples) / RATE_HZ:.2f} s at {FASTEST} words a minute, "
                f"its window has {line.window.duration_s:.2f} s; give it a longer one"
            )
        speed = min(FASTEST, int(speed * max(1.05, len(samples) / room)) + 1)


def blocks(parts: Iterable[tuple[float, Samples]], duration_s: float) -> Iterator[Samples]:
    """One track with every part at its time and silence between, cut into blocks; the last may be shorter.

    Args:
        parts: when each begins, in seconds, in time order, and its samples at `RATE_HZ`.
        duration_s: of the track.

    Raises:
        ValueError: a part begins before the one before it ends, or ends after the track.
    """
    total, at = round(duration_s * RATE_HZ), 0
    kept: Samples = np.zeros(0, np.int16)
    for start_s, samples in _closed(parts, duration_s):
        begin = round(start_s * RATE_HZ)
        if begin < at or begin + len(samples) > total:
            raise ValueError(
                f"{len(samples) / RATE_HZ:.3f} s of sound at {start_s} s: the part before ends at "
                f"{at / RATE_HZ:.3f} s and the track at {duration_s} s"
            )
        kept = np.concatenate([kept, np.zeros(begin - at, np.int16), samples])
        at = begin + len(samples)
        whole = len(kept) // BLOCK * BLOCK
        yield from kept[:whole].reshape(-1, BLOCK)
        kept = kept[whole:]
    if len(kept):
        yield kept


def _closed(parts: Iterable[tuple[float, Samples]], duration_s: float) -> Iterator[tuple[float, Samples]]:
    """The parts, and nothing at the very end."""
    yield from parts
    yield duration_s, np.zeros(0, np.int16)


def _reading(text: str, voice: str, speed: int) -> Samples:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        command = [PROGRAM, "--stdin", "-v", voice, "-s", str(speed), "-w", str(path)]
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
        if done.returncode or not path.exists():
            reason = done.stderr.decode(errors="replace").strip()
            raise VideoError(f"{PROGRAM} could not read {text!r} aloud: {reason or done.returncode}")
        return wav_samples(path)


def wav_samples(path: Path) -> Samples:
    """The samples of a WAV file of 16-bit mono at `RATE_HZ`.

    Raises:
        VideoError: it is something else.
    """
    with wave.open(str(path)) as file:
        form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
        if form != (1, 2, RATE_HZ):
            raise VideoError(f"{path.name}: (channels, bytes, Hz) are {form}, expected {(1, 2, RATE_HZ)}")
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


def _trimmed(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > SILENT)
    return samples[: loud[-1] + 1] if len(loud) else samples[:0]
