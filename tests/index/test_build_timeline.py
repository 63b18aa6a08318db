"""What indexing makes of sound that outlasts the pictures, of sound alone, and of gaps."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.index.indexing import EverySecond, load_models
from tests.made_videos import MadeVideo, coded, colours, cover_only, sound_only, tone, write_video
from tests.shared_data import shared

from playhead_index.build import VideoReport, build_library
from playhead_index.decode.protocol import NO_FRAMES
from playhead_index.executor import InProcess
from playhead_index.index_settings import Models
from playhead_index.lifecycle import verify
from playhead_index.search.modalities import read_modalities
from playhead_index.stages.segment import cut_between_words
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import read_stages
from playhead_index.window import Window

RED, GREEN = (220, 20, 20), (20, 180, 40)
NONE: Mapping[str, Any] = {}


def hearing() -> Models:
    return Models(transcriber=EverySecond())


def build(library: Path, path: Path, models: Any = hearing, given: Mapping[str, Any] = NONE) -> VideoReport:
    (report,) = build_library(library, [path], given, models, InProcess())
    assert report.status in ("indexed", "known"), report.error
    return report


def outlasted(path: Path, seconds: float = 60.0) -> MadeVideo:
    """Four seconds of red, the last half second green, and sound that goes on for long."""
    sound = tone(seconds, rate_hz=8000)
    return colours(path, [(RED, 3.6), (GREEN, 0.4)], fps=5.0, audio=sound, audio_rate_hz=8000)


def joined(path: Path) -> MadeVideo:
    """Six seconds, a pause of 194 seconds in picture and sound, six seconds of the same picture."""
    times_s = [*range(6), *range(200, 206)]
    pictures = [(coded(3), float(time_s)) for time_s in times_s]
    return write_video(path, pictures, end_s=206.0, audio=tone(206.0, rate_hz=8000), audio_rate_hz=8000,
                       audio_hole_s=(6.0, 200.0), audio_codec="pcm_s16le")  # fmt: skip


# ---- sound that outlasts the pictures ----


def test_all_of_the_sound_is_recognised_and_the_last_picture_is_kept_once(tmp_path: Path) -> None:
    report = build(tmp_path / "l", outlasted(tmp_path / "talk.mp4").path)
    catalog, video_id = Catalog(tmp_path / "l"), report.video_id or ""
    assert catalog.video(video_id).duration_s == pytest.approx(60.0, abs=0.2)
    assert len(catalog.spans(video_id, "speech")) == 60
    assert [frame.window.start_s for frame in catalog.frames(video_id)] == [0.0, 3.8]
    assert catalog.frames(video_id)[-1].window.end_s == catalog.video(video_id).duration_s


def test_segments_cover_a_recording_to_the_end_of_its_sound(tmp_path: Path) -> None:
    report = build(tmp_path / "l", outlasted(tmp_path / "talk.mp4").path)
    catalog = Catalog(tmp_path / "l")
    windows = [segment.window for segment in catalog.segments(report.video_id or "")]
    assert windows[0].start_s == 0.0
    assert windows[-1].end_s == catalog.video(report.video_id or "").duration_s
    assert all(a.end_s == b.start_s for a, b in pairwise(windows))
    assert max(window.duration_s for window in windows) <= 30.0
    assert len(windows) <= 4


def test_cues_behind_the_last_picture_are_kept(tmp_path: Path) -> None:
    made = outlasted(tmp_path / "talk.mp4")
    (tmp_path / "talk.srt").write_text("1\n00:00:20,000 --> 00:00:22,000\nlate heron\n")
    report = build(tmp_path / "l", made.path, Models)
    (span,) = Catalog(tmp_path / "l").spans(report.video_id or "", "speech")
    assert (span.words.text, span.words.window) == ("late heron", Window(20.0, 22.0))


# ---- sound alone ----


@pytest.mark.parametrize("suffix", [".m4a", ".mp3", ".wav", ".opus", ".flac"])
def test_a_sound_file_is_indexed_by_its_words(tmp_path: Path, suffix: str) -> None:
    report = build(tmp_path / "l", sound_only(tmp_path / f"talk{suffix}", 8.0), load_models)
    catalog, video_id = Catalog(tmp_path / "l"), report.video_id or ""
    assert {span.words.kind for span in catalog.spans(video_id)} == {"speech"}
    assert len(catalog.spans(video_id)) == 8
    assert catalog.frames(video_id) == []
    stages = read_stages(catalog, video_id)
    for name in ("look", "layout", "picture", "appearance", "screen", "caption"):
        assert (stages[name].status, stages[name].note) == ("off", NO_FRAMES)
    assert build(tmp_path / "l", report.path, load_models).status == "known"
    assert list(verify(catalog)) == []


def test_a_podcast_with_a_cover_is_indexed_by_its_words(tmp_path: Path) -> None:
    report = build(tmp_path / "l", cover_only(tmp_path / "podcast.mp3"))
    assert report.segments == 1
    assert len(Catalog(tmp_path / "l").spans(report.video_id or "", "speech")) == 1


def test_segments_of_sound_are_cut_where_nobody_speaks() -> None:
    spoken = [Window(0.0, 17.0), Window(17.5, 24.0), Window(28.0, 55.0), Window(55.2, 90.0)]
    cut = cut_between_words(Window(0.0, 90.0), spoken, 2.0, 30.0)
    assert [window.end_s for window in cut] == [26.0, pytest.approx(55.1), pytest.approx(72.55), 90.0]


def test_segments_of_sound_without_words_are_of_equal_length() -> None:
    cut = cut_between_words(Window(0.0, 62.0), [], 2.0, 30.0)
    assert [window.duration_s for window in cut] == [pytest.approx(62.0 / 3)] * 3


def test_pictures_of_a_sound_file_do_not_apply_and_speech_is_covered(tmp_path: Path) -> None:
    report = build(tmp_path / "l", sound_only(tmp_path / "talk.m4a", 8.0), load_models)
    catalog, video_id = Catalog(tmp_path / "l"), report.video_id or ""
    summaries = read_modalities(catalog, {video_id: catalog.video(video_id).window})
    found = {one.modality: (one.num_covered, one.num_not_applicable, one.covered_s) for one in summaries}
    assert found["speech"][:2] == (1, 0)
    assert found["screen"] == found["picture"] == (0, 1, 0.0)


def test_subtitles_beside_a_sound_file_are_its_words(tmp_path: Path) -> None:
    path = sound_only(tmp_path / "talk.wav", 8.0)
    (tmp_path / "talk.en.srt").write_text("1\n00:00:02,000 --> 00:00:04,000\nlate heron\n")
    (tmp_path / "talk.sub").write_text("{1}{1}25\n{125}{150}second heron\n")
    report = build(tmp_path / "l", path, Models)
    spans = Catalog(tmp_path / "l").spans(report.video_id or "", "speech")
    assert [(span.words.text, span.words.window.start_s) for span in spans] == [
        ("late heron", 2.0), ("second heron", 5.0),
    ]  # fmt: skip


def test_a_sound_file_that_moved_is_known(tmp_path: Path) -> None:
    path = sound_only(tmp_path / "talk.m4a", 4.0)
    first = build(tmp_path / "l", path)
    moved = build(tmp_path / "l", path.rename(tmp_path / "other.m4a"))
    assert (moved.video_id, moved.status) == (first.video_id, "known")


# ---- gaps ----


def test_a_gap_holds_no_segment_no_picture_and_no_words(tmp_path: Path) -> None:
    report = build(tmp_path / "l", joined(tmp_path / "cctv.mkv").path)
    catalog, video_id = Catalog(tmp_path / "l"), report.video_id or ""
    gap = Window(7.0, 199.5)
    for rows in (catalog.segments(video_id), catalog.frames(video_id)):
        assert len(rows) == 2
        assert all(row.window.overlap_s(gap) == 0 for row in rows)
    starts_s = [round(span.words.window.start_s) for span in catalog.spans(video_id, "speech")]
    assert starts_s == [0, 1, 2, 3, 4, 5, 200, 201, 202, 203, 204, 205]


def test_a_gap_is_said_once_and_not_counted_as_searched(tmp_path: Path) -> None:
    made = joined(tmp_path / "cctv.mkv")
    report = build(tmp_path / "l", made.path)
    assert report.warnings[0].startswith(
        "the clock of the file jumps ahead: neither pictures nor sound from 0:06"
    )
    catalog, video_id = Catalog(tmp_path / "l"), report.video_id or ""
    speech, *_ = read_modalities(catalog, {video_id: Window(0.0, 206.0)})
    assert speech.num_covered == 1
    assert speech.extent_s == speech.covered_s == pytest.approx(12.0, abs=0.5)
    assert build(tmp_path / "l", made.path).warnings == ()


def test_a_question_about_a_gap_is_not_covered(tmp_path: Path) -> None:
    report = build(tmp_path / "l", joined(tmp_path / "cctv.mkv").path)
    speech, *_ = read_modalities(Catalog(tmp_path / "l"), {report.video_id or "": Window(50.0, 60.0)})
    (missing,) = speech.not_covered
    assert missing.why_not == "nothing was recorded there: the clock of the file jumps ahead"


def test_recognition_that_was_stopped_behind_a_gap_goes_on_there(tmp_path: Path) -> None:
    made, fresh, resumed = joined(tmp_path / "cctv.mkv"), tmp_path / "fresh", tmp_path / "resumed"
    video_id = build(fresh, made.path).video_id or ""
    build(resumed, made.path)
    with Catalog(resumed).atomic() as db:
        db.execute("DELETE FROM span WHERE start_s >= 200")
        db.execute("UPDATE stage SET status = 'running', position_s = 200 WHERE name = 'speech'")
    build(resumed, made.path)
    words = [[(s.words.window, s.words.text) for s in Catalog(at).spans(video_id)] for at in (fresh, resumed)]
    assert words[0] == words[1]


# ---- libraries of earlier versions ----

MADE = (
    ("segment", "ordinal, start_s, end_s"),
    ("frame", "row, start_s, end_s"),
    ("span", "kind, start_s, end_s, text"),
)


def contents(library: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What a library holds of its one video."""
    catalog = Catalog(library)
    return {table: sorted(catalog.query(f"SELECT {columns} FROM {table}")) for table, columns in MADE}


