"""How clips are sent."""

import base64
import io
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from tests.tools.video_llm.made_clips import clip, vlm_request
from tests.tools.video_llm.made_server import made_server

from playhead_tools.video_llm.protocol import Budget, VlmRequest
from playhead_tools.video_llm.server import ServerVideoLLM
from playhead_tools.video_llm.usage import Report


def sent(call: VlmRequest, kind: str, **options: Any) -> tuple[dict[str, Any], Report]:
    with made_server("x") as server:
        report = ServerVideoLLM(server.base_url, "made", kind, **options).generate(call).report
    return server.requests[0], report


def content(request: dict[str, Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = request["messages"][1]["content"]
    return parts


def test_pictures_come_with_their_times_before_them() -> None:
    request, _ = sent(vlm_request(clip(10.0, 11.5)), "other")
    first, picture, second, _, last = content(request)
    assert first["text"].endswith("\nFrame 1 (10.0 s):")
    assert second["text"] == "Frame 2 (11.5 s):"
    assert last["text"] == "</clip>\nQuestion: What is on the table?"
    image = Image.open(io.BytesIO(base64.b64decode(picture["image_url"]["url"].partition(",")[2])))
    assert (image.format, image.size) == ("JPEG", (24, 16))


def test_pictures_are_shrunk_and_their_detail_said() -> None:
    request, _ = sent(vlm_request(), "openai", long_side_px=12, detail="low")
    picture = content(request)[1]["image_url"]
    image = Image.open(io.BytesIO(base64.b64decode(picture["url"].partition(",")[2])))
    assert (image.size, picture["detail"]) == ((12, 8), "low")


def test_only_chosen_frames_are_sent() -> None:
    call = vlm_request(clip(*map(float, range(9))), budget=Budget(frames=3))
    request, report = sent(call, "other", choose=lambda clips, question, most: [np.array([0, 4, 8])])
    texts = "".join(part.get("text", "") for part in content(request))
    assert "Frame 2 (4.0 s):" in texts
    assert (report.frames_given, report.frames_shown) == (9, 3)


def test_frames_of_a_video_come_with_their_milliseconds() -> None:
    request, _ = sent(vlm_request(clip(3600.0, 3600.5, 3601.0)), "vllm", video_form="frames")
    video = content(request)[1]["video_url"]["url"]
    assert video.startswith("data:video/jpeg;base64,")
    assert len(video.split(",")) == 4
    assert request["media_io_kwargs"]["video"] == {
        "num_frames": -1,
        "fps": 1000.0,
        "frames_indices": [3600000, 3600500, 3601000],
        "total_num_frames": 2000,
        "duration": 2.0,
    }
    assert request["mm_processor_kwargs"] == {"do_sample_frames": False}


def test_several_clips_by_frames_are_sent_as_images_with_a_note() -> None:
    request, report = sent(vlm_request(clip(1.0), clip(9.0)), "vllm", video_form="frames")
    assert "media_io_kwargs" not in request
    assert report.notes == (
        "several clips were sent as images: one request can time the frames of one video only",
    )


def decoded(data: str) -> tuple[list[int], float]:
    with av.open(io.BytesIO(base64.b64decode(data))) as container:
        stream = container.streams.video[0]
        greys = [int(frame.to_ndarray(format="rgb24").mean()) for frame in container.decode(stream)]
        return greys, float(stream.average_rate or 0)


@pytest.mark.parametrize("kind", ["vllm", "sglang", "other"])
def test_a_clip_goes_as_a_video_at_its_own_rate(kind: str) -> None:
    shown = clip(10.0, 10.5, 11.0)
    shown.frames[:] = np.array([40, 120, 200], np.uint8).reshape(-1, 1, 1, 1)
    request, report = sent(vlm_request(shown), kind, video_form="clip")
    greys, fps = decoded(content(request)[1]["video_url"]["url"].removeprefix("data:video/mp4;base64,"))
    assert greys == pytest.approx([40, 120, 200], abs=3)
    assert fps == 2.0
    assert report.notes == ()
    video_options = {"video": {"num_frames": -1, "fps": 2.0}}
    assert request.get("media_io_kwargs") == (video_options if kind == "vllm" else None)


def test_llama_cpp_takes_a_video_without_a_prefix() -> None:
    request, report = sent(vlm_request(clip(10.0, 10.5, 13.0)), "llama.cpp", video_form="input_video")
    part = content(request)[1]
    assert part["type"] == "input_video"
    assert len(decoded(part["input_video"]["data"])[0]) == 3
    assert report.notes == (
        "the video sent plays its frames evenly; their true, uneven times stand in the prompt",
    )


def test_a_model_without_a_system_message_reads_the_rules_first() -> None:
    request, _ = sent(vlm_request(), "ollama", system=False)
    (message,) = request["messages"]
    assert message["role"] == "user"
    assert message["content"][0]["text"].startswith("You look at frames of videos")


def test_more_fields_stand_over_all_others() -> None:
    request, _ = sent(vlm_request(), "other", extra={"temperature": 0.7, "seed": 1}, stream=False)
    assert (request["temperature"], request["seed"], "stream" in request) == (0.7, 1, False)
