"""The example of the VideoChat2 page: 16 frames from the middle of equal parts, its prompt, greedily."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.tools.architectures.video_chat2 import expected, oracle
from tests.tools.architectures.video_chat2.made_checkpoint import CONFIG, plain_request, square_frames
from tests.tools.video_llm.seen_clips import exact

from playhead_index.window import Window
from playhead_tools.video_llm.choose_frames import choose_evenly
from playhead_tools.video_llm.protocol import Clip
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

QUESTION = "Describe the video in details."
INSTRUCTION = "Watch the video and answer the question."
PROMPT = f"<s> [INST] <Video>{'<|video|>' * 32} </Video> [/INST] [INST] {QUESTION} [/INST]"
"""32 queries here, 96 at the released size; every piece of text begins with a space."""
Load = Callable[..., TransformersVideoLLM]


def video() -> Clip:
    """16 frames of a video of 250 frames at 25 a second, as the demo takes them."""
    part = 249 / 16
    places = int(part / 2) + np.round(part * np.arange(16)).astype(int)
    return Clip("yoga", Window(0.0, 10.0), places / 25, square_frames(16))


@pytest.fixture
def load_with_instruction(made: Any, tmp_path: Path) -> Load:
    """The model with the demo's instruction, which does not hold the question."""
    folder = shutil.copytree(made.folder, tmp_path / "fixed")
    model = {**CONFIG["model"], "video_instruction": INSTRUCTION}  # type: ignore[dict-item]
    (folder / "config.json").write_text(json.dumps({"model": model}))
    return lambda **options: exact(folder, **options)


def test_the_released_example_gives_the_oracles_tokens(made: Any, load_with_instruction: Load) -> None:
    llm, clip = load_with_instruction(reuse_bytes=0), video()
    request = plain_request(clip, question=QUESTION, new_tokens=6)
    prompt = llm.prompt(request)
    assert (llm.loaded.tokenizer.decode(prompt.row.ids), len(prompt.prompt_frames)) == (PROMPT, 16)
    rows = expected.rows_for(made, expected.pixels(clip.frames), expected.bert_ids(INSTRUCTION))
    words = oracle.greedy(
        lambda sequence: expected.logits(made, sequence), made.base,
        expected.prompt(made, [rows], QUESTION), expected.EOS, 6,
    )  # fmt: skip
    reply = llm.generate(request)
    assert reply.text == llm.loaded.tokenizer.decode(words, skip_special_tokens=True).strip()


def test_without_the_question_in_the_instruction_questions_share_rows_and_prefix(
    load_with_instruction: Load,
) -> None:
    llm = load_with_instruction()
    request = plain_request(video(), question=QUESTION, new_tokens=3)
    llm.generate(request)
    again = llm.generate(replace(request, question="Where is it?"))
    assert (again.report.reused_tokens or 0) >= 32


def test_frames_chosen_here_are_within_two_frames_of_the_demos() -> None:
    whole = Clip("v", Window(0.0, 10.0), np.arange(250) / 25, np.zeros((250, 2, 2, 3), dtype=np.uint8))
    chosen = choose_evenly((whole,), QUESTION, 16)[0]
    assert np.abs(chosen - (video().pts_s * 25).round()).max() <= 2
