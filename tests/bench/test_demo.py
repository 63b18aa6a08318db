"""What the demo asks, and what it says where models are missing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from playhead_bench import demo
from playhead_bench.demo_questions import clip_questions, tour, truth_of
from playhead_bench.demo_visual_questions import ClipQuestionRunner
from playhead_bench.nano.profile import FOLDERS
from playhead_bench.world.random_video import random_story
from playhead_bench.world.video_questions.event_table import EventTable
from playhead_index.window import Window
from playhead_tools.evidence import Answer, Interval


def test_a_tour_searches_asks_for_words_and_order_and_for_what_is_not_there():
    stops = tour(random_story(0, 10.0, "test"))
    assert [stop.command for stop in stops[:2]] == ["search", "ask"]
    assert [stop.truth for stop in stops[-2:]] == ["never said", "never there"]
    assert any(stop.text.startswith("Which is said first") for stop in stops)


def test_the_same_story_gives_the_same_tour():
    assert tour(random_story(3, 5.0, "test")) == tour(random_story(3, 5.0, "test"))


@pytest.mark.parametrize("seed", range(5))
def test_what_a_tour_searches_for_is_seen_once_and_when_it_says(seed):
    table = EventTable(random_story(seed, 10.0, "test"), "v")
    stop = tour(table.story)[0]
    (row,) = table.visible[stop.text.partition(" ")[2]]
    assert stop.truth == f"seen once ({table.window(row)})"


@pytest.mark.parametrize("seed", range(5))
def test_a_tour_asks_for_things_and_towns_that_are_nowhere(seed):
    story = random_story(seed, 10.0, "test")
    town, thing = (stop.text for stop in tour(story)[-2:])
    words = " ".join(event.text for event in story.events())
    assert re.fullmatch(r"What is said about (\w+)\?", town).group(1) not in words
    label = re.fullmatch(r"When does the (\w+ \w+) appear\?", thing).group(1)
    assert label not in EventTable(story, "v").visible


def test_a_tour_of_ten_seconds_asks_what_there_is_to_ask():
    assert {stop.command for stop in tour(random_story(0, 10 / 60, "test"))} <= {"search", "ask"}


def test_the_first_four_of_several_windows_are_printed():
    windows = [Window(10.0 * n, 10.0 * n + 1) for n in range(6)]
    assert truth_of("6", windows).endswith("0:30–0:31 and 2 more)")


def test_questions_for_clips_have_options_answers_and_windows():
    samples = clip_questions(random_story(0, 10.0, "test"), max_questions=5)
    assert [sample.kind for sample in samples] == ["what", "which", "what", "which", "what"]
    assert all(sample.answer and sample.windows and len(sample.options) == 4 for sample in samples)


def test_answers_about_clips_are_printed_with_the_truth(capsys):
    story = random_story(0, 1.0, "test")
    intervals = (Interval("v", Path("v.mp4"), Window(4.0, 8.0), "E1"),)
    cost = {"looks": 2, "frames": 16}
    ClipQuestionRunner(
        lambda question, options: Answer("x", "answered", intervals=intervals, cost=cost, choice=0)
    ).show(Console(width=200), story, max_questions=1)
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    (sample,) = clip_questions(story, 1)
    assert lines[1] == f"{sample.options[0]}, seen at 0:04–0:08  2 looks at 16 frames"
    assert lines[2].startswith("truth: ")


def test_a_missing_video_model_is_reported_and_no_clip_is_asked_about(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("playhead_bench.nano.profile.WEIGHTS", tmp_path)
    demo._ask_about_clips(Console(width=300), tmp_path, tmp_path / "v.mp4", random_story(0, 1.0), 3)
    assert "nothing is watched: nano-vlm is not in" in capsys.readouterr().out


def test_each_missing_nano_model_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("playhead_bench.nano.profile.WEIGHTS", tmp_path)
    (tmp_path / FOLDERS["appearance"]).mkdir()
    (tmp_path / FOLDERS["appearance"] / "model.safetensors").touch()
    assert demo._models(Console(width=300)) == ("--appearance-model", "nano:")
    assert capsys.readouterr().out.startswith("without a nano model for picture: nano-clip is not in")


def test_with_all_nano_models_the_profile_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("playhead_bench.nano.profile.WEIGHTS", tmp_path)
    for name in FOLDERS.values():
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").touch()
    assert demo._models(Console()) == ("--profile", "nano")


def test_a_video_that_was_made_is_not_made_again(tmp_path):
    path = tmp_path / "short.mp4"
    made = demo.synthetic_video(path, 0.5, Console(quiet=True))
    before = path.stat().st_mtime_ns
    assert demo.synthetic_video(path, 0.5, Console(quiet=True)).story.name == made.story.name
    assert path.stat().st_mtime_ns == before


@pytest.mark.slow
def test_the_quick_demo_answers_from_ten_minutes_and_says_what_is_true(tmp_path: Path):
    run = [
        sys.executable,
        "-c",
        "from playhead.cli import main; main()",
        "demo",
        "--quick",
        "--library",
        "lib",
    ]
    environment = os.environ | {"PYTHONPATH": ":".join(sys.path), "COLUMNS": "100", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("truth: ") >= 8
    assert "not found" in done.stdout
