"""Sentences of a transcript with their times: cues that break a sentence are joined, several are cut."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from playhead_index.window import Window
from playhead_index.words.protocol import WordTime
from playhead_index.words.sentences import is_unspaced_sign, sentence_bounds
from playhead_index.words.transcripts import Transcript, TranscriptSpan

SENTENCE_PAUSE_S = 2.0
"""A pause that ends a sentence whatever its text says; shorter ones stand inside spoken sentences."""
MAX_SENTENCE_S = 60.0
MAX_WORDS_PER_STOP = 60
"""A transcript with more words for each stop has no punctuation: live captions, small models."""
SIGNS_PER_WORD = 2
"""Characters that count as a word where a script has no spaces."""
MIN_DURATION_S = 0.01
_TOKEN = re.compile(r"\S+")
_FINAL = frozenset(".!?…。！？｡．।॥؟۔։።။\"'”’»)」』")
_CLAUSE_END = frozenset(",;:，、；：،–—")
_JOINED_TO_NEXT = frozenset("เแโใไເແໂໃໄ\u17d2\u1039")
"""Vowels of Thai and Lao that are written before their consonant, and signs that stack the next one."""
_JOINED_TO_LAST = frozenset("ะาำๅๆະາຳໆ")
"""Vowels of Thai and Lao that are written behind their consonant, and repetition marks."""
PAUSE_WEIGHT = 2.0
"""What a second of pause counts where a sentence is cut; a piece all off its target length counts -1."""
CLAUSE_WEIGHT = 0.6
"""What a comma counts."""
CUE_WEIGHT = 0.3
"""What the end of a cue counts."""


@dataclass(frozen=True, slots=True)
class LengthLimits:
    """How long the pieces of a sentence that is too long are, in words.

    Args:
        min_words: shortest piece, but for the last one.
        target_words: preferred length.
        max_words: longest piece; a sentence of at most so many words is not cut.
    """

    min_words: int
    target_words: int
    max_words: int


PUNCTUATED = LengthLimits(10, 30, 60)
UNPUNCTUATED = LengthLimits(8, 16, 20)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, or a piece of one that is very long.

    Args:
        window: from its first word to its last.
        text: on one line.
        span_ids: of the spans that hold its words, in time order.
        num_words: words; in scripts without spaces two characters count as one.
        speaker: label of who says it.
    """

    window: Window
    text: str
    span_ids: tuple[int, ...]
    num_words: int
    speaker: str | None = None


def divide_sentences(transcript: Transcript) -> list[Sentence]:
    """The sentences of a transcript, in the order in which they begin.

    A sentence goes on over spans until its text ends it, until somebody else speaks, or until a pause of
    `SENTENCE_PAUSE_S`. One of more than `MAX_SENTENCE_S` or of too many words (`PUNCTUATED`; `UNPUNCTUATED`
    for a transcript without stops) is cut where the pause is longest, at commas sooner than elsewhere. Its
    times are those of its words, where those are known; else a word's place in the text of its span gives
    its time in the span's window.
    """
    runs = [_Run(spans) for spans in _runs(transcript.spans)]
    divided = [(run, sentence_bounds(run.text, transcript.language)) for run in runs]
    num_stops = sum(run.text[end - 1] in _FINAL for run, bounds in divided for _, end in bounds)
    num_words = sum(count_words(run.text) for run in runs)
    limits = PUNCTUATED if num_stops * MAX_WORDS_PER_STOP >= num_words else UNPUNCTUATED
    sentences = [
        run.sentence(tokens)
        for run, bounds in divided
        for start, end in bounds
        for tokens in _pieces(run.tokens(start, end), limits)
    ]
    return sorted(sentences, key=lambda one: (one.window, one.span_ids))


