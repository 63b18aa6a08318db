"""LongVU's own rules as a token selection for LongVU models; `token_keepers` has them for all others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.compression.longvu import HIGH_CELLS, LOW_CELLS, MixedTokens, mix_resolutions
from playhead_tools.compression.prune_frames import THRESHOLD as FRAME_THRESHOLD
from playhead_tools.compression.records import ClipTokens, SelectedTokens
from playhead_tools.compression.reduce_tokens import THRESHOLD as TOKEN_THRESHOLD
from playhead_tools.compression.reduce_tokens import reduce_tokens
from playhead_tools.compression.relevance import word_frame_scores, word_token_scores
from playhead_tools.compression.text_guided import question_focus
from playhead_tools.video_llm.loaded_model import LoadedModel
from playhead_tools.video_llm.text_guided_selection import WordVectors
from playhead_tools.video_llm.token_selection import PromptWords, TokenizedClip
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

TokenVectors = Callable[[Any], Any]
"""(W, D) tensor: the language model's own vectors of (W,) int64 tokens."""
CONTEXT_TOKENS = 8192
"""That the releases were trained on."""
ANSWER_TOKENS = 256
"""Left for an answer; LongVU's released code leaves 16, which hold none."""


@dataclass(frozen=True, slots=True)
class LongVULimits:
    """What LongVU's rules take from a model's configuration.

    Args:
        context_tokens: of prompt, clip and answer together.
        answer_tokens: of these, for the answer.
        frame_threshold: mean similarity from which a frame is redundant.
        token_threshold: cosine from which a token repeats the first frame of its window.
        cells: of the fine and the coarse grid, newlines left aside.
        pad_token_id: with `reference_compat`, a prompt counts as ending at the first of these.
        reference_compat: do as the released code does; it leaves 16 tokens for an answer, so a call that asks
            for more new tokens is cut to the context like any other and keeps fewer tokens than it would.
    """

    context_tokens: int = CONTEXT_TOKENS
    answer_tokens: int = ANSWER_TOKENS
    frame_threshold: float = FRAME_THRESHOLD
    token_threshold: float = TOKEN_THRESHOLD
    cells: tuple[int, int] = (HIGH_CELLS, LOW_CELLS)
    pad_token_id: int | None = None
    reference_compat: bool = False


def limits_of(loaded: LoadedModel) -> LongVULimits:
    """The limits of a LongVU model.

    Raises:
        ValueError: it is another model.
    """
    config = loaded.model.config
    if config.model_type != "longvu":
        raise ValueError(f"a LongVU model has two grids, got one of type {config.model_type!r}")
    compat, answer = config.reference_compat, config.inference_max_length
    return LongVULimits(
        context_tokens=config.tokenizer_model_max_length,
        answer_tokens=answer if compat else max(answer, ANSWER_TOKENS),
        frame_threshold=config.dino_threshold,
        token_threshold=config.drop_threshold,
        cells=(config.image_token_len, config.lowres_token**2),
        pad_token_id=loaded.tokenizer.pad_token_id,
        reference_compat=compat,
    )


def two_grid_tokens(llm: TransformersVideoLLM, ratio: float | None = None) -> "TwoGridTokens":
    """LongVU's rules for a LongVU model; set as its `keep`.

    Args:
        llm: nothing of it is loaded before the first call of the rules.
        ratio: most tokens kept / given; None for as many as the model's context holds.

    Raises:
        ValueError: the ratio is not above 0 and at most 1.
    """
    return TwoGridTokens(llm.token_vectors, llm.word_vectors, lambda: limits_of(llm.loaded), ratio)


