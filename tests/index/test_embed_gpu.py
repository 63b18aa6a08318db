"""Tests that vectors made on a GPU may be compared with those made on the CPU."""

from pathlib import Path

import numpy as np
import pytest
from tests.tiny_models import make_tiny_dino, make_tiny_open_clip, make_tiny_text_model

from playhead_index.embed.dino import load_dino
from playhead_index.embed.minilm import load_text_embedder
from playhead_index.embed.openclip import load_open_clip

pytestmark = pytest.mark.gpu
IMAGES = [np.random.default_rng(i).integers(0, 256, (64, 90, 3), dtype=np.uint8) for i in range(4)]
TEXTS = ["a red car", "the dog eats a cake", ""]


def test_pictures_and_texts_of_open_clip_agree(tmp_path: Path) -> None:
    name = f"local-dir:{make_tiny_open_clip(tmp_path)}"
    cpu, gpu = load_open_clip(name, device="cpu"), load_open_clip(name, device="cuda")
    assert (cpu.encode_images(IMAGES) * gpu.encode_images(IMAGES)).sum(axis=1).min() > 0.99
    assert (cpu.encode_texts(TEXTS) * gpu.encode_texts(TEXTS)).sum(axis=1).min() > 0.99


def test_pictures_of_dino_agree(tmp_path: Path) -> None:
    name = str(make_tiny_dino(tmp_path))
    cpu, gpu = load_dino(name, device="cpu"), load_dino(name, device="cuda")
    assert (cpu.encode_images(IMAGES) * gpu.encode_images(IMAGES)).sum(axis=1).min() > 0.99


def test_sentences_agree_closely_because_both_are_float32(tmp_path: Path) -> None:
    name = str(make_tiny_text_model(tmp_path))
    cpu, gpu = load_text_embedder(name, device="cpu"), load_text_embedder(name, device="cuda")
    np.testing.assert_allclose(cpu.encode_texts(TEXTS), gpu.encode_texts(TEXTS), atol=1e-4)
