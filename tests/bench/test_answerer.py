"""Tests of the seam at which strategies are compared: clips, prompts, and a real video-LLM of tiny size."""

from pathlib import Path

import numpy as np
import pytest
from tests.tiny_video_llm import make_tiny_video_llm

from playhead_bench.evaluate.answerer import FrameClip
from playhead_bench.evaluate.transformers_answerer import TransformersAnswerer, frame_numbers
from playhead_bench.testing import ScriptedAnswerer
from playhead_index.errors import ModelUnavailable
from playhead_tools.video_llm.parse_response import with_options


def clip_at(*times_s: float, fps: float = 8.0, level: int = 90) -> FrameClip:
    frames = np.full((len(times_s), 32, 48, 3), level, dtype=np.uint8)
    return FrameClip(frames, np.array(times_s, dtype=np.float64), fps)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_video_llm(tmp_path_factory.mktemp("models") / "tiny-vlm")


@pytest.fixture(scope="module")
def answerer(folder: Path) -> TransformersAnswerer:
    return TransformersAnswerer(folder, device="cpu", max_new_tokens=4)


def test_a_clip_needs_a_time_a_frame() -> None:
    with pytest.raises(ValueError, match=r"a time a frame, got \(1,\) for 2 frames"):
        FrameClip(np.zeros((2, 4, 4, 3), np.uint8), np.zeros(1), 8.0)


def test_a_clip_goes_forward_in_time() -> None:
    with pytest.raises(ValueError, match="must not descend"):
        clip_at(2.0, 1.0)


def test_clips_of_other_pixels_or_other_times_have_another_digest() -> None:
    same = {clip_at(1.0, 2.0).digest, clip_at(1.0, 2.0).digest}
    other = {clip_at(1.0, 2.5).digest, clip_at(1.0, 2.0, level=91).digest}
    assert (len(same), len(same | other)) == (1, 3)


def test_options_stand_behind_letters_and_an_open_question_stands_alone() -> None:
    assert with_options("Which?", ["red", "blue"]) == "Which?\nA. red\nB. blue"
    assert with_options("Which?") == "Which?"


def test_a_script_that_has_ended_says_so() -> None:
    scripted = ScriptedAnswerer(["A"])
    scripted.answer(None, "one")
    with pytest.raises(LookupError, match="the script has 1 replies"):
        scripted.answer(None, "two")


@pytest.mark.parametrize(
    ("times_s", "fps", "expected"),
    [
        ((12.0, 12.5), 8.0, ([96, 100], 8.0)),
        ((0.0, 0.04), 25.0, ([0, 1], 25.0)),
        ((1.001, 46 * 1.001 / 30), 30 / 1.001, ([30, 46], 30 / 1.001)),
        ((1.013, 1.53), 29.97, ([1013, 1530], 1000.0)),
    ],
    ids=["on its own frames", "on the first frames", "on those of an odd rate", "off them, in milliseconds"],
)
def test_times_become_frame_numbers(
    times_s: tuple[float, ...], fps: float, expected: tuple[list[int], float]
) -> None:
    assert frame_numbers(clip_at(*times_s, fps=fps)) == expected


def prompt_of(answerer: TransformersAnswerer, clip: FrameClip | None, text: str) -> str:
    ids = answerer.inputs(clip, text)["input_ids"][0]
    return str(answerer.processor.tokenizer.decode(ids)).replace("<|video_pad|>", "#")


def test_the_prompt_says_when_each_pair_of_frames_is(answerer: TransformersAnswerer) -> None:
    prompt = prompt_of(answerer, clip_at(12.0, 12.5, 13.0, 13.5), "Which?")
    assert prompt == (
        "<|im_start|>user\n"
        "<12.2 seconds><|vision_start|>######<|vision_end|>"
        "<13.2 seconds><|vision_start|>######<|vision_end|>"
        "Which?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_frame_given_twice_stands_at_its_own_time(answerer: TransformersAnswerer) -> None:
    prompt = prompt_of(answerer, clip_at(7.0, 7.0, 3000.5, 3000.5), "Which?")
    assert "<7.0 seconds>" in prompt
    assert "<3000.5 seconds>" in prompt


def test_a_question_without_frames_is_words_alone(answerer: TransformersAnswerer) -> None:
    prompt = prompt_of(answerer, None, "Which?")
    assert prompt == "<|im_start|>user\nWhich?<|im_end|>\n<|im_start|>assistant\n"


def test_a_reply_counts_frames_and_tokens_and_is_the_same_every_time(answerer: TransformersAnswerer) -> None:
    first, second = (answerer.answer(clip_at(0.0, 0.5, 1.0, 1.5), "Which?", ["a", "b"]) for _ in range(2))
    assert (first.text, first.frames, first.visual_tokens) == (second.text, 4, 12)
    assert first.prompt_tokens > 12
    assert first.seconds > 0


def test_the_pixels_reach_the_model(answerer: TransformersAnswerer) -> None:
    dark, bright = (answerer.inputs(clip_at(0.0, 0.5, level=level), "x") for level in (0, 255))
    assert float(dark["pixel_values_videos"].mean()) == -1.0
    assert float(bright["pixel_values_videos"].mean()) == 1.0


def test_the_revision_is_that_of_the_weights(folder: Path, tmp_path: Path) -> None:
    other = make_tiny_video_llm(tmp_path / "other", seed=1)
    assert TransformersAnswerer(folder).revision == TransformersAnswerer(folder).revision
    assert TransformersAnswerer(folder).revision != TransformersAnswerer(other).revision


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"config.json, \*.safetensors is missing"):
        TransformersAnswerer(tmp_path)
