"""Indexing again what is known loads no model; what is left to do loads them."""

import time
from pathlib import Path

import pytest
from tests.app.test_words_only import HEAVY, run
from tests.made_videos import colours
from tests.tiny_models import make_tiny_open_clip, make_tiny_text_model

from playhead import Library
from playhead.models import ModelNames, load_models, load_one
from playhead_index.build import VideoReport
from playhead_index.store.places import UNCERTAIN, FileState

CUES = [(1.0, 2.0, "The red door."), (3.0, 4.0, "The blue door.")]
OTHERS_OFF = {"appearance": "off", "speech": "off", "screen": "off", "video": "off"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A library of one video with picture and word vectors, whose models are not in memory."""
    colours(tmp_path / "a.mp4", [((200, 30, 30), 2.5), ((30, 30, 200), 2.5)], subtitles=CUES)
    make_tiny_open_clip(tmp_path / "clip")
    make_tiny_text_model(tmp_path / "words")
    while FileState.of((tmp_path / "a.mp4").stat()).changed_ns == UNCERTAIN:
        time.sleep(0.1)
    named = ModelNames(picture=f"local-dir:{tmp_path / 'clip'}", words=str(tmp_path / "words"), **OTHERS_OFF)
    (report,) = Library(tmp_path / "library", named).index(tmp_path / "a.mp4")
    assert (report.status, len(report.off)) == ("indexed", 5)
    forget_loaded_models()
    return tmp_path


def forget_loaded_models() -> None:
    load_models.cache_clear()
    load_one.cache_clear()


def index(folder: Path, **given: object) -> VideoReport:
    (report,) = Library(folder / "library").index(folder / "a.mp4", given)
    return report


def loaded() -> int:
    """How many models were loaded since `forget_loaded_models`."""
    return load_one.cache_info().currsize


def test_a_known_video_loads_no_model_and_its_library_is_as_with_all_of_them(folder: Path) -> None:
    report = index(folder)
    assert (report.status, report.warnings, loaded()) == ("known", (), 0)
    without = Library(folder / "library").video("a.mp4")
    list(Library(folder / "library", ModelNames(words=str(folder / "words"))).index(folder / "a.mp4"))
    assert loaded() > 0
    assert Library(folder / "library").video("a.mp4") == without


def test_other_settings_load_the_models_and_make_the_vectors_again(folder: Path) -> None:
    report = index(folder, fps=4.0, everywhere=True)
    assert (report.status, loaded() > 0) == ("indexed", True)
    assert report.redone[0].startswith("sampling (1 fps")
    assert Library(folder / "library").video("a.mp4").stages["picture"].status == "done"


def test_new_subtitles_beside_a_video_are_read_and_embedded(folder: Path) -> None:
    (folder / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nA green window.\n")
    report = index(folder)
    assert (report.status, loaded() > 0) == ("indexed", True)
    spans = Library(folder / "library").words("a.mp4")
    assert "A green window." in [span.words.text for span in spans]
    assert all(
        row is not None for (row,) in Library(folder / "library").catalog.query("SELECT row FROM span")
    )


def test_a_library_of_an_older_version_gets_transcript_units_by_its_text_model_alone(folder: Path) -> None:
    catalog = Library(folder / "library").catalog
    with catalog.atomic() as db:
        db.execute("DELETE FROM stage WHERE name = 'transcript'")
        db.execute("DELETE FROM space WHERE name = 'passages'")
        db.execute("DELETE FROM transcript_unit")
    assert (index(folder).status, loaded()) == ("indexed", 1)
    (passage,) = Library(folder / "library").transcript("a.mp4")
    assert passage.text == "The red door. The blue door."
    assert [one.text for one in Library(folder / "library").transcript("a.mp4", "sentence")] == [
        "The red door.",
        "The blue door.",
    ]


def test_another_video_loads_the_models(folder: Path) -> None:
    colours(folder / "b.mp4", [((30, 200, 30), 3.0)])
    reports = Library(folder / "library").index([folder / "a.mp4", folder / "b.mp4"])
    assert [report.status for report in reports] == ["known", "indexed"]
    assert loaded() > 0


def test_a_model_that_is_named_is_loaded(folder: Path) -> None:
    names = ModelNames(picture=f"local-dir:{folder / 'clip'}")
    (report,) = Library(folder / "library", names).index(folder / "a.mp4")
    assert (report.status, loaded() > 0) == ("known", True)


def test_a_known_video_is_indexed_again_without_importing_torch(folder: Path) -> None:
    (done,) = run(folder, ("index", str(folder / "a.mp4")), blocked=())
    assert ("known   a.mp4" in done.output, set(done.loaded) & set(HEAVY[:5])) == (True, set())
