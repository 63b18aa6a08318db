"""The ConvNeXt tower that stands inside a Slow-Fast checkpoint (Liu et al., 2022, arXiv:2201.03545).

Modules carry the names of the released weights, which are timm's except that the layer scale of a block is
called `weight`. The tower ends with its last stage: no norm, no pooling, no head.
"""

from typing import Any

from playhead_index.embed.runtime import torch

nn = torch().nn

NORM_EPS = 1e-5
"""Of every layer norm; what timm's `convnext_xxlarge` has."""
PATCH, HALVINGS = 4, 2
"""Pixels a side that the stem makes one of, and every later stage."""
KERNEL = 7


class ChannelNorm(nn.LayerNorm):  # type: ignore[misc, name-defined]
    """Layer norm over the channels of (B, C, H, W)."""

    def forward(self, x: Any) -> Any:
        """(B, C, H, W) normalised over C."""
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class Mlp(nn.Module):  # type: ignore[misc, name-defined]
    """Two linear layers with a GELU between them."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, width)

    def forward(self, x: Any) -> Any:
        """(..., width)."""
        return self.fc2(self.act(self.fc1(x)))


class ConvNeXtBlock(nn.Module):  # type: ignore[misc, name-defined]
    """A depthwise convolution and an MLP over channels, scaled and added to the input."""

    def __init__(self, width: int, kernel: int, inner: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width, eps=NORM_EPS)
        self.mlp = Mlp(width, inner)
        self.weight = nn.Parameter(nn.init.ones_(self.norm.weight.new_empty(width)))

    def forward(self, x: Any) -> Any:
        """(B, C, H, W)."""
        inner = self.mlp(self.norm(self.conv_dw(x).movedim(1, -1)))
        return x + (inner * self.weight).movedim(-1, 1)


class ConvNeXtStage(nn.Module):  # type: ignore[misc, name-defined]
    """Blocks of one width, after a step that halves the picture where the width changes."""

    def __init__(self, before: int | None, width: int, depth: int, kernel: int, ratio: int) -> None:
        super().__init__()
        self.downsample = (
            nn.Identity()
            if before is None
            else nn.Sequential(
                ChannelNorm(before, eps=NORM_EPS), nn.Conv2d(before, width, HALVINGS, HALVINGS)
            )
        )
        self.blocks = nn.Sequential(*(ConvNeXtBlock(width, kernel, ratio * width) for _ in range(depth)))

    def forward(self, x: Any) -> Any:
        """(B, C, H, W) to (B, width, H / 2, W / 2), the first stage leaves the size."""
        return self.blocks(self.downsample(x))


class ConvNeXt(nn.Module):  # type: ignore[misc, name-defined]
    """Stem and stages.

    Args:
        depths: blocks of every stage.
        widths: channels of every stage.
        kernel: side of the depthwise convolutions.
        ratio: width inside a block's MLP / its width.
    """

    def __init__(
        self, depths: tuple[int, ...], widths: tuple[int, ...], kernel: int = KERNEL, ratio: int = 4
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], PATCH, PATCH), ChannelNorm(widths[0], eps=NORM_EPS))
        befores = (None, *widths[:-1])
        self.stages = nn.Sequential(
            *(
                ConvNeXtStage(before, width, depth, kernel, ratio)
                for before, width, depth in zip(befores, widths, depths, strict=True)
            )
        )

    def forward(self, pixels: Any) -> Any:
        """(B, 3, H, W) normalised pixels to (B, C, H / 32, W / 32) of the last of four stages."""
        return self.stages(self.stem(pixels))


class VisionTower(nn.Module):  # type: ignore[misc, name-defined]
    """The tower under the name that the released keys give it: `vision_tower.vision_tower`."""

    def __init__(self, depths: tuple[int, ...], widths: tuple[int, ...], kernel: int, ratio: int) -> None:
        super().__init__()
        self.vision_tower = ConvNeXt(depths, widths, kernel, ratio)

    def forward(self, pixels: Any) -> Any:
        """(T, 3, H, W) to (T, side * side, C), row by row."""
        return self.vision_tower(pixels).flatten(2).movedim(1, -1)
