"""`prepare` downloads models: one that fails does not stop the rest."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.model_hub import model_hub
from tests.tiny_models import make_tiny_dino, make_tiny_text_model

from playhead.default_models import DEFAULTS
from playhead.prepare import chosen_models

CODE = "from playhead.cli import main; main()"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two models by their names on the hub."""
    folder = tmp_path_factory.mktemp("models")
    words, dino = make_tiny_text_model(folder / "words"), make_tiny_dino(folder / "dino")
    return {"tiny/words": words, "tiny/dino": dino}


def playhead(hub: str, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "HF_ENDPOINT": hub, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0", "PYTHONPATH": ":".join(sys.path),
        "HF_HUB_DISABLE_XET": "1", "COLUMNS": "200",
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", CODE, *arguments], env=environment, capture_output=True, text=True, check=False
    )


WORDS = ("prepare", "words", "--words-model", "tiny/words", "--yes", "--json")


@pytest.mark.slow
def test_one_model_that_fails_does_not_stop_the_rest(models: dict[str, Path], tmp_path: Path) -> None:
    names = ("--appearance-model", "tiny/none", "--words-model", "tiny/words")
    with model_hub(models) as hub:
        done = playhead(hub.url, tmp_path, "prepare", "appearance", "words", *names, "--yes", "--json")
        again = playhead(hub.url, tmp_path, "prepare", "words", "--words-model", "tiny/words")
    failed, here = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, failed["name"], here["name"]) == (1, "tiny/none", "tiny/words")
    assert (failed["error"] is not None, here["error"]) == (True, None)
    assert "1 of 2 failed" in done.stderr
    assert (again.returncode, "words: tiny/words, is here" in again.stderr) == (0, True)


@pytest.mark.slow
def test_without_a_hub_each_model_is_a_line(tmp_path: Path) -> None:
    with model_hub({}) as hub:
        gone = hub.url
    done = playhead(gone, tmp_path, *WORDS)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert json.loads(done.stdout)["error"].startswith("model 'tiny/words': the download failed (Conn")


def test_all_and_nothing_mean_every_role() -> None:
    assert chosen_models(["all"]) == chosen_models([]) == chosen_models() == list(DEFAULTS.values())
    assert [model.role for model in chosen_models(["words", "words"])] == ["words"]
    with pytest.raises(ValueError, match=r"no model role 'smell'; there are picture, .* and all"):
        chosen_models(["smell"])
