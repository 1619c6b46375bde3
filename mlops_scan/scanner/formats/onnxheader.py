"""ONNX graphs: a partial protobuf reader that seeks over the weights (onnx.proto3, ModelProto and TensorProto)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from typing import Any, BinaryIO

FIELDS = 2_000_000  # protobuf fields read before a file is given up
_TYPES = {  # TensorProto.DataType
    1: "F32",
    2: "U8",
    3: "I8",
    4: "U16",
    5: "I16",
    6: "I32",
    7: "I64",
    8: "STRING",
    9: "BOOL",
    10: "F16",
    11: "F64",
    12: "U32",
    13: "U64",
    16: "BF16",
    17: "F8_E4M3",
    19: "F8_E5M2",
    21: "U4",
    22: "I4",
    23: "F4_E2M1",
}


@dataclass(slots=True)
class OnnxGraph:
    """Nodes, weights and where the model comes from."""

    nodes: int = 0
    parameters: int = 0
    dtypes: Counter[str] = field(default_factory=Counter)
    metadata: dict[str, Any] = field(default_factory=dict)


def read(file: BinaryIO, size: int) -> OnnxGraph:
    """The graph of a ModelProto. Raises ValueError when the file is none."""
    reader = _Reader(file)
    found = OnnxGraph()
    has_graph = False
    for number, value, length in reader.fields(0, size):
        if number == 2 and length:
            found.metadata["producer"] = reader.text(value, length)
        elif number == 8:
            versions = [inner for key, inner, _ in reader.fields(value, value + length) if key == 2]
            found.metadata.setdefault("opset", versions[0] if versions else 0)
        elif number == 7:
            has_graph = True
            _graph(reader, found, value, value + length)
    if not has_graph:
        raise ValueError("no graph")
    return found


def _graph(reader: _Reader, found: OnnxGraph, start: int, end: int) -> None:
    external = 0
    for number, value, length in reader.fields(start, end):
        if number == 1:
            found.nodes += 1
        elif number == 5:
            external += _tensor(reader, found, value, value + length)
    found.metadata["nodes"] = found.nodes
    if external:
        found.metadata["external_tensors"] = external


def _tensor(reader: _Reader, found: OnnxGraph, start: int, end: int) -> bool:
    """Count one initializer; True when its data lies in another file."""
    dims: list[int] = []
    kind, external = 0, False
    for number, value, length in reader.fields(start, end):
        if number == 1:
            dims += reader.varints(value, length) if length else [value]
        elif number == 2:
            kind = value
        elif number == 14 and not length:
            external = value == 1
    if len(dims) > 64:
        raise ValueError("a tensor of too many dimensions")
    count = prod(dims)
    found.parameters += count
    found.dtypes[_TYPES.get(kind, str(kind))] += count
    return external


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.left = FIELDS

    def fields(self, position: int, end: int) -> Iterator[tuple[int, int, int]]:
        """(field number, value or start of the bytes, length of the bytes) of the message between two offsets."""
        while position < end:
            self.left -= 1
            if self.left < 0:
                raise ValueError(f"more than {FIELDS} fields")
            self.file.seek(position)
            head = self.file.read(24)
            key, used = _varint(head, 0)
            wire = key & 7
            if wire == 0:
                value, used = _varint(head, used)
                yield key >> 3, value, 0
            elif wire == 2:
                length, used = _varint(head, used)
                if position + used + length > end:
                    raise ValueError("a field longer than its message")
                yield key >> 3, position + used, length
                used += length
            elif wire in (1, 5):
                used += 8 if wire == 1 else 4
            else:
                raise ValueError(f"wire type {wire}")
            position += used

    def text(self, start: int, length: int) -> str:
        self.file.seek(start)
        return self.file.read(min(length, 200)).decode("utf-8", "replace")

    def varints(self, start: int, length: int) -> list[int]:
        if length > 1000:
            raise ValueError("a tensor of too many dimensions")
        self.file.seek(start)
        data, used, found = self.file.read(length), 0, []
        while used < length:
            value, used = _varint(data, used)
            found.append(value)
        return found


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 64:
        if position >= len(data):
            raise ValueError("cut off")
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7
    raise ValueError("a number of more than 64 bits")
