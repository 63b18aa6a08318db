"""No video-LLM is loaded from files that lack a weight, hold another one, or hold one of another shape."""

from pathlib import Path
from typing import Any

import pytest
from tests.changed_weights import Change, change_weights, longer, with_copy, without
from tests.tiny_video_llm import make_tiny_video_llm

from playhead_index.errors import ModelUnavailable
from playhead_tools.video_llm.load_model import load
from playhead_tools.video_llm.load_options import LoadOptions

DOWN = "model.language_model.layers.1.mlp.down_proj.weight"
NORM = "model.language_model.layers.1.input_layernorm.weight"
MERGER = "model.visual.merger.linear_fc1.bias"
CASES: dict[str, tuple[Change, str]] = {
    "a weight less": (without(DOWN), f"lack 1 weight: {DOWN}"),
    "no projector": (without(MERGER), f"lack 1 weight: {MERGER}"),
    "a layer more": (
        with_copy(NORM, NORM.replace("1", "2")),
        "no place for 1 weight: model.language_model.layers.2",
    ),
    "another shape": (longer(NORM), rf"another shape 1 weight: {NORM} \[33\] instead of \[32\]"),
    "no word head": (without("lm_head.weight"), "lack 1 weight: lm_head.weight"),
}


@pytest.mark.parametrize("name", CASES)
def test_changed_weights_are_refused_by_name(tmp_path: Path, name: str) -> None:
    change, why = CASES[name]
    change_weights(make_tiny_video_llm(tmp_path / "model") / "model.safetensors", change)
    with pytest.raises(ModelUnavailable, match=why):
        load(str(tmp_path / "model"), LoadOptions(device="cpu"))


def test_a_word_head_that_is_tied_need_not_be_in_the_files(tmp_path: Path) -> None:
    folder = make_tiny_video_llm(tmp_path / "model", tied=True)
    loaded = load(str(folder), LoadOptions(device="cpu"))
    assert loaded.model.lm_head.weight is loaded.model.get_input_embeddings().weight


def test_a_file_of_weights_that_is_cut_off_is_to_be_fetched_again(tmp_path: Path) -> None:
    path = make_tiny_video_llm(tmp_path / "model") / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ModelUnavailable, match=r"a file of weights is cut off or damaged .*; fetch it again"):
        load(str(tmp_path / "model"), LoadOptions(device="cpu"))


def test_the_processor_has_no_cap_on_the_pixels_of_a_frame_and_does_not_warn_of_it(tmp_path: Path) -> None:
    folder = make_tiny_video_llm(tmp_path / "model")
    processor: Any = load(str(folder), LoadOptions(device="cpu")).processor
    assert processor.video_processor.cap_pixels_per_frame is False
