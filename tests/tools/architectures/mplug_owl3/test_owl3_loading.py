"""mPLUG-Owl3 is loaded from the released layout, whole or not at all, and written to as it was trained."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.tools.architectures.mplug_owl3.released import (
    GENERATIONS,
    Generation,
    shapes,
    write_owl3,
)
from tests.tools.architectures.mplug_owl3.test_owl3_parity import ask, scores, tokens, written
from tests.tools.video_llm.seen_clips import exact, noise, vlm_request

from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable
from playhead_tools.architectures.mplug_owl3.config import released_config
from playhead_tools.architectures.registry import find_architecture
from playhead_tools.video_llm.chat_template import prompt_text
from playhead_tools.video_llm.protocol import Budget, VlmRequest

Folders = Callable[[Generation], Path]
BOTH = pytest.mark.parametrize("generation", GENERATIONS)
LAYER_0_BY_HAND = {
    "language_model.model.layers.0.input_layernorm.weight",
    "language_model.model.layers.0.mlp.down_proj.weight",
    "language_model.model.layers.0.mlp.gate_proj.weight",
    "language_model.model.layers.0.mlp.up_proj.weight",
    "language_model.model.layers.0.post_attention_layernorm.weight",
    "language_model.model.layers.0.self_attn.k_proj.bias",
    "language_model.model.layers.0.self_attn.k_proj.weight",
    "language_model.model.layers.0.self_attn.o_proj.weight",
    "language_model.model.layers.0.self_attn.q_proj.bias",
    "language_model.model.layers.0.self_attn.q_proj.weight",
    "language_model.model.layers.0.self_attn.v_kv_proj.bias",
    "language_model.model.layers.0.self_attn.v_kv_proj.weight",
    "language_model.model.layers.0.self_attn.v_proj.bias",
    "language_model.model.layers.0.self_attn.v_proj.weight",
}
TOWER_BY_HAND = {
    "vision_model.embeddings.patch_embedding.bias",
    "vision_model.embeddings.patch_embedding.weight",
    "vision_model.embeddings.position_embedding.weight",
    "vision_model.encoder.layers.0.layer_norm1.bias",
    "vision_model.encoder.layers.0.layer_norm1.weight",
    "vision_model.encoder.layers.0.layer_norm2.bias",
    "vision_model.encoder.layers.0.layer_norm2.weight",
    "vision_model.encoder.layers.0.mlp.fc1.bias",
    "vision_model.encoder.layers.0.mlp.fc1.weight",
    "vision_model.encoder.layers.0.mlp.fc2.bias",
    "vision_model.encoder.layers.0.mlp.fc2.weight",
    "vision_model.encoder.layers.0.self_attn.k_proj.bias",
    "vision_model.encoder.layers.0.self_attn.k_proj.weight",
    "vision_model.encoder.layers.0.self_attn.out_proj.bias",
    "vision_model.encoder.layers.0.self_attn.out_proj.weight",
    "vision_model.encoder.layers.0.self_attn.q_proj.bias",
    "vision_model.encoder.layers.0.self_attn.q_proj.weight",
    "vision_model.encoder.layers.0.self_attn.v_proj.bias",
    "vision_model.encoder.layers.0.self_attn.v_proj.weight",
    "vision_model.post_layernorm.bias",
    "vision_model.post_layernorm.weight",
}
PROJECTOR_BY_HAND = {
    "240728": {"vision2text_model.bias", "vision2text_model.weight"},
    "241101": {
        "vision2text_model.0.bias",
        "vision2text_model.0.weight",
        "vision2text_model.2.bias",
        "vision2text_model.2.weight",
    },
}


@BOTH
def test_the_released_names_are_those_of_the_specification(generation: Generation, owl3: Folders) -> None:
    from safetensors import safe_open

    with safe_open(owl3(generation) / "model.safetensors", "pt") as file:
        names = set(file.keys())
    gate = {"language_model.model.layers.0.self_attn.gate"} if generation == "240728" else set[str]()
    assert {name for name in names if ".layers.0." in name and "language" in name} == LAYER_0_BY_HAND | gate
    tower = {name for name in names if "vision_model" in name and not any(f".{i}." in name for i in (1, 2))}
    assert tower == TOWER_BY_HAND
    assert {name for name in names if "vision2text" in name} == PROJECTOR_BY_HAND[generation]
    assert {name for name in names if name.endswith("v_kv_proj.bias")} == {
        f"language_model.model.layers.{layer}.self_attn.v_kv_proj.bias" for layer in (0, 2)
    }
    assert {name for name in names if ".layers." not in name and "vision" not in name} == {
        "language_model.lm_head.weight",
        "language_model.model.embed_tokens.weight",
        "language_model.model.norm.weight",
    }


@BOTH
def test_the_generation_is_told_by_the_weights(generation: Generation, owl3: Folders) -> None:
    loaded = exact(owl3(generation)).loaded
    config, is_first = loaded.model.config, generation == "240728"
    assert (config.has_gate, config.two_layer_projector) == (is_first, not is_first)
    assert loaded.processor.side_px == (18 if is_first else 16)
    architecture = find_architecture(str(owl3(generation)))
    assert architecture is not None
    assert architecture.title == "mPLUG-Owl3"


def test_shards_with_an_index_load_as_one_file(owl3: Folders, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(owl3("240728"), tmp_path / "shards"))
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    placed = {name: f"model-0000{1 + i % 2}-of-00002.safetensors" for i, name in enumerate(weights)}
    for file in set(placed.values()):
        part = {name: weight for name, weight in weights.items() if placed[name] == file}
        save_file(part, folder / file, metadata={"format": "pt"})
    index = {"metadata": {"total_size": 0}, "weight_map": placed}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    got, wanted = (scores(exact(one), ask(noise(1))) for one in (folder, owl3("240728")))
    assert torch().equal(got, wanted)


def test_sizes_of_the_released_models() -> None:
    old = released_config({"num_hidden_layers": 28}, ["a.self_attn.gate", "vision2text_model.weight"])
    new = released_config(
        {"num_hidden_layers": 28}, ["vision2text_model.0.weight", "vision_model.head.probe"]
    )
    assert (old.frame_side_px, old.rows_per_frame, old.hyper_layers) == (384, 729, (1, 9, 17, 25))
    assert (new.frame_side_px, new.rows_per_frame) == (378, 729)
    assert (old.vision_config.vision_use_head, new.vision_config.vision_use_head) == (False, True)


@pytest.mark.parametrize("layers", [[0, 3], [1, 29]])
def test_hyper_layers_that_are_none_are_refused(layers: list[int]) -> None:
    with pytest.raises(ValueError, match=r"hyper_layers must be from 1 to 28, got"):
        released_config({"num_hidden_layers": 28, "hyper_layers": layers}, [])


@pytest.mark.parametrize(
    "name",
    [
        "language_model.model.layers.2.self_attn.v_kv_proj.bias",
        "vision2text_model.2.weight",
        "vision_model.encoder.layers.1.mlp.fc1.bias",
        "language_model.lm_head.weight",
    ],
)
def test_a_missing_weight_is_refused_by_name(name: str, tmp_path: Path) -> None:
    folder = write_owl3(tmp_path / "cut", "241101", change=lambda weights: weights.pop(name))
    ours = name.removeprefix("language_model.model.").removeprefix("language_model.")
    with pytest.raises(ModelUnavailable, match=ours):
        exact(folder).generate(ask(noise(1)))


def test_a_weight_without_a_place_is_refused_by_name(tmp_path: Path) -> None:
    def add(weights: dict[str, Any]) -> None:
        weights["vision_model.extra.weight"] = weights["vision2text_model.2.weight"].clone()

    with pytest.raises(ModelUnavailable, match=r"vision_model\.extra\.weight"):
        exact(write_owl3(tmp_path / "more", "241101", change=add)).generate(ask(noise(1)))


@BOTH
def test_the_prompt_is_chatml_with_an_empty_system_turn(generation: Generation, owl3: Folders) -> None:
    llm = exact(owl3(generation))
    prompt = llm.prompt(ask(noise(2), noise(1, 30.0)))
    assert prompt.row.ids.tolist() == tokens(llm, written(generation, [2, 1]))


def test_rules_stand_in_the_system_turn(owl3: Folders) -> None:
    llm, request = exact(owl3("241101")), vlm_request(noise(1))
    text = prompt_text(llm.loaded, request, llm.prompt(request).prompt_frames)
    assert text.startswith("<|im_start|>system\nYou look at frames of videos")


def test_times_can_be_written_before_each_frame(owl3: Folders) -> None:
    llm = exact(owl3("241101"), times="between")
    text = llm.loaded.tokenizer.decode(llm.prompt(ask(noise(2))).row.ids)
    first, second = "\nFrame 1 at 10.0 s: <|image|>", "\nFrame 2 at 10.5 s: <|image|>"
    assert f"<|start_video_frame|>{first}{second}<|end_video_frame|>\nWhat?" in text


def test_a_tokenizer_without_the_frames_token_writes_it_in_pieces(tmp_path: Path) -> None:
    llm = exact(write_owl3(tmp_path / "pieces", "240728", knows_frame_token=False))
    pieces = llm.loaded.model.config.placeholder_ids
    assert "".join(llm.loaded.tokenizer.convert_ids_to_tokens(pieces)) == "<|image|>"
    clip = llm.prompt(ask(noise(2))).row.clips[0]
    assert len(clip.columns) == 2 * len(pieces) > 2
    words = llm.loaded.model.get_input_embeddings().weight[list(pieces)].detach()
    assert (clip.features.rows == words.repeat(2, 1)).all()
    block = llm.inputs([llm.prompt(ask(noise(2)))])["visual_context"].prompts[0][1]
    assert block.column == int(clip.columns[len(pieces)])


def test_a_budget_counts_rows_and_placeholders(owl3: Folders) -> None:
    llm = exact(owl3("240728"))
    request = VlmRequest((noise(5),), "What?", Budget(visual_tokens=3 * 17 + 5, new_tokens=2))
    prompt = llm.prompt(request)
    assert (len(prompt.prompt_frames), prompt.row.clips[0].all_tokens) == (3, 3 * 17)
    assert llm.generate(request).report.visual_tokens_kept == 3 * 17


def test_either_end_ends_a_reply(owl3: Folders) -> None:
    loaded = exact(owl3("240728")).loaded
    ends = loaded.tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])
    assert loaded.model.generation_config.eos_token_id == ends


def test_every_weight_of_the_specification_is_there() -> None:
    assert len(shapes("240728", 300)) == 8 + 4 * 12 + 2 * 3 + 3 * 16 + 2
    assert len(shapes("241101", 300)) == 8 + 4 * 12 + 2 * 2 + 3 * 16 + 4
