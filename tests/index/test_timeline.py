"""Where a recording ends, where it has gaps, and files that hold sound alone."""

from pathlib import Path

import numpy as np
import pytest
from tests.made_videos import MadeVideo, coded, counted, cover_only, read_code, sound_only, tone, write_video
from tests.shared_data import shared

from playhead_index.decode import VideoInfo, open_reader
from playhead_index.decode.gaps import find_gaps
from playhead_index.errors import NoFrames, TimestampOutOfRange, VideoUnreadable
from playhead_index.segment import sampling_times
from playhead_index.window import Window

RATE_HZ = 16_000


def probe(path: Path) -> VideoInfo:
    return open_reader(path).probe()


@pytest.fixture(scope="module", params=[".mp4", ".mkv", ".webm", ".ts"])
def outlasted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MadeVideo:
    """Three seconds of pictures and nine of sound, silent until 0:06."""
    path = tmp_path_factory.mktemp("outlasted") / f"talk{request.param}"
    codec = "libvpx-vp9" if request.param == ".webm" else "libx264"
    return counted(path, 75, codec=codec, audio=tone(9.0, begins_s=6.0))


def test_a_recording_ends_with_its_sound_where_that_outlasts_the_pictures(outlasted: MadeVideo) -> None:
    info = probe(outlasted.path)
    assert info.duration_s == pytest.approx(9.0, abs=0.1)
    assert info.frames_end_s == pytest.approx(3.0, abs=0.05)
    assert info.has_frames
    assert info.average_fps == pytest.approx(25.0, abs=0.5)
    assert info.warnings == ()


def test_the_last_picture_is_shown_until_the_recording_ends(outlasted: MadeVideo) -> None:
    reader = open_reader(outlasted.path)
    frames = list(reader.frames_at([2.99, 3.5, 8.5]))
    assert [read_code(frame.rgb) for frame in frames] == [74, 74, 74]
    held = list(reader.sample(2.0, Window(3.0, 8.5)))
    assert [read_code(frame.rgb) for frame in held] == [74]


def test_sound_behind_the_last_frame_is_read(outlasted: MadeVideo) -> None:
    sound = np.concatenate(list(open_reader(outlasted.path).audio(RATE_HZ, Window(5.0, 8.0))))
    assert len(sound) == pytest.approx(3 * RATE_HZ, abs=0.1 * RATE_HZ)
    first = np.flatnonzero(np.abs(sound) > 0.2)[0] / RATE_HZ
    assert first == pytest.approx(1.0, abs=0.1)


def test_the_last_frame_is_sampled_once_behind_the_end_of_the_frames(outlasted: MadeVideo) -> None:
    info = probe(outlasted.path)
    times_s = sampling_times(info, None, fps=1.0, everywhere=True)
    assert times_s[:3].tolist() == [0.0, 1.0, 2.0]
    assert times_s[times_s >= info.frames_end_s].tolist() == [info.frames_end_s]


def test_the_last_packet_of_sound_alone_does_not_make_a_recording_longer(tmp_path: Path) -> None:
    made = counted(tmp_path / "talk.mp4", 75, audio=tone(3.12))
    assert probe(made.path).duration_s == made.end_s == 3.0


