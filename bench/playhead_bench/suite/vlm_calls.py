"""Shared by the VLM benchmarks: clips, a model with random weights, the stock path, token selection."""

import ctypes
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch, transformers
from playhead_index.window import Window
from playhead_tools.compression.baselines import drop_random_tokens
from playhead_tools.compression.budget_plan import TokenCosts, plan_tokens
from playhead_tools.compression.frame_selection import uniform_frames
from playhead_tools.compression.importance import vidcom2_scores
from playhead_tools.compression.published_methods import keep_distinct
from playhead_tools.compression.records import ClipTokens, SelectedTokens
from playhead_tools.compression.relevance import word_frame_scores, word_token_scores
from playhead_tools.compression.token_ranking import RankedTokens, rank_tokens
from playhead_tools.video_llm.chat_template import prompt_text
from playhead_tools.video_llm.choose_frames import frames_to_show
from playhead_tools.video_llm.clip_features import metadata_of
from playhead_tools.video_llm.first_token import FirstTokenProbe
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.protocol import Budget, Clip, VlmRequest
from playhead_tools.video_llm.token_selection import TokenizedClip, TokenKeeper
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM, greedy_config

FPS = 2.0


class RandomWeightsVideoLLM(TransformersVideoLLM):
    """The product's video-LLM with a model in memory in place of a checkpoint.

    Args:
        loaded: the model.
        how: as `TransformersVideoLLM`.
    """

    def __init__(self, loaded: LoadedModel, **config: Any) -> None:
        super().__init__("made", **config)
        self._random_model = loaded
        self._marks: list[float] = []

    @property
    def loaded(self) -> LoadedModel:
        """The model."""
        return self._random_model

    @property
    def decode_s(self) -> float:
        """Seconds of the last call from its first new token to the end, by `clock`."""
        return self._marks[-1] - self._marks[-2]

    def _settle(self) -> None:
        super()._settle()
        self._marks.append(clock()())


def clock() -> Callable[[], float]:
    """Processor time on the processor, which others' work there does not change; wall clock with a GPU."""
    return synchronised_time if torch().cuda.is_available() else process_time


def synchronised_time() -> float:
    """Seconds on the wall clock, once the GPU has done what it was given."""
    torch().cuda.synchronize()
    return perf_counter()


def moving_clip(frames: int, side_px: int, *, number: int = 0) -> Clip:
    """A clip in which a square of noise moves over a frame of noise, two frames a second."""
    rng = np.random.default_rng(number)
    still = rng.integers(0, 256, (side_px, side_px, 3), dtype=np.uint8)
    part = side_px // 3
    square = rng.integers(0, 256, (part, part, 3), dtype=np.uint8)
    frames_rgb = np.repeat(still[None], frames, axis=0)
    for i, frame in enumerate(frames_rgb):
        x = i * (side_px - part) // max(1, frames - 1)
        frame[part : 2 * part, x : x + part] = square
    pts_s = np.arange(frames) / FPS
    return Clip(f"clip{number}", Window(0.0, frames / FPS), pts_s, frames_rgb)


def make_request(*clips: Clip, question: int = 0, new_tokens: int = 1) -> VlmRequest:
    """One of many questions about clips; all frames are shown."""
    text = f"What is the square doing when it passes place number {question}?"
    return VlmRequest(clips, text, Budget(frames=None, new_tokens=new_tokens))


def run_stock(loaded: LoadedModel, calls: Sequence[VlmRequest]) -> tuple[Any, float]:
    """What transformers alone makes of calls in one padded batch, each of one clip.

    Returns:
        (B, L) tokens of prompts and replies, and seconds from the first new token to the end, by `clock`.
    """
    inputs = stock_inputs(loaded, calls)
    now, marks = clock(), list[float]()
    first = FirstTokenProbe(None, lambda: marks.append(now()))
    max_new_tokens = max(call.budget.new_tokens for call in calls)
    config = greedy_config(loaded.model.generation_config, loaded.tokenizer, max_new_tokens)
    with torch().inference_mode():
        out = loaded.model.generate(
            **inputs, generation_config=config, logits_processor=transformers().LogitsProcessorList([first])
        )
    return out, now() - marks[0]


