"""Every type of model with a video processor in transformers: it runs as the stock call does, or says why not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.tools.video_llm.family_table import REFUSED, family_row, table_path, types_with_video
from tests.tools.video_llm.seen_clips import logits, noise, vlm_request
from tests.tools.video_llm.stock_calls import cut_inputs, stock_inputs
from tests.tools.video_llm.tiny_families import FAMILY_MAKERS
from tests.tools.video_llm.tiny_models import MAKERS

from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable
from playhead_tools.compression.records import SelectedTokens
from playhead_tools.video_llm.first_token import FirstTokenProbe
from playhead_tools.video_llm.generation import generate_tokens
from playhead_tools.video_llm.load_model import load
from playhead_tools.video_llm.loaded_model import LoadOptions
from playhead_tools.video_llm.prompt_rows import prune_row
from playhead_tools.video_llm.token_selection import TokenizedClip
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM, greedy_config

Models = Callable[[str], TransformersVideoLLM]


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
    """Keeps the first and the last token of every step."""

    def __call__(
        self, clips: list[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        return [
            SelectedTokens(torch().tensor(_ends(clip)), clip.tokens.tokens_per_frame, clip.tokens.pts_s)
            for clip in clips
        ]


def _ends(clip: TokenizedClip) -> list[int]:
    per_step, steps = clip.tokens.tokens_per_frame, len(clip.tokens.pts_s)
    return sorted({step * per_step + place for step in range(steps) for place in (0, per_step - 1)})


def compressed(llm: TransformersVideoLLM) -> TransformersVideoLLM:
    """The same loaded model, asked with some of its visual tokens."""
    other = TransformersVideoLLM(llm.name, keep=EndsOfSteps())
    other.__dict__["loaded"] = llm.loaded
    return other


@pytest.mark.parametrize("family", FAMILY_MAKERS)
def test_a_probed_family_says_what_the_stock_call_says(family: str, models: Models) -> None:
    llm, clip = models(family), noise(8)
    prompt = llm.prompt(vlm_request(clip))
    expected = logits(llm.loaded.model, stock_inputs(llm.loaded, prompt, clip))
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


@pytest.mark.parametrize("family", FAMILY_MAKERS)
def test_a_probed_family_generates_what_stock_generate_does(family: str, models: Models) -> None:
    llm, clip = models(family), noise(8)
    loaded, prompt = llm.loaded, llm.prompt(vlm_request(clip))
    config = greedy_config(loaded.model.generation_config, loaded.tokenizer, 4)
    config.eos_token_id = None
    stock = stock_inputs(loaded, prompt, clip)
    with torch().inference_mode():
        expected = loaded.model.generate(**stock, generation_config=config)[:, stock["input_ids"].shape[1] :]
    row = prune_row(prompt.row, prompt.token_indices)
    got = generate_tokens(loaded, [row], config, FirstTokenProbe(None, lambda: None)).new
    assert got.tolist() == expected.tolist()


@pytest.mark.parametrize("family", FAMILY_MAKERS)
def test_a_ragged_compressed_batch_of_a_probed_family_says_what_single_calls_say(
    family: str, models: Models
) -> None:
    llm = compressed(models(family))
    calls = [vlm_request(noise(4)), vlm_request(noise(8, 40.0), noise(4), question="What moves here?")]
    prompts = [llm.prompt(call) for call in calls]
    together = logits(llm.loaded.model, llm.inputs(prompts))[:, -1]
    alone = torch().stack([logits(llm.loaded.model, llm.inputs([one]))[0, -1] for one in prompts])
    assert float((together - alone).abs().max()) < 1e-5


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
