"""The memory that a configuration states is the memory that the model takes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.tools.video_llm.seen_clips import exact, noise, vlm_request
from tests.tools.video_llm.sized_models import PeakBytes, from_meta, language_model, run_look, vision_tower
from tests.tools.video_llm.tiny_models import MAKERS

from playhead_index.embed.runtime import torch, transformers
from playhead_tools.video_llm.model_memory import (
    NF4_BYTES,
    Look,
    ModelSize,
    Parameters,
    Precision,
    TextSize,
    TowerSize,
    cache_bytes,
    context_tokens,
    largest_prompt,
    memory_needed,
    model_size,
    prefill_bytes,
)

Checkpoint = Callable[[str], Path]
TEXT = TextSize(256, 4, 1024, 8, 4, 32, 1000, has_qkv_bias=True)
GATED = TowerSize(192, 2, 512, 6, 14, 112, positions=65, is_gated=True)
PLAIN = TowerSize(128, 2, 512, 4, 16, 96, positions=36)


def config_of(folder: Path) -> dict[str, object]:
    config: dict[str, object] = transformers().AutoConfig.from_pretrained(folder).to_dict()
    return config


@pytest.mark.parametrize("family", MAKERS)
def test_a_configuration_gives_the_number_of_parameters_of_its_model(
    family: str, checkpoint: Checkpoint
) -> None:
    model = exact(checkpoint(family)).loaded.model
    expected = sum(parameter.numel() for parameter in model.parameters())
    assert model_size(model.config.to_dict()).parameters.total == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("family", MAKERS)
def test_linear_layers_are_counted_apart_because_4_bits_change_only_them(
    family: str, checkpoint: Checkpoint
) -> None:
    model = exact(checkpoint(family)).loaded.model
    expected = sum(
        module.weight.numel()
        for name, module in model.named_modules()
        if isinstance(module, torch().nn.Linear) and not name.endswith("lm_head")
    )
    assert model_size(model.config.to_dict()).parameters.linear == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("is_gated", [False, True])
def test_towers_of_stock_classes_have_the_counted_parameters(is_gated: bool) -> None:
    tower = GATED if is_gated else PLAIN
    counted = ModelSize(TEXT, (tower,), ()).tower_parameters.total
    model = vision_tower(tower, "cpu", torch().float32)
    assert counted == pytest.approx(sum(one.numel() for one in model.parameters()), rel=0.01)


def test_keys_and_values_take_what_is_counted(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen3_vl"))
    reply = llm.generate(vlm_request(noise(4), new_tokens=3))
    held = (reply.report.prompt_tokens or 0) + (reply.report.new_tokens or 0) - 1
    size = model_size(llm.loaded.model.config.to_dict())
    assert llm.prefixes.in_memory_bytes == cache_bytes(size, held, Precision(8))


def test_layers_with_a_window_hold_no_more_than_it_and_linear_ones_nothing() -> None:
    kinds = ["full_attention", "sliding_attention", "linear_attention"]
    text = {
        "hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 1, "vocab_size": 10,
        "layer_types": kinds, "sliding_window": 100,
    }  # fmt: skip
    size = model_size({"text_config": text})
    assert cache_bytes(size, 1000, Precision(2)) == 2 * 8 * 2 * (1000 + 100)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_the_peak_of_a_look_is_what_is_needed(attention: str) -> None:
    size, look = ModelSize(TEXT, (GATED, PLAIN), (), frame_tokens=64), Look(4, 768, 2)
    parts = [language_model(TEXT, "meta", torch().float32)]
    parts += [vision_tower(tower, "meta", torch().float32) for tower in size.towers]
    parts[0].set_attn_implementation(attention)
    text, *towers = [from_meta(part, "cpu", four_bit=False) for part in parts]
    with PeakBytes() as tracker:
        assert run_look(size, look, text, towers, new_tokens=2) == 2
    need = memory_needed(size, Precision(4, is_eager=attention == "eager"), look)
    assert tracker.peak == pytest.approx(need.cache + need.work, rel=0.15)


def test_4_bits_take_half_a_byte_a_weight_and_a_scale() -> None:
    assert Parameters(64_000, 100).size_bytes(Precision(2, four_bit=True)) == 33_016 + 200
    assert pytest.approx(0.5159, abs=1e-4) == NF4_BYTES


def test_attention_that_holds_its_scores_needs_memory_by_the_square() -> None:
    stock, eager = (prefill_bytes(TEXT, 4096, Precision(2, is_eager=one)) for one in (False, True))
    assert eager - stock == 8 * 4096**2 * 8


def test_the_longest_prompt_is_the_last_that_fits() -> None:
    size = ModelSize(TEXT, (), ())
    free = 10_000_000
    longest = largest_prompt(size, free, 16, Precision(2))

    def taken(tokens: int) -> int:
        return cache_bytes(size, tokens + 16, Precision(2)) + prefill_bytes(TEXT, tokens, Precision(2))

    assert taken(longest) <= free < taken(longest + 1)
    assert largest_prompt(size, 10, 16, Precision(2)) == 0


def test_a_configuration_without_a_language_model_is_refused() -> None:
    with pytest.raises(
        ValueError, match="lacks num_hidden_layers, num_attention_heads, vocab_size of its la"
    ):
        model_size({"hidden_size": 8})


def test_the_context_is_the_smallest_that_model_and_tokenizer_state() -> None:
    text = {"max_position_embeddings": 32_768}
    assert context_tokens({"text_config": text}, 10**30) == 32_768
    assert context_tokens({"text_config": text, "tokenizer_model_max_length": 8192}) == 8192
    yarn = {"original_max_position_embeddings": 32_768, "factor": 4.0}
    assert context_tokens({"text_config": {**text, "rope_parameters": yarn}}) == 131_072
    assert context_tokens({}) is None


def test_a_look_shows_no_more_frames_than_the_model_takes() -> None:
    size = ModelSize(TEXT, (PLAIN,), (), max_frames=8)
    assert Look(16, 100, 10).prompt_tokens(size) == 8 * 36 + 100
    assert Look(16, 100, 10).prompt_tokens(replace(size, frame_tokens=1, max_frames=None)) == 116
