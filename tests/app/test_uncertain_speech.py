"""Speech that was recognised with low confidence is searched and marked, and carries no claim."""

from pathlib import Path

import pytest
from tests.made_videos import gradient, tone, write_video
from typer.testing import CliRunner

from playhead import Library, json_records
from playhead.cli import app
from playhead.models import ModelNames
from playhead_index.build import build_library
from playhead_index.executor import InProcess
from playhead_index.index_settings import IndexSettings, Models
from playhead_index.search.modalities import read_modalities
from playhead_index.testing import ScriptedTranscriber
from playhead_index.window import Window
from playhead_index.words.protocol import MIN_CONFIDENCE, Words

OFF = ModelNames(**dict.fromkeys(("picture", "appearance", "words", "speech", "screen", "video"), "off"))
CLEAR = [(n, f"clear words number {n}", 0.8) for n in range(0, 20, 2)]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / "talk.mkv"
    frames = [(gradient((40 + n, 90, 200)), float(n)) for n in range(40)]
    write_video(path, frames, end_s=40.0, audio=tone(40.0))
    return path


def made(folder: Path, video: Path, spoken: list[tuple[int, str, float]]) -> Library:
    """A library in which each (second, text, confidence) is recognised as a span of two seconds."""
    words = [
        Words("speech", "asr:made", Window(n, n + 2.0), t, "en", confidence) for n, t, confidence in spoken
    ]
    models = Models(transcriber=ScriptedTranscriber(words, "asr:made"))
    list(build_library(folder, [video], IndexSettings(), lambda: models, InProcess()))
    return Library(folder, OFF)


def test_the_floor_itself_is_certain() -> None:
    at = [Words("speech", "asr:x", Window(0, 1), "x", confidence=c) for c in (MIN_CONFIDENCE, 0.499, None)]
    assert [words.is_uncertain for words in at] == [False, True, False]


def test_search_finds_uncertain_words_and_marks_them(tmp_path: Path, video: Path) -> None:
    library = made(tmp_path, video, [*CLEAR, (22, "zebra crossing", 0.31)])
    (moment,) = library.search('"zebra crossing"').moments
    assert [hit["confidence"] for hit in json_records.of_moment(moment)["hits"]] == [0.31]
    found = CliRunner().invoke(app, ["search", "zebra", "--library", str(tmp_path)]).stdout
    assert "zebra crossing (uncertain: recognised with confidence 0.31)" in " ".join(found.split())
    output = CliRunner().invoke(app, ["show", "talk.mkv", "--library", str(tmp_path)]).stdout
    assert "zebra crossing  (uncertain: confidence 0.31)" in output


def test_words_with_high_confidence_are_not_marked(tmp_path: Path, video: Path) -> None:
    made(tmp_path, video, CLEAR)
    found = CliRunner().invoke(app, ["search", "clear words", "--library", str(tmp_path)]).stdout
    assert "clear words" in found
    assert "uncertain" not in found


def test_an_answer_from_uncertain_words_alone_claims_nothing(tmp_path: Path, video: Path) -> None:
    library = made(tmp_path, video, [*CLEAR, (22, "the zebra crossing opens", 0.4)])
    answer = library.ask("when is the zebra crossing mentioned?")
    assert (answer.status, answer.reason) == ("partial", "unknown")
    assert answer.text.startswith("Nothing certain; the closest is:\nPossibly said at 0:22–0:24")
    assert answer.confidence == pytest.approx(0.9 * 0.4 * 0.7)
    assert "the words of E1 are uncertain: they were recognised with a confidence of 0.40" in answer.notes
    assert [(one.verdict, one.confidence) for one in answer.evidence] == [("unverified", 0.4)]


def test_certain_words_answer_beside_uncertain_ones(tmp_path: Path, video: Path) -> None:
    spoken = [*CLEAR, (22, "the zebra crossing opens", 0.4), (26, "the zebra crossing opens", 0.9)]
    answer = made(tmp_path, video, spoken).ask("what is said about the zebra crossing?")
    assert (answer.status, answer.notes) == ("answered", ())
    assert [(one.sentence_s, one.confidence) for one in answer.evidence] == [((26.0, 28.0), 0.9)]


def test_absence_is_not_stated_where_much_speech_is_uncertain(tmp_path: Path, video: Path) -> None:
    clear = made(tmp_path / "clear", video, CLEAR).ask("what is said about penguins?")
    assert (clear.reason, "uncertain" in clear.text) == ("absent", False)
    salad = [(n, f"word salad {n}", 0.2) for n in range(20, 40, 2)]
    answer = made(tmp_path / "salad", video, [*CLEAR, *salad]).ask("what is said about penguins?")
    assert (answer.status, answer.reason) == ("abstained", "unknown")
    assert "0:20 of its speech was recognised with low confidence" in answer.text


def test_a_little_uncertain_speech_is_stated_and_does_not_forbid_absence(tmp_path: Path, video: Path) -> None:
    library = made(tmp_path, video, [*CLEAR, (22, "salad", 0.2)])
    answer = library.ask("what is said about penguins?")
    assert answer.reason == "absent"
    assert "0:02 of the speech is uncertain" in answer.text


def test_uncertain_speech_outside_a_stretch_does_not_count_there(tmp_path: Path, video: Path) -> None:
    salad = [(n, f"word salad {n}", 0.2) for n in range(20, 40, 2)]
    library = made(tmp_path, video, [*CLEAR, *salad])
    video_id = library.video_id("talk.mkv")
    first, second = (
        read_modalities(library.catalog, {video_id: window})[0] for window in (Window(0, 20), Window(10, 40))
    )
    assert (first.is_complete, first.uncertain_s) == (True, 0.0)
    assert (second.is_complete, second.uncertain_s, second.covered_s) == (False, 20.0, 10.0)


def test_words_of_subtitles_are_never_uncertain(tmp_path: Path, video: Path) -> None:
    library = made(tmp_path, video, [])
    with library.catalog.atomic() as db:
        db.execute(
            "INSERT INTO span (video_id, kind, source, start_s, end_s, text) VALUES (?, ?, ?, ?, ?, ?)",
            (library.video_id("talk.mkv"), "speech", "track:1", 0.0, 2.0, "zebra"),
        )
    assert library.ask("when is the zebra mentioned?").status == "answered"
