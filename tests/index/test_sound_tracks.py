"""Which of several sound tracks is read, and how the others are named."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from tests.made_videos import solid
from tests.shared_data import shared

from playhead_index.decode import open_reader
from playhead_index.decode.protocol import CAPTIONS_NOT_READ
from playhead_index.decode.sound_tracks import SoundTrack, choose_sound_track, unread_tracks

RATE_HZ = 16_000
GERMAN = SoundTrack(1, "opus", "de", is_default=True)
COMMENTARY = SoundTrack(2, "opus", "en", frozenset({"commentary"}))
ENGLISH = SoundTrack(3, "opus", "en-US")
TRACKS = (GERMAN, COMMENTARY, ENGLISH)


def write_tracks(path: Path, tracks: Sequence[tuple[str, str, str]]) -> Path:
    """One second of pictures, and tones of 200 Hz, 400 Hz ... with a language, flags and a title each."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        sounds = []
        for language, flag, title in tracks:
            sound = out.add_stream("pcm_s16le", rate=RATE_HZ)
            sound.layout = "mono"
            sound.metadata.update({"language": language, "title": title})
            sound.disposition = getattr(type(sound.disposition), flag) if flag else 0
            sounds.append(sound)
        for i in range(10):
            frame = av.VideoFrame.from_ndarray(solid((20 * i, 0, 0)), format="rgb24")
            out.mux(video.encode(frame))
        out.mux(video.encode())
        for number, sound in enumerate(sounds, 1):
            wave = np.sin(2 * np.pi * 200 * number * np.arange(RATE_HZ) / RATE_HZ)
            samples = (20_000 * wave).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.rate, frame.pts = RATE_HZ, 0
            out.mux(sound.encode(frame))
    return path


def pitch_hz(path: Path, stream_index: int | None = None) -> float:
    """The loudest frequency of the sound that is read."""
    sound = np.concatenate(list(open_reader(path).audio(RATE_HZ, stream_index=stream_index)))
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * RATE_HZ / len(sound))


def test_the_track_that_the_file_flags_as_default_is_read(tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "a.mkv", [("deu", "", ""), ("eng", "default", "")])
    assert pitch_hz(path) == pytest.approx(400, abs=2)
    assert [track.is_default for track in open_reader(path).probe().sound_tracks] == [False, True]


@pytest.mark.parametrize(("flag", "title"), [("comment", ""), ("visual_impaired", ""), ("", "Commentary")])
def test_a_commentary_is_not_read_before_the_main_sound(tmp_path: Path, flag: str, title: str) -> None:
    path = write_tracks(tmp_path / "a.mkv", [("eng", flag, title), ("eng", "", "")])
    assert pitch_hz(path) == pytest.approx(400, abs=2)


def test_another_track_is_read_by_its_stream(tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "a.mkv", [("deu", "default", ""), ("eng", "", "")])
    _, english = open_reader(path).probe().sound_tracks
    assert english.language == "en"
    assert pitch_hz(path, english.stream_index) == pytest.approx(400, abs=2)


def test_a_file_with_two_tracks_says_that_one_is_read(tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "a.mkv", [("deu", "default", ""), ("eng", "comment", "")])
    assert open_reader(path).probe().warnings == (
        "sound that is not read: of its 2 sound tracks, 1 (pcm_s16le, de), 2 (pcm_s16le, en, commentary),"
        " one is read",
    )


@pytest.mark.parametrize(
    ("requested", "chosen", "note"),
    [
        (None, GERMAN, ""),
        ("2", COMMENTARY, ""),
        ("en", ENGLISH, ""),
        ("eng", ENGLISH, ""),
        ("German", GERMAN, ""),
        ("4", GERMAN, "there is no sound track 4: 1 (opus, de) is read"),
        ("0", GERMAN, "there is no sound track 0: 1 (opus, de) is read"),
        ("fr", GERMAN, "there is no sound track tagged fr: 1 (opus, de) is read"),
    ],
)
def test_a_track_is_chosen_by_number_or_language(
    requested: str | None, chosen: SoundTrack, note: str
) -> None:
    choice = choose_sound_track(TRACKS, requested)
    assert (choice.track, choice.note) == (chosen, note)


def test_a_file_without_sound_has_no_track() -> None:
    assert choose_sound_track((), "en").track is None


def test_the_tracks_that_are_not_read_are_named() -> None:
    assert unread_tracks(TRACKS, GERMAN) == "sound tracks 2 (opus, en, commentary), 3 (opus, en-US)"
    assert unread_tracks((GERMAN,), GERMAN) == ""


def test_closed_captions_in_the_pictures_are_named() -> None:
    path = shared("videos/odd/http-streaming__caption.ts")
    assert CAPTIONS_NOT_READ in open_reader(path).probe().warnings
