"""Tests of importance that does not ask the question, and of the pruning built on it by others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tools.compression import slow_oracle
from tests.tools.compression.made_clips import clip_of, clips, random_clip

from playhead_index.embed.runtime import torch
from playhead_tools.compression.importance import novelty_scores, static_last, vcast_scores, vidcom2_scores
from playhead_tools.compression.published_methods import keep_changed, keep_distinct
from playhead_tools.compression.records import ClipTokens, SelectedTokens

ratios = st.sampled_from([0.05, 0.1, 0.25, 0.35, 0.5, 0.9, 1.0])


def kept_pairs(kept: SelectedTokens) -> set[tuple[int, int]]:
    return set(zip(kept.frame_of.tolist(), kept.place_of.tolist(), strict=True))


@pytest.mark.parametrize(
    ("fast", "slow"), [(vidcom2_scores, slow_oracle.vidcom2), (vcast_scores, slow_oracle.vcast)]
)
@given(clip=clips(max_frames=8, max_tokens=5))
@settings(deadline=None, max_examples=20)
def test_scores_are_those_of_the_formula(fast, slow, clip: ClipTokens) -> None:  # type: ignore[no-untyped-def]
    for got, expected in zip(fast(clip), slow(clip.tokens.numpy()), strict=True):
        assert np.allclose(got.numpy(), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("fast", "slow"), [(keep_distinct, slow_oracle.vidcom2_kept), (keep_changed, slow_oracle.evs_kept)]
)
@given(seed=st.integers(0, 10**6), frames=st.integers(1, 8), keep_ratio=ratios)
@settings(deadline=None, max_examples=20)
def test_peers_keep_the_tokens_of_their_rules(fast, slow, seed: int, frames: int, keep_ratio: float) -> None:  # type: ignore[no-untyped-def]
    clip = random_clip(frames, 5, seed=seed)
    assert kept_pairs(fast(clip, keep_ratio)) == slow(clip.tokens.numpy(), keep_ratio)


@pytest.mark.parametrize("scores", [vidcom2_scores, vcast_scores])
def test_equal_frames_are_scored_alike(scores) -> None:  # type: ignore[no-untyped-def]
    clip = random_clip(4, 5)
    twice = clip_of(torch().cat([clip.tokens, clip.tokens[1:2]]))
    importance, _ = scores(twice)
    assert torch().equal(importance[1], importance[4])


@given(clips(), ratios)
@settings(deadline=None, max_examples=20)
def test_peers_keep_all_at_1_and_never_more_than_their_part(clip: ClipTokens, keep_ratio: float) -> None:
    many, width = len(clip), clip.tokens_per_frame
    assert len(keep_distinct(clip, keep_ratio)) == max(many, int(many * width * keep_ratio))
    assert len(keep_changed(clip, keep_ratio)) == max(width, int(many * width * keep_ratio))
    assert keep_distinct(clip, 1.0).keep_ratio == keep_changed(clip, 1.0).keep_ratio == 1.0


def test_ties_go_to_the_earlier_token() -> None:
    still = clip_of(torch().ones(3, 4, 2))
    assert keep_changed(still, 0.5).indices.tolist() == [0, 1, 2, 3, 4, 5]
    assert keep_distinct(still, 0.5).counts.tolist() == [2, 2, 2]


def test_a_token_that_turned_round_is_new() -> None:
    clip = clip_of(torch().tensor([[[1.0, 0.0], [1.0, 0.0]], [[-1.0, 0.0], [2.0, 0.0]]]))
    assert novelty_scores(clip).tolist() == [[float("inf")] * 2, [2.0, 0.0]]


def test_static_tokens_come_last_in_their_own_order() -> None:
    importance = torch().tensor([[0.1, 0.9, 0.5, 0.7]])
    novelty = torch().tensor([[0.5, 0.0, 0.5, 0.0]])
    order = torch().argsort(static_last(importance, novelty), dim=1, descending=True)
    assert order.tolist() == [[2, 0, 1, 3]]


def test_a_ratio_of_0_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0 and at most 1, got 0"):
        keep_changed(random_clip(2, 2), 0)
