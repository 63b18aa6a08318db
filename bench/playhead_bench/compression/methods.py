"""The compared methods: each selects tokens of a clip for a question within a budget."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from playhead_bench.compression.encode_clips import EncodedClip, Guidance
from playhead_bench.nano.vlm_model import COLUMNS, ROWS
from playhead_index.embed.runtime import torch
from playhead_tools.compression.baselines import drop_random_tokens, keep_uniform_frames, pooled_grid
from playhead_tools.compression.budget_plan import TYPICAL_PART, TokenCosts
from playhead_tools.compression.frame_selection import Rule, uniform_frames
from playhead_tools.compression.longvu import mix_resolutions
from playhead_tools.compression.prune_frames import prune_frames
from playhead_tools.compression.records import ClipTokens
from playhead_tools.compression.text_guided import select_guided_tokens
from playhead_tools.video_llm.clip_features import ClipFeatures

COARSE = (4, 5)
"""Rows and columns of LongVU's coarse grid here: 20 of 45 cells, as 64 of 144 there."""
TRAINED_STEPS = 4
"""Nano-vlm was trained on clips of so many steps, eight frames."""
SEED = 0
Grid = tuple[int, int]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class TokenSelection:
    """The tokens of a clip that a method selects.

    Args:
        features: of the clip; a method that averages tokens puts the averages in their places.
        indices: (K,) int64 tensor, ascending places of the tokens that are shown.
    """

    features: ClipFeatures
    indices: Any


Method = Callable[[EncodedClip, Guidance, int], TokenSelection | None]
"""Takes a clip, the guidance of a question and a budget of visual tokens; None when nothing fits."""


def complete_frames(
    clip: EncodedClip, guidance: Guidance, budget: int, *, max_steps: int | None = None
) -> TokenSelection | None:
    """Evenly spread steps, whole; where not all fit, at most so many."""
    tokens_per_step = clip.tokens.tokens_per_frame
    if max_steps is not None and budget < clip.given_tokens:
        budget = min(budget, max_steps * tokens_per_step)
    at = keep_uniform_frames(clip.tokens.pts_s, budget, tokens_per_step).indices
    return TokenSelection(clip.features, _cells(at, np.arange(tokens_per_step))) if len(at) else None


