"""Which voice subtitles cover, what is recognised beside them, and what is said of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.index.spoken import RATE_HZ, babble, silence
from tests.made_videos import solid, write_video
from tests.shared_data import shared

from playhead_index.build import VideoReport, build_library
from playhead_index.executor import InProcess
from playhead_index.index_settings import SWITCHED_OFF, Models
from playhead_index.search.modalities import video_coverage
from playhead_index.store.catalog import Catalog
from playhead_index.store.job_table import read_stage
from playhead_index.store.video_stages import read_video_stages
from playhead_index.testing import ScriptedTranscriber
from playhead_index.window import Window
from playhead_index.words.protocol import TranscriberTag, Words
from playhead_index.words.subtitle_cover import SubtitleCover, covers_speech, uncovered_voice

SPOKEN = [(1.0, 3.0, "the blue whale"), (6.0, 9.0, "the second part"), (14.0, 18.0, "under the old bridge")]
CUES = [(1.0, 3.0, "The blue whale."), (6.0, 9.0, "The second part.")]


def transcriber(language: str | None = "en", **tag: Any) -> ScriptedTranscriber:
    spans = [Words("speech", "asr:one", Window(a, b), text, language) for a, b, text in SPOKEN]
    return ScriptedTranscriber(spans, "asr:one", TranscriberTag("/models/one", "1" * 20, **tag))


def write_srt(path: Path, cues: Sequence[tuple[float, float, str]]) -> None:
    lines = (f"{i}\n00:00:{a:06.3f} --> 00:00:{b:06.3f}\n{text}\n" for i, (a, b, text) in enumerate(cues, 1))
    path.write_text("\n".join(lines))


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """20 s with voice of 2 s, 3 s and 4 s."""
    parts = [silence(1), babble(2), silence(3), babble(3, 1), silence(5), babble(4, 2), silence(2)]
    path = tmp_path / "videos" / "talk.mkv"
    path.parent.mkdir()
    pictures = [(solid((i, 0, 0)), float(i)) for i in range(20)]
    write_video(path, pictures, end_s=20.0, audio=np.concatenate(parts), audio_rate_hz=RATE_HZ)
    return path


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def build(library: Path, video: Path, models: Models | None = None, **settings: Any) -> VideoReport:
    made = models or Models(transcriber=transcriber())
    (report,) = build_library(library, [video], settings, lambda: made, InProcess())
    return report


def spans(library: Path) -> list[tuple[str, str]]:
    rows = Catalog(library).query(
        "SELECT source, text FROM span WHERE kind = 'speech' ORDER BY start_s, source"
    )
    return [(source.split(":")[0], text) for source, text in rows]


def speech(library: Path) -> tuple[str, str]:
    """Whether speech is covered, and why not."""
    (found,) = read_video_stages(Catalog(library)).values()
    record = video_coverage(found, "speech", Window(0.0, found.duration_s))
    return record.status, record.why_not


def voice(library: Path) -> tuple[float, float, float]:
    """Seconds of voice, of those under subtitles, and of those recognised."""
    (row,) = Catalog(library).query(
        "SELECT total(voiced_s), total(subtitled_s), total(recognised_s) FROM voice_chunk"
    )
    return row


def test_voice_without_cues_is_all_uncovered() -> None:
    assert uncovered_voice([Window(0, 2), Window(5, 6)], []) == (Window(0, 2), Window(5, 6))


def test_voice_that_overlaps_the_ends_of_cues_a_little_is_covered() -> None:
    cues = [Window(1.0, 3.0), Window(3.6, 6.0)]
    assert uncovered_voice([Window(0.6, 6.4)], cues) == ()


def test_voice_between_cues_is_uncovered_up_to_the_cues() -> None:
    cues = [Window(0, 2), Window(10, 12)]
    assert uncovered_voice([Window(0, 4), Window(5, 6), Window(9, 12)], cues) == (
        Window(2, 4), Window(5, 6), Window(9, 10),
    )  # fmt: skip


def test_several_short_stretches_without_a_cue_between_them_count_together() -> None:
    short = [Window(20 + n, 20.4 + n) for n in range(5)]
    assert uncovered_voice(short, [Window(0, 5)]) == tuple(short)
    assert uncovered_voice(short[:1], [Window(0, 5)]) == ()


seconds = st.integers(0, 60)
windows = st.lists(st.tuples(seconds, st.integers(1, 8)).map(lambda pair: Window(pair[0], sum(pair))))


@given(windows, windows)
def test_uncovered_voice_lies_in_voice_and_outside_the_cues(voiced: list[Window], cues: list[Window]) -> None:
    apart = [a for i, a in enumerate(sorted(voiced)) if all(a.start_s > b.end_s for b in sorted(voiced)[:i])]
    for part in uncovered_voice(apart, cues):
        assert any(part.overlap_s(own) == part.duration_s for own in apart)
        assert all(part.overlap_s(cue) == 0 for cue in cues)


@pytest.mark.parametrize("kind", ["forced", "commentary", "translated", "descriptions"])
def test_subtitles_that_are_no_transcript_cover_nothing(kind: str) -> None:
    assert not covers_speech({kind}, "en", "en")
    assert covers_speech({"sdh", "default"}, "en", "en-US")


def test_recognised_words_are_held_by_cues_of_their_language_alone() -> None:
    found = SubtitleCover([(Window(0, 4), "en")])
    said = Words("speech", "asr:one", Window(1, 3), "hello", "en")
    assert found.covers(said)
    assert not found.covers(replace(said, language="de"))
    assert not found.covers(replace(said, window=Window(3, 8)))


def test_only_voice_that_no_subtitle_covers_is_recognised(library: Path, video: Path) -> None:
    write_srt(video.with_suffix(".srt"), CUES)
    build(library, video)
    assert spans(library) == [
        ("file", "The blue whale."),
        ("file", "The second part."),
        ("asr", "under the old bridge"),
    ]
    assert voice(library) == pytest.approx((9.0, 5.0, 4.0))
    assert Catalog(library).query("SELECT note FROM stage WHERE name = 'speech'") == [
        ("of 9 s of voice 5 s are under subtitles, 4 s are recognised",)
    ]
    assert speech(library) == ("covered", "")


@pytest.mark.parametrize("name", ["talk.en.forced.srt", "talk.en.commentary.srt"])
def test_forced_subtitles_and_commentaries_leave_all_voice_to_recognition(
    library: Path, video: Path, name: str
) -> None:
    write_srt(video.with_name(name), CUES)
    build(library, video)
    assert [source for source, _ in spans(library)].count("asr") == 3


def test_a_translation_does_not_cover_the_sound(library: Path, video: Path) -> None:
    write_srt(video.with_name("talk.de.srt"), CUES)
    build(library, video, language="en")
    assert [text for source, text in spans(library) if source == "asr"] == [text for _, _, text in SPOKEN]


def test_always_recognises_also_where_subtitles_are(library: Path, video: Path) -> None:
    write_srt(video.with_suffix(".srt"), CUES)
    build(library, video, transcribe="always")
    assert [source for source, _ in spans(library)].count("asr") == 3


def test_a_sidecar_that_comes_later_gives_the_library_of_one_that_was_there(
    library: Path, video: Path
) -> None:
    build(library, video)
    assert len(spans(library)) == 3
    write_srt(video.with_suffix(".srt"), CUES)
    assert build(library, video).redone == ("speech (other subtitles)",)
    build(library.with_name("new"), video)
    assert spans(library) == spans(library.with_name("new"))
    assert voice(library) == voice(library.with_name("new"))


def test_a_sidecar_that_goes_away_gives_the_library_without_it(library: Path, video: Path) -> None:
    write_srt(video.with_suffix(".srt"), CUES)
    build(library, video)
    video.with_suffix(".srt").unlink()
    build(library, video)
    assert spans(library) == [("asr", text) for _, _, text in SPOKEN]


def test_a_sidecar_that_comes_while_there_is_no_model_is_not_counted_twice(
    library: Path, video: Path
) -> None:
    build(library, video)
    write_srt(video.with_suffix(".srt"), CUES)
    build(library, video, Models(off={"speech": SWITCHED_OFF}))
    assert [source for source, _ in spans(library)] == ["file", "file", "asr"]
    assert speech(library) == ("covered", "")
    video.with_suffix(".srt").unlink()
    build(library, video, Models(off={"speech": SWITCHED_OFF}))
    assert speech(library) == (
        "not_covered",
        "its speech was recognised beside other subtitles than it has now",
    )


def test_without_a_model_the_voice_says_what_the_subtitles_leave_out(library: Path, video: Path) -> None:
    pytest.importorskip("faster_whisper")
    write_srt(video.with_suffix(".srt"), CUES)
    build(library, video, Models(off={"speech": "no speech model"}))
    status, why_not = speech(library)
    assert (status, why_not[:26]) == ("not_covered", "its subtitles cover 5 s of")
    voiced_s, subtitled_s, recognised_s = voice(library)
    assert (voiced_s, subtitled_s, recognised_s) == (pytest.approx(9, abs=0.8), pytest.approx(5, abs=0.8), 0)


def test_without_a_model_subtitles_over_all_voice_are_enough(library: Path, video: Path) -> None:
    pytest.importorskip("faster_whisper")
    write_srt(video.with_suffix(".srt"), [*CUES, (14.0, 18.0, "Under the old bridge.")])
    build(library, video, Models(off={"speech": "no speech model"}))
    assert speech(library) == ("covered", "")


def test_a_model_that_comes_later_recognises_from_the_beginning(library: Path, video: Path) -> None:
    write_srt(video.with_suffix(".srt"), CUES[1:])
    build(library, video, Models(off={"speech": "no speech model"}))
    build(library, video)
    assert [source for source, _ in spans(library)] == ["asr", "file", "asr"]


def test_the_settings_reach_the_model_and_are_kept(library: Path, video: Path) -> None:
    recogniser = transcriber()
    build(library, video, Models(transcriber=recogniser), language="de")
    assert recogniser.hints[-1].language == "de"
    assert build(library, video, Models(transcriber=recogniser)).status == "known"
    report = build(library, video, Models(transcriber=recogniser), language="auto")
    assert report.redone == ("speech (language de -> auto)",)
    assert (recogniser.hints[-1].language, recogniser.hints[-1].likely_language) == (None, None)


@pytest.mark.parametrize(
    ("setting", "value"), [("language", "klingonese"), ("audio_track", "0"), ("audio_track", "first")]
)
def test_a_language_or_track_that_is_none_is_refused(
    library: Path, video: Path, setting: str, value: str
) -> None:
    with pytest.raises(ValueError, match=f"{setting} must be a .* got '{value}'"):
        build(library, video, **{setting: value})


def test_a_model_of_english_alone_is_not_let_loose_on_german(library: Path, video: Path) -> None:
    recogniser = transcriber(languages=("en",))
    build(library, video, Models(transcriber=recogniser), language="de")
    assert recogniser.recognised == []
    assert speech(library)[1].startswith("asr:one knows en only, the sound is in de: index with another")


def test_speech_in_a_language_that_the_model_does_not_know_is_reported(library: Path, video: Path) -> None:
    report = build(library, video, Models(transcriber=transcriber(None, languages=("en",))))
    note = (
        "the speech at 0:01–0:18 is probably in a language that asr:one does not know (it knows en alone),"
        " so its words are wrong: index with a multilingual model, such as --speech-model small"
    )
    catalog = Catalog(library)
    (video_id,) = read_video_stages(catalog)
    assert read_stage(catalog, video_id, "speech").note == note
    assert note in str(report)


def test_sounds_that_a_model_describes_are_not_stored(library: Path, video: Path) -> None:
    recogniser = ScriptedTranscriber([Words("speech", "asr:one", Window(1, 3), "[BLANK_AUDIO]")], "asr:one")
    build(library, video, Models(transcriber=recogniser))
    assert spans(library) == []


def test_sound_descriptions_of_a_film_are_not_said(library: Path, video: Path) -> None:
    for name, case in (("talk.en.sdh.srt", "11_film.en.sdh.srt"), ("talk.en.srt", "11_film.en.srt")):
        video.with_name(name).write_bytes(shared(f"cases/{case}").read_bytes())
    build(library, video)
    texts = [text for source, text in spans(library) if source == "file"]
    assert sorted(set(texts)) == ["Open the door!"]


@pytest.mark.parametrize(
    ("case", "sources"), [("03_forced_track_only.mkv", ["track", "asr"]), ("04_drone.mp4", ["asr"])]
)
def test_a_forced_line_or_telemetry_does_not_switch_recognition_off(
    library: Path, case: str, sources: list[str]
) -> None:
    said = [Words("speech", "asr:one", Window(20, 22), "Now the second part begins.")]
    build(library, shared(f"cases/{case}"), Models(transcriber=ScriptedTranscriber(said, "asr:one")))
    assert [source for source, _ in spans(library)] == sources
    assert speech(library) == ("covered", "")


def test_the_track_that_is_not_read_is_named_and_the_tag_is_the_hint(library: Path) -> None:
    recogniser = transcriber()
    path = shared("cases/08_german_then_english_sound.mkv")
    build(library, path, Models(transcriber=recogniser))
    assert recogniser.hints[-1].likely_language == "de"
    assert speech(library) == ("not_covered", "a part of its sound is not read: sound track 2 (opus, en)")
    report = build(library, path, Models(transcriber=recogniser), audio_track="en")
    assert recogniser.hints[-1].likely_language == "en"
    assert report.redone == ("speech (sound track default -> en)",)
    assert "sound that is not read: sound track 1 (opus, de)" in report.warnings
