"""LongVU equals an oracle in plain torch that was written from the specification."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.tools.architectures.longvu.oracle import Oracle
from tests.tools.video_llm.seen_clips import logits

from playhead_index.embed.runtime import torch, transformers
from playhead_index.window import Window
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.longvu_selection import TwoGridTokens, limits_of, two_grid_tokens
from playhead_tools.video_llm.protocol import Budget, Clip, VlmRequest
from playhead_tools.video_llm.transformers_llm import Prompt, TransformersVideoLLM

QUESTION = "What is it?"
BEFORE = {
    "qwen": "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n",
    "llama": "<|start_header_id|>user<|end_header_id|>\n\n",
}
AFTER = {
    "qwen": f"\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n",
    "llama": f"\n{QUESTION}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
}
CASES: dict[str, tuple[list[int], int, int, set[str]]] = {
    "all fine": ([0], 16, 24, {"fine"}),
    "mixed": ([0, 1, 2, 3], 16, 24, {"fine", "coarse"}),
    "redundant frames": ([0] * 16 + [1] * 16 + [3] * 16 + [4], 16, 24, {"fine", "coarse"}),
    "all coarse": ([0, 1, 2, 3], 20, 20, {"coarse"}),
    "coarse and compressed": ([0, 1, 2, 3, 4], 20, 20, {"coarse"}),
    "fine and compressed": ([0, 1, 2, 3, 4, 5, 6], 16, 24, {"fine"}),
}
"""Which frames of a clip of noise, height, width, and the grids that are shown."""


def clip_of(frames: Sequence[int], height: int = 16, width: int = 24) -> Clip:
    """Frames of noise by their numbers, one a second; every third looks much like the one before."""
    noise = np.random.default_rng(height).integers(0, 256, (32, height, width, 3), dtype=np.uint8)
    for at in range(2, len(noise), 3):
        noise[at] = noise[at - 1] // 2 + noise[at - 1] // 3
    pts_s = np.arange(len(frames), dtype=np.float64)
    return Clip("v", Window(0.0, float(len(frames))), pts_s, noise[list(frames)])


def request_of(clip: Clip, new_tokens: int = 3) -> VlmRequest:
    budget = Budget(frames=None, visual_tokens=None, new_tokens=new_tokens)
    return VlmRequest((clip,), QUESTION, budget, plain_prompt=True)


def compat(folder: Path) -> TransformersVideoLLM:
    options = LoadOptions(device="cpu", dtype="float64", reference_compat=True)
    llm = TransformersVideoLLM(folder, loading=options)
    llm.keep = two_grid_tokens(llm)
    return llm


def expected(oracle: Oracle, folder: Path, kind: str, clip: Clip) -> Any:
    """(L, H) the oracle's prompt, its text tokenised in two pieces."""
    words = transformers().PreTrainedTokenizerFast.from_pretrained(folder)
    before, after = (words.encode(text, add_special_tokens=False) for text in (BEFORE[kind], AFTER[kind]))
    return oracle.prompt(clip.frames, before, after)


def grids_shown(prompt: Prompt) -> set[str]:
    features, kept = prompt.row.clips[0].features, prompt.token_indices[0]
    assert features.fine_rows is not None
    is_fine = kept % features.tokens_per_step < features.fine_rows
    return {"fine" if fine else "coarse" for fine in is_fine.tolist()}


def spliced(llm: TransformersVideoLLM, inputs: dict[str, Any]) -> Any:
    with torch().inference_mode():
        return llm.loaded.model.splice(inputs["input_ids"], inputs["mm_encoder_outputs"])[0]


def assert_equal(got: Any, wanted: Any) -> None:
    assert got.shape == wanted.shape
    assert float((got - wanted).abs().max()) < 1e-9


@pytest.mark.parametrize(("height", "width"), [(16, 24), (24, 16), (20, 20), (9, 40)])
def test_the_tokens_of_both_grids_equal_the_oracles(
    height: int, width: int, released: Callable[[str], Path], oracle: Callable[[str], Oracle]
) -> None:
    clip = clip_of([1], height, width)
    llm = compat(released("qwen"))
    features = llm.prompt(request_of(clip)).row.clips[0].features
    grids = [oracle("qwen").grids(frame, oracle("qwen").dinov2_cells(frame)) for frame in clip.frames]
    rows = torch().stack([torch().cat([grid["high"], grid["low"]]) for grid in grids])
    assert features.fine_rows == len(grids[0]["high"])
    assert_equal(features.tokens, rows)


@pytest.mark.parametrize("case", CASES)
def test_the_whole_prefill_equals_the_released_code(
    case: str, released: Callable[[str], Path], oracle: Callable[[str], Oracle]
) -> None:
    frames, height, width, grids = CASES[case]
    llm, clip = compat(released("qwen")), clip_of(frames, height, width)
    prompt = llm.prompt(request_of(clip))
    assert grids_shown(prompt) == grids
    inputs = llm.inputs([prompt])
    vectors = expected(oracle("qwen"), released("qwen"), "qwen", clip)
    assert_equal(spliced(llm, inputs), vectors)
    assert_equal(logits(llm.loaded.model, inputs)[0], oracle("qwen").logits(vectors))


@pytest.mark.slow
def test_the_ends_of_windows_are_cut_as_the_released_code_cuts_them(
    released: Callable[[str], Path], oracle: Callable[[str], Oracle]
) -> None:
    llm, clip = compat(released("qwen")), clip_of(range(24))
    prompt = llm.prompt(request_of(clip))
    budget = 416 - 16 - (len(prompt.row.ids) - len(prompt.row.clips[0].columns))
    assert budget - 3 <= len(prompt.token_indices[0]) <= budget
    vectors = expected(oracle("qwen"), released("qwen"), "qwen", clip)
    assert_equal(spliced(llm, llm.inputs([prompt])), vectors)


def test_a_pad_token_in_the_question_shortens_the_text_as_in_the_released_code(
    released: Callable[[str], Path], oracle: Callable[[str], Oracle]
) -> None:
    llm, clip = compat(released("qwen")), clip_of([0, 1, 3, 4, 6, 7])
    prompt = llm.prompt(request_of(clip))
    assert grids_shown(prompt) == {"fine"}
    pads = replace(limits_of(llm.loaded), pad_token_id=int(prompt.row.ids[-1]))
    llm.keep = TwoGridTokens(llm.token_vectors, llm.word_vectors, lambda: pads)
    oracle("qwen").sizes.pad_id = pads.pad_token_id
    try:
        vectors = expected(oracle("qwen"), released("qwen"), "qwen", clip)
    finally:
        oracle("qwen").sizes.pad_id = None
    shortened = llm.prompt(request_of(clip))
    assert grids_shown(shortened) == {"coarse"}
    assert_equal(spliced(llm, llm.inputs([shortened])), vectors)


@pytest.mark.parametrize("kind", ["qwen", "llama"])
def test_greedy_tokens_equal_the_oracles(
    kind: str, released: Callable[[str], Path], oracle: Callable[[str], Oracle]
) -> None:
    clip, folder = clip_of([0, 1, 2, 3]), released(kind)
    llm = compat(folder)
    inputs = llm.inputs([llm.prompt(request_of(clip))])
    with torch().inference_mode():
        out = llm.loaded.model.generate(**inputs, max_new_tokens=6, do_sample=False, eos_token_id=None)
    got = out[0, inputs["input_ids"].shape[1] :].tolist()
    assert got == oracle(kind).generated(expected(oracle(kind), folder, kind, clip), 6)
