"""The weights of a Whisper model of CTranslate2 (`model.bin`), checked by name and shape before it is loaded.

CTranslate2 takes a bias that is missing as none, a decoder that ends early as a shorter one, and does not
look for what it has no use for, so a damaged file gives other text without an error. Its format (OpenNMT,
`python/ctranslate2/specs/model_spec.py`, `ModelSpec._serialize`): version, name and revision of the model,
then each variable with its name, shape, type and bytes, then aliases.
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from playhead_index.embed.check_weights import compare_weights

NEEDED = ("config.json", "model.bin", "tokenizer.json")
VERSIONS = (5, 6)
"""Of the format, in which variables are written so; files of others are not checked."""
SPEC = "WhisperSpec"
OWN_OUTPUT = "decoder/projection/weight"
"""The output weights, where they are not those of the token embeddings, as in some fine-tuned models."""
ENCODER_LAYERS = {384: 4, 512: 6, 768: 12, 1024: 24, 1280: 32}
"""By width; distilled and turbo models keep the whole encoder (Radford et al., 2022, arXiv:2212.04356)."""
_NORM = ("layer_norm/beta", "layer_norm/gamma")
_LINEAR = ("bias", "weight")
_SELF = (*_NORM, *(f"linear_{i}/{part}" for i in range(2) for part in _LINEAR))
_CROSS = (*_NORM, *(f"linear_{i}/{part}" for i in range(3) for part in _LINEAR))
LAYER = {
    "encoder": (*(f"self_attention/{name}" for name in _SELF), *(f"ffn/{name}" for name in _SELF)),
    "decoder": (
        *(f"self_attention/{name}" for name in _SELF),
        *(f"attention/{name}" for name in _CROSS),
        *(f"ffn/{name}" for name in _SELF),
    ),
}
AROUND = (
    *(f"encoder/conv{i}/{part}" for i in (1, 2) for part in _LINEAR),
    *(f"{part}/{name}" for part in LAYER for name in _NORM),
    "encoder/position_encodings/encodings",
    "decoder/position_encodings/encodings",
    "decoder/embeddings/weight",
)
_SCALES = ("_scale", "_zero")
"""Ends of the names that quantised weights have beside them."""


def check_whisper(folder: Path) -> None:
    """Nothing, when a folder holds a whole Whisper model and nothing else in its weights.

    Raises:
        ValueError: a file is missing or cut off, or the weights are not those of a Whisper model of this
            size; it names them.
        OSError: a file cannot be read.
    """
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise ValueError(f"{', '.join(missing)} is missing in {folder}")
    held = read_shapes(folder / "model.bin")
    if held is None:
        return
    weights = {name: shape for name, shape in held.items() if shape and not name.endswith(_SCALES)}
    weights = {name: shape for name, shape in weights.items() if not name.startswith("decoder/alignment_")}
    compare_weights(weights, _expected(weights, _aligned_layers(folder / "config.json")))


def read_shapes(path: Path) -> dict[str, tuple[int, ...]] | None:
    """The variables of a CTranslate2 file by their names, with shapes; None for a format that is not known.

    Raises:
        ValueError: the file is cut off, or goes on behind its end.
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            if _number(file, "I") not in VERSIONS or _text(file) != SPEC:
                return None
            _number(file, "I")
            shapes = {}
            for _ in range(_number(file, "I")):
                name = _text(file)
                shapes[name] = tuple(_number(file, "I") for _ in range(_number(file, "B")))
                _number(file, "B")
                file.seek(_number(file, "I"), 1)
            for _ in range(2 * _number(file, "I")):
                _text(file)
            if file.tell() != size:
                raise ValueError(f"{path.name} has {size} bytes, expected {file.tell()}")
    except struct.error as error:
        raise ValueError(f"{path.name} is cut off at {size} bytes") from error
    return shapes


def _number(file: BinaryIO, kind: str) -> int:
    value: int = struct.unpack(f"<{kind}", file.read(struct.calcsize(kind)))[0]
    return value


def _text(file: BinaryIO) -> str:
    length = _number(file, "H")
    text = file.read(length)
    if len(text) != length:
        raise struct.error("no more bytes")
    return text.rstrip(b"\0").decode("utf-8", "replace")


def _aligned_layers(config: Path) -> int:
    """Layers that the decoder has at least: words are aligned by heads of them."""
    heads = json.loads(config.read_text("utf-8")).get("alignment_heads") or []
    return 1 + max((int(layer) for layer, _ in heads), default=-1)


def _expected(held: Mapping[str, tuple[int, ...]], decoder_layers: int) -> dict[str, tuple[int, ...]]:
    """Every weight that a Whisper model of this width has, with its shape."""
    tokens, width = (*held.get("decoder/embeddings/weight", ()), 0, 0)[:2]
    mels = (*held.get("encoder/conv1/weight", ()), 0, 0)[1]
    layers = {
        "encoder": ENCODER_LAYERS.get(width) or _layers(held, "encoder"),
        "decoder": max(decoder_layers, _layers(held, "decoder")),
    }
    shapes = {
        "decoder/embeddings/weight": (tokens, width),
        "encoder/conv1/weight": (width, mels, 3),
        "encoder/conv2/weight": (width, width, 3),
        **{f"{part}/position_encodings/encodings": (_positions(held, part), width) for part in LAYER},
    }
    expected = {name: shapes.get(name, (width,)) for name in AROUND}
    if OWN_OUTPUT in held:
        expected[OWN_OUTPUT] = (tokens, width)
    for part, names in LAYER.items():
        for i in range(layers[part]):
            expected |= {f"{part}/layer_{i}/{name}": _shape(name, width) for name in names}
    return expected


def _shape(name: str, width: int) -> tuple[int, ...]:
    """The shape of a weight of a layer: queries, keys and values stand in one matrix."""
    block, linear, *_ = name.split("/")
    rows = {
        ("self_attention", "linear_0"): 3 * width,
        ("attention", "linear_1"): 2 * width,
        ("ffn", "linear_0"): 4 * width,
    }.get((block, linear), width)
    columns = 4 * width if (block, linear) == ("ffn", "linear_1") else width
    return (rows, columns) if name.endswith("weight") else (rows,)


def _positions(held: Mapping[str, tuple[int, ...]], part: str) -> int:
    return (*held.get(f"{part}/position_encodings/encodings", ()), 0)[0]


def _layers(held: Mapping[str, tuple[int, ...]], part: str) -> int:
    """Layers of which a file holds anything, gaps counted."""
    numbers = [
        name.split("/")[1].removeprefix("layer_") for name in held if name.startswith(f"{part}/layer_")
    ]
    return 1 + max((int(number) for number in numbers if number.isdecimal()), default=-1)
