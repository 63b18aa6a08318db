"""How much of each video can be searched: what its stages say, and what that comes to over a scope."""

from dataclasses import replace
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playhead_index.search.modalities import modality_coverage, read_modalities, summarise, video_coverage
from playhead_index.search.results import ModalityCoverage
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import Stage, write_stage
from playhead_index.store.video_stages import StageState, VideoStages
from playhead_index.window import Window

FULL_WINDOW = Window(0.0, 60.0)
VIDEO_SQL = (
    "INSERT INTO video VALUES (?, 1, 60.0, 0.0, 64, 36, 0, 'h264', 25.0, 0, 1500, ?, '[]', '2026-01-01')"
)


def _video(*, has_audio: bool = True, has_subtitles: bool = False, **stages: StageState) -> VideoStages:
    return VideoStages("v", 60.0, has_audio, has_subtitles, stages)


DONE, OFF = StageState("done", 60.0, ""), StageState("off", 0.0, "no speech model")
RUNNING, FAILED = StageState("running", 20.0, ""), StageState("failed", 20.0, "out of memory")

SPEECH = [
    (_video(speech=DONE), "covered", 60.0, ""),
    (_video(speech=OFF, has_subtitles=True), "covered", 60.0, ""),
    (_video(speech=OFF, has_subtitles=True, has_audio=False), "covered", 60.0, ""),
    (_video(speech=OFF), "not_covered", 0.0, "no speech model"),
    (_video(speech=RUNNING), "not_covered", 20.0, "not indexed to the end"),
    (_video(speech=FAILED), "not_covered", 20.0, "failed: out of memory"),
    (_video(), "not_covered", 0.0, "not indexed to the end"),
    (_video(speech=OFF, has_audio=False), "not_applicable", 0.0, ""),
    (_video(has_audio=False), "not_covered", 0.0, "not indexed to the end"),
]


def test_a_forced_track_is_no_transcript_of_a_video_with_sound() -> None:
    forced = replace(_video(speech=OFF, has_subtitles=True), subtitled_s=2.0)
    found = video_coverage(forced, "speech", FULL_WINDOW)
    assert (found.status, found.why_not) == ("not_covered", "its subtitles cover 2 s of 60 s")
    assert video_coverage(replace(forced, has_audio=False), "speech", FULL_WINDOW).status == "covered"
    assert video_coverage(replace(forced, subtitled_s=6.0), "speech", FULL_WINDOW).status == "covered"


def test_detected_voice_decides_and_not_the_length_of_the_video() -> None:
    voice = replace(
        _video(speech=OFF, has_subtitles=True), subtitled_s=30.0, voiced_s=14.0, subtitled_voice_s=2.0
    )
    found = video_coverage(voice, "speech", FULL_WINDOW)
    assert (found.status, found.covered_s) == ("not_covered", 0.0)
    assert found.why_not == "its subtitles cover 2 s of 14 s of voice"
    over_all = replace(voice, stages={"speech": StageState("off", 60.0, "")}, subtitled_voice_s=14.0)
    assert video_coverage(over_all, "speech", FULL_WINDOW).status == "covered"


def test_a_sound_track_that_is_not_read_is_named() -> None:
    unread = StageState("done", 60.0, "sound that is not read: sound track 2 (opus, en)")
    found = video_coverage(_video(speech=unread), "speech", FULL_WINDOW)
    assert found.why_not == "a part of its sound is not read: sound track 2 (opus, en)"


def test_why_speech_is_off_is_said_without_the_tracks_that_are_not_read() -> None:
    off = StageState("off", 0.0, "no speech model; sound that is not read: sound track 2 (opus, en)")
    assert video_coverage(_video(speech=off), "speech", FULL_WINDOW).why_not == "no speech model"


def test_speech_of_a_video_with_unread_sound_is_not_covered() -> None:
    video = replace(_video(speech=DONE), has_unread_sound=True)
    found = video_coverage(video, "speech", FULL_WINDOW)
    assert (found.status, found.why_not) == ("not_covered", "a part of its sound is not read")
    assert video_coverage(replace(video, stages={"screen": DONE}), "screen", FULL_WINDOW).status == "covered"


