"""Sentence embeddings of BERT-like encoders on the CPU by onnxruntime, without torch and transformers.

The same weights, tokens and formulas as `SentenceEmbedder`, so the same `ModelTag`; what differs is the
start: importing torch and transformers takes seconds, onnxruntime and tokenizers a fraction of one.
"""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playhead_index.batches import batches
from playhead_index.embed.check_weights import refuse_other_weights
from playhead_index.embed.checkpoints import Checkpoint
from playhead_index.embed.onnx_graph import FLOAT, INT64, OnnxGraph
from playhead_index.embed.protocol import ModelTag
from playhead_index.embed.sentence_config import DEFAULT_MAX_TOKENS, MAX_TOKENS, SentenceConfig
from playhead_index.embed.transformer import HEADS, UNUSED, read_json
from playhead_index.errors import ModelError

FAMILIES = ("bert", "roberta", "xlm-roberta")
POOLING = ("mean", "cls")
_LINEAR = (
    "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
    "intermediate.dense", "output.dense",
)  # fmt: skip
_NORMS = ("attention.output.LayerNorm", "output.LayerNorm")
_NORMALIZER = {
    "do_lower_case": "lowercase", "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "handle_chinese_chars",
}  # fmt: skip
"""Attributes of the normaliser of BERT by their settings in `tokenizer_config.json`."""
_MASKED = float(np.finfo(np.float32).min)


def is_supported(folder: Path, config: SentenceConfig) -> bool:
    """Whether the model in a folder can be run here, by its family, pooling and files, without loading it."""
    settings = read_json(folder / "config.json")
    return (
        settings.get("model_type") in FAMILIES
        and settings.get("hidden_act") == "gelu"
        and settings.get("position_embedding_type", "absolute") == "absolute"
        and not settings.get("is_decoder")
        and config.pooling[1:] == ()
        and config.pooling[0] in POOLING
        and not config.dense
        and (folder / "tokenizer.json").is_file()
        and (folder / "model.safetensors").is_file()
        and find_spec("tokenizers") is not None
        and _dtypes(folder / "model.safetensors") <= {"F32", "F16"}
    )


def _dtypes(path: Path) -> set[str]:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return {str(file.get_slice(name).get_dtype()) for name in file.keys()} - {"I64"}  # noqa: SIM118


