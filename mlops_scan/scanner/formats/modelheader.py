"""What a model file's header tells: format, parameter count, dtype, imports of a pickle. Bounded, never executed."""

from __future__ import annotations

import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import ggufheader, onnxheader, pickleops

_LFS = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:[0-9a-f]{64}\nsize (\d{1,18})\n"
)
_HDF5 = b"\x89HDF\r\n\x1a\n"
_MAGIC = (
    ("tflite", re.compile(rb".{4}TFL3", re.DOTALL)),
    ("executorch", re.compile(rb".{4}ET\d\d", re.DOTALL)),
    ("xgboost", re.compile(rb"binf|bs64|\{L[\s\S]{0,40}learner|\s*\{\s*\"learner\"")),
    ("catboost", re.compile(rb"CBM1")),
    ("lightgbm", re.compile(rb"tree\r?\nversion=v\d")),
)
_UNPACKED = 16 * 2**20  # of a compressed pickle
_ENTRIES = 200_000
_METADATA = 20  # keys kept of free metadata


@dataclass(frozen=True, slots=True)
class Header:
    """What the header says; `format` is '' when no known format begins here."""

    format: str = ""
    parameters: int = 0
    dtype: str = ""
    globals: tuple[str, ...] = ()  # all names a pickle imports
    suspicious: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    bytes: int = 0
    lfs: bool = False
    problem: str = ""


def read(path: Path, size: int, suffix: str) -> Header:
    """Read the header of the file at `path`. Damage becomes `problem`; only OSError is raised."""
    with path.open("rb") as file:
        head = file.read(512)
        if pointer := _LFS.match(head):
            return Header("git-lfs-pointer", bytes=int(pointer[1]), lfs=True)
        reader = _reader(head, suffix)
        if reader is None:
            return Header(bytes=size)
        name, function = reader
        file.seek(0)
        try:
            return function(file, size)
        except (ValueError, KeyError, TypeError, AttributeError, struct.error, RecursionError, zlib.error) as error:
            return Header(name, bytes=size, problem=f"header not readable: {str(error)[:80]}")
        except (EOFError, MemoryError, OverflowError, NotImplementedError, zipfile.BadZipFile, RuntimeError) as error:
            return Header(name, bytes=size, problem=f"header not readable: {str(error)[:80]}")


_Reader = Callable[[BinaryIO, int], Header]


def _reader(head: bytes, suffix: str) -> tuple[str, _Reader] | None:
    """The format that the first bytes (and for formats without magic the suffix) announce."""
    if head.startswith(b"GGUF"):
        return "gguf", _gguf
    if head.startswith(b"PK\x03\x04"):
        return "zip", _zip
    if head.startswith(_HDF5):
        return "hdf5", _hdf5
    if len(head) > 9 and head[8:9] == b"{" and (suffix == "safetensors" or head[7] == 0):
        return "safetensors", _safetensors
    if len(head) > 2 and head[0] == 0x80 and head[1] <= 5:
        return "pickle", _pickle
    if suffix in ("pkl", "pickle", "joblib"):
        return suffix_format(suffix), _old_pickle if head[:1] in b"(]}c\x80" else _packed_pickle
    for name, magic in _MAGIC:
        if magic.match(head):
            return name, _plain(name)
    return ("onnx", _onnx) if suffix == "onnx" or head[:2] == b"\x08\x07" else None


def suffix_format(suffix: str) -> str:
    """The format's name for a pickle by its suffix."""
    return "joblib" if suffix == "joblib" else "pickle"


def _plain(name: str) -> _Reader:
    return lambda file, size: Header(name, bytes=size)


def _most(dtypes: Counter[str]) -> str:
    return min(dtypes, key=lambda name: (-dtypes[name], name)) if dtypes else ""


def _safetensors(file: BinaryIO, size: int) -> Header:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > min(bounds.MODEL_HEADER_BYTES, size):
        raise ValueError("the header is longer than allowed")
    tensors = json.loads(file.read(length))
    metadata = tensors.pop("__metadata__", None)
    dtypes: Counter[str] = Counter()
    for tensor in tensors.values():
        shape = tensor["shape"]
        if not all(isinstance(dim, int) and 0 <= dim < 1 << 48 for dim in shape) or len(shape) > 64:
            raise ValueError("a shape that is none")
        dtypes[str(tensor["dtype"])] += prod(shape)
    kept = {str(key): str(value)[:200] for key, value in sorted((metadata or {}).items())[:_METADATA]}
    return Header("safetensors", sum(dtypes.values()), _most(dtypes), metadata=kept, bytes=size)


