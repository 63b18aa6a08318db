"""A question back, answered through the library's own door."""

from pathlib import Path

import pytest
from tests.tools.made_library import LECTURE, make_library

from playhead import Library
from playhead.models import ModelNames
from playhead_agent.clarify import Clarify
from playhead_index.errors import ModelUnavailable

QUESTION = "What is said at 0:03?"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    make_library(tmp_path)
    return Library(tmp_path, ModelNames(video="off"))


def test_a_question_that_fits_two_videos_is_asked_back(library: Library) -> None:
    clarifications: list[Clarify] = []

    def say(which: Clarify) -> str:
        clarifications.append(which)
        return "lecture.mp4"

    answer = library.ask(QUESTION, on_question=say)
    assert [name for _, name in clarifications[0].choices] == ["lecture.mp4", "demo.mp4"]
    assert [interval.video_id for interval in answer.intervals] == [LECTURE]


def test_where_nobody_can_answer_it_is_refused(library: Library) -> None:
    answer = library.ask(QUESTION)
    assert (answer.status, answer.reason) == ("abstained", "ambiguous")


def test_an_empty_reply_leaves_the_refusal(library: Library) -> None:
    assert library.ask(QUESTION, on_question=lambda which: "").reason == "ambiguous"


def test_a_video_server_that_is_away_costs_its_looks_and_not_the_answer(tmp_path: Path) -> None:
    make_library(tmp_path)
    library = Library(tmp_path, ModelNames(video="http://127.0.0.1:9/v1"))
    answer = library.ask("What is said about Bayes?")
    assert answer.status == "answered"
    visual_answer = library.ask("What does the woman do?")
    assert visual_answer.status == "abstained"
    assert visual_answer.notes[0].startswith(
        "the video model could not be reached: http://127.0.0.1:9/v1 does not answer"
    )


def test_a_video_model_that_is_no_server_and_not_there_is_an_error(tmp_path: Path) -> None:
    make_library(tmp_path)
    with pytest.raises(ModelUnavailable, match="nowhere"):
        Library(tmp_path, ModelNames(video="/nowhere")).ask("What does the woman do?")
