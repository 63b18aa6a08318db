"""Still images beside clips in one prompt: through stock models, through a server, and refused files."""

from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.tools.architectures.slow_fast.tiny_slow_fast import write_slow_fast
from tests.tools.video_llm.made_clips import clip as timed_clip
from tests.tools.video_llm.made_server import made_server
from tests.tools.video_llm.seen_clips import Places, exact, logits, noise, vlm_request

from playhead_index.embed.runtime import torch
from playhead_index.errors import ImageUnreadable, ModelUnavailable, TokenBudgetExceeded
from playhead_tools.video_llm.chat_template import prompt_text
from playhead_tools.video_llm.choose_frames import frames_to_show
from playhead_tools.video_llm.clip_features import metadata_of, prepare_pixels
from playhead_tools.video_llm.frame_citations import resolve_frame_numbers
from playhead_tools.video_llm.images import MAX_SIDE_PX, image_clip, read_images
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.model_families import TAKE_IMAGES
from playhead_tools.video_llm.prompt_rows import prune_row
from playhead_tools.video_llm.protocol import Budget, VlmRequest
from playhead_tools.video_llm.server import ServerVideoLLM
from playhead_tools.video_llm.transformers_llm import Prompt, TransformersVideoLLM

PIXELS = np.random.default_rng(5).integers(0, 256, (40, 56, 3), dtype=np.uint8)
Checkpoint = Callable[[str], Path]


def in_single_precision(folder: Path) -> TransformersVideoLLM:
    return TransformersVideoLLM(folder, loading=LoadOptions(device="cpu", dtype="float32"))


def stock(llm: TransformersVideoLLM, prompt: Prompt) -> Any:
    """Logits of the stock call: the processor on text, image and video, then forward."""
    video = prompt.request.clips[1]
    inputs = llm.loaded.processor(
        text=[prompt_text(llm.loaded, prompt.request, prompt.prompt_frames)],
        images=[PIXELS],
        videos=[torch().from_numpy(video.frames).permute(0, 3, 1, 2)],
        videos_kwargs={
            "do_sample_frames": False,
            "return_metadata": True,
            "video_metadata": [metadata_of(video.pts_s, video.window.duration_s)],
        },
        return_tensors="pt",
        **with_types(llm),
    )
    inputs.pop("video_metadata", None)
    if llm.loaded.family.title == "InternVL3":  # frames are numbered over all clips, with their times
        inputs["input_ids"] = prompt.row.ids[None]
        inputs["attention_mask"] = torch().ones_like(inputs["input_ids"])
    return logits(llm.loaded.model, {**inputs.to(llm.loaded.model.dtype)})


def with_types(llm: TransformersVideoLLM) -> dict[str, Any]:
    takes = "mm_token_type_ids" in signature(llm.loaded.model.forward).parameters
    return {"return_mm_token_type_ids": True} if takes else {}


@pytest.mark.slow
@pytest.mark.parametrize("family", sorted({*TAKE_IMAGES, "qwen3_vl_moe"}))
def test_image_and_video_equal_the_stock_call_in_every_probed_family_that_takes_them(
    family: str, checkpoint: Checkpoint
) -> None:
    llm = in_single_precision(checkpoint(family))
    prompt = llm.prompt(vlm_request(image_clip(PIXELS), noise(8)))
    got = logits(llm.loaded.model, llm.inputs([prompt]))
    expected = stock(llm, prompt)
    assert got.shape == expected.shape
    assert float((got - expected).abs().max()) < 1e-5


def test_smolvlm_takes_image_and_frames_in_the_order_of_the_prompt(checkpoint: Checkpoint) -> None:
    llm, clip = exact(checkpoint("smolvlm")), noise(8)
    prompt = llm.prompt(vlm_request(image_clip(PIXELS), clip))
    one = prepare_pixels(llm.loaded, PIXELS[None], np.zeros(1), 1.0, is_image=True).inputs
    eight = prepare_pixels(llm.loaded, clip.frames, clip.pts_s, clip.window.duration_s).inputs
    names = ("pixel_values", "pixel_attention_mask")
    pixels = {name: torch().cat([one[name], eight[name]], 1).to(torch().float64) for name in names}
    ids = prompt.row.ids[None]
    expected = logits(llm.loaded.model, {"input_ids": ids, **pixels})
    assert float((logits(llm.loaded.model, llm.inputs([prompt])) - expected).abs().max()) < 1e-12


@pytest.mark.parametrize(
    "family",
    ["video_llava", "qwen3_vl", "qwen2_5_vl", "qwen2_vl", "llava_onevision", "internvl", "video_llama_3"],
)
def test_image_and_video_in_one_prompt_equal_the_stock_call(family: str, checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint(family))
    prompt = llm.prompt(vlm_request(image_clip(PIXELS), noise(8)))
    got = logits(llm.loaded.model, llm.inputs([prompt]))
    expected = stock(llm, prompt)
    assert got.shape == expected.shape
    assert float((got - expected).abs().max()) < 1e-12


def test_video_llava_is_asked_as_its_documentation_writes_it(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("video_llava"))
    request = VlmRequest((image_clip(PIXELS), noise(8)), "Do both show a cat?", plain_prompt=True)
    text = llm.loaded.tokenizer.decode(llm.prompt(request).row.ids)
    image, video = "<image>" * 4, "<video>" * 8 * 5
    assert text == f"USER: {image}\n{video}\nDo both show a cat? ASSISTANT:"


