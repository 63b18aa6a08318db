"""Speech recognition with faster-whisper (Whisper: Radford et al., 2022, arXiv:2212.04356)."""

from collections.abc import Iterator, Sequence
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.checkpoints import interrupted, is_network_error
from playhead_index.embed.digests import digest_of
from playhead_index.embed.downloads import fetch_large_file
from playhead_index.errors import ModelError, ModelUnavailable
from playhead_index.extras import install_command
from playhead_index.window import Window
from playhead_index.words.languages import language_tag
from playhead_index.words.protocol import (
    NO_HINTS,
    RecognitionHints,
    TranscribedChunk,
    TranscriberTag,
    Words,
)
from playhead_index.words.repetition import without_repetitions
from playhead_index.words.subtitle_cover import uncovered_voice
from playhead_index.words.voice import CHUNK_S, RATE_HZ, Chunk, chunks
from playhead_index.words.whisper_files import check_whisper

WEIGHTS = "model.bin"
DEFAULT_BEAM_SIZE = 5
SHORTEST_SPAN_S = 0.1
RANDOM_SEED = 1
"""Whisper draws words at random where it is unsure; by one seed the same sound gives the same words."""
ROUNDING_S = 1e-6
MIN_OVERRIDE_PROBABILITY = 0.9
"""Probability of a detected language from which it counts and not the tag of the file. With the model `base`,
14 recordings of 3 to 101 s in three languages had their right language detected at 0.94 to 1.0; German made
by a synthesiser was taken for Latin at 0.42."""
WHISPER_CODES = {"nb": "no", "jv": "jw"}
"""Languages that Whisper calls otherwise than BCP 47."""


class FasterWhisperTranscriber:
    """A `Transcriber` on the CPU or a GPU, memory flat over hours of sound.

    Against words that nobody said (Whisper makes them up in silence and goes on repeating itself): only
    where a voice detector hears speech is anything recognised, no text is carried from one stretch to
    the next, and what is a repetition is dropped (`repetition`).

    Args:
        model: a size (`tiny` to `large-v3`, `turbo`), a hub name, or a folder with a CTranslate2 model.
        device: `auto`, `cpu`, `cuda` or `cuda:1`.
        language: BCP 47 tag of what is spoken; None finds it out, anew for each chunk.
        download: fetch the weights where they are not on this machine.
        chunk_s: the most sound, in seconds, that is held and recognised at once.
        beam_size: hypotheses of the beam search where no hint says another number; 1 is greedy decoding.
        hotwords: names and terms, separated by commas or blanks, that are likely to be said; None for none.
        compute_type: number format of the weights in CTranslate2, such as `int8` or `float16`; `auto` takes
            the fastest that the device has.

    Raises:
        ModelUnavailable: faster-whisper is not installed, the weights are not there or do not load, or are
            not exactly those of the model.
        ValueError: beam_size is below 1.
    """

    def __init__(
        self,
        model: str = "small",
        device: str = "auto",
        language: str | None = None,
        download: bool = False,
        *,
        chunk_s: float = CHUNK_S,
        beam_size: int = DEFAULT_BEAM_SIZE,
        hotwords: str | None = None,
        compute_type: str = "auto",
    ) -> None:
        if beam_size < 1:
            raise ValueError(f"beam_size must be at least 1, got {beam_size}")
        self.name = f"asr:{Path(model).name if Path(model).is_dir() else model}"
        self.language = language.split("-")[0].lower() if language else None
        self._chunk_s = chunk_s
        self._beam_size = beam_size
        self._hotwords = hotwords
        self._model = _load(model, device, download, compute_type)
        languages = () if self._model.model.is_multilingual else ("en",)
        self.tag = TranscriberTag(_location(model), _revision(model), self.language, languages, beam_size)

    def transcribe(
        self,
        pieces: Iterator[NDArray[np.float32]],
        rate_hz: int,
        duration_s: float,
        done_s: float = 0.0,
        hints: RecognitionHints = NO_HINTS,
    ) -> Iterator[TranscribedChunk]:
        """Chunks of some minutes, cut where nobody speaks, with the speech in them; see `Transcriber`.

        Of a chunk of which subtitles cover a part, only the voice that they do not cover is recognised: the
        rest is silenced before.

        Args:
            pieces: (n,) float32 mono in [-1, 1], one behind the other from 0 s on.
            rate_hz: 16000, the only rate that the model hears.
            duration_s: length of the sound in seconds; what is found behind it is left out.
            done_s: chunks that end here or before are not recognised, only found again.
            hints: of the language, and where subtitles say what is spoken.

        Raises:
            ModelError: the model failed, for want of memory for instance, or does not know the language.
            ValueError: another rate.
        """
        if rate_hz != RATE_HZ:
            raise ValueError(f"rate_hz must be {RATE_HZ}, got {rate_hz}")
        within = Window(0.0, duration_s)
        for chunk in chunks(pieces, self._chunk_s):
            window = chunk.window
            if window.end_s > done_s + ROUNDING_S:
                voice = chunk.windows
                needed = uncovered_voice(voice, hints.subtitled)
                heard = chunk if needed == voice else _only(chunk, needed)
                spans = self._recognised(heard, within, hints) if needed else ()
                yield TranscribedChunk(window, tuple(without_repetitions(spans)), voice, needed)

    def _recognised(self, chunk: Chunk, within: Window, hints: RecognitionHints) -> Iterator[Words]:
        try:
            segments, info = self._model.transcribe(
                chunk.sound,
                language=self._language(chunk, hints),
                vad_filter=True,
                condition_on_previous_text=False,
                word_timestamps=True,
                beam_size=hints.beam_size or self._beam_size,
                hotwords=hints.hotwords or self._hotwords,
            )
            for segment in segments:
                start_s = chunk.from_s + float(segment.start)
                end_s = max(chunk.from_s + float(segment.end), start_s + SHORTEST_SPAN_S)
                window = Window(start_s, end_s).clamped(within)
                text = " ".join(segment.text.split())
                if window is not None and text:
                    language = language_tag(info.language) or info.language
                    confidence = min(1.0, exp(segment.avg_logprob))
                    yield Words("speech", self.name, window, text, language, confidence)
        except RuntimeError as error:
            raise ModelError(
                f"{self.name} failed on the sound from {chunk.from_s:.1f} s on: {error}"
            ) from error

    def _language(self, chunk: Chunk, hints: RecognitionHints) -> str | None:
        """The language that a chunk is recognised in, as the model calls it; None to have it detected."""
        given = hints.language or self.language
        if given is not None:
            code = self._code(given)
            if code is None:
                raise ModelError(f"{self.name} does not know the language {given!r}")
            return code
        likely = self._code(hints.likely_language)
        if likely is None or not self._model.model.is_multilingual:
            return None
        detected, probability, _ = self._model.detect_language(chunk.sound, vad_filter=True)
        return checked_language(likely, str(detected), float(probability))

    def _code(self, tag: str | None) -> str | None:
        if tag is None:
            return None
        code = tag.split("-")[0].lower()
        code = WHISPER_CODES.get(code, code)
        return code if code in self._model.supported_languages else None


