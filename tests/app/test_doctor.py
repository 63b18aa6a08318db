"""What `doctor` reports was tried: imports, files of weights, servers."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from tests.changed_weights import change_weights, without
from tests.hostile_server import NO_COMPLETION, TOO_SLOW, body, hostile_server
from tests.tiny_models import make_tiny_text_model
from tests.tiny_video_llm import make_tiny_video_llm

from playhead.doctor import (
    DoctorCheck,
    check_chat_model,
    check_model,
    check_packages,
    check_video_model,
)
from playhead.import_check import failed_imports
from playhead.terminal import show_check
from playhead_index.embed.check_weights import check_files
from playhead_index.errors import ModelUnavailable

MODULES = {
    "sound_one": "",
    "chatty_one": 'print(\'["end", "other", ""]\'); print(\'no JSON\')',
    "raising_one": "raise RuntimeError('operator torchvision::nms does not exist')",
    "exiting_one": "import os; os._exit(3)",
    "sound_two": "",
}


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return [*MODULES, "missing_one"]


def test_modules_are_imported_and_the_broken_named_with_why(modules: list[str]) -> None:
    assert failed_imports(modules) == {
        "raising_one": "RuntimeError: operator torchvision::nms does not exist",
        "exiting_one": "importing it ended the interpreter (exit status 3)",
        "missing_one": "ModuleNotFoundError: No module named 'missing_one'",
    }


@pytest.mark.slow
def test_a_torchvision_that_does_not_import_is_shown_with_the_line_that_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torchvision").mkdir()
    broken = "raise RuntimeError('operator torchvision::nms does not exist')"
    (tmp_path / "torchvision" / "__init__.py").write_text(broken)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = {check.name: check for check in check_packages()}
    assert (found["torchvision"].ok, found["open-clip-torch"].ok, found["torch"].ok) == (False, False, True)
    assert "mend it: pip install --force-reinstall --no-deps torchvision" in found["torchvision"].detail
    assert found["open-clip-torch"].detail.endswith("does not import because torchvision does not")


def test_a_command_in_a_check_is_printed_as_it_is() -> None:
    out = StringIO()
    show_check(
        Console(file=out, width=40), DoctorCheck("faster-whisper", False, 'pip install "playhead[asr]"')
    )
    assert out.getvalue() == '– faster-whisper  pip install "playhead[asr]"\n'


def cut(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])


def shard(folder: Path) -> None:
    """Names two parts in an index, of which the second is not there."""
    names = {"encoder.a": "model.safetensors", "encoder.b": "model-2.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))


DAMAGES = {
    "cut off": (cut, "model.safetensors is cut off or damaged"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), r"there is no \*\.safetensors"),
    "an index of others": (shard, "model-2.safetensors|lack 1 weight: encoder.a"),
    "an index that is none": (
        lambda folder: (folder / "model.safetensors.index.json").write_text("[]"),
        "cannot",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_files_of_weights_are_checked_without_loading_them(tmp_path: Path, name: str) -> None:
    damage, why = DAMAGES[name]
    folder = make_tiny_text_model(tmp_path / "model")
    check_files(folder)
    damage(folder)
    with pytest.raises(ModelUnavailable, match=why):
        check_files(folder)


@pytest.mark.parametrize(
    ("try_video", "detail"), [(False, "its files are whole; --try loads it"), (True, "it said")]
)
def test_a_video_model_is_checked_and_on_demand_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, try_video: bool, detail: str
) -> None:
    monkeypatch.setenv("PLAYHEAD_VIDEO_MODEL", str(make_tiny_video_llm(tmp_path / "model")))
    check = check_video_model(try_video=try_video)
    assert (check.ok, detail in check.detail) == (True, True), check.detail


def test_a_video_model_with_a_weight_missing_fails_when_it_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tiny_video_llm(tmp_path / "model")
    change_weights(folder / "model.safetensors", without("lm_head.weight"))
    monkeypatch.setenv("PLAYHEAD_VIDEO_MODEL", str(folder))
    check = check_video_model(try_video=True)
    assert (check.ok, "lack 1 weight: lm_head.weight" in check.detail) == (False, True)


def chat_checks(monkeypatch: pytest.MonkeyPatch, url: str) -> dict[str, DoctorCheck]:
    monkeypatch.setenv("PLAYHEAD_LLM", "openai:made")
    monkeypatch.setenv("PLAYHEAD_BASE_URL", url)
    return {check.name: check for check in check_chat_model()}


def test_a_chat_server_that_answers_is_listed_with_its_models(monkeypatch: pytest.MonkeyPatch) -> None:
    with hostile_server(body(b'{"data": [{"id": "qwen"}, {"id": "phi"}]}')) as server:
        found = chat_checks(monkeypatch, server.base_url)
    assert found["chat server"] == DoctorCheck("chat server", True, f"{server.base_url} serves qwen and phi")
    assert found["chat model"].ok


@pytest.mark.parametrize("answer", [NO_COMPLETION["a web page"], TOO_SLOW["a byte now and then"]])
def test_a_chat_server_that_does_not_is_named_in_seconds(
    monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    with hostile_server(answer) as server:  # type: ignore[arg-type]
        found = chat_checks(monkeypatch, server.base_url)
    assert (found["chat server"].ok, server.base_url in found["chat server"].detail) == (False, True)


def test_a_chat_server_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with hostile_server(body(b"")) as server:
        gone = server.base_url
    assert "does not answer (ConnectError" in chat_checks(monkeypatch, gone)["chat server"].detail


def test_the_model_of_the_library_is_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_MODEL", "http://127.0.0.1:9/v1#made")
    (found,) = check_model(tmp_path)
    assert (found.ok, found.detail) == (True, "http://127.0.0.1:9/v1#made: context unknown, price unknown")
    monkeypatch.setenv("PLAYHEAD_MODEL", "made")
    (found,) = check_model(tmp_path)
    assert (found.ok, "names no provider" in found.detail) == (False, True)