def test_a_batch_with_and_without_image_says_what_single_calls_say(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("video_llava"))
    prompts = [llm.prompt(vlm_request(*clips)) for clips in ((image_clip(PIXELS), noise(8)), (noise(8),))]
    together = logits(llm.loaded.model, llm.inputs(prompts))[:, -1]
    alone = [logits(llm.loaded.model, llm.inputs([one]))[0, -1] for one in prompts]
    np.testing.assert_allclose(together, torch().stack(alone), atol=1e-12)


def test_a_keeper_chooses_among_tokens_of_the_video_alone(checkpoint: Checkpoint) -> None:
    keep = Places(0, 2)
    llm = exact(checkpoint("video_llava"), keep=keep)
    prompt = llm.prompt(vlm_request(image_clip(PIXELS), noise(8)))
    pruned = prune_row(prompt.row, prompt.token_indices)
    assert [len(rows) for rows in pruned.rows] == [4, 2]
    assert [clip.clip.is_image for clip in keep.seen] == [False]


def test_an_image_that_takes_all_allowed_tokens_is_refused(checkpoint: Checkpoint) -> None:
    llm = exact(checkpoint("video_llava"), keep=Places(0))
    with pytest.raises(TokenBudgetExceeded, match="3 visual tokens are allowed, 1 images take 4 and"):
        llm.prompt(vlm_request(image_clip(PIXELS), noise(8), visual_tokens=3))


def test_a_family_that_takes_no_image_beside_a_video_refuses_in_one_line(tmp_path: Path) -> None:
    write_slow_fast(tmp_path)
    with pytest.raises(ModelUnavailable, match=r"^Slow-Fast takes no image beside a video; ask without"):
        exact(tmp_path).generate(vlm_request(image_clip(PIXELS), noise(8)))


@pytest.mark.parametrize("family", ["glm4v", "minicpmv4_6", "llava_next_video"])
def test_a_type_that_was_not_compared_with_the_stock_call_refuses(
    family: str, checkpoint: Checkpoint
) -> None:
    with pytest.raises(ModelUnavailable, match="takes no image beside a video; ask without the image"):
        exact(checkpoint(family)).generate(vlm_request(image_clip(PIXELS), noise(8)))


def test_an_image_is_shown_whatever_frames_are_left_out() -> None:
    request = vlm_request(image_clip(PIXELS), noise(8), frames=3)
    shown = frames_to_show(request)
    assert [(frame.clip, frame.number) for frame in shown] == [(0, 0), (1, 1), (1, 2)]


def test_an_image_without_room_for_a_frame_is_refused() -> None:
    with pytest.raises(TokenBudgetExceeded, match="1 frames may be shown and 1 images were given"):
        frames_to_show(vlm_request(image_clip(PIXELS), noise(8), frames=1))


def test_an_image_cannot_be_cited() -> None:
    shown = frames_to_show(vlm_request(image_clip(PIXELS), noise(2)))
    resolved = resolve_frame_numbers("A cat [0] runs [1].", shown)
    assert (resolved.text, resolved.unknown) == ("A cat runs (0:10).", (0,))


def test_a_server_that_takes_images_gets_one_more() -> None:
    with made_server("x") as server:
        request = VlmRequest((image_clip(PIXELS), timed_clip(1.0, 2.0)), "What?", Budget(frames=3))
        ServerVideoLLM(server.base_url, "made", "other").generate(request)
    content = server.requests[0]["messages"][1]["content"]
    assert [part["type"] for part in content].count("image_url") == 3
    assert content[0]["text"].startswith('<image number="1">\nAn image given with the question')
    assert content[2]["text"].startswith("</image>\n<clip ")


def test_a_server_that_takes_videos_gets_an_image_and_a_video() -> None:
    with made_server("x") as server:
        request = VlmRequest((image_clip(PIXELS), timed_clip(1.0, 2.0)), "What?", Budget(frames=3))
        ServerVideoLLM(server.base_url, "made", "vllm", video_form="frames").generate(request)
    body = server.requests[0]
    assert [part["type"] for part in body["messages"][1]["content"]] == [
        "text", "image_url", "text", "video_url", "text",
    ]  # fmt: skip
    assert body["media_io_kwargs"]["video"]["frames_indices"] == [1000, 2000]


def test_a_large_image_is_shrunk_and_keeps_its_shape(tmp_path: Path) -> None:
    Image.new("RGB", (3000, 1500), (200, 30, 30)).save(tmp_path / "wide.jpg")
    (pixels,) = read_images([tmp_path / "wide.jpg"])
    assert pixels.shape == (MAX_SIDE_PX // 2, MAX_SIDE_PX, 3)


def test_an_image_of_too_few_pixels_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (40, 9)).save(tmp_path / "thin.png")
    with pytest.raises(ImageUnreadable, match="it is 40 x 9 pixels, at least 16 a side"):
        read_images([tmp_path / "thin.png"])


def test_a_file_that_is_no_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("words")
    with pytest.raises(ImageUnreadable, match="it is no image of a known format"):
        read_images([tmp_path / "notes.jpg"])


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(65 * 2**20)
    with pytest.raises(ImageUnreadable, match="it has 65 MiB, at most 64 are read; save it smaller"):
        read_images([tmp_path / "huge.png"])


def test_an_image_of_two_frames_is_refused() -> None:
    two = noise(2)
    with pytest.raises(ValueError, match="an image has one frame, got 2"):
        type(two)(two.video_id, two.window, two.pts_s, two.frames, is_image=True)
