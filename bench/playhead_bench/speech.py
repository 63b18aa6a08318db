"""Speech recognition on recordings with known words, joined at known times: word error rate, onsets,
languages and processor time, beside saccade-video where an interpreter that has it is given.

    python -m playhead_bench.speech --speech FOLDER --model FOLDER [--saccade PYTHON]
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import unicodedata
import wave
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from playhead_index.words.protocol import Words

RATE_HZ = 16_000
TEXTS = {"sonnet_en": "en", "lucier": "en", "jfk": "en", "sonnet_de": "de", "sonnet_es": "es"}
"""Recordings with a text, by name, and their languages."""
JFK = (
    "And so, my fellow Americans, ask not what your country can do for you, ask what you can do for your"
    " country."
)
TITLES = {"f000001|1"}
"""Lines of the texts that are not read out."""
MIN_PAUSE_S, MAX_PAUSE_S = 0.5, 6.0
NOISE = 0.001
"""Standard deviation of the noise under the joined recordings."""
ONSET_SHARE = 0.05
"""A recording starts where its loudness first exceeds this share of the highest, in windows of 20 ms."""
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
PEER = """
import json, resource, sys
from pathlib import Path
import saccade
path, model, beam = sys.argv[1], sys.argv[2], int(sys.argv[3])
asr = saccade.ASRConfig(model=model, beam_size=beam)
video = saccade.Video(path, asr=asr, cache_dir=sys.argv[4], offline=True)
found = [[one.start, one.end, one.text] for one in video.transcribe()]
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpu_s": used.ru_utime + used.ru_stime, "segments": found}))
"""


@dataclass(frozen=True, slots=True)
class JoinedRecording:
    """The position of a recording in the joined sound.

    Args:
        name: of its file.
        start_s: where its file starts in the joined sound, in seconds.
        end_s: where its file ends.
        onset_s: where its first sound starts.
        language: BCP 47 tag of what is said.
        text: what is said.
    """

    name: str
    start_s: float
    end_s: float
    onset_s: float
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class RecognisedSpeech:
    """What a program recognised.

    Args:
        spans: (start_s, end_s, text, language) in time order.
        cpu_s: processor time in seconds, with the loading of the model.
    """

    spans: tuple[tuple[float, float, str, str | None], ...]
    cpu_s: float


def normalised_tokens(text: str) -> list[str]:
    """Words of a text in lower case without punctuation; apostrophes inside words stay.

    >>> normalised_tokens("Ask NOT — what’s “yours”.")
    ['ask', 'not', "what's", 'yours']
    """
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))


def word_errors(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """Substitutions, deletions and insertions between two sequences of words (Levenshtein, 1966).

    >>> word_errors("a b c d".split(), "a x c".split())
    2
    """
    row = list(range(len(hypothesis) + 1))
    for i, word in enumerate(reference, 1):
        before, row = row, [i]
        for j, other in enumerate(hypothesis, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (word != other)))
    return row[-1]


def join_recordings(
    recordings: Iterable[tuple[str, NDArray[np.float32], str, str]], seed: int = 0
) -> tuple[NDArray[np.float32], list[JoinedRecording]]:
    """Recordings one behind the other with pauses of drawn lengths, quiet noise under all.

    Args:
        recordings: (name, (n,) float32 mono at 16 kHz, language, text).
        seed: of the pauses and the noise.

    Returns:
        (n,) float32 mono at 16 kHz, and where each recording lies in it.
    """
    random = np.random.default_rng(seed)
    parts: list[NDArray[np.float32]] = []
    positions: list[JoinedRecording] = []
    at = 0
    for name, sound, language, text in recordings:
        pause = np.zeros(round(random.uniform(MIN_PAUSE_S, MAX_PAUSE_S) * RATE_HZ), np.float32)
        at += len(pause)
        start_s = at / RATE_HZ
        onset_s = start_s + first_sound_s(sound)
        positions.append(
            JoinedRecording(name, start_s, start_s + len(sound) / RATE_HZ, onset_s, language, text)
        )
        parts += [pause, sound]
        at += len(sound)
    joined = np.concatenate(parts)
    return joined + random.normal(scale=NOISE, size=len(joined)).astype(np.float32), positions


def first_sound_s(sound: NDArray[np.float32]) -> float:
    """Second at which a recording is first louder than `ONSET_SHARE` of its loudest 20 ms.

    >>> first_sound_s(np.concatenate([np.zeros(16000), np.ones(16000)]).astype(np.float32))
    1.0
    """
    size = RATE_HZ // 50
    loudness = np.sqrt(np.square(sound[: len(sound) // size * size]).reshape(-1, size).mean(axis=1))
    return float(np.argmax(loudness > ONSET_SHARE * loudness.max()) * size / RATE_HZ)


def score(recordings: Sequence[JoinedRecording], recognised: RecognisedSpeech) -> dict[str, float]:
    """Word error rate, onset errors in seconds, and the part of the spoken time with the right language.

    A span belongs to the recording that holds its middle; words that no recording holds are insertions.
    """
    errors = reference_words = 0
    onsets: list[float] = []
    right_s = spoken_s = 0.0
    rest = list(recognised.spans)
    for recording in recordings:
        own = [
            span
            for span in rest
            if recording.start_s - 0.5 <= (span[0] + span[1]) / 2 <= recording.end_s + 0.5
        ]
        rest = [span for span in rest if span not in own]
        reference = normalised_tokens(recording.text)
        errors += word_errors(reference, normalised_tokens(" ".join(span[2] for span in own)))
        reference_words += len(reference)
        onsets += [abs(own[0][0] - recording.onset_s)] if own else []
        spoken_s += sum(end - start for start, end, _, _ in own)
        right_s += sum(end - start for start, end, _, language in own if language == recording.language)
    errors += sum(len(normalised_tokens(span[2])) for span in rest)
    return {
        "word_error_rate": errors / max(1, reference_words),
        "onset_error_median_s": float(np.median(onsets)) if onsets else float("nan"),
        "onset_error_max_s": max(onsets, default=float("nan")),
        "language_accuracy": right_s / spoken_s if spoken_s else 0.0,
        "cpu_s": recognised.cpu_s,
    }


def load_recordings(folder: Path, languages: set[str]) -> list[tuple[str, NDArray[np.float32], str, str]]:
    """The recordings with known words in a folder, in some languages: (name, sound, language, text)."""
    recordings = []
    for name, language in TEXTS.items():
        path = next(
            (p for p in sorted(folder.glob(f"{name}.*")) if p.suffix in (".mp3", ".flac", ".wav")), None
        )
        if path is not None and language in languages:
            recordings.append((name, read_sound(path), language, known_text(folder, name)))
    return recordings


def known_text(folder: Path, name: str) -> str:
    """What is said in a recording, from the text file beside it."""
    file = folder / f"{name}.txt"
    if not file.is_file():
        return JFK
    lines = [line for line in file.read_text("utf-8").splitlines() if line not in TITLES]
    return " ".join(line.split("|", 1)[-1] for line in lines)


def read_sound(path: Path) -> NDArray[np.float32]:
    """(n,) float32 mono at 16 kHz of a sound file."""
    from faster_whisper.audio import decode_audio

    sound: NDArray[np.float32] = decode_audio(str(path), sampling_rate=RATE_HZ)
    return sound


def recognise(path: Path, model: str, beam_size: int) -> RecognisedSpeech:
    """What this library recognises in a WAV file, with the processor time of this process until then."""
    from playhead_index.words.whisper_transcriber import FasterWhisperTranscriber

    transcriber = FasterWhisperTranscriber(model, device="cpu", beam_size=beam_size)
    spans: list[Words] = []
    with wave.open(str(path)) as file:
        length_s = file.getnframes() / RATE_HZ
        for chunk in transcriber.transcribe(_pieces(file), RATE_HZ, length_s):
            spans += chunk.words
    used = resource.getrusage(resource.RUSAGE_SELF)
    rows = ((one.window.start_s, one.window.end_s, one.text, one.language) for one in spans)
    return RecognisedSpeech(tuple(rows), used.ru_utime + used.ru_stime)


def _pieces(file: wave.Wave_read) -> Iterator[NDArray[np.float32]]:
    """The sound of a file a second at a time, so that it is never held whole."""
    while data := file.readframes(RATE_HZ):
        yield np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768)


def recognise_with_saccade(python: str, path: Path, model: str, beam_size: int) -> RecognisedSpeech:
    """What saccade-video recognises in a file, with the processor time of its process.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    with tempfile.TemporaryDirectory() as cache:
        command = [python, "-c", PEER, str(path), model, str(beam_size), cache]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)
    answer = json.loads(ran.stdout.splitlines()[-1])
    return RecognisedSpeech(tuple((a, b, text, None) for a, b, text in answer["segments"]), answer["cpu_s"])


