"""Numbers of frames become times, and only those that were shown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tools.video_llm.made_clips import clip

from playhead_index.errors import ModelOutputInvalid
from playhead_index.window import Window
from playhead_tools.video_llm.frame_citations import cited_frames, cited_window, number_frames, numbers_in

TWO = (clip(10.0, 11.0, 12.0), clip(40.0, 41.0, video_id="v2"))
SHOWN = number_frames(TWO, [np.array([0, 2]), np.array([1])])


def test_frames_are_numbered_over_all_clips_without_gaps() -> None:
    assert [(f.number, f.video_id, f.pts_s) for f in SHOWN] == [
        (1, "v1", 10.0), (2, "v1", 12.0), (3, "v2", 41.0),
    ]  # fmt: skip


def test_a_frame_stands_until_the_next_shown_one_or_the_end_of_its_clip() -> None:
    assert [f.window for f in SHOWN] == [Window(10.0, 12.0), Window(12.0, 13.0), Window(41.0, 42.0)]


def test_frames_at_the_same_time_stand_equally_long() -> None:
    shown = number_frames([clip(5.0, 5.0, 6.0)], [np.arange(3)])
    assert [f.window for f in shown] == [Window(5.0, 6.0), Window(5.0, 6.0), Window(6.0, 7.0)]


def test_numbers_become_frames_in_the_order_cited() -> None:
    assert cited_frames([3, 1, 3], SHOWN) == (SHOWN[2], SHOWN[0])
    assert [frame.pts_s for frame in cited_frames([3, 1], SHOWN)] == [41.0, 10.0]


def test_a_number_that_was_never_shown_is_refused() -> None:
    with pytest.raises(ModelOutputInvalid, match=r"cites frames \[4\]; frames 1 to 3 were shown"):
        cited_frames([1, 4], SHOWN)


@settings(deadline=None)
@given(st.integers())
def test_no_number_outside_becomes_a_frame(number: int) -> None:
    if 1 <= number <= 3:
        assert cited_frames([number], SHOWN) == (SHOWN[number - 1],)
    else:
        with pytest.raises(ModelOutputInvalid, match="cites frames"):
            cited_frames([number], SHOWN)


def test_two_numbers_are_a_window_of_their_video() -> None:
    assert cited_window(1, 2, SHOWN) == ("v1", Window(10.0, 13.0))


@pytest.mark.parametrize(("first", "last"), [(2, 1), (1, 3)], ids=["backwards", "across two clips"])
def test_no_window_is_made_of_frames(first: int, last: int) -> None:
    with pytest.raises(ModelOutputInvalid, match="no stretch of one clip"):
        cited_window(first, last, SHOWN)


TEXTS: list[tuple[str, str, tuple[int, ...]]] = [
    ("a number in brackets", "A dog [3].", (3,)),
    ("several", "[2, 7] and [1 and 4]", (2, 7, 1, 4)),
    ("a stretch", "[frames 5–7]", (5, 6, 7)),
    ("the word before it", "[Frame 12]", (12,)),
    ("a plain number is none", "There are 3 dogs at 12.0 s.", ()),
    ("a time in brackets is none", "[12.0 s] [1:15]", ()),
]


@pytest.mark.parametrize(("_", "text", "numbers"), TEXTS, ids=[row[0] for row in TEXTS])
def test_numbers_are_read_from_a_text(_: str, text: str, numbers: tuple[int, ...]) -> None:
    assert numbers_in(text) == numbers


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        ([[0, 0]], "must ascend"),
        ([[3]], "must ascend"),
        ([[-1]], "must ascend"),
        ([[]], "at least one"),
        ([], "1 clips"),
    ],
)
def test_a_wrong_choice_of_frames_is_refused(kept: list[list[int]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        number_frames(TWO[:1], [np.array(indices, dtype=np.int64) for indices in kept])
