"""Folders in the released layout load whole or not at all."""

import json
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.tools.architectures.video_chat2 import expected
from tests.tools.architectures.video_chat2.made_checkpoint import (
    ALPHA,
    CONFIG,
    HD,
    RANK,
    STAGE_2,
    STAGE_3,
    clip_of,
    make_checkpoint,
    plain_request,
    released_shapes,
)
from tests.tools.video_llm.seen_clips import exact, logits

from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable
from playhead_tools.architectures.registry import find_architecture
from playhead_tools.architectures.video_chat2.config import VideoChat2Config
from playhead_tools.architectures.video_chat2.loading import merge_lora, released_name, unwrapped_name
from playhead_tools.architectures.video_chat2.modeling import VideoChat2Model
from playhead_tools.video_llm.load_model import load
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

EXACT = {"rtol": 0, "atol": 1e-12}
Q_PROJ = "mistral_model.base_model.model.model.layers.0.self_attn.q_proj"
HEAD = "mistral_model.base_model.model.lm_head"


@pytest.fixture
def copy(made: Any, tmp_path: Path) -> Path:
    """A copy of the checkpoint that a test may change."""
    return shutil.copytree(made.folder, tmp_path / "copy")


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None], name: str = STAGE_3) -> None:
    """Changes the weights of the checkpoint, which may then have another name."""
    weights = torch().load(folder / STAGE_3, weights_only=True)["model"]
    (folder / STAGE_3).unlink()
    change(weights)
    torch().save({"model": weights}, folder / name)


@cache
def full_size() -> dict[str, tuple[int, ...]]:
    """Names and shapes of the released model, which has its defaults."""
    with torch().device("meta"):
        model = VideoChat2Model(VideoChat2Config())
    return {released_name(name): tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def scores(folder: Path) -> Any:
    """(L, V) logits of a question about a clip."""
    llm = exact(folder)
    return logits(llm.loaded.model, llm.inputs([llm.prompt(plain_request(clip_of(4)))]))[0]


def test_exactly_the_keys_of_the_list_load(made: Any) -> None:
    assert len(released_shapes()) == 154
    assert set(made.weights) == set(released_shapes())
    assert made.llm.loaded.model.num_parameters() > 50_000


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("vision_encoder.encoder.patch_embed.proj.weight", (1024, 3, 1, 16, 16)),
        ("vision_encoder.encoder.blocks.22.attn.qkv.weight", (3072, 1024)),
        ("vision_encoder.encoder.blocks.22.mlp.fc1.bias", (4096,)),
        ("vision_layernorm.weight", (1024,)),
        ("query_tokens", (1, 32, 768)),
        ("extra_query_tokens", (1, 64, 768)),
        ("qformer.bert.embeddings.word_embeddings.weight", (30_523, 768)),
        ("qformer.bert.encoder.layer.10.crossattention.self.value.weight", (768, 1024)),
        ("qformer.bert.encoder.layer.11.intermediate_query.dense.weight", (3072, 768)),
        ("mistral_proj.weight", (4096, 768)),
        ("mistral_model.model.layers.31.self_attn.k_proj.weight", (1024, 4096)),
        ("mistral_model.lm_head.weight", (32_000, 4096)),
    ],
)
def test_the_released_model_has_the_shapes_of_its_description(name: str, shape: tuple[int, ...]) -> None:
    assert full_size()[name] == shape


def test_the_last_block_of_the_tower_and_every_second_cross_attention_are_left_out() -> None:
    names = full_size()
    assert not [name for name in names if ".blocks.23." in name]
    assert not [name for name in names if "layer.1.crossattention" in name]
    assert not [name for name in names if "norm.weight" in name and ".encoder.norm" in name]


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("vision_encoder.encoder.blocks.1.attn.v_bias", "vision_encoder.encoder.blocks.1.attn.v_bias"),
        ("extra_query_tokens", "extra_query_tokens"),
        (
            "qformer.bert.encoder.layer.2.crossattention.self.key.weight",
            "qformer.bert.encoder.layer.2.crossattention.self.key.weight",
        ),
        ("mistral_proj.bias", "mistral_proj.bias"),
    ],
)
def test_a_missing_weight_is_refused_by_its_released_name(copy: Path, name: str, named: str) -> None:
    rewrite(copy, lambda weights: weights.pop(name))
    with pytest.raises(ModelUnavailable, match=f"lack 1 weight: {named}"):
        load(str(copy), LoadOptions(device="cpu"))


