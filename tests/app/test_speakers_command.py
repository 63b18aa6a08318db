"""`playhead speakers` and `search --speaker`: what they print, what they change, how they refuse."""

import json
import sys

import pytest
from tests.index.made_search import MadeLibrary
from tests.index.made_speakers import say

from playhead.cli import main
from playhead.library import Library
from playhead_index.errors import ToolError


@pytest.fixture
def folder(tmp_path):
    library = MadeLibrary(tmp_path / "library")
    for video_id in ("talk", "other"):
        library.add(video_id)
    say(
        library.catalog,
        "talk",
        [(0, 4, "1", "Welcome to the budget talk."), (4, 5, "2", "Thanks."), (6, 8, "MARY", "I agree.")],
        {"1": (1.0, 0.0), "2": (0.0, 1.0)},
    )
    say(library.catalog, "other", [(0, 4, "1", "Hello again.")], {"1": (1.0, 0.1)})
    library.catalog.close()
    return library.folder


@pytest.fixture
def run(capsys, monkeypatch, folder):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["playhead", *arguments, "--library", str(folder)])
        monkeypatch.setenv("COLUMNS", "200")
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_speakers_are_listed_with_time_share_turns_and_a_sample(run):
    code, out, _ = run("speakers", "talk")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines == [
        "label speaker speaks share turns first says",
        "1 speaker 1 0:04 57% 1 0:00 Welcome to the budget talk.",
        "MARY MARY 0:02 29% 1 0:06 I agree.",
        "2 speaker 2 0:01 14% 1 0:04 Thanks.",
    ]


def test_a_speaker_is_named_and_the_name_is_proposed_elsewhere(run):
    assert run("speakers", "talk", "--name", "1=Alice", "--name", "speaker 2=Bob Lee")[0] == 0
    out = run("speakers", "talk", "--json")[1]
    assert [(one["labels"], one["name"], one["named_by"]) for one in map(json.loads, out.splitlines())] == [
        (["1"], "Alice", "person"),
        (["MARY"], "MARY", "source"),
        (["2"], "Bob Lee", "person"),
    ]
    out = run("speakers", "other")[1]
    assert (
        "speaker 1 may be Alice (as in talk.mp4); to name it: playhead speakers VIDEO --name 1='Alice'" in out
    )


def test_a_name_is_taken_away_and_a_name_of_a_source_comes_back(run, folder):
    run("speakers", "talk", "--name", "MARY=Mary Poppins", "--name", "1=Alice")
    run("speakers", "talk", "--name", "Mary Poppins=", "--name", "1=")
    names = Library(folder).speaker_names()
    assert next(iter(own for own in names.values() if "MARY" in own)) == {
        "1": "speaker 1", "2": "speaker 2", "MARY": "MARY",
    }  # fmt: skip


def test_two_labels_with_one_name_are_shown_as_one(run):
    out = run("speakers", "talk", "--name", "1=Mary", "--name", "MARY=Mary")[1]
    assert " ".join(out.splitlines()[1].split()) == "MARY, 1 Mary 0:06 86% 2 0:00 Welcome to the budget talk."


def test_wrong_names_are_refused_in_one_line_and_change_nothing(run, folder):
    before = Library(folder).speaker_names()
    code, _, err = run("speakers", "talk", "--name", "Alice")
    assert code == 2
    assert "--name takes LABEL=NAME, such as 2=Alice, got 'Alice'" in err
    code, _, err = run("speakers", "talk", "--name", "1=Alice", "--name", "9=Bob")
    assert (code, err.strip()) == (1, "error: no speaker '9' in this video; its labels are MARY, 1, 2")
    assert Library(folder).speaker_names() == before


def test_a_search_is_limited_to_a_speaker_and_shows_who_says_it(run):
    out = run("search", "welcome thanks agree", "--speaker", "mary", "--json")[1]
    hits = [hit for line in out.splitlines() for hit in json.loads(line)["hits"]]
    assert {(hit["speaker"], hit["text"]) for hit in hits} == {("MARY", "I agree.")}
    assert "MARY: I agree." in run("search", "agree", "--speaker", "mary")[1]
    code, _, err = run("search", "agree", "--speaker", "Eve")
    assert (code, err.strip()) == (
        1,
        "error: no speaker 'Eve' in these videos; known are MARY, speaker 1, speaker 2",
    )


def test_a_question_is_limited_to_a_speaker(run):
    answer = json.loads(run("ask", "transcript", "--speaker", "mary", "--video", "talk", "--json")[1])
    assert [interval["start_s"] for interval in answer["intervals"]] == [6.0]
    assert "I agree." in answer["text"]
    code, _, err = run("ask", "what is said?", "--speaker", "Eve")
    assert (code, err.strip().splitlines()[-1]) == (
        1,
        "error: no speaker 'Eve' in these videos; known are MARY, speaker 1, speaker 2",
    )


def test_a_baseline_cannot_be_limited_to_a_speaker(folder):
    with pytest.raises(
        ToolError, match=r"retrieve-once cannot be limited to what MARY says; use auto, planner"
    ):
        Library(folder).ask("what is said?", speakers=["MARY"], strategy="retrieve-once")


def test_show_names_who_speaks(run):
    assert "speech  MARY: I agree." in run("show", "talk")[1]
