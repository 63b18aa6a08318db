"""A speech recogniser behind a server: OpenAI, vLLM, speaches, LocalAI, whisper.cpp and their like."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import numpy as np
from numpy.typing import NDArray

from playhead_index.errors import ModelError, ModelOutputInvalid, ModelUnavailable
from playhead_index.window import Window
from playhead_index.words.protocol import NO_HINTS, RecognitionHints, TranscribedChunk, TranscriberTag, Words
from playhead_index.words.repetition import without_repetitions
from playhead_index.words.subtitle_cover import uncovered_voice
from playhead_index.words.voice_activity import CHUNK_S, Chunk, cut_chunks
from playhead_tools.redaction import passwords, redact, redact_keys
from playhead_tools.speech_server.parse_response import Segment, ServerTranscript, read_transcript
from playhead_tools.speech_server.wav_audio import (
    RATE_HZ,
    join_voice,
    mute_outside,
    split_at_quiet,
    wav_bytes,
)
from playhead_tools.video_llm.http_post import BackOff, Lines, Poster, PostRefused, Timeouts, Upload

MAX_REQUEST_S = 120.0
"""Longest sound that is sent at once: 3.8 MB of WAV, where OpenAI takes 25 MB."""
MAX_PLAIN_S = 30.0
"""Longest sound that becomes one span where the server gives no times."""
ROUNDING_S = 1e-6
SHORTEST_SPAN_S = 0.1
TIMEOUTS = Timeouts(connect_s=10.0, first_byte_s=600.0, total_s=1200.0)
"""A server on two processors may take longer for `MAX_REQUEST_S` than the sound lasts."""
FORMS: tuple[Mapping[str, Any], ...] = (
    {"response_format": "verbose_json", "timestamp_granularities[]": ["segment", "word"]},
    {"response_format": "verbose_json"},
    {"response_format": "diarized_json", "chunking_strategy": "auto"},
    {"response_format": "json"},
)
"""What is asked for, the most telling form first; a server that refuses one is asked for the next."""
ABOUT_FORM = (
    "response_format",
    "timestamp",
    "granularit",
    "verbose_json",
    "diarized_json",
    "chunking",
)
"""Words of a refusal that is about the form of the reply."""


@dataclass(slots=True)
class ServerTranscriber:
    """A `Transcriber` that sends stretches of voice to a server, one after the other.

    Where somebody speaks is found on this machine. Stretches that subtitles cover are not sent. With
    `verbose_json` and `diarized_json` the times are the server's; where it gives the text alone, each stretch
    of voice becomes one span.

    Args:
        base_url: up to and with `/v1`.
        model: its name at the server.
        api_key: sent as a bearer token; never shown.
        timeouts: how long one request may take.
        back_off: how often a failed request is made again.
        chunk_s: length of the sound, in seconds, whose words are committed at once.
        max_bytes: of a reply; None for what `BoundedClient` allows.

    Raises:
        ValueError: the address begins with neither http:// nor https://, or the model has no name.
    """

    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    timeouts: Timeouts = TIMEOUTS
    back_off: BackOff = field(default_factory=BackOff)
    chunk_s: float = CHUNK_S
    max_bytes: int | None = None
    name: str = field(init=False)
    tag: TranscriberTag = field(init=False)
    _form: int = field(default=0, init=False)
    _poster: Poster = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.base_url.startswith(("http://", "https://")):
            raise ValueError("base_url must begin with http:// or https://")
        if not self.model:
            raise ValueError("model must be the name of a model at the server, got an empty one")
        self.name = f"asr:{self.model} (server)"
        self.tag = TranscriberTag(f"{without_password(self.base_url)}#{self.model}")
        headers = {} if self.api_key is None else {"Authorization": f"Bearer {self.api_key}"}
        self._poster = Poster(
            f"{self.base_url.rstrip('/')}/audio/transcriptions",
            headers,
            self.timeouts,
            self.back_off,
            self.max_bytes,
            advice="use a faster model or server",
        )

    def transcribe(
        self,
        pieces: Iterator[NDArray[np.float32]],
        rate_hz: int,
        duration_s: float,
        done_s: float = 0.0,
        hints: RecognitionHints = NO_HINTS,
    ) -> Iterator[TranscribedChunk]:
        """Chunks of some minutes, cut where nobody speaks, with the speech in them; see `Transcriber`.

        A language of the hints is sent; a likely one is not, as the server finds out by itself. Hotwords are
        sent as the prompt. Speakers are given only where all of the sound is one request: labels of one
        reply say nothing of those of another. They are numbered from 1 on: a server's `A` or `SPEAKER_00`
        is a voice, and the name of nobody.

        Args:
            pieces: (n,) float32 mono in [-1, 1], one behind the other from 0 s on.
            rate_hz: 16000.
            duration_s: length of the sound in seconds; what is found behind it is left out.
            done_s: chunks that end here or before are not sent, only found again.
            hints: of the language, hotwords, and where subtitles say what is spoken.

        Raises:
            ModelError: the server is away, refuses, fails, or is too slow.
            ModelUnavailable: no voice detector is installed.
            ModelOutputInvalid: the reply is no transcript, or far too large.
            ValueError: another rate.
        """
        if rate_hz != RATE_HZ:
            raise ValueError(f"rate_hz must be {RATE_HZ}, got {rate_hz}")
        within = Window(0.0, duration_s)
        for chunk in cut_chunks(pieces, self.chunk_s):
            window, voice = chunk.window, chunk.windows
            if window.end_s > done_s + ROUNDING_S:
                needed = uncovered_voice(voice, hints.subtitled)
                numbered = list(self._recognised(chunk, needed, hints))
                spans = (one for _, span in numbered if (one := _clamped(span, within)) is not None)
                words = tuple(without_repetitions(spans))
                is_single_request = window.start_s <= 0 and window.end_s >= duration_s - SHORTEST_SPAN_S
                if not is_single_request or len({number for number, _ in numbered}) > 1:
                    words = tuple(replace(one, speaker=None) for one in words)
                yield TranscribedChunk(window, _with_numbers(words), voice, needed)

    def close(self) -> None:
        """Lets go of the connections."""
        self._poster.close()

    @property
    def _gives_times(self) -> bool:
        """Whether the server has not refused every form that has times."""
        return bool(FORMS[self._form]["response_format"] != "json")

    def _recognised(
        self, chunk: Chunk, needed: Sequence[Window], hints: RecognitionHints
    ) -> Iterator[tuple[int, Words]]:
        """(number of the request, words) of a chunk, in the time of the whole sound."""
        own = [window.shifted(-chunk.from_s) for window in needed]
        number = 0
        for part in _parts(chunk.sound, join_voice(own, MAX_REQUEST_S), MAX_REQUEST_S):
            number += 1
            transcript = self._transcript(chunk, part, own, hints) if self._gives_times else None
            if transcript is not None and transcript.segments is not None:
                for segment in transcript.segments:
                    yield number, self._words(segment, transcript.language, part.start_s + chunk.from_s)
                continue
            voice = [window for one in own if (window := one.clamped(part)) is not None]
            windows = list(_parts(chunk.sound, voice, MAX_PLAIN_S))
            for part_window in windows:
                plain = transcript if len(windows) == 1 else None
                plain = plain or self._transcript(chunk, part_window, own, hints)
                if plain is not None and plain.text:
                    segment = Segment(0.0, part_window.duration_s, plain.text)
                    yield number, self._words(segment, plain.language, part_window.start_s + chunk.from_s)

    def _words(self, segment: Segment, language: str | None, from_s: float) -> Words:
        end_s = max(segment.end_s, segment.start_s + SHORTEST_SPAN_S)
        times = tuple(
            replace(one, start_s=one.start_s + from_s, end_s=one.end_s + from_s) for one in segment.word_times
        )
        window = Window(segment.start_s + from_s, end_s + from_s)
        keys = self._poster.keys
        text = redact_keys(segment.text, keys)
        return Words(
            "speech",
            self.name,
            window,
            text,
            language,
            segment.confidence,
            segment.speaker,
            times if text == segment.text else (),
        )

    def _transcript(
        self, chunk: Chunk, part: Window, voice: Sequence[Window], hints: RecognitionHints
    ) -> ServerTranscript | None:
        """The reply to the voice in a part of a chunk; None for a part that is too short to hold a word.

        A form that the server refuses is not asked for again.
        """
        sound = mute_outside(chunk.sound, part, voice)
        if len(sound) < SHORTEST_SPAN_S * RATE_HZ:
            return None
        duration_s = len(sound) / RATE_HZ
        fields: dict[str, Any] = {"model": self.model, "temperature": "0"}
        if hints.language is not None:
            fields["language"] = hints.language.split("-")[0].lower()
        if hints.hotwords:
            fields["prompt"] = hints.hotwords
        upload = Upload("file", "sound.wav", wav_bytes(sound), "audio/wav")
        while True:
            try:
                post_result = self._poster.post(fields | dict(FORMS[self._form]), _body, upload)
                return read_transcript(post_result.value, duration_s)
            except PostRefused as error:
                is_form = any(word in error.message.lower() for word in ABOUT_FORM)
                if not is_form or self._form + 1 >= len(FORMS):
                    raise ModelError(
                        f"{self._poster.place} refused: {error}; are the key and the model's name"
                        f" ({self.model}) right?"
                    ) from None
                self._form += 1
            except ModelUnavailable as error:  # away now: the failure of this video, and not of the run
                raise ModelError(str(error)) from error
            except ModelOutputInvalid as error:
                raise ModelOutputInvalid(
                    redact(
                        f"{self._poster.place} did not reply with a transcript: {error}", self._poster.keys
                    ),
                    redact(error.raw_text, self._poster.keys),
                ) from None


def without_password(url: str) -> str:
    """An address without user and password.

    >>> without_password("https://me:secret@host:8000/v1")
    'https://host:8000/v1'
    """
    parts = urlsplit(url)
    if not (parts.username or parts.password or passwords(url)):
        return url.rstrip("/")
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")


def _with_numbers(words: Sequence[Words]) -> tuple[Words, ...]:
    """Words whose speakers are numbered in the order in which they first speak."""
    labels = dict.fromkeys(one.speaker for one in words if one.speaker is not None)
    numbers = {label: str(number) for number, label in enumerate(labels, start=1)}
    return tuple(replace(one, speaker=numbers.get(one.speaker or "")) for one in words)


def _body(lines: Lines) -> str:
    return "\n".join(lines.lines)


def _parts(sound: NDArray[np.float32], windows: Sequence[Window], max_s: float) -> Iterator[Window]:
    for window in windows:
        yield from split_at_quiet(sound, window, max_s)


def _clamped(words: Words, within: Window) -> Words | None:
    window = words.window.clamped(within)
    return None if window is None else replace(words, window=window)
