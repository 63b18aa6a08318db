"""Tests of the vector files."""

import resource
from pathlib import Path

import numpy as np
import pytest

from playhead_index.errors import DiskFull
from playhead_index.store.shards import Shards


def rows(*values: float) -> np.ndarray:
    return np.array([[value, value + 1, value + 2] for value in values], dtype=np.float32)


@pytest.fixture
def shards(tmp_path: Path) -> Shards:
    return Shards(tmp_path, "picture", 3)


def test_a_shard_gives_back_what_was_appended_batch_after_batch(shards: Shards) -> None:
    assert (shards.append("v", rows(0, 1)), shards.append("v", rows(2))) == (0, 2)
    np.testing.assert_array_equal(shards.read("v"), rows(0, 1, 2).astype(np.float16))


def test_a_video_without_a_shard_has_no_rows(shards: Shards) -> None:
    assert (shards.count("v"), shards.read("v").shape, shards.size_bytes()) == (0, (0, 3), 0)


def test_rows_cannot_be_written_to_through_what_was_read(shards: Shards) -> None:
    shards.append("v", rows(0))
    with pytest.raises(ValueError, match="read-only"):
        shards.read("v")[0, 0] = 1


def test_half_a_row_at_the_end_is_not_read_and_is_cut_off_by_the_next_append(
    shards: Shards, tmp_path: Path
) -> None:
    shards.append("v", rows(0, 1))
    with (tmp_path / "vectors/picture/v.f16").open("ab") as file:
        file.write(b"half")
    assert shards.count("v") == 2
    assert shards.append("v", rows(2)) == 2
    np.testing.assert_array_equal(shards.read("v"), rows(0, 1, 2))


@pytest.mark.parametrize(("num_rows", "left"), [(0, 0), (1, 1), (2, 2), (5, 2)])
def test_truncating_leaves_that_many_rows_at_most(shards: Shards, num_rows: int, left: int) -> None:
    shards.append("v", rows(0, 1))
    shards.truncate("v", num_rows)
    np.testing.assert_array_equal(shards.read("v"), rows(0, 1)[:left])


def test_what_was_read_stays_readable_after_the_shard_is_removed(shards: Shards) -> None:
    shards.append("v", rows(4))
    read = shards.read("v")
    shards.remove("v")
    shards.remove("v")
    assert (shards.count("v"), read[0, 0]) == (0, 4.0)


@pytest.mark.parametrize("requested", [[0, 1, 2, 4], [4, 3, 0], [2], []])
def test_chosen_rows_come_in_the_order_asked_and_lost_ones_are_no_numbers(
    shards: Shards, requested: list[int]
) -> None:
    shards.append("v", rows(0, 10, 20, 30))
    expected = np.vstack([rows(0, 10, 20, 30), np.full((1, 3), np.nan)])[requested]
    np.testing.assert_array_equal(shards.read_rows("v", np.array(requested, dtype=np.int64)), expected)
    assert np.isnan(shards.read_rows("none", np.array([0, 1]))).all()


def test_vectors_of_another_width_are_refused(shards: Shards) -> None:
    with pytest.raises(ValueError, match=r"must be \(n, 3\), got vectors.shape = \(1, 4\)"):
        shards.append("v", np.zeros((1, 4), dtype=np.float32))


def test_a_file_that_may_not_grow_any_more_says_that_the_disk_is_full(shards: Shards) -> None:
    shards.append("v", rows(0))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, hard))
    try:
        with pytest.raises(DiskFull, match="the disk is full; free space"):
            shards.append("v", rows(1, 2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert shards.append("v", rows(3)) == 1
    np.testing.assert_array_equal(shards.read("v"), rows(0, 3))
