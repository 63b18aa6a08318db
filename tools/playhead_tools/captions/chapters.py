"""Where one chapter ends and the next begins, from the words of the captions alone."""

from collections.abc import Sequence
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from playhead_tools.tolerance import EPSILON

MAX_CAPTIONS = 64
MAX_CHAPTERS = 40


def cut_chapters(
    terms: Sequence[Sequence[str]], max_captions: int = MAX_CAPTIONS, max_chapters: int = MAX_CHAPTERS
) -> list[tuple[int, int]]:
    """Runs of captions that speak of the same things, as (first, end) with the end left out.

    The likeliest cut when every chapter draws its words from a distribution of its own, Laplace-smoothed,
    and each chapter costs log n (Utiyama and Isahara, 2001, "A Statistical Model for Domain-Independent
    Text Segmentation"): nothing to be tuned, and found exactly by dynamic programming. Unlike there, only
    whole captions are cut apart, no chapter has more than `max_captions` of them, and in a long video none
    has fewer than keep the chapters to `max_chapters`: each may cost a model call.

    Args:
        terms: the words of each caption, in time order.
        max_captions: captions in a chapter; more are allowed where there would be too many chapters.
        max_chapters: chapters in all.

    Returns:
        Runs that cover all captions in order; none for no captions.

    Raises:
        ValueError: `max_captions` or `max_chapters` is below 1.

    >>> cut_chapters([["cat", "sofa", "sleep"]] * 4 + [["car", "road", "drive"]] * 4)
    [(0, 4), (4, 8)]
    """
    if max_captions < 1 or max_chapters < 1:
        raise ValueError(f"chapters need at least one caption, got {max_captions = } and {max_chapters = }")
    min_captions = ceil(len(terms) / max_chapters)
    max_captions = max(max_captions, 2 * min_captions)
    total = max(2, sum(map(len, terms)))
    different = len({term for caption in terms for term in caption})
    best, begins = np.full(len(terms) + 1, np.inf), np.zeros(len(terms) + 1, dtype=np.int64)
    best[0] = 0.0
    for first in range(len(terms)):
        counts: dict[str, int] = {}
        n, fits = 0, 0.0
        for end in range(first + 1, min(first + max_captions, len(terms)) + 1):
            for term in terms[end - 1]:
                count = counts[term] = counts.get(term, 0) + 1
                fits += count * log(count + 1) - (count - 1) * log(count)
                n += 1
            if end - first < min_captions:
                continue
            cost = best[first] + log(total) + n * log(n + different or 1) - fits
            if cost < best[end] - EPSILON:
                best[end], begins[end] = cost, first
    return _runs(begins)


def _runs(begins: NDArray[np.int64]) -> list[tuple[int, int]]:
    runs, end = [], len(begins) - 1
    while end > 0:
        first = int(begins[end])
        runs.append((first, end))
        end = first
    return runs[::-1]