class OnnxSentenceEmbedder:
    """A `TextEmbedder` over one encoder in onnxruntime.

    Args:
        found: the model's files, of which `is_supported` is true.
        name: by which it was requested.
        config: of the model.
        batch_size: texts a run.

    Raises:
        ValueError: the files do not hold exactly the weights of the model.
    """

    device = "cpu"

    def __init__(self, found: Checkpoint, name: str, config: SentenceConfig, batch_size: int = 32) -> None:
        settings = read_json(found.folder / "config.json")
        self._padding_id = int(settings.get("pad_token_id") or 0)
        self._first_position = 0 if settings["model_type"] == "bert" else self._padding_id + 1
        positions = int(settings["max_position_embeddings"]) - self._first_position
        self.max_tokens = min(config.max_tokens or DEFAULT_MAX_TOKENS, MAX_TOKENS, positions)
        width = int(settings["hidden_size"])
        self.tag = ModelTag(name, config.revision(found.revision, self.max_tokens), width)
        self.batch_size = batch_size
        self._config = config
        self._tokenizer = _tokenizer(found.folder, self.max_tokens)
        weights = _weights(found.folder / "model.safetensors", settings)
        self._weights = weights  # onnxruntime reads these arrays without a copy
        self._session = _session(_graph(settings, weights), weights)

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) float32 rows of length 1 for N stored texts; tokens past `max_tokens` are cut off.

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
        vectors = np.empty((len(texts), self.tag.width), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for batch in batches(order, self.batch_size):
            rows = self._features([prompt + texts[row] for row in batch])
            lengths = np.linalg.norm(rows, axis=1, keepdims=True)
            if not ((lengths > 0) & np.isfinite(lengths)).all():
                raise ModelError(f"{self.tag} gave a vector of no direction; its weights are damaged")
            vectors[batch] = rows / lengths
        return vectors

    def _features(self, texts: list[str]) -> NDArray[np.float32]:
        texts = [text.lower() for text in texts] if self._config.lower_case else texts
        found = [one.ids for one in self._tokenizer.encode_batch(texts)]
        ids = np.full((len(found), max(map(len, found))), self._padding_id, dtype=np.int64)
        mask = np.zeros(ids.shape, dtype=np.float32)
        for row, tokens in enumerate(found):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1.0
        positions = self._first_position + np.arange(ids.shape[1], dtype=np.int64)[None].repeat(len(ids), 0)
        if self._first_position:
            positions = np.where(mask > 0, positions, self._padding_id)
        bias = ((1.0 - mask) * _MASKED)[:, None, None, :].astype(np.float32)
        (states,) = self._session.run(None, {"ids": ids, "positions": positions, "bias": bias})
        if self._config.pooling == ("cls",):
            return np.asarray(states[:, 0], dtype=np.float32)
        return np.asarray((states * mask[..., None]).sum(1) / mask.sum(1)[:, None], dtype=np.float32)


def _tokenizer(folder: Path, max_tokens: int) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    settings = read_json(folder / "tokenizer_config.json")
    if tokenizer.normalizer is not None and hasattr(tokenizer.normalizer, "handle_chinese_chars"):
        for key, name in _NORMALIZER.items():  # transformers lets tokenizer_config.json decide
            if key in settings:
                setattr(tokenizer.normalizer, name, settings[key])
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _weights(path: Path, settings: Mapping[str, Any]) -> dict[str, NDArray[np.float32]]:
    """The weights by the names of the graph, matrices transposed.

    Raises:
        ValueError: the file lacks some, holds others, or holds one in another shape.
    """
    from safetensors.numpy import load_file

    tensors = load_file(path)
    prefix = next((name.partition("embeddings.")[0] for name in tensors if "embeddings.word" in name), "")
    tensors = {name.removeprefix(prefix): value for name, value in tensors.items()}
    shapes = _shapes(settings)
    skipped = (*UNUSED, *HEADS, "embeddings.position_ids", "embeddings.token_type_ids")
    refuse_other_weights(
        shapes.keys() - tensors.keys(),
        [name for name in tensors if name not in shapes and not name.startswith(skipped)],
        [
            (name, tensors[name].shape, shape)
            for name, shape in shapes.items()
            if name in tensors and tensors[name].shape != shape
        ],
    )
    weights = {}
    for name in shapes:
        value = np.asarray(tensors[name], dtype=np.float32)
        is_linear = name.endswith(tuple(f"{module}.weight" for module in _LINEAR))
        weights[_short(name)] = np.ascontiguousarray(value.T if is_linear else value)
    weights["token_type"] = np.ascontiguousarray(weights["token_type"][0])
    return weights


def _shapes(settings: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of every weight by its name in the file."""
    width, inner = int(settings["hidden_size"]), int(settings["intermediate_size"])
    rows = {"word": "vocab_size", "position": "max_position_embeddings", "token_type": "type_vocab_size"}
    shapes: dict[str, tuple[int, ...]] = {
        f"embeddings.{kind}_embeddings.weight": (int(settings[key]), width) for kind, key in rows.items()
    }
    shapes |= {f"embeddings.LayerNorm.{part}": (width,) for part in ("weight", "bias")}
    for i in range(settings["num_hidden_layers"]):
        for module in _LINEAR:
            outputs = inner if module == "intermediate.dense" else width
            inputs = inner if module == "output.dense" else width
            shapes[f"encoder.layer.{i}.{module}.weight"] = (outputs, inputs)
            shapes[f"encoder.layer.{i}.{module}.bias"] = (outputs,)
        for module in _NORMS:
            shapes |= {f"encoder.layer.{i}.{module}.{part}": (width,) for part in ("weight", "bias")}
    return shapes


def _short(name: str) -> str:
    """The name of a weight in the graph."""
    if name.startswith("embeddings.LayerNorm"):
        return name.replace("embeddings.LayerNorm", "norm")
    if name.startswith("embeddings."):
        return name.removeprefix("embeddings.").removesuffix("_embeddings.weight")
    return name.removeprefix("encoder.layer.")


def _session(model: bytes, weights: Mapping[str, NDArray[np.float32]]) -> Any:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    values = [ort.OrtValue.ortvalue_from_numpy(value) for value in weights.values()]
    options.add_external_initializers(list(weights), values)
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _graph(settings: Mapping[str, Any], weights: Mapping[str, NDArray[np.float32]]) -> bytes:
    """BERT (Devlin et al., 2019, arXiv:1810.04805): post-norm layers with absolute positions and exact GELU.

    Args:
        settings: `config.json` of transformers.
        weights: of `_weights`.
    """
    graph = OnnxGraph()
    width, num_heads = int(settings["hidden_size"]), int(settings["num_attention_heads"])
    epsilon = float(settings.get("layer_norm_eps", 1e-12))
    for name, value in weights.items():
        graph.weight(name, value.shape)
    ids, positions = graph.input("ids", INT64, 2), graph.input("positions", INT64, 2)
    bias = graph.input("bias", FLOAT, 4)
    split = graph.constant("split", [0, 0, num_heads, width // num_heads])
    joined = graph.constant("joined", [0, 0, width])
    scale = graph.constant("scale", (width // num_heads) ** -0.5)
    half, one = graph.constant("half", 0.5), graph.constant("one", 1.0)
    root = graph.constant("root", 0.5**0.5)
    node = graph.node

    def linear(x: str, module: str) -> str:
        product = node("MatMul", [x, f"{module}.weight"], f"{module}.product")
        return node("Add", [product, f"{module}.bias"], f"{module}.out")

    def norm(x: str, module: str) -> str:
        inputs = [x, f"{module}.weight", f"{module}.bias"]
        return node("LayerNormalization", inputs, f"{module}.out", axis=-1, epsilon=epsilon)

    def heads(x: str, order: list[int]) -> str:
        apart = node("Reshape", [x, split], f"{x}.apart")
        return node("Transpose", [apart], f"{x}.heads", perm=order)

    words = node("Gather", ["word", ids], "words")
    positioned = node("Add", [words, node("Gather", ["position", positions], "places")], "placed")
    x = norm(node("Add", [positioned, "token_type"], "typed"), "norm")
    for i in range(settings["num_hidden_layers"]):
        at = f"{i}.attention"
        query = heads(linear(x, f"{at}.self.query"), [0, 2, 1, 3])
        key = heads(linear(x, f"{at}.self.key"), [0, 2, 3, 1])
        values = heads(linear(x, f"{at}.self.value"), [0, 2, 1, 3])
        scores = node("Mul", [node("MatMul", [query, key], f"{at}.dots"), scale], f"{at}.scaled")
        shares = node("Softmax", [node("Add", [scores, bias], f"{at}.biased")], f"{at}.shares", axis=-1)
        mixed = node("MatMul", [shares, values], f"{at}.mixed")
        together = node("Transpose", [mixed], f"{at}.together", perm=[0, 2, 1, 3])
        attended = linear(node("Reshape", [together, joined], f"{at}.joined"), f"{at}.output.dense")
        x = norm(node("Add", [attended, x], f"{at}.sum"), f"{at}.output.LayerNorm")
        up = linear(x, f"{i}.intermediate.dense")
        erf = node("Erf", [node("Mul", [up, root], f"{i}.rooted")], f"{i}.erf")
        gate = node("Mul", [node("Add", [erf, one], f"{i}.plus"), half], f"{i}.gate")
        down = linear(node("Mul", [up, gate], f"{i}.gelu"), f"{i}.output.dense")
        x = norm(node("Add", [down, x], f"{i}.sum"), f"{i}.output.LayerNorm")
    graph.output(x, 3)
    return graph.model()
