"""Tests of the cross-encoder reranker: against plain transformers on tiny classifiers of the real classes."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.tiny_models import make_tiny_reranker, make_tiny_text_model

from playhead_index.embed.reranker import FAMILIES, load_reranker
from playhead_index.embed.runtime import torch, transformers
from playhead_index.errors import ModelUnavailable

QUERY = "a man drives the red car"
TEXTS = ["the dog eats a cake", "a man drives", "the red car on the street drives the man", "man", "blue"]


def plain_logits(folder: Path, texts: list[str]) -> list[float]:
    """One pair a pass, without padding and batches."""
    library = transformers()
    model = library.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = library.AutoTokenizer.from_pretrained(folder)
    with torch().inference_mode():
        return [float(model(**tokenizer(QUERY, text, return_tensors="pt")).logits) for text in texts]


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_are_the_logits_of_transformers_whatever_the_batch(family: str, tmp_path: Path) -> None:
    make_tiny_reranker(tmp_path, family)
    expected = plain_logits(tmp_path, TEXTS)
    scores = load_reranker(str(tmp_path), device="cpu", batch_size=2).scores(QUERY, TEXTS)
    assert scores.dtype == np.float32
    assert len(set(np.round(expected, 4))) == len(TEXTS)
    np.testing.assert_allclose(scores, expected, atol=2e-5)


def test_no_texts_give_no_scores(tmp_path: Path) -> None:
    make_tiny_reranker(tmp_path)
    assert load_reranker(str(tmp_path), device="cpu").scores(QUERY, []).shape == (0,)


@pytest.mark.parametrize(("family", "max_tokens"), [("bert", 64), ("xlm-roberta", 63)])
def test_a_long_pair_is_truncated_to_the_positions_of_the_model(
    family: str, max_tokens: int, tmp_path: Path
) -> None:
    reranker = load_reranker(str(make_tiny_reranker(tmp_path, family)), device="cpu")
    text = " ".join(["dog"] * 200)
    assert reranker.max_tokens == max_tokens
    np.testing.assert_allclose(*reranker.scores("cake", [text, text + " cake" * 50]))


def test_a_plain_encoder_is_refused_for_its_missing_classifier(tmp_path: Path) -> None:
    make_tiny_text_model(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text()) | {
        "num_labels": 1,
        "id2label": {"0": "LABEL_0"},
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        ModelUnavailable, match=r"its files lack 2 weights: classifier.bias, classifier.weight"
    ):
        load_reranker(str(tmp_path))


def test_a_classifier_with_several_labels_is_refused(tmp_path: Path) -> None:
    make_tiny_reranker(tmp_path, num_labels=3)
    with pytest.raises(ModelUnavailable, match="it has 3 labels, expected a reranker with one"):
        load_reranker(str(tmp_path))


def test_a_reranker_with_a_prompt_is_refused(tmp_path: Path) -> None:
    make_tiny_reranker(tmp_path)
    settings = {"prompts": {"web": "Given a query: "}, "default_prompt_name": "web"}
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps(settings))
    with pytest.raises(
        ModelUnavailable, match=r"has the prompt 'Given a query: ', expected .* without a prompt"
    ):
        load_reranker(str(tmp_path))


def test_a_missing_reranker_says_how_to_get_it() -> None:
    with pytest.raises(ModelUnavailable, match="run: playhead prepare rerank --rerank-model nobody/nothing"):
        load_reranker("nobody/nothing")
