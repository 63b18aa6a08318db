"""What a probe finds out about a family without a row, and what it refuses."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.tools.video_llm.seen_clips import noise, vlm_request
from tests.tools.video_llm.tiny_models import MAKERS, MEDIA_FIRST, QWEN_TEMPLATE

from playhead_index.embed.runtime import torch
from playhead_index.errors import ModelUnavailable
from playhead_tools.video_llm.chat_template import prompt_text
from playhead_tools.video_llm.clip_features import ClipFeatures
from playhead_tools.video_llm.load_model import load
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.prompt_rows import prune_row
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM
from playhead_tools.video_llm.video_probe import family_without_row, probe_family

Checkpoint = Callable[[str], Path]
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
FOUND: dict[str, dict[str, Any]] = {
    "qwen2_5_vl": {"placeholder": "", "mrope": True, "step_frames": 2, "packed": "list", "bos": ""},
    "video_llama_3": {"placeholder": "", "mrope": False, "writes_times": True},
    "glm46v": {"placeholder": "<|image|>", "mrope": True, "min_frames": 2, "writes_times": True},
    "molmo2": {"placeholder": "<im_patch>", "bos": "</s>", "max_clips": 1, "step_frames": 1},
    "kimi_k25": {"step_frames": 4, "min_frames": 1, "writes_times": True},
    "minicpmv4_6": {"clip_number": "<image_id>", "step_frames": 1, "writes_times": False},
}


def loaded_from(folder: Path) -> LoadedModel:
    return load(str(folder), LoadOptions(device="cpu", dtype="float32"))


def probed(loaded: LoadedModel, model_type: str, template: str) -> Any:
    """The family that a probe finds when the checkpoint has this chat template."""
    before = loaded.processor.chat_template
    loaded.processor.chat_template = template
    try:
        bare = replace(loaded, family=family_without_row(model_type, loaded.processor))
        return probe_family(bare, model_type)
    finally:
        loaded.processor.chat_template = before


@pytest.fixture(scope="module")
def qwen(checkpoint: Checkpoint) -> LoadedModel:
    return loaded_from(checkpoint("qwen2_5_vl"))


@pytest.mark.parametrize("family", FOUND)
def test_a_probe_finds_how_a_family_takes_videos(family: str, checkpoint: Checkpoint) -> None:
    loaded = loaded_from(checkpoint(family))
    found = probed(loaded, family, loaded.processor.chat_template)
    assert {name: getattr(found, name) for name in FOUND[family]} == FOUND[family]


@pytest.mark.parametrize("family", MAKERS)
def test_a_probe_of_a_family_with_a_row_agrees_with_the_row(family: str, checkpoint: Checkpoint) -> None:
    loaded = loaded_from(checkpoint(family))
    row = loaded.family
    found = probed(loaded, family, loaded.processor.chat_template or MEDIA_FIRST)
    facts = ("modality", "packed", "mrope", "tail_tokens", "media_in_text", "min_frames", "placeholder")
    assert [getattr(found, name) for name in facts] == [getattr(row, name) for name in facts]


def test_a_type_without_a_row_or_a_title_runs_with_a_note(qwen: LoadedModel) -> None:
    llm = TransformersVideoLLM("new")
    llm._loaded = replace(qwen, family=probed(qwen, "new_vl", QWEN_TEMPLATE))
    (note,) = llm._notes(llm.prompt(vlm_request(noise(4))), 1, yes_no=False)
    assert note == "how models of type new_vl take videos was found out by a probe"


def test_a_prompt_with_more_videos_than_the_processor_takes_has_a_note(checkpoint: Checkpoint) -> None:
    llm = TransformersVideoLLM(checkpoint("molmo2"), loading=LoadOptions(device="cpu", dtype="float32"))
    notes = llm._notes(llm.prompt(vlm_request(noise(4), noise(4, 40.0))), 1, yes_no=False)
    assert notes == ["Molmo2 takes 1 video a prompt; it was given 2"]


def test_a_model_that_drops_tokens_in_its_forward_pass_keeps_them_with_a_note(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    folder = shutil.copytree(checkpoint("nemotron_h_omni"), tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "video_pruning_rate": 0.5}))
    llm = TransformersVideoLLM(folder, loading=LoadOptions(device="cpu", dtype="float32"))
    (note,) = llm.generate(vlm_request(noise(4))).report.notes
    assert note.startswith("Nemotron Omni drops 50% of a clip's tokens by itself")


def test_a_template_without_a_system_role_gets_the_rules_in_the_users_text(qwen: LoadedModel) -> None:
    family = probed(qwen, "new_vl", NO_SYSTEM + QWEN_TEMPLATE)
    assert not family.system_role
    llm = TransformersVideoLLM("new")
    llm._loaded = replace(qwen, family=family)
    text = prompt_text(llm.loaded, vlm_request(noise(4)), llm.prompt(vlm_request(noise(4))).prompt_frames)
    assert text.startswith("<|im_start|>user\nYou look at frames of videos")


def test_a_template_that_puts_videos_first_gets_them_in_the_text(qwen: LoadedModel) -> None:
    template = MEDIA_FIRST.replace("<video>", "<|vision_start|><|video_pad|><|vision_end|>")
    assert probed(qwen, "new_vl", template).media_in_text


def test_a_checkpoint_without_a_chat_template_is_refused(qwen: LoadedModel) -> None:
    with pytest.raises(ModelUnavailable, match="new_vl: the checkpoint has no chat template"):
        probed(qwen, "new_vl", "")


def test_a_template_that_writes_no_videos_is_refused(qwen: LoadedModel) -> None:
    template = "{% for message in messages %}{{ message.role }}{% endfor %}"
    with pytest.raises(ModelUnavailable, match="chat template does not take videos: it wrote 0 times"):
        probed(qwen, "new_vl", template)


@pytest.mark.parametrize("family", ["glm46v", "qwen3_vl"])
def test_a_single_frame_is_repeated_where_the_processor_needs_two(
    family: str, checkpoint: Checkpoint
) -> None:
    llm = TransformersVideoLLM(checkpoint(family), loading=LoadOptions(device="cpu", dtype="float32"))
    prompt = llm.prompt(vlm_request(noise(1)))
    assert len(prompt.prompt_frames) == 1
    assert prompt.row.clips[0].features.steps == 1


def test_what_places_are_computed_from_is_kept_on_disk_too() -> None:
    sizes = torch().tensor([[4, 8], [4, 8]])
    clip = ClipFeatures(
        torch().ones((4, 2)), (), 2, 0, "", "video", place_inputs={"target_sizes_videos": sizes}
    )
    again = ClipFeatures.from_bytes(clip.to_bytes()).place_inputs
    assert again["target_sizes_videos"].tolist() == sizes.tolist()


def test_a_step_that_keeps_nothing_loses_its_time_and_marks(checkpoint: Checkpoint) -> None:
    llm = TransformersVideoLLM(checkpoint("gemma4"), loading=LoadOptions(device="cpu", dtype="float32"))
    prompt = llm.prompt(vlm_request(noise(4)))
    kept = torch().arange(prompt.row.clips[0].features.tokens_per_step)  # those of the first frame
    text = llm.loaded.tokenizer.decode(prune_row(prompt.row, (kept,)).ids)
    assert text.count("<|begin_of_image|>") == text.count("<|end_of_image|>") == 1
    assert "00:10 <|begin_of_image|>" in text
    assert "00:11" not in text
