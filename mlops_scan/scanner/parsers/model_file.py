"""Model files: serialized weights and estimators by their header, never by suffix alone, and never loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

if TYPE_CHECKING:
    from mlops_scan.scanner.formats.modelheader import Header

# suffix -> format when the header has no magic of its own; '' where the suffix alone says nothing
_SUFFIXES = {
    "safetensors": "safetensors",
    "gguf": "gguf",
    "onnx": "onnx",
    "tflite": "tflite",
    "pte": "executorch",
    "pt": "pytorch",
    "pth": "pytorch",
    "ckpt": "checkpoint",
    "keras": "keras",
    "h5": "hdf5",
    "hdf5": "hdf5",
    "mlmodel": "coreml",
    "cbm": "catboost",
    "xgb": "xgboost",
    "ubj": "xgboost",
    "bst": "xgboost",
    "skops": "skops",
    "pkl": "pickle",
    "pickle": "pickle",
    "joblib": "joblib",
    "sav": "",  # a pickle by an old habit, or a table of SPSS
    "pmml": "pmml",
    "mar": "torch-archive",
    "engine": "tensorrt",
    "plan": "tensorrt",
    "nemo": "nemo",
    "bin": "",
    "pb": "",
    "model": "",
    "json": "",
    "txt": "",
}
_BY_CONTENT_NAME = re.compile(r"model|booster|xgb|lgbm?|lightgbm|catboost", re.IGNORECASE)  # for .json and .txt
_PLACE = re.compile(
    r"(?:^|/)(?:saved_)?(?:models?|weights|checkpoints?|artifacts?|registry|production_models?)/", re.IGNORECASE
)
_MODEL_NAME = re.compile(
    r"(?:^|[^a-z])(?:pytorch_model|model|classifier|regressor|clf|weights|adapter_model|ggml|checkpoint|estimator|net)"
    r"(?:[^a-z]|\Z)",
    re.IGNORECASE,
)
_NO_MODEL_NAME = re.compile(
    r"vocab|token|merges|dictionary|labels?\b|index|cache|dataset"
    r"|(?:^|[^a-z])(?:data|train|test|valid|features?|[xy])(?:[^a-z]|\Z)"
    r"|training_args|optimizer|scheduler|rng_state|sentencepiece|spiece",
    re.IGNORECASE,
)
_DATA_PLACE = re.compile(r"(?:^|/)(?:data|datasets?|features|raw|processed)/", re.IGNORECASE)
_HELPERS = frozenset(  # roots of what plain data pickles to; a pickle that imports nothing else holds no estimator
    (
        *("builtins", "__builtin__", "copyreg", "copy_reg", "collections", "_codecs", "datetime", "decimal"),
        *("fractions", "uuid", "pathlib", "re", "types", "functools", "joblib"),
        *("numpy", "pandas", "scipy", "pyarrow", "polars", "PIL"),
    )
)
_CONFIDENT = frozenset(
    ("pytorch", "torchscript", "keras", "keras-hdf5", "torch-archive", "safetensors", "gguf", "onnx")
)
_TELLING = frozenset(
    ("safetensors", "gguf", "onnx", "pt", "pth", "ckpt", "keras", "tflite", "pte", "joblib", "mlmodel")
)
_TINY = 64  # bytes; no model is smaller


class ModelFile(Parser):
    """`model-file` facts, and `dataset` facts for pickles and HDF5 files that hold data."""

    headers_only = True
    patterns = tuple(f"*.{suffix}" for suffix in _SUFFIXES)

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        suffix = _suffix(source.name)
        if suffix not in _SUFFIXES or source.size < _TINY:
            return False
        if suffix in ("json", "txt"):
            return bool(_BY_CONTENT_NAME.search(source.name))
        return suffix != "pb" or source.name == "saved_model.pb" or "graph" in source.name.lower()

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        from mlops_scan.scanner.formats import modelheader  # with readers of archives: few repositories need them

        suffix = _suffix(source.name)
        try:
            header = modelheader.read(source.root / source.path, source.size, suffix)
        except OSError as error:
            yield Note(Location(source.path), f"not readable: {error.strerror or 'input or output error'}")
            return
        name, is_data = _judge(source.path, suffix, header, tree)
        if header.problem and (name or is_data):
            yield Note(Location(source.path), header.problem)
        if name:
            yield Fact("model-file", source.path, Location(source.path), _says(name, header))
        elif is_data:
            says = {"tracked_by": "lfs" if header.lfs else "git", "bytes": header.bytes, "format": suffix}
            yield Fact("dataset", source.path, Location(source.path), says)


def _suffix(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _judge(path: str, suffix: str, header: Header, tree: Tree) -> tuple[str, bool]:
    """(format of the model or '', whether it is data): by magic first, then by place and name."""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    placed = bool(_MODEL_NAME.search(stem) or _PLACE.search(path)) and not _NO_MODEL_NAME.search(stem)
    if header.lfs:
        return _pointer(path, suffix, placed)
    if header.format in ("pickle", "joblib"):
        return _pickled(path, suffix, header, placed)
    if header.format in ("hdf5", "npz"):
        return ("hdf5", False) if placed and header.format == "hdf5" else ("", True)
    if header.format == "pytorch" and _DATA_PLACE.search(path) and not placed:
        return "", True
    beside = bool(_NO_MODEL_NAME.search(stem)) and not _MODEL_NAME.search(stem)  # optimizer.pt, train.pt
    if header.format in _CONFIDENT and not (header.format == "pytorch" and beside):
        return header.format, False
    if header.format not in ("", "zip", *_CONFIDENT):
        return header.format, False
    return _by_place(path, suffix, placed, tree), False


def _by_place(path: str, suffix: str, placed: bool, tree: Tree) -> str:
    """The format of a file without known magic."""
    if suffix == "pb":
        return "savedmodel" if path.endswith("saved_model.pb") else ("tensorflow-graph" if placed else "")
    if suffix == "bin":
        if tree.get(f"{path[:-4]}.xml") is not None and placed:
            return "openvino"
        return "binary" if placed and not _text_like(path, tree) else ""
    if suffix in ("mlmodel", "skops", "pmml", "cbm", "xgb", "ubj", "bst", "nemo", "mar", "tflite"):
        return _SUFFIXES[suffix]
    if suffix in ("engine", "plan", "ckpt", "model", "pt", "pth"):
        text = suffix in ("plan", "model", "ckpt", "pt", "pth") and _text_like(path, tree)
        return (_SUFFIXES[suffix] or "binary") if placed and not text else ""
    return ""


def _text_like(path: str, tree: Tree) -> bool:
    source = tree.get(path)
    if source is None:
        return True
    try:
        with (source.root / path).open("rb") as file:
            head = file.read(1024)
    except OSError:
        return True
    return b"\0" not in head


def _pointer(path: str, suffix: str, placed: bool) -> tuple[str, bool]:
    """A git-LFS pointer has only its name: a telling suffix, or a telling place."""
    if suffix in _TELLING or placed:
        return _SUFFIXES[suffix] or "binary", False
    data = suffix in ("h5", "hdf5", "pkl", "pickle") and bool(_DATA_PLACE.search(path))
    return ("", True) if data else (_SUFFIXES[suffix], False)


def _pickled(path: str, suffix: str, header: Header, placed: bool) -> tuple[str, bool]:
    """A pickle is a model when it imports an estimator's class, or by place; else it is data."""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    name = "joblib" if suffix == "joblib" else header.format
    if _framework(header) and not (_NO_MODEL_NAME.search(stem) and set(_roots(header)) <= {"__main__", *_HELPERS}):
        return name, False
    if header.suspicious or (placed and not _DATA_PLACE.search(path)):
        return name, False
    if suffix == "joblib" and not header.globals and not _NO_MODEL_NAME.search(stem):
        return name, False  # compressed: what it imports is unknown
    return "", suffix in ("pkl", "pickle", "joblib")


def _roots(header: Header) -> list[str]:
    return [name.split(".", 1)[0] for name in header.globals]


def _framework(header: Header) -> str:
    """The first package that a pickle imports beyond those of plain data."""
    suspicious = set(header.suspicious)
    for name in header.globals:
        root = name.split(".", 1)[0]
        if root not in _HELPERS and name not in suspicious:
            return root
    return ""


def _says(name: str, header: Header) -> dict[str, Any]:
    parameters = header.parameters if header.parameters <= 1 << 60 else 0
    optional = {
        "parameters": parameters,
        "dtype": header.dtype,
        "lfs": header.lfs,
        "globals": [text[:200] for text in header.suspicious[:50]],
        "framework": _framework(header)[: bounds.FACT_TEXT],
        "metadata": header.metadata,
    }
    return {"format": name, "bytes": header.bytes} | {key: value for key, value in optional.items() if value}
