"""Tests of the table of what a lane can search."""

import numpy as np
import pytest

from playhead_index.search.results import Scope
from playhead_index.search.searchable_rows import Block, RowTable
from playhead_index.window import Window


def block(first_id: int, count: int) -> Block:
    """Frames of two seconds each, from 0 s."""
    starts_s = np.arange(count) * 2.0
    return Block(np.arange(first_id, first_id + count), np.arange(count), starts_s, starts_s + 2)


TABLE = RowTable.of_blocks({"late": block(100, 4), "none": block(0, 0), "early": block(10, 3)})


def test_rows_of_a_video_stand_together_and_empty_videos_are_left_out() -> None:
    assert (TABLE.video_ids, TABLE.ids.tolist()) == (("late", "early"), [100, 101, 102, 103, 10, 11, 12])
    assert [TABLE.video_of(i) for i in (0, 3, 4, 6)] == ["late", "late", "early", "early"]
    assert (TABLE.window(5), len(TABLE.block("none"))) == (Window(2, 4), 0)


def test_positions_are_found_by_id_in_any_order() -> None:
    assert TABLE.positions(np.array([12, 100, 77])).tolist() == [6, 0, -1]


@pytest.mark.parametrize(
    ("scope", "positions"),
    [
        pytest.param(Scope(), None, id="everything"),
        pytest.param(Scope(("early",)), [4, 5, 6], id="one video"),
        pytest.param(Scope(("early", "late", "early")), [0, 1, 2, 3, 4, 5, 6], id="two videos, one twice"),
        pytest.param(Scope(("none", "unheard of")), [], id="videos without rows"),
        pytest.param(Scope(None, Window(3, 6)), [1, 2, 5, 6], id="a stretch of each video"),
        pytest.param(Scope(("late",), Window(2, 4)), [1], id="rows that only touch the stretch are outside"),
        pytest.param(Scope(("late",), Window(90, 99)), [], id="a stretch behind the end"),
    ],
)
def test_a_scope_holds_the_rows_that_share_time_with_it(scope: Scope, positions: list[int] | None) -> None:
    found = TABLE.in_scope(scope)
    assert (found if found is None else found.tolist()) == positions


def test_arrays_of_a_block_must_be_of_one_length() -> None:
    with pytest.raises(ValueError, match=r"must be of one length, got \[0, 1\]"):
        Block(np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(1), np.zeros(1))
