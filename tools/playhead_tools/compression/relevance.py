"""How well frames and their tokens fit a question: dot products, vectors in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.compression.records import EPSILON, ClipTokens, upcast_half

TOP_PART = 0.125
"""The part of a frame's tokens that must fit for the frame to fit: what is asked for is seldom everywhere."""


def frame_scores(frames: NDArray[np.floating], queries: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N,) how well each frame fits the best-fitting of one or more queries.

    With the picture vectors of the index this is one product for a whole video.

    Args:
        frames: (N, D) rows of length 1.
        queries: (D,) or (Q, D) rows of length 1, from the text half of the same encoder.

    Raises:
        ValueError: widths differ, or there is no query.
    """
    rows = np.atleast_2d(queries)
    if frames.ndim != 2 or rows.shape[1] != frames.shape[1] or not len(rows):
        raise ValueError(f"need (N, D) frames and (Q, D) queries, got {frames.shape} and {queries.shape}")
    return np.asarray((frames @ rows.T).max(axis=1), dtype=np.float64)


def word_token_scores(clip: ClipTokens, words: Any, *, reference_compat: bool = False) -> Any:
    """(N, T) how well each token fits the words of a question.

    Tokens and words are compared where a language model reads both. LongVU takes the raw dot product with
    its input embeddings, meant over all words, which `reference_compat` does in the same operations. Without
    its training most of that is each word's length and the direction that all tokens share. So here: the
    cosine of a token and a word, less the word's mean over the clip, in standard deviations of it; a word
    that fits everywhere alike says nothing, and the best word speaks for a token.

    Args:
        clip: tokens as the language model gets them.
        words: (Q, D) embeddings of the question's words alone, not of the instructions around it.
        reference_compat: LongVU's scores.

    Raises:
        ValueError: widths differ, or there are no words.
    """
    if words.ndim != 2 or words.shape[1] != clip.tokens.shape[2] or not len(words):
        raise ValueError(f"need (Q, D) words for {tuple(clip.tokens.shape)}, got {tuple(words.shape)}")
    shape = clip.tokens.shape[:2]
    if reference_compat:
        rows = clip.tokens.flatten(0, 1)
        return torch().matmul(rows, words.transpose(0, 1)).mean(dim=-1).reshape(shape)
    normalize = torch().nn.functional.normalize
    cosines = (
        normalize(upcast_half(clip.tokens), dim=-1).flatten(0, 1) @ normalize(upcast_half(words), dim=-1).T
    )
    spread = cosines.std(dim=0, unbiased=False)
    apart = (cosines - cosines.mean(dim=0)) / spread.clamp_min(EPSILON)
    return torch().where(spread > EPSILON, apart, torch().zeros_like(apart)).amax(dim=1).reshape(shape)


def word_frame_scores(
    token_scores: Any, *, top_part: float = TOP_PART, reference_compat: bool = False
) -> NDArray[np.float64]:
    """(N,) how well each frame fits, from the scores of its tokens.

    LongVU takes the mean of all tokens, in which a small thing drowns; here the best `top_part` count.

    Args:
        token_scores: (N, T) of `word_token_scores`.
        top_part: above 0, at most 1.
        reference_compat: the mean of all.
    """
    scores = token_scores if reference_compat else upcast_half(token_scores)
    if not reference_compat:
        num_top = max(1, round(top_part * scores.shape[1]))
        scores = torch().sort(scores, dim=1, descending=True).values[:, :num_top]
    return np.asarray(scores.mean(dim=-1).double().cpu().numpy(), dtype=np.float64)
