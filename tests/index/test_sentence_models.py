"""Tests of sentence models with prompts, poolings and dense layers, against sentence-transformers."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.tiny_models import make_tiny_sentence_model, make_tiny_text_model

from playhead_index.embed.minilm import FAMILIES, load_text_embedder
from playhead_index.embed.runtime import torch, transformers
from playhead_index.embed.sentence_config import POOLING_MODES, SentenceConfig, read_sentence_config
from playhead_index.errors import ModelUnavailable

TEXTS = ["a red car", "the dog", "a man drives the blue car on the street", "man"]
IDENTITY, TANH = "torch.nn.modules.linear.Identity", "torch.nn.modules.activation.Tanh"
PROMPTS = {"query": "the man eats ", "document": "a cake "}
E5 = ("query: ", "passage: ")


def reference(folder: Path, texts: list[str], prompt: str) -> NDArray[np.float32]:
    """The rows that sentence-transformers computes for texts behind a prompt."""
    library = pytest.importorskip("sentence_transformers")
    model = library.SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return np.asarray(model.encode(texts, prompt=prompt, normalize_embeddings=True))


@pytest.mark.parametrize("family", FAMILIES)
def test_vectors_are_those_of_sentence_transformers(family: str, tmp_path: Path) -> None:
    make_tiny_sentence_model(tmp_path, family, settings={"prompts": PROMPTS})
    embedder = load_text_embedder(str(tmp_path), device="cpu", batch_size=3)
    for rows, prompt in (
        (embedder.encode_queries(TEXTS), PROMPTS["query"]),
        (embedder.encode_texts(TEXTS), PROMPTS["document"]),
    ):
        np.testing.assert_allclose(rows, reference(tmp_path, TEXTS, prompt), atol=1e-5)


@pytest.mark.parametrize("mode", POOLING_MODES)
@pytest.mark.parametrize("family", ["bert", "qwen3"])
def test_each_pooling_mode_gives_the_vectors_of_sentence_transformers(
    mode: str, family: str, tmp_path: Path
) -> None:
    make_tiny_sentence_model(
        tmp_path, family, pooling={"pooling_mode": mode}, dense=[(20, TANH), (8, IDENTITY)]
    )
    rows = load_text_embedder(str(tmp_path), device="cpu").encode_texts(TEXTS)
    assert rows.shape == (len(TEXTS), 8)
    np.testing.assert_allclose(rows, reference(tmp_path, TEXTS, ""), atol=1e-5)


def test_several_pooling_modes_are_concatenated(tmp_path: Path) -> None:
    pooling = {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True, "include_prompt": True}
    make_tiny_sentence_model(tmp_path, pooling=pooling)
    embedder = load_text_embedder(str(tmp_path), device="cpu")
    assert embedder.tag.width == 64
    np.testing.assert_allclose(embedder.encode_texts(TEXTS), reference(tmp_path, TEXTS, ""), atol=1e-5)


def test_a_padded_batch_of_last_tokens_is_the_last_state_of_each_text(tmp_path: Path) -> None:
    make_tiny_sentence_model(tmp_path, "qwen3", pooling={"pooling_mode_lasttoken": True})
    library = transformers()
    model = library.AutoModel.from_pretrained(tmp_path).eval()
    tokenizer = library.AutoTokenizer.from_pretrained(tmp_path)
    with torch().inference_mode():
        states = [model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0, -1] for text in TEXTS]
    expected = np.stack([(state / state.norm()).numpy() for state in states])
    rows = load_text_embedder(str(tmp_path), device="cpu").encode_texts(TEXTS)
    np.testing.assert_allclose(rows, expected, atol=1e-5)


def test_a_query_has_another_vector_than_the_same_stored_text(tmp_path: Path) -> None:
    make_tiny_sentence_model(tmp_path, settings={"prompts": {"query": "the man eats ", "passage": ""}})
    embedder = load_text_embedder(str(tmp_path), device="cpu")
    (plain,), (query,) = embedder.encode_texts(["dog"]), embedder.encode_queries(["dog"])
    np.testing.assert_allclose(embedder.encode_texts(["the man eats dog"])[0], query, atol=1e-6)
    assert float(plain @ query) < 0.99


def test_texts_are_put_in_lower_case_where_the_configuration_says_so(tmp_path: Path) -> None:
    make_tiny_sentence_model(tmp_path, transformer_settings={"do_lower_case": True})
    tokenizer = json.loads((tmp_path / "tokenizer.json").read_text())
    tokenizer["normalizer"]["lowercase"] = False
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    config = json.loads((tmp_path / "tokenizer_config.json").read_text()) | {"do_lower_case": False}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    embedder = load_text_embedder(str(tmp_path), device="cpu")
    assert embedder.encode_texts(["A RED Car"]).tolist() == embedder.encode_texts(["a red car"]).tolist()
    (tmp_path / "sentence_bert_config.json").unlink()
    embedder = load_text_embedder(str(tmp_path), device="cpu")
    assert embedder.encode_texts(["A RED Car"]).tolist() != embedder.encode_texts(["a red car"]).tolist()


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        ({"query": "query: ", "passage": "passage: "}, E5),
        ({"query": "Represent: ", "document": "", "clustering": "Cluster: "}, ("Represent: ", "")),
        ({"query": "Instruct: x\nQuery:"}, ("Instruct: x\nQuery:", "")),
        ({"search_query": "search_query: ", "search_document": "search_document: "},
         ("search_query: ", "search_document: ")),
        ({"query": "", "document": ""}, ("", "")),
    ],
)  # fmt: skip
def test_prompts_are_those_of_the_configuration(
    prompts: dict[str, str], expected: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    config = read_sentence_config(tmp_path, "own/model")
    assert (config.query_prompt, config.document_prompt) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("intfloat/multilingual-e5-small", E5),
        ("/models/e5-base-v2", E5),
        ("BAAI/bge-small-en-v1.5", ("Represent this sentence for searching relevant passages: ", "")),
        ("BAAI/bge-m3", ("", "")),
        ("sentence-transformers/all-MiniLM-L6-v2", ("", "")),
    ],
)
def test_prompts_that_stand_in_the_model_card_alone_are_known_by_the_name(
    name: str, expected: tuple[str, str], tmp_path: Path
) -> None:
    config = read_sentence_config(tmp_path, name)
    assert (config.query_prompt, config.document_prompt) == expected


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"prompts": {"STS": "Compare: "}}, r"it has the prompts 'STS'; expected one named 'query'"),
        (
            {"prompts": {"query": "q: ", "text": "t: "}},
            r"it has the prompts 'text'; expected one named 'query'",
        ),
        ({"default_prompt_name": "query"}, r"its default prompt 'query' is not among its prompts"),
        ({"similarity_fn_name": "dot"}, r"it compares vectors by 'dot', expected 'cosine'"),
    ],
)
def test_settings_that_are_not_supported_are_refused(
    settings: dict[str, object], message: str, tmp_path: Path
) -> None:
    make_tiny_sentence_model(tmp_path, settings=settings, is_normalised=False)
    with pytest.raises(ModelUnavailable, match=message):
        load_text_embedder(str(tmp_path))


@pytest.mark.parametrize(
    ("pooling", "message"),
    [
        ({"pooling_mode": "attention"}, r"it pools by 'attention', expected cls, max, mean,"),
        ({"pooling_mode_median_tokens": True}, r"it pools by 'median_tokens', expected cls"),
        ({"pooling_mode": "mean", "include_prompt": False}, r"its pooling leaves out the prompt"),
    ],
)
def test_a_pooling_that_is_not_supported_is_refused(
    pooling: dict[str, object], message: str, tmp_path: Path
) -> None:
    make_tiny_sentence_model(tmp_path, pooling=pooling, settings={"prompts": PROMPTS})
    with pytest.raises(ModelUnavailable, match=message):
        load_text_embedder(str(tmp_path))


def test_an_unknown_module_or_activation_is_refused(tmp_path: Path) -> None:
    make_tiny_sentence_model(tmp_path / "a", dense=[(8, "torch.nn.modules.activation.GELU")])
    with pytest.raises(ModelUnavailable, match=r"its layer 2_Dense has the activation 'torch.*GELU'"):
        load_text_embedder(str(tmp_path / "a"))
    make_tiny_sentence_model(tmp_path / "b")
    listed = (tmp_path / "b" / "modules.json").read_text()
    (tmp_path / "b" / "modules.json").write_text(listed.replace("models.Normalize", "models.WordWeights"))
    with pytest.raises(
        ModelUnavailable, match=r"its modules are Transformer, Pooling, WordWeights; expected"
    ):
        load_text_embedder(str(tmp_path / "b"))


def test_a_model_by_an_e5_name_without_prompts_is_refused(tmp_path: Path) -> None:
    make_tiny_sentence_model(tmp_path / "my-e5-finetune")
    with pytest.raises(ModelUnavailable, match=r"a model named 'my-e5-finetune' needs prompts and its files"):
        load_text_embedder(str(tmp_path / "my-e5-finetune"))


def test_other_prompts_poolings_or_layers_make_another_model_and_a_plain_one_stays_the_same(
    tmp_path: Path,
) -> None:
    plain = load_text_embedder(str(make_tiny_text_model(tmp_path / "plain"))).tag.revision
    tags = [
        load_text_embedder(str(make_tiny_sentence_model(tmp_path / name, **options))).tag.revision
        for name, options in {
            "mean": {},
            "cls": {"pooling": {"pooling_mode": "cls"}},
            "prompts": {"settings": {"prompts": PROMPTS}},
            "dense": {"dense": [(8, TANH)]},
            "other dense": {"dense": [(8, IDENTITY)]},
        }.items()
    ]
    weights = {tag.partition("+")[0] for tag in tags}
    assert "+" not in plain
    assert weights == {tags[0]}
    assert len(set(tags)) == len(tags)


def test_more_tokens_than_earlier_versions_read_are_another_revision() -> None:
    assert SentenceConfig(max_tokens=384).revision("abc", 256) == "abc"
    assert SentenceConfig(max_tokens=384).revision("abc", 384).startswith("abc+")


@pytest.mark.parametrize(("family", "max_tokens"), [("bert", 32), ("xlm-roberta", 32)])
def test_a_text_is_cut_at_the_stated_maximum(family: str, max_tokens: int, tmp_path: Path) -> None:
    embedder = load_text_embedder(str(make_tiny_sentence_model(tmp_path, family)), device="cpu")
    text = " ".join(["dog"] * 80)
    assert embedder.max_tokens == max_tokens
    np.testing.assert_allclose(*embedder.encode_texts([text, text + " cake"]), atol=1e-6)
    np.testing.assert_allclose(embedder.encode_texts([text]), reference(tmp_path, [text], ""), atol=1e-5)
