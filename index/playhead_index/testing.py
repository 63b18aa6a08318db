"""Test doubles of the models of this package, for tests and for trying out what is built on them.

The fakes are encoders without weights that know colours, words by their letters and the pitch of a voice,
nothing else, so that the truth is known. The scripted ones give what a script says.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.protocol import ModelTag
from playhead_index.window import Window
from playhead_index.words.diarisation import Diarisation, SoundPart, VoiceTurn
from playhead_index.words.protocol import (
    NO_HINTS,
    GeneratedCaption,
    RecognitionHints,
    SegmentFrames,
    TranscribedChunk,
    TranscriberTag,
    Words,
)
from playhead_index.words.subtitle_cover import uncovered_voice
from playhead_index.words.whisper_decoder import (
    FRAME_SAMPLES,
    RATE_HZ,
    WINDOW_S,
    DecodedWindow,
    DecodedWord,
    EncodedWindow,
)

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (230, 20, 20),
    "orange": (250, 140, 10),
    "yellow": (245, 235, 30),
    "green": (30, 170, 40),
    "cyan": (30, 220, 230),
    "blue": (25, 40, 230),
    "purple": (130, 30, 160),
    "pink": (250, 150, 190),
    "brown": (120, 70, 30),
    "white": (250, 250, 250),
    "grey": (128, 128, 128),
    "black": (5, 5, 5),
}
_SAME = {"gray": "grey", "violet": "purple", "magenta": "pink"}
_PALETTE = np.array(list(COLOURS.values()), dtype=np.float32)
_WORD = re.compile(r"\w+")
_OTHER_WIDTH = 20


class FakeEmbedder:
    """An `ImageTextEncoder` that sees which colours an image has, and reads colour words.

    An image's vector says which part of it has each colour of `COLOURS`; the vector of "a red car" is
    near that of red images. Words that are no colours have directions that no image has.
    """

    image_size_px = 32

    def __init__(self) -> None:
        self.tag = ModelTag("fake:colours", "1", len(COLOURS) + _OTHER_WIDTH)

    def encode_images(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N images, each (H, W, 3) uint8 of any size."""
        rows = np.zeros((len(images), self.tag.width), dtype=np.float32)
        for row, image in zip(rows, images, strict=True):
            row[: len(COLOURS)] = _colour_parts(image)
        return _unit(rows)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N texts; an empty text has a direction of its own."""
        return _unit(np.stack([self._text(text) for text in texts]) if texts else self._none())

    def _none(self) -> NDArray[np.float32]:
        return np.zeros((0, self.tag.width), dtype=np.float32)

    def _text(self, text: str) -> NDArray[np.float32]:
        row = np.zeros(self.tag.width, dtype=np.float32)
        names = list(COLOURS)
        for word in _words(text):
            name = _SAME.get(word, word)
            if name in COLOURS:
                row[names.index(name)] += 1.0
            else:
                row[len(names) :] += 0.25 * _hashed(word, _OTHER_WIDTH)
        return row if row.any() else np.eye(self.tag.width, dtype=np.float32)[-1]


class FakeTextEmbedder:
    """A `TextEmbedder` whose texts are similar when they share words: a hashed bag of words."""

    def __init__(self, width: int = 256) -> None:
        self.tag = ModelTag("fake:words", "1", width)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N texts; an empty text has a direction of its own."""
        rows = np.zeros((len(texts), self.tag.width), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in _words(text) or [""]:
                row += _hashed(word, self.tag.width)
        return _unit(rows)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same as `encode_texts`."""
        return self.encode_texts(texts)


class FakeReranker:
    """A `Reranker` that scores a text by the share of the query's words in it."""

    name = "fake:reranker"

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N,) float32 in [0, 1] for N texts."""
        words = set(_words(query))
        shares = [len(words & set(_words(text))) / max(1, len(words)) for text in texts]
        return np.array(shares, dtype=np.float32)


class FakeSpeakerEncoder:
    """A `SpeakerEncoder` for which a voice is its pitch: the spectrum below 400 Hz in eight bands."""

    window_s = 1.6

    def __init__(self) -> None:
        self.tag = ModelTag("fake:pitch", "1", 8)

    def encode(
        self, sound: NDArray[np.float32], windows: Sequence[Window], rate_hz: int = 16_000
    ) -> NDArray[np.float32]:
        """(k, 8) float32 rows of length 1."""
        rows = np.full((len(windows), 8), 1e-6, np.float32)
        for row, window in zip(rows, windows, strict=True):
            part = sound[round(window.start_s * rate_hz) : round(window.end_s * rate_hz)]
            power = np.abs(np.fft.rfft(part)) ** 2
            bands = np.minimum(8, np.arange(len(power)) * rate_hz / max(1, len(part)) // 50).astype(int)
            row += np.bincount(bands, weights=power, minlength=9)[:8].astype(np.float32)
        return _unit(rows)


class ScriptedTranscriber:
    """A `Transcriber` that gives spans from a script; each span is a chunk of its own.

    Args:
        spans: what is said, in the time of the whole video, ascending.
        name: what it calls itself.
        tag: which model it stands for.
    """

    def __init__(
        self, spans: Sequence[Words], name: str = "asr:script", tag: TranscriberTag | None = None
    ) -> None:
        self.tag = tag or TranscriberTag()
        self.spans = tuple(spans)
        self.name = name
        self.recognised: list[str] = []
        self.hints: list[RecognitionHints] = []

    def transcribe(
        self,
        pieces: Iterator[NDArray[np.float32]],
        rate_hz: int,
        duration_s: float,
        done_s: float = 0.0,
        hints: RecognitionHints = NO_HINTS,
    ) -> Iterator[TranscribedChunk]:
        """A chunk a span, from the end of the one before; its voice is the window of the span.

        Texts that are recognised are counted in `recognised`, and the hints of each call in `hints`.
        """
        self.hints.append(hints)
        for _ in pieces:
            pass
        start_s = 0.0
        for span in self.spans:
            window = span.window.clamped(Window(0.0, duration_s))
            if window is None:
                continue
            chunk = Window(start_s, window.end_s)
            start_s = window.end_s
            if chunk.end_s > done_s:
                needed = uncovered_voice((window,), hints.subtitled)
                words = (replace(span, window=window),) if needed else ()
                self.recognised += [span.text] if needed else []
                yield TranscribedChunk(chunk, words, (window,), needed)


class ScriptedDiariser:
    """A `Diariser` that gives turns from a script, whatever number is given.

    Args:
        turns: who speaks when.
        voices: embedding by label; by default a direction of its own for each.
        revision: of the model that it stands for.
    """

    def __init__(
        self,
        turns: Sequence[VoiceTurn],
        voices: Mapping[str, NDArray[np.float32]] | None = None,
        revision: str = "1",
    ) -> None:
        self.tag = ModelTag("fake:script", revision, 8)
        self.turns = tuple(turns)
        labels = dict.fromkeys(turn.label for turn in turns)
        directions = np.eye(8, dtype=np.float32)
        self.voices = dict(voices or zip(labels, directions, strict=False))
        self.numbers: list[int | None] = []

    def diarise(self, parts: Iterable[SoundPart], num_speakers: int | None = None) -> Diarisation:
        """The turns; the numbers of speakers that were given are listed in `numbers`."""
        for part in parts:
            for _ in part.pieces:
                pass
        self.numbers.append(num_speakers)
        return Diarisation(self.turns, self.voices)


class ScriptedScreenReader:
    """A `ScreenReader` that reads by a given rule, such as by the mean colour of the frame.

    Args:
        rule: (H, W, 3) uint8 frame -> the lines that it reads there, all with confidence 1.
        name: what it calls itself.
    """

    def __init__(self, rule: Callable[[NDArray[np.uint8]], Sequence[str]], name: str = "ocr:script") -> None:
        self.rule = rule
        self.name = name
        self.num_read = 0

    def read(self, rgb: NDArray[np.uint8]) -> list[tuple[str, float]]:
        """The lines that the rule gives for the frame."""
        self.num_read += 1
        return [(line, 1.0) for line in self.rule(rgb)]


class ScriptedCaptioner:
    """A `Captioner` that captions segments by a given rule, such as by their windows.

    Args:
        rule: a segment's frames -> its caption; empty when it says nothing.
        name: what it calls itself.
        batch: segments at a time.
        money: that each caption costs; None where its price is not known.
    """

    def __init__(
        self,
        rule: Callable[[SegmentFrames], str],
        name: str = "caption:script",
        batch: int = 4,
        money: float | None = 0.0,
    ) -> None:
        self.rule = rule
        self.name = name
        self.batch = batch
        self.money = money
        self.batches: list[int] = []
        self.windows: list[Window] = []

    def prepare(self) -> None:
        """Nothing: there is no model."""

    def caption(self, segments: Sequence[SegmentFrames]) -> list[GeneratedCaption]:
        """The captions that the rule gives; `batches` and `windows` list what was asked for."""
        self.batches.append(len(segments))
        self.windows += [segment.window for segment in segments]
        return [
            GeneratedCaption(
                self.rule(one), frames=len(one.frames), visual_tokens=16 * len(one.frames), money=self.money
            )
            for one in segments
        ]


class ScriptedDecoder:
    """A decoder of windows that reads words out of sound in which each word is an interval of one loudness.

    Word number i (from 0) is an interval of samples of the value (i + 1) / 1000. It decodes a word with
    probability 0.9 in its own language and with 0.2 in another one, and leaves out intervals of less than
    half a word.

    Args:
        words: (text with the blank before it, language), by number.
        word_s: how long a word lasts, in seconds.
    """

    def __init__(self, words: Sequence[tuple[str, str]], word_s: float = 0.5) -> None:
        self.words = tuple(words)
        self.word_s = word_s
        self.num_detected = 0

    def sound(self) -> NDArray[np.float32]:
        """All words one behind the other; (n,) float32 at 16 kHz."""
        values = (np.arange(len(self.words)) + 1) / 1000
        return np.repeat(values, round(self.word_s * RATE_HZ)).astype(np.float32)

    def encode(self, sound: NDArray[np.float32]) -> EncodedWindow:
        """The sound itself, at most 30 s of it."""
        return EncodedWindow(sound[: round(WINDOW_S * RATE_HZ)], len(sound) // FRAME_SAMPLES)

    def detect_languages(self, window: EncodedWindow) -> dict[str, float]:
        """The part of the words that is in each language."""
        self.num_detected += 1
        found = Counter(self.words[i][1] for i, _, _ in self._read(window))
        return {language: count / found.total() for language, count in found.items()} or {"en": 1.0}

    def decode(self, window: EncodedWindow, language: str) -> DecodedWindow:
        """The words of a window."""
        words = tuple(
            DecodedWord(self.words[i][0], start_s, end_s, 0.9 if self.words[i][1] == language else 0.2)
            for i, start_s, end_s in self._read(window)
        )
        return DecodedWindow(words, is_complete=False, end_s=words[-1].end_s if words else 0.0)

    def _read(self, window: EncodedWindow) -> list[tuple[int, float, float]]:
        """(word, start_s, end_s) of each word in a window."""
        numbers = np.rint(np.asarray(window.states) * 1000).astype(int)
        edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
        return [
            (int(numbers[start]) - 1, start / RATE_HZ, end / RATE_HZ)
            for start, end in pairwise(edges)
            if end - start >= self.word_s * RATE_HZ / 2 and numbers[start] > 0
        ]


def _colour_parts(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(len(COLOURS),) float32: the part of the image that is nearest to each colour."""
    step = max(1, min(image.shape[:2]) // FakeEmbedder.image_size_px)
    pixels = image[::step, ::step].reshape(-1, 3).astype(np.float32)
    nearest = ((pixels[:, None] - _PALETTE[None]) ** 2).sum(axis=2).argmin(axis=1)
    counts = np.bincount(nearest, minlength=len(COLOURS))
    return np.asarray(counts / len(pixels), dtype=np.float32)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in ("a", "an", "the", "of", "is")]


def _hashed(word: str, width: int) -> NDArray[np.float32]:
    """A direction that is the same for a word in every process and, mostly, differs between words."""
    digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
    generator = np.random.default_rng(int.from_bytes(digest, "big"))
    direction = generator.standard_normal(width).astype(np.float32)
    return np.asarray(direction / np.linalg.norm(direction), dtype=np.float32)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)
