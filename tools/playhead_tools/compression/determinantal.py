"""Frames that fit a question and do not repeat one another."""

import numpy as np
from numpy.typing import NDArray

FOCUS = 1.0
SPANNED = 1e-9
"""A frame of which less than this is left is a mixture of those already taken."""


def dpp_frames(
    relevance: NDArray[np.floating], vectors: NDArray[np.floating], k: int, *, focus: float = FOCUS
) -> NDArray[np.int64]:
    """(k,) ascending places of frames that fit and differ, k at most N.

    The greedy mode of a determinantal point process with kernel q_i q_j <v_i, v_j>, q = exp(focus *
    relevance), by the incremental Cholesky of Chen, Zhang and Zhou, 2018, arXiv:1709.05135. It takes the
    frame that adds most to the determinant; of equal ones the first in time. Once every frame left is a
    mixture of those taken, the most relevant of them follow.

    Args:
        relevance: (N,) how well each frame fits the question, from 0 to 1.
        vectors: (N, D) what frames look like, of any length; compared by cosine.
        k: how many to take.
        focus: 0 looks at variety alone, more at relevance.

    Raises:
        ValueError: there are not as many vectors as frames.
    """
    if vectors.ndim != 2 or len(vectors) != len(relevance):
        raise ValueError(f"need (N, D) vectors for N frames, got {vectors.shape} and {len(relevance)}")
    rows = _unit(vectors)
    quality = np.exp(focus * np.asarray(relevance, dtype=np.float64))
    factors, left = np.zeros((k, len(rows))), np.ones(len(rows))
    selected: list[int] = []
    while len(selected) < k:
        gains = np.where(left > SPANNED, quality**2 * left, 0.0)
        gains[selected] = -1.0
        best = int(np.argmax(gains))
        if gains[best] <= 0.0:
            break
        known_factors = factors[: len(selected)]
        row = (rows @ rows[best] - known_factors.T @ known_factors[:, best]) / np.sqrt(left[best])
        factors[len(selected)] = row
        left = left - row**2
        selected.append(best)
    return np.sort(np.array([*selected, *_rest(quality, selected, k)], dtype=np.int64))


def _unit(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    rows = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0), dtype=np.float64)


def _rest(quality: NDArray[np.float64], selected: list[int], k: int) -> list[int]:
    order = np.argsort(-quality, kind="stable")
    return [int(at) for at in order if at not in selected][: k - len(selected)]
