"""What compression must beat: frames evenly spread, tokens pooled, tokens dropped by lot."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.compression.frame_selection import uniform_frames
from playhead_tools.compression.records import ClipTokens, SelectedFrames, SelectedTokens, upcast_half


def keep_uniform_frames(pts_s: NDArray[np.float64], budget_tokens: int, frame_tokens: int) -> SelectedFrames:
    """Whole frames, evenly spread, as many as the budget holds.

    Args:
        pts_s: (N,) float64 seconds.
        budget_tokens: most tokens.
        frame_tokens: what a frame costs, everything counted, at least 1.
    """
    at = uniform_frames(len(pts_s), min(len(pts_s), budget_tokens // frame_tokens))
    return SelectedFrames(at, pts_s[at], len(pts_s), np.zeros(len(pts_s)))


@dataclass(frozen=True, slots=True, eq=False)
class PooledTokens:
    """Frames in a coarser grid; no token of it is one that the encoder made.

    Args:
        tokens: (N, rows * columns, D).
        rows: of the grid.
        columns: of the grid.
        pts_s: (N,) float64 seconds.
    """

    tokens: Any
    rows: int
    columns: int
    pts_s: NDArray[np.float64]


def pool_tokens(clip: ClipTokens, rows: int, columns: int, budget_tokens: int) -> PooledTokens:
    """Every frame averaged down to the largest grid of its shape that fits the budget.

    Args:
        clip: T = rows * columns tokens a frame, row by row.
        rows: of the grid.
        columns: of the grid.
        budget_tokens: most tokens of all frames together, at least one a frame.

    Raises:
        ValueError: T is not rows * columns, or the budget does not hold a token a frame.
    """
    if rows * columns != clip.tokens_per_frame or budget_tokens < len(clip):
        raise ValueError(
            f"need {rows} x {columns} tokens a frame and a budget for one each, got "
            f"{clip.tokens_per_frame} and {budget_tokens} for {len(clip)} frames"
        )
    fit = pooled_grid(rows, columns, budget_tokens // max(len(clip), 1))
    if fit == (rows, columns):
        return PooledTokens(clip.tokens, rows, columns, clip.pts_s)
    grids = upcast_half(clip.tokens).reshape(len(clip), rows, columns, -1).permute(0, 3, 1, 2)
    pooled = torch().nn.functional.adaptive_avg_pool2d(grids, fit).flatten(2).transpose(1, 2)
    return PooledTokens(pooled.to(clip.tokens.dtype), *fit, clip.pts_s)


def pooled_grid(rows: int, columns: int, max_cells: int) -> tuple[int, int]:
    """The grid with the most cells up to `max_cells`; of equal ones the one closest to rows / columns.

    >>> pooled_grid(6, 9, 24)
    (4, 6)
    """
    fits = [(r, c) for r in range(1, rows + 1) for c in range(1, columns + 1) if r * c <= max_cells]
    return max(fits, key=lambda fit: (fit[0] * fit[1], -abs(fit[0] / fit[1] - rows / columns)))


def drop_random_tokens(clip: ClipTokens, budget_tokens: int, seed: int) -> SelectedTokens:
    """Tokens kept by lot, each as likely as any other; the same ones for the same seed everywhere.

    Args:
        clip: of N frames of T tokens.
        budget_tokens: most tokens; all are kept where they fit.
        seed: of the lot.
    """
    num_tokens = len(clip) * clip.tokens_per_frame
    sampled = np.random.default_rng(seed).permutation(num_tokens)[:budget_tokens]
    indices = torch().from_numpy(np.sort(sampled)).to(clip.tokens.device)
    return SelectedTokens(indices, clip.tokens_per_frame, clip.pts_s)
