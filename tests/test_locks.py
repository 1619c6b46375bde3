"""Lock files: every package once, with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.dispatch import Dispatch
from mlops_scan.scanner.parsers.locks import LockFile, NpmLock

UV = """version = 1
requires-python = ">=3.10"

[[package]]
name = "Own_App"
version = "0.1.0"
source = { editable = "." }

[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "https://host/simple" }
dependencies = [
    { name = "inner", version = "9" },
]

[[package]]
name = "numpy"
version = "2.0.0"

[package.metadata]
name = "not-a-package"

[[package]]
name = "dynamic"
source = { virtual = "x" }

[[package]]
name = "last"
version = "3"
"""
POETRY = """[[package]]
name = "torch"
version = "2.1.0"
description = "x"
optional = false

[metadata]
python-versions = "^3.10"
"""
PYLOCK = """lock-version = "1.0"
[[packages]]
name = "a"
version = "1"
wheels = [{ name = "a-1.whl" }]
[[packages]]
name = "b"
version = "2"
"""
CONDA = """version: 1
package:
- name: python
  version: 3.11.4
  manager: conda
  platform: linux-64
- name: python
  version: 3.11.4
  manager: conda
  platform: osx-64
- name: torch
  version: '2.1'
  manager: pip
  platform: linux-64
"""
PIXI = """version: 6
packages:
- conda: https://host/linux-64/numpy-base-1.26.4-py311_0.conda
  sha256: 00
- pypi: https://host/t/torch-2.1.0-py3-none-any.whl
  name: torch
  version: 2.1.0
"""
EXPLICIT = "@EXPLICIT\nhttps://host/linux-64/zlib-1.2.13-h166bdaf_4.tar.bz2#00\n"


def read(root: Path, name: str, text: str) -> list[Fact | Note]:
    (root / name).write_text(text)
    source = SourceFile(root, name, len(text))
    tree = Tree(root, [source])
    assert LockFile().reads(source, tree) and Dispatch([LockFile()]).candidates(name)
    return list(LockFile().parse(source, tree))


@pytest.mark.parametrize(
    ("name", "text", "format_", "expected"),
    [
        ("uv.lock", UV, "uv-lock", [("numpy", "1.26.4", 10), ("numpy", "2.0.0", 18), ("last", "3", 29)]),
        ("poetry.lock", POETRY, "poetry-lock", [("torch", "2.1.0", 2)]),
        ("pylock.gpu.toml", PYLOCK, "pylock", [("a", "1", 3), ("b", "2", 7)]),
        ("conda-lock.yml", CONDA, "conda-lock", [("python", "3.11.4", 3), ("torch", "2.1", 11)]),
        ("pixi.lock", PIXI, "pixi-lock", [("numpy-base", "1.26.4", 3), ("torch", "2.1.0", 6)]),
        ("conda-linux-64.lock", EXPLICIT, "conda-lock", [("zlib", "1.2.13", 2)]),
    ],
)
def test_locks(name: str, text: str, format_: str, expected: list[tuple[str, str, int]], tmp_path: Path) -> None:
    items = read(tmp_path, name, text)
    facts = [item for item in items if isinstance(item, Fact)]
    assert facts[0].says["format"] == format_ and facts[0].says["lock"] is True
    assert [(fact.name, fact.says["version"], fact.at.line) for fact in facts[1:]] == expected
    for fact in facts[1:]:
        assert text.split("\n")[fact.at.line - 1][fact.at.column - 1 :].startswith(fact.name)


def test_python_of_a_lock(tmp_path: Path) -> None:
    assert next(f.says["python"] for f in read(tmp_path, "uv.lock", UV) if isinstance(f, Fact)) == ">=3.10"
    assert next(f.says["python"] for f in read(tmp_path, "poetry.lock", POETRY) if isinstance(f, Fact)) == "^3.10"


def test_windows_line_ends(tmp_path: Path) -> None:
    items = read(tmp_path, "uv.lock", UV.replace("\n", "\r\n"))
    assert [item.at.line for item in items if isinstance(item, Fact) and item.kind == "locked"] == [10, 18, 29]


def test_pipfile_lock(tmp_path: Path) -> None:
    data = {
        "_meta": {"hash": {"sha256": "0"}, "version": "1"},
        "default": {"numpy": {"version": "==1.2"}, "git-thing": {"git": "x", "ref": "abc"}, "plain": {"markers": "x"}},
        "develop": {"numpy": {"version": "==1.2"}, "pytest": {"version": "==7"}},
    }
    items = read(tmp_path, "Pipfile.lock", json.dumps(data, indent=4))
    found = {item.name: item.says["version"] for item in items if isinstance(item, Fact) and item.kind == "locked"}
    assert found == {"numpy": "1.2", "git-thing": "abc", "pytest": "7"}


def test_npm_lock_is_a_manifest_only(tmp_path: Path) -> None:
    source = SourceFile(tmp_path, "package-lock.json", 2)
    facts = list(NpmLock().parse(source, Tree(tmp_path, [source])))
    assert [(fact.kind, fact.says["format"]) for fact in facts if isinstance(fact, Fact)] == [("manifest", "npm-lock")]


@pytest.mark.parametrize("name", ["uv.lock", "Pipfile.lock", "pixi.lock", "conda-lock.yml", "pylock.toml"])
@pytest.mark.parametrize(
    "text", ["", "\0\1" * 500, "[[package]]\n" * 50_000, "- pypi: x\n" + "  a\n" * 100_000, "[" * 90_000]
)
def test_broken_locks_raise_nothing(name: str, text: str, tmp_path: Path) -> None:
    assert [item for item in read(tmp_path, name, text) if isinstance(item, Fact) and item.kind == "locked"] == []
