"""Model and data files: told by their header, bounded, and never loaded."""

from __future__ import annotations

import collections
import io
import json
import pickle
import struct
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.data_file import DataFile
from mlops_scan.scanner.parsers.dispatch import Dispatch
from mlops_scan.scanner.parsers.model_directory import ModelDirectory
from mlops_scan.scanner.parsers.model_file import ModelFile
from tests.slowness import in_time


def read(root: Path, name: str, data: bytes) -> list[Fact | Note]:
    target = root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    source = SourceFile(root, name, len(data))
    tree = Tree(root, [source])
    return list(ModelFile().parse(source, tree)) if ModelFile().reads(source, tree) else []


def told(root: Path, name: str, data: bytes) -> dict[str, Any] | None:
    """What the file's model-file fact says, None when there is none."""
    return next((dict(i.says) for i in read(root, name, data) if isinstance(i, Fact) and i.kind == "model-file"), None)


def estimator(module: str = "sklearn.linear_model", name: str = "LinearRegression") -> bytes:
    """The bytes of a protocol 4 pickle that imports module.name; padded so that it is no tiny file."""

    def text(value: str) -> bytes:
        return b"\x8c" + bytes([len(value)]) + value.encode() + b"\x94"

    return b"\x80\x04" + text(module) + text(name) + b"\x93)R" + text("x" * 90) + b"00N."


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os.system, ("touch /tmp/never " + "x" * 80,)


def test_estimators_by_what_they_import(tmp_path: Path) -> None:
    says = told(tmp_path, "a/model.pkl", estimator())
    assert says is not None and says["format"] == "pickle" and says["framework"] == "sklearn"
    assert told(tmp_path, "lin_reg.bin", estimator()) is not None
    assert told(tmp_path, "x.joblib", estimator()) == {
        "format": "joblib",
        "bytes": len(estimator()),
        "framework": "sklearn",
    }
    packed = zlib.compress(estimator())
    says = told(tmp_path, "packed.joblib", packed + b"\0" * 100)
    assert says is not None and says["framework"] == "sklearn"


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_suspicious_globals_are_named_and_never_run(protocol: int, tmp_path: Path) -> None:
    says = told(tmp_path, "model.pkl", pickle.dumps(Evil(), protocol))
    assert says is not None and says["globals"] == ["posix.system"]


def test_a_suspicious_global_behind_array_bytes(tmp_path: Path) -> None:
    data = estimator()[:-1] + b"\xff\xfe raw array \x00\x01" + pickle.dumps(Evil(), 2)
    says = told(tmp_path, "model.pkl", data)
    assert says is not None and says["globals"] == ["posix.system"]


def test_data_in_a_pickle_is_a_dataset(tmp_path: Path) -> None:
    items = read(tmp_path, "vocab.pkl", pickle.dumps({str(number): number for number in range(100)}))
    assert [(i.kind, i.says["format"]) for i in items if isinstance(i, Fact)] == [("dataset", "pkl")]
    frame = estimator("pandas.core.frame", "DataFrame")
    assert told(tmp_path, "features.pkl", frame) is None
    assert told(tmp_path, "model.pkl", pickle.dumps(list(range(100)))) is not None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("tokenizer.bin", b"\x7fELF" + b"\0" * 400),
        ("bin/tool.bin", b"\x7fELF" + b"\0" * 400),
        ("tokenizer.model", b"\n\x0e\n\x05<unk>" + b"\0" * 400),
        ("message.pb", b"\x08\x07" + b"\0" * 400),
        ("models/notes.txt", b"tree of life\n" * 40),
        ("model.json", b'{"a": 1}' + b" " * 100),
        ("config/model.txt", b"hello " * 50),
        ("empty.pt", b""),
        ("schedule.plan", b"text " * 40),
        ("training_args.bin", b"\0" * 400),
    ],
)
def test_a_suffix_makes_no_model(name: str, data: bytes, tmp_path: Path) -> None:
    assert told(tmp_path, name, data) is None


