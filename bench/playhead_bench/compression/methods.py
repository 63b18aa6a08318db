"""The methods that are compared: each keeps tokens of a clip for a question, never more than the budget."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from playhead_bench.compression.looking import Guide, Look
from playhead_bench.nano.vlm import COLUMNS, ROWS
from playhead_index.embed.runtime import torch
from playhead_tools.compression.baselines import drop_random_tokens, keep_uniform_frames, pooled_grid
from playhead_tools.compression.choose import Rule, uniform_frames
from playhead_tools.compression.guided import keep_guided
from playhead_tools.compression.longvu import mix_resolutions
from playhead_tools.compression.plan import TYPICAL_PART, TokenCosts
from playhead_tools.compression.prune import prune_frames
from playhead_tools.compression.records import ClipTokens
from playhead_tools.video_llm.encoded import ClipFeatures

COARSE = (4, 5)
"""Rows and columns of LongVU's coarse grid here: 20 of 45 cells, as 64 of 144 there."""
TRAINED_STEPS = 4
"""Nano-vlm was trained on clips of so many steps, eight frames."""
SEED = 0
Grid = tuple[int, int]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What a method shows of a clip.

    Args:
        features: of the clip; a method that averages tokens puts the averages in their places.
        indices: (K,) int64 tensor, ascending places of the tokens that are shown.
    """

    features: ClipFeatures
    indices: Any


Method = Callable[[Look, Guide, int], Kept | None]
"""Of a clip, what the question says about it, and a budget of visual tokens; None when nothing fits."""


def whole_frames(look: Look, guide: Guide, budget: int, *, most_steps: int | None = None) -> Kept | None:
    """Evenly spread steps, whole; where not all fit, at most so many."""
    wide = look.tokens.tokens_per_frame
    if most_steps is not None and budget < look.given_tokens:
        budget = min(budget, most_steps * wide)
    at = keep_uniform_frames(look.tokens.pts_s, budget, wide).indices
    return Kept(look.features, _cells(at, np.arange(wide))) if len(at) else None


def pooled(look: Look, guide: Guide, budget: int) -> Kept | None:
    """Every step averaged down to the largest grid that fits; averages stand amid what they cover."""
    many = len(look.tokens)
    if budget < many:
        return None
    grid = pooled_grid(ROWS, COLUMNS, budget // many)
    every = np.arange(many)
    return Kept(with_averages(look.features, every, grid), _cells(every, middles(grid)))


def by_lot(look: Look, guide: Guide, budget: int) -> Kept | None:
    """Tokens by lot."""
    return Kept(look.features, drop_random_tokens(look.tokens, budget, SEED).indices)


def longvu(look: Look, guide: Guide, budget: int, *, reference_compat: bool = False) -> Kept | None:
    """LongVU's three rules: frames pruned, resolution by the question, spatial reduction where it must be.

    Frames are pruned by nano-dino's vectors; the question's words choose which of the rest stay fine. With
    `reference_compat` as the released code does all that, its cases told apart by the cells of its own grids.
    """
    if budget >= look.given_tokens:
        return Kept(look.features, torch().arange(look.given_tokens))
    wide = look.tokens.tokens_per_frame
    seen = ClipTokens(look.appearance, look.tokens.pts_s)
    room = budget // wide
    at = prune_frames(seen, room_frames=room, reference_compat=reference_compat).indices
    coarse = middles(COARSE)
    averaged = with_averages(look.features, np.arange(len(look.tokens)), COARSE)
    high = look.tokens.frames(at)
    low = ClipTokens(averaged.tokens[torch().from_numpy(at)][:, torch().from_numpy(coarse)], high.pts_s)
    scores = (guide.by_words_released if reference_compat else guide.by_words)[at]
    mixed = mix_resolutions(high, low, scores, budget, reference_compat=reference_compat)
    if not len(mixed):
        return None
    frames = torch().from_numpy(at)
    fine = frames[mixed.high.frame_of] * wide + mixed.high.place_of
    rough = frames[mixed.low.frame_of] * wide + torch().from_numpy(coarse)[mixed.low.place_of]
    averages = with_averages(look.features, at[np.unique(mixed.low.frame_of.numpy())], COARSE)
    return Kept(averages, torch().sort(torch().cat([fine, rough])).values)


def ours(
    look: Look,
    guide: Guide,
    budget: int,
    *,
    by: Literal["pictures", "words"] = "pictures",
    typical_part: float = TYPICAL_PART,
    rule: Rule = "inverse_cdf",
    most_steps: int | None = None,
) -> Kept | None:
    """Budgets from the question, the tokens of each step from the ranking that no question changes.

    Where not all fit, at most `most_steps` are shown, chosen by `rule`.
    """
    most = len(look.tokens) if most_steps is None or budget >= look.given_tokens else most_steps
    scores = guide.by_pictures if by == "pictures" else guide.by_words
    kept = keep_guided(
        look.order, scores, look.tokens.pts_s, TokenCosts(look.tokens.tokens_per_frame), budget,
        of_the_whole=guide.of_the_whole, rule=rule, typical_part=typical_part, most_steps=most,
    )  # fmt: skip
    return Kept(look.features, kept.indices)


METHODS: Mapping[str, Method] = {
    "uniform frames": whole_frames,
    "uniform pooling": pooled,
    "random tokens": by_lot,
    "LongVU as released": partial(longvu, reference_compat=True),
    "LongVU": longvu,
    "ours, by words": partial(ours, by="words"),
    "ours, by pictures": ours,
}
"""By the names that tables and plots give them."""
_LIMITED: dict[str, Any] = {"rule": "best", "typical_part": 1.0, "most_steps": TRAINED_STEPS}
LIMITED: Mapping[str, Method] = {
    "uniform, 8 frames": partial(whole_frames, most_steps=TRAINED_STEPS),
    "ours, 8 frames": partial(ours, **_LIMITED),
}
"""Of long clips, never more frames than nano-vlm was trained on, however many the budget holds."""


def middles(grid: Grid) -> Places:
    """The places, in a whole grid, of the cells in the middle of what each cell of a coarser grid covers."""
    down, across = uniform_frames(ROWS, grid[0]), uniform_frames(COLUMNS, grid[1])
    return np.asarray((down[:, None] * COLUMNS + across[None, :]).ravel(), dtype=np.int64)


def with_averages(features: ClipFeatures, steps: Places, grid: Grid) -> ClipFeatures:
    """Features of which some steps hold the averages of a coarser grid, at its `middles`; deeper ones too."""
    if grid == (ROWS, COLUMNS) or not len(steps):
        return features
    at = _cells(steps, middles(grid))

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
