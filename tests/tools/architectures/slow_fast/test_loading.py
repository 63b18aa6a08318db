"""A Slow-Fast checkpoint loads in its released layout, whole or not at all."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tests.changed_weights import Change, Weights, change_weights, longer, with_copy, without
from tests.tools.architectures.slow_fast.asked import Checkpoint, logits, short_request, write
from tests.tools.architectures.slow_fast.conftest import Make
from tests.tools.architectures.slow_fast.tiny_slow_fast import Shapes, released_shapes, settings

from playhead_index.embed.runtime import ensure_torchvision
from playhead_index.errors import ModelUnavailable
from playhead_tools.architectures.registry import find_architecture
from playhead_tools.architectures.slow_fast.config import SlowFastConfig
from playhead_tools.architectures.slow_fast.loading import tower_settings
from playhead_tools.architectures.slow_fast.modeling import SlowFastModel
from playhead_tools.video_llm.load_model import load
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.loaded_model import LoadedModel

RELEASED = """
lm_head.weight 300 32
model.embed_tokens.weight 300 32
model.layers.0.input_layernorm.weight 32
model.layers.0.mlp.down_proj.weight 32 48
model.layers.0.mlp.gate_proj.weight 48 32
model.layers.0.mlp.up_proj.weight 48 32
model.layers.0.post_attention_layernorm.weight 32
model.layers.0.self_attn.cross_attn_gate_proj.0.bias 1
model.layers.0.self_attn.cross_attn_gate_proj.0.weight 1 32
model.layers.0.self_attn.cross_attn_kv_proj.bias 32
model.layers.0.self_attn.cross_attn_kv_proj.weight 32 32
model.layers.0.self_attn.cross_attn_warm_up_gate 1
model.layers.0.self_attn.k_proj.bias 16
model.layers.0.self_attn.k_proj.weight 16 32
model.layers.0.self_attn.o_proj.weight 32 32
model.layers.0.self_attn.q_proj.bias 32
model.layers.0.self_attn.q_proj.weight 32 32
model.layers.0.self_attn.v_proj.bias 16
model.layers.0.self_attn.v_proj.weight 16 32
model.layers.1.input_layernorm.weight 32
model.layers.1.mlp.down_proj.weight 32 48
model.layers.1.mlp.gate_proj.weight 48 32
model.layers.1.mlp.up_proj.weight 48 32
model.layers.1.post_attention_layernorm.weight 32
model.layers.1.self_attn.k_proj.bias 16
model.layers.1.self_attn.k_proj.weight 16 32
model.layers.1.self_attn.o_proj.weight 32 32
model.layers.1.self_attn.q_proj.bias 32
model.layers.1.self_attn.q_proj.weight 32 32
model.layers.1.self_attn.v_proj.bias 16
model.layers.1.self_attn.v_proj.weight 16 32
model.mm_projector.0.bias 32
model.mm_projector.0.weight 32 16
model.mm_projector.2.bias 32
model.mm_projector.2.weight 32 32
model.norm.weight 32
model.vision_tower.vision_tower.stages.0.blocks.0.conv_dw.bias 8
model.vision_tower.vision_tower.stages.0.blocks.0.conv_dw.weight 8 1 7 7
model.vision_tower.vision_tower.stages.0.blocks.0.mlp.fc1.bias 32
model.vision_tower.vision_tower.stages.0.blocks.0.mlp.fc1.weight 32 8
model.vision_tower.vision_tower.stages.0.blocks.0.mlp.fc2.bias 8
model.vision_tower.vision_tower.stages.0.blocks.0.mlp.fc2.weight 8 32
model.vision_tower.vision_tower.stages.0.blocks.0.norm.bias 8
model.vision_tower.vision_tower.stages.0.blocks.0.norm.weight 8
model.vision_tower.vision_tower.stages.0.blocks.0.weight 8
model.vision_tower.vision_tower.stages.1.blocks.0.conv_dw.bias 8
model.vision_tower.vision_tower.stages.1.blocks.0.conv_dw.weight 8 1 7 7
model.vision_tower.vision_tower.stages.1.blocks.0.mlp.fc1.bias 32
model.vision_tower.vision_tower.stages.1.blocks.0.mlp.fc1.weight 32 8
model.vision_tower.vision_tower.stages.1.blocks.0.mlp.fc2.bias 8
model.vision_tower.vision_tower.stages.1.blocks.0.mlp.fc2.weight 8 32
model.vision_tower.vision_tower.stages.1.blocks.0.norm.bias 8
model.vision_tower.vision_tower.stages.1.blocks.0.norm.weight 8
model.vision_tower.vision_tower.stages.1.blocks.0.weight 8
model.vision_tower.vision_tower.stages.1.downsample.0.bias 8
model.vision_tower.vision_tower.stages.1.downsample.0.weight 8
model.vision_tower.vision_tower.stages.1.downsample.1.bias 8
model.vision_tower.vision_tower.stages.1.downsample.1.weight 8 8 2 2
model.vision_tower.vision_tower.stages.2.blocks.0.conv_dw.bias 12
model.vision_tower.vision_tower.stages.2.blocks.0.conv_dw.weight 12 1 7 7
model.vision_tower.vision_tower.stages.2.blocks.0.mlp.fc1.bias 48
model.vision_tower.vision_tower.stages.2.blocks.0.mlp.fc1.weight 48 12
model.vision_tower.vision_tower.stages.2.blocks.0.mlp.fc2.bias 12
model.vision_tower.vision_tower.stages.2.blocks.0.mlp.fc2.weight 12 48
model.vision_tower.vision_tower.stages.2.blocks.0.norm.bias 12
model.vision_tower.vision_tower.stages.2.blocks.0.norm.weight 12
model.vision_tower.vision_tower.stages.2.blocks.0.weight 12
model.vision_tower.vision_tower.stages.2.blocks.1.conv_dw.bias 12
model.vision_tower.vision_tower.stages.2.blocks.1.conv_dw.weight 12 1 7 7
model.vision_tower.vision_tower.stages.2.blocks.1.mlp.fc1.bias 48
model.vision_tower.vision_tower.stages.2.blocks.1.mlp.fc1.weight 48 12
model.vision_tower.vision_tower.stages.2.blocks.1.mlp.fc2.bias 12
model.vision_tower.vision_tower.stages.2.blocks.1.mlp.fc2.weight 12 48
model.vision_tower.vision_tower.stages.2.blocks.1.norm.bias 12
model.vision_tower.vision_tower.stages.2.blocks.1.norm.weight 12
model.vision_tower.vision_tower.stages.2.blocks.1.weight 12
model.vision_tower.vision_tower.stages.2.downsample.0.bias 8
model.vision_tower.vision_tower.stages.2.downsample.0.weight 8
model.vision_tower.vision_tower.stages.2.downsample.1.bias 12
model.vision_tower.vision_tower.stages.2.downsample.1.weight 12 8 2 2
model.vision_tower.vision_tower.stages.3.blocks.0.conv_dw.bias 16
model.vision_tower.vision_tower.stages.3.blocks.0.conv_dw.weight 16 1 7 7
model.vision_tower.vision_tower.stages.3.blocks.0.mlp.fc1.bias 64
model.vision_tower.vision_tower.stages.3.blocks.0.mlp.fc1.weight 64 16
model.vision_tower.vision_tower.stages.3.blocks.0.mlp.fc2.bias 16
model.vision_tower.vision_tower.stages.3.blocks.0.mlp.fc2.weight 16 64
model.vision_tower.vision_tower.stages.3.blocks.0.norm.bias 16
model.vision_tower.vision_tower.stages.3.blocks.0.norm.weight 16
model.vision_tower.vision_tower.stages.3.blocks.0.weight 16
model.vision_tower.vision_tower.stages.3.downsample.0.bias 12
model.vision_tower.vision_tower.stages.3.downsample.0.weight 12
model.vision_tower.vision_tower.stages.3.downsample.1.bias 16
model.vision_tower.vision_tower.stages.3.downsample.1.weight 16 12 2 2
model.vision_tower.vision_tower.stem.0.bias 8
model.vision_tower.vision_tower.stem.0.weight 8 3 4 4
model.vision_tower.vision_tower.stem.1.bias 8
model.vision_tower.vision_tower.stem.1.weight 8
"""
"""The weights of a checkpoint of two layers, written from the specification."""
SMALL = {"num_hidden_layers": 2, "vocab_size": 300}
TOWER = "model.vision_tower.vision_tower."
KV = "model.layers.2.self_attn.cross_attn_kv_proj.weight"
NORM = "model.layers.1.input_layernorm.weight"
SCALE = f"{TOWER}stages.2.blocks.1.weight"
CASES: dict[str, tuple[Change, str]] = {
    "no cross-attention": (without(KV), r"lack 1 weight: language_model\.layers\.2\..*cross_attn_kv_proj"),
    "no projector": (without("model.mm_projector.2.bias"), r"lack 1 weight: mm_projector\.2\.bias"),
    "no layer scale": (without(SCALE), r"lack 1 weight: vision_tower\..*\.stages\.2\.blocks\.1\.weight"),
    "no word head": (without("lm_head.weight"), "lack 1 weight: lm_head.weight"),
    "a layer more": (with_copy(NORM, NORM.replace("1", "9")), r"no place for 1 weight: .*layers\.9"),
    "cross-attention where there is none": (with_copy(KV, KV.replace("2", "1", 1)), "no place for 1 weight"),
    "a tower of towers": (with_copy(NORM, "model.vision_resampler.weight"), "no place for 1 weight"),
    "another shape": (longer(NORM), r"another shape 1 weight: .* \[33\] instead of \[32\]"),
}  # fmt: skip


def shapes_by_hand() -> Shapes:
    lines = [line.split() for line in RELEASED.strip().splitlines()]
    return {name: tuple(map(int, shape)) for name, *shape in lines}


def load_exact(folder: Path) -> LoadedModel:
    return load(str(folder), LoadOptions(device="cpu", dtype="float64"))


def test_the_layout_written_by_hand_loads_whole(tmp_path: Path) -> None:
    checkpoint = write(tmp_path / "model", shapes=shapes_by_hand(), **SMALL)
    loaded = load_exact(checkpoint.folder)
    weights = dict(loaded.model.named_parameters())
    assert len(weights) == len(shapes_by_hand()) == 97
    for name, weight in checkpoint.weights.items():
        ours = name.removeprefix("model.")
        ours = f"language_model.{ours}" if ours.startswith(("embed_tokens", "layers", "norm")) else ours
        assert torch.equal(weights[ours], weight), name


def test_the_list_by_hand_is_that_of_the_other_tests() -> None:
    assert released_shapes(settings(300, num_hidden_layers=2)) == shapes_by_hand()


@pytest.mark.parametrize("name", CASES)
def test_changed_weights_are_refused_by_name(tmp_path: Path, name: str) -> None:
    change, why = CASES[name]
    write(tmp_path / "model")
    change_weights(tmp_path / "model" / "model.safetensors", change)
    with pytest.raises(ModelUnavailable, match=why):
        load_exact(tmp_path / "model")


def with_timm_names(weights: Weights) -> None:
    """A head behind the last stage, and layer scales named as timm names them."""
    weights[f"{TOWER}head.norm.weight"] = torch.ones(16)
    weights[f"{TOWER}head.fc.weight"] = torch.ones(4, 16)
    for name in [name for name in weights if ".blocks." in name and name.count(".") == 7]:
        weights[name.removesuffix("weight") + "gamma"] = weights.pop(name)


def test_timms_head_is_left_alone_and_its_name_of_the_layer_scale_is_taken(
    tmp_path: Path, made: Make
) -> None:
    write(tmp_path / "model")
    change_weights(tmp_path / "model" / "model.safetensors", with_timm_names)
    llm, plain = Checkpoint(tmp_path / "model", {}, {}).llm(), made().llm()
    got, expected = (logits(one, [one.prompt(short_request())]) for one in (llm, plain))
    assert torch.equal(got, expected)


def test_a_newline_vector_that_the_settings_announce_is_loaded(tmp_path: Path) -> None:
    config = settings(300)
    shapes = {**released_shapes(config), "model.image_newline": (32,)}
    checkpoint = write(tmp_path / "model", shapes=shapes, vocab_size=300, mm_patch_merge_type="spatial_unpad")
    loaded = load_exact(checkpoint.folder)
    assert torch.equal(loaded.model.image_newline, checkpoint.weights["model.image_newline"])


def test_a_checkpoint_in_shards_loads(tmp_path: Path, made: Make) -> None:
    checkpoint = write(tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").unlink()
    names, files = sorted(checkpoint.weights), {}
    for part in range(2):
        file = f"model-{part + 1:05}-of-00002.safetensors"
        mine = names[part::2]
        save_file(
            {name: checkpoint.weights[name] for name in mine}, tmp_path / "model" / file, {"format": "pt"}
        )
        files |= dict.fromkeys(mine, file)
    index = {"metadata": {"total_size": 1}, "weight_map": files}
    (tmp_path / "model" / "model.safetensors.index.json").write_text(json.dumps(index), "utf-8")
    llm, plain = checkpoint.llm(), made().llm()
    got, expected = (logits(one, [one.prompt(short_request())]) for one in (llm, plain))
    assert torch.equal(got, expected)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"cross_attn_implementation": "vanilla-sdpa"}, "cross_attn_implementation is 'vanilla-sdpa'"),
        ({"cross_attn_implementation": "text-only-vanilla-masksystem-sdpa"}, "without masksystem"),
        ({"cross_attn_gating_type": "channel-wise-dynamic-sigmoid"}, "expected whole-dynamic"),
        ({"mm_projector_type": "spatial_pool"}, "mm_projector_type is 'spatial_pool'"),
        ({"mm_vision_tower": "google/siglip-so400m-patch14-384"}, "expected a ConvNeXt"),
    ],
)
def test_settings_of_what_is_not_built_here_are_refused(
    tmp_path: Path, changed: dict[str, Any], why: str
) -> None:
    write(tmp_path / "model", **changed)
    with pytest.raises(ModelUnavailable, match=why):
        load_exact(tmp_path / "model")


def test_hybrid_layers_follow_the_settings(tmp_path: Path) -> None:
    shapes = {
        name.replace("layers.0.self_attn.cross", "layers.1.self_attn.cross").replace(
            "layers.2.self_attn.cross", "layers.3.self_attn.cross"
        ): shape
        for name, shape in released_shapes(settings(300)).items()
    }
    write(tmp_path / "model", shapes=shapes, vocab_size=300, cross_attn_min_layer_depth=1)
    assert load_exact(tmp_path / "model").model.config.hybrid_layers == (1, 3)


def test_sizes_of_the_tower_are_read_from_the_weights() -> None:
    shapes = {
        f"{TOWER}stages.{stage}.blocks.{block}.{name}": shape
        for stage, (depth, width) in enumerate(zip((3, 4, 30, 3), (384, 768, 1536, 3072), strict=True))
        for block in range(depth)
        for name, shape in {
            "conv_dw.weight": (width, 1, 7, 7), "mlp.fc1.weight": (4 * width, width), "weight": (width,),
        }.items()
    }  # fmt: skip
    assert tower_settings(shapes) == {
        "tower_depths": (3, 4, 30, 3),
        "tower_widths": (384, 768, 1536, 3072),
        "tower_kernel": 7,
        "tower_mlp_ratio": 4,
    }


def test_a_checkpoint_without_its_tower_is_refused(tmp_path: Path) -> None:
    shapes = {name: shape for name, shape in released_shapes(settings(300)).items() if TOWER not in name}
    write(tmp_path / "model", shapes=shapes, vocab_size=300)
    with pytest.raises(ModelUnavailable, match="its files lack the vision tower"):
        load_exact(tmp_path / "model")


def test_the_licence_is_known_before_a_download(made: Make) -> None:
    architecture = find_architecture(str(made().folder))
    assert architecture is not None
    assert (architecture.title, "CC BY-NC" in architecture.licence) == ("Slow-Fast", True)


def test_the_full_size_is_qwen2_7b_with_four_hybrid_layers_and_timms_largest_tower() -> None:
    ensure_torchvision()
    from timm.models.convnext import convnext_xxlarge

    sizes = {
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
    }
    released = settings(152064, **sizes, num_key_value_heads=4, cross_attn_every_n_layers=8)
    config = SlowFastConfig.from_released(
        {**released, "mm_vision_tower": "convnext-576", "min_fast_frames": 16}
    )
    with torch.device("meta"):
        model, stock = SlowFastModel(config), convnext_xxlarge(num_classes=0)
    tower = sum(weight.numel() for name, weight in stock.named_parameters() if not name.startswith("head"))
    hybrid = 4 * (3584 * 1024 + 1024 + 3584 + 1 + 1)
    projector = 3072 * 3584 + 3584 + 3584 * 3584 + 3584
    assert model.num_parameters() == 7_615_616_512 + tower + hybrid + projector
    assert config.hybrid_layers == (0, 8, 16, 24)
    assert (config.max_frames, config.slow_tokens_per_frame(64)) == (64, 81)
