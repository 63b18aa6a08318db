"""Tests of the sentence embedder: against transformers on a tiny model, and with the real all-MiniLM."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from tests.tiny_models import TEXT_WIDTH, make_tiny_text_model

from playhead_index.embed.minilm import (
    OFFLINE_PACKAGE,
    OFFLINE_SHA256,
    OFFLINE_WEIGHTS,
    load_text_embedder,
)
from playhead_index.embed.onnx_sentences import OnnxSentenceEmbedder
from playhead_index.embed.packaged_weights import verified
from playhead_index.embed.runtime import torch, transformers
from playhead_index.errors import ModelUnavailable

TEXTS = ["a red car", "the dog", "someone drives the blue car on the street", "man"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_text_model(tmp_path_factory.mktemp("text"))


@pytest.fixture(scope="module")
def real() -> OnnxSentenceEmbedder:
    if find_spec(OFFLINE_PACKAGE) is None:
        pytest.skip(f"{OFFLINE_PACKAGE} is not installed")
    embedder = load_text_embedder("offline:", device="cpu")
    assert isinstance(embedder, OnnxSentenceEmbedder)
    return embedder


def test_vectors_are_the_mean_of_the_token_states_whatever_the_batch(folder: Path) -> None:
    library = transformers()
    model, tokenizer = (
        library.AutoModel.from_pretrained(folder),
        library.AutoTokenizer.from_pretrained(folder),
    )
    expected = []
    for text in TEXTS:
        with torch().inference_mode():
            mean = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(dim=0).numpy()
        expected.append(mean / np.linalg.norm(mean))
    embedder = load_text_embedder(str(folder), device="cpu", batch_size=2)
    np.testing.assert_allclose(embedder.encode_texts(TEXTS), np.stack(expected), atol=1e-5)


def test_nothing_in_gives_no_rows(folder: Path) -> None:
    assert load_text_embedder(str(folder), device="cpu").encode_texts([]).shape == (0, TEXT_WIDTH)


def test_a_long_text_is_cut_at_what_the_model_can_hold(folder: Path) -> None:
    embedder = load_text_embedder(str(folder), device="cpu")
    first = " ".join(["dog"] * (embedder.max_tokens - 2))
    vectors = embedder.encode_texts([first, first + " cake" * 50])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)


def test_the_real_model_knows_that_driving_a_car_is_no_cake(real: OnnxSentenceEmbedder) -> None:
    vectors = real.encode_texts(["a man drives a car", "someone is driving an automobile", "a cake recipe"])
    alike, unlike = float(vectors[0] @ vectors[1]), float(vectors[0] @ vectors[2])
    assert (real.tag.width, real.max_tokens) == (384, 256)
    assert alike > 0.7
    assert unlike < 0.1


def test_a_package_with_other_weights_is_not_used(folder: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"not the published model: its sha256 is .*, expected 53aa"):
        verified(folder, OFFLINE_WEIGHTS, OFFLINE_SHA256, OFFLINE_PACKAGE)


def test_a_package_without_weights_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"model.safetensors is missing; install"):
        verified(tmp_path, OFFLINE_WEIGHTS, "00", OFFLINE_PACKAGE)
