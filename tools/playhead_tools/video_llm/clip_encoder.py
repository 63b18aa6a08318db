"""Frames of a call are chosen, prepared and encoded, each clip only once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.compression.records import ClipTokens, upcast_half
from playhead_tools.compression.text_guided import token_importance
from playhead_tools.compression.token_ranking import rank_order
from playhead_tools.video_llm.choose_frames import frames_to_show
from playhead_tools.video_llm.clip_features import (
    ClipFeatures,
    Pixels,
    clip_key,
    encode,
    placeholder,
    prepare_pixels,
    reads_question,
    refine,
)
from playhead_tools.video_llm.feature_cache import FeatureCache
from playhead_tools.video_llm.frame_citations import number_frames
from playhead_tools.video_llm.images import num_images
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.look_limits import FrameLimit, RequestLimits
from playhead_tools.video_llm.prompt import PromptClip, prompt_clips, times_text
from playhead_tools.video_llm.protocol import FrameChooser, PromptFrame, VlmRequest
from playhead_tools.video_llm.token_spans import with_times

ClipInput = ClipFeatures | Pixels


@dataclass(frozen=True, slots=True, eq=False)
class EncodedRequest:
    """A call after the vision encoder.

    Args:
        prompt_frames: its shown frames.
        features: of each clip.
        note: why fewer frames are shown than budget and model allow; empty when they are not.
    """

    prompt_frames: tuple[PromptFrame, ...]
    features: tuple[ClipFeatures, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClipEncoder:
    """Runs a model's vision encoder on the clips of a request.

    Args:
        loaded: the model.
        cache: clips that were encoded before.
        choose: chooses frames when there are too many.
        rank: have each clip's tokens sorted too, for a `TokenKeeper`.
    """

    loaded: LoadedModel
    cache: FeatureCache
    choose: FrameChooser
    rank: bool = False

    def encode_request(self, request: VlmRequest, limits: RequestLimits) -> EncodedRequest:
        """The shown frames of a call, and what the encoder makes of each clip.

        Args:
            request: the call.
            limits: says how many of its frames may be shown.

        Raises:
            ModelUnavailable: the model takes no such frames.
            TokenBudgetExceeded: not one frame fits.
        """
        prompt_frames = self._choose_frames(request, None)
        clip_inputs = [self._prepare(request, part) for part in prompt_clips(prompt_frames)]
        allowed, reason = len(prompt_frames), ""
        limit = self._limit(limits, request, prompt_frames, clip_inputs)
        while limit.frames < len(prompt_frames):
            reason = limit.reason or reason
            prompt_frames = self._choose_frames(request, limit.frames)
            clip_inputs = [self._prepare(request, part) for part in prompt_clips(prompt_frames)]
            limit = self._limit(limits, request, prompt_frames, clip_inputs)
        parts = prompt_clips(prompt_frames)
        features = tuple(
            self._encode(request, part, one) for part, one in zip(parts, clip_inputs, strict=True)
        )
        shown = f"{len(prompt_frames)} of {allowed} frames are shown"
        return EncodedRequest(prompt_frames, features, f"{shown}: {reason} holds no more" if reason else "")

    def _limit(
        self,
        limits: RequestLimits,
        request: VlmRequest,
        prompt_frames: Sequence[PromptFrame],
        clip_inputs: Sequence[ClipInput],
    ) -> FrameLimit:
        return limits.max_frames(request, prompt_frames, clip_inputs, sum(map(self._tokens, clip_inputs)))

    def num_frames(self, request: VlmRequest) -> int:
        """Frames of a call that budget and model allow."""
        return len(self._choose_frames(request, None))

    def keys(self, request: VlmRequest, prompt_frames: tuple[PromptFrame, ...]) -> tuple[str, ...]:
        """The names of the shown clips; equal ones have equal features."""
        parts = prompt_clips(prompt_frames)
        keys = tuple(self._key(request, part) for part in parts)
        if not reads_question(self.loaded):
            return keys
        read = self.loaded.processor.instruction
        return tuple(
            f"{key} {read(request.question, len(part.frames))}" for key, part in zip(keys, parts, strict=True)
        )

    def _choose_frames(self, request: VlmRequest, max_frames: int | None) -> tuple[PromptFrame, ...]:
        """As many frames as budget and model allow; no clip has more than the model was trained on."""
        cap, images = self.loaded.family.max_frames, num_images(request)
        limits = [limit - images for limit in (request.budget.frames, max_frames) if limit is not None]
        videos = [clip for clip in request.clips if not clip.is_image]
        if cap is None or not videos or (limits and min(limits) < len(videos)):
            return frames_to_show(request, self.choose, max_frames)
        num_trained = sum(min(len(clip), cap) for clip in videos)
        share = min([cap, *(limit // len(videos) for limit in limits if num_trained > limit)])
        frame_indices = [
            np.arange(len(clip)) if len(clip) <= share else self.choose((clip,), request.question, share)[0]
            for clip in request.clips
        ]
        return number_frames(request.clips, frame_indices)

    def _prepare(self, request: VlmRequest, part: PromptClip) -> ClipInput:
        frames, pts_s, duration_s = _frames_of(request, part)
        cached = self.cache.get(self._key(request, part))
        if cached is not None:
            return cached
        is_image = request.clips[part.clip].is_image
        return prepare_pixels(self.loaded, frames, pts_s, duration_s, is_image=is_image)

    def _encode(self, request: VlmRequest, part: PromptClip, clip_input: ClipInput) -> ClipFeatures:
        features = clip_input if isinstance(clip_input, ClipFeatures) else encode(self.loaded, clip_input)
        is_final = not reads_question(self.loaded)
        if features.context is not None and not features.context_keys:
            features = replace(features, context_keys=self._context_keys(request, part, features))
        if is_final and self.rank and features.order is None:
            features = ranked(features)
        if features is not clip_input:
            self.cache.put(self._key(request, part), features)
        if is_final:
            return features
        refined = refine(self.loaded, features, request.question)
        return ranked(refined) if self.rank else refined

    def _context_keys(self, request: VlmRequest, part: PromptClip, features: ClipFeatures) -> tuple[str, ...]:
        """A name for each step of the context: that of its frame where a step is one, whatever the clip."""
        frames, pts_s, _ = _frames_of(request, part)
        if features.context_steps != len(frames):
            return tuple(f"{self._key(request, part)}/{step}" for step in range(features.context_steps))
        rows = len(features.context) // features.context_steps
        revision = f"{self.loaded.revision}/{features.modality}/{rows}"
        video_id = request.clips[part.clip].video_id
        return tuple(
            clip_key(revision, video_id, frames[i : i + 1], pts_s[i : i + 1], 0.0) for i in range(len(frames))
        )

    def _key(self, request: VlmRequest, part: PromptClip) -> str:
        clip = request.clips[part.clip]
        revision = f"{self.loaded.revision}/image" if clip.is_image else self.loaded.revision
        return clip_key(revision, clip.video_id, *_frames_of(request, part))

    def _tokens(self, clip_input: ClipInput) -> int:
        """Tokens in the clip's place and rows of context, words too, those that the model leaves out not."""
        written = len(self.loaded.tokenizer(clip_input.expansion, add_special_tokens=False)["input_ids"])
        if clip_input.default_indices is None:
            return written + self._context_tokens(clip_input)
        all_placeholders = clip_input.expansion.count(placeholder(self.loaded, clip_input.modality))
        return written - all_placeholders + len(clip_input.default_indices)

    def _context_tokens(self, clip_input: ClipInput) -> int:
        if isinstance(clip_input, ClipFeatures):
            return clip_input.num_context_tokens
        return 0 if self.loaded.family.context_is_owned else clip_input.num_context_rows


