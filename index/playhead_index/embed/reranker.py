"""Cross-encoder rerankers: one model reads a query together with a text and scores how well the text fits.

A cross-encoder ranks better than sentence embeddings and costs a forward pass a pair, so it scores only the
best texts of a first search (Nogueira and Cho, 2019, arXiv:1901.04085). Supported are the single-score
classifiers of transformers, such as `BAAI/bge-reranker-v2-m3` and `cross-encoder/ms-marco-MiniLM-L6-v2`.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from playhead_index.batches import batches
from playhead_index.embed import checkpoints
from playhead_index.embed.runtime import pick_device, torch, transformers
from playhead_index.embed.transformer import LOCAL_ONLY, load_complete, max_positions, read_json
from playhead_index.embed.vectors import default_batch_size
from playhead_index.errors import ModelError

FAMILIES = (
    "bert", "distilbert", "roberta", "xlm-roberta", "electra", "mpnet", "deberta-v2", "modernbert",
)  # fmt: skip
NEEDED = ("config.json", "tokenizer_config.json")
WEIGHTS = ("model*.safetensors",)
MAX_TOKENS = 512
"""Tokens of a query and a text together; the families above are trained on so many."""
MAX_QUERY_CHARS = 2_000
UNUSED_WEIGHTS = ("cls.", "lm_head.")
"""Beginnings of the names of weights for other tasks that a checkpoint may hold."""


class Reranker(Protocol):
    """Scores texts for a query."""

    name: str

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N,) float32 scores of N texts, a higher score for a text that fits the query better.

        Scores of different queries or models are not comparable.
        """
        ...


class LazyReranker:
    """A `Reranker` that is loaded when it first scores a text.

    Args:
        name: of the model.
        load: loads it.
    """

    def __init__(self, name: str, load: Callable[[], Reranker]) -> None:
        self.name = name
        self._load = load
        self._loaded: Reranker | None = None

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N,) float32 scores of N texts, a higher score for a text that fits the query better.

        Raises:
            ModelUnavailable: the model cannot be loaded.
        """
        if not texts:
            return np.zeros(0, dtype=np.float32)
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded.scores(query, texts)


class CrossEncoder:
    """A `Reranker` over a transformers sequence classifier with one label; made by `load_reranker`.

    Args:
        model: the classifier, in evaluation mode on `device`.
        tokenizer: of the model.
        name: by which it was loaded.
        device: such as `cpu` or `cuda`.
        max_tokens: tokens of a pair; longer pairs are truncated, the longer of the two texts first.
        batch_size: pairs a forward pass.
    """

    def __init__(
        self, model: Any, tokenizer: Any, name: str, device: str, max_tokens: int, batch_size: int
    ) -> None:
        self.name = name
        self.device = device
        self.max_tokens = max_tokens
        self.batch_size = batch_size
        self._model, self._tokenizer = model, tokenizer

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N,) float32 logits of N texts; a higher logit for a text that fits the query better.

        Texts of similar length share a batch, so that little padding is computed.

        Raises:
            ModelError: a logit is not finite.
        """
        logits = np.zeros(len(texts), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        with torch().inference_mode():
            for batch in batches(order, self.batch_size):
                logits[batch] = self._logits(query[:MAX_QUERY_CHARS], [texts[row] for row in batch])
        if not np.isfinite(logits).all():
            raise ModelError(f"{self.name} gave a score that is not finite; its weights are damaged")
        return logits

    def _logits(self, query: str, texts: list[str]) -> NDArray[np.float32]:
        tokens = self._tokenizer(
            [query] * len(texts),
            texts,
            padding=True,
            truncation="longest_first",
            max_length=self.max_tokens,
            return_tensors="pt",
        ).to(self.device)
        return np.asarray(self._model(**tokens).logits[:, 0].float().cpu().numpy(), dtype=np.float32)


def load_reranker(
    name: str, *, device: str = "auto", batch_size: int | None = None, download: bool = False
) -> CrossEncoder:
    """The cross-encoder of a name, from files on this machine, in float32.

    Args:
        name: a name on the hub such as `BAAI/bge-reranker-v2-m3`, or a folder in transformers' format.
        device: `auto`, `cpu`, `cuda`, `cuda:1`.
        batch_size: pairs a forward pass; by default 32 on the CPU and 256 on a GPU.
        download: fetch missing files; without it the network is not used.

    Raises:
        ModelUnavailable: files are missing or incomplete, or the model is not a classifier with one label.
    """
    advice = f"playhead prepare rerank --rerank-model {name}"
    found = checkpoints.find_checkpoint(name, NEEDED, WEIGHTS, advice=advice, download=download)
    torch_device = pick_device(device)
    with checkpoints.offline(), checkpoints.map_load_errors(name, "loading"):
        library = transformers()
        config = library.AutoConfig.from_pretrained(found.folder, **LOCAL_ONLY)
        _refuse_other_models(found, config)
        model = load_complete(
            library.AutoModelForSequenceClassification, found.folder, may_hold=UNUSED_WEIGHTS, config=config
        )
        tokenizer = library.AutoTokenizer.from_pretrained(found.folder, **LOCAL_ONLY)
    model = model.float().eval().to(torch_device)
    max_tokens = min(MAX_TOKENS, max_positions(config, MAX_TOKENS), int(tokenizer.model_max_length))
    return CrossEncoder(
        model, tokenizer, name, torch_device, max_tokens, batch_size or default_batch_size(torch_device)
    )


def _refuse_other_models(found: checkpoints.Checkpoint, config: Any) -> None:
    """Nothing, for a model whose score is the logit of one label over the plain pair of texts.

    Raises:
        ValueError: it is of another family, has several labels or needs a prompt.
    """
    if config.model_type not in FAMILIES:
        raise ValueError(f"it is a {config.model_type!r}, expected one of {', '.join(FAMILIES)}")
    if config.num_labels != 1:
        raise ValueError(f"it has {config.num_labels} labels, expected a reranker with one")
    settings = read_json(found.folder / "config_sentence_transformers.json")
    default = settings.get("default_prompt_name")
    prompt = (settings.get("prompts") or {}).get(default) if default else None
    if prompt:
        raise ValueError(f"it has the prompt {prompt!r}, expected a reranker without a prompt")
