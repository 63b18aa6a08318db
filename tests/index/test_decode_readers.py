"""What every reader must do, on made videos whose pictures say their own number."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
from tests import made_videos
from tests.index.decord_installed import BOTH_READERS, needs_decord
from tests.made_videos import MadeVideo, corner_is_red, read_code

from playhead_index.decode import open_reader
from playhead_index.errors import TimestampOutOfRange, VideoUnreadable
from playhead_index.window import Window

Make = Callable[..., MadeVideo]

KINDS = {
    "an even rate": ("counted", ".mp4", {}),
    "a variable rate": ("uneven", ".mp4", {}),
    "a variable rate in Matroska, which counts milliseconds": ("uneven", ".mkv", {}),
    "B-frames and a keyframe every 75 pictures": ("long_groups", ".mp4", {}),
    "B-frames in Matroska": ("long_groups", ".mkv", {}),
    "a clock that starts at 10 s": ("late_start", ".mp4", {}),
    "VP9 in WebM": ("counted", ".webm", {"codec": "libvpx-vp9"}),
    "MPEG-4 part 2": ("counted", ".mp4", {"codec": "mpeg4"}),
    "closed groups of HEVC": (
        "counted",
        ".mp4",
        {"codec": "libx265", "options": {"x265-params": made_videos.CLOSED_GOP}},
    ),
    "fragments": ("counted", ".mp4", {"container_options": {"movflags": "frag_keyframe+empty_moov"}}),
    "sound beside the pictures": ("with_sound", ".mp4", {}),
    "pictures turned by 90 degrees": ("rotated", ".mp4", {"degrees": 90}),
    "pictures turned by 180 degrees": ("rotated", ".mp4", {"degrees": 180}),
    "pictures turned by 270 degrees": ("rotated", ".mov", {"degrees": 270}),
}
PYAV_ONLY = {
    "open groups of HEVC": ("open_groups", ".mp4", {}),
    "open groups of HEVC in Matroska": ("open_groups", ".mkv", {}),
    "open groups of HEVC in a transport stream": ("open_groups", ".ts", {}),
    "MPEG-4 part 2 with B-frames": ("counted", ".mp4", {"codec": "mpeg4", "b_frames": 2}),
    "AV1": ("counted", ".mkv", {"codec": "libsvtav1"}),
    "a transport stream": ("long_groups", ".ts", {"start_s": 10.0}),
    "H.264 with B-frames in AVI, which stores no presentation times": ("long_groups", ".avi", {}),
    "Flash video": ("long_groups", ".flv", {}),
}
EVERY = [
    *(pytest.param("pyav", *kind, id=f"pyav reads {what}") for what, kind in KINDS.items()),
    *(
        pytest.param("decord", *kind, marks=needs_decord, id=f"decord reads {what}")
        for what, kind in KINDS.items()
    ),
    *(pytest.param("pyav", *kind, id=f"pyav reads {what}") for what, kind in PYAV_ONLY.items()),
]
readers = pytest.mark.parametrize("name", BOTH_READERS)


def inner_times(video: MadeVideo, n: int, seed: int = 7) -> list[float]:
    """Random times that keep 1 ms away from the edges of pictures, ascending."""
    edges = np.array([*video.times_s, video.end_s])
    drawn = (Random(seed + i).uniform(0.001, video.end_s - 0.001) for i in range(4 * n))
    inner = [t for t in drawn if np.abs(edges - t).min() > 0.001]
    return sorted(inner[:n])


@pytest.mark.parametrize(("name", "maker", "suffix", "how"), EVERY)
def test_the_picture_on_the_screen_at_40_random_times(
    made: Make, name: str, maker: str, suffix: str, how: dict[str, object]
) -> None:
    video = made(maker, suffix, **how)
    times_s = inner_times(video, 40)
    frames = open_reader(video.path, name).frames_at(times_s)
    assert [read_code(frame.rgb) for frame in frames] == [video.index_at(t) for t in times_s]


@pytest.mark.parametrize(("name", "maker", "suffix", "how"), EVERY)
def test_one_time_alone_gives_what_a_list_gives(
    made: Make, name: str, maker: str, suffix: str, how: dict[str, object]
) -> None:
    video = made(maker, suffix, **how)
    reader = open_reader(video.path, name)
    for time_s in inner_times(video, 5, seed=99):
        frame = next(reader.frames_at([time_s]))
        assert read_code(frame.rgb) == video.index_at(time_s)
        assert frame.pts_s == pytest.approx(video.times_s[video.index_at(time_s)], abs=0.001)


@pytest.mark.parametrize(("name", "maker", "suffix", "how"), EVERY)
def test_probe_measures_what_was_written(
    made: Make, name: str, maker: str, suffix: str, how: dict[str, object]
) -> None:
    video = made(maker, suffix, **how)
    info = open_reader(video.path, name).probe()
    assert info.n_frames == len(video.times_s)
    assert info.duration_s == pytest.approx(video.end_s, abs=0.002)
    assert info.is_variable_rate == (maker == "uneven")
    assert info.rotation_deg == how.get("degrees", 0)
    assert info.keyframes_s[0] == 0.0
    assert info.warnings == ()


@pytest.mark.parametrize(("name", "maker", "suffix", "how"), EVERY)
def test_keyframes_are_the_pictures_at_their_times(
    made: Make, name: str, maker: str, suffix: str, how: dict[str, object]
) -> None:
    video = made(maker, suffix, **how)
    reader = open_reader(video.path, name)
    frames = list(reader.keyframes())
    assert [frame.pts_s for frame in frames] == reader.probe().keyframes_s.tolist()
    assert [read_code(frame.rgb) for frame in frames] == [video.index_at(f.pts_s + 0.001) for f in frames]


@readers
def test_a_picture_is_shown_from_its_own_time_up_to_the_next(counted_video: MadeVideo, name: str) -> None:
    reader = open_reader(counted_video.path, name)
    frames = reader.frames_at([0.0, 0.039, 0.04, 0.079, 0.08, 2.999])
    assert [read_code(frame.rgb) for frame in frames] == [0, 0, 1, 1, 2, 74]


@readers
def test_the_time_that_a_frame_carries_gives_that_frame_again(uneven_video: MadeVideo, name: str) -> None:
    reader = open_reader(uneven_video.path, name)
    pts_s = [frame.pts_s for frame in reader.frames_at(list(uneven_video.times_s))]
    again = [frame.pts_s for frame in reader.frames_at(pts_s)]
    assert again == pts_s


@readers
@pytest.mark.parametrize("time_s", [-0.001, 3.0, 1e9, float("nan"), float("inf")])
def test_a_time_outside_the_video_is_refused_with_both_bounds(
    counted_video: MadeVideo, name: str, time_s: float
) -> None:
    with pytest.raises(TimestampOutOfRange, match=r"asked for .* s, the video has \[0.000, 3.000\) s"):
        open_reader(counted_video.path, name).frames_at([time_s])


@readers
def test_times_that_descend_are_a_mistake_of_the_caller(counted_video: MadeVideo, name: str) -> None:
    with pytest.raises(ValueError, match="must not descend"):
        open_reader(counted_video.path, name).frames_at([1.0, 0.5])


@readers
def test_no_times_give_no_frames(counted_video: MadeVideo, name: str) -> None:
    assert list(open_reader(counted_video.path, name).frames_at([])) == []


@readers
def test_a_time_requested_twice_gives_its_frame_twice(counted_video: MadeVideo, name: str) -> None:
    frames = open_reader(counted_video.path, name).frames_at([1.0, 1.0, 1.01])
    assert [read_code(frame.rgb) for frame in frames] == [25, 25, 25]


@readers
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_turned_pictures_come_upright(made: Make, name: str, degrees: int) -> None:
    video = made("rotated", ".mov", degrees=degrees)
    frame = next(open_reader(video.path, name).frames_at([1.0]))
    assert frame.rgb.shape == (120, 160, 3)
    assert corner_is_red(frame.rgb)


@readers
def test_shrinking_sets_the_shorter_side_and_keeps_the_ratio(counted_video: MadeVideo, name: str) -> None:
    frame = next(open_reader(counted_video.path, name).frames_at([1.0], short_side_px=60))
    assert frame.rgb.shape == (60, 80, 3)
    assert read_code(frame.rgb) == 25


@readers
def test_shrinking_never_enlarges(counted_video: MadeVideo, name: str) -> None:
    frame = next(open_reader(counted_video.path, name).frames_at([1.0], short_side_px=500))
    assert frame.rgb.shape == (120, 160, 3)


@readers
def test_a_short_side_of_nothing_is_a_mistake_of_the_caller(counted_video: MadeVideo, name: str) -> None:
    with pytest.raises(ValueError, match="short_side_px must be above 0, got 0"):
        open_reader(counted_video.path, name).frames_at([1.0], short_side_px=0)


@readers
def test_sampling_asks_at_even_distances_from_the_start_of_the_window(
    counted_video: MadeVideo, name: str
) -> None:
    frames = open_reader(counted_video.path, name).sample(5.0, Window(1.0, 2.0))
    assert [read_code(frame.rgb) for frame in frames] == [25, 30, 35, 40, 45]


@readers
def test_sampling_the_whole_video_stays_inside_it(counted_video: MadeVideo, name: str) -> None:
    frames = open_reader(counted_video.path, name).sample(1.0)
    assert [read_code(frame.rgb) for frame in frames] == [0, 25, 50]


@readers
def test_sampling_faster_than_the_video_gives_every_picture_once(made: Make, name: str) -> None:
    video = made("counted", ".mp4", pictures=10)
    frames = open_reader(video.path, name).sample(100.0)
    assert [read_code(frame.rgb) for frame in frames] == list(range(10))


@readers
def test_overlapping_windows_give_each_of_their_pictures_once(counted_video: MadeVideo, name: str) -> None:
    windows = [Window(2.0, 2.1), Window(0.5, 0.61), Window(0.53, 0.7), Window(2.9, 3.0)]
    frames = list(open_reader(counted_video.path, name).frames_in(windows))
    assert [read_code(frame.rgb) for frame in frames] == [*range(12, 18), 50, 51, 52, 72, 73, 74]
    times_s = [counted_video.times_s[read_code(frame.rgb)] for frame in frames]
    assert [frame.pts_s for frame in frames] == pytest.approx(times_s)


@readers
def test_a_window_that_ends_after_the_video_is_refused(counted_video: MadeVideo, name: str) -> None:
    with pytest.raises(TimestampOutOfRange, match=r"asked for 4.000 s"):
        open_reader(counted_video.path, name).sample(1.0, Window(2.0, 4.0))


@readers
def test_sampling_never_is_a_mistake_of_the_caller(counted_video: MadeVideo, name: str) -> None:
    with pytest.raises(ValueError, match="fps must be above 0, got 0"):
        open_reader(counted_video.path, name).sample(0.0)


@readers
def test_a_video_cut_off_in_the_middle_is_read_up_to_there(made: Make, name: str) -> None:
    video = made("truncated", ".mkv")
    reader = open_reader(video.path, name)
    info = reader.probe()
    assert info.duration_s < 2.0
    assert info.warnings == ("the header promises 0:03, the pictures end at 0:01.7",)
    times_s = [t for t in inner_times(video, 40) if t < info.duration_s]
    assert [read_code(f.rgb) for f in reader.frames_at(times_s)] == [video.index_at(t) for t in times_s]


@readers
def test_bytes_of_groups_say_how_much_changed(made: Make, name: str) -> None:
    video = made("long_groups", ".mp4")
    info = open_reader(video.path, name).probe()
    assert len(info.keyframes_s) == len(info.gop_bytes) == len(info.key_bytes) == 2
    assert info.keyframes_s.tolist() == [0.0, 3.0]
    whole = int(info.gop_bytes.sum() + info.key_bytes.sum())
    assert 0.8 * video.path.stat().st_size < whole < video.path.stat().st_size


@readers
def test_a_file_that_vanishes_after_probing_is_unreadable(tmp_path: Path, name: str) -> None:
    video = made_videos.counted(tmp_path / "here.mp4", 5)
    reader = open_reader(video.path, name)
    reader.probe()
    video.path.unlink()
    with pytest.raises(VideoUnreadable, match=r"no such file|decord fails on it"):
        next(reader.frames_at([0.0]))


def test_auto_is_pyav(counted_video: MadeVideo) -> None:
    assert open_reader(counted_video.path).name == "pyav"


def test_an_unknown_reader_is_named_with_those_there_are(counted_video: MadeVideo) -> None:
    with pytest.raises(ValueError, match="no reader is called 'vlc'; choose one of auto, pyav, decord"):
        open_reader(counted_video.path, "vlc")