def ranked(features: ClipFeatures) -> ClipFeatures:
    """The clip with the order of its tokens; those that the model's own rule leaves out come last."""
    tokens, steps = features.tokens, _default_steps(features)
    missed = torch().full(tokens.shape[:2], -float("inf"), dtype=upcast_half(tokens[:0]).dtype)
    shown = ClipTokens(tokens[steps][:, : features.fine_rows], steps.double().numpy())
    missed[steps, : features.fine_rows] = token_importance(shown).to(missed.dtype)
    if features.default_indices is not None:
        stays = torch().zeros(missed.numel(), dtype=torch().bool)
        stays[features.default_indices] = True
        missed = missed.masked_fill(~stays.reshape(missed.shape), -float("inf"))
    return replace(features, order=rank_order(missed))


def _default_steps(features: ClipFeatures) -> Any:
    """(K,) int64 ascending, the steps that are shown without a keeper."""
    if features.default_indices is None:
        return torch().arange(features.token_steps)
    return torch().unique(features.default_indices // features.tokens.shape[1])


def step_times_s(features: ClipFeatures, part: PromptClip) -> NDArray[np.float64]:
    """(N,) the mean time of the frames of every step, seconds.

    A step is of as many frames as every other, the last one of fewer; or, where that gives another number of
    steps, of those that adaptive averaging puts there.
    """
    times_s = np.array([frame.pts_s for frame in part.frames])
    steps = features.token_steps
    together = ceil(len(times_s) / steps)
    if ceil(len(times_s) / together) != steps:
        cuts = [(i * len(times_s) // steps, -(-(i + 1) * len(times_s) // steps)) for i in range(steps)]
        return np.array([times_s[first:stop].mean() for first, stop in cuts])
    padded = np.pad(times_s, (0, together * steps - len(times_s)), mode="edge")
    means: NDArray[np.float64] = padded.reshape(steps, together).mean(axis=1)
    return means


def with_labels(loaded: LoadedModel, features: ClipFeatures, part: PromptClip, between: bool) -> str:
    """What stands in a clip's place, with numbers and times between frames where the family takes them."""
    family = loaded.family
    takes_labels = (family.relabel or (between and family.between)) and not features.is_image
    if (
        not takes_labels
        or not part.frames[0].number
        or features.modality != family.modality
        or features.steps != len(part.frames)
    ):
        return features.expansion
    pairs = zip(part.frames, times_text(part.frames), strict=True)
    start = "" if family.relabel else "\n"
    labels = [f"{start}Frame {frame.number} at {time} s: " for frame, time in pairs]
    token = placeholder(loaded, features.modality)
    return with_times(features.expansion, token, features.steps, features.tokens_per_step, family, labels)


def _frames_of(request: VlmRequest, part: PromptClip) -> tuple[NDArray[np.uint8], NDArray[np.float64], float]:
    clip = request.clips[part.clip]
    indices = [frame.index for frame in part.frames]
    if indices == list(range(len(clip))):
        return clip.frames, clip.pts_s, clip.window.duration_s
    return clip.frames[indices], clip.pts_s[indices], clip.window.duration_s
