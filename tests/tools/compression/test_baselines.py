"""Tests of what compression must beat, and of what all of it takes and gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tools.compression import slow_oracle
from tests.tools.compression.made_clips import clip_of, clips, random_clip

from playhead_index.embed.runtime import torch
from playhead_tools.compression.baselines import (
    drop_random_tokens,
    keep_uniform_frames,
    pool_tokens,
    pooled_grid,
)
from playhead_tools.compression.records import ClipTokens, SelectedFrames


@given(clips(), st.integers(0, 150), st.integers(0, 9))
@settings(deadline=None, max_examples=50)
def test_tokens_dropped_by_lot_meet_the_budget_in_order(clip: ClipTokens, budget: int, seed: int) -> None:
    kept = drop_random_tokens(clip, budget, seed)
    assert len(kept) == min(budget, len(clip) * clip.tokens_per_frame)
    assert bool((kept.indices.diff() > 0).all())


def test_the_lot_is_the_same_for_the_same_seed() -> None:
    clip = random_clip(3, 4)
    drawn = [drop_random_tokens(clip, 4, seed).indices.tolist() for seed in (0, 0, 1)]
    assert drawn == [[2, 4, 7, 9], [2, 4, 7, 9], [4, 7, 8, 11]]


def test_every_token_is_as_likely_as_any_other() -> None:
    clip = random_clip(2, 5)
    drawn = np.concatenate([drop_random_tokens(clip, 3, seed).indices.numpy() for seed in range(300)])
    assert abs(np.bincount(drawn, minlength=10) - 90).max() < 40


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 144))
@settings(deadline=None, max_examples=50)
def test_the_pooled_grid_is_the_largest_that_fits(rows: int, columns: int, most: int) -> None:
    fit = pooled_grid(rows, columns, most)
    assert fit[0] * fit[1] == slow_oracle.best_grid(rows, columns, most)


def test_pooling_takes_means_of_neighbours() -> None:
    clip = clip_of(torch().arange(8.0).reshape(1, 8, 1))
    pooled = pool_tokens(clip, 2, 4, 2)
    assert (pooled.rows, pooled.columns, pooled.tokens.flatten().tolist()) == (1, 2, [2.5, 4.5])


def test_pooling_with_room_for_everything_is_nothing_at_all() -> None:
    clip = random_clip(3, 6)
    assert pool_tokens(clip, 2, 3, 18).tokens is clip.tokens


def test_uniform_frames_are_whole_and_within_the_budget() -> None:
    kept = keep_uniform_frames(np.arange(10.0), 35, 8)
    assert kept.pts_s.tolist() == [1.0, 3.0, 6.0, 8.0]


@pytest.mark.parametrize(
    ("shape", "times", "message"),
    [((2, 3), [0.0, 1.0], "N times"), ((2, 3, 4), [0.0], "N times"), ((2, 1, 1), [1.0, 0.0], "time order")],
)
def test_a_clip_whose_parts_do_not_fit_is_refused(
    shape: tuple[int, ...], times: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ClipTokens(torch().ones(shape), np.array(times))


def test_kept_frames_that_do_not_ascend_are_refused() -> None:
    with pytest.raises(ValueError, match="must ascend"):
        SelectedFrames(np.array([1, 0]), np.zeros(2), 3, np.zeros(3))
