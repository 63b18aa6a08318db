"""A library goes on with the models that it was made with, wherever they are now."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.index.spoken import babble, silence, write_tiny_whisper
from tests.made_videos import gradient, write_video
from tests.tiny_models import make_tiny_open_clip, make_tiny_text_model

from playhead import Library
from playhead.models import ModelNames, load_models, load_one
from playhead_index.build import VideoReport
from playhead_index.embed.openclip import load_open_clip
from playhead_index.errors import LibraryMismatch

pytest.importorskip("faster_whisper", reason="the extra asr is not installed")

PLAIN = {"picture": "off", "appearance": "off", "words": "off", "screen": "off", "video": "off"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two videos in which somebody speaks, and two speech models that say different words."""
    folder = tmp_path_factory.mktemp("made")
    sound = np.concatenate([silence(0.5), babble(3.0), silence(0.5)]).astype(np.float32)
    for n in range(2):
        frames = [(gradient((90 * n + 50, 20 * i, 200)), float(i)) for i in range(4)]
        write_video(folder / f"{n}.mkv", frames, end_s=4.0, audio=sound)
    write_tiny_whisper(folder / "one", "red apples")
    write_tiny_whisper(folder / "two", "green pears again")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "made"))


def forget_loaded_models() -> None:
    """What another process would have loaded: nothing."""
    load_models.cache_clear()
    load_one.cache_clear()


def index(folder: Path, video: int, **names: str) -> VideoReport:
    forget_loaded_models()
    models = ModelNames(**(PLAIN | names))  # type: ignore[arg-type]
    (report,) = Library(folder / "library", models).index([folder / f"{video}.mkv"])
    return report


def spoken(folder: Path, video: int) -> list[str]:
    return [span.words.text for span in Library(folder / "library").words(f"{video}.mkv")]


def test_another_video_is_recognised_by_the_model_that_the_library_was_made_with(folder: Path) -> None:
    index(folder, 0, speech=str(folder / "one"))
    assert index(folder, 0).status == "known"
    assert "speech" not in dict(index(folder, 1).off)
    assert (spoken(folder, 0), spoken(folder, 1)) == (["red apples"], ["red apples"])


def test_a_model_named_by_a_relative_path_is_found_from_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    index(folder, 0, speech="one")
    monkeypatch.chdir("/")
    index(folder, 1)
    assert spoken(folder, 1) == ["red apples"]


def test_a_model_that_is_gone_leaves_the_words_and_is_named_for_new_videos(folder: Path) -> None:
    index(folder, 0, speech=str(folder / "one"))
    shutil.rmtree(folder / "one")
    assert index(folder, 0).status == "known"
    off = dict(index(folder, 1).off)["speech"]
    assert off.startswith("the library's speech model one (")
    assert f"is not on this machine (there is no folder {folder / 'one'})" in off
    assert (spoken(folder, 0), spoken(folder, 1)) == (["red apples"], [])


def test_a_model_that_was_moved_is_the_same_model(folder: Path) -> None:
    index(folder, 0, speech=str(folder / "one"))
    (folder / "one").rename(folder / "elsewhere")
    report = index(folder, 0, speech=str(folder / "elsewhere"))
    assert (report.status, report.redone) == ("known", ())
    index(folder, 1)
    assert spoken(folder, 1) == ["red apples"]


def test_another_model_at_the_same_path_is_not_taken_for_it_unless_it_is_named(folder: Path) -> None:
    index(folder, 0, speech=str(folder / "one"))
    shutil.rmtree(folder / "one")
    shutil.copytree(folder / "two", folder / "one")
    assert "other weights" in dict(index(folder, 1).off)["speech"]
    (redone,) = index(folder, 0, speech=str(folder / "one")).redone
    assert redone.startswith("speech (asr:one ")
    assert spoken(folder, 0) == ["green pears again"]


