"""Which checkpoints are architectures of ours, and that every entry leads somewhere."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from playhead_index.errors import ModelUnavailable
from playhead_tools.architectures.architecture import Architecture
from playhead_tools.architectures.registry import ARCHITECTURES, find_architecture


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda one: one.title)
def test_every_architecture_has_a_loader_and_a_licence(architecture: Architecture) -> None:
    module, function = architecture.loader.split(":")
    assert callable(getattr(import_module(module), function))
    assert architecture.licence
    assert architecture.model_types or architecture.marker_files


def test_no_model_type_belongs_to_two_architectures() -> None:
    types = [name for architecture in ARCHITECTURES for name in architecture.model_types]
    assert len(types) == len(set(types))


def test_a_model_of_transformers_is_none_of_them(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "qwen3_vl"}))
    assert find_architecture(str(tmp_path)) is None


def test_a_checkpoint_in_the_cache_is_recognised_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = tmp_path / "models--Vision-CAIR--LongVU_Qwen2_7B" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text(json.dumps({"model_type": "cambrian_qwen"}))
    refs = snapshot.parent.parent / "refs"
    refs.mkdir()
    (refs / "main").write_text("abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    found = find_architecture("Vision-CAIR/LongVU_Qwen2_7B")
    assert found is not None
    assert found.title == "LongVU"


def test_an_unreadable_configuration_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelUnavailable, match=r"config\.json cannot be read"):
        find_architecture(str(tmp_path))
