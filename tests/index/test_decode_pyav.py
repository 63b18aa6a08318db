"""What PyAV's reader does beyond what all readers do: shapes, damage, edit lists, several streams."""

import gc
import weakref
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests import made_videos
from tests.made_videos import MadeVideo, Picture, read_code

from playhead_index.decode.frame_cursor import Cursor
from playhead_index.decode.probing import probe
from playhead_index.decode.pyav import PyavReader
from playhead_index.errors import VideoUnreadable

Make = Callable[..., MadeVideo]
ONE = 1 << 16
QUARTERS = {
    "as it is": (ONE, 0, 0, ONE),
    "turned by 90": (0, ONE, -ONE, 0),
    "turned by 180": (-ONE, 0, 0, -ONE),
    "turned by 270": (0, -ONE, ONE, 0),
    "mirrored left-right": (-ONE, 0, 0, ONE),
    "mirrored top-bottom": (ONE, 0, 0, -ONE),
    "mirrored along the diagonal": (0, ONE, ONE, 0),
    "mirrored along the other diagonal": (0, -ONE, -ONE, 0),
}


def moved(stored: Picture, matrix: tuple[int, int, int, int]) -> Picture:
    """Every pixel put where the matrix says, one by one."""
    a, b, c, d = (int(np.sign(x)) for x in matrix)
    y, x = np.mgrid[: stored.shape[0], : stored.shape[1]]
    columns, rows = a * x + c * y, b * x + d * y
    columns, rows = columns - columns.min(), rows - rows.min()
    displayed = np.zeros((rows.max() + 1, columns.max() + 1, 3), np.uint8)
    displayed[rows, columns] = stored
    return displayed


@pytest.mark.parametrize("matrix", QUARTERS.values(), ids=QUARTERS.keys())
def test_every_display_matrix_puts_pixels_where_it_says(
    made: Make, matrix: tuple[int, int, int, int]
) -> None:
    a, b, c, d = matrix
    video = made("counted", ".mp4", pictures=3, display_matrix=(a, b, 0, c, d, 0, 0, 0, 1 << 30))
    displayed = next(PyavReader(video.path).frames_at([0.0])).rgb
    expected = moved(made_videos.coded(0), matrix)
    assert displayed.shape == expected.shape
    assert np.abs(displayed.astype(int) - expected).mean() < 12


def test_a_mirrored_video_warns_and_says_its_turn(made: Make) -> None:
    matrix = (0, ONE, 0, ONE, 0, 0, 0, 0, 1 << 30)
    info = PyavReader(made("counted", ".mp4", pictures=3, display_matrix=matrix).path).probe()
    assert (info.width_px, info.height_px, info.rotation_deg) == (120, 160, 90)
    assert info.warnings == ("shown mirrored, as the file asks",)


def test_pixels_that_are_not_square_are_made_so(made: Make) -> None:
    reader = PyavReader(made("counted", ".mp4", pictures=3, pixel_aspect=Fraction(3, 2)).path)
    frame = next(reader.frames_at([0.0]))
    assert frame.rgb.shape == (120, 240, 3)
    assert (reader.probe().width_px, reader.probe().height_px) == (240, 120)


def test_pictures_hidden_by_an_edit_list_are_not_shown(made: Make) -> None:
    video = made("cut_start", ".mp4", cut=13)
    reader = PyavReader(video.path)
    frames = reader.frames_at([0.0, 0.5, 2.47])
    assert [read_code(frame.rgb) for frame in frames] == [13, 25, 74]
    assert (reader.probe().n_frames, reader.probe().duration_s) == (62, pytest.approx(2.48))
    assert read_code(next(reader.keyframes()).rgb) == 24


def test_an_origin_of_ten_seconds_is_reported_and_subtracted(made: Make) -> None:
    reader = PyavReader(made("late_start", ".mp4", start_s=10.0).path)
    assert reader.probe().origin_s == 10.0
    assert next(reader.frames_at([0.0])).pts_s == 0.0


