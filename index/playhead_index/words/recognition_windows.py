"""Speech of a chunk of sound: windows of 30 s that start and end between sentences, each in its language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playhead_index.window import Window
from playhead_index.words.recognised_sentences import SpokenWord, sentence_starts
from playhead_index.words.voice_activity import RATE_HZ, cut_s
from playhead_index.words.voice_timeline import VoiceTimeline, quietest, voice_timeline, without_silence
from playhead_index.words.whisper_decoder import WINDOW_S, DecodedWindow, DecodedWord, EncodedWindow

MIN_ADVANCE_S = 18.0
"""A window is not left earlier: a sentence that starts before is decoded in two, cut at a pause."""
MIN_CONTEXT_S = 1.5
"""A full stop with so much of the window behind it was set knowing what follows; nearer to the end of a
window Whisper sets one behind any words."""
MIN_TAIL_S = 1.0
"""What the model left out at the end of the sound is decoded again from here on."""
SEARCH_S = 2.0
"""The end of a full window is moved to the quietest place within so much of it."""
QUIET_S = 0.1
SHORT_S = 3.0
"""A language is detected in no less sound, in seconds."""
NEIGHBOURS = 3
MIN_MEAN_PROBABILITY = 0.6
"""Words whose mean probability with that of their neighbours is lower may be in another language."""
GAP_S = 3.0
"""Voice without words that is longer was skipped by the model: the next window starts there."""
MIN_GAP_START_S = 6.0
BOUNDARY_ERROR_S = 0.2
"""Word boundaries are off by as much: a window starts at the quietest place so near to one."""

MIN_OVERRIDE_PROBABILITY = 0.9
"""Probability of a detected language from which it counts and not the tag of the file. With the model `base`,
14 recordings of 3 to 101 s in three languages had their right language detected at 0.94 to 1.0; German made
by a synthesiser was taken for Latin at 0.42."""
MIN_SWITCH_PROBABILITY = 0.8
"""Probability of a detected language from which a window is in another one than the window before."""
MAX_PROBABILITY_OF_ENDED = 0.1
MIN_PROBABILITY = 0.5
"""It also is where the language of the window before has no more than the first and another one the second:
Spanish is found at 0.78 where Galician has 0.14."""


@dataclass(frozen=True, slots=True)
class LanguageRule:
    """Decides in which language a window is decoded; languages by the codes of the model.

    Args:
        given: the language of everything; None to detect it.
        likely: the language that the file says; None where it says none.
    """

    given: str | None = None
    likely: str | None = None

    def choose(self, detected: Mapping[str, float], before: str | None) -> str:
        """The language of a window, where none is given.

        Args:
            detected: probability by language.
            before: language of the window before; None for the first one.

        >>> LanguageRule(likely="de").choose({"la": 0.42, "de": 0.3}, None)
        'de'
        >>> LanguageRule(likely="en").choose({"de": 0.997}, None)
        'de'
        >>> LanguageRule().choose({"nn": 0.5, "de": 0.4}, "de"), LanguageRule().choose({"nn": 0.5}, None)
        ('de', 'nn')
        >>> LanguageRule().choose({"es": 0.78, "gl": 0.14, "de": 0.01}, "de")
        'es'
        """
        best = max(detected, key=lambda language: detected[language])
        if self.likely is not None:
            return best if detected[best] >= MIN_OVERRIDE_PROBABILITY else self.likely
        if before is None or detected[best] >= MIN_SWITCH_PROBABILITY:
            return best
        is_over = detected.get(before, 0.0) <= MAX_PROBABILITY_OF_ENDED and detected[best] >= MIN_PROBABILITY
        return best if is_over else before


class Decoder(Protocol):
    """Encodes and decodes windows (`WhisperDecoder`)."""

    def encode(self, sound: NDArray[np.float32]) -> EncodedWindow:
        """A window of at most 30 s behind the encoder."""
        ...

    def detect_languages(self, window: EncodedWindow) -> dict[str, float]:
        """Probability by language."""
        ...

    def decode(self, window: EncodedWindow, language: str) -> DecodedWindow:
        """The words of a window in a language."""
        ...


@dataclass(frozen=True, slots=True)
class RecognisedChunk:
    """Words at the start of a sound, and where the rest of it starts.

    Args:
        words: in time order, in seconds of the sound; languages by the codes of the model.
        end: samples that are done; all of the sound where it is the last.
    """

    words: tuple[SpokenWord, ...]
    end: int


def recognise_chunk(
    decoder: Decoder,
    sound: NDArray[np.float32],
    voice: Sequence[Window],
    rule: LanguageRule,
    *,
    is_last: bool,
    all_voice: Sequence[Window],
) -> RecognisedChunk:
    """The words of a sound up to the last place where a sentence was closed.

    What is left at the end, less than a window, is not decoded when more sound follows: it starts the next
    chunk, so that no sentence is broken.

    Args:
        decoder: the model.
        sound: (n,) float32 mono at 16 kHz.
        voice: where somebody speaks that is to be recognised, in seconds of the sound, ascending.
        rule: decides in which language a window is decoded.
        is_last: nothing follows the sound.
        all_voice: where somebody speaks at all, in seconds of the sound; the sound is not cut there.
    """
    timeline = voice_timeline(sound, voice, RATE_HZ)
    length_s = len(sound) / RATE_HZ
    is_open = not is_last and bool(voice) and voice[-1].end_s > length_s - MIN_CONTEXT_S
    words: list[SpokenWord] = []
    language: str | None = None
    at = 0
    while at < timeline.length:
        end = _window_end(timeline, at)
        is_end = end == timeline.length
        if at and is_end and is_open:
            break
        part = timeline.cut(at, end)
        window = _decode_window(decoder, part, language, rule, is_end=is_end and not is_open)
        language = window.language
        words += [_map_to_sound(word, at, timeline, voice, language) for word in window.words]
        at = end if window.next_start is None else at + window.next_start
    if at < timeline.length:
        return RecognisedChunk(tuple(words), timeline.sound_position(at))
    cut = len(sound) if is_last else round(cut_s(list(all_voice), length_s) * RATE_HZ)
    return RecognisedChunk(tuple(words), max(cut, timeline.pieces[-1][1] if timeline.pieces else 0))


@dataclass(frozen=True, slots=True)
class _Window:
    """The words that are taken of a window, and the sample at which the next one starts; None for its end."""

    words: Sequence[DecodedWord]
    language: str
    next_start: int | None


def _decode_window(
    decoder: Decoder,
    part: NDArray[np.float32],
    before: str | None,
    rule: LanguageRule,
    *,
    is_end: bool,
) -> _Window:
    """A window decoded in its language, up to where another language starts."""
    encoded = decoder.encode(part)
    language = rule.given or rule.choose(decoder.detect_languages(encoded), before)
    if before is not None and language != before:
        switch = _end_of_language(decoder, part, before)
        if switch:
            decoded = decoder.decode(decoder.encode(part[:switch]), before)
            return _Window(decoded.words, before, switch)
    decoded = decoder.decode(encoded, language)
    uncertain = None if rule.given else _uncertain_interval(decoded.words, len(part) / RATE_HZ)
    if uncertain is not None:
        start, end = (round(time_s * RATE_HZ) for time_s in uncertain)
        other = rule.choose(decoder.detect_languages(decoder.encode(part[start:end])), language)
        if other != language and start <= SHORT_S * RATE_HZ:
            words = decoder.decode(decoder.encode(part[:end]), other).words
            return _Window(words, other, end if end < len(part) else None)
        if other != language:
            words = tuple(word for word in decoded.words if word.end_s <= uncertain[0] + BOUNDARY_ERROR_S)
            return _Window(words, language, _quiet_start(part, uncertain[0]))
    count, after = accept_words(decoded, len(part) / RATE_HZ, is_end=is_end)
    return _Window(decoded.words[:count], language, None if after is None else _quiet_start(part, after))


def _end_of_language(decoder: Decoder, part: NDArray[np.float32], language: str) -> int:
    """Samples at the start of a window that are in the language of the window before."""
    at = 0
    while len(part) - at >= SHORT_S * RATE_HZ:
        low, high = (min(len(part), at + round(width_s * RATE_HZ)) for width_s in (SHORT_S, 2 * SHORT_S))
        end = quietest(part, low, high, round(QUIET_S * RATE_HZ)) if low < high else high
        detected = decoder.detect_languages(decoder.encode(part[at:end]))
        if max(detected, key=lambda one: detected[one]) != language:
            break
        at = end
    return at


def _uncertain_interval(words: Sequence[DecodedWord], length_s: float) -> tuple[float, float] | None:
    """[start, end) in seconds of the longest interval of a window that may be in another language.

    There the model gives its words a low probability, or no words at all.
    """
    intervals: list[tuple[float, float]] = []
    end_s = 0.0
    for start, end in [(w.start_s, w.end_s) for w in words] + [(length_s, length_s)]:
        if start - end_s >= SHORT_S:
            intervals.append((end_s, start))
        end_s = end
    run: list[DecodedWord] = []
    for at, word in enumerate(words):
        neighbours = words[max(0, at - NEIGHBOURS) : at + NEIGHBOURS + 1]
        if sum(one.probability for one in neighbours) / len(neighbours) < MIN_MEAN_PROBABILITY:
            run.append(word)
        elif run:
            intervals.append((run[0].start_s, run[-1].end_s))
            run = []
    intervals += [(run[0].start_s, run[-1].end_s)] if run else []
    longest = max(intervals, key=lambda one: one[1] - one[0], default=(0.0, 0.0))
    return longest if longest[1] - longest[0] >= SHORT_S else None


def accept_words(decoded: DecodedWindow, length_s: float, *, is_end: bool) -> tuple[int, float | None]:
    """(words of a window that are taken, second at which the next window starts; None for its end).

    Args:
        decoded: the words of the window.
        length_s: of the window.
        is_end: no voice follows it.
    """
    words = decoded.words
    if not words:
        return 0, None
    skipped = _start_of_gap(words)
    if skipped is not None:
        return skipped, words[skipped - 1].end_s
    last_s = max(words[-1].end_s, decoded.end_s) if not decoded.is_complete else words[-1].end_s
    is_tail_voiced = length_s - last_s >= GAP_S and last_s >= GAP_S
    if is_end:
        is_tail_cut = not decoded.is_complete and length_s - last_s >= MIN_TAIL_S and last_s >= MIN_TAIL_S
        return len(words), last_s if is_tail_voiced or is_tail_cut else None
    starts = sentence_starts([SpokenWord(w.text, w.start_s, w.end_s, w.probability, None) for w in words])
    if length_s - last_s >= MIN_CONTEXT_S and len(words) in starts and last_s >= MIN_ADVANCE_S:
        return len(words), last_s
    late = [i for i in starts if i < len(words) and words[i].start_s >= MIN_ADVANCE_S]
    if late:
        return late[-1], (words[late[-1] - 1].end_s + words[late[-1]].start_s) / 2
    count, after = _cut_at_pause(words, last_s)
    return count, last_s if after is None and is_tail_voiced else after


def _start_of_gap(words: Sequence[DecodedWord]) -> int | None:
    """How many words stand before voice that was skipped, some seconds into a window; None where none was."""
    for i in range(1, len(words)):
        if words[i - 1].end_s >= MIN_GAP_START_S and words[i].start_s - words[i - 1].end_s >= GAP_S:
            return i
    return None


def _cut_at_pause(words: Sequence[DecodedWord], last_s: float) -> tuple[int, float | None]:
    """The last words up to the longest pause in the second half of a window without an end of a sentence."""
    places = [i for i in range(1, len(words)) if words[i].start_s >= max(MIN_ADVANCE_S, last_s / 2)]
    if not places:
        return len(words), None
    at = max(places, key=lambda i: (words[i].start_s - words[i - 1].end_s, i))
    return at, (words[at - 1].end_s + words[at].start_s) / 2


def _window_end(timeline: VoiceTimeline, start: int) -> int:
    size = round(WINDOW_S * RATE_HZ)
    if timeline.length - start <= size:
        return timeline.length
    part = timeline.cut(start, start + size)
    return start + quietest(part, size - round(SEARCH_S * RATE_HZ), size, round(QUIET_S * RATE_HZ))


def _quiet_start(part: NDArray[np.float32], at_s: float) -> int:
    margin = round(BOUNDARY_ERROR_S * RATE_HZ)
    at = round(at_s * RATE_HZ)
    return quietest(part, max(0, at - margin), min(len(part), at + margin), round(QUIET_S * RATE_HZ))


def _map_to_sound(
    word: DecodedWord, at: int, timeline: VoiceTimeline, voice: Sequence[Window], language: str
) -> SpokenWord:
    """A word of the window that starts at a position of the timeline, in the time of the sound."""
    middle = at + round((word.start_s + word.end_s) / 2 * RATE_HZ)
    low, high = timeline.piece_at(middle)
    start = min(max(low, timeline.sound_position(at + round(word.start_s * RATE_HZ))), high)
    end = min(max(low, timeline.sound_position(at + round(word.end_s * RATE_HZ), is_end=True)), high)
    start_s, end_s = without_silence((start / RATE_HZ, max(start, end) / RATE_HZ), voice)
    return SpokenWord(word.text, start_s, end_s, word.probability, language)
