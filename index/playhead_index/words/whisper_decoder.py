"""One window of at most 30 s through a Whisper model (Radford et al., 2022, arXiv:2212.04356): its language,
and its words with times and probabilities."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WINDOW_S = 30.0
"""The sound that Whisper's encoder takes at once, in seconds."""
RATE_HZ = 16_000
FRAME_SAMPLES = 160
"""Samples between two frames of the spectrogram."""
FRAMES_PER_S = 100
FRAMES_PER_TIMESTAMP = 2
MAX_COMPRESSION = 2.4
MIN_MEAN_LOG_PROBABILITY = -1.0
MIN_NO_SPEECH = 0.6
"""Thresholds of the paper (section 4.5): text that compresses better is a loop; a mean log probability below
the second is a failed decoding, and no speech at all where the third is exceeded as well."""
RETRY_BEAM_SIZE = 5
RETRY_NGRAM = 3
"""A failed decoding is done again with this beam and with no run of so many tokens twice. The paper samples
at rising temperatures instead: up to 25 samples, of which each run draws others."""
MAX_INITIAL_TIMESTAMP = 50
"""The first timestamp is at most 1 s; timestamps count 0.02 s."""
_PREPENDED = "\"'“¿([{-"
_APPENDED = "\"'.。,，!！?？:：”)]}、"


@dataclass(frozen=True, slots=True)
class DecodedWord:
    """A word as the model gives it.

    Args:
        text: with the blank before it, in scripts that have one, and the punctuation that belongs to it.
        start_s: seconds from the start of the window.
        end_s: seconds from the start of the window.
        probability: 0 to 1, mean over its tokens.
    """

    text: str
    start_s: float
    end_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class DecodedWindow:
    """What a model recognised in one window.

    Args:
        words: in time order; empty where it found no speech.
        is_complete: the model ended its text with a time behind which it found no speech; else the text may
            break off before the window ends.
        end_s: where the text ends by the last time in it; the end of the window where it has none.
    """

    words: tuple[DecodedWord, ...]
    is_complete: bool
    end_s: float


@dataclass(frozen=True, slots=True)
class EncodedWindow:
    """A window behind the encoder, from which its language is detected and its text decoded.

    Args:
        states: output of the encoder, a CTranslate2 storage view.
        num_frames: frames of 10 ms that hold sound; the rest is padding.
    """

    states: Any
    num_frames: int


class WhisperDecoder:
    """Encodes and decodes windows with a `faster_whisper.WhisperModel`; the same sound gives the same words.

    Args:
        model: a loaded `faster_whisper.WhisperModel`.
        beam_size: hypotheses of the beam search; 1 is greedy decoding.
        hotwords: names and terms that are likely to be said; None for none.
    """

    def __init__(self, model: Any, beam_size: int, hotwords: str | None = None) -> None:
        self._model = model
        self._beam_size = beam_size
        self._hotwords = hotwords
        self._tokenizers: dict[str, Any] = {}
        self.is_multilingual = bool(model.model.is_multilingual)

    def encode(self, sound: NDArray[np.float32]) -> EncodedWindow:
        """A window behind the encoder.

        Args:
            sound: (n,) float32 mono at 16 kHz, at most 30 s; what is longer is left out.
        """
        from faster_whisper.audio import pad_or_trim

        extractor = self._model.feature_extractor
        features = extractor(sound)
        num_frames = min(extractor.nb_max_frames, len(sound) // FRAME_SAMPLES)
        return EncodedWindow(self._model.encode(pad_or_trim(features[:, :num_frames])), num_frames)

    def detect_languages(self, window: EncodedWindow) -> dict[str, float]:
        """Probability of each language that the model knows, by Whisper's code; English alone for an English
        model."""
        if not self.is_multilingual:
            return {"en": 1.0}
        found = self._model.model.detect_language(window.states)[0]
        return {token[2:-2]: float(probability) for token, probability in found}

    def decode(self, window: EncodedWindow, language: str) -> DecodedWindow:
        """The words of a window in a language.

        Args:
            window: from `encode`.
            language: Whisper's code of a language that the model knows.
        """
        tokenizer = self._tokenizer(language)
        prompt = self._model.get_prompt(tokenizer, [], hotwords=self._hotwords)
        result, mean_log_probability = self._generate(window, tokenizer, prompt)
        is_silent = result.no_speech_prob > MIN_NO_SPEECH and mean_log_probability < MIN_MEAN_LOG_PROBABILITY
        tokens = [] if is_silent else result.sequences_ids[0]
        text = [token for token in tokens if token < tokenizer.eot]
        if not text:
            return DecodedWindow((), is_complete=True, end_s=window.num_frames / FRAMES_PER_S)
        is_complete = len(tokens) >= 2 and tokens[-2] < tokenizer.timestamp_begin <= tokens[-1]
        num_frames = _end_frame(tokens, tokenizer.timestamp_begin, window.num_frames)
        words = self._align(window, tokenizer, text, num_frames)
        return DecodedWindow(words, is_complete, num_frames / FRAMES_PER_S)

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        if language not in self._tokenizers:
            self._tokenizers[language] = Tokenizer(
                self._model.hf_tokenizer, self.is_multilingual, task="transcribe", language=language
            )
        return self._tokenizers[language]

    def _generate(self, window: EncodedWindow, tokenizer: Any, prompt: list[int]) -> tuple[Any, float]:
        """(result, mean log probability) of beam search, done again where it failed."""
        from faster_whisper.transcribe import get_suppressed_tokens

        best: tuple[Any, float] | None = None
        attempts = (
            {"beam_size": self._beam_size},
            {"beam_size": RETRY_BEAM_SIZE, "no_repeat_ngram_size": RETRY_NGRAM},
        )
        for attempt in attempts:
            result = self._model.model.generate(
                window.states,
                [prompt],
                max_length=self._model.max_length,
                return_scores=True,
                return_no_speech_prob=True,
                suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
                max_initial_timestamp_index=MAX_INITIAL_TIMESTAMP,
                **attempt,
            )[0]
            tokens = result.sequences_ids[0]
            mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
            is_loop = _compression(tokenizer.decode(tokens)) > MAX_COMPRESSION
            if best is None or mean > best[1] or not is_loop:
                best = (result, mean)
            is_silent = result.no_speech_prob > MIN_NO_SPEECH and mean < MIN_MEAN_LOG_PROBABILITY
            if is_silent or (not is_loop and mean >= MIN_MEAN_LOG_PROBABILITY):
                break
        assert best is not None
        return best

    def _align(
        self, window: EncodedWindow, tokenizer: Any, text: list[int], num_frames: int
    ) -> tuple[DecodedWord, ...]:
        from faster_whisper.transcribe import merge_punctuations

        found = self._model.find_alignment(tokenizer, [text], window.states, num_frames)[0]
        merge_punctuations(found, _PREPENDED, _APPENDED)
        return tuple(
            DecodedWord(word["word"], float(word["start"]), float(word["end"]), float(word["probability"]))
            for word in found
            if word["word"].strip()
        )


def _end_frame(tokens: list[int], timestamp_begin: int, num_frames: int) -> int:
    """The frame at which a text ends by the time behind it; all frames where no time ends it."""
    if tokens[-1] < timestamp_begin:
        return num_frames
    end = (tokens[-1] - timestamp_begin) * FRAMES_PER_TIMESTAMP
    return min(num_frames, end) if end > 0 else num_frames


def _compression(text: str) -> float:
    data = text.strip().encode()
    return len(data) / len(zlib.compress(data))
