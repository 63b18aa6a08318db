"""LongVU's choice of resolution by the question, and what it does when even that is too much."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.compression.frame_selection import best_frames
from playhead_tools.compression.records import ClipTokens, SelectedTokens, all_tokens, tokens_where
from playhead_tools.compression.reduce_tokens import THRESHOLD, WINDOW, reduce_tokens

Resolution = Literal["high", "mixed", "low"]
HIGH_CELLS, LOW_CELLS = 144, 64
"""Cells of LongVU's two grids; its regimes are distinguished by these, newlines and padding left aside."""


@dataclass(frozen=True, slots=True, eq=False)
class MixedTokens:
    """Tokens of frames in two resolutions; a frame has tokens in one of them at most.

    Args:
        high: kept of the finer grids.
        low: kept of the coarser ones.
        regime: what was done: all frames fine, a mixture, or all coarse.
    """

    high: SelectedTokens
    low: SelectedTokens
    regime: Resolution

    def __len__(self) -> int:
        return len(self.high) + len(self.low)

    def of(self, high: ClipTokens, low: ClipTokens) -> Any:
        """(K, D) the tokens themselves, in time order."""
        rows = torch().cat([self.high.of(high.tokens), self.low.of(low.tokens)])
        frames = torch().cat([self.high.frame_of, self.low.frame_of])
        return rows[torch().argsort(frames, stable=True)]


def mix_resolutions(
    high: ClipTokens,
    low: ClipTokens,
    scores: NDArray[np.floating],
    budget_tokens: int,
    *,
    window: int = WINDOW,
    threshold: float = THRESHOLD,
    reference_compat: bool = False,
    frame_room_tokens: int | None = None,
    cells: tuple[int, int] = (HIGH_CELLS, LOW_CELLS),
) -> MixedTokens:
    """Frames that fit the question in the fine grid, the others in the coarse one, within the budget.

    LongVU's query-guided reduction (Shen et al., 2024, arXiv:2410.17434). Where all frames fit in the fine
    grid they stay so. Else as many of the best-fitting are fine as the budget holds beside the coarse rest;
    where not even all coarse ones fit, `reduce_tokens` follows.

    The released code tells these cases apart by cells, without newlines and with a token less
    (`reference_compat`): so some clips that would fit fine and coarse mixed are reduced in time instead, and
    a very long one is reduced from its fine grids, never seen coarse. Here every token counts in every case.

    Args:
        high: (N, T, D) of the fine grid, newlines among them.
        low: (N, t, D) of the coarse grid of the same frames, t below T.
        scores: (N,) how well each frame fits (`guidance.word_frame_scores`).
        budget_tokens: most tokens to keep.
        window: of `reduce_tokens`.
        threshold: of `reduce_tokens`.
        reference_compat: do as the released code does, bit by bit.
        frame_room_tokens: with `reference_compat`, the tokens that the number of frames is compared with;
            None for one less than the budget.
        cells: of both grids, by which `reference_compat` tells its cases apart.

    Raises:
        ValueError: the two clips or the scores do not fit together.
    """
    num_frames = len(high)
    if len(low) != num_frames or len(scores) != num_frames or low.tokens_per_frame >= high.tokens_per_frame:
        raise ValueError(
            f"need as many frames in both grids, the second coarser, and as many scores, got "
            f"{tuple(high.tokens.shape)}, {tuple(low.tokens.shape)} and {len(scores)}"
        )
    if reference_compat:
        room = budget_tokens - 1 if frame_room_tokens is None else frame_room_tokens
        regime = _released_regime(high, low, budget_tokens, room, cells)
    else:
        regime = _regime(high, low, budget_tokens)
    limits: dict[str, Any] = {
        "window": window, "threshold": threshold, "budget_tokens": budget_tokens,
        "reference_compat": reference_compat,
    }  # fmt: skip
    if regime == "high":
        return MixedTokens(reduce_tokens(high, **limits), _none(low), regime)
    if regime == "low":
        return MixedTokens(_none(high), reduce_tokens(low, **limits), regime)
    extra = high.tokens_per_frame - low.tokens_per_frame
    fine = min(num_frames, (budget_tokens - num_frames * low.tokens_per_frame) // extra)
    return _mixed(high, low, scores, fine, reference_compat)


def _regime(high: ClipTokens, low: ClipTokens, budget: int) -> Resolution:
    if len(high) * high.tokens_per_frame <= budget:
        return "high"
    return "mixed" if len(low) * low.tokens_per_frame <= budget else "low"


def _released_regime(
    high: ClipTokens, low: ClipTokens, budget: int, room: int, cells: tuple[int, int]
) -> Resolution:
    if len(high) < max(1, room // cells[0]) or len(high) > max(1, room // cells[1]):
        return "high"
    return "mixed" if len(low) * low.tokens_per_frame < budget else "low"


def _mixed(
    high: ClipTokens, low: ClipTokens, scores: NDArray[np.floating], fine: int, reference_compat: bool
) -> MixedTokens:
    values = np.asarray(scores)
    if reference_compat:  # torch's own choice among equal ones
        best = torch().topk(torch().from_numpy(values), fine).indices.numpy()
    else:
        best = best_frames(values, fine)
    is_fine = torch().zeros(len(high), dtype=torch().bool, device=high.tokens.device)
    is_fine[torch().from_numpy(np.sort(best))] = True
    masks = (
        mask[:, None].expand(-1, clip.tokens_per_frame) for mask, clip in ((is_fine, high), (~is_fine, low))
    )
    fine_tokens, coarse_tokens = (tokens_where(mask, high.pts_s) for mask in masks)
    return MixedTokens(fine_tokens, coarse_tokens, "mixed")


def _none(clip: ClipTokens) -> SelectedTokens:
    everything = all_tokens(clip)
    return SelectedTokens(everything.indices[:0], clip.tokens_per_frame, clip.pts_s)
