"""Every type with a video processor in transformers runs as the stock call does, or says why not."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from tests.tools.video_llm.family_table import REFUSED, family_row, table_path, types_with_video
from tests.tools.video_llm.seen_clips import logits, noise, vlm_request
from tests.tools.video_llm.stock_calls import cut_inputs, stock_inputs
from tests.tools.video_llm.tiny_families import FAMILY_MAKERS
from tests.tools.video_llm.tiny_models import MAKERS

from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable
from playhead_tools.compression.records import SelectedTokens
from playhead_tools.video_llm.generation import generate_reusing_prefix, generate_tokens
from playhead_tools.video_llm.load_model import load
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.model_families import ALONE
from playhead_tools.video_llm.prefix_cache import columns_of
from playhead_tools.video_llm.prompt_rows import PrunedRow, prune_row
from playhead_tools.video_llm.protocol import PriorTurn, VlmRequest
from playhead_tools.video_llm.token_selection import TokenizedClip
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM, greedy_config

Models = Callable[[str], TransformersVideoLLM]
KEPT_PREFIX = (
    "cohere_compass", "cosmos3_omni", "ernie4_5_vl_moe", "glm4v", "kimi_k25", "minimax_m3_vl", "molmo2",
    "qwen2_5_omni",
)  # fmt: skip
"""Probed types of which all layers hold all tokens, one of each kind of places, masks and experts."""
SNAPSHOT = (
    "exaone4_5", "gemma4", "gemma4_unified", "glm5_next", "hy_v4_vl", "lfm3_vl", "minicpm_ocr", "minicpmv4_6",
    "minicpmv4_7", "muse_glimmer", "muse_spark", "nemotron_h_omni", "qwen3_5", "qwen3_5_moe", "qwen4_exp",
)  # fmt: skip
"""Probed types with layers that forget or sum up: windows, linear attention, convolutions, Mamba, indices."""
PLACED_OR_TYPED = (
    "cosmos3_edge", "ernie4_5_vl_moe", "gemma4", "glm46v", "hy_v4_vl", "minicpmv4_7", "molmo2",
    "qwen2_5_omni", "qwen3_5",
)  # fmt: skip
"""Probed types whose tokens have places or types that generated tokens must go on from."""
ONE_VIDEO = ("molmo2",)
"""Types whose processor takes one video a prompt, so that the stock call has no second clip."""


@pytest.fixture(scope="module")
def models(checkpoint: Callable[[str], Path]) -> Models:
    """`models("gemma4")` is a tiny Gemma 4 in single precision, loaded once; experts have no double one."""
    loaded: dict[str, TransformersVideoLLM] = {}

    def get(family: str) -> TransformersVideoLLM:
        if family not in loaded:
            options = LoadOptions(device="cpu", dtype="float32")
            loaded[family] = TransformersVideoLLM(checkpoint(family), loading=options)
        return loaded[family]

    return get


class EndsOfSteps:
    """Keeps the first and the last token of every step, of two the first."""

    def __call__(
        self, clips: list[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        return [
            SelectedTokens(torch().tensor(_ends(clip)), clip.tokens.tokens_per_frame, clip.tokens.pts_s)
            for clip in clips
        ]


def _ends(clip: TokenizedClip) -> list[int]:
    per_step, steps = clip.tokens.tokens_per_frame, len(clip.tokens.pts_s)
    ends = (0, per_step - 1) if per_step > 2 else (0,)
    return [step * per_step + place for step in range(steps) for place in ends]


def sharing(llm: TransformersVideoLLM, keep: EndsOfSteps | None) -> TransformersVideoLLM:
    """The same loaded model with a keeper and a prefix cache of its own."""
    other = TransformersVideoLLM(llm.name, keep=keep)
    other.__dict__["loaded"] = llm.loaded
    return other


def compressed(llm: TransformersVideoLLM) -> TransformersVideoLLM:
    """The same loaded model, asked with some of its visual tokens."""
    return sharing(llm, EndsOfSteps())


@pytest.mark.parametrize("family", FAMILY_MAKERS)
def test_a_probed_family_says_what_the_stock_call_says(family: str, models: Models) -> None:
    llm, clip = models(family), noise(8)
    prompt = llm.prompt(vlm_request(clip))
    expected = logits(llm.loaded.model, stock_inputs(llm.loaded, prompt, clip))
    got = logits(llm.loaded.model, llm.inputs([prompt]))
    assert got.shape == expected.shape
    assert float((got - expected).abs().max()) < 1e-5


@pytest.mark.parametrize("family", [name for name in FAMILY_MAKERS if name not in ONE_VIDEO])
def test_two_clips_of_a_probed_family_say_what_the_stock_call_says(family: str, models: Models) -> None:
    llm, clips = models(family), (noise(8), noise(8, 40.0))
    prompt = llm.prompt(vlm_request(*clips))
    expected = logits(llm.loaded.model, stock_inputs(llm.loaded, prompt, *clips))
    got = logits(llm.loaded.model, llm.inputs([prompt]))
    assert got.shape == expected.shape
    assert float((got - expected).abs().max()) < 1e-5


@pytest.mark.parametrize("family", FAMILY_MAKERS)
def test_compression_is_the_stock_call_with_tokens_cut_out(family: str, models: Models) -> None:
    llm, clip = compressed(models(family)), noise(8)
    prompt = llm.prompt(vlm_request(clip))
    kept = prompt.token_indices[0].tolist()
    assert len(kept) < len(prompt.row.clips[0].columns)
    with torch().inference_mode():
        cut = cut_inputs(llm.loaded, stock_inputs(llm.loaded, prompt, clip), kept)
    expected = logits(llm.loaded.model, cut)
    got = logits(llm.loaded.model, llm.inputs([prompt]))
    assert got.shape == expected.shape
    assert float((got - expected).abs().max()) < 1e-5


@dataclass
class Scores:
    """A logits processor that changes nothing and keeps the scores of every step."""

    steps: list[Any] = field(default_factory=list)

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        self.steps.append(scores.clone())
        return scores

    def differ(self, other: "Scores") -> float:
        """By how much at most."""
        return float((torch().stack(self.steps) - torch().stack(other.steps)).abs().max())


def four_tokens(llm: TransformersVideoLLM) -> Any:
    """Greedy decoding of four tokens, whichever they are."""
    config = greedy_config(llm.loaded.model.generation_config, llm.loaded.tokenizer, 4)
    config.eos_token_id = None
    return config


@pytest.mark.parametrize("family", FAMILY_MAKERS)
def test_a_probed_family_generates_what_stock_generate_does(family: str, models: Models) -> None:
    llm, clip = models(family), noise(8)
    prompt, config, expected, got = llm.prompt(vlm_request(clip)), four_tokens(llm), Scores(), Scores()
    with torch().inference_mode():
        llm.loaded.model.generate(
            **stock_inputs(llm.loaded, prompt, clip), generation_config=config, logits_processor=[expected]
        )
    generate_tokens(llm.loaded, [prune_row(prompt.row, prompt.token_indices)], config, got)
    assert len(got.steps) == 4
    assert got.differ(expected) < 1e-5


@pytest.mark.parametrize("family", PLACED_OR_TYPED)
def test_generation_after_left_out_tokens_equals_one_forward_pass(family: str, models: Models) -> None:
    llm, scores = compressed(models(family)), Scores()
    prompt = llm.prompt(vlm_request(noise(8)))
    row = prune_row(prompt.row, prompt.token_indices)
    new = generate_tokens(llm.loaded, [row], four_tokens(llm), scores).new[:, :3]
    longer = llm.inputs([prompt])
    ahead = longer["position_ids"][..., -1:] + torch().arange(1, 4)
    longer["position_ids"] = torch().cat([longer["position_ids"], ahead], dim=-1)
    longer["input_ids"] = torch().cat([longer["input_ids"], new], dim=1)
    longer["attention_mask"] = torch().ones_like(longer["input_ids"])
    for name in row.types:
        longer[name] = torch().nn.functional.pad(longer[name], (0, 3))
    expected = logits(llm.loaded.model, longer)[0, -4:]
    assert float((torch().cat(scores.steps) - expected).abs().max()) < 1e-4


@pytest.mark.parametrize("family", ["gemma4", "gemma4_unified", "molmo2"])
def test_the_masks_of_frames_that_attend_both_ways_are_passed_on(family: str, models: Models) -> None:
    llm = models(family)
    inputs = llm.inputs([llm.prompt(vlm_request(noise(8)))])
    types = inputs.pop("mm_token_type_ids")
    causal = logits(llm.loaded.model, inputs)
    both_ways = logits(llm.loaded.model, {**inputs, "mm_token_type_ids": types})
    assert int((types != 0).sum()) >= inputs["mm_encoder_outputs"]["video"].pooler_output[0].shape[0]
    assert float((causal - both_ways).abs().max()) > 1e-4


@pytest.mark.parametrize("keep", [None, EndsOfSteps()], ids=["all tokens", "some tokens"])
@pytest.mark.parametrize("family", [*KEPT_PREFIX, *SNAPSHOT])
def test_a_second_question_to_a_probed_family_goes_on_from_the_first(
    family: str, keep: EndsOfSteps | None, models: Models
) -> None:
    llm = sharing(models(family), keep)
    for question in ("Is it red?", "Where is the blue one?"):
        reused, row, keys, difference = go_on(llm, vlm_request(noise(8), question=question))
        assert difference < 1e-5
    assert reused >= columns_of(row, keys).clips_end


@pytest.mark.parametrize("family", SNAPSHOT)
def test_a_second_clip_and_a_later_turn_go_on_from_the_snapshot_of_the_first_clip(
    family: str, models: Models
) -> None:
    llm, turns = sharing(models(family), None), (PriorTurn("model", "red"), PriorTurn("user", "Sure?"))
    first = vlm_request(noise(8))
    _, row, keys, _ = go_on(llm, first)
    end = columns_of(row, keys).clips_end
    reused, *_, difference = go_on(llm, replace(first, turns=turns))
    assert (reused >= end, difference < 1e-5) == (True, True)
    two = VlmRequest((noise(8), noise(4, 40.0)), "Which is first?", first.budget)
    reused, row, keys, difference = go_on(llm, two)
    # tokens that attend to later ones share a prefix only when they are all in it
    assert (reused >= end) == (columns_of(row, keys).both_ways is None)
    assert difference < 1e-5


def go_on(llm: TransformersVideoLLM, call: VlmRequest) -> tuple[int, PrunedRow, tuple[str, ...], float]:
    """Tokens that a call reused, its prompt, the names of its clips, and how its scores differ from alone."""
    config, alone, going_on = four_tokens(llm), Scores(), Scores()
    prompt = llm.prompt(call)
    row = prune_row(prompt.row, prompt.token_indices)
    done = generate_reusing_prefix(llm.loaded, row, prompt.keys, config, going_on, llm.prefixes)
    expected = generate_tokens(llm.loaded, [row], config, alone)
    assert done.new.tolist() == expected.new.tolist()
    return done.reused_tokens or 0, row, prompt.keys, going_on.differ(alone)


def test_other_tokens_of_frames_that_attend_to_each_other_share_nothing_of_the_clip(models: Models) -> None:
    llm = models("molmo2")
    prompt = llm.prompt(vlm_request(noise(8)))
    rows = [prune_row(prompt.row, (kept,)) for kept in (None, torch().arange(31))]
    whole, fewer = (columns_of(row, prompt.keys) for row in rows)
    assert whole.shared(whole) == len(whole.marks)
    assert whole.shared(fewer) == prompt.row.ids.tolist().index(
        llm.loaded.tokenizer.convert_tokens_to_ids("<frame_start>")
    )


@pytest.mark.parametrize("family", [name for name in FAMILY_MAKERS if name not in ALONE])
def test_a_ragged_compressed_batch_of_a_probed_family_says_what_single_calls_say(
    family: str, models: Models
) -> None:
    llm = compressed(models(family))
    calls = [vlm_request(noise(4)), vlm_request(noise(8, 40.0), noise(4), question="What moves here?")]
    prompts = [llm.prompt(call) for call in calls]
    together = logits(llm.loaded.model, llm.inputs(prompts))[:, -1]
    alone = torch().stack([logits(llm.loaded.model, llm.inputs([one]))[0, -1] for one in prompts])
    assert float((together - alone).abs().max()) < 1e-5


def test_a_family_that_cannot_be_padded_answers_one_call_after_the_other(models: Models) -> None:
    llm = sharing(models("dots3_note"), None)
    calls = [vlm_request(noise(4)), vlm_request(noise(8), question="What moves here?")]
    replies = llm.generate_all(calls)
    assert [reply.text for reply in replies] == [llm.generate(call).text for call in calls]
    assert not any("batch" in note for reply in replies for note in reply.report.notes)


@pytest.mark.parametrize("family", [*MAKERS, *FAMILY_MAKERS])
def test_the_table_of_the_documentation_says_what_the_probe_found(family: str, models: Models) -> None:
    assert family_row(family, models(family).loaded) in table_path().read_text()


@pytest.mark.parametrize("family", REFUSED)
def test_a_type_that_cannot_run_names_what_is_missing(family: str, checkpoint: Callable[[str], Path]) -> None:
    with pytest.raises(ModelUnavailable, match=REFUSED[family]):
        load(str(checkpoint(family)), LoadOptions(device="cpu"))


def test_every_type_with_a_video_processor_is_tried() -> None:
    types, run = types_with_video(), {*MAKERS, *FAMILY_MAKERS}
    assert types <= {*run, *REFUSED}
    assert len(types & run) >= 34


def test_no_type_that_people_run_today_is_refused() -> None:
    wanted = {"qwen3_5", "qwen3_5_moe", "gemma4", "glm4v", "glm46v", "minicpmv4_6", "minicpmv4_7", "molmo2"}
    assert wanted <= {*MAKERS, *FAMILY_MAKERS}
