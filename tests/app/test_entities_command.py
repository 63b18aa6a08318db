"""`playhead show --entities`: what it prints, as a table and as JSON."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.index.made_search import MadeLibrary
from tests.index.made_speakers import say

from playhead import Library
from playhead.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    library = MadeLibrary(tmp_path / "library")
    library.add("talk", ["red"] * 10 + ["blue"] * 10 + ["red"] * 40)
    library.add("empty")
    say(library.catalog, "talk", [(0, 4, "MARY", "Here is Octave."), (4, 5, "2", "I like Octave.")])
    library.catalog.close()
    return library.folder


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> Callable[..., tuple[object, str, str]]:
    def call(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["playhead", "show", *arguments, "--library", str(folder)])
        monkeypatch.setenv("COLUMNS", "200")
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_entities_are_shown_as_a_table(run: Callable[..., tuple[object, str, str]]) -> None:
    code, out, _ = run("talk", "--entities")
    assert code == 0
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        "kind label mentions from speaks times",
        "person MARY 1 speakers 0:04 0:00",
        "person speaker 2 1 speakers 0:01 0:04",
        "place scene 1 2 appearance 0:00, 0:20",
        "name Octave 2 transcript 0:00",
    ]


def test_entities_are_a_line_of_json_each(run: Callable[..., tuple[object, str, str]]) -> None:
    lines = [json.loads(line) for line in run("talk", "--entities", "--json")[1].splitlines()]
    assert [one["label"] for one in lines] == ["MARY", "speaker 2", "scene 1", "Octave"]
    assert lines[3] == {
        "video_id": "talk", "kind": "name", "label": "Octave", "num_mentions": 2, "sources": ["transcript"],
        "windows_s": [[0.0, 5.0]], "speaking_s": None, "frame_s": None,
    }  # fmt: skip


def test_nothing_known_is_said_with_what_would_help(run: Callable[..., tuple[object, str, str]]) -> None:
    code, out, _ = run("empty", "--entities")
    assert (code, "index VIDEO --captions" in " ".join(out.split())) == (0, True)


def test_chapters_and_entities_together_are_refused(run: Callable[..., tuple[object, str, str]]) -> None:
    code, _, message = run("talk", "--entities", "--chapters")
    assert (code, "give one of them" in " ".join(message.split())) == (2, True)


def test_the_library_gives_the_entities_by_any_name_of_the_video(folder: Path) -> None:
    assert [one.kind for one in Library(folder).entities("talk.mp4")] == ["person", "person", "place", "name"]
