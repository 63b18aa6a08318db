"""Frames of a file by their numbers, as the examples of published models choose them."""

from pathlib import Path

import numpy as np
import pytest
from tests.made_videos import counted, read_code

from playhead_index.errors import VideoUnreadable
from playhead_tools.video_llm.frame_sampling import (
    arange_indices,
    linspace_indices,
    middle_indices,
    per_second_indices,
    segment_indices,
)
from playhead_tools.video_llm.read_clip import read_clip


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """75 numbered frames, 25 a second."""
    path = tmp_path_factory.mktemp("counted") / "v.mp4"
    counted(path)
    return path


def test_every_frame_is_read_by_its_number(video: Path) -> None:
    clip = read_clip(video, np.arange(75))
    assert list(map(read_code, clip.frames)) == list(range(75))
    np.testing.assert_allclose(clip.pts_s, np.arange(75) / 25, atol=1e-6)


def test_a_number_that_stands_twice_is_given_twice(video: Path) -> None:
    assert list(map(read_code, read_clip(video, [3, 3, 74]).frames)) == [3, 3, 74]


@pytest.mark.parametrize("indices", [[], [75], [-1], [3, 2]])
def test_numbers_that_are_not_there_or_descend_are_refused(video: Path, indices: list[int]) -> None:
    with pytest.raises(ValueError, match=r"must not descend and lie in \[0, 75\), got"):
        read_clip(video, indices)


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_text("words")
    with pytest.raises(VideoUnreadable, match=r"v\.mp4"):
        read_clip(tmp_path / "v.mp4", [0])


@pytest.mark.parametrize("num_frames", [1, 7, 8, 100, 2_997, 215_784])
def test_the_sampling_of_video_llava_is_that_of_its_documentation(num_frames: int) -> None:
    expected = np.arange(0, num_frames, num_frames / 8).astype(int)
    assert arange_indices(num_frames, 8).tolist() == expected.tolist()


@pytest.mark.parametrize("sample", [arange_indices, linspace_indices, segment_indices, middle_indices])
@pytest.mark.parametrize("num_frames", [1, 5, 64, 1001])
@pytest.mark.parametrize("count", [1, 8, 16, 64, 100])
def test_sampled_frames_ascend_inside_the_video(sample: object, num_frames: int, count: int) -> None:
    indices = sample(num_frames, count)  # type: ignore[operator]
    assert len(indices) == count
    assert 0 <= indices[0] <= indices[-1] < num_frames
    assert bool((np.diff(indices) >= 0).all())


def test_a_frame_a_second_of_a_long_video_is_a_thousand_from_first_to_last() -> None:
    hour = per_second_indices(3600 * 30, 29.97)
    assert (len(hour), hour[0], hour[-1]) == (1000, 0, 3599 * 30)
    assert len(per_second_indices(600 * 30, 29.97)) == 600
