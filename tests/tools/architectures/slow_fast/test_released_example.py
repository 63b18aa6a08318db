"""The example of the Slow-Fast page: 64 frames spread over a video, its prompt, greedy decoding."""

import numpy as np
from tests.tools.architectures.slow_fast.asked import new_ids, sequenced
from tests.tools.architectures.slow_fast.conftest import Make

from playhead_index.window import Window
from playhead_tools.video_llm.protocol import Budget, Clip, VlmRequest

QUESTION = "Please describe this video in detail."
PROMPT = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    f"<|im_start|>user\n{'<video>' * 16 * 4}\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
)
"""16 fast frames of 4 tokens; 81 tokens at the released size."""


def video() -> Clip:
    """64 frames of a video of 90 s at 4 frames a second, as `linspace` takes them."""
    places = np.linspace(0, 359, 64, dtype=int)
    pixels = np.random.default_rng(1).integers(0, 256, (64, 18, 32, 3), dtype=np.uint8)
    return Clip("v", Window(0.0, 90.0), places / 4, pixels)


def test_the_released_example_gives_the_oracles_tokens(made: Make) -> None:
    checkpoint = made(min_fast_frames=16)
    llm, oracle = checkpoint.llm(), checkpoint.oracle()
    prompt = llm.prompt(VlmRequest((video(),), QUESTION, Budget(frames=64), plain_prompt=True))
    assert llm.loaded.tokenizer.decode(prompt.row.ids) == PROMPT
    assert (len(prompt.prompt_frames), len(prompt.row.clips[0].features.context)) == (64, 64 * 4)
    tokens = new_ids(llm, [prompt], 6)[0]
    assert tokens == sequenced(llm, oracle, prompt).likeliest(oracle, tokens)
