"""Sound comes mono, in pieces, on the clock of the pictures."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.made_videos import MadeVideo, counted, tone
from tests.shared_data import shared

from playhead_index.decode import open_reader
from playhead_index.errors import TimestampOutOfRange
from playhead_index.window import Window

Make = Callable[..., MadeVideo]
RATE_HZ = 16_000


def read_sound(video: MadeVideo, window: Window | None = None, rate_hz: int = RATE_HZ) -> NDArray[np.float32]:
    """All the sound of a window as one array."""
    pieces = list(open_reader(video.path).audio(rate_hz, window))
    assert all(piece.dtype == np.float32 and len(piece) <= rate_hz for piece in pieces)
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def begins_s(sound: NDArray[np.float32], rate_hz: int = RATE_HZ) -> float:
    """When it becomes loud."""
    return float(np.argmax(np.abs(sound) > 0.2)) / rate_hz


KINDS = {
    "AAC in MP4": (".mp4", {}),
    "AAC in MP4 whose clock starts at 10 s": (".mp4", {"start_s": 10.0}),
    "AAC in Matroska": (".mkv", {}),
    "PCM in Matroska": (".mkv", {"audio_codec": "pcm_s16le"}),
    "Opus in WebM": (".webm", {"codec": "libvpx-vp9"}),
    "AAC in a transport stream": (".ts", {"start_s": 5.0}),
    "PCM in AVI": (".avi", {"codec": "mpeg4", "audio_codec": "pcm_s16le"}),
}
kinds = pytest.mark.parametrize(("suffix", "how"), KINDS.values(), ids=KINDS.keys())


@kinds
def test_a_tone_begins_at_the_second_at_which_it_was_written(
    made: Make, suffix: str, how: dict[str, object]
) -> None:
    sound = read_sound(made("with_sound", suffix, begins_s=1.0, **how))
    assert begins_s(sound) == pytest.approx(1.0, abs=0.005)
    assert len(sound) == pytest.approx(3.0 * RATE_HZ, abs=0.07 * RATE_HZ)


@kinds
@pytest.mark.parametrize("window", [Window(0.5, 2.0), Window(0.9, 1.1), Window(0.99, 3.0)], ids=str)
def test_sample_0_lies_at_the_start_of_the_window(
    made: Make, suffix: str, how: dict[str, object], window: Window
) -> None:
    sound = read_sound(made("with_sound", suffix, begins_s=1.0, **how), window)
    assert window.start_s + begins_s(sound) == pytest.approx(1.0, abs=0.005)
    assert len(sound) == pytest.approx(window.duration_s * RATE_HZ, abs=0.07 * RATE_HZ)


def test_a_window_gives_the_same_samples_as_the_whole(made: Make) -> None:
    video = made("with_sound", ".mkv", audio_codec="pcm_s16le")
    part = read_sound(video, Window(1.25, 2.0))
    assert np.abs(part - read_sound(video)[20_000:32_000]).max() < 0.001


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000])
def test_any_rate_keeps_the_clock(made: Make, rate_hz: int) -> None:
    sound = read_sound(made("with_sound", ".mp4", begins_s=1.0), rate_hz=rate_hz)
    assert begins_s(sound, rate_hz) == pytest.approx(1.0, abs=0.005)


def test_silence_stands_before_sound_begins(made: Make) -> None:
    sound = read_sound(made("with_sound", ".mkv", begins_s=0.0, audio_start_s=0.75))
    assert begins_s(sound) == pytest.approx(0.75, abs=0.005)
    assert np.abs(sound[:11_000]).max() == 0.0


def test_a_window_before_sound_begins_is_silent_and_whole(made: Make) -> None:
    sound = read_sound(made("with_sound", ".mkv", begins_s=0.0, audio_start_s=0.75), Window(0.1, 0.6))
    assert len(sound) == 8_000
    assert not sound.any()


def test_sound_before_the_first_picture_is_left_out(made: Make) -> None:
    video = made("with_sound", ".mp4", begins_s=1.0, start_s=3.0, audio_start_s=-0.5)
    assert begins_s(read_sound(video)) == pytest.approx(0.5, abs=0.005)


@pytest.mark.parametrize("window", [None, Window(0.5, 3.0), Window(1.4, 3.0)], ids=str)
def test_a_gap_is_filled_with_silence_and_what_follows_keeps_its_time(
    made: Make, window: Window | None
) -> None:
    video = made("with_sound", ".mkv", begins_s=0.0, audio_codec="pcm_s16le", audio_hole_s=(1.2, 2.0))
    start_s = window.start_s if window else 0.0
    sound = read_sound(video, window)
    at = start_s + np.flatnonzero(np.abs(sound) > 0.2) / RATE_HZ
    assert not ((at > 1.28) & (at < 1.98)).any()
    assert at[at > 1.5].min() == pytest.approx(2.03, abs=0.06)


def test_a_file_without_sound_gives_nothing(counted_video: MadeVideo) -> None:
    reader = open_reader(counted_video.path)
    assert list(reader.audio(RATE_HZ)) == []
    assert not reader.probe().has_audio


def test_a_file_with_sound_says_so(talking_video: MadeVideo) -> None:
    assert open_reader(talking_video.path).probe().has_audio


def test_a_window_outside_the_video_is_refused(talking_video: MadeVideo) -> None:
    with pytest.raises(TimestampOutOfRange, match=r"asked for 3.500 s, the video has \[0.000, 3.000\) s"):
        open_reader(talking_video.path).audio(RATE_HZ, Window(3.5, 4.0))


def test_a_rate_of_nothing_is_a_mistake_of_the_caller(talking_video: MadeVideo) -> None:
    with pytest.raises(ValueError, match="rate_hz must be above 0, got 0"):
        open_reader(talking_video.path).audio(0)


def test_sound_that_is_not_read_is_said() -> None:
    warnings = open_reader(shared("cases") / "08_german_then_english_sound.mkv").probe().warnings
    warning_start = "sound that is not read: of its 2 sound tracks, 1 (opus, de), 2 (opus, en), one"
    assert any(warning.startswith(warning_start) for warning in warnings)


def test_sound_before_the_first_picture_is_not_read_and_that_is_said(tmp_path: Path) -> None:
    made = counted(tmp_path / "late.mkv", audio=tone(8.0), start_s=5.0, audio_start_s=-5.0)
    (warning,) = open_reader(made.path).probe().warnings
    assert warning.startswith("sound that is not read: it begins 0:05")
    assert warning.endswith(" before the first picture")
