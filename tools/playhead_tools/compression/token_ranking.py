"""The tokens of each frame sorted by importance, so that any budget is a slice of what is stored."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.compression.records import ClipTokens, SelectedTokens


def rank_order(scores: Any) -> Any:
    """(N, T) int64, the places of each frame's tokens, best first; of equal ones the first place first."""
    return torch().argsort(scores, dim=1, descending=True, stable=True)


@dataclass(frozen=True, slots=True, eq=False)
class RankedTokens:
    """What is cached of a clip: each frame's most important tokens, best first.

    Args:
        tensors: each (N, M, D_i); the tokens, and whatever goes with them row by row (deepstack features).
        order: (N, M) int64, where in its frame each stood.
        tokens_per_frame: T before sorting, at least M.
        pts_s: (N,) float64 seconds.
    """

    tensors: tuple[Any, ...]
    order: Any
    tokens_per_frame: int
    pts_s: NDArray[np.float64]

    def __post_init__(self) -> None:
        shape = tuple(self.order.shape)
        if any(tuple(tensor.shape[:2]) != shape for tensor in self.tensors) or shape[:1] != self.pts_s.shape:
            got = [tuple(tensor.shape) for tensor in self.tensors]
            raise ValueError(f"ranked tokens must all be (N, M, D), got {got} for an order of {shape}")

    def __len__(self) -> int:
        return len(self.pts_s)

    @property
    def stored_per_frame(self) -> int:
        """M, how many tokens of each frame are still here."""
        return int(self.order.shape[1])

    @property
    def size_bytes(self) -> int:
        """Memory of all tensors."""
        return sum(t.element_size() * t.nelement() for t in (*self.tensors, self.order))

    def truncate(self, max_tokens: int) -> "RankedTokens":
        """The `max_tokens` best tokens of each frame, copied, so that the rest can go."""
        tensors = tuple(tensor[:, :max_tokens].clone() for tensor in self.tensors)
        return RankedTokens(tensors, self.order[:, :max_tokens].clone(), self.tokens_per_frame, self.pts_s)

    def frames(self, indices: NDArray[np.int64]) -> "RankedTokens":
        """The frames of some ascending places."""
        at = torch().from_numpy(indices).to(self.order.device)
        tensors = tuple(tensor[at] for tensor in self.tensors)
        return RankedTokens(tensors, self.order[at], self.tokens_per_frame, self.pts_s[indices])

    def guided_by(self, relevance: Any, weight: float) -> "RankedTokens":
        """The same tokens in an order that also asks how well they fit a question.

        Ranks are mixed, not scores, which have no common unit: the place in this order and the place by
        relevance, (1 - weight) to weight. At weight 0 nothing changes, at 1 relevance alone decides;
        of equal ones the more important comes first.

        Args:
            relevance: (N, M) for the tokens as they are stored here.
            weight: from 0 to 1.

        Raises:
            ValueError: relevance is not (N, M), or the weight lies outside.
        """
        if tuple(relevance.shape) != tuple(self.order.shape) or not 0 <= weight <= 1:
            raise ValueError(
                f"need {tuple(self.order.shape)} relevances and a weight from 0 to 1, "
                f"got {tuple(relevance.shape)} and {weight}"
            )
        by_fit = torch().argsort(rank_order(relevance), dim=1)
        by_place = torch().arange(self.stored_per_frame, device=by_fit.device)
        mixed = (1 - weight) * by_place.double() + weight * by_fit.double()
        return self._sorted(torch().argsort(mixed, dim=1, stable=True))

    def select(self, counts: NDArray[np.int64]) -> tuple[tuple[Any, ...], SelectedTokens]:
        """The first `counts` tokens of each frame, back in the order in which the frame had them.

        Args:
            counts: (N,) from 0 to M.

        Returns:
            Each tensor's (K, D_i) rows, K the sum of counts; and which tokens they are.

        Raises:
            ValueError: a count is negative or above what is stored.
        """
        if counts.shape != self.pts_s.shape or np.any((counts < 0) | (counts > self.stored_per_frame)):
            raise ValueError(
                f"need {len(self)} counts from 0 to {self.stored_per_frame}, got {counts.tolist()}"
            )
        device = self.order.device
        limits = torch().as_tensor(counts, device=device)[:, None]
        mask = torch().arange(self.stored_per_frame, device=device) < limits
        frames = torch().arange(len(self), device=device)[:, None]
        flat = (frames * self.tokens_per_frame + self.order)[mask]
        indices, back = torch().sort(flat)
        rows = tuple(tensor[mask][back] for tensor in self.tensors)
        return rows, SelectedTokens(indices, self.tokens_per_frame, self.pts_s)

    def _sorted(self, at: Any) -> "RankedTokens":
        tensors = tuple(_gathered(tensor, at) for tensor in self.tensors)
        return RankedTokens(tensors, self.order.gather(1, at), self.tokens_per_frame, self.pts_s)


def rank_tokens(clip: ClipTokens, importance: Any, *beside: Any) -> RankedTokens:
    """A clip's tokens sorted by importance inside each frame.

    Args:
        clip: of N frames.
        importance: (N, T), see `importance`.
        beside: further (N, T, D_i) tensors to be sorted alike.

    Raises:
        ValueError: a shape does not fit the clip.
    """
    if tuple(importance.shape) != tuple(clip.tokens.shape[:2]):
        raise ValueError(f"need (N, T) importance for {tuple(clip.tokens.shape)}, got {importance.shape}")
    order = rank_order(importance)
    tensors = tuple(_gathered(tensor, order) for tensor in (clip.tokens, *beside))
    return RankedTokens(tensors, order, clip.tokens_per_frame, clip.pts_s)


def _gathered(tensor: Any, at: Any) -> Any:
    return tensor.gather(1, at[:, :, None].expand(-1, -1, tensor.shape[2]))
