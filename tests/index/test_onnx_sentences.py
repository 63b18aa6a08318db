"""Tests of sentence embeddings in onnxruntime, which are those of the same model in torch."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tests.tiny_models import make_tiny_sentence_model

from playhead_index.embed import minilm
from playhead_index.embed.checkpoints import Checkpoint
from playhead_index.embed.minilm import (
    OFFLINE_PACKAGE,
    OFFLINE_SHA256,
    OFFLINE_WEIGHTS,
    SentenceEmbedder,
    load_text_embedder,
)
from playhead_index.embed.onnx_sentences import FAMILIES, OnnxSentenceEmbedder, is_supported
from playhead_index.embed.packaged_weights import packaged_checkpoint
from playhead_index.embed.sentence_config import SentenceConfig, read_sentence_config
from playhead_index.errors import ModelUnavailable

TEXTS = ["a red car", "the dog", "a man drives the blue car on the street", "man", "cake " * 80]
PROMPTS = {"query": "the man eats ", "document": "a cake "}


def in_torch(folder: Path) -> SentenceEmbedder:
    found = Checkpoint(folder, load_text_embedder(str(folder), device="cpu").tag.revision.partition("+")[0])
    return minilm._load_in_torch(found, str(folder), read_sentence_config(folder, str(folder)), "cpu", 3)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("family", FAMILIES)
def test_vectors_and_tag_are_those_of_the_model_in_torch(family: str, pooling: str, tmp_path: Path) -> None:
    make_tiny_sentence_model(
        tmp_path, family, pooling={"pooling_mode": pooling}, settings={"prompts": PROMPTS}
    )
    embedder, expected = load_text_embedder(str(tmp_path), device="cpu", batch_size=2), in_torch(tmp_path)
    assert isinstance(embedder, OnnxSentenceEmbedder)
    assert (embedder.tag, embedder.max_tokens) == (expected.tag, expected.max_tokens)
    np.testing.assert_allclose(embedder.encode_texts(TEXTS), expected.encode_texts(TEXTS), atol=1e-5)
    np.testing.assert_allclose(embedder.encode_queries(TEXTS), expected.encode_queries(TEXTS), atol=1e-5)


@pytest.mark.parametrize("do_lower_case", [True, False])
def test_the_tokenizer_configuration_decides_about_lower_case_as_in_transformers(
    do_lower_case: bool, tmp_path: Path
) -> None:
    make_tiny_sentence_model(tmp_path)
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"do_lower_case": do_lower_case}))
    rows = load_text_embedder(str(tmp_path), device="cpu").encode_texts(["A RED Car"])
    np.testing.assert_allclose(rows, in_torch(tmp_path).encode_texts(["A RED Car"]), atol=1e-5)


def test_the_real_model_gives_the_same_vectors_in_many_languages() -> None:
    if find_spec(OFFLINE_PACKAGE) is None:
        pytest.skip(f"{OFFLINE_PACKAGE} is not installed")
    texts = [
        "a man drives a car",
        "“Müller” — 東京タワー, İstanbul",
        "Привет, мир",
        "one two " * 300,
        "हिंदी 🙂",
    ]
    embedder = load_text_embedder("offline:", device="cpu")
    found = packaged_checkpoint(OFFLINE_PACKAGE, OFFLINE_WEIGHTS, OFFLINE_SHA256)
    expected = minilm._load_in_torch(found, "offline:", SentenceConfig(max_tokens=256), "cpu", 4)
    assert isinstance(embedder, OnnxSentenceEmbedder)
    assert embedder.tag == expected.tag
    np.testing.assert_allclose(embedder.encode_texts(texts), expected.encode_texts(texts), atol=2e-6)


def test_a_query_is_embedded_without_torch_and_transformers(tmp_path: Path) -> None:
    make_tiny_sentence_model(tmp_path)
    code = (
        "import sys; from playhead_index.embed.minilm import load_text_embedder as load;"
        f"print(load({str(tmp_path)!r}, device='cpu').encode_queries(['a car']).shape,"
        " sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(1, 32) []\n"


def test_other_models_are_left_to_torch(tmp_path: Path) -> None:
    make_tiny_sentence_model(tmp_path / "qwen3", "qwen3")
    assert not is_supported(tmp_path / "qwen3", SentenceConfig())
    make_tiny_sentence_model(tmp_path / "bert")
    assert is_supported(tmp_path / "bert", SentenceConfig())
    assert not is_supported(tmp_path / "bert", SentenceConfig(pooling=("max",)))
    config = json.loads((tmp_path / "bert" / "config.json").read_text()) | {"hidden_act": "gelu_new"}
    (tmp_path / "bert" / "config.json").write_text(json.dumps(config))
    assert not is_supported(tmp_path / "bert", SentenceConfig())


def test_missing_and_unknown_weights_are_refused(tmp_path: Path) -> None:
    weights = load_file(make_tiny_sentence_model(tmp_path) / "model.safetensors")
    weights["encoder.layer.1.output.other"] = weights.pop("encoder.layer.1.output.dense.bias")
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(
        ModelUnavailable, match=r"lack 1 weight: encoder.*bias; they hold and .*layer.1.output.other"
    ):
        load_text_embedder(str(tmp_path), device="cpu")
