"""The vision half of nano-vlm on many pairs of frames at once, for training.

The stock model computes every attention layer frame by frame; for frames of one size
the same layers can take a whole batch. `features` gives what the stock path gives (a test holds it to that).
"""

from typing import Any

from playhead_bench.nano.vlm_model import COLUMNS, HEIGHT, MERGE, PAIR, PATCH, ROWS, TOKENS_A_PAIR, WIDTH
from playhead_index.embed.runtime import torch


def to_patches(images: Any) -> Any:
    """Pairs of frames as the processor lays them out.

    Args:
        images: (B, 2, 100, 180, 3) uint8.

    Returns:
        (B, 180, 600) float32, the four patches of a token beside one another, from -1 to 1.
    """
    if tuple(images.shape[1:]) != (PAIR, HEIGHT, WIDTH, 3):
        raise ValueError(f"pictures must be (B, {PAIR}, {HEIGHT}, {WIDTH}, 3), got {tuple(images.shape)}")
    x = images.to(torch().float32).div_(127.5).sub_(1.0)
    x = x.reshape(-1, PAIR, ROWS, MERGE, PATCH, COLUMNS, MERGE, PATCH, 3)
    x = x.permute(0, 2, 5, 3, 6, 8, 1, 4, 7)
    return x.reshape(len(images), ROWS * COLUMNS * MERGE * MERGE, -1)


def features(visual: Any, images: Any) -> tuple[Any, Any]:
    """The visual tokens of pairs of frames.

    Args:
        visual: the vision half, a `Qwen3VLVisionModel` of `vlm.make_config`.
        images: (B, 2, 100, 180, 3) uint8.

    Returns:
        (B, 45, D) the tokens, and (B, 45, D) what deepstack adds to them after the first layer.
    """
    from transformers.models.qwen3_vl import modeling_qwen3_vl as stock

    patches = to_patches(images)
    grid = torch().tensor([[1, ROWS * MERGE, COLUMNS * MERGE]])
    indices, weights = stock.get_vision_interpolation_indices_and_weights(
        grid, num_grid_per_side=visual.num_grid_per_side, mode=visual.interpolation_mode,
        align_corners=visual.interpolation_align_corners, spatial_merge_size=MERGE, kwargs={},
    )  # fmt: skip
    places = stock.get_vision_position_ids(grid, MERGE, kwargs={})
    embed = visual.patch_embed.proj
    hidden = patches @ embed.weight.reshape(embed.out_channels, -1).T + embed.bias
    hidden = hidden + (visual.pos_embed(indices) * weights[:, :, None]).sum(1)
    cos, sin = visual.rotary_pos_emb(hidden[0], places)
    deep: Any = None
    for number, block in enumerate(visual.blocks):
        hidden = hidden + _attend(block.attn, block.norm1(hidden), cos, sin)
        hidden = hidden + block.mlp(block.norm2(hidden))
        if number in visual.deepstack_visual_indexes:
            deep = visual.deepstack_merger_list[0](hidden.flatten(0, 1))
    merged = visual.merger(hidden.flatten(0, 1))
    shape = (len(images), TOKENS_A_PAIR, -1)
    return merged.reshape(shape), deep.reshape(shape)


def _attend(attention: Any, hidden: Any, cos: Any, sin: Any) -> Any:
    from transformers.models.qwen3_vl import modeling_qwen3_vl as stock

    batch, length, width = hidden.shape
    heads = attention.num_heads
    q, k, v = attention.qkv(hidden).reshape(batch, length, 3, heads, width // heads).unbind(2)
    q, k = stock.apply_rotary_pos_emb_vision(q, k, cos, sin)
    q, k, v = (part.transpose(1, 2) for part in (q, k, v))
    mixed = torch().nn.functional.scaled_dot_product_attention(q, k, v)
    return attention.proj(mixed.transpose(1, 2).reshape(batch, length, width))
