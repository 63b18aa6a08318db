"""Selection of visual tokens for the language model: the protocol of text-guided compression."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from playhead_index.embed.runtime import torch
from playhead_tools.compression.budget_plan import TokenCosts
from playhead_tools.compression.records import ClipTokens, SelectedTokens, all_tokens
from playhead_tools.video_llm.prompt import PromptClip
from playhead_tools.video_llm.protocol import Clip


@dataclass(frozen=True, slots=True, eq=False)
class PromptWords:
    """The words of a prompt around its clips, as tokens.

    Args:
        before: (B,) int64, up to the last clip, without the placeholders of features.
        after: (A,) int64, after the last clip: the question, and what ends the prompt.
    """

    before: Any
    after: Any


@dataclass(frozen=True, slots=True, eq=False)
class TokenizedClip:
    """A clip of a call after the vision encoder, for a `TokenKeeper`.

    Args:
        clip: as it was given.
        prompt_clip: which of its frames were encoded, with their numbers in the prompt.
        tokens: (N, T, D) features with the time of each step; a step is a frame, or the frames that the model
            joins into one, at their mean time.
        costs: what the tokens cost, the words around them counted.
        order: (N, T) int64, the places of each step's tokens, those first that would be missed most; no
            question changes it, it is computed once a clip and cached with it.
        all_tokens: what the clip takes without a keeper, the words and marks around its tokens counted.
        default_indices: (K,) int64 ascending, the tokens that the model's own rule keeps; None for all.
        fine_rows: how many of a step's T tokens are its fine grid, see `ClipFeatures`; None for one grid.
        redundant: (N,) bool, steps that the model's own rule leaves out when there are too many, see there.
        words: the prompt around the clips; None where it is not written yet.
    """

    clip: Clip
    prompt_clip: PromptClip
    tokens: ClipTokens
    costs: TokenCosts
    order: Any
    all_tokens: int
    default_indices: Any = None
    fine_rows: int | None = None
    redundant: Any = None
    words: PromptWords | None = None

    @property
    def default_steps(self) -> Any:
        """(K,) int64 ascending, the steps of which any token is kept without a keeper."""
        if self.default_indices is None:
            return torch().arange(len(self.tokens))
        return torch().unique(torch().as_tensor(self.default_indices) // self.tokens.tokens_per_frame)

    @property
    def shown(self) -> "TokenizedClip":
        """The clip of only `default_steps` in their finest grid, for rules that know of one grid."""
        if self.default_indices is None and self.fine_rows is None:
            return self
        steps = self.default_steps
        finest = ClipTokens(self.tokens.tokens[steps][:, : self.fine_rows], self.tokens.pts_s[steps.numpy()])
        order = None if self.order is None else self.order[steps][:, : self.fine_rows]
        return replace(self, tokens=finest, order=order, default_indices=None, fine_rows=None, redundant=None)

    def placed(self, selected: SelectedTokens) -> SelectedTokens:
        """What was selected of `shown`, as tokens of this clip, without those that no default shows.

        Args:
            selected: of `shown`.
        """
        if self.default_indices is None and self.fine_rows is None:
            return selected
        per_step = self.tokens.tokens_per_frame
        indices = self.default_steps[selected.frame_of] * per_step + selected.place_of
        if self.default_indices is not None:
            indices = indices[torch().isin(indices, torch().as_tensor(self.default_indices))]
        return SelectedTokens(indices, per_step, self.tokens.pts_s)

    @property
    def default_tokens(self) -> SelectedTokens:
        """The tokens that are kept without a keeper."""
        if self.default_indices is None:
            return all_tokens(self.tokens)
        return SelectedTokens(
            torch().as_tensor(self.default_indices), self.tokens.tokens_per_frame, self.tokens.pts_s
        )


class TokenKeeper(Protocol):
    """Chooses the tokens that a question needs."""

    def __call__(
        self, clips: Sequence[TokenizedClip], question: str, max_tokens: int | None, /
    ) -> Sequence[SelectedTokens]:
        """The tokens to keep of each clip, ascending; together at most `max_tokens` as `costs` count them.

        A step that keeps none is not shown at all: what is written around its tokens goes too.
        """
        ...
