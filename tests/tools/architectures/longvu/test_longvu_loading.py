"""LongVU is loaded from its released layout, whole or not at all."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.changed_weights import Change, change_weights, longer, with_copy, without

from playhead_index.errors import ModelUnavailable
from playhead_tools.architectures.registry import find_architecture
from playhead_tools.video_llm.load_model import load
from playhead_tools.video_llm.load_options import LoadOptions

OPTIONS = LoadOptions(device="cpu")
GATE = "model.layers.1.mlp.gate_proj.weight"
PLACES = "model.vision_sampler_0.layers.2.pos_embed_1"
CASES: dict[str, tuple[Change, str]] = {
    "no aggregator's places": (without(PLACES), r"lack 1 weight: vision_sampler_0.layers.2.pos_embed_1"),
    "no query": (without("model.vision_query"), "lack 1 weight: vision_query"),
    "a text layer's weight less": (without(GATE), "lack 1 weight: language_model.layers.1.mlp.gate_proj"),
    "no word head": (without("lm_head.weight"), "lack 1 weight: lm_head.weight"),
    "a weight more": (with_copy("model.vision_query", "model.vision_query_2"), "no place for 1 weight"),
    "another shape": (longer("model.image_newline"), r"another shape 1 weight: image_newline \[33\]"),
}


@pytest.fixture
def copied(released: Callable[[str], Path], tmp_path: Path) -> Path:
    """A released folder that a test may change."""
    return Path(shutil.copytree(released("qwen"), tmp_path / "longvu"))


@pytest.mark.parametrize("kind", ["qwen", "llama"])
def test_a_release_is_recognised_and_loaded(kind: str, released: Callable[[str], Path]) -> None:
    architecture = find_architecture(str(released(kind)))
    loaded = load(str(released(kind)), OPTIONS)
    stop = {"qwen": "<|im_end|>", "llama": "<|eot_id|>"}[kind]
    assert architecture is not None
    assert architecture.title == loaded.family.title == "LongVU"
    assert "Apache-2.0" in architecture.licence
    assert loaded.tokenizer.convert_tokens_to_ids(stop) in [loaded.model.generation_config.eos_token_id]
    assert (loaded.model.lm_head.weight is loaded.model.get_input_embeddings().weight) == (kind == "llama")


@pytest.mark.parametrize("name", CASES)
def test_changed_weights_are_refused_by_name(copied: Path, name: str) -> None:
    change, why = CASES[name]
    change_weights(copied / "model.safetensors", change)
    with pytest.raises(ModelUnavailable, match=why):
        load(str(copied), OPTIONS)


def test_a_missing_tower_is_named_with_the_command_that_fetches_it(copied: Path) -> None:
    shutil.rmtree(copied / "dinov2-giant")
    with pytest.raises(ModelUnavailable, match="hf download facebook/dinov2-giant, or put its files into"):
        load(str(copied), OPTIONS)


def test_a_tower_may_stand_beside_the_checkpoint(copied: Path) -> None:
    shutil.move(copied / "dinov2-giant", copied.parent / "dinov2-giant")
    assert load(str(copied), OPTIONS).model.dinov2.config.model_type == "dinov2"


def test_a_tower_with_a_weight_less_is_refused(copied: Path) -> None:
    change_weights(copied / "dinov2-giant" / "model.safetensors", without("layernorm.bias"))
    with pytest.raises(ModelUnavailable, match=r"lack 1 weight: layernorm\.bias"):
        load(str(copied), OPTIONS)


@pytest.mark.parametrize(
    ("setting", "value", "why"),
    [
        ("mm_projector_type", "mlp2x_gelu", "'mm_projector_type': 'mlp2x_gelu'"),
        ("query_num_list", [576], r"query_num_list \[576\], image_token_len 144"),
    ],
)
def test_another_kind_of_release_is_refused(copied: Path, setting: str, value: object, why: str) -> None:
    config = copied / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), setting: value}))
    with pytest.raises(ModelUnavailable, match=why):
        load(str(copied), OPTIONS)


def test_the_switch_for_the_released_arithmetic_changes_the_revision(copied: Path) -> None:
    usual, compat = (
        load(str(copied), LoadOptions(device="cpu", reference_compat=switch)).revision
        for switch in (False, True)
    )
    assert compat == f"{usual}-compat"
