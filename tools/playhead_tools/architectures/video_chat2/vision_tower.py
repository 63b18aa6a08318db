"""The vision tower of VideoChat2: UMT ViT-L/16 with joint attention over space and time.

Unmasked Teacher (Li et al., 2023, arXiv:2303.16058). All patches of all frames attend to one another;
positions are a sine table that is computed, not learned, so no checkpoint has them.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

NORM_EPS = 1e-6
"""Of the norms inside the blocks; there is none after the last block."""


def sine_table(num_positions: int, width: int) -> torch.Tensor:
    """(num_positions, width) float64: sine in the even columns, cosine in the odd ones.

    Column j of position p has the angle p / 10000^(2 * floor(j / 2) / width) (Vaswani et al., 2017,
    arXiv:1706.03762).
    """
    pairs = torch.arange(width, dtype=torch.float64) // 2
    angles = torch.arange(num_positions, dtype=torch.float64)[:, None] / 10_000 ** (2 * pairs / width)
    table = angles.sin()
    table[:, 1::2] = angles[:, 1::2].cos()
    return table


def clip_positions(num_frames: int, patches: int, width: int, pretrained_frames: int) -> torch.Tensor:
    """(num_frames * patches, width) float64 positions of the patches of a clip, frame by frame.

    The table is that of the frames of pretraining, interpolated linearly in time to as many frames as there
    are. A single frame is an image, and has the positions of the first frame alone.

    Args:
        num_frames: frames of the clip, at least 1.
        patches: patches of a frame.
        width: of the tower.
        pretrained_frames: frames for which the table is made; 4 in the released models.
    """
    if num_frames == 1:
        return sine_table(patches, width)
    table = sine_table(pretrained_frames * patches, width)
    if num_frames == pretrained_frames:
        return table
    by_time = table.reshape(pretrained_frames, patches * width).T[None]
    resampled = functional.interpolate(by_time, size=num_frames, mode="linear", align_corners=False)
    return resampled[0].T.reshape(num_frames * patches, width)


class JointAttention(nn.Module):
    """Self-attention over the patches of all frames; the keys have no bias."""

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.q_bias = nn.Parameter(torch.zeros(width))
        self.v_bias = nn.Parameter(torch.zeros(width))
        self.proj = nn.Linear(width, width)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """(B, N, width) of (B, N, width)."""
        bias = torch.cat([self.q_bias, torch.zeros_like(self.v_bias), self.v_bias])
        # the bias is added by hand: `qkv` may be a quantised layer
        joined = (self.qkv(hidden) + bias).unflatten(-1, (3, self.num_heads, -1))
        queries, keys, values = joined.permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(queries, keys, values)
        out: torch.Tensor = self.proj(attended.transpose(1, 2).flatten(2))
        return out


class FeedForward(nn.Module):
    """Linear, GELU, Linear."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """(B, N, width) of (B, N, width)."""
        out: torch.Tensor = self.fc2(functional.gelu(self.fc1(hidden)))
        return out


class UmtBlock(nn.Module):
    """A pre-norm transformer block without layer scale."""

    def __init__(self, width: int, num_heads: int, inner: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=NORM_EPS)
        self.attn = JointAttention(width, num_heads)
        self.norm2 = nn.LayerNorm(width, eps=NORM_EPS)
        self.mlp = FeedForward(width, inner)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """(B, N, width) of (B, N, width)."""
        hidden = hidden + self.attn(self.norm1(hidden))
        out: torch.Tensor = hidden + self.mlp(self.norm2(hidden))
        return out


class PatchEmbedding(nn.Module):
    """A convolution over patches of one frame."""

    def __init__(self, width: int, patch_size: int) -> None:
        super().__init__()
        size = (1, patch_size, patch_size)
        self.proj = nn.Conv3d(3, width, kernel_size=size, stride=size)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, T * patches, width) of (B, T, 3, H, W) pixels, frame by frame."""
        out: torch.Tensor = self.proj(pixels.transpose(1, 2)).flatten(2).transpose(1, 2)
        return out


class UmtEncoder(nn.Module):
    """The tower.

    Args:
        config: a `UmtConfig`.
    """

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.pretrained_frames = config.pretrained_frames
        self.patch_embed = PatchEmbedding(config.hidden_size, config.patch_size)
        self.blocks = nn.ModuleList(
            UmtBlock(config.hidden_size, config.num_attention_heads, config.intermediate_size)
            for _ in range(config.num_hidden_layers)
        )

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """The output of the last block.

        Args:
            pixels: (B, T, 3, H, W) normalised pixels of B clips.

        Returns:
            (B, T * patches, width), frame by frame.
        """
        hidden: torch.Tensor = self.patch_embed(pixels)
        num_frames, width = pixels.shape[1], hidden.shape[2]
        positions = clip_positions(num_frames, hidden.shape[1] // num_frames, width, self.pretrained_frames)
        hidden = hidden + positions.to(hidden)
        for block in self.blocks:
            hidden = block(hidden)
        return hidden