def _gguf(file: BinaryIO, size: int) -> Header:
    found = ggufheader.read(file)
    return Header("gguf", found.parameters, _most(found.dtypes), metadata=found.metadata, bytes=size)


def _onnx(file: BinaryIO, size: int) -> Header:
    graph = onnxheader.read(file, size)
    return Header("onnx", graph.parameters, _most(graph.dtypes), metadata=graph.metadata, bytes=size)


def _hdf5(file: BinaryIO, size: int) -> Header:
    """HDF5 holds data as well as models: Keras writes its attribute names near the beginning."""
    keras = any(word in file.read(256 * 1024) for word in (b"model_weights", b"keras_version", b"layer_names"))
    return Header("keras-hdf5" if keras else "hdf5", bytes=size)


def _zip(file: BinaryIO, size: int) -> Header:
    _check_directory(file, size)
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        if len(names) > _ENTRIES:
            raise ValueError(f"more than {_ENTRIES} entries")
        if pickled := next((name for name in names if name.endswith("data.pkl")), ""):
            with archive.open(pickled) as inner:
                stream = io.BytesIO(inner.read(bounds.MODEL_HEADER_BYTES))
            script = any("/code/" in name for name in names)
            return _from_pickle(pickleops.read(stream), "torchscript" if script else "pytorch", size)
        if "config.json" in names and "metadata.json" in names:
            with archive.open("metadata.json") as inner:
                told = json.loads(inner.read(100_000))
            kept = {str(key): str(value)[:200] for key, value in sorted(told.items())[:_METADATA]}
            return Header("keras", metadata=kept, bytes=size)
        if any(name.startswith("MAR-INF/") for name in names):
            return Header("torch-archive", bytes=size)
        return Header("npz" if all(name.endswith(".npy") for name in names) else "", bytes=size)


def _check_directory(file: BinaryIO, size: int) -> None:
    """Refuse a zip whose directory is larger than allowed before it is read into memory."""
    file.seek(max(size - 65_600, 0))
    tail = file.read(65_600)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < 22:
        raise ValueError("no zip directory")
    (length,) = struct.unpack("<I", tail[at + 12 : at + 16])
    if length != 0xFFFFFFFF and length > bounds.MODEL_HEADER_BYTES:
        raise ValueError("the zip directory is longer than allowed")
    file.seek(0)


def _pickle(file: BinaryIO, size: int) -> Header:
    """A bare pickle; the older PyTorch layout is several in a row, the first a number."""
    legacy = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." in file.read(64)
    file.seek(0)
    found = pickleops.read(file, streams=4 if legacy else 1)
    return _from_pickle(found, "pytorch" if legacy else "pickle", size)


def _old_pickle(file: BinaryIO, size: int) -> Header:
    return _from_pickle(pickleops.read(file), "pickle", size)


def _packed_pickle(file: BinaryIO, size: int) -> Header:
    """joblib compresses with zlib or gzip; other compressions are named but not opened."""
    head = file.read(2)
    file.seek(0)
    if head[:1] == b"\x78":
        data = zlib.decompressobj().decompress(file.read(bounds.FILE_BYTES), _UNPACKED)
    elif head == b"\x1f\x8b":
        with gzip.open(file) as packed:
            data = packed.read(_UNPACKED)
    else:
        known = head in (b"BZ", b"\xfd7", b"\x5d\x00", b"\x04\x22")
        return Header("joblib" if known else "", bytes=size)
    return _from_pickle(pickleops.read(io.BytesIO(data)), "joblib", size)


def _from_pickle(found: pickleops.PickleFacts, name: str, size: int) -> Header:
    return Header(
        name,
        found.parameters,
        _most(found.dtypes),
        tuple(found.globals),
        tuple(found.suspicious),
        bytes=size,
        problem="" if not found.problem or found.globals else found.problem,
    )
