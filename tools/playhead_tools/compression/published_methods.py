"""Published token pruning, whole, as served by inference engines; what a benchmark sets beside ours."""

from typing import Any

from playhead_index.embed.runtime import torch
from playhead_tools.compression.importance import novelty_scores, vidcom2_scores
from playhead_tools.compression.records import ClipTokens, SelectedTokens, tokens_where


def keep_changed(clip: ClipTokens, keep_ratio: float) -> SelectedTokens:
    """The tokens that changed most since the frame before, the first frame whole.

    Efficient Video Sampling (Bagrov et al., 2025, arXiv:2510.14624): `int(keep_ratio * N * T)` tokens, but
    never fewer than the first frame has; of equal ones the earlier.

    Args:
        clip: of N frames of T tokens.
        keep_ratio: above 0, at most 1.

    Raises:
        ValueError: the ratio lies outside.
    """
    _check(keep_ratio)
    num_tokens = max(clip.tokens_per_frame, int(len(clip) * clip.tokens_per_frame * keep_ratio))
    novelty = novelty_scores(clip)
    return tokens_where(_best(novelty.flatten(), num_tokens).reshape(novelty.shape), clip.pts_s)


def keep_distinct(clip: ClipTokens, keep_ratio: float) -> SelectedTokens:
    """The tokens least like their clip and frame, more of them in frames that differ from the rest.

    VidCom2 (Liu et al., 2025, arXiv:2505.14454) with the exact total that serving needs:
    `int(keep_ratio * N * T)` tokens, one a frame at least; rounding is made good by the scores of single
    tokens over the clip, which is why a frame may end with none of it. Equal scores: the earlier token.

    Args:
        clip: of N frames of T tokens, both at least 1.
        keep_ratio: above 0, at most 1.

    Raises:
        ValueError: the ratio lies outside.
    """
    _check(keep_ratio)
    num_frames, width = len(clip), clip.tokens_per_frame
    target = max(num_frames, min(int(num_frames * width * keep_ratio), num_frames * width))
    importance, unique = vidcom2_scores(clip)
    scales = (keep_ratio * (1.0 + unique - unique.mean())).clamp(max=1.0)
    counts = (scales * width).round().long().clamp(min=1, max=width)
    rows = [_best(row, int(count)) for row, count in zip(importance, counts, strict=True)]
    mask = torch().cat(rows)
    return tokens_where(
        _match_target(mask, importance.flatten(), target).reshape(num_frames, width), clip.pts_s
    )


def _match_target(mask: Any, scores: Any, target: int) -> Any:
    low = torch().finfo(scores.dtype).min
    excess = int(mask.sum()) - target
    if excess > 0:
        return mask & _best(torch().where(mask, scores, low), target)
    return mask | _best(torch().where(mask, low, scores), -excess)


def _best(scores: Any, num_best: int) -> Any:
    """(T,) bool, the `num_best` highest; the earlier of equal ones."""
    mask = torch().zeros(scores.shape, dtype=torch().bool, device=scores.device)
    mask[torch().argsort(scores, descending=True, stable=True)[:num_best]] = True
    return mask


def _check(keep_ratio: float) -> None:
    if not 0 < keep_ratio <= 1:
        raise ValueError(f"a keep ratio is above 0 and at most 1, got {keep_ratio}")
