"""How many visual tokens of a look the language model gets: the budget that every `TokenKeeper` keeps to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor

from playhead_index.embed.runtime import torch
from playhead_tools.compression.records import SelectedTokens
from playhead_tools.video_llm.token_selection import TokenizedClip


@dataclass(frozen=True, slots=True)
class LookBudget:
    """The most visual tokens of a look, by the number that it has.

    Args:
        ratio: most tokens kept / given, above 0 and at most 1; the words and marks around a clip's tokens
            are counted on both sides, as reports do.
        whole_tokens: a look of at most so many tokens is kept whole, and no larger one is reduced below it.

    Raises:
        ValueError: the ratio is not above 0 and at most 1, or the number is negative.

    >>> LookBudget(0.25, 2000).shares([1500, 4500], None)
    [500, 1500]
    >>> LookBudget(0.25, 2000).shares([1500], None), LookBudget(0.25, 2000).shares([16000], None)
    ([1500], [4000])
    """

    ratio: float
    whole_tokens: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.ratio <= 1:
            raise ValueError(
                f"the part of the tokens to keep must be above 0 and at most 1, got {self.ratio}"
            )
        if self.whole_tokens < 0:
            raise ValueError(f"a look has at least 0 tokens, got {self.whole_tokens}")

    def shares(self, num_tokens: Sequence[int], max_tokens: int | None) -> list[int]:
        """The most tokens of each clip of a look; a budget of all is shared in the ratio of their sizes.

        Args:
            num_tokens: of each clip, nothing left out.
            max_tokens: of all together; None for no limit.
        """
        total = sum(num_tokens)
        shares = [floor(self.ratio * number) for number in num_tokens]
        if total <= self.whole_tokens:
            shares = list(num_tokens)
        elif sum(shares) < self.whole_tokens:
            shares = [self.whole_tokens * number // total for number in num_tokens]
        kept = sum(shares)
        if max_tokens is not None and kept > max_tokens:
            shares = [max_tokens * share // kept for share in shares]
        return shares


def select_within(
    clips: Sequence[TokenizedClip],
    shares: Sequence[int],
    select: Callable[[TokenizedClip, int], SelectedTokens],
) -> list[SelectedTokens]:
    """What a rule selects of each clip, never a token that the model's own rule leaves out.

    Args:
        clips: of a look.
        shares: the most tokens of each; a clip that has no more is kept as without a keeper.
        select: gives the tokens of one clip within a budget below its size.
    """
    return [
        clip.default_tokens if share >= clip.all_tokens else _allowed(clip, select(clip, share))
        for clip, share in zip(clips, shares, strict=True)
    ]


def _allowed(clip: TokenizedClip, selected: SelectedTokens) -> SelectedTokens:
    if clip.default_indices is None:
        return selected
    mine = selected.indices[torch().isin(selected.indices, clip.default_indices)]
    return SelectedTokens(mine, selected.tokens_per_frame, selected.pts_s)
