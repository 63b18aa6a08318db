"""A Slow-Fast checkpoint in its released layout: one list of settings, the tower among the weights."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playhead_index.embed.runtime import transformers
from playhead_index.embed.transformer import LOCAL_ONLY, read_json
from playhead_tools.architectures.architecture import ModelParts
from playhead_tools.architectures.slow_fast.config import SlowFastConfig
from playhead_tools.architectures.slow_fast.modeling import SlowFastModel
from playhead_tools.architectures.slow_fast.processing import SlowFastProcessor
from playhead_tools.architectures.splice import load_released, stop_at
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.model_families import Family

TOWER = "model.vision_tower.vision_tower."
RENAMES = {
    r"^model\.(embed_tokens|layers|norm)\.": r"language_model.\1.",
    r"^model\.(mm_projector|image_newline)": r"\1",
    r"^model\.vision_tower\.(.*)\.gamma$": r"vision_tower.\1.weight",
    r"^model\.vision_tower\.": "vision_tower.",
}
"""Released names and what stands for them here; timm's name of the layer scale is taken too."""
UNUSED = ("vision_tower.vision_tower.head.", "vision_tower.vision_tower.norm_pre.")
"""What timm puts behind the last stage; a checkpoint may hold it, and nothing here computes with it."""


def load_slow_fast(folder: Path, options: LoadOptions, arguments: Mapping[str, Any]) -> ModelParts:
    """The model in a folder.

    Args:
        folder: with `config.json`, `*.safetensors` and the files of the tokenizer.
        options: how it is loaded.
        arguments: of `from_pretrained`.

    Raises:
        ValueError: weights are missing, left over or of another shape, or the settings ask for what is not
            built here.
    """
    config = SlowFastConfig.from_released(
        read_json(folder / "config.json"),
        reference_compat=options.reference_compat,
        **tower_settings(weight_shapes(folder)),
    )
    tokenizer = transformers().AutoTokenizer.from_pretrained(folder, config=config.text_config, **LOCAL_ONLY)
    processor = SlowFastProcessor(tokenizer, config)
    config.video_token_id, config.image_token_id = processor.video_token_id, processor.image_token_id
    model = load_released(SlowFastModel, config, folder, RENAMES, may_hold=UNUSED, **arguments)
    stop_at(model.generation_config, tokenizer, "<|im_end|>")
    family = Family("Slow-Fast", max_frames=config.max_frames, context_reach="all", context_is_owned=True)
    return ModelParts(model, processor, family)


def weight_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of all weights in a folder's safetensors, from their headers."""
    from safetensors import safe_open

    shapes: dict[str, tuple[int, ...]] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="numpy") as file:
            shapes |= {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    return shapes


def tower_settings(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """Depths, widths, kernel and MLP ratio of the tower, which no configuration states.

    Args:
        shapes: of the weights by their released names.

    Raises:
        ValueError: the weights hold no tower.
    """
    blocks: dict[int, set[int]] = {}
    for name in shapes:
        found = re.match(re.escape(TOWER) + r"stages\.(\d+)\.blocks\.(\d+)\.", name)
        if found is not None:
            blocks.setdefault(int(found[1]), set()).add(int(found[2]))
    firsts = [f"{TOWER}stages.{stage}.blocks.0." for stage in sorted(blocks)]
    convolutions = [shapes.get(f"{first}conv_dw.weight") for first in firsts]
    inner = shapes.get(f"{TOWER}stages.0.blocks.0.mlp.fc1.weight")
    if inner is None or None in convolutions or sorted(blocks) != list(range(len(blocks))):
        raise ValueError(f"its files lack the vision tower: {TOWER}stages.*.blocks.0.conv_dw.weight")
    return {
        "tower_depths": tuple(max(blocks[stage]) + 1 for stage in sorted(blocks)),
        "tower_widths": tuple(shape[0] for shape in convolutions if shape is not None),
        "tower_kernel": convolutions[0][-1] if convolutions[0] is not None else 0,
        "tower_mlp_ratio": inner[0] // inner[1],
    }
