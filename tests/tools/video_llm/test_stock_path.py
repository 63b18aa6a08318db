"""Without compression a call is the stock call, for every family."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.tools.video_llm.seen_clips import Places, exact, logits, noise, vlm_request
from tests.tools.video_llm.stock_calls import stock_inputs
from tests.tools.video_llm.tiny_models import MAKERS

from playhead_index.embed.runtime import torch

TIMES = ("10.0", "10.5", "11.0", "11.5", "12.0", "12.5", "13.0", "13.5")


@pytest.mark.parametrize("family", MAKERS)
def test_keeping_everything_equals_the_stock_call(family: str, checkpoint: Callable[[str], Path]) -> None:
    llm, clip = exact(checkpoint(family)), noise(8)
    prompt = llm.prompt(vlm_request(clip))
    processor, stock = llm.loaded.processor, stock_inputs(llm.loaded, prompt, clip)
    if family == "internvl":  # its own numbers begin anew with every clip; ours stand in their place
        text = processor.tokenizer.decode(stock["input_ids"][0])
        for number, time in enumerate(TIMES, start=1):
            text = text.replace(f"Frame{number}: ", f"Frame {number} at {time} s: ")
        stock |= processor.tokenizer([text], return_tensors="pt")
    expected = logits(llm.loaded.model, dict(stock))
    got = logits(llm.loaded.model, llm.inputs([prompt]))
    assert got.shape == expected.shape
    assert float((got - expected).abs().max()) < 1e-12


@pytest.mark.parametrize("family", MAKERS)
def test_a_ragged_batch_with_compression_says_what_single_calls_say(
    family: str, checkpoint: Callable[[str], Path]
) -> None:
    llm = exact(checkpoint(family), keep=Places(0, 2, 3, 7))
    calls = [
        vlm_request(noise(2)),
        vlm_request(noise(8, 40.0), noise(4), question="What is it that moves here?"),
    ]
    prompts = [llm.prompt(call) for call in calls]
    together = logits(llm.loaded.model, llm.inputs(prompts))[:, -1]
    alone = torch().stack([logits(llm.loaded.model, llm.inputs([one]))[0, -1] for one in prompts])
    np.testing.assert_allclose(together, alone, atol=1e-12)