def count_words(text: str) -> int:
    """Words of a text; two characters of a script without spaces count as one.

    >>> count_words("one two"), count_words("一二三四")
    (2, 2)
    """
    if text.isascii():
        return len(text.split())
    unspaced = sum(map(is_unspaced_sign, text))
    spaced = sum(not is_unspaced_sign(token[0]) for token in text.split())
    return spaced + -(-unspaced // SIGNS_PER_WORD)


def _runs(spans: Sequence[TranscriptSpan]) -> Iterator[list[TranscriptSpan]]:
    """Spans that follow one another without a long pause or a change of speaker."""
    run = list(spans[:1])
    for before, span in pairwise(spans):
        pause_s = span.words.window.start_s - before.words.window.end_s
        if pause_s >= SENTENCE_PAUSE_S or span.words.speaker != before.words.speaker:
            yield run
            run = []
        run.append(span)
    if run:
        yield run


@dataclass(frozen=True, slots=True)
class _Token:
    """A word in the text of a run, or a few characters of a script without spaces.

    Args:
        start: offset.
        end: offset.
        start_s: seconds.
        end_s: seconds.
        span: number of its span in the run.
        ends_clause: a comma or its like ends it.
        is_timed: whether its times are known; else they follow from its place in the text.
    """

    start: int
    end: int
    start_s: float
    end_s: float
    span: int
    ends_clause: bool
    is_timed: bool


class _Run:
    """Spans that follow one another, as one text of which each word has its time."""

    def __init__(self, spans: Sequence[TranscriptSpan]) -> None:
        self.spans = spans
        pieces: list[str] = []
        self._starts: list[int] = []
        at = 0
        for i, span in enumerate(spans):
            text = span.words.text
            joint = _joint(spans[i - 1].words.text, text) if i else ""
            pieces += [joint, text]
            self._starts.append(at + len(joint))
            at += len(joint) + len(text)
        self.text = "".join(pieces)
        self._word_starts = [[word.start for word in span.words.word_times] for span in spans]

    def tokens(self, start: int, end: int) -> list[_Token]:
        """The words between two offsets; none reaches over the border of two spans."""
        return [
            self._token(at + first, at + last)
            for match in _TOKEN.finditer(self.text, start, end)
            for at, piece in self._by_span(match[0], match.start())
            for first, last in _parts(piece)
        ]

    def _by_span(self, text: str, at: int) -> Iterator[tuple[int, str]]:
        """(offset, text) of what each span holds of a text without spaces."""
        borders = self._starts[bisect_right(self._starts, at) : bisect_left(self._starts, at + len(text))]
        for first, last in pairwise((at, *borders, at + len(text))):
            yield first, text[first - at : last - at]

    def _token(self, start: int, end: int) -> _Token:
        """A word with its time."""
        number = bisect_right(self._starts, start) - 1
        words, first = self.spans[number].words, start - self._starts[number]
        last = min(first + end - start, len(words.text))
        ends_clause = self.text[end - 1] in _CLAUSE_END
        if timed := self._timed(number, first, last):
            return _Token(start, end, timed[0].start_s, timed[-1].end_s, number, ends_clause, True)
        start_s, rate_s = words.window.start_s, words.window.duration_s / len(words.text)
        end_s = start_s + rate_s * last
        return _Token(start, end, start_s + rate_s * first, end_s, number, ends_clause, False)

    def _timed(self, number: int, first: int, last: int) -> Sequence[WordTime]:
        """The word times that two offsets in a span's text lie over."""
        times, starts = self.spans[number].words.word_times, self._word_starts[number]
        begin = bisect_right(starts, first) - 1
        begin = begin if begin >= 0 and times[begin].end > first else begin + 1
        return times[begin : max(bisect_left(starts, last), begin)]

    def sentence(self, tokens: Sequence[_Token]) -> Sentence:
        """The sentence that some words in a row are."""
        text = " ".join(self.text[tokens[0].start : tokens[-1].end].split())
        start_s = tokens[0].start_s
        end_s = max(tokens[-1].end_s, start_s + MIN_DURATION_S)
        ids = dict.fromkeys(self.spans[token.span].span_id for token in tokens)
        return Sentence(
            Window(start_s, end_s), text, tuple(ids), count_words(text), self.spans[0].words.speaker
        )


def _joint(before: str, after: str) -> str:
    """What stands between the texts of two spans: nothing in a script without spaces."""
    if is_unspaced_sign(before[-1]) and is_unspaced_sign(after[0]):
        return ""
    return "\n" if after[0] in "-–—" else " "


def _parts(token: str) -> Iterator[tuple[int, int]]:
    """Offsets of the parts of a token: about two characters each of a script without spaces, else all of it.

    >>> [token[first:last] for token in ("AI的发展", "สวัสดี") for first, last in _parts(token)]
    ['AI', '的发', '展', 'สวั', 'สดี']
    """
    first = 0
    if not token.isascii():
        for at in range(1, len(token)):
            is_full = at - first >= SIGNS_PER_WORD or not is_unspaced_sign(token[at - 1])
            if is_full and _may_cut(token, at):
                yield first, at
                first = at
    yield first, len(token)


def _may_cut(token: str, at: int) -> bool:
    """Whether a script without spaces is around an offset, and no letter is torn from its marks there."""
    before, sign = token[at - 1], token[at]
    return (
        (is_unspaced_sign(before) or is_unspaced_sign(sign))
        and before not in _JOINED_TO_NEXT
        and sign not in _JOINED_TO_LAST
        and not unicodedata.category(sign).startswith("M")
    )


def _pieces(tokens: Sequence[_Token], limits: LengthLimits) -> Iterator[Sequence[_Token]]:
    """A sentence, cut where it pauses long and where it would get too long."""
    first = 0
    for i in range(1, len(tokens) + 1):
        if i == len(tokens) or _pause_s(tokens, i) >= SENTENCE_PAUSE_S:
            yield from _short_pieces(tokens, first, i, limits)
            first = i


def _short_pieces(
    tokens: Sequence[_Token], first: int, end: int, limits: LengthLimits
) -> Iterator[Sequence[_Token]]:
    """The words [first, end), in pieces where they are too many or last too long.

    A few words that stand for minutes, such as a caption that stays, are one sentence.
    """
    if end - first < limits.min_words:
        yield tokens[first:end]
        return
    while end - first > limits.max_words or tokens[end - 1].end_s - tokens[first].start_s > MAX_SENTENCE_S:
        latest = min(first + limits.max_words, end - 1)
        while latest > first and tokens[latest - 1].end_s - tokens[first].start_s > MAX_SENTENCE_S:
            latest -= 1
        if latest == first:  # one word that lasts so long
            latest = min(first + 1, end - 1)
        if latest == first:
            break
        cuts = range(min(first + limits.min_words, latest), latest + 1)
        cut = max(cuts, key=lambda at: _cut_score(tokens, at, at - first, limits))
        yield tokens[first:cut]
        first = cut
    yield tokens[first:end]


def _cut_score(tokens: Sequence[_Token], at: int, num_words: int, limits: LengthLimits) -> float:
    """How well a sentence is cut before a word, behind so many words of it."""
    before = tokens[at - 1]
    return (
        PAUSE_WEIGHT * min(_pause_s(tokens, at), SENTENCE_PAUSE_S)
        + CLAUSE_WEIGHT * before.ends_clause
        + CUE_WEIGHT * (tokens[at].span != before.span)
        - abs(num_words - limits.target_words) / limits.max_words
    )


def _pause_s(tokens: Sequence[_Token], at: int) -> float:
    """Seconds of silence before a word; 0 between words of a span whose times are not known."""
    before, word = tokens[at - 1], tokens[at]
    is_known = before.span != word.span or (before.is_timed and word.is_timed)
    return word.start_s - before.end_s if is_known else 0.0
