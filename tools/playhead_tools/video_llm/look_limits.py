"""How many frames and visual tokens a call may take: its budget, the model's context, and free memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, Protocol

from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.video_llm.chat_template import prompt_text
from playhead_tools.video_llm.clip_features import ClipFeatures, Pixels
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.model_memory import (
    ModelSize,
    Precision,
    cache_bytes,
    context_row_bytes,
    context_tokens,
    encode_patches_bytes,
    largest_prompt,
    model_size,
    prefill_bytes,
)
from playhead_tools.video_llm.protocol import PromptFrame, VlmRequest

USABLE = 0.95
"""Part of the free memory that a call plans with; the rest is for what the allocator cannot join."""
REPLY_SHARE = 4
"""A quarter of a context is left for the reply, or all the new tokens where they are fewer."""


@dataclass(frozen=True, slots=True)
class TokenLimit:
    """The most visual tokens of a call, and why not more.

    Args:
        tokens: the most.
        reason: for a note of the report; empty where the budget of the call is the limit.
        may_refuse: not one frame is shown where it does not fit; else one frame is tried.
        given: visual tokens that the frames take.
        is_context: the context of the model is the limit.
    """

    tokens: int
    reason: str = ""
    may_refuse: bool = True
    given: int = 0
    is_context: bool = False

    @property
    def note(self) -> str:
        """What to say of tokens that had to be left out; empty where the budget of the call is the limit."""
        if not self.reason or self.tokens >= self.given:
            return ""
        return f"at most {self.tokens} of {self.given} visual tokens are kept: {self.reason} holds no more"


@dataclass(frozen=True, slots=True)
class FrameLimit:
    """The most frames of a call, and why not more."""

    frames: int
    reason: str = ""


class RequestLimits(Protocol):
    """Says how many of the frames of a request may be shown."""

    def max_frames(
        self,
        request: VlmRequest,
        prompt_frames: Sequence[PromptFrame],
        clip_inputs: Sequence[ClipFeatures | Pixels],
        num_tokens: int,
        /,
    ) -> FrameLimit:
        """At most so many frames; `len(prompt_frames)` or more when all of them may be shown.

        Raises:
            TokenBudgetExceeded: not one frame fits.
        """
        ...


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """What a loaded model can take.

    Args:
        context: tokens of prompt and reply together; None where it is not stated.
        size: for the arithmetic of memory; None where the configuration does not state it.
        precision: of its numbers.
    """

    context: int | None
    size: ModelSize | None
    precision: Precision

    @classmethod
    def of(cls, loaded: LoadedModel) -> "ModelLimits":
        """The limits that configuration and tokenizer of a model state."""
        config: dict[str, Any] = loaded.model.config.to_dict()
        try:
            size = model_size(config)
        except ValueError:
            size = None
        is_eager = getattr(loaded.model.config, "_attn_implementation", "") == "eager"
        precision = Precision(loaded.model.dtype.itemsize, is_eager=is_eager)
        stated = getattr(loaded.tokenizer, "model_max_length", None)
        return cls(context_tokens(config, None if stated is None else int(stated)), size, precision)

    def max_prompt_tokens(self, new_tokens: int) -> int | None:
        """The longest prompt that leaves room for a reply in the context; None without a limit."""
        return None if self.context is None else self.context - self.reply_tokens(new_tokens)

    def reply_tokens(self, new_tokens: int) -> int:
        """Tokens of the context that are kept free for the reply."""
        if self.context is None:
            return new_tokens
        return min(new_tokens, max(1, self.context // REPLY_SHARE))

    def new_tokens(self, new_tokens: int, prompt_tokens: int) -> int:
        """Tokens that may be generated behind a prompt."""
        return new_tokens if self.context is None else max(1, min(new_tokens, self.context - prompt_tokens))

    @property
    def context_row_bytes(self) -> int:
        """What a row of cross-attention takes: its keys and values, cached and packed for the call."""
        return 0 if self.size is None else 2 * context_row_bytes(self.size, self.precision)

    def prompt_bytes(self, prompt_tokens: int, new_tokens: int, known_tokens: int = 0) -> int:
        """What keys, values and prefill of a prompt take; 0 where the sizes are not known.

        Args:
            prompt_tokens: of the prompt.
            new_tokens: that may follow.
            known_tokens: of the prompt, whose keys and values are copied from an earlier call.
        """
        if self.size is None:
            return 0
        cache = cache_bytes(self.size, prompt_tokens + new_tokens, self.precision)
        return cache + prefill_bytes(self.size.text, prompt_tokens - known_tokens, self.precision)


@dataclass(frozen=True, slots=True)
class LookLimits:
    """`RequestLimits` by budget, context and free memory.

    Args:
        loaded: the model.
        limits: what it can take.
        free: bytes that the call may take; None where it is not known.
        fit_tokens: show so few frames that all their tokens fit; else a `TokenKeeper` chooses among the
            tokens, and only what the vision encoder takes limits the frames.
        spare_tokens: of the prompt, kept free beside what is counted here.
    """

    loaded: LoadedModel
    limits: ModelLimits
    free: int | None
    fit_tokens: bool
    spare_tokens: int = 0

    def max_frames(
        self,
        request: VlmRequest,
        prompt_frames: Sequence[PromptFrame],
        clip_inputs: Sequence[ClipFeatures | Pixels],
        num_tokens: int,
        /,
    ) -> FrameLimit:
        """At most so many frames; all of them when they fit.

        Raises:
            TokenBudgetExceeded: not one frame fits the budget or the context.
        """
        shown = len(prompt_frames)
        encoded = self._frames_to_encode(shown, clip_inputs)
        limits = self._token_limits(request, prompt_frames) if self.fit_tokens else []
        if self.loaded.family.fits_context and self.limits.context is not None and not self.spare_tokens:
            num_tokens = min(num_tokens, self.limits.context)
            limits = [limit for limit in limits if not limit.is_context]
        fitting = [encoded]
        for limit in (one for one in limits if num_tokens > one.tokens):
            frames = min(shown - 1, shown * max(0, limit.tokens) // num_tokens)
            if frames < 1 and limit.may_refuse:
                raise TokenBudgetExceeded(_refusal(request, limit, shown, num_tokens))
            fitting.append(FrameLimit(max(1, frames), limit.reason))
        return min(fitting, key=lambda one: one.frames)

    def _token_limits(self, request: VlmRequest, prompt_frames: Sequence[PromptFrame]) -> list[TokenLimit]:
        """The most visual tokens of a call with these frames, by budget, context and memory."""
        limits = []
        if (budget := request.budget.visual_tokens) is not None:
            limits.append(TokenLimit(budget))
        new_tokens = self.limits.reply_tokens(request.budget.new_tokens)
        room = self.limits.max_prompt_tokens(request.budget.new_tokens) if self.in_sequence else None
        holds = self._prompt_that_memory_holds(new_tokens)
        if room is not None or holds is not None:
            text = self._text_tokens(request, prompt_frames) + self.spare_tokens
            if room is not None:
                reason = f"the context of {self.limits.context} tokens"
                limits.append(TokenLimit(room - text, reason, is_context=True))
            if holds is not None and self.free is not None:
                reason = f"{_amount(self.free)} of free memory"
                rows = self._context_that_memory_holds(text + len(prompt_frames), new_tokens)
                tokens = holds - text if rows is None else rows
                limits.append(TokenLimit(tokens, reason, may_refuse=False))
        return limits

    @property
    def in_sequence(self) -> bool:
        """Whether visual tokens stand in the sequence; rows of cross-attention take no place there."""
        return self.loaded.visual_keys is None or self.loaded.family.context_is_owned

    def _context_that_memory_holds(self, prompt_tokens: int, new_tokens: int) -> int | None:
        """Rows of cross-attention that memory holds beside a prompt; None for tokens in the sequence."""
        if self.in_sequence or self.free is None or not self.limits.context_row_bytes:
            return None
        left = int(self.free * USABLE) - self.limits.prompt_bytes(prompt_tokens, new_tokens)
        return max(0, left) // self.limits.context_row_bytes

    def kept_tokens(
        self, request: VlmRequest, prompt_frames: Sequence[PromptFrame], num_tokens: int
    ) -> TokenLimit | None:
        """The most visual tokens that a `TokenKeeper` may keep; None without a limit.

        Args:
            request: the call.
            prompt_frames: its shown frames.
            num_tokens: that these take.

        Raises:
            TokenBudgetExceeded: the context leaves room for none.
        """
        num_clips = len({frame.clip for frame in prompt_frames})
        one_frame_each = ceil(num_tokens / len(prompt_frames)) * num_clips
        limits = []
        for limit in self._token_limits(request, prompt_frames):
            if limit.may_refuse and limit.tokens < 1:
                raise TokenBudgetExceeded(_refusal(request, limit, len(prompt_frames), num_tokens))
            tokens = limit.tokens if limit.may_refuse else max(limit.tokens, one_frame_each)
            limits.append(replace(limit, tokens=tokens, given=num_tokens))
        return min(limits, key=lambda one: one.tokens, default=None)

    def _prompt_that_memory_holds(self, new_tokens: int) -> int | None:
        if self.free is None or self.limits.size is None:
            return None
        return largest_prompt(self.limits.size, int(self.free * USABLE), new_tokens, self.limits.precision)

    def _text_tokens(self, request: VlmRequest, prompt_frames: Sequence[PromptFrame]) -> int:
        """Tokens of the prompt without those in the places of its clips."""
        text = prompt_text(self.loaded, request, prompt_frames)
        num_clips = len({frame.clip for frame in prompt_frames})
        return len(self.loaded.tokenizer(text)["input_ids"]) - num_clips

    def _frames_to_encode(self, shown: int, clip_inputs: Sequence[ClipFeatures | Pixels]) -> FrameLimit:
        """The frames that the vision encoder has memory for; one at least is tried."""
        size = self.limits.size
        if self.free is None or size is None or not size.towers:
            return FrameLimit(shown)
        taken = max((self._encoder_bytes(one) for one in clip_inputs if isinstance(one, Pixels)), default=0)
        if taken <= (usable := int(self.free * USABLE)):
            return FrameLimit(shown)
        reason = f"{_amount(self.free)} of free memory"
        return FrameLimit(max(1, min(shown - 1, shown * usable // taken)), reason)

    def _encoder_bytes(self, pixels: Pixels) -> int:
        assert self.limits.size is not None
        numbers = sum(tensor.numel() for name, tensor in pixels.inputs.items() if "pixel_values" in name)
        held = numbers * self.limits.precision.dtype_bytes
        work = [
            encode_patches_bytes(
                tower,
                numbers // (3 * tower.frames_per_patch * tower.patch_px**2),
                pixels.frames,
                self.limits.precision,
            )
            for tower in self.limits.size.towers
        ]
        return int(held + max(work))


def _amount(num_bytes: int) -> str:
    """Bytes for people.

    >>> _amount(1_250_000_000), _amount(5_300_000)
    ('1.2 GB', '5 MB')
    """
    return f"{num_bytes / 1e9:.1f} GB" if num_bytes >= 1e9 else f"{num_bytes / 1e6:.0f} MB"


def _refusal(request: VlmRequest, limit: TokenLimit, shown: int, num_tokens: int) -> str:
    if not limit.reason:
        return (
            f"{limit.tokens} visual tokens are allowed and {shown} frames take {num_tokens}; raise"
            " budget.visual_tokens, show smaller frames, or keep only some of their tokens"
        )
    return (
        f"{limit.reason} leaves {max(0, limit.tokens)} tokens for frames and {shown} take {num_tokens}: not"
        f" one fits beside the text and {request.budget.new_tokens} new tokens; shorten the text, ask for"
        " fewer new tokens, or keep only some of the visual tokens"
    )
