"""Tests of dropping frames that look like the rest of their window."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tools.compression import slow_oracle
from tests.tools.compression.made_clips import clip_of, clips, random_clip

from playhead_index.embed.runtime import torch
from playhead_tools.compression.prune_frames import prune_frame_stream, prune_frames
from playhead_tools.compression.records import ClipTokens, join_selected


@given(clips(max_frames=40), st.integers(1, 17), st.sampled_from([0.5, 0.83, 0.95]))
@settings(deadline=None, max_examples=30)
def test_kept_frames_are_those_of_the_formula(clip: ClipTokens, window: int, threshold: float) -> None:
    kept = prune_frames(clip, window=window, threshold=threshold)
    assert kept.indices.tolist() == slow_oracle.pruned_frames(clip.tokens.numpy(), window, threshold)
    assert kept.pts_s.tolist() == clip.pts_s[kept.indices].tolist()


@given(clips(max_frames=40), st.lists(st.integers(1, 9), min_size=1, max_size=12))
@settings(deadline=None, max_examples=30)
def test_a_stream_keeps_what_the_whole_keeps(clip: ClipTokens, sizes: list[int]) -> None:
    ends = [*(end for end in np.cumsum(sizes).tolist() if end < len(clip)), len(clip)]
    chunks = [clip.part(first, end) for first, end in zip([0, *ends[:-1]], ends, strict=True)]
    streamed = join_selected(list(prune_frame_stream(chunks, window=5)))
    whole = prune_frames(clip, window=5)
    assert streamed.indices.tolist() == whole.indices.tolist()
    assert streamed.scores.tolist() == whole.scores.tolist()


def test_a_stream_holds_no_more_than_a_window() -> None:
    given_out: list[int] = []

    def chunks():  # type: ignore[no-untyped-def]
        for first in range(0, 12, 2):
            given_out.append(first)
            yield random_clip(12, 3).part(first, first + 2)

    next(iter(prune_frame_stream(chunks(), window=4)))
    assert given_out == [0, 2]


def test_of_frames_that_are_all_equal_the_middle_of_each_window_stays() -> None:
    still = clip_of(torch().ones(20, 3, 4))
    assert prune_frames(still, window=16).indices.tolist() == [8, 18]


def test_frames_that_differ_all_stay() -> None:
    assert len(prune_frames(clip_of(torch().eye(8).reshape(8, 1, 8)))) == 8


@pytest.mark.parametrize(("compat", "kept"), [(False, 20), (True, 2)], ids=["ours", "LongVU"])
def test_as_many_frames_as_there_is_room_for(compat: bool, kept: int) -> None:
    still = clip_of(torch().ones(20, 3, 4))
    assert len(prune_frames(still, room_frames=20, reference_compat=compat)) == kept


@pytest.mark.parametrize(("compat", "kept"), [(False, [0, 1, 2, 3, 4]), (True, [2])], ids=["ours", "LongVU"])
def test_a_frame_of_zeros_among_others(compat: bool, kept: list[int]) -> None:
    frames = torch().eye(5).reshape(5, 1, 5)
    frames[0] = 0.0
    assert prune_frames(clip_of(frames), reference_compat=compat).indices.tolist() == kept


def test_longvu_thins_many_kept_frames_to_400() -> None:
    clip = random_clip(450, 1, seed=3)
    kept = prune_frames(clip, threshold=2.0, reference_compat=True)
    expected = slow_oracle.longvu_pruned(clip.tokens.numpy(), 1, 2.0)
    assert kept.indices.tolist() == expected
    assert len(kept) == 400


def test_longvu_rounds_as_the_features_do() -> None:
    clip = clip_of(random_clip(16, 2, drift=0.2).tokens.bfloat16())
    rows = clip.tokens.flatten(1, 2)
    rows = rows / torch().norm(rows, dim=1, keepdim=True)
    expected = torch().mean(rows @ rows.T, dim=1).double().numpy()
    expected[8] = 0
    assert prune_frames(clip, reference_compat=True).scores.tolist() == expected.tolist()


def test_a_feature_that_is_no_number_is_refused() -> None:
    frames = torch().ones(4, 1, 2)
    frames[1] = float("nan")
    with pytest.raises(ValueError, match="must be finite"):
        prune_frames(clip_of(frames))