def test_safetensors(tmp_path: Path) -> None:
    header = {
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "BF16", "shape": [1000, 10], "data_offsets": [0, 1]},
        "b": {"dtype": "F32", "shape": [7], "data_offsets": [1, 2]},
    }
    text = json.dumps(header).encode()
    data = struct.pack("<Q", len(text)) + text + b"\0" * 100
    assert told(tmp_path, "model.safetensors", data) == {
        "format": "safetensors",
        "bytes": len(data),
        "parameters": 10_007,
        "dtype": "BF16",
        "metadata": {"format": "pt"},
    }


def test_gguf(tmp_path: Path) -> None:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    data = struct.pack("<4sIQQ", b"GGUF", 3, 1, 2)
    data += text("general.name") + struct.pack("<I", 8) + text("tiny")
    data += text("tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b")
    data += text("w") + struct.pack("<I2QIQ", 2, 32, 4, 12, 0) + b"\0" * 64
    says = told(tmp_path, "x.gguf", data)
    assert says is not None and (says["parameters"], says["dtype"]) == (128, "Q4_K")
    assert says["metadata"] == {"general.name": "tiny"}


def test_onnx(tmp_path: Path) -> None:
    def part(number: int, data: bytes) -> bytes:
        return bytes([number << 3 | 2, len(data)]) + data

    tensor = b"\x08\x04\x08\x05\x10\x01" + part(8, b"w")
    graph = part(1, part(4, b"Gemm")) + part(5, tensor)
    data = b"\x08\x07" + part(2, b"maker") + part(8, b"\x10\x11") + part(7, graph) + part(6, b"x" * 60)
    says = told(tmp_path, "net.onnx", data)
    assert says is not None and (says["parameters"], says["dtype"]) == (20, "F32")
    assert says["metadata"] == {"producer": "maker", "opset": 17, "nodes": 1}


