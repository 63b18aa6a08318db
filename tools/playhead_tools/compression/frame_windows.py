"""Windows of frames out of pieces of any size, holding no more than one window of what has gone by."""

from collections.abc import Iterable, Iterator

import numpy as np

from playhead_index.embed.runtime import torch
from playhead_tools.compression.records import ClipTokens


def windows_of(chunks: Iterable[ClipTokens], size: int) -> Iterator[ClipTokens]:
    """Successive windows of `size` frames, the last one as short as what is left.

    Between two pieces less than a window is kept, as a copy, so that the pieces can go.

    Args:
        chunks: successive pieces of one video, each of any number of frames.
        size: frames a window, at least 1.

    Raises:
        ValueError: the size is below 1.
    """
    if size < 1:
        raise ValueError(f"a window holds at least 1 frame, got {size}")
    buffered: ClipTokens | None = None
    for chunk in chunks:
        clip = chunk if buffered is None else _joined(buffered, chunk)
        num_complete = len(clip) // size * size
        for first in range(0, num_complete, size):
            yield clip.part(first, first + size)
        buffered = ClipTokens(clip.tokens[num_complete:].clone(), clip.pts_s[num_complete:].copy())
    if buffered is not None and len(buffered):
        yield buffered


def _joined(first: ClipTokens, second: ClipTokens) -> ClipTokens:
    tokens = torch().cat([first.tokens, second.tokens])
    return ClipTokens(tokens, np.concatenate([first.pts_s, second.pts_s]))