def as_made_before(library: Path, end_s: float) -> None:
    """Makes of a library what a version made of it for which the recording ended with the last picture."""
    catalog = Catalog(library)
    with catalog.atomic() as db:
        db.execute("UPDATE video SET duration_s = ?", (end_s,))
        db.execute("DELETE FROM stage WHERE name = 'timeline'")
        db.execute("UPDATE stage SET position_s = ? WHERE position_s > ?", (end_s, end_s))
        db.execute("UPDATE stage SET rows = rows - 1 WHERE name = 'look'")
        for table in ("segment", "span", "frame"):
            db.execute(f"DELETE FROM {table} WHERE start_s >= ?", (end_s,))
            db.execute(f"UPDATE {table} SET end_s = ? WHERE end_s > ?", (end_s, end_s))


@pytest.mark.parametrize("models", [hearing, load_models], ids=["speech alone", "every model"])
def test_a_video_that_was_indexed_without_its_tail_gets_it(tmp_path: Path, models: Any) -> None:
    made = outlasted(tmp_path / "talk.mp4")
    build(tmp_path / "l", made.path, models)
    fresh = contents(tmp_path / "l")
    as_made_before(tmp_path / "l", 4.0)
    assert contents(tmp_path / "l") != fresh
    report = build(tmp_path / "l", made.path, models)
    assert report.status == "indexed"
    assert report.redone[0] == "timeline (0:04 -> 1:00)"
    assert contents(tmp_path / "l") == fresh
    assert build(tmp_path / "l", made.path, models).status == "known"
    assert list(verify(Catalog(tmp_path / "l"))) == []


