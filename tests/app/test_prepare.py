"""`prepare` downloads models: one that fails does not stop the rest."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.model_hub import model_hub
from tests.tiny_models import make_tiny_dino, make_tiny_text_model
from tests.tiny_video_llm import make_tiny_video_llm
from tests.tools.video_llm.seen_clips import noise, vlm_request

from playhead.default_models import DEFAULTS
from playhead.known_video_models import KNOWN
from playhead.models import ModelNames
from playhead.prepare import chosen_models, why_not_loadable
from playhead_tools.video_llm.load_options import LoadOptions
from playhead_tools.video_llm.transformers_llm import TransformersVideoLLM

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


@pytest.mark.slow
def test_a_video_model_is_downloaded_whole_and_answers(tmp_path: Path) -> None:
    model = make_tiny_video_llm(tmp_path / "tiny")
    named = ("--video-model", "tiny/video")
    with model_hub({"tiny/video": model}) as hub:
        done = playhead(hub.url, tmp_path / "home", "prepare", "video", *named, "--yes", "--json")
        again = playhead(hub.url, tmp_path / "home", "prepare", "video", *named)
    assert (done.returncode, json.loads(done.stdout)["name"]) == (0, "tiny/video"), done.stderr
    assert "video: tiny/video, size unknown, its licence is on its page" in done.stderr
    assert "video: tiny/video, is here" in again.stderr
    (snapshot,) = (tmp_path / "home/hub/models--tiny--video/snapshots").iterdir()
    llm = TransformersVideoLLM(snapshot, loading=LoadOptions(device="cpu"))
    assert llm.generate(vlm_request(noise(4, height=64))).text


@pytest.mark.slow
def test_video_models_that_fit_are_listed_before_one_is_fetched(tmp_path: Path) -> None:
    model = make_tiny_video_llm(tmp_path / "tiny")
    with model_hub({known.name: model for known in KNOWN}) as hub:
        nobody = playhead(hub.url, tmp_path / "home", "prepare", "video")
        done = playhead(hub.url, tmp_path / "home", "prepare", "video", "--yes", "--json")
    lines = done.stderr.splitlines()
    listed = r"1\. \S+/\S+: \d\.\d GB to download, \S.*; \d+\.\d GB of memory with a context"
    assert re.match(listed, lines[0])
    fetched = json.loads(done.stdout)
    assert (done.returncode, fetched["name"], fetched["error"]) == (0, lines[0].split()[1].rstrip(":"), None)
    assert (nobody.returncode, nobody.stdout.strip()) == (1, "")


def test_a_video_model_is_not_among_all_and_is_named_with_size_and_licence() -> None:
    (longvu,) = chosen_models(["video"], ModelNames(video="Vision-CAIR/LongVU_Qwen2_7B"))
    assert (longvu.role, longvu.size_mb // 1000, longvu.licence) == ("video", 18, "Apache-2.0")
    assert [model.role for model in chosen_models(["all", "video"], ModelNames(video="a/b"))][-1] == "video"


@pytest.mark.parametrize("name", ["http://localhost:8000/v1", "nano:"])
def test_a_server_and_a_plugin_are_nothing_to_download(name: str) -> None:
    with pytest.raises(ValueError, match="nothing to download; name a model of the hub, such as ORG/NAME"):
        chosen_models(["video"], ModelNames(video=name))


def test_a_video_model_of_which_a_part_is_missing_is_not_here(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert "*.safetensors is missing" in why_not_loadable("video", str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"cut off")
    assert "is cut off or damaged" in why_not_loadable("video", str(tmp_path))
