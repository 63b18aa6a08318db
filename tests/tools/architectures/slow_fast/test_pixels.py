"""Pictures and placeholders of Slow-Fast."""

import numpy as np
import pytest
from tests.tools.architectures.slow_fast.asked import short_request
from tests.tools.architectures.slow_fast.conftest import Make
from tests.tools.video_llm.seen_clips import noise

from playhead_index.embed.runtime import transformers
from playhead_tools.architectures.slow_fast.fast_frames import FastFrames
from playhead_tools.architectures.slow_fast.processing import prepare_picture

CHATML = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "<|im_start|>user\n{video}\nWhat?<|im_end|>\n<|im_start|>assistant\n"
)


@pytest.mark.parametrize(
    ("height", "width"), [(90, 160), (160, 90), (65, 64), (37, 121), (128, 128), (40, 33)]
)
def test_pixels_equal_clips_image_processor(height: int, width: int) -> None:
    stock = transformers().CLIPImageProcessorPil(
        size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64}
    )
    frame = np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    expected = stock(images=[frame], return_tensors="np")["pixel_values"][0]
    np.testing.assert_allclose(prepare_picture(frame, 64), expected, atol=1e-6)


def test_the_sides_of_a_wide_frame_are_cut_off() -> None:
    frame = np.zeros((90, 160, 3), dtype=np.uint8)
    frame[:, 35:125] = 255
    assert prepare_picture(frame, 90).min() > 1.9


def test_the_prompt_is_chatml_with_the_system_text_of_the_released_models(made: Make) -> None:
    llm = made().llm()
    prompt = llm.prompt(short_request(noise(8)))
    written = llm.loaded.tokenizer.decode(prompt.row.ids)
    assert written == CHATML.format(video="<video>" * (2 * 4))


def test_a_video_marker_in_a_question_is_no_placeholder(made: Make) -> None:
    llm = made().llm()
    prompt = llm.prompt(short_request(noise(8), question="What is <video> or <image>?"))
    ids = prompt.row.ids.tolist()
    assert ids.count(llm.loaded.processor.video_token_id) == 8


@pytest.mark.parametrize(
    ("rule", "frames", "tokens"),
    [
        (FastFrames(1, 4, 16, 1), 64, 16 * 81),
        (FastFrames(1, 6, 16, 1), 96, 16 * 81),
        (FastFrames(2, 4, 16, 1), 128, 16 * 81),
        (FastFrames(1, 4, 16, 1), 66, 16 * 81),
        (FastFrames(1, 4, 16, 1), 20, 16 * 81),
        (FastFrames(1, 4, 16, 1), 7, 7 * 81),
        (FastFrames(1, 4, 16, 3), 64, 16 * 9),
    ],
)
def test_fast_tokens_of_the_released_models(rule: FastFrames, frames: int, tokens: int) -> None:
    assert rule.num_tokens(frames, 81) == tokens


@pytest.mark.parametrize("frames", [2, 7, 20, 63, 64, 66])
def test_every_slow_token_goes_with_one_fast_token(frames: int) -> None:
    rule = FastFrames(2, 3, 4, 2)
    owners = rule.owners(frames, 25)
    assert owners.shape == (frames * 25,)
    assert sorted(set(owners.tolist())) == list(range(rule.num_tokens(frames, 25)))


def test_a_stride_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="temporal_stride must be at least 1, got 0"):
        FastFrames(temporal_stride=0)
