"""A call as the body of a chat-completions request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from playhead_tools.video_llm.encoding import jpeg_base64, mp4_base64
from playhead_tools.video_llm.prompt import ShownClip, clip_parts, clips_shown, frame_parts, system_text
from playhead_tools.video_llm.protocol import Clip, ShownFrame, VlmRequest
from playhead_tools.video_llm.server_kinds import ServerKind, Structured, VideoForm, structured_fields

_TICKS_PER_S = 1000
"""Frames are told by their millisecond, so that irregular times stay true."""
_UNEVEN = 0.1


@dataclass(frozen=True, slots=True)
class Sending:
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


def request_body(asked: VlmRequest, shown: Sequence[ShownFrame], how: Sending) -> dict[str, Any]:
    """The whole request, as plain JSON types."""
    body: dict[str, Any] = {
        "model": how.model,
        "messages": messages(asked, shown, how),
        how.kind.new_tokens_field: asked.budget.new_tokens,
    }
    if how.temperature is not None:
        body["temperature"] = how.temperature
    if how.stream:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    if asked.yes_no and how.top_logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": how.top_logprobs}
    if asked.form is not None:
        schema = asked.form.model_json_schema()
        body |= structured_fields(how.structured, asked.form.__name__, schema, strict=how.kind.strict)
    return body | _video_fields(asked, shown, how) | dict(how.extra)


def messages(asked: VlmRequest, shown: Sequence[ShownFrame], how: Sending) -> list[dict[str, Any]]:
    """Rules, clips with the question, and the turns since."""
    content = _content(asked, shown, how)
    rules: list[dict[str, Any]] = [] if asked.bare else [{"role": "system", "content": system_text()}]
    if not how.system:
        rules, content = [], [_text(system_text()), *content]
    roles = {"model": "assistant", "user": "user"}
    turns = [{"role": roles[turn.role], "content": turn.text} for turn in asked.turns]
    return [*rules, {"role": "user", "content": content}, *turns]


def notes_on(asked: VlmRequest, shown: Sequence[ShownFrame], how: Sending) -> list[str]:
    """What a person should know of how the clips are sent."""
    notes = []
    clips = clips_shown(shown)
    if how.video_form == "frames" and len(clips) > 1:
        notes.append("several clips were sent as images: one request can time the frames of one video only")
    if how.video_form in ("clip", "input_video") and any(_uneven(one) for one in clips):
        notes.append("the video sent plays its frames evenly; their true, uneven times stand in the prompt")
    return notes


def _content(asked: VlmRequest, shown: Sequence[ShownFrame], how: Sending) -> list[dict[str, Any]]:
    if _as_images(shown, how):
        parts: Sequence[str | ShownFrame | ShownClip] = frame_parts(asked, shown)
    else:
        parts = clip_parts(asked, shown)
    content: list[dict[str, Any]] = []
    for part in parts:
        if not isinstance(part, str):
            content.append(_picture(asked, part, how))
        elif content and content[-1]["type"] == "text":
            content[-1]["text"] += f"\n{part}"
        else:
            content.append(_text(part))
    return content


def _as_images(shown: Sequence[ShownFrame], how: Sending) -> bool:
    return how.video_form == "images" or (how.video_form == "frames" and len(clips_shown(shown)) > 1)


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _picture(asked: VlmRequest, part: ShownFrame | ShownClip, how: Sending) -> dict[str, Any]:
    """A frame as a picture, or the frames of a clip as a video."""
    clip = asked.clips[part.clip]
    if isinstance(part, ShownFrame):
        url = f"data:image/jpeg;base64,{jpeg_base64(clip.frames[part.index], how.long_side_px)}"
        detail = {} if how.detail is None else {"detail": how.detail}
        return {"type": "image_url", "image_url": {"url": url, **detail}}
    frames = [clip.frames[frame.index] for frame in part.frames]
    if how.video_form == "frames":
        pictures = ",".join(jpeg_base64(frame, how.long_side_px) for frame in frames)
        return {"type": "video_url", "video_url": {"url": f"data:video/jpeg;base64,{pictures}"}}
    video = mp4_base64(frames, _rate_fps(part), how.long_side_px)
    if how.video_form == "input_video":
        return {"type": "input_video", "input_video": {"data": video}}
    return {"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{video}"}}


def _video_fields(asked: VlmRequest, shown: Sequence[ShownFrame], how: Sending) -> dict[str, Any]:
    """What vLLM must be told so that it takes every frame, at its time, and samples none away."""
    if how.kind.name != "vllm" or _as_images(shown, how):
        return {}
    clips = clips_shown(shown)
    told = (
        _frame_times(asked.clips[clips[0].clip], clips[0])
        if how.video_form == "frames"
        else {"num_frames": -1, "fps": max(map(_rate_fps, clips))}
    )
    return {"media_io_kwargs": {"video": told}, "mm_processor_kwargs": {"do_sample_frames": False}}


def _frame_times(clip: Clip, shown: ShownClip) -> dict[str, Any]:
    """Times of frames as vLLM takes them.

    Index / fps is a frame's time on the video's clock (Qwen3-VL and its like write that). The number of
    frames in all is the clip's alone, so that frames shown / frames in all * fps is the rate at which the
    clip was sampled (Qwen2.5-VL and its like reckon with that), also late in a long video. `num_frames` is
    said because vLLM otherwise takes 32 and drops the rest in silence.
    """
    return {
        "num_frames": -1,
        "fps": float(_TICKS_PER_S),
        "frames_indices": [max(0, round(frame.pts_s * _TICKS_PER_S)) for frame in shown.frames],
        "total_num_frames": max(len(shown.frames), round(clip.window.duration_s * _TICKS_PER_S)),
        "duration": clip.window.duration_s,
    }


def _rate_fps(shown: ShownClip) -> float:
    """Frames a second at which a clip's shown frames play in their own time; 1 for a single moment."""
    lasts_s = shown.frames[-1].pts_s - shown.frames[0].pts_s
    return (len(shown.frames) - 1) / lasts_s if lasts_s > 0 else 1.0


def _uneven(shown: ShownClip) -> bool:
    steps_s = np.diff([frame.pts_s for frame in shown.frames])
    return bool(steps_s.size and np.ptp(steps_s) > _UNEVEN * steps_s.mean())
