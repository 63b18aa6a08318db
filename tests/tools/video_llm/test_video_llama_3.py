"""VideoLLaMA3 leaves tokens out by itself: that is the stock call, and a keeper's choice takes its place."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from tests.tools.video_llm.seen_clips import Places, exact, logits, noise, vlm_request
from tests.tools.video_llm.stock_calls import stock_inputs

from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.clip_features import ClipFeatures
from playhead_tools.video_llm.prompt_rows import prune_row
from playhead_tools.video_llm.protocol import Clip

Checkpoint = Callable[[str], Path]


def half_still(frames: int = 4) -> Clip:
    """Noise whose left half never changes, on 32 x 32 pixels: 2 x 2 tokens a frame, 2 of which stay."""
    pts_s = 10.0 + np.arange(frames) * 0.5
    pixels = np.random.default_rng(0).integers(0, 256, (frames, 32, 32, 3), dtype=np.uint8)
    pixels[:, :, :18] = pixels[0, :, :18]
    return Clip("v1", noise(frames).window, pts_s, pixels)


def test_without_a_keeper_the_models_own_choice_is_the_stock_call(checkpoint: Checkpoint) -> None:
    llm, clip = exact(checkpoint("video_llama_3")), half_still()
    prompt = llm.prompt(vlm_request(clip))
    stock = stock_inputs(llm.loaded, prompt, clip)
    assert 0 < int((~stock["video_compression_mask"]).sum()) < 12
    expected = logits(llm.loaded.model, dict(stock))
    got = logits(llm.loaded.model, llm.inputs([prompt]))
    assert got.shape == expected.shape
    assert float((got - expected).abs().max()) < 1e-12


def test_a_keeper_chooses_among_all_tokens(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("video_llama_3"), keep=Places(4, 5, 14))
    prompt = llm.prompt(vlm_request(half_still()))
    text = llm.loaded.tokenizer.decode(prune_row(prompt.row, prompt.token_indices).ids)
    assert ",Time 10.5s:<|video_pad|><|video_pad|>,Time 11.5s:<|video_pad|>\n" in text.replace("</clip>", "")
    assert "Time 10.0s" not in text


def test_the_budget_counts_what_the_model_keeps(checkpoint: Checkpoint) -> None:
    llm, clip = exact(checkpoint("video_llama_3")), half_still()
    whole = llm.generate(vlm_request(clip)).report
    assert whole.visual_tokens_kept is not None
    assert whole.visual_tokens_kept < (whole.visual_tokens_given or 0)
    tight = llm.prompt(vlm_request(clip, visual_tokens=whole.visual_tokens_kept))
    assert len(tight.prompt_frames) == 4


def test_the_models_own_choice_is_kept_on_disk_too() -> None:
    rows = torch().ones((4, 2))
    clip = ClipFeatures(rows, (), 2, 0, "", "video", default_indices=torch().tensor([0, 1, 3]))
    assert ClipFeatures.from_bytes(clip.to_bytes()).default_indices.tolist() == [0, 1, 3]
