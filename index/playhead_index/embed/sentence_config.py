"""What the files of a sentence-transformers model say of it: prompts, pooling, layers behind it, truncation.

A sentence model gives wrong vectors, not an error, when its prompts are left out or its token states are
pooled in another way. So everything in its configuration that changes a vector is read here, and what is not
supported is refused. The files are those of sentence-transformers (Reimers and Gurevych, 2019,
arXiv:1908.10084): `modules.json`, `config_sentence_transformers.json`, `sentence_bert_config.json` and a
`config.json` a module.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playhead_index.embed.digests import digest_of
from playhead_index.embed.transformer import read_json

DEFAULT_MAX_TOKENS = 256
"""Tokens of a text for a model that states no maximum."""
MAX_TOKENS = 512
"""Tokens of a text for any model; a minute of speech has about 250."""
POOLING_MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
"""In the order in which sentence-transformers concatenates them."""
QUERY_PROMPTS = ("query", "search_query", "Retrieval-query", "retrieval.query", "s2p_query")
DOCUMENT_PROMPTS = (
    "document", "passage", "corpus", "search_document", "Retrieval-document", "retrieval.passage",
)  # fmt: skip
"""Names of prompts in `config_sentence_transformers.json`; the first that a model has counts."""
ACTIVATIONS = {
    "torch.nn.modules.linear.Identity": "identity",
    "torch.nn.modules.activation.Tanh": "tanh",
}
_LEGACY_MODES = {
    "cls_token": "cls", "max_tokens": "max", "mean_tokens": "mean",
    "mean_sqrt_len_tokens": "mean_sqrt_len_tokens", "weightedmean_tokens": "weightedmean",
    "lasttoken": "lasttoken",
}  # fmt: skip
_E5 = ("query: ", "passage: ")
_BGE_EN = ("Represent this sentence for searching relevant passages: ", "")
_BGE_ZH = ("为这个句子生成表示以用于检索相关文章：", "")
MODEL_CARD_PROMPTS: Mapping[re.Pattern[str], tuple[str, str]] = {
    re.compile(r"(multilingual-)?e5-(small|base|large)(-v2|-unsupervised)?"): _E5,
    re.compile(r"bge-(small|base|large)-en(-v1\.5)?"): _BGE_EN,
    re.compile(r"bge-(small|base|large)-zh(-v1\.5)?"): _BGE_ZH,
}
"""(query, document) prompts of models whose authors give them in the model card alone, by the last part of
the name (Wang et al., 2022, arXiv:2212.03533; Xiao et al., 2023, arXiv:2309.07597)."""
_NEEDS_PROMPTS = re.compile(r"(^|[-_.])(e5|instruct|instructor)([-_.]|$)")


@dataclass(frozen=True, slots=True)
class DenseLayer:
    """A linear layer behind the pooling.

    Args:
        folder: of its weights, `model.safetensors`.
        weights: digest of that file.
        num_inputs: width of its input.
        num_outputs: width of its output.
        has_bias: whether it adds a bias.
        activation: `identity` or `tanh`.
    """

    folder: Path
    weights: str
    num_inputs: int
    num_outputs: int
    has_bias: bool
    activation: str


@dataclass(frozen=True, slots=True)
class SentenceConfig:
    """How a sentence vector is computed from a text.

    Args:
        query_prompt: put in front of a query.
        document_prompt: put in front of a stored text.
        pooling: modes of `POOLING_MODES`; the vectors of several are concatenated.
        dense: layers behind the pooling, in order.
        max_tokens: longer texts are truncated; None where the files state no maximum.
        lower_case: whether texts are put in lower case first.
    """

    query_prompt: str = ""
    document_prompt: str = ""
    pooling: tuple[str, ...] = ("mean",)
    dense: tuple[DenseLayer, ...] = ()
    max_tokens: int | None = None
    lower_case: bool = False

    def revision(self, weights: str, max_tokens: int) -> str:
        """The revision of a model: that of its weights, and a digest of a configuration that changes vectors.

        Mean pooling of at most 256 tokens without prompts adds nothing, so that vectors made by earlier
        versions stay valid.

        Args:
            weights: commit or digest of the encoder's files.
            max_tokens: that are computed with.
        """
        if self == SentenceConfig(max_tokens=self.max_tokens) and max_tokens <= DEFAULT_MAX_TOKENS:
            return weights
        settings = asdict(self) | {"max_tokens": max_tokens}
        settings["dense"] = [{**asdict(layer), "folder": ""} for layer in self.dense]
        text = json.dumps(settings, sort_keys=True)
        return f"{weights}+{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"


def read_sentence_config(folder: Path, name: str) -> SentenceConfig:
    """The configuration of the sentence model in a folder.

    Args:
        folder: with the model's files; without `modules.json` it is an encoder pooled by the mean.
        name: by which the model was requested; some models' prompts are known by it alone.

    Raises:
        ValueError: a prompt, a pooling mode, a module or another setting is not supported; it names it.
    """
    query_prompt, document_prompt = _prompts(folder, name)
    settings = read_json(folder / "sentence_bert_config.json")
    _refuse_other_outputs(settings)
    modules = _modules(folder)
    pooling = [folder / path for kind, path in modules if kind == "Pooling"] or [folder / "1_Pooling"]
    _refuse_other_similarity(folder, [kind for kind, _ in modules])
    return SentenceConfig(
        query_prompt,
        document_prompt,
        _pooling(read_json(pooling[0] / "config.json"), bool(query_prompt or document_prompt)),
        tuple(_dense(folder / path) for kind, path in modules if kind == "Dense"),
        _max_tokens(settings, folder, bool(modules)),
        settings.get("do_lower_case") is True,
    )


def _prompts(folder: Path, name: str) -> tuple[str, str]:
    """The prompts of queries and of documents.

    Raises:
        ValueError: the model has prompts that are neither, or needs prompts and has none.
    """
    settings = read_json(folder / "config_sentence_transformers.json")
    prompts: dict[str, str] = {key: text or "" for key, text in (settings.get("prompts") or {}).items()}
    default = settings.get("default_prompt_name")
    if not any(prompts.values()):
        if default and default not in prompts:
            raise ValueError(f"its default prompt {default!r} is not among its prompts")
        return _prompts_by_name(name)
    query = next((key for key in QUERY_PROMPTS if key in prompts), None)
    document = next((key for key in DOCUMENT_PROMPTS if key in prompts), None)
    others = sorted(key for key, text in prompts.items() if text and key not in (query, document))
    if others and (query is None or document is None):
        raise ValueError(
            f"it has the prompts {', '.join(map(repr, others))}; expected one named {QUERY_PROMPTS[0]!r} and "
            f"one named {DOCUMENT_PROMPTS[0]!r}: name them so in its config_sentence_transformers.json"
        )
    return prompts.get(query or "", ""), prompts.get(document or "", "")


def _prompts_by_name(name: str) -> tuple[str, str]:
    short = name.rstrip("/").rpartition("/")[2].lower()
    for pattern, prompts in MODEL_CARD_PROMPTS.items():
        if pattern.fullmatch(short):
            return prompts
    if _NEEDS_PROMPTS.search(short):
        raise ValueError(
            f"a model named {short!r} needs prompts and its files have none; put its prompts 'query' and "
            "'document' into its config_sentence_transformers.json"
        )
    return "", ""


def _modules(folder: Path) -> list[tuple[str, str]]:
    """(class, folder) of each module; none where there is no `modules.json`.

    Raises:
        ValueError: they are not a transformer, a pooling, dense layers and a normalisation, in this order.
    """
    path = folder / "modules.json"
    if not path.is_file():
        return []
    modules = [
        (str(one["type"]).rpartition(".")[2], str(one["path"])) for one in json.loads(path.read_text("utf-8"))
    ]
    kinds = [kind for kind, _ in modules]
    if re.fullmatch(r"Transformer Pooling( Dense)*( Normalize)?", " ".join(kinds)) is None:
        raise ValueError(
            f"its modules are {', '.join(kinds)}; expected Transformer, Pooling, any Dense, Normalize"
        )
    if modules[0][1]:
        raise ValueError(
            f"its transformer is in the folder {modules[0][1]!r}, expected the model's own folder"
        )
    return modules


def _pooling(settings: Mapping[str, Any], has_prompts: bool) -> tuple[str, ...]:
    """The pooling modes in a module's configuration, the mean where it has none.

    Raises:
        ValueError: a mode is not supported.
    """
    if has_prompts and settings.get("include_prompt") is False:
        raise ValueError("its pooling leaves out the prompt, which is not supported")
    modes = settings.get("pooling_mode")
    if modes is None:
        active = [key.removeprefix("pooling_mode_") for key, on in settings.items() if on is True]
        named = [key for key in active if f"pooling_mode_{key}" in settings]
        unknown = [key for key in named if key not in _LEGACY_MODES]
        chosen = [mode for key, mode in _LEGACY_MODES.items() if key in named]
    else:
        chosen = [modes] if isinstance(modes, str) else list(modes)
        unknown = [mode for mode in chosen if mode not in POOLING_MODES]
    if unknown:
        raise ValueError(f"it pools by {', '.join(map(repr, unknown))}, expected {', '.join(POOLING_MODES)}")
    return tuple(chosen) or ("mean",)


def _dense(folder: Path) -> DenseLayer:
    """A dense layer, from its configuration.

    Raises:
        ValueError: its weights are not there, or its activation is not supported.
    """
    settings = read_json(folder / "config.json")
    activation = str(settings.get("activation_function", "torch.nn.modules.activation.Tanh"))
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"its layer {folder.name} has the activation {activation!r}, expected Identity or Tanh"
        )
    if (
        settings.get("use_residual")
        or settings.get("module_input_name", "sentence_embedding") != "sentence_embedding"
    ):
        raise ValueError(f"its layer {folder.name} is not a plain linear layer of the sentence vector")
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise ValueError(f"its layer {folder.name} has no model.safetensors")
    return DenseLayer(
        folder,
        digest_of([weights]),
        int(settings["in_features"]),
        int(settings["out_features"]),
        bool(settings.get("bias", True)),
        ACTIVATIONS[activation],
    )


def _refuse_other_outputs(settings: Mapping[str, Any]) -> None:
    """Nothing, where token states are the encoder's last hidden states of a text.

    Raises:
        ValueError: they are not.
    """
    text = (settings.get("modality_config") or {}).get("text") or {}
    method = (text.get("method", "forward"), text.get("method_output_name", "last_hidden_state"))
    if method != ("forward", "last_hidden_state"):
        raise ValueError(
            f"its token states are {'.'.join(map(str, method))}, expected forward.last_hidden_state"
        )


def _refuse_other_similarity(folder: Path, kinds: Sequence[str]) -> None:
    """Nothing, where the dot product of unit vectors is what the model was trained for.

    Raises:
        ValueError: it compares by the dot product of vectors that are not normalised, or by another distance.
    """
    similarity = read_json(folder / "config_sentence_transformers.json").get("similarity_fn_name")
    if similarity in (None, "cosine") or (similarity == "dot" and kinds[-1:] == ["Normalize"]):
        return
    raise ValueError(f"it compares vectors by {similarity!r}, expected 'cosine'")


def _max_tokens(settings: Mapping[str, Any], folder: Path, has_modules: bool) -> int | None:
    """The maximum that the files state: newer ones leave it to the tokenizer."""
    if settings.get("max_seq_length") is not None:
        return int(settings["max_seq_length"])
    model_max_length = read_json(folder / "tokenizer_config.json").get("model_max_length")
    return int(model_max_length) if has_modules and model_max_length is not None else None
