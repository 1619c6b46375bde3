"""GGUF headers (ggml/docs/gguf.md): metadata, and the tensors' sizes and quantisation; token lists are skipped."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field
from math import prod
from typing import Any, BinaryIO

_PAIRS = 100_000
_TENSORS = 1_000_000
_STRING = 1 << 24
_ITEMS = 1 << 22  # of one list
_DEPTH = 4  # lists of lists
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_TYPES = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    6: "Q5_0",
    7: "Q5_1",
    8: "Q8_0",
    9: "Q8_1",
    10: "Q2_K",
    11: "Q3_K",
    12: "Q4_K",
    13: "Q5_K",
    14: "Q6_K",
    15: "Q8_K",
    16: "IQ2_XXS",
    17: "IQ2_XS",
    18: "IQ3_XXS",
    19: "IQ1_S",
    20: "IQ4_NL",
    21: "IQ3_S",
    22: "IQ2_S",
    23: "IQ4_XS",
    24: "I8",
    25: "I16",
    26: "I32",
    27: "I64",
    28: "F64",
    29: "IQ1_M",
    30: "BF16",
    34: "TQ1_0",
    35: "TQ2_0",
    39: "MXFP4",
}
_KEPT = ("general.", ".context_length", ".block_count", ".embedding_length", ".expert_count")


@dataclass(slots=True)
class Gguf:
    """Parameter count, how many parameters have which type, and the metadata that describes the model."""

    parameters: int = 0
    dtypes: Counter[str] = field(default_factory=Counter)
    metadata: dict[str, Any] = field(default_factory=dict)


def read(file: BinaryIO) -> Gguf:
    """Read from the beginning of the file. Raises ValueError or struct.error."""
    _, version, tensors, pairs = struct.unpack("<4sIQQ", file.read(24))
    if version < 2 or pairs > _PAIRS or tensors > _TENSORS:
        raise ValueError("version or counts out of range")
    found = Gguf()
    for _ in range(pairs):
        key = _string(file)
        value = _value(file, _number(file, "<I"), 0)
        if value is not None and (key.startswith(_KEPT[0]) or key.endswith(_KEPT[1:])) and len(found.metadata) < 40:
            found.metadata[key] = value[:200] if isinstance(value, str) else value
    for _ in range(tensors):
        _string(file)
        rank = _number(file, "<I")
        if rank > 8:
            raise ValueError("a tensor of too many dimensions")
        size = prod(struct.unpack(f"<{rank}Q", file.read(8 * rank)))
        kind, _ = struct.unpack("<IQ", file.read(12))
        found.parameters += size
        found.dtypes[_TYPES.get(kind, str(kind))] += size
    return found


def _number(file: BinaryIO, layout: str) -> Any:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))[0]


def _string(file: BinaryIO) -> str:
    length = _number(file, "<Q")
    if length > _STRING:
        raise ValueError("a string longer than allowed")
    return bytes(file.read(length)).decode("utf-8", "replace")


def _value(file: BinaryIO, kind: int, depth: int) -> Any:
    """A scalar or string; a list is skipped and gives None."""
    if kind == 8:
        return _string(file)
    if kind != 9:
        if kind not in _SCALARS:
            raise ValueError(f"no value type {kind}")
        return _number(file, _SCALARS[kind])
    inner, count = struct.unpack("<IQ", file.read(12))
    if count > _ITEMS or depth > _DEPTH:
        raise ValueError("a list longer than allowed")
    if inner in _SCALARS:
        file.seek(struct.calcsize(_SCALARS[inner]) * count, 1)
        return None
    for _ in range(count):
        if inner == 8:
            file.seek(_number(file, "<Q"), 1)
        else:
            _value(file, inner, depth + 1)
    return None
