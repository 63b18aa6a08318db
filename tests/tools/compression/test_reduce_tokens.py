"""Tests of dropping tokens that repeat the first frame of their window."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tools.compression import slow_oracle
from tests.tools.compression.made_clips import clip_of, clips, random_clip

from playhead_index.embed.runtime import torch
from playhead_tools.compression.records import ClipTokens, SelectedTokens
from playhead_tools.compression.reduce_tokens import reduce_token_stream, reduce_tokens

windows = st.integers(1, 9)
thresholds = st.sampled_from([0.5, 0.7, 0.95])


def pairs(kept: SelectedTokens) -> list[tuple[int, int]]:
    return list(zip(kept.frame_of.tolist(), kept.place_of.tolist(), strict=True))


@given(clips(), windows, thresholds)
@settings(deadline=None, max_examples=50)
def test_without_a_budget_the_threshold_decides(clip: ClipTokens, window: int, threshold: float) -> None:
    slow = [at for part in slow_oracle.stc_windows(clip.tokens.numpy(), window, threshold) for at in part]
    for compat in (False, True):
        kept = reduce_tokens(clip, window=window, threshold=threshold, reference_compat=compat)
        assert pairs(kept) == slow


@given(clips(), windows, thresholds, st.integers(0, 150))
@settings(deadline=None, max_examples=50)
def test_longvu_cuts_the_ends_of_windows(
    clip: ClipTokens, window: int, threshold: float, budget: int
) -> None:
    kept = reduce_tokens(
        clip, window=window, threshold=threshold, budget_tokens=budget, reference_compat=True
    )
    assert pairs(kept) == slow_oracle.longvu_stc(clip.tokens.numpy(), budget, window, threshold)


@given(clips(), windows, thresholds, st.integers(0, 150))
@settings(deadline=None, max_examples=50)
def test_ours_meets_the_budget_and_keeps_the_order(
    clip: ClipTokens, window: int, threshold: float, budget: int
) -> None:
    free = len(reduce_tokens(clip, window=window, threshold=threshold))
    many = len(clip) * clip.tokens_per_frame
    kept = reduce_tokens(clip, window=window, threshold=threshold, budget_tokens=budget)
    assert len(kept) == (many if many <= budget else min(free, budget))
    assert bool((kept.indices.diff() > 0).all())


@given(clips(), windows)
@settings(deadline=None, max_examples=50)
def test_a_budget_for_everything_keeps_everything(clip: ClipTokens, window: int) -> None:
    many = len(clip) * clip.tokens_per_frame
    assert reduce_tokens(clip, window=window, budget_tokens=many).indices.tolist() == list(range(many))


@given(clips(), windows, st.integers(1, 6))
@settings(deadline=None, max_examples=50)
def test_a_stream_keeps_what_the_whole_keeps(clip: ClipTokens, window: int, size: int) -> None:
    chunks = [clip.part(first, first + size) for first in range(0, len(clip), size)]
    parts = [kept.of(part.tokens) for part, kept in reduce_token_stream(chunks, window=window)]
    assert torch().equal(torch().cat(parts), reduce_tokens(clip, window=window).of(clip.tokens))


def test_the_tokens_most_like_the_first_frame_go_first() -> None:
    angles = torch().tensor([[0.0, 0.0], [0.9, 1.5], [1.2, 1.0]])
    clip = clip_of(torch().stack([angles.cos(), angles.sin()], dim=2))
    assert pairs(reduce_tokens(clip, budget_tokens=4)) == [(0, 0), (0, 1), (1, 1), (2, 0)]


def test_first_frames_alone_above_the_budget_are_thinned_evenly() -> None:
    kept = reduce_tokens(random_clip(4, 4), window=2, budget_tokens=4)
    assert pairs(kept) == [(0, 1), (0, 3), (2, 1), (2, 3)]


def test_a_newline_stays_in_first_frames_alone() -> None:
    clip = random_clip(4, 3, drift=3.0)
    clip.tokens[:, 2] = torch().ones(6).double()
    kept = reduce_tokens(clip, window=2, threshold=0.99)
    assert [frame for frame, place in pairs(kept) if place == 2] == [0, 2]


def test_a_window_of_0_is_refused() -> None:
    with pytest.raises(ValueError, match="need a window of 1 and a budget of 0 at least, got 0, None"):
        reduce_tokens(random_clip(2, 2), window=0)
