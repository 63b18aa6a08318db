"""ONNX graphs written as protobuf bytes, so that onnxruntime runs a model straight from its safetensors file.

No export and no torch: the graph names its weights as external data, and onnxruntime is given them as arrays.
The field numbers are those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
"""

import struct
from collections.abc import Mapping, Sequence

IR_VERSION, OPSET = 8, 17
FLOAT, INT64 = 1, 7
"""Element types of `TensorProto`."""
Attribute = int | float | Sequence[int]


class OnnxGraph:
    """A graph that nodes are added to; every tensor is known by its name."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._weights: list[bytes] = []
        self._inputs: list[bytes] = []
        self._outputs: list[bytes] = []

    def input(self, name: str, element_type: int, num_axes: int) -> str:
        """Declares an input with axes of any length."""
        self._inputs.append(_value(name, element_type, num_axes))
        return name

    def output(self, name: str, num_axes: int) -> None:
        """Declares a float output."""
        self._outputs.append(_value(name, FLOAT, num_axes))

    def weight(self, name: str, shape: Sequence[int]) -> str:
        """Declares a float weight that is handed to the session by `add_external_initializers`."""
        place = _bytes(13, _bytes(1, b"location") + _bytes(2, b"weights"))
        dims = b"".join(_int(1, size) for size in shape)
        self._weights.append(dims + _int(2, FLOAT) + _bytes(8, name.encode()) + place + _int(14, 1))
        return name

    def constant(self, name: str, values: Sequence[int] | float) -> str:
        """A tensor of integers, or a float of no axis."""
        if isinstance(values, float):
            tensor = _int(2, FLOAT) + _bytes(9, struct.pack("<f", values))
        else:
            tensor = (
                _int(1, len(values)) + _int(2, INT64) + _bytes(9, struct.pack(f"<{len(values)}q", *values))
            )
        self._weights.append(tensor + _bytes(8, name.encode()))
        return name

    def node(self, operator: str, inputs: Sequence[str], output: str, **attributes: Attribute) -> str:
        """Adds one operation with one output."""
        names = b"".join(_bytes(1, name.encode()) for name in inputs) + _bytes(2, output.encode())
        fields = b"".join(_bytes(5, _attribute(name, value)) for name, value in attributes.items())
        self._nodes.append(names + _bytes(3, output.encode()) + _bytes(4, operator.encode()) + fields)
        return output

    def model(self) -> bytes:
        """The serialized `ModelProto`."""
        parts: Mapping[int, list[bytes]] = {
            1: self._nodes, 5: self._weights, 11: self._inputs, 12: self._outputs,
        }  # fmt: skip
        graph = _bytes(2, b"graph") + b"".join(_bytes(field, one) for field in parts for one in parts[field])
        return _int(1, IR_VERSION) + _bytes(7, graph) + _bytes(8, _bytes(1, b"") + _int(2, OPSET))


def _value(name: str, element_type: int, num_axes: int) -> bytes:
    dims = b"".join(_bytes(1, _bytes(2, f"{name}_{axis}".encode())) for axis in range(num_axes))
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _int(1, element_type) + _bytes(2, dims)))


def _attribute(name: str, value: Attribute) -> bytes:
    head = _bytes(1, name.encode())
    if isinstance(value, int):
        return head + _int(3, value) + _int(20, 2)
    if isinstance(value, float):
        return head + _varint(2 << 3 | 5) + struct.pack("<f", value) + _int(20, 1)
    return head + b"".join(_int(8, one) for one in value) + _int(20, 7)


def _int(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative integers take ten bytes
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
