"""Speech recognition with faster-whisper (Whisper: Radford et al., 2022, arXiv:2212.04356)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
from playhead_index.words.recognised_sentences import SpokenWord, clamped_span, sentence_spans
from playhead_index.words.recognition_windows import LanguageRule, recognise_chunk
from playhead_index.words.repetition import without_repetitions
from playhead_index.words.subtitle_cover import uncovered_voice
from playhead_index.words.voice_activity import CHUNK_S, RATE_HZ, Chunk, SoundBuffer, speech_windows
from playhead_index.words.whisper_decoder import WhisperDecoder
from playhead_index.words.whisper_files import check_whisper
from playhead_index.words.wrong_language import mark_other_languages

WEIGHTS = "model.bin"
DEFAULT_BEAM_SIZE = 5
RANDOM_SEED = 1
"""Whisper draws words at random where it is unsure; by one seed the same sound gives the same words."""
ENGLISH = "en"
WHISPER_CODES = {"nb": "no", "jv": "jw"}
"""Languages that Whisper calls otherwise than BCP 47."""


class FasterWhisperTranscriber:
    """A `Transcriber` on the CPU or a GPU, memory flat over hours of sound.

    Against words that nobody said (Whisper makes them up in silence and goes on repeating itself): only
    where a voice detector finds speech is anything recognised, no text is carried from one interval to
    the next, and what is a repetition is dropped (`repetition`).

    Spans are sentences with the times of their words (`sentence_spans`). The language is detected for each
    window of at most 30 s, and for parts of it of whose words the model is not sure. What an English model
    probably recognised in another language has no language (`wrong_language`).

    Args:
        model: a size (`tiny` to `large-v3`, `turbo`), a hub name, or a folder with a CTranslate2 model.
        device: `auto`, `cpu`, `cuda` or `cuda:1`.
        language: BCP 47 tag of what is spoken; None detects it, anew for each interval of at most 30 s.
        download: fetch the weights where they are not on this machine.
        chunk_s: maximum seconds of sound that are recognised at once.
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
        self._is_multilingual = bool(self._model.model.is_multilingual)
        languages = () if self._is_multilingual else ("en",)
        self.tag = TranscriberTag(_location(model), _revision(model), self.language, languages, beam_size)

    def transcribe(
        self,
        pieces: Iterator[NDArray[np.float32]],
        rate_hz: int,
        duration_s: float,
        done_s: float = 0.0,
        hints: RecognitionHints = NO_HINTS,
    ) -> Iterator[TranscribedChunk]:
        """Chunks of some minutes, cut between sentences, with the speech in them; see `Transcriber`.

        A chunk is a function of the sound from its start on, so that a run that goes on at the end of a
        chunk gives what one gives that was not stopped. Of a chunk of which subtitles cover a part, only the
        voice that they do not cover is recognised: the rest is silenced before.

        Args:
            pieces: (n,) float32 mono in [-1, 1], one behind the other from 0 s on.
            rate_hz: 16000, the only rate that the model takes.
            duration_s: length of the sound in seconds; what is found behind it is left out.
            done_s: where the last chunk of an earlier run ended; the first one starts there.
            hints: of the language, and where subtitles say what is spoken.

        Raises:
            ModelError: the model failed, for want of memory for instance, or does not know the language.
            ValueError: another rate.
        """
        if rate_hz != RATE_HZ:
            raise ValueError(f"rate_hz must be {RATE_HZ}, got {rate_hz}")
        within = Window(0.0, duration_s)
        decoder = WhisperDecoder(
            self._model, hints.beam_size or self._beam_size, hints.hotwords or self._hotwords
        )
        buffer = SoundBuffer(pieces, round(done_s * RATE_HZ))
        while True:
            sound, is_last = buffer.peek(round(self._chunk_s * RATE_HZ))
            if not len(sound):
                return
            chunk = Chunk(buffer.at / RATE_HZ, sound, tuple(speech_windows(sound)))
            needed = uncovered_voice(chunk.windows, hints.subtitled)
            words, end = self._recognised(decoder, chunk, needed, hints, is_last=is_last)
            window = Window(chunk.from_s, (buffer.at + end) / RATE_HZ)
            spans = self._marked(list(sentence_spans(words, self.name)), hints)
            inside = (span for span in (clamped_span(span, within) for span in spans) if span is not None)
            yield TranscribedChunk(
                window,
                tuple(without_repetitions(inside)),
                _clamped(chunk.windows, window),
                _clamped(needed, window),
            )
            buffer.drop(end)

    def _recognised(
        self,
        decoder: WhisperDecoder,
        chunk: Chunk,
        needed: tuple[Window, ...],
        hints: RecognitionHints,
        *,
        is_last: bool,
    ) -> tuple[list[SpokenWord], int]:
        """(words on the clock of the sound, samples of the chunk that are done)."""
        needed_chunk = chunk if needed == chunk.windows else _silence_outside(chunk, needed)
        voice = [window.shifted(-chunk.from_s) for window in needed]
        try:
            found = recognise_chunk(
                decoder,
                needed_chunk.sound,
                voice,
                self._language_rule(hints),
                is_last=is_last,
                all_voice=chunk.speech,
            )
        except RuntimeError as error:
            raise ModelError(
                f"{self.name} failed on the sound from {chunk.from_s:.1f} s on: {error}"
            ) from error
        return [self._shift_word(word, chunk.from_s) for word in found.words], found.end

    def _marked(self, spans: list[Words], hints: RecognitionHints) -> list[Words]:
        """Spans without a language where a model of one language probably got another one."""
        is_language_given = hints.language is not None or self.language is not None
        return spans if self._is_multilingual or is_language_given else mark_other_languages(spans)

    def _shift_word(self, word: SpokenWord, from_s: float) -> SpokenWord:
        language = word.language and (language_tag(word.language) or word.language)
        return replace(word, start_s=word.start_s + from_s, end_s=word.end_s + from_s, language=language)

    def _language_rule(self, hints: RecognitionHints) -> LanguageRule:
        given = hints.language or self.language
        if given is not None:
            code = self._code(given)
            if code is None:
                raise ModelError(f"{self.name} does not know the language {given!r}")
            return LanguageRule(given=code)
        if not self._is_multilingual:
            return LanguageRule(given=ENGLISH)
        return LanguageRule(likely=self._code(hints.likely_language))

    def _code(self, tag: str | None) -> str | None:
        if tag is None:
            return None
        code = tag.split("-")[0].lower()
        code = WHISPER_CODES.get(code, code)
        return code if code in self._model.supported_languages else None


def _clamped(windows: Sequence[Window], within: Window) -> tuple[Window, ...]:
    return tuple(part for part in (window.clamped(within) for window in windows) if part is not None)


def _silence_outside(chunk: Chunk, needed: Sequence[Window]) -> Chunk:
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
        problem = "could not be fetched" if download else "are not on this machine"
        raise ModelUnavailable(
            f"the weights of the speech model {model!r} {problem}; fetch them with: playhead prepare speech"
        ) from error
    except (RuntimeError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelUnavailable(f"the speech model {model!r} does not load: {error}") from error
    except Exception as error:
        if not is_network_error(error):
            raise
        raise ModelUnavailable(interrupted(model, error)) from error
