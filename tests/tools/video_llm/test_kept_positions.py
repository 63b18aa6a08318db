"""Tokens that are left out of a Qwen-VL prompt leave all others where they were."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.tools.video_llm.seen_clips import Places, exact, logits, noise, vlm_request

from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.prompt_rows import batch_inputs, prune_row
from playhead_tools.video_llm.transformers_llm import Prompt, TransformersVideoLLM

QWEN = ("qwen3_vl", "qwen2_5_vl")
KEPT = (1, 4, 5, 11)


def _left_out(llm: TransformersVideoLLM, prompt: Prompt) -> tuple[dict[str, Any], Any]:
    """The whole prompt with the keys that are left out masked, and which columns stay."""
    whole = batch_inputs(llm.loaded, [prune_row(prompt.row, [None] * len(prompt.row.clips))])
    stays = torch().ones(len(prompt.row.ids), dtype=torch().bool)
    for placed, indices in zip(prompt.row.clips, prompt.token_indices, strict=True):
        stays[placed.columns] = False
        stays[placed.columns[indices]] = True
        shown = {int(i) // placed.features.tokens_per_step for i in indices}
        for step in set(range(placed.features.steps)) - shown:
            stays[list(placed.around[step])] = False
    whole["attention_mask"] = stays[None].long()
    whole["position_ids"] = whole["position_ids"][1:]
    return whole, stays


@pytest.mark.parametrize("family", QWEN)
@pytest.mark.parametrize("clips", [(8,), (3, 8)], ids=["one clip", "two clips"])
def test_leaving_tokens_out_equals_masking_their_keys(
    family: str, clips: tuple[int, ...], checkpoint: Callable[[str], Path]
) -> None:
    llm = exact(checkpoint(family), keep=Places(*KEPT))
    prompt = llm.prompt(vlm_request(*(noise(frames, 20.0 * i) for i, frames in enumerate(clips))))
    whole, stays = _left_out(llm, prompt)
    masked = logits(llm.loaded.model, whole)[0][stays]
    cut = logits(llm.loaded.model, llm.inputs([prompt]))[0]
    assert cut.shape == masked.shape
    assert float((cut - masked).abs().max()) < 1e-12


@pytest.mark.parametrize("family", QWEN)
def test_generated_tokens_go_on_from_the_place_after_the_prompt(
    family: str, checkpoint: Callable[[str], Path]
) -> None:
    llm = exact(checkpoint(family), keep=Places(*KEPT))
    prompt = llm.prompt(vlm_request(noise(8)))
    inputs = llm.inputs([prompt])
    model = llm.loaded.model
    new = model.generate(**inputs, max_new_tokens=3, do_sample=False, eos_token_id=None)[0, -3:]
    longer = dict(llm.inputs([prompt]))
    longer["input_ids"] = torch().cat([longer["input_ids"], new[None, :2]], dim=1)
    longer["attention_mask"] = torch().ones_like(longer["input_ids"])
    ahead = longer["position_ids"][..., -1:] + torch().arange(1, 3)
    longer["position_ids"] = torch().cat([longer["position_ids"], ahead], dim=-1)
    assert logits(model, longer)[0, -3:].argmax(-1).tolist() == new.tolist()


def test_the_order_of_the_text_has_no_gaps_and_places_keep_theirs(
    checkpoint: Callable[[str], Path],
) -> None:
    llm = exact(checkpoint("qwen3_vl"), keep=Places(*KEPT))
    prompt = llm.prompt(vlm_request(noise(8)))
    positions = llm.inputs([prompt])["position_ids"][:, 0]
    assert positions[0].tolist() == list(range(positions.shape[1]))
    assert positions[1:, -1].tolist() == prompt.row.positions[:, -1].tolist()


def test_what_generated_tokens_count_on_from_is_reset_for_every_row(
    checkpoint: Callable[[str], Path],
) -> None:
    llm = exact(checkpoint("qwen2_5_vl"), keep=Places(*KEPT))
    prompts = [llm.prompt(vlm_request(noise(4))), llm.prompt(vlm_request(noise(8)))]
    inputs = llm.inputs(prompts)
    lengths = inputs["attention_mask"].sum(-1)
    expected = [[int(p.row.positions.max()) + 1 - int(n)] for p, n in zip(prompts, lengths, strict=True)]
    assert llm.loaded.base.rope_deltas.tolist() == expected


def test_deeper_features_are_left_out_alike(checkpoint: Callable[[str], Path]) -> None:
    llm = exact(checkpoint("qwen3_vl"), keep=Places(*KEPT))
    prompt = llm.prompt(vlm_request(noise(8)))
    video = llm.inputs([prompt])["mm_encoder_outputs"]["video"]
    features = prompt.row.clips[0].features
    assert torch().equal(video.deepstack_features[0][0], features.deep[0][list(KEPT)])


def test_a_step_without_tokens_loses_its_time_and_marks_too(checkpoint: Callable[[str], Path]) -> None:
    llm = exact(checkpoint("qwen3_vl"), keep=Places(*KEPT))
    prompt = llm.prompt(vlm_request(noise(8)))
    text = llm.loaded.tokenizer.decode(prune_row(prompt.row, prompt.token_indices).ids)
    assert "<10.2 seconds>" in text
    assert "<11.2 seconds>" in text
    assert "<12.2 seconds>" not in text
    assert text.count("<|vision_start|>") == 3
