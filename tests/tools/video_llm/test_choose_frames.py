"""Which frames are shown within a budget."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tools.video_llm.made_clips import clip, vlm_request

from playhead_index.errors import TokenBudgetExceeded
from playhead_tools.video_llm.choose_frames import choose_evenly, frames_to_show, max_frames_in_budget
from playhead_tools.video_llm.protocol import Budget

TEN = clip(*map(float, range(10)))


def test_frames_are_spread_evenly() -> None:
    assert [k.tolist() for k in choose_evenly([TEN], "", 3)] == [[1, 5, 8]]


def test_two_clips_share_by_their_length() -> None:
    assert [k.tolist() for k in choose_evenly([TEN, clip(0.0, 1.0)], "", 6)] == [[1, 3, 5, 7, 9], [1]]


@settings(deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=4), st.integers(1, 60))
def test_an_even_choice_keeps_the_budget_and_the_order(lengths: list[int], max_frames: int) -> None:
    clips = [clip(*map(float, range(n))) for n in lengths]
    kept = choose_evenly(clips, "", max_frames)
    assert sum(map(len, kept)) == min(max_frames, sum(lengths))
    assert all(
        (np.diff(k) > 0).all() and (k >= 0).all() and (k < n).all()
        for k, n in zip(kept, lengths, strict=True)
    )


def test_all_frames_are_shown_within_the_budget() -> None:
    assert len(frames_to_show(vlm_request(TEN))) == 10


def test_the_smaller_of_both_limits_holds() -> None:
    assert len(frames_to_show(vlm_request(TEN, budget=Budget(frames=6)), max_frames=4)) == 4


def test_a_chooser_that_keeps_too_many_is_refused() -> None:
    with pytest.raises(ValueError, match="2 frames may be shown, the chooser kept 10"):
        frames_to_show(
            vlm_request(TEN, budget=Budget(frames=2)), lambda clips, question, max_frames: [np.arange(10)]
        )


def test_visual_tokens_limit_the_frames() -> None:
    assert max_frames_in_budget(vlm_request(budget=Budget(visual_tokens=100)), 30) == 3


def test_a_budget_below_one_frame_is_refused() -> None:
    with pytest.raises(TokenBudgetExceeded, match="20 visual tokens are allowed and one frame takes 30"):
        max_frames_in_budget(vlm_request(budget=Budget(visual_tokens=20)), 30)
