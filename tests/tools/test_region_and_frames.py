"""Parts of pictures, as words or numbers, and frames of a library's videos."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.toolbox.coloured import WALL, colour_of, make_wall

from playhead_index.errors import ToolError
from playhead_tools.frames import FrameReader
from playhead_tools.region import Region, parse_region

REGIONS = {
    "left": (0.0, 0.0, 0.5, 1.0),
    "the right half": (0.5, 0.0, 1.0, 1.0),
    "top-left": (0.0, 0.0, 0.5, 0.5),
    "bottom right corner": (0.5, 0.5, 1.0, 1.0),
    "center": (0.25, 0.25, 0.75, 0.75),
    "middle left": (0.0, 0.25, 0.5, 0.75),
    "0.5,0,1,0.5": (0.5, 0.0, 1.0, 0.5),
    "[50, 0, 100, 50]": (0.5, 0.0, 1.0, 0.5),
}


@pytest.mark.parametrize(("text", "sides"), REGIONS.items())
def test_a_region_is_understood(text: str, sides: tuple[float, float, float, float]) -> None:
    assert parse_region(text) == Region(*sides)


@pytest.mark.parametrize("text", ["", "whole", "all", "None"])
def test_the_whole_picture_is_no_region(text: str) -> None:
    assert parse_region(text) is None


@pytest.mark.parametrize("text", ["the door", "0.5,0.5", "0.5,0.5,0.5,0.9", "left of the man"])
def test_what_is_no_region_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="region"):
        parse_region(text)


@given(st.text(max_size=40))
def test_any_text_is_a_region_or_refused(text: str) -> None:
    try:
        region = parse_region(text)
    except ValueError as error:
        assert "region" in str(error)  # noqa: PT017
        return
    assert region is None or region.left < region.right


@given(st.integers(1, 50), st.integers(1, 50))
def test_a_region_of_any_picture_holds_at_least_a_pixel(height: int, width: int) -> None:
    frame = np.zeros((height, width, 3), np.uint8)
    assert min(Region(0.9, 0.9, 1.0, 1.0).cut(frame).shape[:2]) >= 1


def test_frames_are_those_of_their_times(tmp_path: Path) -> None:
    frames = FrameReader(make_wall(tmp_path)).frames(WALL, [5.0, 15.0, 50.0], 64)
    assert [(one.time_s, colour_of(one.rgb[None])) for one in frames] == [
        (5.0, "red"),
        (15.0, "blue"),
        (50.0, "green"),
    ]


def test_a_region_is_decoded_larger_where_the_video_has_the_pixels(tmp_path: Path) -> None:
    reader = FrameReader(make_wall(tmp_path))
    (whole,) = reader.frames(WALL, [5.0], 24)
    (part,) = reader.frames(WALL, [5.0], 24, Region(0.0, 0.0, 0.5, 0.5))
    assert (whole.rgb.shape[0], part.rgb.shape[0]) == (24, 24)


def test_a_video_without_a_file_says_so(tmp_path: Path) -> None:
    catalog = make_wall(tmp_path)
    with catalog.atomic() as db:
        db.execute("DELETE FROM place")
    with pytest.raises(ToolError, match="no file holds video 'wall' any more"):
        FrameReader(catalog).frames(WALL, [5.0], 24)
