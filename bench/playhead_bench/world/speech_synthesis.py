"""Speech synthesis of the spoken lines of a story by espeak-ng."""

import shutil
import subprocess
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from playhead_bench.world.story import Line, Story
from playhead_index.errors import ModelUnavailable, VideoError

Samples = NDArray[np.int16]
"""(N,) mono."""
PROGRAM = "espeak-ng"
RATE_HZ = 22_050
"""Sampling rate of espeak-ng's voices."""
BLOCK = 1024
"""Samples in a frame of AAC."""
VOICES = ("en-us", "en-gb+f3", "en-us+m3", "en-gb+f2", "en-us+m7")
"""The voices of a story's speakers, in the order in which they begin to speak."""
SPEED, MAX_SPEED = 165, 450
"""The default and the highest speed of espeak-ng, in words a minute."""
SILENCE_LEVEL = 60
"""Samples of no higher amplitude at the end of a line are cut off."""


def espeak_available() -> bool:
    """Whether espeak-ng is on the PATH."""
    return shutil.which(PROGRAM) is not None


def require_espeak() -> None:
    """Checks that espeak-ng is installed.

    Raises:
        ModelUnavailable: espeak-ng is not on the PATH.
    """
    if not espeak_available():
        raise ModelUnavailable(
            f"{PROGRAM} is not on the PATH, so nothing can be spoken; install it (`apt install {PROGRAM}`, "
            f"`brew install {PROGRAM}`), or render with voice='auto' or voice=False"
        )


def synthesise(story: Story) -> Iterator[tuple[float, Samples]]:
    """Synthesises the lines of a story: start in seconds and samples, one line in memory at a time.

    Raises:
        ModelUnavailable: espeak-ng is not on the PATH.
        VideoError: espeak-ng fails, or a line is too long for its window even at the highest speed.
    """
    require_espeak()
    voices = {who: VOICES[i % len(VOICES)] for i, who in enumerate(story.speakers)}
    for line in story.lines:
        yield line.window.start_s, synthesise_line(line, voices[line.speaker])


def synthesise_line(line: Line, voice: str = VOICES[0]) -> Samples:
    """Synthesises a line at `RATE_HZ`, as fast as needed to fit into its window.

    Args:
        line: what to read.
        voice: a voice of espeak-ng, with a variant after a plus.

    Raises:
        VideoError: espeak-ng fails, or the line does not fit even at the highest speed.
    """
    max_samples = int(line.window.duration_s * RATE_HZ)
    speed = SPEED
    while True:
        samples = _trim_silence(_run_espeak(line.text, voice, speed))
        if len(samples) <= max_samples:
            return samples
        if speed == MAX_SPEED:
            raise VideoError(
                f"the line {line.text!r} takes {len(samples) / RATE_HZ:.2f} s at {MAX_SPEED} words a minute, "
                f"its window has {line.window.duration_s:.2f} s; give it a longer one"
            )
        speed = min(MAX_SPEED, int(speed * max(1.05, len(samples) / max_samples)) + 1)


def blocks(parts: Iterable[tuple[float, Samples]], duration_s: float) -> Iterator[Samples]:
    """One track of all parts with silence between them, cut into blocks; the last may be shorter.

    Args:
        parts: when each begins, in seconds, in time order, and its samples at `RATE_HZ`.
        duration_s: of the track.

    Raises:
        ValueError: a part begins before the one before it ends, or ends after the track.
    """
    total, at = round(duration_s * RATE_HZ), 0
    pending: Samples = np.zeros(0, np.int16)
    for start_s, samples in _with_end(parts, duration_s):
        begin = round(start_s * RATE_HZ)
        if begin < at or begin + len(samples) > total:
            raise ValueError(
                f"{len(samples) / RATE_HZ:.3f} s of sound at {start_s} s: the part before ends at "
                f"{at / RATE_HZ:.3f} s and the track at {duration_s} s"
            )
        pending = np.concatenate([pending, np.zeros(begin - at, np.int16), samples])
        at = begin + len(samples)
        complete = len(pending) // BLOCK * BLOCK
        yield from pending[:complete].reshape(-1, BLOCK)
        pending = pending[complete:]
    if len(pending):
        yield pending


def _with_end(parts: Iterable[tuple[float, Samples]], duration_s: float) -> Iterator[tuple[float, Samples]]:
    """The parts, and an empty one at the end of the track."""
    yield from parts
    yield duration_s, np.zeros(0, np.int16)


def _run_espeak(text: str, voice: str, speed: int) -> Samples:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        command = [PROGRAM, "--stdin", "-v", voice, "-s", str(speed), "-w", str(path)]
        finished = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
        if finished.returncode or not path.exists():
            reason = finished.stderr.decode(errors="replace").strip()
            raise VideoError(f"{PROGRAM} could not read {text!r} aloud: {reason or finished.returncode}")
        return wav_samples(path)


def wav_samples(path: Path) -> Samples:
    """The samples of a WAV file of 16-bit mono at `RATE_HZ`.

    Raises:
        VideoError: it is something else.
    """
    with wave.open(str(path)) as file:
        wav_format = (file.getnchannels(), file.getsampwidth(), file.getframerate())
        if wav_format != (1, 2, RATE_HZ):
            raise VideoError(
                f"{path.name}: (channels, bytes, Hz) are {wav_format}, expected {(1, 2, RATE_HZ)}"
            )
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


def _trim_silence(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > SILENCE_LEVEL)
    return samples[: loud[-1] + 1] if len(loud) else samples[:0]
