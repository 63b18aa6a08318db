"""A call as the body of a chat-completions request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from playhead_tools.video_llm.jpeg_and_mp4 import jpeg_base64, mp4_base64
from playhead_tools.video_llm.prompt import PromptClip, clip_parts, frame_parts, prompt_clips, system_text
from playhead_tools.video_llm.protocol import Clip, PromptFrame, VlmRequest
from playhead_tools.video_llm.server_kinds import ServerKind, Structured, VideoForm, structured_fields

_TICKS_PER_S = 1000
"""Frames are identified by their millisecond, so that irregular times stay true."""
_UNEVEN = 0.1


@dataclass(frozen=True, slots=True)
class RequestFormat:
    """How requests of one server are written.

    Args:
        model: name of the model at the server.
        kind: what the server takes.
        video_form: how clips are sent.
        long_side_px: pictures are shrunk to this; None leaves them.
        temperature: None leaves it to the server.
        stream: ask for the reply as it is made.
        top_logprobs: likeliest tokens listed for Yes and No; None when the server refuses.
        structured: how a reply is held to a form.
        system: the rules go into a system message; without, in front of the user's.
        detail: OpenAI's `detail` of a picture.
        extra: more fields of the request, over all others.
    """

    model: str
    kind: ServerKind
    video_form: VideoForm
    structured: Structured
    long_side_px: int | None
    temperature: float | None
    stream: bool
    top_logprobs: int | None
    system: bool
    detail: str | None
    extra: Mapping[str, Any]


def request_body(
    request: VlmRequest, prompt_frames: Sequence[PromptFrame], request_format: RequestFormat
) -> dict[str, Any]:
    """The whole request, as plain JSON types."""
    body: dict[str, Any] = {
        "model": request_format.model,
        "messages": messages(request, prompt_frames, request_format),
        request_format.kind.new_tokens_field: request.budget.new_tokens,
    }
    if request.sampling is not None:
        body |= {
            "temperature": request.sampling.temperature,
            "top_p": request.sampling.top_p,
            "seed": request.sampling.seed,
        }
    elif request_format.temperature is not None:
        body["temperature"] = request_format.temperature
    if request_format.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if request.yes_no and request_format.top_logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": request_format.top_logprobs}
    if request.form is not None:
        schema = request.form.model_json_schema()
        body |= structured_fields(
            request_format.structured, request.form.__name__, schema, strict=request_format.kind.strict
        )
    return body | _video_fields(request, prompt_frames, request_format) | dict(request_format.extra)


def messages(
    request: VlmRequest, prompt_frames: Sequence[PromptFrame], request_format: RequestFormat
) -> list[dict[str, Any]]:
    """Rules, clips with the question, and the turns since."""
    content = _content(request, prompt_frames, request_format)
    rules: list[dict[str, Any]] = (
        [] if request.plain_prompt else [{"role": "system", "content": system_text()}]
    )
    if not request_format.system:
        rules, content = [], [_text(system_text()), *content]
    roles = {"model": "assistant", "user": "user"}
    turns = [{"role": roles[turn.role], "content": turn.text} for turn in request.turns]
    return [*rules, {"role": "user", "content": content}, *turns]


def notes_on(
    request: VlmRequest, prompt_frames: Sequence[PromptFrame], request_format: RequestFormat
) -> list[str]:
    """What a person should know of how the clips are sent."""
    notes = []
    clips = _video_clips(request, prompt_frames)
    if request_format.video_form == "frames" and len(clips) > 1:
        notes.append("several clips were sent as images: one request can time the frames of one video only")
    if request_format.video_form in ("clip", "input_video") and any(_uneven(one) for one in clips):
        notes.append("the video sent plays its frames evenly; their true, uneven times stand in the prompt")
    return notes


def _content(
    request: VlmRequest, prompt_frames: Sequence[PromptFrame], request_format: RequestFormat
) -> list[dict[str, Any]]:
    if _as_images(request, prompt_frames, request_format):
        parts: Sequence[str | PromptFrame | PromptClip] = frame_parts(request, prompt_frames)
    else:
        parts = clip_parts(request, prompt_frames)
    content: list[dict[str, Any]] = []
    for part in parts:
        if not isinstance(part, str):
            content.append(_media_part(request, part, request_format))
        elif content and content[-1]["type"] == "text":
            content[-1]["text"] += f"\n{part}"
        else:
            content.append(_text(part))
    return content


def _video_clips(request: VlmRequest, prompt_frames: Sequence[PromptFrame]) -> list[PromptClip]:
    """The shown clips that are no images."""
    return [part for part in prompt_clips(prompt_frames) if not request.clips[part.clip].is_image]


def _as_images(
    request: VlmRequest, prompt_frames: Sequence[PromptFrame], request_format: RequestFormat
) -> bool:
    return request_format.video_form == "images" or (
        request_format.video_form == "frames" and len(_video_clips(request, prompt_frames)) > 1
    )


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _media_part(
    request: VlmRequest, part: PromptFrame | PromptClip, request_format: RequestFormat
) -> dict[str, Any]:
    """A frame or an image as a picture, or the frames of a clip as a video."""
    clip = request.clips[part.clip]
    if clip.is_image and isinstance(part, PromptClip):
        part = part.frames[0]
    if isinstance(part, PromptFrame):
        url = f"data:image/jpeg;base64,{jpeg_base64(clip.frames[part.index], request_format.long_side_px)}"
        detail = {} if request_format.detail is None else {"detail": request_format.detail}
        return {"type": "image_url", "image_url": {"url": url, **detail}}
    frames = [clip.frames[frame.index] for frame in part.frames]
    if request_format.video_form == "frames":
        images = ",".join(jpeg_base64(frame, request_format.long_side_px) for frame in frames)
        return {"type": "video_url", "video_url": {"url": f"data:video/jpeg;base64,{images}"}}
    video = mp4_base64(frames, _rate_fps(part), request_format.long_side_px)
    if request_format.video_form == "input_video":
        return {"type": "input_video", "input_video": {"data": video}}
    return {"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{video}"}}


def _video_fields(
    request: VlmRequest, prompt_frames: Sequence[PromptFrame], request_format: RequestFormat
) -> dict[str, Any]:
    """The fields that vLLM needs so that it takes every frame, at its time, and samples none away."""
    clips = _video_clips(request, prompt_frames)
    if request_format.kind.name != "vllm" or not clips or _as_images(request, prompt_frames, request_format):
        return {}
    video_options = (
        _frame_times(request.clips[clips[0].clip], clips[0])
        if request_format.video_form == "frames"
        else {"num_frames": -1, "fps": max(map(_rate_fps, clips))}
    )
    return {"media_io_kwargs": {"video": video_options}, "mm_processor_kwargs": {"do_sample_frames": False}}


def _frame_times(clip: Clip, prompt_clip: PromptClip) -> dict[str, Any]:
    """Times of frames as vLLM takes them.

    Index / fps is a frame's time on the video's clock (Qwen3-VL and its like write that). The number of
    frames in all is the clip's alone, so that frames shown / frames in all * fps is the rate at which the
    clip was sampled (Qwen2.5-VL and its like use that), also late in a long video. `num_frames` is
    said because vLLM otherwise takes 32 and drops the rest in silence.
    """
    return {
        "num_frames": -1,
        "fps": float(_TICKS_PER_S),
        "frames_indices": [max(0, round(frame.pts_s * _TICKS_PER_S)) for frame in prompt_clip.frames],
        "total_num_frames": max(len(prompt_clip.frames), round(clip.window.duration_s * _TICKS_PER_S)),
        "duration": clip.window.duration_s,
    }


def _rate_fps(prompt_clip: PromptClip) -> float:
    """Frames a second at which a clip's shown frames play in their own time; 1 for a single moment."""
    lasts_s = prompt_clip.frames[-1].pts_s - prompt_clip.frames[0].pts_s
    return (len(prompt_clip.frames) - 1) / lasts_s if lasts_s > 0 else 1.0


def _uneven(prompt_clip: PromptClip) -> bool:
    steps_s = np.diff([frame.pts_s for frame in prompt_clip.frames])
    return bool(steps_s.size and np.ptp(steps_s) > _UNEVEN * steps_s.mean())