@dataclass(frozen=True, slots=True)
class TwoGridTokens:
    """A `TokenKeeper` that follows LongVU's published rules (Shen et al., 2024, arXiv:2410.17434).

    Frames that look like their window go where there are too many; where the rest does not fit in the fine
    grid, the frames that fit the text best stay fine and the others become coarse; where even that is too
    much, tokens that repeat the first frame of their window go. As many tokens stay as the context has room
    for, or as the ratio or the budget allow.

    With `reference_compat` one clip is reduced exactly as the released code does it, which counts cells and
    not newlines and scores frames by all text after the clip. Otherwise every token counts, and frames are
    scored by what the question looks for.

    Args:
        token_vectors: of the model that the tokens are for.
        word_vectors: of the same, from text.
        limits: of the model, asked at each call.
        ratio: most tokens kept / given; None for as many as the context holds.

    Raises:
        ValueError: the ratio is not above 0 and at most 1.
    """

    token_vectors: TokenVectors
    word_vectors: WordVectors
    limits: Callable[[], LongVULimits] = LongVULimits
    ratio: float | None = None

    def __post_init__(self) -> None:
        if self.ratio is not None and not 0 < self.ratio <= 1:
            raise ValueError(
                f"the part of the tokens to keep must be above 0 and at most 1, got {self.ratio}"
            )

    def __call__(
        self, clips: Sequence[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> list[SelectedTokens]:
        """The tokens to keep of each clip; what the prompt has room for is shared in the ratio of sizes.

        Raises:
            TokenBudgetExceeded: not one token fits, or the text alone fills the context.
            ValueError: the prompt around the clips is not known, or a clip has one grid.
        """
        if not clips:
            return []
        limits, total = self.limits(), sum(clip.all_tokens for clip in clips)
        room = _text_room(limits, clips[0].words)
        budget = min([room, *([] if max_tokens is None else [max_tokens])])
        if self.ratio is not None:
            budget = min(budget, floor(self.ratio * total))
        spent = room - budget
        shares = [budget * clip.all_tokens // total for clip in clips]
        return [
            self._select(limits, clip, share, spent, question)
            for clip, share in zip(clips, shares, strict=True)
        ]

    def _select(
        self, limits: LongVULimits, clip: TokenizedClip, share: int, spent: int, question: str
    ) -> SelectedTokens:
        budget = share - clip.costs.around_clip - clip.costs.around_frame * len(clip.tokens)
        if budget < 1:
            raise TokenBudgetExceeded(
                f"{share} visual tokens are allowed for a clip of {len(clip.tokens)} frames; raise the budget"
                " or show fewer frames"
            )
        compat, frame_room = limits.reference_compat, _frame_room(limits, clip.words) - spent
        frames = _frames(limits, clip, frame_room)
        high, low = _two_grids(clip, frames)
        if low.tokens_per_frame >= high.tokens_per_frame:  # of pictures narrower than 1 to 8
            reduced = reduce_tokens(
                high, threshold=limits.token_threshold, budget_tokens=budget, reference_compat=compat
            )
            none = SelectedTokens(reduced.indices[:0], low.tokens_per_frame, low.pts_s)
            return _placed(clip, frames, MixedTokens(reduced, none, "low"))
        mixed = mix_resolutions(
            high, low, self._scores(limits, clip, low, question), budget,
            threshold=limits.token_threshold, reference_compat=compat, frame_room_tokens=frame_room,
            cells=limits.cells,
        )  # fmt: skip
        return _placed(clip, frames, mixed)

    def _scores(
        self, limits: LongVULimits, clip: TokenizedClip, low: ClipTokens, question: str
    ) -> NDArray[np.float64]:
        if limits.reference_compat and clip.words is not None:
            vectors = self.token_vectors(clip.words.after).to(low.tokens)
            scores = word_token_scores(low, vectors, reference_compat=True)
            return word_frame_scores(scores, reference_compat=True)
        focus = question_focus(question)
        if focus.is_global:
            return np.zeros(len(low))
        words = np.concatenate([self.word_vectors(text) for text in focus.texts])
        return word_frame_scores(word_token_scores(low, torch().from_numpy(words).to(low.tokens)))


def _text_room(limits: LongVULimits, words: PromptWords | None) -> int:
    """Visual tokens that the context holds beside the text of the prompt."""
    if words is None:
        raise ValueError("LongVU's rules need the prompt around the clips, got none")
    num_words = len(words.before) + len(words.after)
    room = limits.context_tokens - limits.answer_tokens - num_words
    if room < 1:
        raise TokenBudgetExceeded(
            f"the text of the prompt takes {num_words} tokens of a context of {limits.context_tokens}; ask a"
            " shorter question or show less of what is said"
        )
    return room


def _frame_room(limits: LongVULimits, words: PromptWords | None) -> int:
    """Visual tokens that numbers of frames are compared with: the clip's placeholder counts as text here."""
    if words is None:
        raise ValueError("LongVU's rules need the prompt around the clips, got none")
    ids = [*words.before.tolist(), None, *words.after.tolist()]
    ends = limits.reference_compat and limits.pad_token_id is not None and limits.pad_token_id in ids
    num_words = ids.index(limits.pad_token_id) if ends else len(ids)
    return limits.context_tokens - num_words - limits.answer_tokens


def _frames(limits: LongVULimits, clip: TokenizedClip, frame_room: int) -> Any:
    """(K,) int64 ascending, the frames that stay."""
    steps, num_frames = clip.default_steps, len(clip.tokens)
    max_frames = max(1, frame_room // limits.cells[1])
    fits = num_frames < max_frames or (num_frames == max_frames and not limits.reference_compat)
    if fits or len(steps) < num_frames:
        return steps
    if clip.redundant is None:
        return steps
    return (~clip.redundant).nonzero()[:, 0]


def _two_grids(clip: TokenizedClip, frames: Any) -> tuple[ClipTokens, ClipTokens]:
    """The frames in the fine and in the coarse grid."""
    if clip.fine_rows is None:
        raise ValueError("LongVU's rules need clips with two grids, got one with one")
    tokens, pts_s = clip.tokens.tokens[frames], clip.tokens.pts_s[frames.numpy()]
    return ClipTokens(tokens[:, : clip.fine_rows], pts_s), ClipTokens(tokens[:, clip.fine_rows :], pts_s)


def _placed(clip: TokenizedClip, frames: Any, mixed: MixedTokens) -> SelectedTokens:
    """What was kept of both grids, as places in the clip."""
    per_frame = clip.tokens.tokens_per_frame
    fine = frames[mixed.high.frame_of] * per_frame + mixed.high.place_of
    coarse = frames[mixed.low.frame_of] * per_frame + (clip.fine_rows or 0) + mixed.low.place_of
    return SelectedTokens(torch().sort(torch().cat([fine, coarse])).values, per_frame, clip.tokens.pts_s)