def test_a_tail_that_cannot_be_recognised_now_is_left_and_said(tmp_path: Path) -> None:
    made = outlasted(tmp_path / "talk.mp4")
    build(tmp_path / "l", made.path)
    as_made_before(tmp_path / "l", 4.0)
    before = contents(tmp_path / "l")
    report = build(tmp_path / "l", made.path, Models)
    assert report.status == "indexed"  # the transcript of the words that are left is divided anew
    assert report.warnings[0] == (
        "its timeline stays as it was made (0:04 -> 1:00 was measured): its speech stage could not be made"
        " again (no speech model was given)"
    )
    assert contents(tmp_path / "l") == before


def test_a_video_whose_gap_was_filled_is_made_again_without(tmp_path: Path) -> None:
    made = joined(tmp_path / "cctv.mkv")
    build(tmp_path / "l", made.path, load_models)
    fresh = contents(tmp_path / "l")
    with Catalog(tmp_path / "l").atomic() as db:
        db.execute("DELETE FROM stage WHERE name = 'timeline'")
        db.execute("UPDATE segment SET end_s = 200 WHERE ordinal = 0")
        db.execute("UPDATE frame SET end_s = 200 WHERE row = 0")
    report = build(tmp_path / "l", made.path, load_models)
    assert report.redone[0].startswith("timeline (3:26 -> 3:26 with gaps of 3:1")
    assert contents(tmp_path / "l") == fresh


# ---- real files ----


def test_a_real_clock_jump_gives_two_segments(tmp_path: Path) -> None:
    report = build(tmp_path / "l", shared("cases") / "13_clock_jumps_an_hour_ahead.ts", Models)
    windows = [row.window for row in Catalog(tmp_path / "l").segments(report.video_id or "")]
    assert windows == [Window(0.0, 6.0), Window(3600.0, 3608.0)]


def test_cues_of_a_saved_stream_stand_at_their_time(tmp_path: Path) -> None:
    report = build(tmp_path / "l", shared("cases") / "07_hls.ts", Models)
    spans = Catalog(tmp_path / "l").spans(report.video_id or "", "speech")
    assert [span.words.window for span in spans] == [Window(6.0, 8.0), Window(16.0, 18.0)]