def torch_zip(script: bool = False) -> bytes:
    """A checkpoint as torch.save writes it, with one float tensor of 3 x 4, made without torch."""
    stream = (
        b"\x80\x02ccollections\nOrderedDict\n)R(X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storage"
        b"ctorch\nHalfStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x0ctQK\x00K\x03K\x04\x86K\x04K\x01\x86\x89"
        b"ccollections\nOrderedDict\n)Rtq\x01Ru."
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("archive/data.pkl", stream)
        archive.writestr("archive/data/0", b"\0" * 24)
        if script:
            archive.writestr("archive/code/__torch__.py", "x")
    return packed.getvalue()


def test_torch(tmp_path: Path) -> None:
    says = told(tmp_path, "net.pt", torch_zip())
    assert says is not None and (says["format"], says["parameters"], says["dtype"]) == ("pytorch", 12, "Half")
    assert "globals" not in says
    scripted = told(tmp_path, "net.pt", torch_zip(script=True))
    assert scripted is not None and scripted["format"] == "torchscript"
    assert told(tmp_path, "data/train.pt", torch_zip()) is None
    assert told(tmp_path, "checkpoints/optimizer.pt", torch_zip()) is None
    assert told(tmp_path, "model_train.pt", torch_zip()) is not None


def test_lfs_pointers(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 5000000000\n"
    says = told(tmp_path, "weights/pytorch_model.bin", pointer)
    assert says == {"format": "binary", "bytes": 5_000_000_000, "lfs": True}
    assert told(tmp_path, "x.gguf", pointer) == {"format": "gguf", "bytes": 5_000_000_000, "lfs": True}
    assert told(tmp_path, "image.bin", pointer) is None
    (tmp_path / "train.csv").write_bytes(pointer)
    source = SourceFile(tmp_path, "train.csv", len(pointer))
    tree = Tree(tmp_path, [source])
    facts = [item for item in DataFile().parse(source, tree) if isinstance(item, Fact)]
    assert [(fact.says["tracked_by"], fact.says["bytes"]) for fact in facts] == [("lfs", 5_000_000_000)]


def test_other_magic(tmp_path: Path) -> None:
    for name, data, expected in (
        ("m.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 100 + b"model_weights" + b"\0" * 100, "keras-hdf5"),
        ("m.tflite", b"\x1c\0\0\0TFL3" + b"\0" * 100, "tflite"),
        ("booster.json", b'{"learner":{"attributes":{}}}' + b" " * 100, "xgboost"),
        ("lgb_model.txt", b"tree\nversion=v4\n" + b"x" * 100, "lightgbm"),
        ("model.xgb", b"binf" + b"\0" * 100, "xgboost"),
        ("1/saved_model.pb", b"\x08\x01" + b"\0" * 100, "savedmodel"),
    ):
        says = told(tmp_path, name, data)
        assert says is not None and says["format"] == expected, name
    hdf5 = read(tmp_path, "measurements.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 200)
    assert [item.kind for item in hdf5 if isinstance(item, Fact)] == ["dataset"]


def test_mlmodel(tmp_path: Path) -> None:
    text = (
        "flavors:\n  python_function:\n    python_version: 3.9.7\n  sklearn:\n    sklearn_version: 1.0.2\nrun_id: abc\n"
    )
    (tmp_path / "MLmodel").write_text(text)
    source = SourceFile(tmp_path, "MLmodel", len(text))
    fact = next(iter(ModelDirectory().parse(source, Tree(tmp_path, [source]))))
    assert isinstance(fact, Fact)
    assert fact.says["framework"] == "sklearn"
    assert fact.says["metadata"] == {
        "flavors": ["python_function", "sklearn"],
        "run_id": "abc",
        "python_version": "3.9.7",
        "sklearn_version": "1.0.2",
    }


@pytest.mark.parametrize("name", ["data/a.csv", "a.parquet", "x.npy", "x.jsonl.gz", "data/raw/big.json"])
def test_data_files(name: str, tmp_path: Path) -> None:
    source = SourceFile(tmp_path, name, 2_000_000)
    assert DataFile().reads(source, Tree(tmp_path, [source])) and Dispatch([DataFile()]).candidates(name)
    small = SourceFile(tmp_path, "data/settings.json", 200)
    assert not DataFile().reads(small, Tree(tmp_path, [small]))


def hostile() -> dict[str, bytes]:
    doubling = b"\x80\x02)" + b"2\x86" * 200_000
    names = collections.OrderedDict(
        nested=b"\x80\x02" + doubling[2:] + b"(X\x01\x00\x00\x00a\x93.",
        opcodes=b"\x80\x02" + b"N0" * 500_000 + b".",
        marks=b"\x80\x02" + b"(" * 1_000_000,
        length=b"\x80\x04\x8e" + b"\xff" * 8 + b"x" * 100,
        line=b"\x80\x02c" + b"a" * 1_000_000,
        huge_shape=b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(NK\x00("
        + b"\x8a\x08"
        + b"\xff" * 7
        + b"\x7f"
        + b"2" * 90_000
        + b"ttR.",
        safetensors=struct.pack("<Q", 1 << 62) + b"{" + b"x" * 100,
        safetensors_deep=struct.pack("<Q", 100_000) + b'{"a":' + b"[" * 100_000,
        gguf=struct.pack("<4sIQQ", b"GGUF", 3, 1 << 60, 1 << 60) + b"\0" * 100,
        gguf_cut=struct.pack("<4sIQQ", b"GGUF", 3, 1000, 1000) + b"\0" * 100,
        onnx=b"\x08\x07" + b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + b"x" * 100,
        onnx_fields=b"\x08\x07" * 300_000,
        zip=b"PK\x03\x04" + b"\0" * 200,
        zlib=b"\x78\x9c" + b"\0" * 200,
    )
    return dict(names)


@pytest.mark.parametrize("case", sorted(hostile()))
@pytest.mark.parametrize("suffix", ["pkl", "safetensors", "onnx", "bin", "joblib"])
def test_hostile_headers_raise_nothing_and_stay_cheap(case: str, suffix: str, tmp_path: Path) -> None:
    start = time.process_time()
    items = read(tmp_path, f"model.{suffix}", hostile()[case])
    assert in_time(time.process_time() - start, 20)
    assert all(isinstance(item, (Fact, Note)) for item in items)
    json.dumps([item.says for item in items if isinstance(item, Fact)])
