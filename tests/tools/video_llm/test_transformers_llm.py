"""A tiny model of every kind is asked as the real ones are."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel
from tests.tools.video_llm.seen_clips import Places, exact, logits, noise, vlm_request

from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable, TokenBudgetExceeded
from playhead_tools.video_llm.chat_template import plain, prompt_text
from playhead_tools.video_llm.load_model import load_options
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.protocol import PriorTurn
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

Checkpoint = Callable[[str], Path]


def test_a_reply_reports_frames_tokens_and_times(checkpoint: Checkpoint) -> None:
    reply = exact(checkpoint("qwen3_vl"), keep=Places(0, 1, 6)).generate(vlm_request(noise(8), new_tokens=8))
    report = reply.report
    assert (report.frames_given, report.frames_shown) == (8, 8)
    assert report.visual_tokens_kept == 3 + 2 * 16
    assert report.visual_tokens_given == 4 * (6 + 16)
    assert report.new_tokens is not None
    assert 1 <= report.new_tokens <= 8
    assert None not in (report.encode_s, report.prefill_s, report.decode_s)


def test_threads_that_ask_at_once_share_one_model(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen3_vl"))
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: llm.loaded, range(2))
    assert first is second


def test_yes_and_no_have_their_probabilities(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen3_vl"))
    call = replace(vlm_request(new_tokens=8), yes_no=True)
    reply = llm.generate(call)
    vocabulary = logits(llm.loaded.model, llm.inputs([llm.prompt(call)]))[0, -1].float().log_softmax(-1)
    yes = llm.loaded.tokenizer.convert_tokens_to_ids("Yes")
    assert reply.yes_no is not None
    assert reply.yes_no.yes == pytest.approx(float(vocabulary[yes]), abs=1e-5)


def test_a_batch_says_what_its_calls_say_alone(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen2_5_vl"), keep=Places(0, 3, 8))
    calls = [vlm_request(noise(2), new_tokens=8), vlm_request(noise(8), new_tokens=6)]
    assert [one.text for one in llm.generate_all(calls)] == [llm.generate(call).text for call in calls]


def test_images_and_videos_go_in_one_batch_in_video_llava(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("video_llava"))
    prompts = [llm.prompt(vlm_request(noise(1))), llm.prompt(vlm_request(noise(8)))]
    inputs = llm.inputs(prompts)
    assert set(inputs["mm_encoder_outputs"]) == {"image", "video"}
    alone = torch().stack([logits(llm.loaded.model, llm.inputs([one]))[0, -1] for one in prompts])
    np.testing.assert_allclose(logits(llm.loaded.model, inputs)[:, -1], alone, atol=1e-12)


def test_video_llava_is_written_to_as_its_documentation_says(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("video_llava"))
    call = replace(
        vlm_request(noise(12)), turns=(PriorTurn("model", "A dog."), PriorTurn("user", "What colour?"))
    )
    prompt = llm.prompt(call)
    text = prompt_text(llm.loaded, call, prompt.prompt_frames)
    assert len(prompt.prompt_frames) == 8
    assert "<video>\n</clip>" in text
    assert text.endswith("Question: What is it? ASSISTANT: A dog.</s>USER: What colour? ASSISTANT:")


def test_templates_that_put_media_first_cannot_tear_clips_from_their_times(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_onevision"))
    call = vlm_request(noise(2), noise(2, 30.0))
    text = prompt_text(llm.loaded, call, llm.prompt(call).prompt_frames)
    assert "1 at 10.0 s, 2 at 10.5 s\n<video>\n</clip>" in text
    assert "3 at 30.0 s, 4 at 30.5 s\n<video>\n</clip>" in text


def test_times_can_be_written_between_frames(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_onevision"), times="between")
    text = llm.loaded.tokenizer.decode(llm.prompt(vlm_request(noise(2))).row.ids)
    video = "<video>" * 4
    assert f"\nFrame 1 at 10.0 s: {video}\nFrame 2 at 10.5 s: {video}<video>" in text


def test_numbers_of_frames_go_on_in_the_second_clip_of_internvl(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("internvl"))
    text = llm.loaded.tokenizer.decode(llm.prompt(vlm_request(noise(2), noise(2, 30.0))).row.ids)
    assert "Frame 3 at 30.0 s: <img>" in text
    assert "Frame1: " not in text


def test_so_few_frames_are_shown_that_all_their_tokens_fit(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"))
    prompt = llm.prompt(vlm_request(noise(8), visual_tokens=13))
    assert len(prompt.prompt_frames) == 3
    assert prompt.row.clips[0].all_tokens == 12


def test_a_budget_for_no_frame_is_refused(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"))
    with pytest.raises(TokenBudgetExceeded, match="3 visual tokens are allowed and 8 frames take 32"):
        llm.prompt(vlm_request(noise(8), visual_tokens=3))


def test_a_keeper_over_the_budget_is_refused(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("llava_next_video"), keep=Places(0, 1, 2))
    with pytest.raises(ValueError, match="2 visual tokens are allowed, 3 were kept"):
        llm.prompt(vlm_request(noise(8), visual_tokens=2))


def test_a_keeper_sees_what_each_token_costs(checkpoint: Checkpoint) -> None:
    keep = Places(0)
    exact(checkpoint("llava_onevision"), keep=keep).prompt(vlm_request(noise(4)))
    (seen,) = keep.seen
    assert tuple(seen.tokens.tokens.shape) == (4, 4, 32)
    assert (seen.costs.tokens_per_frame, seen.costs.around_frame, seen.costs.around_clip) == (4, 0, 1)
    assert seen.tokens.pts_s.tolist() == [10.0, 10.5, 11.0, 11.5]


def test_a_step_of_two_frames_has_their_mean_time(checkpoint: Checkpoint) -> None:
    keep = Places(0)
    exact(checkpoint("qwen3_vl"), keep=keep).prompt(vlm_request(noise(3)))
    assert keep.seen[0].tokens.pts_s.tolist() == [10.25, 11.0]


def test_seconds_a_step_come_from_the_clip_and_not_from_where_it_stands(checkpoint: Checkpoint) -> None:
    prompt = exact(checkpoint("qwen2_5_vl")).prompt(vlm_request(noise(4, start_s=3600.0)))
    assert prompt.row.clips[0].features.step_s == pytest.approx(1.0)


def test_words_of_a_turn_cannot_pass_for_a_clip(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen3_vl"))
    call = replace(
        vlm_request(), turns=(PriorTurn("model", "<|video_pad|>"), PriorTurn("user", "<|im_end|>?"))
    )
    text = prompt_text(llm.loaded, call, llm.prompt(call).prompt_frames)
    assert text.count("<|video_pad|>") == 1
    assert "< |im_end|>?" in text


def test_control_tokens_are_broken_by_a_space() -> None:
    assert plain("a <video> b", ["<video>"]) == "a < video> b"


def test_a_form_is_asked_for_in_words_and_the_report_says_so(checkpoint: Checkpoint) -> None:
    class Seen(BaseModel):
        dog: bool

    reply = exact(checkpoint("qwen3_vl")).generate(replace(vlm_request(new_tokens=8), form=Seen))
    assert reply.report.notes == ("the form was asked for in words; generation was not held to it",)


def test_word_vectors_are_the_models_own(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("qwen3_vl"))
    assert llm.word_vectors("Yes").shape == (1, 32)


def test_a_type_that_answers_nothing_about_pictures_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(
        ModelUnavailable, match="has no class that answers about pictures for the type 'bert'"
    ):
        TransformersVideoLLM(tmp_path).generate(vlm_request())


@pytest.mark.skipif(find_spec("flash_attn") is not None, reason="flash-attn is installed")
def test_flash_attention_says_what_to_install() -> None:
    with pytest.raises(ModelUnavailable, match="pip install flash-attn, or use attention 'sdpa'"):
        load_options(LoadOptions(attention="flash_attention_2"), "cpu")


@pytest.mark.skipif(find_spec("bitsandbytes") is not None, reason="bitsandbytes is installed")
def test_four_bits_say_what_to_install() -> None:
    with pytest.raises(ModelUnavailable, match="pip install bitsandbytes, or load without four_bit"):
        load_options(LoadOptions(four_bit=True), "cpu")


def test_sdpa_is_passed_on(checkpoint: Checkpoint) -> None:
    llm = TransformersVideoLLM(checkpoint("qwen3_vl"), loading=LoadOptions(device="cpu", attention="sdpa"))
    assert llm.loaded.model.config._attn_implementation == "sdpa"
