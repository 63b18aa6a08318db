"""Lexical cohesion: how many words neighbouring parts of a transcript share."""

import re
from collections import Counter
from collections.abc import Sequence
from math import log
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from playhead_index.words.sentences import is_unspaced_sign

STEM_CHARS = 6
"""Characters of a word that count: enough to distinguish words, few enough that inflected forms agree."""
WIDTH = 512
"""Length of a hashed vector of terms."""
BLOCK_S = 30.0
"""How much on either side of a gap between sentences is compared (Hearst, 1997, takes 120 words)."""
_WORD = re.compile(r"[^\W_]+")


def terms(text: str) -> list[str]:
    """The terms of a text for cohesion: beginnings of words, pairs of characters in scripts without spaces.

    >>> terms("Batteries, battery!"), terms("电池。")
    (['batter', 'batter'], ['电池'])
    """
    found: list[str] = []
    for word in _WORD.findall(text.casefold()):
        if is_unspaced_sign(word[0]) and len(word) > 1:
            found += (word[i : i + 2] for i in range(len(word) - 1))
        else:
            found.append(word[:STEM_CHARS])
    return found


def term_vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """(N, WIDTH) float32 sums of hashed terms, each weighted by how few of the N texts it stands in.

    Terms of one text only weigh nothing. The weight of the others is the logarithm
    of N over the number of their texts.
    """
    counts = [Counter(terms(text)) for text in texts]
    num_texts = Counter(term for own in counts for term in own)
    vectors = np.zeros((len(texts), WIDTH), dtype=np.float32)
    for row, own in zip(vectors, counts, strict=True):
        for term, count in own.items():
            if num_texts[term] > 1:
                row[crc32(term.encode()) % WIDTH] += (1 + log(count)) * log(len(texts) / num_texts[term])
    return vectors


def depths(
    vectors: NDArray[np.float32], starts_s: NDArray[np.float64], ends_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(N - 1,) how much less the intervals around each gap have in common than those around its neighbours.

    The depth score of TextTiling (Hearst, 1997, Computational Linguistics 23): what the similarity of two
    blocks of `BLOCK_S` falls short of the nearest peak on the left, and of the one on the right.

    Args:
        vectors: (N, D) float32, one for each sentence; not of length 1: a long sentence counts more.
        starts_s: (N,) float64 seconds, ascending.
        ends_s: (N,) float64 seconds.
    """
    count = len(vectors)
    if count < 2:
        return np.zeros(0)
    sums = np.zeros((count + 1, vectors.shape[1]), dtype=np.float64)
    np.cumsum(vectors, axis=0, out=sums[1:])
    gaps = np.arange(1, count)
    first = np.minimum(np.searchsorted(starts_s, starts_s[1:] - BLOCK_S), gaps - 1)
    last = np.maximum(np.searchsorted(starts_s, starts_s[1:] + BLOCK_S), gaps + 1)
    before, after = sums[gaps] - sums[first], sums[last] - sums[gaps]
    lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    similarity = np.zeros(count - 1)
    np.divide((before * after).sum(axis=1), lengths, out=similarity, where=lengths > 0)
    return peaks(similarity) + peaks(similarity[::-1])[::-1] - 2 * similarity


def peaks(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) the value of the peak that is reached to the left of each place by going up only."""
    peaks = similarity.copy()
    for i in range(1, len(similarity)):
        if similarity[i - 1] >= similarity[i]:
            peaks[i] = peaks[i - 1]
    return peaks
