"""Recognised words with their times, put into spans that are sentences."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from math import exp, log

from playhead_index.window import Window
from playhead_index.words.protocol import Words, WordTime
from playhead_index.words.sentences import sentence_bounds

MAX_SPAN_S = 25.0
"""A sentence that lasts longer is cut."""
MAX_PAUSE_S = 3.0
"""A longer pause ends a sentence whatever its punctuation."""
MIN_SPAN_S = 0.1
MIN_PROBABILITY = 1e-4
"""Less counts as this, so that one word does not decide."""
_CLAUSE_ENDS = ",;:–—،、，；：।"
_UNSPACED = ("zh", "ja", "th", "lo", "my", "km", "yue", "bo")
"""Languages that are written without blanks between words."""


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A recognised word.

    Args:
        text: with the blank before it, where its script has one.
        start_s: seconds, on the clock of the sound.
        end_s: seconds, after `start_s` or equal to it.
        probability: 0 to 1, as the model gives it.
        language: BCP 47 tag; None where it is not known.
    """

    text: str
    start_s: float
    end_s: float
    probability: float
    language: str | None


def sentence_spans(words: Sequence[SpokenWord], source: str) -> Iterator[Words]:
    """Spans of speech, each a sentence or a part of a long one, with the times of its words.

    A sentence ends by its punctuation (`sentence_bounds`), at a change of the language and at a pause of
    more than `MAX_PAUSE_S`; one that lasts longer than `MAX_SPAN_S` is cut behind a clause, else at its
    longest pause. The confidence of a span is the geometric mean of the probabilities of its words, on the
    scale of the mean log probability that Whisper gives for a segment.

    Args:
        words: in time order.
        source: of the spans, such as `asr:small`.
    """
    for run in _runs(words):
        text, offsets = _joined(run)
        for start, end in sentence_bounds(text, run[0].language):
            inside = [i for i, (at, _) in enumerate(offsets) if start <= at < end]
            for part in _cut([run[i] for i in inside]) if inside else ():
                yield _span(part, source)


def sentence_starts(words: Sequence[SpokenWord]) -> list[int]:
    """How many words stand before each place where a sentence ends by its punctuation, ascending.

    The number of all words comes last where the last one ends a sentence.

    >>> words = [SpokenWord(text, i, i + 1, 1.0, "en") for i, text in enumerate([" No.", " Not", " yet"])]
    >>> sentence_starts(words)
    [1]
    """
    if not words:
        return []
    text, offsets = _joined(words)
    bounds = sentence_bounds(text, words[0].language)
    starts = [next(i for i, (_, end) in enumerate(offsets) if end > start) for start, _ in bounds[1:]]
    is_closed = len(sentence_bounds(text + " Then", words[0].language)) > len(bounds)
    return [*starts, len(words)] if is_closed else starts


def clamped_span(span: Words, within: Window) -> Words | None:
    """A span with its words inside a window; None when it lies outside."""
    window = span.window.clamped(within)
    if window is None or window == span.window:
        return span if window is not None else None
    times = tuple(
        replace(one, start_s=min(one.start_s, window.end_s), end_s=min(one.end_s, window.end_s))
        for one in span.word_times
    )
    return replace(span, window=window, word_times=times)


def cut_text(span: Words, text: str) -> Words:
    """A span with a part of its text taken out, and the times of the words that stay.

    >>> times = (WordTime(0, 7, 0.0, 1.0, 0.5), WordTime(8, 10, 1.0, 2.0, 0.9))
    >>> span = Words("speech", "asr:x", Window(0.0, 2.0), "[Music] Hi", word_times=times)
    >>> cut_text(span, "Hi").word_times
    (WordTime(start=0, end=2, start_s=1.0, end_s=2.0, probability=0.9),)
    """
    if text == span.text:
        return span
    same = SequenceMatcher(None, span.text, text, autojunk=False).get_matching_blocks()
    times = tuple(
        replace(one, start=one.start - block.a + block.b, end=one.end - block.a + block.b)
        for one in span.word_times
        for block in same
        if block.a <= one.start and one.end <= block.a + block.size
    )
    return replace(span, text=text, word_times=times)


def _runs(words: Sequence[SpokenWord]) -> Iterator[list[SpokenWord]]:
    """Words of one language without a long pause between them."""
    run: list[SpokenWord] = []
    for word in words:
        if run and (word.language != run[-1].language or word.start_s - run[-1].end_s > MAX_PAUSE_S):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _joined(words: Sequence[SpokenWord]) -> tuple[str, list[tuple[int, int]]]:
    """The text of some words, and [start, end) of each in it."""
    text, offsets = "", []
    is_spaced = (words[0].language or "").split("-")[0] not in _UNSPACED
    for i, word in enumerate(words):
        core = " ".join(word.text.split())
        text += " " if text and (word.text[:1].isspace() or (is_spaced and _is_new_window(words, i))) else ""
        offsets.append((len(text), len(text) + len(core)))
        text += core
    return text, offsets


def _is_new_window(words: Sequence[SpokenWord], i: int) -> bool:
    """The word may be the first of a window, which some models write without a blank."""
    return words[i - 1].text.rstrip()[-1:] in ".!?" and words[i].text[:1].isalpha()


def _cut(words: list[SpokenWord]) -> Iterator[list[SpokenWord]]:
    """A sentence in parts of at most `MAX_SPAN_S`."""
    if len(words) < 2 or words[-1].end_s - words[0].start_s <= MAX_SPAN_S:
        yield words
        return
    at = 1 + max(range(len(words) - 1), key=_quality_of_cut(words))
    yield from _cut(words[:at])
    yield from _cut(words[at:])


def _quality_of_cut(words: list[SpokenWord]) -> Callable[[int], tuple[bool, bool, float]]:
    """How good it is to cut behind a word: not near the ends, behind a clause, at a long pause."""
    quarter_s = (words[-1].end_s - words[0].start_s) / 4

    def quality(i: int) -> tuple[bool, bool, float]:
        before_s, after_s = words[i].end_s - words[0].start_s, words[-1].end_s - words[i + 1].start_s
        is_clause = words[i].text.rstrip()[-1:] in _CLAUSE_ENDS
        return min(before_s, after_s) >= quarter_s, is_clause, words[i + 1].start_s - words[i].end_s

    return quality


def _span(words: Sequence[SpokenWord], source: str) -> Words:
    text, offsets = _joined(words)
    window = Window(words[0].start_s, max(words[-1].end_s, words[0].start_s + MIN_SPAN_S))
    times = tuple(
        WordTime(start, end, word.start_s, word.end_s, word.probability)
        for word, (start, end) in zip(words, offsets, strict=True)
    )
    logs = [log(max(word.probability, MIN_PROBABILITY)) for word in words]
    confidence = min(1.0, exp(sum(logs) / len(logs)))
    return Words("speech", source, window, text, words[0].language, confidence, word_times=times)
