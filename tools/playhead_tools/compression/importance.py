"""How much each token of a frame would be missed, whatever is asked.

Nothing here merges tokens: those kept are those the encoder made, at their own positions. Scores are computed
once a clip; sorting by them is `token_ranking`'s.
"""

from typing import Any

from playhead_index.embed.runtime import torch
from playhead_tools.compression.records import EPSILON, ClipTokens, upcast_half

KERNEL_WIDTHS = tuple(2.0**k for k in range(-3, 2))
CHANNEL_PART, UNIQUE_TEMPERATURE = 0.5, 0.01
CURVE_TEMPERATURE = 0.7
STATIC = 0.9


def vidcom2_scores(clip: ClipTokens) -> tuple[Any, Any]:
    """How unlike its clip and its frame each token is, and how unlike the clip each frame.

    VidCom2 (Liu et al., 2025, arXiv:2505.14454): on the half of the channels that vary least, tokens are
    brought to length 1; five Gaussian kernels of their distance to the clip's mean, and five to their
    frame's, tell how redundant a token is. In float32 at least, where the authors stay in the model's type.

    Args:
        clip: of N frames of T tokens, N and T at least 1.

    Returns:
        (N, T) importance, the higher the less redundant; and (N,) uniqueness, a softmax over frames.
    """
    frames = _quiet_channels(upcast_half(clip.tokens))
    frames = torch().nn.functional.normalize(frames, dim=-1)
    to_clip = _kernel_sum(frames, frames.mean(dim=(0, 1), keepdim=True))
    to_frame = _kernel_sum(frames, frames.mean(dim=1, keepdim=True))
    unlike = -to_clip.mean(dim=-1)
    return -(to_clip + to_frame), torch().softmax((unlike - unlike.max()) / UNIQUE_TEMPERATURE, dim=0)


def _quiet_channels(tokens: Any) -> Any:
    spread = tokens.flatten(0, 1).var(dim=0, unbiased=False)
    num_channels = max(1, int(tokens.shape[2] * CHANNEL_PART))
    return tokens[:, :, torch().argsort(spread, stable=True)[:num_channels]]


def _kernel_sum(tokens: Any, centre: Any) -> Any:
    squared = ((tokens - centre) ** 2).sum(dim=-1)
    return sum(torch().exp(-squared / (2.0 * width)) for width in KERNEL_WIDTHS)


def vcast_scores(clip: ClipTokens) -> tuple[Any, Any]:
    """How far each token stands out of its frame, and how sharply the clip turns at each frame.

    As V-CAST's code does it: importance is 1 - cosine to the frame's mean plus the token's length, brought
    to [0, 1] inside the frame; the turn at a frame is 1 - cosine between the steps of the frames' mean
    directions before and after it, and 1 at both ends.

    Args:
        clip: of N frames of T tokens, N and T at least 1.

    Returns:
        (N, T) importance; and (N,) uniqueness, a softmax over frames.
    """
    tokens, functional = upcast_half(clip.tokens), torch().nn.functional
    means = functional.normalize(tokens.mean(dim=1), dim=-1, eps=EPSILON)
    apart = 1.0 - functional.cosine_similarity(tokens, means[:, None], dim=-1, eps=EPSILON)
    lengths = tokens.norm(dim=-1)
    low, high = lengths.amin(dim=1, keepdim=True), lengths.amax(dim=1, keepdim=True)
    importance = apart + (lengths - low) / (high - low + EPSILON)
    return importance, torch().softmax(_turns(means) / CURVE_TEMPERATURE, dim=0)


def _turns(means: Any) -> Any:
    turns = torch().ones(means.shape[0], dtype=means.dtype, device=means.device)
    steps = means[1:] - means[:-1]
    cosine = torch().nn.functional.cosine_similarity(steps[:-1], steps[1:], dim=-1, eps=EPSILON)
    turns[1:-1] = 1.0 - cosine
    return turns


def novelty_scores(clip: ClipTokens) -> Any:
    """(N, T) how much each token changed since the frame before, from 0 to 2; infinite in the first frame.

    1 - cosine to the same place one frame earlier: the measure of Efficient Video Sampling (Bagrov et al.,
    2025, arXiv:2510.14624). Where frames were chosen here and there, ask it of the chosen ones: a token that
    equals one of a frame that is not shown is not redundant.
    """
    tokens = upcast_half(clip.tokens)
    novelty = torch().full(tokens.shape[:2], float("inf"), dtype=tokens.dtype, device=tokens.device)
    if len(clip) > 1:
        cosine = torch().nn.functional.cosine_similarity(tokens[1:], tokens[:-1], dim=-1)
        novelty[1:] = 1.0 - cosine
    return novelty


def static_last(importance: Any, novelty: Any, *, static: float = STATIC) -> Any:
    """(N, T) importance in which tokens that stayed as they were come after all that changed.

    They lose their place, not their life: a budget that holds the whole frame still holds them.

    Args:
        importance: (N, T).
        novelty: (N, T) of `novelty_scores`.
        static: cosine to the frame before from which a token counts as unchanged.
    """
    spread = importance.amax(dim=1, keepdim=True) - importance.amin(dim=1, keepdim=True)
    return torch().where(novelty <= 1.0 - static, importance - spread - 1.0, importance)
