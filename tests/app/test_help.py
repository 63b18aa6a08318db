"""Every command's help: plain words, an example, and examples that run as they stand."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from tests.app.test_cli import CUES, Run, run
from tests.index.disks import copy_of_fixture
from tests.made_videos import colours

from playhead import __version__
from playhead.cli import add_plugins, app
from playhead.command_line import Command, commands_of, example_arguments, help_text
from playhead.docs import PAGE, page
from playhead.options import complete_video

__all__ = ["run"]
add_plugins()
COMMANDS = commands_of(app)
EXAMPLES = [(name, words) for name, command in COMMANDS.items() for words in example_arguments(command)]
NEEDS_MORE = (
    "--llm",
    "--model",
    "--video-model",
    "--speech-model",
    "--name",
    "captions",
    "--image",
    "prepare",
    "setup",
    "demo",
    "eval",
    "score",
    "doctor",
)
"""Examples with one of these words need a server, download, file, captions or minutes; only parsed."""
RUNS = [words for _, words in EXAMPLES if not set(words) & set(NEEDS_MORE)]
NOT_OF_THE_FIELD = re.compile(
    r"\b(lanes?|looks?|looked|most|deeds?|eyes|told|worded|likeness|words model|made world|one and the same"
    r"|go on)\b",
    re.IGNORECASE,
)
"""Words of older help texts that only a reader of this project's history understands."""
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_has_an_example_of_its_command(name: str) -> None:
    found = [words[0] for words in example_arguments(COMMANDS[name])]
    assert found
    assert set(found) == {name}


@pytest.mark.parametrize(("name", "words"), EXAMPLES, ids=[shlex.join(words) for _, words in EXAMPLES])
def test_every_example_parses(name: str, words: list[str]) -> None:
    group = typer.main.get_command(app)
    parent = typer.Context(group, info_name="playhead")
    context = COMMANDS[name].make_context(name, words[1:], parent=parent)
    assert all(value is not None for value in context.params.values() if isinstance(value, list))


@pytest.mark.slow
def test_the_examples_run_one_after_the_other(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLAYHEAD_LIBRARY", raising=False)
    talks = tmp_path / "talks"
    talks.mkdir()
    cues = [*CUES, (11.0, 13.0, "That is a false alarm."), (15.0, 17.0, "The posterior comes last.")]
    frames = [((200, 30, 30), 6.0), ((30, 30, 200), 6.0), ((30, 200, 30), 48.0)]
    colours(talks / "lecture.mp4", frames, subtitles=cues)
    colours(talks / "interview.mp4", [((20, 20, 30), 6.0)], subtitles=[(1.0, 2.0, "A false alarm.")])
    said = [(1.0, 3.0, "PROJECT MANAGER: The buttons are large."), (4.0, 5.0, "PROJECT MANAGER: And cheap.")]
    colours(talks / "meeting.mp4", [((90, 20, 30), 6.0)], subtitles=said)
    assert len(RUNS) > 20
    ended = {shlex.join(words): run(*words).code for words in RUNS}
    assert {line: code for line, code in ended.items() if code} == {}


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_uses_words_of_the_field(name: str) -> None:
    assert NOT_OF_THE_FIELD.findall(help_text(app, name)) == []


def test_short_descriptions_are_not_cut() -> None:
    assert "..." not in help_text(app, width=80).partition("Commands:")[2]


def test_the_page_of_the_commands_is_what_the_commands_print() -> None:
    assert page() == (ROOT / PAGE).read_text()


def test_version(run: Run) -> None:
    done = run("--version")
    assert (done.code, done.out) == (0, f"playhead {__version__}\n")


def test_help_of_a_command_is_what_its_option_prints(run: Run) -> None:
    assert run("help", "search").out == run("search", "--help").out
    assert run("help").out == run("--help").out


def test_help_of_an_unknown_command_suggests_one(run: Run) -> None:
    done = run("help", "serch")
    assert done.code == 2
    assert "No such command 'serch'. Did you mean 'search'?" in done.err


@pytest.mark.parametrize(
    ("old", "new", "value"), [("--lane", "--modality", "speech"), ("--lane", "--modality", "screen")]
)
def test_an_old_name_of_an_option_does_the_same_and_is_not_shown(old: str, new: str, value: str) -> None:
    command = COMMANDS["search"]
    by_old, by_new = (
        command.make_context("search", ["x", *option]).params for option in ([old, value], [f"{new}={value}"])
    )
    assert by_old == by_new
    assert by_old["modality"] == [value]
    assert old not in help_text(app, "search")


def test_old_names_of_limits_still_work() -> None:
    params = COMMANDS["ask"].make_context("ask", ["x", "--looks=3", "--frames", "9"]).params
    assert (params["max_clips"], params["max_frames"]) == (3, 9)


def test_a_command_of_a_plugin_shows_its_examples_too() -> None:
    assert isinstance(COMMANDS["eval"], Command)
    assert "\nExamples:\n  playhead eval world" in help_text(app, "eval")


def test_names_of_videos_are_completed(tmp_path: Path) -> None:
    library = copy_of_fixture(tmp_path / "library")
    context = COMMANDS["show"].make_context("show", ["-l", str(library), "x"])
    assert complete_video(context, "SI") == ["silent.mp4"]
    assert complete_video(context, "nothing") == []
    missing = COMMANDS["show"].make_context("show", ["-l", str(tmp_path / "none"), "x"])
    assert complete_video(missing, "") == []


def test_completion_offers_new_names_of_options_only(tmp_path: Path) -> None:
    words = {"_TYPER_COMPLETE_ARGS": "playhead ask x --max-", "_PLAYHEAD_COMPLETE": "complete_zsh"}
    code = "from playhead.cli import main; main()"
    environment = os.environ | words | {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    offered = re.findall(r"\"(--[a-z-]+)\":", done.stdout)
    caps = ["--max-clips", "--max-frames", "--max-evidence", "--max-calls", "--max-seconds", "--max-cost"]
    assert offered == caps
