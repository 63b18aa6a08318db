"""Strips in a prompt: clips whose many frames keep 1 to 4 tokens each, most of them without words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.embed.runtime import torch
from playhead_tools.compression.records import SelectedTokens
from playhead_tools.compression.strip_plan import plan_strip
from playhead_tools.compression.token_ranking import RankedTokens
from playhead_tools.video_llm.prompt_rows import ClipPlacement, Row
from playhead_tools.video_llm.token_selection import TokenizedClip


@dataclass(frozen=True, slots=True, eq=False)
class StripSelection:
    """What a strip shows.

    Args:
        tokens: of its steps.
        bare_steps: (M,) int64 ascending, the steps whose words are left out.
        used_tokens: of the strip, words and marks counted.
    """

    tokens: SelectedTokens
    bare_steps: NDArray[np.int64]
    used_tokens: int


def select_strip(clip: TokenizedClip) -> StripSelection:
    """The best tokens of each step of a strip, as many as `Clip.strip_frames` of its frames take whole.

    The words that come once with the clip count as the strip's, so that a strip and a clip of so many fewer
    frames take no more than the clip of all.

    Args:
        clip: with the order of its tokens.
    """
    shown, costs = clip.shown, clip.costs
    frames_per_step = ceil(len(clip.prompt_clip.frames) / len(clip.tokens))
    whole_steps = ceil(clip.clip.strip_frames / frames_per_step)
    whole_cost = whole_steps * (costs.tokens_per_frame + costs.around_frame)
    budget = max(whole_cost, costs.around_clip + costs.around_frame + 1)  # one token at least
    plan = plan_strip(shown.tokens.pts_s, costs, budget)
    ranked = RankedTokens((), shown.order, costs.tokens_per_frame, shown.tokens.pts_s)
    tokens = clip.placed(ranked.select(plan.counts(len(shown.tokens)))[1])
    labelled = clip.default_steps.numpy()[plan.steps[plan.labelled]]
    bare = np.setdiff1d(np.arange(len(clip.tokens)), labelled)
    return StripSelection(tokens, bare, plan.used_tokens)


def without_words(row: Row, steps: Mapping[int, NDArray[np.int64]]) -> Row:
    """A prompt without the words around some steps; their visual tokens stay.

    Places in time, height and width stay what they were in the whole prompt, as `prune_row` keeps them.

    Args:
        row: the whole prompt.
        steps: for each clip, by its index in the row, the steps that lose their words.
    """
    dropped = [
        column
        for at, bare in steps.items()
        for step in bare.tolist()
        for column in row.clips[at].around[step]
    ]
    if not dropped:
        return row
    keep_mask = torch().ones(len(row.ids), dtype=torch().bool)
    keep_mask[torch().tensor(dropped, dtype=torch().int64)] = False
    column = keep_mask.cumsum(0) - 1
    clips = tuple(
        _moved(placement, column, set(steps[at].tolist()) if at in steps else set())
        for at, placement in enumerate(row.clips)
    )
    return replace(
        row,
        ids=row.ids[keep_mask],
        positions=None if row.positions is None else row.positions[:, keep_mask],
        clips=clips,
        types={name: kinds[keep_mask] for name, kinds in row.types.items()},
    )


def _moved(placement: ClipPlacement, column: Any, bare: set[int]) -> ClipPlacement:
    """A clip's placement after columns were dropped, without the words of its bare steps."""
    around = tuple(
        () if step in bare else tuple(int(column[word]) for word in words)
        for step, words in enumerate(placement.around)
    )
    num_dropped = sum(len(words) for step, words in enumerate(placement.around) if step in bare)
    return replace(
        placement, columns=column[placement.columns], around=around,
        all_tokens=placement.all_tokens - num_dropped,
    )  # fmt: skip
