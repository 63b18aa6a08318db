"""The tower equals timm's ConvNeXt."""

import torch
from tests.tools.architectures.slow_fast.tiny_slow_fast import DEPTHS, WIDTHS, random_weights, tower

from playhead_index.embed.runtime import ensure_torchvision
from playhead_tools.architectures.slow_fast.tower import VisionTower


def is_scale(name: str) -> bool:
    """Whether it is the layer scale of a block: `stages.0.blocks.0.weight`."""
    return ".blocks." in name and name.count(".") == 4


def test_the_tower_is_that_of_timm_without_its_head() -> None:
    ensure_torchvision()
    from timm.models.convnext import ConvNeXt

    weights = random_weights(tower())
    stock = ConvNeXt(depths=DEPTHS, dims=WIDTHS, norm_eps=1e-5, num_classes=0).double().eval()
    renamed = {
        name.removesuffix("weight") + "gamma" if is_scale(name) else name: one
        for name, one in weights.items()
    }
    missing, unexpected = stock.load_state_dict(renamed, strict=False)
    assert all(name.startswith("head.") for name in missing)
    assert unexpected == []
    ours = VisionTower(DEPTHS, WIDTHS, 7, 4).double()
    ours.vision_tower.load_state_dict(weights)
    pixels = torch.randn(2, 3, 128, 96, dtype=torch.float64)
    with torch.inference_mode():
        expected = stock.forward_features(pixels).flatten(2).transpose(1, 2)
        torch.testing.assert_close(ours(pixels), expected, rtol=0.0, atol=1e-10)


def test_a_block_is_renamed_where_its_scale_stands() -> None:
    assert sum(map(is_scale, tower())) == sum(DEPTHS)
