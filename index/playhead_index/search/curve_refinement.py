"""Refines a curve over captions by their similarity to each other: three steps, all optional.

Two captions of one scene differ by chance, so a score is averaged with those of captions
that are near and similar (non-local means; Buades, Coll and Morel, 2005, doi:10.1109/CVPR.2005.38). The
captions that fit best then say more about the scene than the query did (pseudo-relevance feedback;
Rocchio, 1971). And where captions before and after differ, a scene ends (Foote, 2000,
doi:10.1109/ICME.2000.869637). Rows are the captions of one video in time order; what each step is worth
on QVHighlights stands in LOG.md.
"""

import numpy as np
from numpy.typing import NDArray

from playhead_index.search.curves import Floats

Vectors = NDArray[np.float32]

SIGMA_ROWS = 5.0
"""Sigma, in captions, within which similar captions are one scene."""
ANYWHERE = 0.2
"""Weight of a similar caption that is far away, where that of a near one is 1."""
SHARPNESS = 0.23
"""A caption whose cosine is lower by so much counts 1/e."""
MAX_DISTANCE_ROWS = 150
"""Captions further apart are not compared, so that an hour costs no more than its minutes."""
EXAMPLE_DEVIATIONS, EXAMPLE_SOFTNESS = 1.75, 0.2
"""Standard deviations from which a caption is an example of what is searched, and how sharply."""
CUT_ROWS = 4
"""Captions on either side of a cut that are compared."""
CUT_RANGE = (-1.0, 3.0)
VIDEO_END = 1.0
"""The ends of a video count as a cut of so many standard deviations."""
_BLOCK = 128


def denoise(scores: Floats, vectors: Vectors) -> Floats:
    """(N,) each score averaged with those of captions that are near in time and similar.

    Args:
        scores: (N,) numbers.
        vectors: (N, D) of length 1.
    """
    total = np.zeros(len(scores))
    for first in range(0, len(scores), _BLOCK):
        rows = np.arange(first, min(first + _BLOCK, len(scores)))
        context_rows = np.arange(
            max(0, first - MAX_DISTANCE_ROWS), min(len(scores), rows[-1] + 1 + MAX_DISTANCE_ROWS)
        )
        apart = (rows[:, None] - context_rows[None]).astype(np.float64)
        similarity = np.exp((vectors[rows] @ vectors[context_rows].T - 1.0) / SHARPNESS)
        weights = similarity * (np.exp(-0.5 * (apart / SIGMA_ROWS) ** 2) + ANYWHERE)
        total[rows] = weights @ scores[context_rows] / weights.sum(axis=1)
    return total


def feedback_scores(apart: Floats, vectors: Vectors) -> Floats:
    """(N,) how much more similar each caption is to those that fit well than to the others.

    Args:
        apart: (N,) scores in standard deviations of the curve.
        vectors: (N, D) of length 1.
    """
    fits = 1.0 / (1.0 + np.exp((EXAMPLE_DEVIATIONS - apart) / EXAMPLE_SOFTNESS))
    examples, others = (weights @ vectors / weights.sum() for weights in (fits, 1.0 - fits))
    return np.asarray(vectors @ (examples - others), dtype=np.float64)


def cut_strengths(vectors: Vectors) -> Floats:
    """(N + 1,) how much of a cut there is before each caption and after the last, in standard deviations.

    The mean cosine among up to `CUT_ROWS` captions before and among those after, less that across,
    nearer ones weightier; clipped to `CUT_RANGE`. `VIDEO_END` at the two ends and beside them, and
    everywhere in a video too short to compare.

    Args:
        vectors: (N, D) of length 1.
    """
    found = np.full(len(vectors) + 1, VIDEO_END)
    inner = np.arange(2, len(vectors) - 1)
    if len(inner) == 0:
        return found
    steps = [_cut(vectors[max(0, at - CUT_ROWS) : at][::-1], vectors[at : at + CUT_ROWS]) for at in inner]
    values = np.array(steps)
    spread = values.std()
    found[inner] = np.clip((values - values.mean()) / spread, *CUT_RANGE) if spread > 1e-9 else 0.0
    return found


def _cut(before: Vectors, after: Vectors) -> float:
    """Contrast across a cut; both sides nearest first."""
    (a, to_a), (b, to_b) = _centre(before), _centre(after)
    return float((a @ a) / to_a**2 / 2 + (b @ b) / to_b**2 / 2 - (a @ b) / (to_a * to_b))


def _centre(side: Vectors) -> tuple[Floats, float]:
    """(D,) weighted sum of one side, nearest first, and the sum of its weights."""
    weights = np.exp(-0.5 * ((np.arange(len(side)) + 0.5) / (CUT_ROWS / 2)) ** 2)
    return np.asarray(weights @ side, dtype=np.float64), float(weights.sum())