@pytest.mark.parametrize(("video", "status", "covered_s", "why_not"), SPEECH)
def test_speech_is_covered_by_recognition_or_by_subtitles(
    video: VideoStages, status: str, covered_s: float, why_not: str
) -> None:
    found = video_coverage(video, "speech", FULL_WINDOW)
    assert (found.status, found.covered_s, found.extent_s, found.why_not) == (
        status, covered_s, 60.0, why_not,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("window", "status", "covered_s"),
    [
        (Window(0.0, 15.0), "covered", 15.0),
        (Window(10.0, 30.0), "not_covered", 10.0),
        (Window(30.0, 40.0), "not_covered", 0.0),
    ],
)
def test_of_a_video_that_is_being_indexed_the_part_behind_the_position_is_missing(
    window: Window, status: str, covered_s: float
) -> None:
    found = video_coverage(_video(speech=RUNNING), "speech", window)
    assert (found.status, found.covered_s) == (status, covered_s)


def test_screen_text_is_there_only_when_all_of_it_is_read() -> None:
    assert video_coverage(_video(screen=RUNNING), "screen", FULL_WINDOW).covered_s == 0.0
    assert video_coverage(_video(picture=RUNNING), "picture", FULL_WINDOW).covered_s == 20.0


@given(st.lists(st.sampled_from(["covered", "not_covered", "not_applicable"]), min_size=1, max_size=8))
def test_every_video_is_counted_once(statuses: list[str]) -> None:
    records = [
        ModalityCoverage(str(i), "speech", status, 60.0 if status == "covered" else 0.0, 60.0)  # type: ignore[arg-type]
        for i, status in enumerate(statuses)
    ]
    (summary,) = summarise(records)
    assert summary.num_covered + len(summary.not_covered) + summary.num_not_applicable == len(statuses)
    assert summary.is_complete == ("not_covered" not in statuses)
    assert summary.covered_s == 60.0 * statuses.count("covered")


@pytest.fixture(scope="module")
def large_catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """10,000 videos; speech of every tenth is not recognised."""
    catalog = Catalog(tmp_path_factory.mktemp("large_catalog"), create=True)
    with catalog.atomic() as db:
        for n in range(10_000):
            db.execute(VIDEO_SQL, (f"v{n}", 1))
            db.execute("INSERT INTO place VALUES (?, ?, 1, 1)", (f"/films/film{n}.mp4", f"v{n}"))
            status = "off" if n % 10 == 0 else "done"
            write_stage(db, f"v{n}", Stage("speech", status, 60.0, note="" if n % 10 else "no model"))
            write_stage(db, f"v{n}", Stage("screen", "done", 60.0))
    return catalog


def test_ten_thousand_videos_are_summarised_at_once(large_catalog: Catalog) -> None:
    windows = {f"v{n}": FULL_WINDOW for n in range(10_000)}
    begun_s = process_time()
    speech, screen, picture = read_modalities(large_catalog, windows)
    assert process_time() - begun_s < 5.0
    assert (speech.num_covered, len(speech.not_covered), speech.not_covered[0].name) == (
        9_000, 1_000, "film0.mp4",
    )  # fmt: skip
    assert (screen.is_complete, picture.num_covered) == (True, 0)


def test_some_videos_of_many_are_read_alone(large_catalog: Catalog) -> None:
    speech = read_modalities(large_catalog, {"v10": FULL_WINDOW, "v11": FULL_WINDOW, "unknown": FULL_WINDOW})[
        0
    ]
    assert (speech.num_covered, [one.video_id for one in speech.not_covered]) == (1, ["v10"])


def test_videos_without_stages_have_a_record_each() -> None:
    assert len(modality_coverage({"v": _video()}, {"v": FULL_WINDOW, "w": FULL_WINDOW})) == 4


def test_a_video_without_a_known_copy_is_called_by_its_id(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, create=True)
    with catalog.atomic() as db:
        db.execute(VIDEO_SQL, ("v", 1))
    assert read_modalities(catalog, {"v": FULL_WINDOW})[0].not_covered[0].name == "v"


def test_videos_of_one_file_name_are_distinguished_where_they_are_not_covered(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path, create=True)
    with catalog.atomic() as db:
        for folder in ("monday", "tuesday"):
            db.execute(VIDEO_SQL, (folder, 1))
            db.execute("INSERT INTO place VALUES (?, ?, 1, 1)", (f"/films/{folder}/lecture.mp4", folder))
    speech = read_modalities(catalog, {"monday": FULL_WINDOW, "tuesday": FULL_WINDOW})[0]
    assert [one.name for one in speech.not_covered] == ["monday/lecture.mp4", "tuesday/lecture.mp4"]
