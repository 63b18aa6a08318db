"""Subtitle tracks inside made and real files."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests import made_videos
from tests.made_videos import MadeVideo
from tests.shared_data import shared

from playhead_index.decode import open_reader
from playhead_index.decode.protocol import VideoInfo
from playhead_index.errors import VideoUnreadable
from playhead_index.window import Window
from playhead_index.words.subtitle_tracks import read_tracks
from playhead_index.words.subtitles import choose_subtitles

CUES = [(0.5, 1.0, "hello"), (1.5, 2.5, "the red door\nis open")]


def probe(path: Path) -> VideoInfo:
    return open_reader(path).probe()


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_words_of_a_track_have_their_windows(tmp_path: Path, suffix: str) -> None:
    path = made_videos.counted(tmp_path / f"talk{suffix}", subtitles=CUES).path
    track = read_tracks(path, probe(path))
    assert [(span.window, span.text) for span in track.words] == [
        (Window(0.5, 1.0), "hello"),
        (Window(1.5, 2.5), "the red door\nis open"),
    ]
    assert {(span.kind, span.source, span.language) for span in track.words} == {("speech", "track:1", "en")}
    assert track.notes == ()


def test_words_of_a_webm_are_read(tmp_path: Path) -> None:
    path = made_videos.counted(tmp_path / "talk.webm", codec="libvpx-vp9", subtitles=CUES[:1]).path
    assert [span.text for span in read_tracks(path, probe(path)).words] == ["hello"]


def test_a_stream_that_begins_late_is_brought_to_its_first_picture(tmp_path: Path) -> None:
    path = made_videos.late_start(tmp_path / "late.mkv", start_s=10.0, subtitles=CUES).path
    info = probe(path)
    assert info.origin_s == pytest.approx(10.0)
    assert [span.window for span in read_tracks(path, info).words] == [Window(0.5, 1.0), Window(1.5, 2.5)]


def test_words_behind_the_end_of_the_video_are_cut(tmp_path: Path) -> None:
    path = made_videos.counted(tmp_path / "a.mkv", subtitles=[(2.5, 9.0, "long"), (5.0, 6.0, "late")]).path
    assert [span.window for span in read_tracks(path, probe(path)).words] == [Window(2.5, 3.0)]


def test_a_file_without_tracks_is_not_even_opened(counted_video: MadeVideo) -> None:
    info = probe(counted_video.path)
    assert read_tracks(Path("gone.mp4"), info).words == ()


def test_a_file_that_is_gone_is_unreadable(talking_video: MadeVideo) -> None:
    info = probe(talking_video.path)
    with pytest.raises(VideoUnreadable, match="there is no such file"):
        read_tracks(Path("gone.mp4"), info)


def test_a_track_of_no_words_is_noted(tmp_path: Path) -> None:
    path = made_videos.counted(tmp_path / "a.mkv", subtitles=[(0.5, 1.0, "{\\an8}")]).path
    assert read_tracks(path, probe(path)).notes == ("subtitle track 1 (subrip) has no words",)


def test_a_cue_without_an_end_lasts_until_the_next_one(tmp_path: Path) -> None:
    path = made_videos.counted(tmp_path / "a.mkv", subtitles=[(0.5, 0.5, "one"), (1.0, 2.0, "two")]).path
    windows = [span.window for span in read_tracks(path, probe(path)).words]
    assert windows == [Window(0.5, 1.0), Window(1.0, 2.0)]


@pytest.mark.parametrize("name", ["media__sample_with_vobsub.mkv", "media__sample_with_vobsub.mp4"])
def test_tracks_of_pictures_are_skipped_and_named(name: str) -> None:
    path = shared(f"videos/odd/{name}")
    track = read_tracks(path, probe(path))
    assert track.words == ()
    assert track.notes == ("subtitle track 2 (dvd_subtitle) is not read: it holds pictures or no known text",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("odd/media__sample_with_srt.mkv", "This is the first subtitle."),
        ("odd/media__sample_with_ass_subtitles.mkv", "This is the first subtitle."),
        ("free/web-platform-tests__vp8-vorbis-webvtt.webm", "MARCH 23, 2011. SILVIA PFEIFFER."),
    ],
)
def test_real_tracks_are_read(name: str, text: str) -> None:
    path = shared(f"videos/{name}")
    info = probe(path)
    words = read_tracks(path, info).words
    assert text in [span.text for span in words]
    assert all(span.window.clamped(info.window) == span.window for span in words)


def test_two_equal_tracks_of_a_real_file_are_kept_once() -> None:
    path = shared("videos/odd/torchcodec__nasa_13013.mp4")
    words = read_tracks(path, probe(path)).words
    assert len(words) == 8
    assert {span.source for span in choose_subtitles(words)} == {"track:2"}
    assert len(choose_subtitles(words)) == 4


def test_a_track_of_another_time_base_keeps_its_origin(talking_video: MadeVideo) -> None:
    info = replace(probe(talking_video.path), origin_s=0.25)
    windows = [span.window for span in read_tracks(talking_video.path, info).words]
    assert windows == [Window(0.25, 0.75), Window(1.25, 2.25)]