def pooled(clip: EncodedClip, guidance: Guidance, budget: int) -> TokenSelection | None:
    """Every step averaged down to the largest grid that fits; averages stand amid what they cover."""
    count = len(clip.tokens)
    if budget < count:
        return None
    grid = pooled_grid(ROWS, COLUMNS, budget // count)
    every = np.arange(count)
    return TokenSelection(with_averages(clip.features, every, grid), _cells(every, cell_centres(grid)))


def random_tokens(clip: EncodedClip, guidance: Guidance, budget: int) -> TokenSelection | None:
    """Random tokens."""
    return TokenSelection(clip.features, drop_random_tokens(clip.tokens, budget, SEED).indices)


def longvu(
    clip: EncodedClip, guidance: Guidance, budget: int, *, reference_compat: bool = False
) -> TokenSelection | None:
    """LongVU's three rules: frames pruned, resolution by the question, spatial reduction where it must be.

    Frames are pruned by nano-dino's vectors; the question's words choose which of the rest stay fine. With
    `reference_compat` as the released code does all that, with its cases distinguished by its own grids.
    """
    if budget >= clip.given_tokens:
        return TokenSelection(clip.features, torch().arange(clip.given_tokens))
    tokens_per_step = clip.tokens.tokens_per_frame
    appearance = ClipTokens(clip.appearance, clip.tokens.pts_s)
    room = budget // tokens_per_step
    at = prune_frames(appearance, room_frames=room, reference_compat=reference_compat).indices
    coarse = cell_centres(COARSE)
    averaged = with_averages(clip.features, np.arange(len(clip.tokens)), COARSE)
    high = clip.tokens.frames(at)
    low = ClipTokens(averaged.tokens[torch().from_numpy(at)][:, torch().from_numpy(coarse)], high.pts_s)
    scores = (guidance.released_word_scores if reference_compat else guidance.word_scores)[at]
    mixed = mix_resolutions(high, low, scores, budget, reference_compat=reference_compat)
    if not len(mixed):
        return None
    frames = torch().from_numpy(at)
    fine = frames[mixed.high.frame_of] * tokens_per_step + mixed.high.place_of
    coarse_places = (
        frames[mixed.low.frame_of] * tokens_per_step + torch().from_numpy(coarse)[mixed.low.place_of]
    )
    averages = with_averages(clip.features, at[np.unique(mixed.low.frame_of.numpy())], COARSE)
    return TokenSelection(averages, torch().sort(torch().cat([fine, coarse_places])).values)


def guided_tokens(
    clip: EncodedClip,
    guidance: Guidance,
    budget: int,
    *,
    by: Literal["pictures", "words"] = "pictures",
    typical_part: float = TYPICAL_PART,
    rule: Rule = "inverse_cdf",
    max_steps: int | None = None,
) -> TokenSelection | None:
    """Budgets from the question, the tokens of each step from the ranking that no question changes.

    Where not all fit, at most `max_steps` are shown, chosen by `rule`.
    """
    step_limit = len(clip.tokens) if max_steps is None or budget >= clip.given_tokens else max_steps
    scores = guidance.image_scores if by == "pictures" else guidance.word_scores
    selection = select_guided_tokens(
        clip.order, scores, clip.tokens.pts_s, TokenCosts(clip.tokens.tokens_per_frame), budget,
        is_global=guidance.is_global, rule=rule, typical_part=typical_part, max_steps=step_limit,
    )  # fmt: skip
    return TokenSelection(clip.features, selection.indices)


METHODS: Mapping[str, Method] = {
    "uniform frames": complete_frames,
    "uniform pooling": pooled,
    "random tokens": random_tokens,
    "LongVU as released": partial(longvu, reference_compat=True),
    "LongVU": longvu,
    "ours, by words": partial(guided_tokens, by="words"),
    "ours, by pictures": guided_tokens,
}
"""By the names that tables and plots give them."""
_LIMITED: dict[str, Any] = {"rule": "best", "typical_part": 1.0, "max_steps": TRAINED_STEPS}
LIMITED: Mapping[str, Method] = {
    "uniform, 8 frames": partial(complete_frames, max_steps=TRAINED_STEPS),
    "ours, 8 frames": partial(guided_tokens, **_LIMITED),
}
"""Of long clips, never more frames than nano-vlm was trained on, however many the budget holds."""


def cell_centres(grid: Grid) -> Places:
    """The places, in a whole grid, of the cells in the middle of what each cell of a coarser grid covers."""
    down, across = uniform_frames(ROWS, grid[0]), uniform_frames(COLUMNS, grid[1])
    return np.asarray((down[:, None] * COLUMNS + across[None, :]).ravel(), dtype=np.int64)


def with_averages(features: ClipFeatures, steps: Places, grid: Grid) -> ClipFeatures:
    """Features with averages of a coarser grid in some steps, at its `cell_centres`; deeper ones too."""
    if grid == (ROWS, COLUMNS) or not len(steps):
        return features
    at = _cells(steps, cell_centres(grid))

    def averaged(rows: Any) -> Any:
        cells = rows.reshape(features.steps, ROWS, COLUMNS, -1)[torch().from_numpy(steps)]
        means = torch().nn.functional.adaptive_avg_pool2d(cells.permute(0, 3, 1, 2), grid)
        new = rows.clone()
        new[at] = means.permute(0, 2, 3, 1).flatten(0, 2)
        return new

    return replace(
        features, rows=averaged(features.rows), deep=tuple(averaged(deep) for deep in features.deep)
    )


def _cells(steps: Places, places: Places) -> Any:
    """(K,) int64 tensor, some places of some steps, ascending."""
    at = (steps[:, None] * (ROWS * COLUMNS) + places[None, :]).ravel()
    return torch().from_numpy(np.asarray(at, dtype=np.int64))
