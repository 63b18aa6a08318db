"""Frames that look like their neighbours are dropped before anything dear is done with them."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.compression.frame_windows import windows_of
from playhead_tools.compression.records import ClipTokens, SelectedFrames, join_selected, upcast_half

WINDOW = 16
THRESHOLD = 0.83
MAX_FRAMES = 400
"""LongVU's own: more kept frames than this are thinned evenly, against running out of memory."""


def prune_frames(
    clip: ClipTokens,
    *,
    window: int = WINDOW,
    threshold: float = THRESHOLD,
    room_frames: int = 0,
    reference_compat: bool = False,
) -> SelectedFrames:
    """The frames that do not look like the rest of their window, and the middle frame of every window.

    LongVU's temporal reduction (Shen et al., 2024, arXiv:2410.17434): all patch features of a frame are one
    vector of length 1; a frame is kept when the mean of its dot products with the frames of its window,
    itself among them, is below the threshold. Windows do not overlap; the last may be short.

    Ours differs where the released code has accidents, which `reference_compat` brings back: it computes in
    the features' own type, so that half-precision rounding decides near the threshold (ours: float32 at
    least); a frame of zeros is not a number there and takes all but the middle of its window with it (ours:
    like no other frame, kept); frames are left alone only when there are fewer than `room_frames` (ours:
    also when as many); and more than 400 kept frames are thinned to 400 (ours: budgets are for `plan`).

    Args:
        clip: (N, P, D) patch features of an image encoder such as DINOv2; (N, 1, D) for one a frame.
        window: frames a window.
        threshold: mean similarity from which a frame is dropped.
        room_frames: nothing is dropped while the model has room for all the frames; 0 drops always.
        reference_compat: do as the released code does, bit by bit.

    Returns:
        The kept frames; `scores` holds each frame's mean similarity, 0 for the middle of a window, or
        zeros where all fitted.

    Raises:
        ValueError: a feature is not finite (not with `reference_compat`).
    """
    num_frames = len(clip)
    if num_frames < room_frames or (num_frames == room_frames and not reference_compat):
        return SelectedFrames(np.arange(num_frames), clip.pts_s, num_frames, np.zeros(num_frames))
    stream = prune_frame_stream([clip], window=window, threshold=threshold, reference_compat=reference_compat)
    selected = join_selected(list(stream))
    if not reference_compat or num_frames < window:
        return selected
    at = evenly_thinned(len(selected))
    return SelectedFrames(selected.indices[at], selected.pts_s[at], selected.num_given, selected.scores)


def prune_frame_stream(
    chunks: Iterable[ClipTokens],
    *,
    window: int = WINDOW,
    threshold: float = THRESHOLD,
    reference_compat: bool = False,
) -> Iterator[SelectedFrames]:
    """What `prune_frames` keeps, window by window as frames come, holding one window at a time.

    Args:
        chunks: successive pieces of one video, of any sizes.
        window: frames a window.
        threshold: mean similarity from which a frame is dropped.
        reference_compat: the released code's arithmetic.

    Yields:
        The kept frames of one window; places count from the beginning of the stream.

    Raises:
        ValueError: a feature is not finite (not with `reference_compat`).
    """
    first = 0
    for part in windows_of(chunks, window):
        similarity = _mean_similarity(part.tokens, reference_compat)
        similarity[len(part) // 2] = 0
        selected = (similarity < threshold).cpu().numpy().nonzero()[0]
        scores = similarity.double().cpu().numpy()
        yield SelectedFrames(selected + first, part.pts_s[selected], len(part), scores)
        first += len(part)


def _mean_similarity(features: Any, reference_compat: bool) -> Any:
    """(W,) mean similarity of each frame to the W frames of its window."""
    rows = features.flatten(1, 2) if reference_compat else upcast_half(features).flatten(1, 2)
    lengths = torch().norm(rows, dim=1, keepdim=True)
    if not reference_compat:
        if not bool(torch().isfinite(lengths).all()):
            raise ValueError("features of frames must be finite; the encoder gave a NaN or an infinity")
        lengths = lengths.clamp_min(torch().finfo(rows.dtype).tiny)
    rows = rows / lengths
    return torch().mean(rows @ rows.T, dim=1)


def evenly_thinned(num_frames: int) -> NDArray[np.int64]:
    """(K,) places of at most `MAX_FRAMES` of so many frames, as LongVU's released code spreads them."""
    step = max(1.0, num_frames / float(MAX_FRAMES))
    return np.array([int(step * i) for i in range(min(num_frames, MAX_FRAMES))], dtype=np.int64)
