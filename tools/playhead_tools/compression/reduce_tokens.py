"""Tokens that repeat the first frame of their window are dropped."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from playhead_index.embed.runtime import torch
from playhead_tools.compression.frame_selection import uniform_frames
from playhead_tools.compression.frame_windows import windows_of
from playhead_tools.compression.records import (
    ClipTokens,
    SelectedTokens,
    all_tokens,
    tokens_where,
    upcast_half,
)
from playhead_tools.compression.share_tokens import share_tokens

WINDOW = 8
THRESHOLD = 0.7
"""The released code's own fallback; its evaluations set 0.65 to 0.8."""


def reduce_tokens(
    clip: ClipTokens,
    *,
    window: int = WINDOW,
    threshold: float = THRESHOLD,
    budget_tokens: int | None = None,
    reference_compat: bool = False,
) -> SelectedTokens:
    """The tokens that differ from those at the same place in the first frame of their window.

    LongVU's spatial token compression (Shen et al., 2024, arXiv:2410.17434), as its released code has it:
    windows do not overlap, their first frame stays whole, and of the others a token stays when its cosine
    to the same place of the first is below the threshold. Newline tokens are tokens here; being alike in
    all frames they stay in first frames alone.

    When that is still above the budget, the released code cuts the same number from the end of every
    window, which costs its last frames their lower rows, and then the end of the clip; `reference_compat`
    does so, and computes in the tokens' own type. Here, in float32 at least, the tokens most like their
    first frame go until the budget is met to the token; only when first frames alone exceed it are these
    thinned, evenly.

    Args:
        clip: of N frames of T tokens.
        window: frames a window.
        threshold: cosine from which a token is dropped.
        budget_tokens: most tokens to keep; nothing is dropped where all fit. None: no limit, always drop.
        reference_compat: do as the released code does, bit by bit.

    Raises:
        ValueError: the window or the budget is out of range.
    """
    if window < 1 or (budget_tokens is not None and budget_tokens < 0):
        raise ValueError(f"need a window of 1 and a budget of 0 at least, got {window}, {budget_tokens}")
    num_tokens = len(clip) * clip.tokens_per_frame
    if num_tokens == 0 or (budget_tokens is not None and num_tokens <= budget_tokens):
        return all_tokens(clip)
    similarity = _similarity_to_first(clip.tokens if reference_compat else upcast_half(clip.tokens), window)
    mask = similarity < threshold
    mask[::window] = True
    if budget_tokens is not None and int(mask.sum()) > budget_tokens:
        fit = _cut_ends if reference_compat else _drop_most_similar
        mask = fit(mask, similarity, window, budget_tokens)
    return tokens_where(mask, clip.pts_s)


def reduce_token_stream(
    chunks: Iterable[ClipTokens],
    *,
    window: int = WINDOW,
    threshold: float = THRESHOLD,
    reference_compat: bool = False,
) -> Iterator[tuple[ClipTokens, SelectedTokens]]:
    """What `reduce_tokens` keeps without a budget, window by window, holding one window at a time.

    Args:
        chunks: successive pieces of one video, of any sizes.
        window: frames a window.
        threshold: cosine from which a token is dropped.
        reference_compat: the released code's arithmetic.

    Yields:
        A window and what is kept of it; places count inside the window.

    Raises:
        ValueError: the window holds no frame.
    """
    for part in windows_of(chunks, window):
        yield part, reduce_tokens(part, window=window, threshold=threshold, reference_compat=reference_compat)


def _similarity_to_first(tokens: Any, window: int) -> Any:
    """(N, T) cosine of each token to the same place in the first frame of its window; -2 in first frames."""
    similarity = torch().full(tokens.shape[:2], -2.0, dtype=tokens.dtype, device=tokens.device)
    for first in range(0, len(tokens), window):
        rest = tokens[first + 1 : first + window]
        if len(rest):
            head = tokens[first].unsqueeze(0).repeat_interleave(len(rest), dim=0)
            similarity[first + 1 : first + window] = torch().nn.functional.cosine_similarity(
                head, rest, dim=-1
            )
    return similarity


def _cut_ends(mask: Any, similarity: Any, window: int, budget: int) -> Any:
    starts = range(0, len(mask), window)
    excess = -(-(int(mask.sum()) - budget) // len(starts))
    cut = torch().zeros_like(mask)
    for first in starts:
        part = mask[first : first + window].flatten().nonzero()[:, 0][:-excess]
        cut[first : first + window].view(-1)[part] = True
    selected = cut.flatten().nonzero()[:, 0]
    cut.view(-1)[selected[budget:]] = False
    return cut


def _drop_most_similar(mask: Any, similarity: Any, window: int, budget: int) -> Any:
    selected = torch().zeros_like(mask)
    heads = -(-len(mask) // window)
    if heads * mask.shape[1] > budget:
        counts = share_tokens(np.ones(heads), mask.shape[1], budget)
        for first, count in zip(range(0, len(mask), window), counts, strict=True):
            selected[first, uniform_frames(mask.shape[1], int(count))] = True
        return selected
    order = torch().argsort(torch().where(mask, similarity, 3.0).flatten(), stable=True)
    selected.view(-1)[order[:budget]] = True
    return selected