def checked_language(likely: str, detected: str, probability: float) -> str:
    """The language that a file says, unless another one is detected with high probability.

    >>> checked_language("de", "la", 0.42), checked_language("en", "de", 0.997)
    ('de', 'de')
    """
    return detected if probability >= MIN_OVERRIDE_PROBABILITY else likely


def _only(chunk: Chunk, needed: Sequence[Window]) -> Chunk:
    """A chunk in which all is silent but some windows, given in the time of the whole sound."""
    sound = np.zeros_like(chunk.sound)
    for window in needed:
        start, end = (round((time_s - chunk.from_s) * RATE_HZ) for time_s in (window.start_s, window.end_s))
        sound[max(0, start) : end] = chunk.sound[max(0, start) : end]
    return Chunk(chunk.from_s, sound, chunk.speech)


def _cached(download_model: Any, model: str, download: bool) -> Path:
    if download:
        from faster_whisper import utils

        fetch_large_file(getattr(utils, "_MODELS", {}).get(model, model), WEIGHTS)
    return Path(download_model(model, local_files_only=not download))


def _location(model: str) -> str:
    """What loads a model again from anywhere: the absolute path of a folder, else the name as it is."""
    return str(Path(model).resolve()) if Path(model).is_dir() else model


def _revision(model: str) -> str:
    """Digest of a loaded model's weights, the same for a folder and for the hub's cache."""
    from faster_whisper import download_model

    folder = Path(model) if Path(model).is_dir() else Path(download_model(model, local_files_only=True))
    return digest_of([folder / WEIGHTS])


def _load(model: str, device: str, download: bool, compute_type: str) -> Any:
    try:
        from ctranslate2 import set_random_seed
        from faster_whisper import WhisperModel
        from faster_whisper.utils import download_model
    except ImportError as error:
        raise ModelUnavailable(
            f"recognising speech needs faster-whisper ({error}); run: {install_command('asr')}"
        ) from error
    kind, _, index = device.partition(":")
    try:
        folder = Path(model) if Path(model).is_dir() else _cached(download_model, model, download)
        check_whisper(folder)
        set_random_seed(RANDOM_SEED)
        return WhisperModel(
            str(folder),
            device=kind,
            device_index=int(index or 0),
            compute_type=compute_type,
            local_files_only=not download,
        )
    except OSError as error:
        what = "could not be fetched" if download else "are not on this machine"
        raise ModelUnavailable(
            f"the weights of the speech model {model!r} {what}; fetch them with: playhead prepare speech"
        ) from error
    except (RuntimeError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelUnavailable(f"the speech model {model!r} does not load: {error}") from error
    except Exception as error:
        if not is_network_error(error):
            raise
        raise ModelUnavailable(interrupted(model, error)) from error