def test_a_weight_too_many_is_refused(copy: Path) -> None:
    rewrite(copy, lambda weights: weights.update({"llama_proj.bias": torch().zeros(3)}))
    with pytest.raises(ModelUnavailable, match=r"no place for 1 weight: llama_proj\.bias"):
        load(str(copy), LoadOptions(device="cpu"))


def test_half_of_a_lora_pair_is_refused(copy: Path) -> None:
    rewrite(copy, lambda weights: weights.pop(f"{HEAD}.lora_B.default.weight"))
    with pytest.raises(
        ModelUnavailable, match=r"hold LoRA weights A of mistral_model\.lm_head, expected A, B"
    ):
        load(str(copy), LoadOptions(device="cpu"))


def test_a_vocabulary_of_another_size_is_refused(copy: Path) -> None:
    with (copy / "bert-base-uncased" / "vocab.txt").open("a") as file:
        file.write("blue\n")
    with pytest.raises(ModelUnavailable, match=r"word_embeddings.weight \[21, 24\] instead of \[22, 24\]"):
        load(str(copy), LoadOptions(device="cpu"))


def test_without_its_language_model_the_message_names_it(copy: Path) -> None:
    shutil.rmtree(copy / "Mistral-7B-Instruct-v0.2")
    with pytest.raises(
        ModelUnavailable, match=r"run: hf download mistralai/Mistral-7B-Instruct-v0\.2, or put"
    ):
        load(str(copy), LoadOptions(device="cpu"))


def test_without_bert_the_message_names_the_files(copy: Path) -> None:
    shutil.rmtree(copy / "bert-base-uncased")
    with pytest.raises(
        ModelUnavailable, match=r"config\.json and vocab\.txt of google-bert/bert-base-uncased"
    ):
        load(str(copy), LoadOptions(device="cpu"))


def test_without_the_vocabulary_the_message_names_the_file(copy: Path) -> None:
    (copy / "bert-base-uncased" / "vocab.txt").unlink()
    with pytest.raises(ModelUnavailable, match=r"vocab.txt is missing in .*bert-base-uncased"):
        load(str(copy), LoadOptions(device="cpu"))


def test_two_checkpoints_in_a_folder_are_refused(copy: Path) -> None:
    shutil.copy(copy / STAGE_3, copy / STAGE_2)
    with pytest.raises(ModelUnavailable, match=f"expected one checkpoint, got {STAGE_2}, {STAGE_3}"):
        load(str(copy), LoadOptions(device="cpu"))


