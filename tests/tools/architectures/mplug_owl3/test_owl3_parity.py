"""mPLUG-Owl3 computes what its specification says: against an oracle in float64 that knows nothing of it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.tools.architectures.mplug_owl3.oracle import Oracle, Shown
from tests.tools.architectures.mplug_owl3.released import (
    GENERATIONS,
    Generation,
    random_weights,
    write_owl3,
)
from tests.tools.video_llm.seen_clips import Places, exact, logits, noise

from playhead_index.embed.runtime import torch
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.prompt_rows import prune_row
from playhead_tools.video_llm.protocol import Budget, Clip, PriorTurn, VlmRequest
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM
from playhead_tools.video_llm.visual_context import ContextBlock, VisualContext

Folders = Callable[[Generation], Path]
ROWS = 16
BOTH = pytest.mark.parametrize("generation", GENERATIONS)


def ask(*clips: Clip, question: str = "What?", **more: Any) -> VlmRequest:
    """A short prompt: the clips and the question alone."""
    return VlmRequest(clips, question, Budget(new_tokens=4), plain_prompt=True, **more)


def oracle(llm: TransformersVideoLLM, generation: Generation, **more: Any) -> Oracle:
    """With the same weights."""
    weights = random_weights(generation, len(llm.loaded.tokenizer) - more.pop("added", 0))
    return Oracle(weights, generation == "240728", **more)


def written(generation: Generation, frames: Sequence[int], question: str = "What?", turns: str = "") -> str:
    """The prompt as the specification writes it, for clips of so many frames."""
    start, end = ("", "") if generation == "240728" else ("<|start_video_frame|>", "<|end_video_frame|>")
    clips = "".join(f"{start}{'<|image|>' * n}{end}\n" for n in frames)
    return (
        f"<|im_start|>system\n<|im_end|>\n<|im_start|>user\n{clips}{question}<|im_end|>\n{turns}"
        "<|im_start|>assistant\n"
    )


def tokens(llm: TransformersVideoLLM, text: str) -> list[int]:
    """Of a prompt."""
    ids: list[int] = llm.loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def shown(llm: TransformersVideoLLM, ids: Sequence[int], features: Sequence[Any]) -> list[Shown]:
    """The frames at their tokens."""
    number = llm.loaded.tokenizer.convert_tokens_to_ids("<|image|>")
    columns = [column for column, one in enumerate(ids) if one == number]
    return [Shown(column, rows) for column, rows in zip(columns, features, strict=True)]


def features(expected: Oracle, *clips: Clip) -> list[Any]:
    """Rows of all frames."""
    return [expected.features(frame) for clip in clips for frame in clip.frames]


def scores(llm: TransformersVideoLLM, *requests: VlmRequest) -> Any:
    """(B, L, V) of a forward pass."""
    return logits(llm.loaded.model, llm.inputs([llm.prompt(request) for request in requests]))


@BOTH
def test_rows_of_a_frame_are_the_towers_layer_before_the_last_projected(
    generation: Generation, owl3: Folders
) -> None:
    llm = exact(owl3(generation))
    clip = llm.prompt(ask(noise(2))).row.clips[0].features
    expected = torch().cat(features(oracle(llm, generation), noise(2)))
    np.testing.assert_allclose(clip.context, expected, atol=1e-9)
    assert (clip.context_steps, clip.rows.shape) == (2, (2, 32))


@BOTH
def test_scores_of_a_prompt_with_two_clips(generation: Generation, owl3: Folders) -> None:
    llm, clips = exact(owl3(generation)), (noise(2), noise(1, 30.0))
    ids, expected = tokens(llm, written(generation, [2, 1])), oracle(llm, generation)
    wanted = expected.logits(ids, shown(llm, ids, features(expected, *clips)))
    np.testing.assert_allclose(scores(llm, ask(*clips))[0], wanted, atol=1e-9)


@BOTH
def test_greedy_replies(generation: Generation, owl3: Folders) -> None:
    llm, expected = exact(owl3(generation)), oracle(exact(owl3(generation)), generation)
    ids = tokens(llm, written(generation, [2]))
    ends = llm.loaded.tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])
    wanted = expected.greedy(ids, shown(llm, ids, features(expected, noise(2))), ends, 4)
    inputs = llm.inputs([llm.prompt(ask(noise(2)))])
    got = llm.loaded.model.generate(**inputs, max_new_tokens=4, do_sample=False)
    assert got[0, len(ids) :].tolist() == wanted


@BOTH
def test_only_kept_rows_are_attended_to_and_frames_without_any_are_not_shown(
    generation: Generation, owl3: Folders
) -> None:
    llm = exact(owl3(generation), keep=Places(1, 7, 2 * ROWS + 3))
    ids, expected = tokens(llm, written(generation, [2])), oracle(llm, generation)
    first, _, third = features(expected, noise(3))
    wanted = expected.logits(ids, shown(llm, ids, [first[[1, 7]], third[[3]]]))
    request = ask(noise(3))
    np.testing.assert_allclose(scores(llm, request)[0], wanted, atol=1e-9)
    prompt = llm.prompt(request)
    assert prune_row(prompt.row, prompt.token_indices).visual_tokens == 3 + 2 + 2 * (generation == "241101")


@BOTH
def test_a_left_padded_batch_has_the_scores_of_single_calls(generation: Generation, owl3: Folders) -> None:
    llm = exact(owl3(generation))
    long, short = ask(noise(3), noise(2, 30.0), question="What is it?"), ask(noise(1))
    together = scores(llm, long, short)
    for row, request in enumerate((long, short)):
        alone = scores(llm, request)[0]
        np.testing.assert_allclose(together[row, -len(alone) :], alone, atol=1e-12)


@BOTH
def test_a_prompt_that_attends_in_parts_has_the_same_scores(
    generation: Generation, owl3: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playhead_tools.architectures.mplug_owl3 import modeling

    llm = exact(owl3(generation))
    requests = ask(noise(3), noise(2, 30.0), question="What is it?"), ask(noise(1))
    whole = scores(llm, *requests)
    padding = whole.shape[1] - len(llm.prompt(requests[1]).row.ids)
    monkeypatch.setattr(modeling, "QUERIES_AT_ONCE", 7)
    parts = scores(llm, *requests)
    np.testing.assert_allclose(parts[0], whole[0], atol=1e-12)
    np.testing.assert_allclose(parts[1, padding:], whole[1, padding:], atol=1e-12)


@BOTH
def test_a_batch_replies_what_its_calls_reply_alone(generation: Generation, owl3: Folders) -> None:
    llm = exact(owl3(generation), keep=Places(0, 3, 20))
    requests = [ask(noise(3), question="What is it?"), ask(noise(1)), ask(noise(2), noise(2, 30.0))]
    single = [llm.generate(request).text for request in requests]
    assert [reply.text for reply in llm.generate_all(requests)] == single


@BOTH
@pytest.mark.parametrize("keep", [None, Places(1, 18)], ids=["all rows", "some rows"])
def test_a_later_turn_on_a_kept_prefix_has_the_scores_of_the_specification(
    generation: Generation, keep: Places | None, owl3: Folders
) -> None:
    llm, first = exact(owl3(generation), keep=keep), ask(noise(2))
    later = replace(first, turns=(PriorTurn("model", "A b."), PriorTurn("user", "Why?")))
    turns = "<|im_start|>assistant\nA b.<|im_end|><|endoftext|>\n<|im_start|>user\nWhy?<|im_end|>\n"
    ids, expected = tokens(llm, written(generation, [2], turns=turns)), oracle(llm, generation)
    rows = features(expected, noise(2))
    rows = rows if keep is None else [rows[0][[1]], rows[1][[2]]]
    wanted = expected.logits(ids, shown(llm, ids, rows))
    begun = len(tokens(llm, written(generation, [2])))
    np.testing.assert_allclose(in_parts(llm, later, begun), wanted[begun:], atol=1e-9)


def in_parts(llm: TransformersVideoLLM, request: VlmRequest, begun: int) -> Any:
    """(L, V) scores after the first `begun` columns, computed on top of their keys and values."""
    from transformers import DynamicCache

    from playhead_tools.video_llm.cache_name import cache_name

    inputs = llm.inputs([llm.prompt(request)])
    outputs, mask, name = inputs.pop("mm_encoder_outputs"), inputs["attention_mask"], cache_name()
    first = {k: inputs[k][:, :begun] for k in ("input_ids", "attention_mask", "position_ids")}
    rest = {k: inputs[k][:, begun:] for k in ("input_ids", "position_ids")}
    shared = {"visual_context": inputs["visual_context"], name: DynamicCache(config=llm.loaded.model.config)}
    logits(llm.loaded.model, {**first, **shared, "mm_encoder_outputs": outputs})
    return logits(llm.loaded.model, {**rest, **shared, "attention_mask": mask})[0]


@BOTH
def test_a_second_question_goes_on_from_the_clips(generation: Generation, owl3: Folders) -> None:
    fresh, llm = exact(owl3(generation), reuse_bytes=0, context_bytes=0), exact(owl3(generation))
    requests = [ask(noise(3), question=question) for question in ("What is it?", "What was it?")]
    later = replace(requests[1], turns=(PriorTurn("model", "Cd."), PriorTurn("user", "Why?")))
    got = [llm.generate(one) for one in (*requests, later)]
    assert [one.text for one in got] == [fresh.generate(one).text for one in (*requests, later)]
    last_frame = int(llm.prompt(requests[1]).row.clips[0].columns[-1])
    assert (got[1].report.reused_tokens or 0) > last_frame


@BOTH
def test_padding_faults_of_the_released_code_come_back_with_the_switch(
    generation: Generation, tmp_path: Path
) -> None:
    folder = write_owl3(tmp_path / "one", generation, hyper_layers=(1,))
    llm = TransformersVideoLLM(folder, loading=LoadOptions("cpu", "float64", reference_compat=True))
    long, short = ask(noise(1), question="What is it there?"), ask(noise(1))
    ids, whole = (tokens(llm, written(generation, [1], r.question)) for r in (short, long))
    padding = len(whole) - len(ids)
    padded = [llm.loaded.tokenizer.pad_token_id] * padding + ids
    weights = random_weights(generation, len(llm.loaded.tokenizer), (1,))
    faulty = Oracle(weights, generation == "240728", (1,), compat=True)
    right = replace(faulty, compat=False)
    wanted, sound = (
        one.logits(padded, shown(llm, padded, features(one, noise(1))), padding=padding)
        for one in (faulty, right)
    )
    np.testing.assert_allclose(scores(llm, long, short)[1, padding:], wanted[padding:], atol=1e-9)
    assert abs(wanted[padding:] - sound[padding:]).max() > 1e-4


def test_the_second_turns_fault_of_the_joint_generation_comes_back_with_the_switch(owl3: Folders) -> None:
    llm = TransformersVideoLLM(owl3("241101"), loading=LoadOptions("cpu", "float64", reference_compat=True))
    ids = tokens(llm, written("241101", [2]))
    begun = len(ids) - 12
    faulty = oracle(llm, "241101", compat=True)
    frames = shown(llm, ids, features(faulty, noise(2)))
    wanted = faulty.logits(ids, frames, passes=[begun, 12])
    np.testing.assert_allclose(in_parts(llm, ask(noise(2)), begun), wanted[begun:], atol=1e-9)
    sound = replace(faulty, compat=False).logits(ids, frames)
    assert abs(wanted[begun:] - sound[begun:]).max() > 1e-4


@BOTH
def test_the_switch_changes_nothing_for_one_prompt_without_padding(
    generation: Generation, owl3: Folders
) -> None:
    compat = LoadOptions("cpu", "float64", reference_compat=True)
    released, llm = TransformersVideoLLM(owl3(generation), loading=compat), exact(owl3(generation))
    assert torch().equal(scores(released, ask(noise(2))), scores(llm, ask(noise(2))))
    assert released.loaded.revision != llm.loaded.revision


@BOTH
@pytest.mark.parametrize(
    ("options", "difference"),
    [(LoadOptions("cpu", "float32", "eager"), 1e-3), (LoadOptions("cpu", "bfloat16"), 0.3)],
    ids=["eager", "bfloat16"],
)
def test_other_attention_and_number_types_give_near_scores(
    generation: Generation, options: LoadOptions, difference: float, owl3: Folders
) -> None:
    llm, other = exact(owl3(generation)), TransformersVideoLLM(owl3(generation), loading=options)
    requests = (ask(noise(2)), ask(noise(1), question="What is it?"))
    got, wanted = (scores(one, *requests)[:, -1].double() for one in (other, llm))
    assert 0 < abs(got - wanted).max() < difference
    assert other.loaded.model.dtype == getattr(torch(), options.dtype)


@BOTH
def test_without_frames_it_is_qwen2(generation: Generation, owl3: Folders) -> None:
    from transformers import Qwen2ForCausalLM

    llm = exact(owl3(generation))
    model = llm.loaded.model
    stock = Qwen2ForCausalLM(model.config.text_config).double().eval()
    own = model.language_model.state_dict()
    stock.model.load_state_dict({k: v for k, v in own.items() if "v_kv" not in k and "gate" not in k[-4:]})
    stock.lm_head.load_state_dict(model.lm_head.state_dict())
    ids = torch().tensor([tokens(llm, written(generation, []))])
    assert torch().equal(logits(model, {"input_ids": ids}), logits(stock, {"input_ids": ids}))


def test_with_a_closed_gate_it_is_qwen2(tmp_path: Path) -> None:
    def close(weights: dict[str, Any]) -> None:
        for name in weights:
            if name.endswith(".gate"):
                weights[name] -= 1e4

    llm = exact(write_owl3(tmp_path / "closed", "240728", change=close))
    inputs = llm.inputs([llm.prompt(ask(noise(2)))])
    seen = logits(llm.loaded.model, inputs)
    np.testing.assert_allclose(
        logits(llm.loaded.model, {k: v for k, v in inputs.items() if k != "visual_context"}), seen, atol=1e-12
    )


@BOTH
def test_the_order_of_rows_inside_a_frame_does_not_matter(generation: Generation, owl3: Folders) -> None:
    llm = exact(owl3(generation), context_bytes=0)
    inputs = llm.inputs([llm.prompt(ask(noise(2)))])
    context = inputs["visual_context"]
    turned = tuple(
        ContextBlock(block.rows.flip(0), block.kept, "", block.column) for block in context.prompts[0]
    )
    again = {**inputs, "visual_context": VisualContext((turned,), context.padding)}
    np.testing.assert_allclose(logits(llm.loaded.model, again), logits(llm.loaded.model, inputs), atol=1e-12)
