"""A budget of tokens shared among frames."""

import numpy as np
from numpy.typing import NDArray


def share_tokens(
    weights: NDArray[np.floating], capacity: int, budget: int, *, min_tokens: int = 0
) -> NDArray[np.int64]:
    """(N,) tokens for each frame, in the ratio of weights, together as near to the budget as can be.

    Divisors of odd numbers (Sainte-Laguë, 1910): each further token goes to the frame with the largest
    weight / (2 * tokens it has + 1), of equal ones to the one with the fewest tokens, and of those to the
    first in time. With it no frame loses a token when the budget grows, so of the same frames a larger budget
    shows all that a small one does; rounding by largest remainders, as usual elsewhere, does not keep that.

    Args:
        weights: (N,) at least 0; all of them 0 means equal.
        capacity: most tokens of one frame.
        budget: most tokens of all frames together.
        min_tokens: tokens that every frame gets first.

    Raises:
        ValueError: a weight is negative or not finite, or the budget does not hold the least.

    >>> share_tokens(np.array([3.0, 1.0]), 10, 8)
    array([6, 2])
    """
    values = np.asarray(weights, dtype=np.float64)
    num_frames = len(values)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise ValueError("weights of frames must be finite and at least 0")
    if not 0 <= min_tokens <= capacity or budget < min_tokens * num_frames:
        raise ValueError(
            f"{budget} tokens do not hold {num_frames} frames of {min_tokens} to {capacity} each"
        )
    values = values if values.any() else np.ones(num_frames)
    steps = np.arange(min_tokens, capacity)[:, None]
    claims = (values[None, :] / (2 * steps + 1)).ravel()
    won = np.argsort(-claims, kind="stable")[: budget - min_tokens * num_frames]
    counts = (
        np.bincount(won % num_frames, minlength=num_frames) if num_frames else np.zeros(0, dtype=np.int64)
    )
    return np.asarray(min_tokens + counts, dtype=np.int64)
