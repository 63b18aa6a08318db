"""Frames of a call are chosen, prepared and encoded, each clip only once."""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.compression.guided import missed_most
from playhead_tools.compression.ranking import rank_order
from playhead_tools.compression.records import ClipTokens
from playhead_tools.video_llm.choose_frames import frames_to_show
from playhead_tools.video_llm.encoded import (
    ClipFeatures,
    Pixels,
    clip_key,
    encode,
    placeholder,
    prepare_pixels,
)
from playhead_tools.video_llm.feature_cache import FeatureCache
from playhead_tools.video_llm.frame_citations import shown_frames
from playhead_tools.video_llm.loading import Loaded
from playhead_tools.video_llm.prompt import ShownClip, clips_shown, times_text
from playhead_tools.video_llm.protocol import FrameChooser, ShownFrame, VlmRequest
from playhead_tools.video_llm.spans import with_times

Looked = ClipFeatures | Pixels


@dataclass(frozen=True, slots=True)
class Looker:
    """Shows frames to a model's vision encoder.

    Args:
        loaded: the model.
        cache: clips that were encoded before.
        choose: chooses frames when there are too many.
        rank: have each clip's tokens sorted too, for who leaves some out.
    """

    loaded: Loaded
    cache: FeatureCache
    choose: FrameChooser
    rank: bool = False

    def look(
        self, asked: VlmRequest, *, fit_tokens: bool
    ) -> tuple[tuple[ShownFrame, ...], tuple[ClipFeatures, ...]]:
        """The shown frames of a call, and what the encoder makes of each clip.

        Args:
            asked: the call.
            fit_tokens: show so few frames that all their tokens keep the budget; else somebody chooses among
                the tokens later.

        Raises:
            ModelUnavailable: the model takes no such frames.
            TokenBudgetExceeded: not one frame fits the visual tokens.
        """
        shown = self._shown(asked, None)
        looked = [self._prepared(asked, part) for part in clips_shown(shown)]
        budget = asked.budget.visual_tokens if fit_tokens else None
        while budget is not None and (total := sum(map(self._tokens, looked))) > budget:
            most = min(len(shown) - 1, len(shown) * budget // total)
            if most < 1:
                raise TokenBudgetExceeded(
                    f"{budget} visual tokens are allowed and {len(shown)} frames take {total}; raise"
                    " budget.visual_tokens, show smaller frames, or keep only some of their tokens"
                )
            shown = self._shown(asked, most)
            looked = [self._prepared(asked, part) for part in clips_shown(shown)]
        parts = clips_shown(shown)
        return shown, tuple(self._encoded(asked, part, one) for part, one in zip(parts, looked, strict=True))

    def keys(self, asked: VlmRequest, shown: tuple[ShownFrame, ...]) -> tuple[str, ...]:
        """The names of the shown clips; equal ones have equal features."""
        return tuple(self._key(asked, part) for part in clips_shown(shown))

    def _shown(self, asked: VlmRequest, most: int | None) -> tuple[ShownFrame, ...]:
        """As many frames as budget and model allow; no clip has more than the model was trained on."""
        cap = self.loaded.family.most_frames
        limits = [limit for limit in (asked.budget.frames, most) if limit is not None]
        if cap is None or (limits and min(limits) < len(asked.clips)):
            return frames_to_show(asked, self.choose, most)
        share = min([cap, *(limit // len(asked.clips) for limit in limits)])
        kept = [
            np.arange(len(clip)) if len(clip) <= share else self.choose((clip,), asked.question, share)[0]
            for clip in asked.clips
        ]
        return shown_frames(asked.clips, kept)

    def _prepared(self, asked: VlmRequest, part: ShownClip) -> Looked:
        frames, pts_s, lasts_s = _taken(asked, part)
        known = self.cache.get(self._key(asked, part))
        return prepare_pixels(self.loaded, frames, pts_s, lasts_s) if known is None else known

    def _encoded(self, asked: VlmRequest, part: ShownClip, looked: Looked) -> ClipFeatures:
        features = looked if isinstance(looked, ClipFeatures) else encode(self.loaded, looked)
        if self.rank and features.order is None:
            features = ranked(features)
        if features is not looked:
            self.cache.put(self._key(asked, part), features)
        return features

    def _key(self, asked: VlmRequest, part: ShownClip) -> str:
        return clip_key(self.loaded.revision, asked.clips[part.clip].video_id, *_taken(asked, part))

    def _tokens(self, looked: Looked) -> int:
        """Tokens that stand in the clip's place, words and marks too, those that the model leaves out not."""
        written = len(self.loaded.tokenizer(looked.expansion, add_special_tokens=False)["input_ids"])
        if looked.own is None:
            return written
        all_placeholders = looked.expansion.count(placeholder(self.loaded, looked.modality))
        return written - all_placeholders + len(looked.own)


def ranked(features: ClipFeatures) -> ClipFeatures:
    """The clip with the order of its tokens; those that the model's own rule leaves out come last."""
    missed = missed_most(ClipTokens(features.tokens, np.arange(features.steps, dtype=np.float64)))
    if features.own is not None:
        stays = torch().zeros(missed.numel(), dtype=torch().bool)
        stays[features.own] = True
        missed = missed.masked_fill(~stays.reshape(missed.shape), -float("inf"))
    return replace(features, order=rank_order(missed))


def step_times_s(features: ClipFeatures, part: ShownClip) -> NDArray[np.float64]:
    """(N,) the mean time of the frames of every step, seconds."""
    times_s = np.array([frame.pts_s for frame in part.frames])
    together = ceil(len(times_s) / features.steps)
    padded = np.pad(times_s, (0, together * features.steps - len(times_s)), mode="edge")
    means: NDArray[np.float64] = padded.reshape(features.steps, together).mean(axis=1)
    return means


def with_labels(loaded: Loaded, features: ClipFeatures, part: ShownClip, between: bool) -> str:
    """What stands in a clip's place, with numbers and times between frames where the family takes them."""
    family = loaded.family
    wanted = family.relabel or (between and family.between)
    if not wanted or features.modality != family.modality or features.steps != len(part.frames):
        return features.expansion
    pairs = zip(part.frames, times_text(part.frames), strict=True)
    start = "" if family.relabel else "\n"
    labels = [f"{start}Frame {frame.number} at {time} s: " for frame, time in pairs]
    token = placeholder(loaded, features.modality)
    return with_times(features.expansion, token, features.steps, features.tokens_per_step, family, labels)


def _taken(asked: VlmRequest, part: ShownClip) -> tuple[NDArray[np.uint8], NDArray[np.float64], float]:
    clip = asked.clips[part.clip]
    indices = [frame.index for frame in part.frames]
    if indices == list(range(len(clip))):
        return clip.frames, clip.pts_s, clip.window.duration_s
    return clip.frames[indices], clip.pts_s[indices], clip.window.duration_s
