"""Which frames each fast token stands for: frames are sampled, then averaged in groups."""

from dataclasses import dataclass
from math import isqrt
from typing import Any

from playhead_index.embed.runtime import torch


@dataclass(frozen=True, slots=True)
class FastFrames:
    """The rule of Slow-Fast's fast tokens (Shi et al., 2025, arXiv:2504.01328).

    "s1t4" of a checkpoint's name is sampling stride 1, temporal stride 4.

    Args:
        sampling_stride: every such frame is taken before anything is averaged; 1 takes all.
        temporal_stride: frames that are averaged into one.
        min_frames: fast frames that there are at least, where the clip has as many.
        spatial_stride: side of the square of tokens that is averaged inside a frame.

    Raises:
        ValueError: one of them is below 1.
    """

    sampling_stride: int = 1
    temporal_stride: int = 4
    min_frames: int = 1
    spatial_stride: int = 1

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")

    def groups(self, num_frames: int) -> list[list[int]]:
        """The frames that are averaged into each fast frame.

        Frames after the last whole group belong to none, as in the released models.

        >>> FastFrames(temporal_stride=4, min_frames=2).groups(9)
        [[0, 1, 2, 3], [4, 5, 6, 7]]
        >>> FastFrames(temporal_stride=4, min_frames=4).groups(6)
        [[0, 1], [1, 2], [3, 4], [4, 5]]
        """
        if num_frames == 1:
            return [[0]]
        sampled = self._sampled(num_frames)
        stride, count = self.temporal_stride, len(sampled)
        if stride == 1:
            return [[frame] for frame in sampled]
        if count // stride >= self.min_frames:
            return [sampled[i * stride : (i + 1) * stride] for i in range(count // stride)]
        wanted = min(count, self.min_frames)
        # adaptive averaging: group i is floor(i n / k) to ceil((i + 1) n / k), so neighbours may overlap
        return [sampled[i * count // wanted : -(-(i + 1) * count // wanted)] for i in range(wanted)]

    def num_tokens(self, num_frames: int, tokens_per_frame: int) -> int:
        """Fast tokens of a clip.

        >>> FastFrames(temporal_stride=4, min_frames=16).num_tokens(64, 81)
        1296
        """
        side = isqrt(tokens_per_frame) // self.spatial_stride
        return len(self.groups(num_frames)) * side * side

    def pool(self, frames: Any) -> Any:
        """The fast tokens of a clip.

        Args:
            frames: (T, side * side, D) the tokens of every frame, row by row.

        Returns:
            (N, K, D), K the square of side / spatial_stride, rounded down.
        """
        groups = self.groups(len(frames))
        averages = torch().stack([frames[group].mean(dim=0) for group in groups])
        return pool_squares(averages, self.spatial_stride)

    def owners(self, num_frames: int, tokens_per_frame: int) -> Any:
        """(T * side * side,) int64, for each token of a frame the fast token that it goes with.

        That is the first one that it is averaged into; of a frame that is in no group, one of the group whose
        first frame is nearest.

        >>> FastFrames(temporal_stride=2).owners(5, 1).tolist()
        [0, 0, 1, 1, 1]
        """
        groups, side = self.groups(num_frames), isqrt(tokens_per_frame)
        fast_side = side // self.spatial_stride
        cells = [
            min(row // self.spatial_stride, fast_side - 1) * fast_side
            + min(column // self.spatial_stride, fast_side - 1)
            for row in range(side)
            for column in range(side)
        ]
        first = {frame: step for step, group in reversed(list(enumerate(groups))) for frame in group}
        steps = [
            first.get(frame, min(range(len(groups)), key=lambda step: abs(groups[step][0] - frame)))
            for frame in range(num_frames)
        ]
        return torch().tensor([step * fast_side**2 + cell for step in steps for cell in cells])

    def _sampled(self, num_frames: int) -> list[int]:
        if self.sampling_stride == 1 or num_frames < self.min_frames:
            return list(range(num_frames))
        count = max(num_frames // self.sampling_stride, self.min_frames)
        return [min(int(i * (num_frames / count)), num_frames - 1) for i in range(count)]


def pool_squares(frames: Any, stride: int) -> Any:
    """Every square of stride x stride tokens averaged; what does not fill one is left out.

    Args:
        frames: (T, side * side, D) tokens of square grids, row by row.
        stride: side of a square; 1 changes nothing.

    Returns:
        (T, K, D), K the square of side / stride, rounded down.
    """
    if stride == 1:
        return frames
    side = isqrt(frames.shape[1])
    grid = frames.unflatten(1, (side, side)).movedim(-1, 1)
    return torch().nn.functional.avg_pool2d(grid, stride).flatten(2).movedim(1, -1)
