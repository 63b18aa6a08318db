"""Batches, turns, compression and cached keys of a Slow-Fast model give what a fresh single call gives."""

from typing import Any

import pytest
import torch
from tests.tools.architectures.slow_fast.asked import logits, new_ids, pruned, short_request
from tests.tools.architectures.slow_fast.conftest import Make
from tests.tools.video_llm.seen_clips import Places, noise, vlm_request

from playhead_tools.video_llm.protocol import PriorTurn
from playhead_tools.video_llm.text_guided_selection import GuidedTokens
from playhead_tools.video_llm.text_only import Message
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM
from playhead_tools.video_llm.visual_context import VisualContext

EXACT = {"rtol": 0.0, "atol": 1e-9}
CALLS = (
    short_request(noise(2)),
    short_request(noise(8, 40.0), noise(4), question="What is it that moves here?"),
    short_request(noise(1)),
)


def guided(llm: TransformersVideoLLM, ratio: float) -> TransformersVideoLLM:
    llm.keep = GuidedTokens(ratio, llm.word_vectors)
    return llm


@pytest.mark.parametrize("how", [{}, {"keep": Places(0, 2, 3)}], ids=["all tokens", "compressed"])
def test_a_left_padded_batch_equals_single_calls(made: Make, how: dict[str, Any]) -> None:
    llm = made().llm(**how)
    prompts = [llm.prompt(call) for call in CALLS]
    together = logits(llm, prompts)[:, -1]
    alone = torch.stack([logits(llm, [prompt])[0, -1] for prompt in prompts])
    torch.testing.assert_close(together, alone, **EXACT)
    assert new_ids(llm, prompts, 5) == [new_ids(llm, [prompt], 5)[0] for prompt in prompts]


def test_a_prompt_without_clips_in_a_batch_attends_to_nothing(made: Make) -> None:
    llm = made().llm()
    prompt = llm.prompt(short_request(noise(4)))
    text = torch.full((1, 9), 40)
    inputs = llm.inputs([prompt])
    padding = inputs["input_ids"].shape[1] - 9
    rows = {
        "input_ids": text[0],
        "attention_mask": torch.ones(9, dtype=torch.int64),
        "position_ids": torch.arange(9),
    }
    mixed = inputs | {
        name: torch.cat([inputs[name], torch.nn.functional.pad(row, (padding, 0))[None]])
        for name, row in rows.items()
    }
    mixed["visual_context"] = VisualContext((*inputs["visual_context"].prompts, ()), (0, padding))
    with torch.inference_mode():
        got = llm.loaded.model(**mixed).logits[:, -1]
        alone = llm.loaded.model(text).logits[0, -1]
    torch.testing.assert_close(got, torch.stack([logits(llm, [prompt])[0, -1], alone]), **EXACT)


@pytest.mark.parametrize("compat", [False, True])
def test_a_later_turn_equals_a_fresh_run(made: Make, compat: bool) -> None:
    llm, fresh = made().llm(compat=compat), made().llm(compat=compat, reuse_bytes=0, context_bytes=0)
    first = llm.generate(vlm_request(noise(8)))
    turns = (PriorTurn("model", first.text), PriorTurn("user", "And then?"))
    later = vlm_request(noise(8), new_tokens=8)
    again = type(later)(later.clips, later.question, later.budget, turns=turns)
    reply = llm.generate(again)
    assert reply.text == fresh.generate(again).text
    assert bool(reply.report.reused_tokens) is not compat


def test_a_second_question_on_the_same_clip_computes_no_slow_keys_again(made: Make) -> None:
    llm = made().llm()
    layer = llm.loaded.model.language_model.layers[0]
    seen: list[int] = []
    layer.self_attn.cross_attn_kv_proj.register_forward_hook(lambda _, rows, __: seen.append(len(rows[0])))
    first = llm.generate(short_request(noise(8), question="What is it?"))
    second = llm.generate(short_request(noise(8), question="Where is it?"))
    assert seen == [8 * 4]
    assert first.report.new_tokens > 1
    assert second.report.reused_tokens is not None
    assert second.report.reused_tokens > 8


def test_nothing_of_a_prompt_is_reused_under_other_slow_tokens(made: Make) -> None:
    keeps = [Places(0, 1), Places(4, 5)]
    llm = made().llm(keep=keeps[0])
    llm.generate(short_request(noise(8)))
    llm.keep = keeps[1]
    reply = llm.generate(short_request(noise(8)))
    fresh = made().llm(keep=keeps[1]).generate(short_request(noise(8)))
    assert (reply.text, reply.report.reused_tokens) == (fresh.text, 0)


def test_a_clip_of_one_frame_and_that_frame_in_a_longer_clip_have_their_own_keys(made: Make) -> None:
    llm = made().llm()
    llm.generate(short_request(noise(8)))
    clip = noise(8)
    one = type(clip)(clip.video_id, clip.window, clip.pts_s[:1], clip.frames[:1])
    got = llm.generate(short_request(one))
    assert got.text == made().llm().generate(short_request(one)).text


@pytest.mark.parametrize("frames", [2, 8])
def test_compression_keeps_that_part_of_fast_and_of_slow_tokens(made: Make, frames: int) -> None:
    llm = guided(made().llm(), 0.5)
    prompt = llm.prompt(short_request(noise(frames)))
    left = pruned(prompt)
    whole = prompt.row.clips[0].features
    assert left.visual_tokens == len(whole.rows) // 2
    assert sum(map(len, left.context)) == len(whole.context) // 2
    assert llm.generate(short_request(noise(frames))).report.visual_tokens_kept == left.visual_tokens


def test_compression_that_keeps_everything_changes_nothing(made: Make) -> None:
    plain, llm = made().llm(), guided(made().llm(), 1.0)
    got = logits(llm, [llm.prompt(short_request())])
    torch.testing.assert_close(got, logits(plain, [plain.prompt(short_request())]), rtol=0.0, atol=0.0)


def test_a_question_is_answered_with_rules_frames_and_times(made: Make) -> None:
    reply = made().llm().generate(vlm_request(noise(6), new_tokens=4))
    assert (reply.report.frames_shown, reply.report.visual_tokens_kept) == (6, 2 * 4)
    assert 1 <= reply.report.new_tokens <= 4


def test_more_frames_than_were_trained_are_spread_over_the_clip(made: Make) -> None:
    reply = made().llm().generate(short_request(noise(20)))
    assert reply.report.frames_shown == 8
    assert reply.frames_shown[-1].pts_s > 17.0


@pytest.mark.parametrize(("frames", "shown"), [(12, 12), (11, 5 + 4), (32, 12)])
def test_clips_that_fit_the_budget_together_are_shown_whole(made: Make, frames: int, shown: int) -> None:
    clips = noise(8), noise(4, 40.0)
    reply = made().llm().generate(vlm_request(*clips, frames=frames))
    assert reply.report.frames_shown == shown


def test_text_alone_is_answered(made: Make) -> None:
    reply = made().llm().chat([Message("user", "Hello")], 3)
    assert reply.new_tokens >= 1
