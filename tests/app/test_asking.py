"""A question back, answered through the library's own door."""

from pathlib import Path

import pytest
from tests.tools.made_library import LECTURE, make_library

from playhead import Library
from playhead.models import ModelNames
from playhead_agent.clarify import Clarify

QUESTION = "What is said at 0:03?"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    make_library(tmp_path)
    return Library(tmp_path, ModelNames(video="off"))


def test_a_question_that_fits_two_videos_is_asked_back(library: Library) -> None:
    asked: list[Clarify] = []

    def say(which: Clarify) -> str:
        asked.append(which)
        return "lecture.mp4"

    answer = library.ask(QUESTION, on_question=say)
    assert [name for _, name in asked[0].choices] == ["lecture.mp4", "demo.mp4"]
    assert [interval.video_id for interval in answer.intervals] == [LECTURE]


def test_where_nobody_can_answer_it_is_refused(library: Library) -> None:
    answer = library.ask(QUESTION)
    assert (answer.status, answer.reason) == ("abstained", "ambiguous")


def test_an_empty_reply_leaves_the_refusal(library: Library) -> None:
    assert library.ask(QUESTION, on_question=lambda which: "").reason == "ambiguous"
