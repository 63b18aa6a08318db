"""How well each caption of one video fits a text, and the windows that this makes.

A search over a library ranks single spans; this scores all captions of one video together, where they
stand closely enough to be a curve.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from playhead_index.search.curve_refinement import cut_strengths, denoise, feedback_scores
from playhead_index.search.curves import Floats, smooth, standardise
from playhead_index.search.intervals import SAME_IOU, intervals
from playhead_index.window import Window

LEXICAL_WEIGHT = 0.4
"""What the words themselves count, where what they mean counts 1."""
FEEDBACK_WEIGHT = 1.2
FIT_SIGMA = 2.0
"""Captions over which `fits` is smoothed."""
WORDS_SIGMA = 1.5
"""Captions over which a curve of words alone is smoothed: what they say leaps more than what they mean."""


@dataclass(frozen=True)
class Timeline:
    """The captions of one video, and how each fits the query.

    Args:
        ids: (N,) catalog ids of the spans, in time order.
        starts_s: (N,) seconds.
        ends_s: (N,) seconds, none after the next one's start.
        lexical: (N,) how well each caption fits by its words.
        meaning: (N,) likewise by what it means; None where there is no model.
        vectors: (N, D) of length 1, of the captions; None where there is no model.

    Raises:
        ValueError: the arrays are not of one length, or only one of `meaning` and `vectors` is given.
    """

    ids: NDArray[np.int64]
    starts_s: Floats
    ends_s: Floats
    lexical: Floats
    meaning: Floats | None = None
    vectors: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        given = (self.ids, self.starts_s, self.ends_s, self.lexical, self.meaning, self.vectors)
        lengths = {len(each) for each in given if each is not None}
        if len(lengths) != 1:
            raise ValueError(f"the arrays of a timeline must be of one length, got {sorted(lengths)}")
        if (self.meaning is None) != (self.vectors is None):
            raise ValueError("a timeline has both meaning and vectors, or neither")

    @property
    def fits(self) -> Floats:
        """(N,) how well the video fits around each caption, smoothed: the highest is the best place."""
        return self._smooth(self._combined_scores, FIT_SIGMA)

    def windows(self, limit: int = 10, same_iou: float = SAME_IOU) -> list[tuple[Window, float]]:
        """Windows that answer the query, best first, with the overlap to be expected of each.

        Args:
            limit: maximum number of windows.
            same_iou: of windows that overlap by more, only the best is kept; 0 keeps windows apart.
        """
        if len(self.ids) == 0:
            return []
        curve, edges = self._curve
        found = intervals(self.starts_s, self.ends_s, curve, sigma=0.0, edges=edges, same_iou=same_iou)
        return found[:limit]

    @cached_property
    def _combined_scores(self) -> Floats:
        """(N,) both ways of fitting in one, in standard deviations."""
        by_words = self._standard(self.lexical)
        if self.meaning is None:
            return by_words
        return self._standard(self._standard(self.meaning) + LEXICAL_WEIGHT * by_words)

    @cached_property
    def _curve(self) -> tuple[Floats, Floats | None]:
        """(N,) the curve that is cut into windows, and the (N + 1,) cuts of the video."""
        if self.vectors is None:
            return self._smooth(self._combined_scores, WORDS_SIGMA), None
        first = denoise(self._smooth(self._combined_scores, 1.0), self.vectors)
        examples = self._standard(feedback_scores(self._standard(first), self.vectors))
        again = self._smooth(self._combined_scores + FEEDBACK_WEIGHT * examples, 1.0)
        return denoise(again, self.vectors), cut_strengths(self.vectors)

    def _standard(self, scores: Floats) -> Floats:
        return np.asarray(standardise(self.starts_s[None], self.ends_s[None], scores[None])[0])

    def _smooth(self, scores: Floats, sigma: float) -> Floats:
        return np.asarray(smooth(self.starts_s[None], self.ends_s[None], scores[None], sigma)[0])


def mean_cosines(vectors: NDArray[np.float32], wordings: NDArray[np.float32]) -> Floats:
    """(N,) the mean cosine of each of (N, D) captions with (W, D) wordings of the query."""
    return np.asarray((vectors @ wordings.T).mean(axis=1), dtype=np.float64)


def without_overlaps(starts_s: Floats, ends_s: Floats) -> tuple[Sequence[int], Floats]:
    """Which spans make a curve, and where each ends: not after the next one's start.

    Of spans that start together the first is kept.

    Args:
        starts_s: (N,) seconds, ascending.
        ends_s: (N,) seconds.
    """
    first_rows = np.flatnonzero(np.diff(starts_s, prepend=-np.inf) > 0)
    following = np.append(starts_s[first_rows][1:], np.inf)
    return first_rows.tolist(), np.minimum(ends_s[first_rows], following)
