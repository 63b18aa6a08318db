"""Conversations are continued, listed, read back and resumed, by the library and the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.tools.made_library import LECTURE, make_library
from typer.testing import CliRunner, Result

from playhead import Library
from playhead.cli import app
from playhead.models import ModelNames
from playhead_agent.clarify import Clarify
from playhead_agent.limits import Caps
from playhead_agent.progress import Progress
from playhead_index.errors import LibraryError
from playhead_tools.evidence import Answer

BAYES, EXAM = "When is Bayes mentioned?", "When is the exam mentioned?"
TWO_VIDEOS = "What is said at 0:03?"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    make_library(tmp_path)
    return Library(tmp_path, ModelNames(video="off"))


def run(library: Library, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--library", str(library.folder)])


def lines_of(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_conversations_are_listed_newest_first(library: Library) -> None:
    for question, thread_id in ((BAYES, "a"), (EXAM, "b"), (EXAM, "a")):
        library.ask(question, thread_id=thread_id)
    listed = [(one.id, one.num_turns, one.question, one.status) for one in library.threads()]
    assert listed == [("a", 2, BAYES, "finished"), ("b", 1, EXAM, "finished")]


def test_a_conversation_is_read_back_with_the_words_of_its_evidence(library: Library) -> None:
    given = [library.ask(question, thread_id="a") for question in (BAYES, EXAM)]
    turns = library.thread("a")
    assert [(turn.question, turn.answer) for turn in turns] == [(BAYES, given[0]), (EXAM, given[1])]
    assert {turn.strategy for turn in turns} == {"rules"}


def test_a_conversation_that_is_not_there_is_an_error(library: Library) -> None:
    with pytest.raises(LibraryError, match="there is no conversation 'b'; `playhead threads` lists them"):
        library.thread("b")
    assert library.threads() == []


def test_the_command_line_lists_and_reads_conversations(library: Library) -> None:
    library.ask(BAYES, thread_id="a")
    (listed,) = lines_of(run(library, "threads", "--json"))
    (turn,) = lines_of(run(library, "threads", "a", "--json"))
    assert (listed["id"], listed["num_turns"], listed["question"]) == ("a", 1, BAYES)
    assert (turn["number"], turn["question"], turn["status"]) == (1, BAYES, "finished")
    assert turn["answer"]["intervals"]
    assert f"1. {BAYES}" in run(library, "threads", "a").stdout
    assert run(library, "threads", "b").exit_code == 1


def test_a_run_that_a_limit_ended_is_resumed_with_more(library: Library) -> None:
    stopped = library.ask(BAYES, thread_id="a", limits=Caps(steps=3))
    assert (stopped.reason, library.threads()[0].status) == ("budget", "stopped")
    resumed = library.resume("a")
    assert (resumed.status != "abstained", library.threads()[0].status) == (True, "finished")
    assert [turn.answer for turn in library.thread("a")] == [resumed]


def test_the_command_line_resumes_a_conversation(library: Library) -> None:
    library.ask(BAYES, thread_id="a", limits=Caps(steps=3))
    (answer,) = lines_of(run(library, "ask", "--thread", "a", "--resume", "--json"))
    assert (answer["question"], answer["status"] != "abstained") == (BAYES, True)


WRONG = [
    (["ask"], "give a question"),
    (["ask", "--resume"], "got no --thread"),
    (["ask", BAYES, "--thread", "a", "--resume"], "got a question"),
    (["ask", BAYES, "--max-seconds", "0"], "--max-seconds"),
    (["ask", BAYES, "--strategy", "agent"], "it is called 'rules' now; there are auto, planner, rules"),
    (["compare", BAYES, "--strategy", "tools"], "it is called 'planner' now"),
]


@pytest.mark.parametrize(("words", "message"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_wrong_usage_says_what_is_expected(library: Library, words: list[str], message: str) -> None:
    done = run(library, *words)
    assert done.exit_code == 2
    assert message in " ".join(done.stderr.replace("│", " ").split())


def test_the_caps_of_the_command_line_hold(library: Library) -> None:
    (answer,) = lines_of(run(library, "ask", BAYES, "--max-evidence", "1", "--json"))
    assert len(answer["evidence"]) == 1
    (late,) = lines_of(run(library, "ask", BAYES, "--max-seconds", "0.001", "--json"))
    assert late["reason"] == "budget"
    rows = lines_of(run(library, "compare", BAYES, "--strategy", "rules", "--max-seconds", "0.001", "--json"))
    assert [row["reason"] for row in rows] == ["budget"]


def test_a_stream_gives_progress_and_then_the_answer(library: Library) -> None:
    *steps, answer = library.stream(BAYES, thread_id="a")
    assert steps
    assert all(isinstance(step, Progress) for step in steps)
    assert isinstance(answer, Answer)
    assert library.thread("a")[0].answer == answer


def test_a_stream_may_end_with_a_question_back_that_is_replied_to_later(library: Library) -> None:
    *_, which = library.stream(TWO_VIDEOS, thread_id="a", may_clarify=True)
    assert isinstance(which, Clarify)
    assert library.threads()[0].status == "waiting"
    assert "playhead ask --thread a --resume" in run(library, "threads", "a").stdout
    another = Library(library.folder, ModelNames(video="off"))
    *_, answer = another.reply("a", "lecture.mp4")
    assert isinstance(answer, Answer)
    assert {one.video_id for one in answer.intervals} == {LECTURE}


def test_a_resumed_run_asks_back_again(library: Library) -> None:
    list(library.stream(TWO_VIDEOS, thread_id="a", may_clarify=True))
    answer = library.resume("a", on_question=lambda which: "lecture.mp4")
    assert {one.video_id for one in answer.intervals} == {LECTURE}