def test_a_library_made_without_speech_stays_without_until_a_model_is_named(folder: Path) -> None:
    index(folder, 0, speech="off")
    off = dict(index(folder, 1).off)["speech"]
    assert off == "the library was made without it; --speech-model NAME turns it on"
    index(folder, 1, speech=str(folder / "one"))
    index(folder, 0)
    assert spoken(folder, 0) == ["red apples"]


@pytest.mark.slow
def test_screen_text_that_a_library_was_made_without_is_turned_on_by_name(folder: Path) -> None:
    index(folder, 0, speech="off")
    off = dict(index(folder, 0, screen="auto").off)["screen"]
    assert off == "the library was made without it; --screen-text turns it on"
    assert "screen" not in dict(index(folder, 0, screen="on").off)
    assert "screen" not in dict(index(folder, 1, screen="auto").off)


def test_off_for_one_run_does_not_change_the_library(folder: Path) -> None:
    index(folder, 0, speech=str(folder / "one"))
    index(folder, 1, speech="off")
    assert index(folder, 1).off == index(folder, 0).off
    assert spoken(folder, 1) == ["red apples"]


def test_an_older_library_is_gone_on_with_by_the_name_of_its_words(folder: Path) -> None:
    index(folder, 0, speech=str(folder / "one"))
    with Library(folder / "library").catalog.atomic() as db:
        db.execute("UPDATE stage SET recipe = 'asr:one' WHERE name = 'speech'")
        db.execute("DELETE FROM setting")
    off = dict(index(folder, 1).off)["speech"]
    assert off.startswith("the library's speech model one is not on this machine")
    assert index(folder, 0, speech=str(folder / "one")).redone == ()
    index(folder, 1)
    assert (spoken(folder, 0), spoken(folder, 1)) == (["red apples"], ["red apples"])


def test_a_picture_model_that_was_moved_is_searched_with_at_its_new_place(folder: Path) -> None:
    make_tiny_open_clip(folder / "clip")
    index(folder, 0, picture=f"local-dir:{folder / 'clip'}", speech="off")
    (folder / "clip").rename(folder / "moved")
    off = dict(index(folder, 1, picture="auto", speech="off").off)["picture"]
    assert f"there is no folder {folder / 'clip'}" in off
    report = index(folder, 1, picture=f"local-dir:{folder / 'moved'}", speech="off")
    assert "picture" not in dict(report.off)
    library = Library(folder / "library")
    assert library.search("a red apple", lanes=["picture"]).coverage.searched_lanes == ("picture",)
    assert library.settings("0.mkv")["picture model"].startswith(f"local-dir:{folder / 'moved'}@")


def test_another_picture_model_at_the_same_path_is_refused_and_both_are_named(folder: Path) -> None:
    make_tiny_open_clip(folder / "clip")
    name = f"local-dir:{folder / 'clip'}"
    index(folder, 0, picture=name, speech="off")
    shutil.rmtree(folder / "clip")
    make_tiny_open_clip(folder / "clip", seed=1)
    with pytest.raises(LibraryMismatch, match=rf"made with {name}@\w+ .*asked for {name}@\w+"):
        index(folder, 1, picture=name, speech="off")


def test_words_of_a_sentence_model_that_was_moved_are_not_embedded_again(folder: Path) -> None:
    make_tiny_text_model(folder / "text")
    index(folder, 0, words=str(folder / "text"), speech=str(folder / "one"))
    shutil.copytree(folder / "text", folder / "moved")
    report = index(folder, 0, words=str(folder / "moved"))
    assert (report.status, report.redone) == ("known", ())


def test_the_same_weights_have_the_same_revision_in_any_folder(tmp_path: Path) -> None:
    first = make_tiny_open_clip(tmp_path / "first")
    second = Path(shutil.copytree(first, tmp_path / "second"))
    revisions = {load_open_clip(f"local-dir:{folder}").tag.revision for folder in (first, second)}
    assert len(revisions) == 1
