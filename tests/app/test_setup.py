"""`setup` proposes what fits a machine, and answers a question whatever could be installed."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.made_videos import colours
from tests.model_hub import model_hub

from playhead import Library
from playhead.default_models import DEFAULTS
from playhead.models import ModelNames
from playhead.setup import Machine, answer_sample, describe_machine, describe_plan, make_plan
from playhead_index import extras

CODE = "from playhead.cli import main; main()"
LAPTOP = Machine("Linux", "x86_64", "3.11", 8, 16.0, 100.0)
NOT_HERE = {"faiss": None, "torch": None, "open_clip": None, "transformers": None, "faster_whisper": None}


def playhead(home: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "HF_HOME": str(home), "PYTHONPATH": ":".join(sys.path), "COLUMNS": "200",
        "PLAYHEAD_LIBRARY": str(home / "library"),
    }  # fmt: skip
    command = [sys.executable, "-c", CODE, *arguments]
    return subprocess.run(command, env=environment | variables, capture_output=True, text=True, check=False)


def test_this_machine_is_described() -> None:
    machine = describe_machine()
    assert machine.num_cpus == os.cpu_count()
    assert 0.5 < machine.memory_gb < 10_000
    assert f"{machine.num_cpus} processors" in str(machine)


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a plain installation has: no module of an extra, no model, no distribution of FAISS."""
    for module in NOT_HERE:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(extras, "is_installed", lambda name: False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(extras, "NVIDIA", (tmp_path / "driver",))
    return tmp_path


@pytest.mark.usefixtures("plain")
def test_on_linux_without_a_gpu_torch_comes_from_the_index_of_cpu_builds() -> None:
    plan = make_plan(LAPTOP)
    assert plan.install.startswith("pip install ")
    assert plan.install.endswith('[cpu,asr]" --extra-index-url https://download.pytorch.org/whl/cpu')
    assert [model.role for model in plan.models][:2] == ["picture", "appearance"]


def test_with_an_nvidia_gpu_the_extra_gpu_is_proposed_alone(plain: Path) -> None:
    (plain / "driver").touch()
    assert make_plan(LAPTOP).install.endswith('[gpu,asr]"')


@pytest.mark.usefixtures("plain")
def test_on_an_apple_machine_the_extra_cpu_is_proposed() -> None:
    machine = Machine("Darwin", "arm64", "3.11", 8, 16.0, 100.0, "apple")
    assert make_plan(machine).install.endswith('[cpu,asr]"')


@pytest.mark.usefixtures("plain")
def test_with_little_memory_the_large_models_are_left_out() -> None:
    plan = make_plan(Machine("Linux", "x86_64", "3.11", 2, 2.0, 100.0))
    assert '[cpu]"' in plan.install
    assert {model.role for model in plan.models} <= {"appearance", "words"}


@pytest.mark.usefixtures("plain")
def test_the_plan_names_sizes_licences_and_time() -> None:
    lines = "\n".join(describe_plan(make_plan(LAPTOP)))
    picture_model = DEFAULTS["picture"]
    assert (
        f"picture model {picture_model.name}, {picture_model.size_mb} MB on disk and in memory, MIT" in lines
    )
    assert "min at 5 MB/s" in lines


@pytest.mark.slow
@pytest.mark.skipif(find_spec("faster_whisper") is None, reason="the extra asr is not installed")
def test_without_a_hub_it_says_so_in_a_line_and_answers_by_words(tmp_path: Path) -> None:
    with model_hub({}) as hub:
        gone = hub.url
    done = playhead(tmp_path, "setup", "--yes", "--json", HF_ENDPOINT=gone, HF_HUB_OFFLINE="0")
    plan, sample = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert f"no model was downloaded, as {gone} does not answer" in done.stderr.splitlines()[-1]
    assert plan["plan"]["machine"]["num_cpus"] == os.cpu_count()
    assert (sample["answer"]["status"], "lighthouse guides ships" in sample["answer"]["text"]) == (
        "answered",
        True,
    )


def test_a_dry_run_installs_and_answers_nothing(tmp_path: Path) -> None:
    done = playhead(tmp_path, "setup", "--dry-run", HF_HUB_OFFLINE="1")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("machine: ")
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_is_there_is_asked_about_its_own_words(tmp_path: Path) -> None:
    colours(
        tmp_path / "a.mp4", [((200, 30, 30), 4.0)], subtitles=[(1.0, 2.0, "About thermodynamics, he says.")]
    )
    off = ModelNames(**dict.fromkeys(("picture", "appearance", "words", "speech", "screen", "video"), "off"))
    list(Library(tmp_path / "library", off).index(tmp_path / "a.mp4"))
    question, answer, _ = answer_sample(tmp_path / "library")
    assert question == "when is “thermodynamics” mentioned?"
    assert (answer.status, [one.window.start_s for one in answer.intervals]) == ("answered", [1.0])
