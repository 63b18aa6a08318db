"""Tests of tokens sorted by importance, and of what a budget takes of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tools.compression.made_clips import clip_of, clips, random_clip

from playhead_index.embed.runtime import torch
from playhead_tools.compression.importance import vcast_scores
from playhead_tools.compression.records import ClipTokens
from playhead_tools.compression.token_ranking import rank_tokens


@given(clips(), st.integers(0, 10**6))
@settings(deadline=None, max_examples=50)
def test_what_is_taken_are_rows_of_the_clip_in_the_clips_order(clip: ClipTokens, seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, clip.tokens_per_frame + 1, len(clip))
    (rows,), kept = rank_tokens(clip, vcast_scores(clip)[0]).select(counts)
    assert kept.counts.tolist() == counts.tolist()
    assert bool((kept.indices.diff() > 0).all())
    assert torch().equal(rows, kept.of(clip.tokens))


@given(clips(), st.integers(0, 10**6))
@settings(deadline=None, max_examples=50)
def test_a_smaller_budget_takes_a_part_of_what_a_larger_one_takes(clip: ClipTokens, seed: int) -> None:
    ranked = rank_tokens(clip, vcast_scores(clip)[0])
    large = np.random.default_rng(seed).integers(0, clip.tokens_per_frame + 1, len(clip))
    (_, small_kept), (_, large_kept) = ranked.select(large // 2), ranked.select(large)
    assert set(small_kept.indices.tolist()) <= set(large_kept.indices.tolist())


@given(clips())
@settings(deadline=None, max_examples=50)
def test_whole_frames_come_back_as_they_were(clip: ClipTokens) -> None:
    ranked = rank_tokens(clip, vcast_scores(clip)[0])
    (rows,), kept = ranked.select(np.full(len(clip), clip.tokens_per_frame))
    assert torch().equal(rows, clip.tokens.flatten(0, 1))
    assert kept.keep_ratio == 1.0


def test_the_most_important_tokens_are_taken_and_of_equal_ones_the_first() -> None:
    ranked = rank_tokens(random_clip(1, 4), torch().tensor([[1.0, 5.0, 1.0, 5.0]]))
    assert ranked.select(np.array([3]))[1].place_of.tolist() == [0, 1, 3]


def test_what_goes_beside_the_tokens_is_taken_alike() -> None:
    clip = random_clip(2, 3)
    (rows, beside), _ = rank_tokens(clip, vcast_scores(clip)[0], clip.tokens * 2).select(np.array([1, 2]))
    assert torch().equal(beside, rows * 2)


def test_a_cut_keeps_the_best_and_knows_their_places() -> None:
    clip = random_clip(3, 5)
    ranked = rank_tokens(clip, torch().arange(15.0).reshape(3, 5))
    cut = ranked.truncate(2)
    assert cut.select(np.array([1, 2, 0]))[1].indices.tolist() == [4, 8, 9]
    assert cut.size_bytes == ranked.size_bytes * 2 // 5


def test_frames_of_a_ranking_keep_their_times() -> None:
    ranked = rank_tokens(random_clip(4, 2), torch().zeros(4, 2)).frames(np.array([1, 3]))
    assert ranked.select(np.array([1, 1]))[1].times_s.tolist() == [0.5, 1.5]


@pytest.mark.parametrize(("weight", "place"), [(0.0, 2), (1.0, 1), (0.5, 1)])
def test_a_question_may_change_which_token_is_taken(weight: float, place: int) -> None:
    clip = clip_of(torch().tensor([[[1.0], [2.0], [3.0]]]))
    ranked = rank_tokens(clip, torch().tensor([[1.0, 2.0, 3.0]]))
    fits = torch().tensor([[0.0, 9.0, 1.0]])  # of the tokens as stored: places 2, 1, 0
    assert ranked.guided_by(fits, weight).select(np.array([1]))[1].place_of.tolist() == [place]


@given(clips())
@settings(deadline=None, max_examples=50)
def test_at_weight_0_the_question_changes_nothing(clip: ClipTokens) -> None:
    ranked = rank_tokens(clip, vcast_scores(clip)[0])
    assert torch().equal(ranked.guided_by(-ranked.tensors[0][:, :, 0], 0.0).order, ranked.order)


def test_more_tokens_than_are_stored_are_refused() -> None:
    ranked = rank_tokens(random_clip(1, 4), torch().zeros(1, 4)).truncate(2)
    with pytest.raises(ValueError, match=r"need 1 counts from 0 to 2, got \[3\]"):
        ranked.select(np.array([3]))
