"""Baselines over chunks of the transcript: BM25, sentence embeddings, and their reciprocal rank fusion."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from playhead_index.embed.protocol import TextEmbedder
from playhead_index.search.fusion import rrf
from playhead_index.window import Window
from playhead_index.words.protocol import Words

CHUNK_LENGTHS_S = (30.0, 60.0, 120.0)
TOP_K = 10
K1, B = 1.5, 0.75
"""BM25's parameters; with the tokens below these are the defaults of the package bm25s 0.3."""
STOP_WORDS = frozenset(
    [
        "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no",
        "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this",
        "to", "was", "will", "with",
    ]
)  # fmt: skip
"""The 33 English stop words of Lucene."""
_TOKEN = re.compile(r"\b\w\w+\b")


@dataclass(frozen=True, slots=True)
class TranscriptChunk:
    """Consecutive transcript spans as one text.

    Args:
        window: from the start of the first span to the end of the last, in seconds.
        text: their text, joined by blanks.
    """

    window: Window
    text: str


def chunk_transcript(spans: Sequence[Words], length_s: float) -> list[TranscriptChunk]:
    """Spans grouped by the interval [i * length_s, (i + 1) * length_s) in which they start, in time order.

    Args:
        spans: of one video, in any order.
        length_s: length of an interval in seconds, above 0.

    >>> cues = [("one", 0), ("two", 8), ("three", 12)]
    >>> spans = [Words("speech", "file:a.srt", Window(s, s + 4), text) for text, s in cues]
    >>> [(chunk.window.end_s, chunk.text) for chunk in chunk_transcript(spans, 10)]
    [(12, 'one two'), (16, 'three')]
    """
    groups: dict[int, list[Words]] = {}
    for span in sorted(spans, key=lambda one: one.window):
        groups.setdefault(int(span.window.start_s // length_s), []).append(span)
    return [
        TranscriptChunk(
            Window(group[0].window.start_s, max(span.window.end_s for span in group)),
            " ".join(span.text for span in group),
        )
        for _, group in sorted(groups.items())
    ]


def tokenize(text: str) -> list[str]:
    """Lower-case words of two letters or more without stop words, not stemmed.

    >>> tokenize("What's on the RED door?")
    ['what', 'red', 'door']
    """
    return [token for token in _TOKEN.findall(text.lower()) if token not in STOP_WORDS]


class Bm25:
    """Okapi BM25 over some texts, in Lucene's variant (Robertson and Zaragoza, 2009, doi:10.1561/1500000019).

    Args:
        texts: the documents; at least one.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(tokenize(text)) for text in texts]
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._mean_length = (sum(self._lengths) / len(texts)) or 1.0
        self._num_texts_with = Counter(token for counts in self._counts for token in counts)

    def scores(self, query: str) -> list[float]:
        """The score of each text; 0 for one that shares no token with the query."""
        tokens = tokenize(query)
        return [self._score(tokens, *one) for one in zip(self._counts, self._lengths, strict=True)]

    def _score(self, tokens: Sequence[str], counts: Mapping[str, int], length: int) -> float:
        norm = K1 * (1 - B + B * length / self._mean_length)
        return sum(
            self._idf(token) * counts[token] / (counts[token] + norm) for token in tokens if token in counts
        )

    def _idf(self, token: str) -> float:
        num = self._num_texts_with[token]
        return log(1 + (len(self._counts) - num + 0.5) / (num + 0.5))


class TranscriptBaselines:
    """Every baseline over the transcript of one video.

    Args:
        spans: the transcript.
        encoder: of sentences; None leaves out the baselines that need one.
    """

    def __init__(self, spans: Sequence[Words], encoder: TextEmbedder | None) -> None:
        self._encoder = encoder
        self._chunks = {length_s: chunk_transcript(spans, length_s) for length_s in CHUNK_LENGTHS_S}
        self._bm25 = {
            length_s: Bm25([chunk.text for chunk in chunks])
            for length_s, chunks in self._chunks.items()
            if chunks
        }
        self._vectors = {
            length_s: encoder.encode_texts([chunk.text for chunk in chunks])
            for length_s, chunks in self._chunks.items()
            if encoder is not None
        }

    def rankings(self, question: str) -> dict[str, list[Window]]:
        """The first `TOP_K` windows of each baseline by its name, such as `bm25-30s`, best first."""
        return {
            name: [chunks[at].window for at in ranking[:TOP_K]]
            for length_s, chunks in self._chunks.items()
            for name, ranking in self._rankings(question, length_s)
        }

    def _rankings(self, question: str, length_s: float) -> Iterator[tuple[str, list[int]]]:
        lexical = list[int]()
        if length_s in self._bm25:
            scores = np.array(self._bm25[length_s].scores(question))
            lexical = [int(at) for at in np.argsort(-scores, kind="stable") if scores[at] > 0]
        yield f"bm25-{length_s:g}s", lexical
        if self._encoder is None:
            return
        (query,) = self._encoder.encode_queries([question])
        dense = [int(at) for at in np.argsort(-(self._vectors[length_s] @ query), kind="stable")]
        yield f"dense-{length_s:g}s", dense
        yield f"rrf-{length_s:g}s", [fused.item for fused in rrf([lexical, dense])]
