"""VideoChat2 against an oracle of loops in float64: tower, Q-Former, merged LoRA, logits, replies."""

from typing import Any

import numpy as np
import pytest
from tests.tools.architectures.video_chat2 import expected, oracle
from tests.tools.architectures.video_chat2.made_checkpoint import (
    PATCH,
    VISION_HEADS,
    clip_of,
    plain_request,
    square_frames,
)
from tests.tools.video_llm.seen_clips import Places, exact, logits

from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.clip_features import encode, prepare_pixels, refine
from playhead_tools.video_llm.prompt_rows import prune_row
from playhead_tools.video_llm.protocol import PriorTurn, VlmRequest
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

EXACT = {"rtol": 0, "atol": 1e-9}


def encoded(llm: TransformersVideoLLM, frames: Any) -> Any:
    """A clip after the tower."""
    return encode(llm.loaded, prepare_pixels(llm.loaded, frames, np.arange(len(frames)) * 0.5, 8.0))


def last_logits(llm: TransformersVideoLLM, request: VlmRequest) -> Any:
    """(V,) scores of the first new token."""
    return logits(llm.loaded.model, llm.inputs([llm.prompt(request)]))[0, -1]


@pytest.mark.parametrize("num_frames", [1, 3, 4, 8, 16])
def test_the_tower_equals_the_oracle_and_interpolates_positions_in_time(made: Any, num_frames: int) -> None:
    frames = square_frames(num_frames)
    want = oracle.tower(made.weights, expected.pixels(frames), PATCH, VISION_HEADS, blocks=2)
    np.testing.assert_allclose(encoded(made.llm, frames).rows, want, **EXACT)


@pytest.mark.parametrize("num_frames", [1, 8, 16])
@pytest.mark.parametrize("question", ["What is it?", "Where is the red video?"])
def test_the_rows_of_a_clip_equal_the_oracle_for_each_question(
    made: Any, num_frames: int, question: str
) -> None:
    frames = square_frames(num_frames)
    refined = refine(made.llm.loaded, encoded(made.llm, frames), question)
    np.testing.assert_allclose(refined.rows, expected.clip_rows(made, frames, question), **EXACT)


@pytest.mark.parametrize("num_frames", [1, 8])
def test_logits_equal_the_oracle_with_lora_unmerged(made: Any, num_frames: int) -> None:
    clip, question = clip_of(num_frames), "What is it?"
    got = logits(made.llm.loaded.model, made.llm.inputs([made.llm.prompt(plain_request(clip))]))[0]
    rows = expected.clip_rows(made, clip.frames, question)
    sequence = expected.prompt(made, [rows], question, image=num_frames == 1)
    np.testing.assert_allclose(got, expected.logits(made, sequence), **EXACT)


@pytest.mark.parametrize("seed", [0, 1])
def test_replies_equal_greedy_decoding_by_the_oracle(made: Any, seed: int) -> None:
    clip, question = clip_of(4, seed), "Where is it?"
    reply = made.llm.generate(plain_request(clip, question=question, new_tokens=6))
    rows = expected.clip_rows(made, clip.frames, question)
    words = oracle.greedy(
        lambda sequence: expected.logits(made, sequence), made.base,
        expected.prompt(made, [rows], question), expected.EOS, 6,
    )  # fmt: skip
    assert reply.report.new_tokens == len(words)
    assert reply.text == made.llm.loaded.tokenizer.decode(words, skip_special_tokens=True).strip()


def test_two_clips_stand_one_after_the_other(made: Any) -> None:
    clips, question = [clip_of(4, 1), clip_of(8, 2)], "What is red?"
    rows = [expected.clip_rows(made, clip.frames, question) for clip in clips]
    want = expected.logits(made, expected.prompt(made, rows, question))[-1]
    np.testing.assert_allclose(last_logits(made.llm, plain_request(*clips, question=question)), want, **EXACT)


def test_a_later_turn_equals_the_oracle_and_rows_stay_those_of_the_first_question(made: Any) -> None:
    clip, question = clip_of(8), "What is it?"
    turns = (PriorTurn("model", "red"), PriorTurn("user", "Where?"))
    request = plain_request(clip, question=question, turns=turns)
    rows = expected.clip_rows(made, clip.frames, question)
    sequence = expected.prompt(made, [rows], question, turns=" red</s> [INST] Where? [/INST]")
    np.testing.assert_allclose(last_logits(made.llm, request), expected.logits(made, sequence)[-1], **EXACT)


def test_compression_keeps_rows_of_the_queries(made: Any) -> None:
    llm = exact(made.folder, keep=Places(0, 2, 3), reuse_bytes=0)
    clip, question = clip_of(8), "What is it?"
    rows = expected.clip_rows(made, clip.frames, question)[[0, 2, 3]]
    want = expected.logits(made, expected.prompt(made, [rows], question))[-1]
    np.testing.assert_allclose(last_logits(llm, plain_request(clip)), want, **EXACT)


@pytest.mark.parametrize("keep", [None, Places(1, 4)], ids=["all rows", "some rows"])
def test_a_batch_padded_on_the_left_equals_single_calls(made: Any, keep: Places | None) -> None:
    llm = exact(made.folder, keep=keep, reuse_bytes=0)
    requests = [
        plain_request(clip_of(1)),
        plain_request(clip_of(16, 1), clip_of(4, 2), question="Where is the red question?"),
    ]
    inputs = llm.inputs([llm.prompt(request) for request in requests])
    assert inputs["attention_mask"][0, 0] == 0
    together = logits(llm.loaded.model, inputs)[:, -1]
    alone = torch().stack([last_logits(llm, request) for request in requests])
    np.testing.assert_allclose(together, alone, **EXACT)


def test_the_tokenizer_reads_text_between_features_piece_by_piece(made: Any) -> None:
    prompt = made.llm.prompt(plain_request(clip_of(4)))
    ids = prune_row(prompt.row, prompt.token_indices).ids.tolist()
    mark = made.llm.loaded.processor.video_token_id
    want = [
        1, *expected.piece_ids("[INST] <Video>"), *[mark] * 32,
        *expected.piece_ids("</Video> [/INST] [INST] What is it? [/INST]"),
    ]  # fmt: skip
    assert ids == want