def test_a_transport_stream_that_begins_between_keyframes_starts_at_the_first_one(tmp_path: Path) -> None:
    made_videos.counted(tmp_path / "whole.ts", gop=25)
    whole = (tmp_path / "whole.ts").read_bytes()
    packets = 188 * (len(whole) // 188 // 6)
    (tmp_path / "cut.ts").write_bytes(whole[packets:])
    reader = PyavReader(tmp_path / "cut.ts")
    first = next(reader.frames_at([0.0]))
    assert (first.pts_s, read_code(first.rgb)) == (0.0, 25)


def test_damage_in_the_middle_leaves_the_last_good_picture_and_a_warning(tmp_path: Path) -> None:
    video = made_videos.damaged(tmp_path / "d.mp4", n_bytes=600, codec="libx265")
    reader = PyavReader(video.path)
    frames = list(reader.frames_at([i / 25 for i in range(75)]))
    assert len(frames) == 75
    assert [read_code(frame.rgb) for frame in frames[:20]] == list(range(20))
    assert any("that do not decode" in warning for warning in reader.decode_warnings)


def test_damage_gives_the_same_picture_whether_it_is_walked_to_or_jumped_to(tmp_path: Path) -> None:
    video = made_videos.damaged(tmp_path / "d.mp4", n_bytes=600, b_frames=2)
    reader = PyavReader(video.path)
    times_s = [0.5, 1.0, 1.3, 1.5, 1.7, 2.0, 2.5]
    walked = [frame.pts_s for frame in reader.frames_at(times_s)]
    assert walked == [next(reader.frames_at([time_s])).pts_s for time_s in times_s]


def test_pictures_that_no_other_needs_are_left_out_without_changing_the_wanted_ones(made: Make) -> None:
    reader = PyavReader(made("long_groups", ".mp4").path)
    every = {frame.pts_s: frame.rgb for frame in reader.frames_at([i / 25 for i in range(150)])}
    some = list(reader.frames_at([0.2, 0.52, 0.6, 1.24, 3.2, 5.96]))
    assert [frame.pts_s for frame in some] == pytest.approx([0.2, 0.52, 0.6, 1.24, 3.2, 5.96])
    assert all(np.array_equal(frame.rgb, every[frame.pts_s]) for frame in some)


def test_a_closed_cursor_frees_its_decoder_without_the_cycle_collector(made: Make) -> None:
    known = probe(made("long_groups", ".mp4").path)
    gc.disable()
    try:
        with Cursor(known.info.path, known.stream_index, known.table) as cursor:
            cursor.at(known.table.tick_at(4.0))
            decoder = weakref.ref(cursor)
        del cursor
        assert decoder() is None
    finally:
        gc.enable()


def test_an_mp4_cut_off_is_read_up_to_there(made: Make) -> None:
    video = made("truncated", ".mp4")
    reader = PyavReader(video.path)
    info = reader.probe()
    last = list(reader.frames_at([0.0, info.duration_s - 0.001]))[-1]
    assert read_code(last.rgb) == info.n_frames - 1
    assert info.warnings[0] == "the header promises 0:03, the pictures end at 0:01.7"


def test_a_clock_that_jumps_back_ends_the_video_there_with_a_warning(tmp_path: Path) -> None:
    one = made_videos.counted(tmp_path / "one.ts", start_s=100.0)
    two = made_videos.counted(tmp_path / "two.ts", start_s=20.0)
    both = tmp_path / "both.ts"
    both.write_bytes(one.path.read_bytes() + two.path.read_bytes())
    info = PyavReader(both).probe()
    assert info.duration_s == pytest.approx(3.0)
    assert info.warnings[0].startswith(
        "the clock of the file jumps at 0:03; what follows cannot be addressed"
    )


def test_pictures_keep_their_size_when_the_stream_changes_its_own(tmp_path: Path) -> None:
    small, large = tmp_path / "small.ts", tmp_path / "large.ts"
    made_videos.write_video(small, [(made_videos.coded(i), i / 25) for i in range(25)])
    displayed = [(made_videos.coded(25 + i, 320, 240), i / 25) for i in range(25)]
    made_videos.write_video(large, displayed, start_s=1.0)
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    frames = list(PyavReader(both).frames_at([0.5, 1.5]))
    assert [frame.rgb.shape for frame in frames] == [(120, 160, 3), (120, 160, 3)]
    assert [read_code(frame.rgb) for frame in frames] == [12, 37]


def test_a_single_picture_lasts_the_time_that_the_file_gives_it(tmp_path: Path) -> None:
    video = made_videos.stills(tmp_path / "one.mp4", [(made_videos.coded(1), 5.0)], fps=0.2)
    info = PyavReader(video.path).probe()
    assert (info.n_frames, info.duration_s, info.average_fps) == (1, 5.0, 0.2)


def test_subtitle_tracks_are_listed_with_their_language(made: Make) -> None:
    cues = ((0.5, 1.0, "hello"),)
    video = made("counted", ".mkv", pictures=5, subtitles=cues, subtitle_language="ger")
    (track,) = PyavReader(video.path).probe().subtitle_tracks
    assert (track.stream_index, track.codec, track.language, track.is_text) == (1, "subrip", "ger", True)


def test_the_file_is_closed_when_frames_are_not_read_to_the_end(counted_video: MadeVideo) -> None:
    links = Path("/proc/self/fd")
    if not links.exists():
        pytest.skip("this system does not list open files")
    frames = PyavReader(counted_video.path).frames_at([0.0, 1.0])
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert counted_video.path not in [link.resolve() for link in links.iterdir()]


def test_probe_is_read_once_and_remembered(tmp_path: Path) -> None:
    video = made_videos.counted(tmp_path / "a.mp4", 5)
    reader = PyavReader(video.path)
    first = reader.probe()
    video.path.unlink()
    assert reader.probe() is first


def test_a_file_that_is_replaced_while_it_is_read_is_refused(made: Make) -> None:
    path = made("counted", ".mp4", pictures=40).path
    known = probe(path)
    ticks = [known.table.frame_tick_at(1 << 40), known.table.origin]
    with Cursor(path, known.stream_index, known.table) as cursor:
        cursor.at(ticks[0])
        other = path.with_name("other.mp4")
        other.write_bytes(path.read_bytes())
        other.replace(path)
        with pytest.raises(VideoUnreadable, match="replaced"):
            cursor.at(ticks[1])