def stock_inputs(loaded: LoadedModel, calls: Sequence[VlmRequest]) -> dict[str, Any]:
    """The processor's own tensors for calls of one clip each, padded on the left."""
    clips = [call.clips[0] for call in calls]
    inputs = loaded.processor(
        text=[prompt_text(loaded, call, frames_to_show(call)) for call in calls],
        videos=[torch().from_numpy(clip.frames).permute(0, 3, 1, 2) for clip in clips],
        videos_kwargs={
            "do_sample_frames": False,
            "return_tensors": "pt",
            "video_metadata": [metadata_of(clip.pts_s, clip.window.duration_s) for clip in clips],
        },
        text_kwargs={"return_tensors": "pt", "padding": True},
    )
    inputs.pop("video_metadata", None)
    return {
        name: value.to(loaded.device, loaded.model.dtype if value.is_floating_point() else None)
        for name, value in inputs.items()
    }


class Guided:
    """Token selection of the product: budgets by the question's words, tokens by one ranking a clip.

    Args:
        ratio: of the visual tokens that are kept.
        words: the language model's own vectors of a text's words.
    """

    def __init__(self, ratio: float, words: Callable[[str], NDArray[np.float32]]) -> None:
        self.ratio, self.words = ratio, words
        self._ranked: dict[tuple[str, int], RankedTokens] = {}

    def __call__(
        self, clips: Sequence[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        """The tokens to keep of each clip."""
        words = torch().from_numpy(self.words(question))
        return [self._of(seen, words) for seen in clips]

    def _of(self, seen: TokenizedClip, words: Any) -> SelectedTokens:
        clip = seen.tokens
        key = seen.clip.video_id, len(clip)
        if key not in self._ranked:
            self._ranked[key] = rank_tokens(clip, vidcom2_scores(clip)[0])
        scores = word_frame_scores(word_token_scores(clip, words.to(clip.tokens.dtype)))
        budget = max(1, round(self.ratio * len(clip) * clip.tokens_per_frame))
        plan = plan_tokens(scores, clip.pts_s, TokenCosts(clip.tokens_per_frame), budget)
        counts = np.zeros(len(clip), dtype=np.int64)
        counts[plan.frames.indices] = plan.counts
        return self._ranked[key].select(counts)[1]


def keep_distinct_tokens(ratio: float) -> TokenKeeper:
    """Token selection without the question (VidCom2's), so that the prefix of the prompt stays the same."""

    def keep(
        clips: Sequence[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        return [keep_distinct(seen.tokens, ratio) for seen in clips]

    return keep


def keep_random(ratio: float) -> TokenKeeper:
    """Selects random tokens."""

    def keep(
        clips: Sequence[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        every = [seen.tokens for seen in clips]
        return [
            drop_random_tokens(one, max(1, round(ratio * len(one) * one.tokens_per_frame)), 0)
            for one in every
        ]

    return keep


def keep_same_number(tokens: int) -> TokenKeeper:
    """Selects the same number of tokens of every clip, however long, spread over its steps."""

    def keep(
        clips: Sequence[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        return [_even(seen.tokens, tokens) for seen in clips]

    return keep


def _even(clip: ClipTokens, tokens: int) -> SelectedTokens:
    every = len(clip) * clip.tokens_per_frame
    places = uniform_frames(every, min(tokens, every))
    return SelectedTokens(torch().from_numpy(places), clip.tokens_per_frame, clip.pts_s)


def peak_mb(task: Callable[[], object]) -> float | None:
    """MB above what was taken before that a task needs at its worst; None where the system does not tell."""
    if torch().cuda.is_available():
        torch().cuda.empty_cache()
        torch().cuda.reset_peak_memory_stats()
        before = torch().cuda.memory_allocated()
        task()
        return float(torch().cuda.max_memory_allocated() - before) / 2**20
    if not os.access("/proc/self/clear_refs", os.W_OK):
        return None
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)  # what was freed goes back, else the next peak hides in it
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark begins anew
    before_mb = _status_mb("VmRSS")
    task()
    return _status_mb("VmHWM") - before_mb


def _status_mb(name: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"/proc/self/status names no {name}")
