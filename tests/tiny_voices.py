"""Tiny speaker encoders with random weights, in the file formats of the real ones, and made voices."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000


def make_tiny_ge2e(path: Path, seed: int = 0) -> Path:
    """A GE2E checkpoint with random weights, with the keys of the published file."""
    import torch

    from playhead_index.embed.voice_encoder import ge2e_network

    torch.manual_seed(seed)
    state = ge2e_network().state_dict()
    state |= {"similarity_weight": torch.ones(1), "similarity_bias": torch.zeros(1)}
    torch.save({"step": 1, "model_state": state}, path)
    return path


def make_tiny_wespeaker(path: Path, width: int = 16, seed: int = 0) -> Path:
    """An ONNX model (batch, frames, 80) -> (batch, width): the mean square of each channel, projected."""
    weights = np.random.default_rng(seed).standard_normal((80, width)).astype(np.float32)
    tensor = _ints(1, 80) + _ints(1, width) + _ints(2, 1) + _text(8, "w") + _bytes(9, weights.tobytes())
    axes = _text(1, "axes") + _ints(8, 1) + _ints(20, 7)
    keepdims = _text(1, "keepdims") + _ints(3, 0) + _ints(20, 2)
    graph = (
        _bytes(1, _node("Mul", ["feats", "feats"], "squares"))
        + _bytes(1, _node("ReduceMean", ["squares"], "means") + _bytes(5, axes) + _bytes(5, keepdims))
        + _bytes(1, _node("MatMul", ["means", "w"], "embs"))
        + _text(2, "tiny")
        + _bytes(5, tensor)
        + _bytes(11, _value("feats", ("batch", "frames", 80)))
        + _bytes(12, _value("embs", ("batch", width)))
    )
    path.write_bytes(_ints(1, 8) + _bytes(7, graph) + _bytes(8, _ints(2, 13)))
    return path


def made_voice(pitch_hz: float, duration_s: float, seed: int = 0) -> NDArray[np.float32]:
    """(n,) float32: a buzz of harmonics of a pitch that swells and fades four times a second."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    harmonics = range(1, int(4000 / pitch_hz))
    buzz = sum(np.sin(2 * np.pi * number * pitch_hz * time_s) / number for number in harmonics)
    noise = np.random.default_rng(seed).standard_normal(len(time_s))
    swell = 0.6 - 0.4 * np.cos(2 * np.pi * 4 * time_s)
    return (0.1 * swell * (np.asarray(buzz) + 0.05 * noise)).astype(np.float32)


def _node(operator: str, inputs: list[str], output: str) -> bytes:
    return b"".join(_text(1, name) for name in inputs) + _text(2, output) + _text(4, operator)


def _value(name: str, shape: tuple[str | int, ...]) -> bytes:
    sizes = (_text(2, size) if isinstance(size, str) else _ints(1, size) for size in shape)
    dimensions = b"".join(_bytes(1, size) for size in sizes)
    return _text(1, name) + _bytes(2, _bytes(1, _ints(1, 1) + _bytes(2, dimensions)))


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _ints(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _bytes(field, text.encode())
