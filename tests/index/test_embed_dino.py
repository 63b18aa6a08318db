"""Tests of the DINO encoder against transformers itself, on tiny random models."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.tiny_models import DINO_WIDTH, make_tiny_dino, make_tiny_text_model

from playhead_index.embed.dino import DinoEncoder, load_dino
from playhead_index.embed.runtime import torch, transformers
from playhead_index.errors import ModelUnavailable


def pictures() -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, shape, dtype=np.uint8) for shape in [(64, 90, 3), (120, 70, 3), (64, 64, 3)]]


def as_transformers_gives_them(folder: Path) -> Any:
    library = transformers()
    model = library.AutoModel.from_pretrained(folder)
    pixels = library.BitImageProcessorPil.from_pretrained(folder)(pictures(), return_tensors="pt")
    with torch().inference_mode():
        states = model(**pixels).last_hidden_state[:, 0]
    return (states / states.norm(dim=-1, keepdim=True)).numpy()


@pytest.mark.parametrize("registers", [pytest.param(0, id="DINOv2"), pytest.param(4, id="with registers")])
def test_vectors_are_the_class_tokens_that_transformers_gives(tmp_path: Path, registers: int) -> None:
    folder = make_tiny_dino(tmp_path, registers=registers)
    encoder = load_dino(str(folder), device="cpu", batch_size=2)
    np.testing.assert_allclose(
        encoder.encode_images(pictures()), as_transformers_gives_them(folder), atol=1e-5
    )


def test_the_settings_come_from_the_folder(tmp_path: Path) -> None:
    encoder = load_dino(str(make_tiny_dino(tmp_path)), device="cpu")
    assert isinstance(encoder, DinoEncoder)
    assert (encoder.tag.width, encoder.image_size_px) == (DINO_WIDTH, 64)
    assert encoder.encode_images([]).shape == (0, DINO_WIDTH)


def test_a_dino_v3_is_squashed_as_its_settings_say(tmp_path: Path) -> None:
    library = transformers()
    config = library.DINOv3ViTConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=48
    )
    library.DINOv3ViTModel(config).save_pretrained(tmp_path)
    library.DINOv3ViTImageProcessor(size={"height": 48, "width": 48}).save_pretrained(tmp_path)
    encoder = load_dino(str(tmp_path), device="cpu")
    assert encoder.image_size_px == 48
    assert encoder.encode_images(pictures()).shape == (3, 32)


def test_a_model_of_another_family_is_refused(tmp_path: Path) -> None:
    make_tiny_text_model(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text("{}")
    with pytest.raises(ModelUnavailable, match="loading failed: it is a 'bert', expected one of dinov2"):
        load_dino(str(tmp_path))


def test_files_that_lack_a_weight_are_refused(tmp_path: Path) -> None:
    config = json.loads((make_tiny_dino(tmp_path) / "config.json").read_text())
    config["num_hidden_layers"] = 3
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelUnavailable, match=r"its files lack 18 weights: encoder"):
        load_dino(str(tmp_path))


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    config = json.loads((make_tiny_dino(tmp_path) / "config.json").read_text())
    config["hidden_size"] = 64
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelUnavailable, match=r"loading failed: its files hold in another shape 43 weights"):
        load_dino(str(tmp_path))
