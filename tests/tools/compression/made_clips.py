"""Small clips from a seed, in float64 so that a slow oracle decides alike."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from playhead_index.embed.runtime import torch
from playhead_tools.compression.records import ClipTokens


def clip_of(tokens: Any) -> ClipTokens:
    """A clip at two frames a second."""
    return ClipTokens(tokens, np.arange(len(tokens)) * 0.5)


def random_clip(frames: int, tokens: int, width: int = 6, seed: int = 0, drift: float = 1.0) -> ClipTokens:
    """Frames that drift away from the first one, the less the smaller `drift`."""
    generator = np.random.default_rng(seed)
    base = generator.normal(size=(1, tokens, width))
    steps = generator.normal(size=(frames, tokens, width)) * drift
    return clip_of(torch().from_numpy(base + np.cumsum(steps, axis=0)))


@st.composite
def clips(draw: st.DrawFn, max_frames: int = 20, max_tokens: int = 7) -> ClipTokens:
    """Clips of any small size, still ones and wild ones."""
    frames, tokens = draw(st.integers(1, max_frames)), draw(st.integers(1, max_tokens))
    drift = draw(st.sampled_from([0.05, 0.3, 1.0]))
    return random_clip(frames, tokens, seed=draw(st.integers(0, 10**6)), drift=drift)
