"""Tests of the exact time of a change between two sampled pictures."""

from pathlib import Path

import numpy as np
import pytest
from tests.made_videos import Picture, coded, gradient, solid, stills, write_video
from tests.shared_data import shared

from playhead_index.decode import open_reader
from playhead_index.errors import TimestampOutOfRange
from playhead_index.segment import refine_boundaries


def moving(number: int) -> Picture:
    """A bright square on a dark ground, a few pixels further with every number."""
    picture = gradient((60, 60, 60))
    picture[40:80, 2 * number : 2 * number + 40] = 230
    return picture


@pytest.mark.parametrize("fps", [10.0, 25.0, 30.0])
def test_the_first_picture_of_another_colour_is_found_exactly(tmp_path: Path, fps: float) -> None:
    parts = [(solid((200, 20, 20)), 2.4), (solid((20, 20, 200)), 2.4), (solid((20, 200, 20)), 1.2)]
    made = stills(tmp_path / "colours.mp4", parts, fps=fps)
    found = refine_boundaries(open_reader(made.path), [(2.0, 3.0), (4.0, 5.0)])
    assert found == pytest.approx([2.4, 4.8], abs=1e-4)


def test_a_cut_between_two_shots_with_movement_is_found_exactly(tmp_path: Path) -> None:
    pictures = [(moving(i), i / 25) for i in range(42)] + [(coded(i), i / 25) for i in range(42, 100)]
    made = write_video(tmp_path / "moving.mp4", pictures, gop=50, b_frames=2)
    assert refine_boundaries(open_reader(made.path), [(1.0, 2.0)]) == pytest.approx([42 / 25], abs=1e-4)


def test_of_a_dissolve_it_is_the_middle(tmp_path: Path) -> None:
    parts = np.clip((np.arange(75) - 25) / 25, 0.0, 1.0)
    mixed = [(solid((round(200 * (1 - p)), 20, round(200 * p))), i / 25) for i, p in enumerate(parts)]
    reader = open_reader(write_video(tmp_path / "dissolve.mp4", mixed).path)
    assert refine_boundaries(reader, [(0.5, 2.5)]) == pytest.approx([1.5], abs=0.09)


def test_uneven_pictures_are_all_seen(tmp_path: Path) -> None:
    times_s = [0.0, 0.9, 1.0, 1.02, 1.33, 1.9, 2.5]
    shown = [(solid((20, 20, 20)), time_s) for time_s in times_s[:4]]
    shown += [(solid((230, 230, 230)), time_s) for time_s in times_s[4:]]
    reader = open_reader(write_video(tmp_path / "uneven.mp4", shown).path)
    assert refine_boundaries(reader, [(1.0, 2.0)]) == pytest.approx([1.33], abs=1e-4)


def test_where_no_picture_comes_in_between_it_is_the_end(tmp_path: Path) -> None:
    made = stills(tmp_path / "slow.mp4", [(solid((9, 9, 9)), 8.0)], fps=0.5)
    assert refine_boundaries(open_reader(made.path), [(2.5, 3.5)]) == [3.5]


def test_a_boundary_outside_the_video_is_refused(tmp_path: Path) -> None:
    reader = open_reader(stills(tmp_path / "short.mp4", [(solid((9, 9, 9)), 2.0)]).path)
    with pytest.raises(TimestampOutOfRange, match=r"asked for 3\.\d+ s"):
        refine_boundaries(reader, [(1.0, 3.0)])


def test_a_boundary_that_ends_before_it_begins_is_refused(tmp_path: Path) -> None:
    reader = open_reader(stills(tmp_path / "short.mp4", [(solid((9, 9, 9)), 2.0)]).path)
    with pytest.raises(ValueError, match="must be finite and end after it starts"):
        refine_boundaries(reader, [(1.0, 1.0)])


def test_the_table_of_the_hour_is_met_exactly() -> None:
    reader = open_reader(shared("videos/long/hour_compose_320x180.mp4"))
    found = refine_boundaries(reader, [(8.0, 9.0), (308.0, 309.0), (447.0, 448.0), (2491.0, 2492.0)])
    assert found == pytest.approx([8.3, 308.3, 447.7, 2491.2], abs=1e-3)
