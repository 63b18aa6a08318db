"""The nano models that ship: they load as users load them and know what their cards say."""

from pathlib import Path

import pytest

from playhead_bench.nano.profile import WEIGHTS, folder_of
from playhead_index.errors import ModelUnavailable

LIMITS_MB = {"nano-clip": 6.0, "nano-dino": 4.0, "nano-vlm": 14.0}


def shipped(name: str) -> Path:
    """The folder of a model, or the test is skipped, saying so."""
    folder = WEIGHTS / name
    if not any(folder.glob("*.safetensors")):
        pytest.skip(f"{name} is not trained yet: no weights in {folder.name}")
    return folder


@pytest.mark.parametrize("name", LIMITS_MB)
def test_weights_are_as_small_as_promised_and_tell_their_commit_and_seed(name: str):
    from safetensors import safe_open

    (weights,) = shipped(name).glob("*.safetensors")
    assert weights.stat().st_size <= LIMITS_MB[name] * 1e6
    with safe_open(weights, "pt") as file:
        assert {"commit", "seed", "steps"} <= file.metadata().keys()


@pytest.mark.parametrize("name", LIMITS_MB)
def test_a_card_lies_beside_the_weights(name: str):
    card = (shipped(name) / "README.md").read_text()
    assert "trained at commit" in card
    assert (shipped(name) / "training.jsonl").stat().st_size > 0


@pytest.mark.slow
def test_nano_clip_finds_things_by_kind_and_colour():
    from playhead_bench.nano.evaluate import evaluate_clip

    assert evaluate_clip(shipped("nano-clip"), 60)["map_all"] > 0.9


@pytest.mark.slow
def test_nano_dino_tells_scenes_apart():
    from playhead_bench.nano.evaluate import same_scene

    found = same_scene(shipped("nano-dino"), 60)
    assert found["same_scene_recall_at_1"] > 0.8
    assert found["changed_same_scene_recall_at_1"] > 0.6


@pytest.mark.slow
def test_nano_vlm_answers_questions_about_clips():
    from playhead_bench.nano.evaluate import evaluate_vlm

    scores = evaluate_vlm(shipped("nano-vlm"), 20)
    assert scores["balanced"] > 0.85
    assert scores["refused"] > 0.85
    assert scores["wrongly_refused"] <= 0.05


def test_a_model_without_weights_says_how_to_train_it(monkeypatch, tmp_path):
    monkeypatch.setattr("playhead_bench.nano.profile.WEIGHTS", tmp_path)
    with pytest.raises(ModelUnavailable, match=r"nano-vlm is not in .*python -m playhead_bench.nano"):
        folder_of("video")
