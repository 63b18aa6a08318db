"""The stage that gives speech its speakers: in a run, in the next one, in older libraries, after a kill."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.index.indexing import load_models, video_job
from tests.made_videos import colours, tone

from playhead_index.build import VideoReport, build_library
from playhead_index.executor import InProcess
from playhead_index.index_settings import Models
from playhead_index.recorded_models import ModelNeeded
from playhead_index.stages.identify_speakers import identify_speakers
from playhead_index.stages.transcribe import plan_speech
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import read_stage
from playhead_index.store.speakers import name_speaker, read_speakers, read_turns
from playhead_index.testing import ScriptedDiariser, ScriptedTranscriber
from playhead_index.window import Window
from playhead_index.words.diarisation import VoiceTurn
from playhead_index.words.protocol import Words, WordTime

RED = ((220, 20, 20), 8.0)
TWO = (VoiceTurn(Window(0, 3), "1"), VoiceTurn(Window(3, 8), "2"))
TEXT = "Is it red? It is."
TIMES = tuple(
    WordTime(start, end, at_s, at_s + 1, 0.9)
    for start, end, at_s in ((0, 2, 0.0), (3, 5, 1.0), (6, 10, 2.0), (11, 13, 3.0), (14, 17, 4.0))
)
SPOKEN = Words("speech", "asr:script", Window(0, 5), TEXT, "en", word_times=TIMES)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return colours(tmp_path / "talk.mp4", [RED], audio=tone(8.0)).path


def run(
    library: Path,
    video: Path,
    diariser: ScriptedDiariser | None,
    spoken: Sequence[Words] = (SPOKEN,),
    **settings: object,
) -> VideoReport:
    """One run with a transcriber and a diariser that hear what a test says."""

    def models() -> Models:
        return replace(load_models(), transcriber=ScriptedTranscriber(spoken), diariser=diariser)

    (report,) = build_library(library, [video], settings, models, InProcess(), debug=True)
    return report


def speech(library: Path, report: VideoReport) -> list[tuple[str | None, str]]:
    """(speaker, text) of the spans of speech in time order."""
    spans = Catalog(library).spans(str(report.video_id), "speech")
    return [(span.words.speaker, span.words.text) for span in sorted(spans, key=lambda one: one.words.window)]


def test_recognised_speech_is_split_between_its_speakers(tmp_path: Path, video: Path) -> None:
    report = run(tmp_path / "library", video, ScriptedDiariser(TWO))
    catalog = Catalog(tmp_path / "library")
    assert speech(tmp_path / "library", report) == [("1", "Is it red?"), ("2", "It is.")]
    assert read_turns(catalog, str(report.video_id)) == [("1", Window(0, 3)), ("2", Window(3, 8))]
    first, second = read_speakers(catalog, str(report.video_id))
    assert (first.label, second.label, np.argmax(second.voice)) == ("1", "2", 1)


def test_a_second_run_diarises_nothing_and_changes_nothing(tmp_path: Path, video: Path) -> None:
    run(tmp_path / "library", video, ScriptedDiariser(TWO))
    again = ScriptedDiariser(TWO)
    assert (run(tmp_path / "library", video, again).status, again.numbers) == ("known", [])


def test_an_older_library_gains_speakers_without_recognising_again(tmp_path: Path, video: Path) -> None:
    first = run(tmp_path / "library", video, None)
    assert dict(first.off)["speakers"] == "no speakers model was given"
    with Catalog(tmp_path / "library").atomic() as db:
        db.execute("DELETE FROM stage WHERE name = 'speakers'")
    report = run(tmp_path / "library", video, ScriptedDiariser(TWO), spoken=[])
    assert (report.status, speech(tmp_path / "library", report)) == (
        "indexed", [("1", "Is it red?"), ("2", "It is.")],
    )  # fmt: skip


def test_another_number_of_speakers_is_found_out_anew_and_remembered(tmp_path: Path, video: Path) -> None:
    run(tmp_path / "library", video, ScriptedDiariser(TWO))
    one = ScriptedDiariser([VoiceTurn(Window(0, 8), "1")])
    report = run(tmp_path / "library", video, one, num_speakers=1)
    assert one.numbers == [1]
    assert {speaker for speaker, _ in speech(tmp_path / "library", report)} == {"1"}
    run(tmp_path / "library", video, one)
    assert one.numbers == [1]
    run(tmp_path / "library", video, one, num_speakers=0)
    assert one.numbers == [1, None]


def test_a_given_name_follows_the_voice_and_one_that_fits_no_voice_is_reported(
    tmp_path: Path, video: Path
) -> None:
    catalog_at = tmp_path / "library"
    video_id = str(run(catalog_at, video, ScriptedDiariser(TWO)).video_id)
    name_speaker(Catalog(catalog_at), video_id, "1", "Ann")
    name_speaker(Catalog(catalog_at), video_id, "2", "Bob")
    own = np.eye(8, dtype=np.float32)
    swapped = ScriptedDiariser(TWO, {"1": own[1], "2": own[5]})
    report = run(catalog_at, video, swapped, num_speakers=2)
    assert [(one.label, one.name) for one in read_speakers(Catalog(catalog_at), video_id)] == [
        ("1", "Bob"), ("2", None),
    ]  # fmt: skip
    assert "speakers: no voice fits any more that was named Ann" in report.warnings


def subtitles(video: Path, *cues: str) -> None:
    blocks = (f"00:0{4 * n}.000 --> 00:0{4 * n + 4}.000\n{text}" for n, text in enumerate(cues))
    video.with_suffix(".vtt").write_text("\n\n".join(["WEBVTT", *blocks]) + "\n")


def test_subtitles_that_name_their_speaker_stay_and_others_get_their_voice(
    tmp_path: Path, video: Path
) -> None:
    subtitles(video, "<v Ann>Is it red?</v>", "It is.")
    report = run(tmp_path / "library", video, ScriptedDiariser(TWO), spoken=[])
    assert speech(tmp_path / "library", report) == [("Ann", "Is it red?"), ("2", "It is.")]


def test_a_voice_takes_the_name_that_subtitles_give_all_it_says(tmp_path: Path, video: Path) -> None:
    subtitles(video, "<v Ann>Is it red?</v>", "<v Ann>It is.</v>")
    report = run(tmp_path / "library", video, ScriptedDiariser([VoiceTurn(Window(0, 8), "1")]), spoken=[])
    speakers = read_speakers(Catalog(tmp_path / "library"), str(report.video_id))
    assert [(one.label, one.name, one.named_by) for one in speakers] == [
        ("Ann", "Ann", "source"), ("1", "Ann", "source"),
    ]  # fmt: skip


def test_changed_subtitles_get_their_voices_without_diarising_again(tmp_path: Path, video: Path) -> None:
    subtitles(video, "Is it red?", "It is.")
    run(tmp_path / "library", video, ScriptedDiariser(TWO), spoken=[])
    subtitles(video, "Is it green?", "It is not.")
    again = ScriptedDiariser(TWO)
    report = run(tmp_path / "library", video, again, spoken=[])
    assert speech(tmp_path / "library", report) == [("1", "Is it green?"), ("2", "It is not.")]
    assert again.numbers == []


def test_a_video_without_sound_is_not_diarised(tmp_path: Path) -> None:
    silent = colours(tmp_path / "silent.mp4", [RED]).path
    diariser = ScriptedDiariser(TWO)
    report = run(tmp_path / "library", silent, diariser)
    assert (dict(report.off)["speakers"], diariser.numbers) == ("the file has no sound", [])


def test_turns_stay_where_no_encoder_is_there_any_more(tmp_path: Path, video: Path) -> None:
    run(tmp_path / "library", video, ScriptedDiariser(TWO))
    report = run(tmp_path / "library", video, None)
    assert {speaker for speaker, _ in speech(tmp_path / "library", report)} == {"1", "2"}
    assert read_stage(Catalog(tmp_path / "library"), str(report.video_id), "speakers").status == "done"


class Killed(BaseException):
    """What ends a run at once."""


def test_a_run_that_was_stopped_ends_as_one_that_was_not(tmp_path: Path, video: Path) -> None:
    class Stopping(ScriptedDiariser):
        def diarise(self, parts, num_speakers=None):  # type: ignore[no-untyped-def]
            raise Killed

    with pytest.raises(Killed, match=r"^$"):
        run(tmp_path / "stopped", video, Stopping(TWO))
    report = run(tmp_path / "stopped", video, ScriptedDiariser(TWO))
    whole = run(tmp_path / "whole", video, ScriptedDiariser(TWO))
    assert speech(tmp_path / "stopped", report) == speech(tmp_path / "whole", whole)


def test_voices_that_a_recogniser_tells_apart_are_speakers_where_no_diariser_is(
    tmp_path: Path, video: Path
) -> None:
    spoken = (
        replace(SPOKEN, speaker="2", word_times=()),
        Words("speech", "asr:script", Window(5, 8), "No.", "en"),
    )
    report = run(tmp_path / "library", video, None, spoken)
    assert speech(tmp_path / "library", report) == [("2", TEXT), (None, "No.")]
    catalog = Catalog(tmp_path / "library")
    assert [one.label for one in read_speakers(catalog, str(report.video_id))] == ["2"]
    name_speaker(catalog, str(report.video_id), "2", "Ann")
    run(tmp_path / "library", video, None, spoken)
    assert [one.name for one in read_speakers(catalog, str(report.video_id))] == ["Ann"]


def test_a_label_of_a_recogniser_gives_way_to_the_voice_and_names_nobody(tmp_path: Path, video: Path) -> None:
    spoken = (Words("speech", "asr:script", Window(0, 8), TEXT, "en", speaker="SPEAKER_00"),)
    report = run(tmp_path / "library", video, ScriptedDiariser((VoiceTurn(Window(0, 8), "1"),)), spoken)
    assert speech(tmp_path / "library", report) == [("1", TEXT)]
    assert [one.name for one in read_speakers(Catalog(tmp_path / "library"), str(report.video_id))] == [None]


def test_changed_spans_need_models_that_are_loaded_where_no_diariser_is(tmp_path: Path, video: Path) -> None:
    subtitles(video, "Is it red?", "It is.")
    at = tmp_path / "library"
    video_id = str(run(at, video, ScriptedDiariser(TWO), spoken=[]).video_id)
    catalog = Catalog(at)
    with catalog.atomic() as db:
        db.execute("UPDATE span SET speaker = NULL")  # a run was killed behind its subtitles
    job = video_job(catalog, video_id, Models(is_recorded=True), path=video)
    with pytest.raises(ModelNeeded, match="spans of speech have changed"):
        identify_speakers(job, plan_speech(job))
