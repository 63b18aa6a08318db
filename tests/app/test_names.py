"""Two videos of one file name are told apart wherever a name is shown, and meant by what is shown."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from tests.index.disks import copy_of_fixture

from playhead import Library, terminal
from playhead.answer_view import show_answer
from playhead.compare_strategies import Comparison
from playhead.comparison_view import show_comparison
from playhead.index_progress import running
from playhead.models import ModelNames
from playhead_agent.rules.video_names import named_videos, without_names
from playhead_tools.options import by_file
from playhead_tools.retrieval import VideoEntry, list_videos

NAMES = ("monday/lecture.mp4", "tuesday/lecture.mp4", "silent.mp4")
QUESTION = "When does he mention the exam?"
SHOW: dict[str, Callable[[Library, Console], None]] = {
    "list": lambda library, console: terminal.show_videos(console, library.videos(), []),
    "clock": lambda library, console: terminal.show_clock(console, library.videos()),
    "search": lambda library, console: terminal.show_result(console, library.search("the"), library.names()),
    "ask": lambda library, console: show_answer(console, library.ask(QUESTION), library.names()),
    "compare": lambda library, console: show_comparison(
        console, [Comparison("agent", library.ask(QUESTION))], library.names()
    ),
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(
        copy_of_fixture(tmp_path / "library"), ModelNames("off", "off", "off", "off", "off", video="off")
    )


def rendered(library: Library, show: Callable[[Library, Console], None], width: int) -> str:
    out = StringIO()
    show(library, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("show", SHOW.values(), ids=SHOW)
def test_tables_and_answers_name_the_folder_where_two_files_have_one_name(
    show: Callable[[Library, Console], None], library: Library
) -> None:
    text = rendered(library, show, 120)
    assert "tuesday/lecture.mp4" in text
    assert "lecture.mp4" not in text.replace("tuesday/lecture.mp4", "").replace("monday/lecture.mp4", "")


@pytest.mark.parametrize("show", [SHOW["list"], SHOW["clock"]], ids=["list", "clock"])
def test_a_long_name_is_never_cut_or_broken(
    show: Callable[[Library, Console], None], library: Library
) -> None:
    name = f"{'long-' * 30}name.mp4"
    with library.catalog.atomic() as db:
        db.execute("UPDATE place SET path = ? WHERE path LIKE '%silent.mp4'", (f"/videos/{name}",))
    assert name in rendered(library, show, 40)


def test_the_sentence_of_an_answer_names_the_folder(library: Library) -> None:
    assert "of tuesday/lecture.mp4" in library.ask(QUESTION).text


def test_progress_has_a_line_for_each_video(library: Library) -> None:
    assert sorted(name for name, _, _ in running(library.catalog)) == sorted(NAMES)


def entries(library: Library) -> list[VideoEntry]:
    return list_videos(library.catalog)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("What is said in monday/lecture.mp4?", ["monday/lecture.mp4"]),
        ("What is said in lecture.mp4?", ["monday/lecture.mp4", "tuesday/lecture.mp4"]),
        ("Is lecture.mp4 longer than Monday/lecture.mp4?", ["monday/lecture.mp4", "tuesday/lecture.mp4"]),
        ("What is said in silent.mp4?", ["silent.mp4"]),
        ("What is said?", []),
    ],
)
def test_a_question_means_the_video_that_it_names(question: str, meant: list[str], library: Library) -> None:
    assert [video.name for video in named_videos(entries(library), question)] == meant


def test_a_question_is_searched_without_the_names_in_it(library: Library) -> None:
    question = "What is said in monday/lecture.mp4 and in lecture.mp4?"
    assert without_names(question, entries(library)) == "What is said in the video and in the video?"


def test_a_question_about_one_of_two_is_answered_from_that_one(library: Library) -> None:
    answer = library.ask("When is evening mentioned in monday/lecture.mp4?")
    assert {interval.video_id for interval in answer.intervals} == {"vf14da984c508e3613d78"}


@pytest.mark.parametrize("option", ["lecture", "lecture.mp4", "monday/lecture.mp4"])
def test_an_option_may_name_a_video_with_or_without_its_folder(option: str) -> None:
    assert by_file(["silent", option], "monday/lecture.mp4") == 1
