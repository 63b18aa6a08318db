"""What goes into compression, and what it says that it kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch

EPSILON = 1e-6
"""The least length or spread in float32 that is divided by; below it a direction or a rank says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class ClipTokens:
    """The tokens of successive frames, with the frames' times.

    Also holds patch features of frames, which are tokens to frame pruning.

    Args:
        tokens: (N, T, D) floating tensor, T tokens for each of N frames in time order; N may be 0.
        pts_s: (N,) float64, when each frame is shown, not descending.

    Raises:
        ValueError: the shapes do not fit, or times descend.
    """

    tokens: Any
    pts_s: NDArray[np.float64]

    def __post_init__(self) -> None:
        shape = tuple(self.tokens.shape)
        if len(shape) != 3 or self.pts_s.shape != shape[:1]:
            raise ValueError(
                f"a clip needs tokens (N, T, D) and N times, got {shape} and {self.pts_s.shape}; "
                "a feature a frame is (N, 1, D)"
            )
        if np.any(np.diff(self.pts_s) < 0):
            raise ValueError("the frames of a clip must come in time order")

    def __len__(self) -> int:
        return len(self.pts_s)

    @property
    def tokens_per_frame(self) -> int:
        """T, how many tokens each frame has."""
        return int(self.tokens.shape[1])

    def part(self, first: int, stop: int) -> "ClipTokens":
        """Frames [first, stop), sharing memory with this clip."""
        return ClipTokens(self.tokens[first:stop], self.pts_s[first:stop])

    def frames(self, indices: NDArray[np.int64]) -> "ClipTokens":
        """The frames of some ascending places."""
        at = torch().from_numpy(indices).to(self.tokens.device)
        return ClipTokens(self.tokens[at], self.pts_s[indices])


@dataclass(frozen=True, slots=True, eq=False)
class SelectedFrames:
    """Which of the given frames were kept, in time order.

    Args:
        indices: (K,) int64 ascending places among the frames that were given.
        pts_s: (K,) float64, when they are shown.
        num_given: how many frames there were.
        scores: (N,) float64, what every given frame was judged by.

    Raises:
        ValueError: places do not ascend, or there are not as many times.
    """

    indices: NDArray[np.int64]
    pts_s: NDArray[np.float64]
    num_given: int
    scores: NDArray[np.float64]

    def __post_init__(self) -> None:
        if np.any(np.diff(self.indices) <= 0) or self.indices.shape != self.pts_s.shape:
            raise ValueError(f"kept frames must ascend and have times, got {self.indices}, {self.pts_s}")

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def keep_ratio(self) -> float:
        """Kept frames over given ones; 1.0 where none were given."""
        return len(self) / self.num_given if self.num_given else 1.0


def join_selected(parts: Sequence[SelectedFrames]) -> SelectedFrames:
    """What successive parts of one stream kept, as one.

    Args:
        parts: whose places count from the beginning of the stream.
    """
    return SelectedFrames(
        np.concatenate([np.zeros(0, np.int64), *(part.indices for part in parts)]),
        np.concatenate([np.zeros(0), *(part.pts_s for part in parts)]),
        sum(part.num_given for part in parts),
        np.concatenate([np.zeros(0), *(part.scores for part in parts)]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class SelectedTokens:
    """Which tokens of a clip were kept, in the clip's own order.

    Args:
        indices: (K,) int64 tensor, ascending; token t of frame f is f * tokens_per_frame + t.
        tokens_per_frame: T of the clip.
        pts_s: (N,) float64 times of the clip's frames.
    """

    indices: Any
    tokens_per_frame: int
    pts_s: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.indices.shape[0])

    @property
    def frame_of(self) -> Any:
        """(K,) int64 tensor, the frame of each kept token."""
        return self.indices // self.tokens_per_frame

    @property
    def place_of(self) -> Any:
        """(K,) int64 tensor, the place of each kept token inside its frame."""
        return self.indices % self.tokens_per_frame

    @property
    def counts(self) -> NDArray[np.int64]:
        """(N,) how many tokens each frame kept."""
        frames = self.frame_of.cpu().numpy()
        return np.bincount(frames, minlength=len(self.pts_s)).astype(np.int64)

    @property
    def times_s(self) -> NDArray[np.float64]:
        """(K,) when the frame of each kept token is shown."""
        return np.asarray(self.pts_s[self.frame_of.cpu().numpy()], dtype=np.float64)

    @property
    def keep_ratio(self) -> float:
        """Kept tokens over given ones; 1.0 where none were given."""
        num_given = self.tokens_per_frame * len(self.pts_s)
        return len(self) / num_given if num_given else 1.0

    def of(self, tensor: Any) -> Any:
        """(K, D) the kept rows of any (N, T, D) tensor of the same clip: tokens, deepstack features."""
        return tensor.flatten(0, 1)[self.indices]


def tokens_where(mask: Any, pts_s: NDArray[np.float64]) -> SelectedTokens:
    """The tokens at which an (N, T) bool tensor is true."""
    return SelectedTokens(mask.flatten().nonzero()[:, 0], int(mask.shape[1]), pts_s)


def all_tokens(clip: ClipTokens) -> SelectedTokens:
    """Every token of a clip."""
    num_tokens = len(clip) * clip.tokens_per_frame
    return SelectedTokens(
        torch().arange(num_tokens, device=clip.tokens.device), clip.tokens_per_frame, clip.pts_s
    )


def upcast_half(tensor: Any) -> Any:
    """The tensor in float32 where it came in a half type, else as it is."""
    halves = (torch().float16, torch().bfloat16)
    return tensor.float() if tensor.dtype in halves else tensor