def write_wav(path: Path, sound: NDArray[np.float32]) -> None:
    """Writes (n,) float32 mono at 16 kHz as 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.clip(sound, -1.0, 1.0) * 32767).astype("<i2").tobytes())


def _own_process(path: Path, model: str, beam_size: int) -> tuple[RecognisedSpeech, float]:
    """What this library recognises, in a process of its own, and the most memory that it held, in MB."""
    command = [sys.executable, "-m", "playhead_bench.speech", "--wav", str(path), "--model", model]
    ran = subprocess.run(
        [*command, "--beam-size", str(beam_size)], check=True, capture_output=True, text=True
    )
    answer = json.loads(ran.stdout.splitlines()[-1])
    return RecognisedSpeech(tuple(map(tuple, answer["spans"])), answer["cpu_s"]), answer["max_mb"]


def main() -> None:
    """Prints the scores of both programs and the ratio of their processor time."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--speech", type=Path, help="folder of recordings with known words")
    parser.add_argument("--model", required=True, help="folder of a faster-whisper model")
    parser.add_argument("--languages", default="en", help="of the recordings, such as en,de,es")
    parser.add_argument("--beam-size", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=1, help="how many times the recordings are joined")
    parser.add_argument("--saccade", help="interpreter that has saccade-video")
    parser.add_argument("--wav", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.wav is not None:
        recognised = recognise(options.wav, options.model, options.beam_size)
        max_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"spans": recognised.spans, "cpu_s": recognised.cpu_s, "max_mb": max_mb}))
        return
    if options.speech is None:
        parser.error("--speech is missing: give a folder of recordings with known words")
    recordings = load_recordings(options.speech, set(options.languages.split(",")))
    sound, joined = join_recordings(recordings * options.repeat)
    length_s = len(sound) / RATE_HZ
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "joined.wav"
        write_wav(path, sound)
        own, max_mb = _own_process(path, options.model, options.beam_size)
        scores = {"playhead": score(joined, own)}
        if options.saccade:
            peer = recognise_with_saccade(options.saccade, path, options.model, options.beam_size)
            scores["saccade"] = score(joined, peer)
    print(f"{length_s:.0f} s of sound, {len(joined)} recordings, beam {options.beam_size}, {max_mb:.0f} MB")
    for name, values in scores.items():
        print(name, " ".join(f"{key}={value:.3f}" for key, value in values.items()))
    print(f"processor time / length of the sound: {own.cpu_s / length_s:.3f}")
    if options.saccade:
        print(f"processor time / that of saccade-video: {own.cpu_s / peer.cpu_s:.2f}")


if __name__ == "__main__":
    main()
