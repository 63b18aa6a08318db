"""A library with files that hold sound alone, as a person uses it."""

from pathlib import Path

import pytest
from tests.app.test_cli import Run, run
from tests.made_videos import colours, sound_only

from playhead import Library
from playhead.models import ModelNames
from playhead.notebook import ContactSheet, timeline
from playhead_index.errors import NoFrames

__all__ = ["run"]
OFF = ("--words-model", "off", "--picture-model", "nano:", "--appearance-model", "nano:", "--no-screen-text",
       "--speech-model", "off")  # fmt: skip
SUBTITLES = "1\n00:00:02,000 --> 00:00:08,000\nThe blue whale lives in the ocean.\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A podcast and a video, each with subtitles beside it."""
    folder = tmp_path_factory.mktemp("mixed")
    sound_only(folder / "podcast.m4a", 10.0)
    (folder / "podcast.srt").write_text(SUBTITLES)
    colours(folder / "talk.mp4", [((200, 30, 30), 3.0), ((30, 30, 200), 3.0)])
    return folder


@pytest.fixture
def library(run: Run, folder: Path, tmp_path: Path) -> Path:
    done = run("index", folder, "-l", tmp_path / "library", *OFF)
    assert done.code == 0
    assert "there are no pictures" not in done.out
    return tmp_path / "library"


def test_what_is_said_in_a_sound_file_is_found_and_cited(run: Run, library: Path) -> None:
    assert "podcast.m4a" in run("search", "whale", "-l", library).out
    done = run("ask", "What is said about the whale?", "-l", library, "--video-model", "off")
    assert "Said at 0:02–0:08 of podcast.m4a" in done.out


def test_pictures_of_a_sound_file_are_not_claimed_as_searched(run: Run, library: Path) -> None:
    done = run("search", "a red dog", "-l", library, "--lane", "picture")
    assert "by pictures; 1 of them has no pictures" in " ".join(done.out.split())


def test_list_and_show_say_that_there_is_sound_only(run: Run, library: Path) -> None:
    listed = next(line for line in run("list", "-l", library).out.splitlines() if "podcast" in line)
    assert listed.split()[6] == "none"
    details = run("show", "podcast", "-l", library).out
    assert "0:10  sound only  aac" in details
    assert run("list", "-l", library, "--json").lines[0]["has_pictures"] is False


def test_an_example_from_a_sound_file_is_refused_in_one_line(run: Run, library: Path, folder: Path) -> None:
    done = run("search", "--like", "podcast.m4a@0:05", "-l", library)
    assert (done.code, done.out) == (1, "")
    assert done.err == f"error: {folder}/podcast.m4a: there are no pictures in it, only sound\n"


def test_a_sound_file_is_verified_moved_and_found_again(run: Run, library: Path, folder: Path) -> None:
    assert run("verify", "-l", library).code == 0
    assert run("relink", folder, "-l", library).code == 0
    assert run("index", folder, "-l", library, *OFF).out.count("known") == 2


def test_a_question_about_pictures_of_a_sound_file_is_answered_without_a_look(
    run: Run, library: Path
) -> None:
    done = run("ask", "Is the man red in podcast.m4a?", "-l", library, "--video-model", "nano:")
    output = " ".join(done.out.replace("│", " ").split())
    assert "no recording in scope has pictures, so nothing was looked at" in output
    assert "Searched 1 video (0:10) by speech; it has no pictures." in output


def test_a_picture_of_a_sound_file_is_blank_in_a_notebook(library: Path) -> None:
    opened = Library(library, ModelNames(video="off"))
    with pytest.raises(NoFrames, match="there are no pictures in it, only sound"):
        opened.frame("podcast", 5.0)
    moments = opened.search("whale", lanes=["speech"]).moments
    assert "there are no pictures in it, only sound" in ContactSheet(opened, moments)._repr_html_()
    assert timeline(opened, "podcast", moments)._repr_png_()
