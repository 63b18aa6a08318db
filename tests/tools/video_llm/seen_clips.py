"""Clips of noise for tiny models, and a keeper that keeps what it is told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from playhead_index.embed.runtime import torch
from playhead_index.window import Window
from playhead_tools.compression.records import SelectedTokens
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.protocol import Budget, Clip, VlmRequest
from playhead_tools.video_llm.token_selection import TokenizedClip
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM


def noise(frames: int, start_s: float = 10.0, video_id: str = "v1", height: int = 16) -> Clip:
    """Frames of noise, two a second."""
    pts_s = start_s + np.arange(frames) * 0.5
    pixels = np.random.default_rng(frames).integers(0, 256, (frames, height, 24, 3), dtype=np.uint8)
    return Clip(video_id, Window(start_s, start_s + frames * 0.5), pts_s, pixels)


def vlm_request(*clips: Clip, question: str = "What is it?", **budget: Any) -> VlmRequest:
    """A question with few new tokens."""
    return VlmRequest(clips or (noise(4),), question, Budget(**{"new_tokens": 3, **budget}))


class Places:
    """Keeps the same places of every clip's tokens, those that there are."""

    def __init__(self, *places: int) -> None:
        self.places = places
        self.seen: list[TokenizedClip] = []

    def __call__(
        self, clips: Sequence[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        self.seen += clips
        most = [clip.tokens.tokens.shape[0] * clip.tokens.tokens_per_frame for clip in clips]
        return [
            SelectedTokens(
                torch().tensor([place for place in self.places if place < end], dtype=torch().int64),
                clip.tokens.tokens_per_frame,
                clip.tokens.pts_s,
            )
            for clip, end in zip(clips, most, strict=True)
        ]


def exact(folder: Path, **how: Any) -> TransformersVideoLLM:
    """The model in double precision."""
    return TransformersVideoLLM(folder, loading=LoadOptions(device="cpu", dtype="float64"), **how)


def logits(model: Any, inputs: dict[str, Any]) -> Any:
    """(B, L, V) of a forward pass."""
    with torch().inference_mode():
        return model(**inputs).logits
