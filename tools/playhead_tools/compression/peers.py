"""Published token pruning, whole, as served by inference engines; what a benchmark sets beside ours."""

from typing import Any

from playhead_index.embed.runtime import torch
from playhead_tools.compression.importance import novelty_scores, vidcom2_scores
from playhead_tools.compression.records import ClipTokens, KeptTokens, kept_where


def keep_changed(clip: ClipTokens, keep_ratio: float) -> KeptTokens:
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
    many = max(clip.tokens_per_frame, int(len(clip) * clip.tokens_per_frame * keep_ratio))
    novelty = novelty_scores(clip)
    return kept_where(_best(novelty.flatten(), many).reshape(novelty.shape), clip.pts_s)


def keep_distinct(clip: ClipTokens, keep_ratio: float) -> KeptTokens:
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
    many, width = len(clip), clip.tokens_per_frame
    target = max(many, min(int(many * width * keep_ratio), many * width))
    importance, unique = vidcom2_scores(clip)
    scales = (keep_ratio * (1.0 + unique - unique.mean())).clamp(max=1.0)
    counts = (scales * width).round().long().clamp(min=1, max=width)
    rows = [_best(row, int(count)) for row, count in zip(importance, counts, strict=True)]
    mask = torch().cat(rows)
    return kept_where(_to_the_token(mask, importance.flatten(), target).reshape(many, width), clip.pts_s)


def _to_the_token(mask: Any, scores: Any, target: int) -> Any:
    low = torch().finfo(scores.dtype).min
    excess = int(mask.sum()) - target
    if excess > 0:
        return mask & _best(torch().where(mask, scores, low), target)
    return mask | _best(torch().where(mask, low, scores), -excess)


def _best(scores: Any, many: int) -> Any:
    """(T,) bool, the `many` highest; the earlier of equal ones."""
    mask = torch().zeros(scores.shape, dtype=torch().bool, device=scores.device)
    mask[torch().argsort(scores, descending=True, stable=True)[:many]] = True
    return mask


def _check(keep_ratio: float) -> None:
    if not 0 < keep_ratio <= 1:
        raise ValueError(f"a keep ratio is above 0 and at most 1, got {keep_ratio}")