def test_the_end_of_the_sound_is_measured_and_not_what_the_header_says(tmp_path: Path) -> None:
    made = counted(tmp_path / "cut.mp4", 25, audio=tone(20.0), container_options={"movflags": "faststart"})
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[: len(whole) * 2 // 3])
    info = probe(made.path)
    assert 1.0 < info.duration_s < 19.0
    assert sum(map(len, open_reader(made.path).audio(RATE_HZ))) / RATE_HZ == pytest.approx(
        info.duration_s, abs=0.2
    )


# ---- sound alone ----

SUFFIXES = [".m4a", ".mp3", ".wav", ".opus", ".flac", ".ogg", ".mka", ".aac", ".wma", ".mp4", ".webm"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_with_sound_alone_is_probed(tmp_path: Path, suffix: str) -> None:
    info = probe(sound_only(tmp_path / f"talk{suffix}", 5.0))
    assert info.duration_s == pytest.approx(5.0, abs=0.15)
    assert (info.has_frames, info.has_audio, info.frames_end_s, info.n_frames) == (False, True, 0.0, 0)
    assert (info.width_px, info.height_px, info.average_fps, info.gaps) == (0, 0, 0.0, ())
    assert info.warnings == ()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_sound_of_a_file_without_frames_lies_at_its_time(tmp_path: Path, suffix: str) -> None:
    path = sound_only(tmp_path / f"talk{suffix}", 30.0, begins_s=21.0)
    sound = np.concatenate(list(open_reader(path).audio(RATE_HZ, Window(20.0, 25.0))))
    assert np.flatnonzero(np.abs(sound) > 0.2)[0] / RATE_HZ == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("suffix", [".mp4", ".mp3"])
def test_a_cover_is_no_picture_of_a_recording(tmp_path: Path, suffix: str) -> None:
    info = probe(cover_only(tmp_path / f"podcast{suffix}"))
    assert not info.has_frames
    assert info.duration_s == pytest.approx(1.0, abs=0.1)


def test_a_picture_of_a_file_with_sound_alone_is_refused_in_words(tmp_path: Path) -> None:
    reader = open_reader(sound_only(tmp_path / "talk.m4a", 2.0))
    with pytest.raises(NoFrames, match=r"talk\.m4a: there are no pictures in it, only sound$"):
        list(reader.frames_at([1.0]))
    with pytest.raises(NoFrames, match="there are no pictures in it, only sound"):
        list(reader.sample(1.0))
    assert list(reader.keyframes()) == list(reader.frames_at([])) == []


def test_a_time_behind_the_end_of_the_sound_is_out_of_range(tmp_path: Path) -> None:
    reader = open_reader(sound_only(tmp_path / "talk.wav", 2.0))
    with pytest.raises(TimestampOutOfRange, match=r"asked for 3.000 s, the video has \[0.000, 2.000\) s"):
        reader.audio(RATE_HZ, Window(3.0, 4.0))


def test_a_sound_file_that_is_cut_off_says_so(tmp_path: Path) -> None:
    path = sound_only(tmp_path / "talk.mka", 20.0)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    (warning,) = probe(path).warnings
    assert warning.startswith("the header promises 0:20")
    assert 5.0 < probe(path).duration_s < 15.0


def test_a_video_whose_pictures_are_damaged_still_fails_though_it_has_sound(tmp_path: Path) -> None:
    made = counted(tmp_path / "talk.mkv", audio=tone(3.0))
    data = bytearray(made.path.read_bytes())
    start = data.index(b"\x1f\x43\xb6\x75")  # the first cluster
    data[start + 60 :] = bytes(len(data) - start - 60)
    made.path.write_bytes(data)
    with pytest.raises(VideoUnreadable):
        probe(made.path)


# ---- gaps ----


def pictures(*times_s: float) -> list[tuple[np.ndarray, float]]:
    return [(coded(i), time_s) for i, time_s in enumerate(times_s)]


def seconds(first: int, last: int) -> list[float]:
    return [float(time_s) for time_s in range(first, last)]


def test_a_jump_of_the_clock_is_a_gap_and_is_said(tmp_path: Path) -> None:
    times_s = [*seconds(0, 6), *seconds(3600, 3606)]
    info = probe(write_video(tmp_path / "cctv.ts", pictures(*times_s), end_s=3606.0).path)
    assert info.gaps == (Window(6.0, 3600.0),)
    assert [(part.start_s, part.end_s) for part in info.recorded] == [(0.0, 6.0), (3600.0, 3606.0)]
    assert info.warnings[0] == (
        "the clock of the file jumps ahead: neither pictures nor sound from 0:06 to 1:00:00 (59:54);"
        " that is not searched"
    )


def test_nothing_is_sampled_inside_a_gap(tmp_path: Path) -> None:
    times_s = [*seconds(0, 6), *seconds(3600, 3606)]
    info = probe(write_video(tmp_path / "cctv.ts", pictures(*times_s), end_s=3606.0).path)
    sampled_s = sampling_times(info, None, fps=1.0)
    assert sampled_s.tolist() == [*seconds(0, 6), *seconds(3600, 3606)]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_slides_at_a_variable_rate_have_no_gap(tmp_path: Path, suffix: str) -> None:
    times_s = [0.0, 90.0, 100.0, 400.0, 1300.0, 1330.0]
    made = write_video(tmp_path / f"slides{suffix}", pictures(*times_s), end_s=1400.0)
    assert probe(made.path).gaps == ()


def test_a_still_of_an_hour_in_an_mp4_without_sound_has_no_gap(tmp_path: Path) -> None:
    times_s = [0.0, 0.04, 0.08, 3600.0, 3600.04]
    assert probe(write_video(tmp_path / "still.mp4", pictures(*times_s)).path).gaps == ()


def test_where_sound_goes_on_there_is_no_gap(tmp_path: Path) -> None:
    times_s = [0.0, 0.2, 0.4, 150.0, 150.2]
    made = write_video(tmp_path / "talk.mkv", pictures(*times_s), audio=tone(150.4, rate_hz=8000),
                       audio_rate_hz=8000)  # fmt: skip
    assert probe(made.path).gaps == ()


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_where_pictures_and_sound_pause_together_there_is_a_gap(tmp_path: Path, suffix: str) -> None:
    times_s = [*seconds(0, 6), *seconds(206, 210)]
    made = write_video(tmp_path / f"joined{suffix}", pictures(*times_s), end_s=210.0,
                       audio=tone(210.0, rate_hz=8000), audio_rate_hz=8000,
                       audio_hole_s=(10.0, 200.0))  # fmt: skip
    (gap,) = probe(made.path).gaps
    assert (gap.start_s, gap.end_s) == (pytest.approx(10.0, abs=0.3), pytest.approx(200.0, abs=0.3))


def test_a_gap_behind_the_last_picture_is_found(tmp_path: Path) -> None:
    made = write_video(tmp_path / "v.mkv", pictures(0.0), end_s=0.04, audio=tone(210.0, rate_hz=8000),
                       audio_rate_hz=8000, audio_hole_s=(10.0, 200.0), audio_codec="pcm_s16le")  # fmt: skip
    (gap,) = probe(made.path).gaps
    assert (gap.start_s, gap.end_s) == (pytest.approx(10.0, abs=0.3), pytest.approx(200.0, abs=0.3))


def test_a_gap_of_a_file_with_sound_alone_is_where_its_sound_pauses_for_a_minute() -> None:
    sound = [Window(0.0, 10.0), Window(50.0, 60.0), Window(200.0, 210.0)]
    assert find_gaps(None, sound) == (Window(60.0, 200.0),)


@pytest.mark.parametrize(
    ("name", "end_s", "frames_end_s"),
    [
        ("01_sound_outlasts_pictures.webm", 24.918, 8.0),
        ("02_one_picture_with_25s_of_sound.mp4", 24.917, 0.04),
    ],
)
def test_real_files_whose_sound_outlasts_the_pictures(name: str, end_s: float, frames_end_s: float) -> None:
    info = probe(shared("cases") / name)
    assert info.duration_s == pytest.approx(end_s, abs=0.01)
    assert info.frames_end_s == frames_end_s
    assert info.warnings == ()


def test_a_real_transport_stream_whose_clock_jumps_an_hour_ahead() -> None:
    info = probe(shared("cases") / "13_clock_jumps_an_hour_ahead.ts")
    assert info.gaps == (Window(6.0, 3600.0),)