def test_a_file_with_code_in_it_is_not_run(copy: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"

    class Code:
        def __reduce__(self) -> Any:
            return (Path.touch, (ran,))

    (copy / STAGE_3).write_bytes(pickle.dumps({"model": Code()}, protocol=2))
    with pytest.raises(ModelUnavailable, match="loading it as VideoChat2 failed"):
        load(str(copy), LoadOptions(device="cpu"))
    assert not ran.exists()


def test_a_stage_2_model_has_no_lora_and_is_the_stock_mistral(copy: Path, made: Any) -> None:
    def without_lora(weights: dict[str, Any]) -> None:
        for name in [name for name in weights if ".lora_" in name]:
            del weights[name]

    rewrite(copy, without_lora, STAGE_2)
    loaded = load(str(copy), LoadOptions(device="cpu", dtype="float64"))
    assert loaded.model.lm_head.weight.equal(made.base["lm_head.weight"])
    assert loaded.model.language_model.layers[0].self_attn.q_proj.weight.equal(
        made.base["model.layers.0.self_attn.q_proj.weight"]
    )


def test_lora_is_merged_into_every_layer_and_the_word_head(made: Any) -> None:
    model = made.llm.loaded.model
    for module, name, base in (
        (model.lm_head, HEAD, "lm_head"),
        (model.language_model.layers[0].self_attn.q_proj, Q_PROJ, "model.layers.0.self_attn.q_proj"),
    ):
        low, up = (made.weights[f"{name}.lora_{half}.default.weight"] for half in "AB")
        np.testing.assert_allclose(
            module.weight.detach(), made.base[f"{base}.weight"] + ALPHA / RANK * up @ low, **EXACT
        )


def test_a_file_that_holds_the_language_model_too_needs_no_other_weights(copy: Path, made: Any) -> None:
    from safetensors.torch import save_file

    def with_base(weights: dict[str, Any]) -> None:
        for name, tensor in made.base.items():
            wrapped = f"mistral_model.base_model.model.{name}"
            is_wrapped = f"{wrapped.removesuffix('.weight')}.lora_A.default.weight" in weights
            weights[wrapped.replace(".weight", ".base_layer.weight") if is_wrapped else wrapped] = tensor

    rewrite(copy, with_base)
    weights = torch().load(copy / STAGE_3, weights_only=True)["model"]
    (copy / STAGE_3).unlink()
    save_file(weights, copy / "model.safetensors")
    text = copy / "Mistral-7B-Instruct-v0.2" / "model.safetensors"
    save_file({"other.weight": torch().zeros(1)}, text)
    np.testing.assert_allclose(scores(copy), scores(made.folder), **EXACT)


def test_a_folder_without_a_config_is_recognised_by_its_checkpoint(copy: Path) -> None:
    (copy / "config.json").unlink()
    found = find_architecture(str(copy))
    assert found is not None
    assert found.title == "VideoChat2"
    assert "MIT" in found.licence
    with pytest.raises(ModelUnavailable, match="in another shape"):  # it has the sizes of the paper then
        load(str(copy), LoadOptions(device="cpu"))


def test_tower_and_q_former_may_stand_in_a_file_of_their_own(copy: Path, made: Any) -> None:
    first: dict[str, Any] = {}

    def split(weights: dict[str, Any]) -> None:
        for name in [name for name in weights if name.startswith("vision_encoder")]:
            first[name] = weights.pop(name)

    rewrite(copy, split)
    torch().save(first, copy / "umt_l16_qformer.pth")
    np.testing.assert_allclose(scores(copy), scores(made.folder), **EXACT)


def test_an_hd_model_shows_the_queries_of_each_tile_and_then_of_the_whole_frame(
    tmp_path: Path, made: Any
) -> None:
    model = dict(CONFIG["model"]) | {"dynamic_config": {"hd_num": 6, "add_global": True, "padding": False}}  # type: ignore[call-overload]
    make_checkpoint(tmp_path / "hd", HD, {"model": model})
    llm, clip, question = exact(tmp_path / "hd"), clip_of(4), "What is it?"
    wide = np.concatenate([clip.frames, clip.frames[:, ::-1]], axis=2)
    prompt = llm.prompt(plain_request(replace(clip, frames=wide), question=question))
    pixels = expected.pixels(wide, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    whole = torch().nn.functional.interpolate(pixels.float(), size=(32, 32), mode="bicubic").double()
    want = [expected.view_rows(made, view, question) for view in (pixels[..., :32], pixels[..., 32:], whole)]
    np.testing.assert_allclose(prompt.row.clips[0].features.rows, torch().cat(want), rtol=0, atol=1e-9)


def test_settings_that_no_release_has_are_refused(copy: Path) -> None:
    model = dict(CONFIG["model"]) | {"dynamic_config": {"padding": True}}  # type: ignore[call-overload]
    (copy / "config.json").write_text(json.dumps({"model": model}))
    with pytest.raises(ModelUnavailable, match="tiles with padding or without a global view are not known"):
        load(str(copy), LoadOptions(device="cpu"))


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_other_number_types_and_eager_attention_are_near_the_exact_scores(made: Any, dtype: str) -> None:
    options = LoadOptions(device="cpu", dtype=dtype, attention="eager")
    llm = TransformersVideoLLM(made.folder, loading=options)
    assert str(llm.loaded.model.mistral_proj.weight.dtype) == f"torch.{dtype}"
    got = logits(llm.loaded.model, llm.inputs([llm.prompt(plain_request(clip_of(4)))]))[0, -1].double()
    want = scores(made.folder)[-1]
    precision = torch().finfo(getattr(torch(), dtype)).eps
    assert float((got - want).norm() / want.norm()) < 100 * precision


def test_merging_adds_the_scaled_product_in_float32() -> None:
    weights = {
        "a.weight": torch().ones(2, 3, dtype=torch().bfloat16),
        "a.lora_A.default.weight": torch().full((1, 3), 2.0, dtype=torch().float16),
        "a.lora_B.default.weight": torch().tensor([[0.5], [0.001]], dtype=torch().float16),
    }
    merged = merge_lora(weights, alpha=4, dtype=torch().float32)
    assert list(merged) == ["a.weight"]
    np.testing.assert_allclose(merged["a.weight"][:, 0], [5.0, 1 + 8 * 0.001], rtol=1e-3)


def test_wrappers_of_both_kinds_are_taken_off() -> None:
    assert unwrapped_name(f"{Q_PROJ}.base_layer.weight") == unwrapped_name(f"{Q_PROJ}.weight")
