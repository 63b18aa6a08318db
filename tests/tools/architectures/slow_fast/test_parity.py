"""Slow-Fast equals an oracle written from its specification, in double precision."""

from typing import Any

import pytest
import torch
from tests.tools.architectures.slow_fast.asked import (
    logits,
    new_ids,
    pictures,
    pruned,
    sequenced,
    short_request,
)
from tests.tools.architectures.slow_fast.conftest import Make
from tests.tools.architectures.slow_fast.tiny_slow_fast import IMAGE
from tests.tools.video_llm.seen_clips import Places, noise

EXACT = {"rtol": 0.0, "atol": 1e-9}
RULES: dict[str, dict[str, Any]] = {
    "s1t4": {},
    "s2t2": {"fast_token_temporal_sampling_stride": 2, "fast_token_temporal_stride": 2, "min_fast_frames": 3},
    "s3t1": {"fast_token_temporal_sampling_stride": 3, "fast_token_temporal_stride": 1, "min_fast_frames": 4},
    "spatial": {"fast_token_spatial_stride": 2},
    "no least": {"min_fast_frames": None},
}


@pytest.mark.parametrize("frames", [1, 2, 3, 6, 8, 11])
@pytest.mark.parametrize("rule", RULES)
def test_slow_and_fast_tokens_equal_the_oracle(made: Make, rule: str, frames: int) -> None:
    checkpoint = made(**RULES[rule])
    oracle, model = checkpoint.oracle(), checkpoint.llm().loaded.model
    shown = pictures(noise(frames), IMAGE)
    with torch.inference_mode():
        encoded = model.get_video_features(torch.stack(shown))
    slow = oracle.slow_frames(shown)
    torch.testing.assert_close(encoded.context, torch.stack(slow).flatten(1, 2), **EXACT)
    fast = torch.stack(oracle.fast_frames(slow)).flatten(1, 2)
    torch.testing.assert_close(encoded.pooler_output, fast, **EXACT)


@pytest.mark.parametrize("frames", [1, 5, 8])
def test_logits_equal_the_oracle(made: Make, frames: int) -> None:
    checkpoint = made()
    llm, oracle = checkpoint.llm(), checkpoint.oracle()
    prompt = llm.prompt(short_request(noise(frames)))
    expected = sequenced(llm, oracle, prompt).logits(oracle)
    torch.testing.assert_close(logits(llm, [prompt])[0], expected, **EXACT)


def test_every_layer_equals_the_oracle(made: Make) -> None:
    checkpoint = made()
    llm, oracle = checkpoint.llm(), checkpoint.oracle()
    prompt = llm.prompt(short_request())
    given = sequenced(llm, oracle, prompt)
    with torch.inference_mode():
        states = llm.loaded.model(**llm.inputs([prompt]), output_hidden_states=True).hidden_states
    left, table = list(given.fast), oracle.weights["model.embed_tokens.weight"]
    rows = [left.pop(0) if number == given.placeholder else table[number] for number in given.ids]
    attends = [number != given.placeholder for number in given.ids]
    expected = oracle.hidden(torch.stack(rows), given.slow, attends)
    assert len(states) == len(expected) == 5
    for got, layer in zip(states[:-1], expected[:-1], strict=True):  # the last one is after the norm
        torch.testing.assert_close(got[0], layer, **EXACT)


def test_slow_tokens_of_two_clips_are_attended_to_together(made: Make) -> None:
    checkpoint = made()
    llm, oracle = checkpoint.llm(), checkpoint.oracle()
    prompt = llm.prompt(short_request(noise(4), noise(3, 40.0)))
    expected = sequenced(llm, oracle, prompt).logits(oracle)
    torch.testing.assert_close(logits(llm, [prompt])[0], expected, **EXACT)


@pytest.mark.parametrize("compat", [False, True])
def test_greedy_generation_equals_the_oracle(made: Make, compat: bool) -> None:
    checkpoint = made()
    llm, oracle = checkpoint.llm(compat=compat), checkpoint.oracle(compat=compat)
    prompt = llm.prompt(short_request())
    tokens = new_ids(llm, [prompt], 8)[0]
    assert tokens == sequenced(llm, oracle, prompt).likeliest(oracle, tokens)


def test_the_released_code_generates_other_tokens_since_they_see_no_slow_tokens(made: Make) -> None:
    fixed, released = (made().llm(compat=compat) for compat in (False, True))
    tokens = [new_ids(llm, [llm.prompt(short_request())], 8)[0] for llm in (fixed, released)]
    assert tokens[0][0] == tokens[1][0]
    assert tokens[0] != tokens[1]


def test_generated_tokens_attend_to_slow_tokens_as_they_would_in_a_prompt(made: Make) -> None:
    llm = made().llm()
    prompt = llm.prompt(short_request())
    tokens = new_ids(llm, [prompt], 6)[0]
    inputs = llm.inputs([prompt])
    ids = torch.cat([inputs.pop("input_ids"), torch.tensor([tokens[:-1]])], dim=1)
    whole = {
        **inputs,
        "attention_mask": torch.ones_like(ids),
        "position_ids": torch.arange(ids.shape[1])[None],
    }
    with torch.inference_mode():
        teacher_forced = llm.loaded.model(ids, **whole).logits[0, -6:].argmax(-1)
    assert teacher_forced.tolist() == tokens


def test_without_slow_tokens_the_model_is_stock_qwen2(made: Make) -> None:
    checkpoint = made()
    llm, oracle = checkpoint.llm(), checkpoint.oracle()
    prompt = llm.prompt(short_request())
    inputs = llm.inputs([prompt])
    inputs.pop("visual_context")
    given = sequenced(llm, oracle, prompt)
    expected = oracle.logits(given.ids, given.fast, None, placeholder=given.placeholder)
    with torch.inference_mode():
        torch.testing.assert_close(llm.loaded.model(**inputs).logits[0], expected, **EXACT)


@pytest.mark.parametrize("kept", [(0, 3, 5), (2, 3, 4, 5, 6, 7), (1,)])
def test_a_fast_token_is_left_out_with_the_slow_tokens_that_it_stands_for(
    made: Make, kept: tuple[int, ...]
) -> None:
    checkpoint = made()
    llm, oracle = checkpoint.llm(keep=Places(*kept)), checkpoint.oracle()
    prompt = llm.prompt(short_request(noise(8)))  # 2 fast frames of 4 tokens, each of 4 frames
    given = sequenced(llm, oracle, prompt)
    slow_kept = [frame * 4 + cell for frame in range(8) for cell in range(4) if frame // 4 * 4 + cell in kept]
    expected = oracle.logits(
        given.ids, [given.fast[place] for place in kept], given.slow[slow_kept], placeholder=given.placeholder
    )
    torch.testing.assert_close(logits(llm, [prompt])[0], expected, **EXACT)
    assert pruned(prompt).visual_tokens == len(kept)
