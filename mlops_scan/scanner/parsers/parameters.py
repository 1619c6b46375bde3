"""Configuration files that Python code reads its parameters from: every plain value by its dotted key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import tomllines, yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_NAMED = re.compile(
    r"(?:^|/)(?:[\w-]*(?:params?|parameters|configs?|configuration|cfg|settings|hparams|hyperparameters)[\w-]*\.(?:ya?ml|json|toml)"
    r"|(?:[\w-]*confs?|[\w-]*configs?|[\w-]*cfgs?|settings|params|parameters|hparams)/(?:[\w-]+/){0,4}[\w-]+\.(?:ya?ml|json|toml))\Z",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"(?:^|/)(?:\.[^/]+|node_modules|charts|templates|k8s|kubernetes|manifests)/")
_BYTES = 64 * 1024
_KEYS = 400
_SECRET = re.compile(r"passw|secret|token|api_?key|credential", re.IGNORECASE)  # never the value
_OBJECT = re.compile(r"^apiVersion:", re.MULTILINE)

Entry = tuple[str, Any, tuple[int, int]]


class Parameters(Parser):
    """Reads YAML, JSON and TOML files that are called or kept as configuration, where the repository has Python."""

    patterns: ClassVar[tuple[str, ...]] = ("*.yaml", "*.yml", "*.json", "*.toml")

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        if not super().reads(source, tree) or not _NAMED.search(source.path) or _ELSEWHERE.search(source.path):
            return False
        return _has_python(tree) and len(source.data) <= _BYTES

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        try:
            entries = _toml(source.text) if source.name.endswith(".toml") else _yaml(source)
            for number, (dotted, value, place) in enumerate(entries):
                if number >= _KEYS:
                    break
                if not _SECRET.search(dotted):
                    yield Fact("parameter", dotted, Location(source.path, *place), {"value": value})
        except (tomllines.TomlError, yamlnodes.YamlError):
            return  # the parser of what the file is says so


def _has_python(tree: Tree) -> bool:
    return bool(tree.memo("python", lambda: any(path.endswith((".py", ".ipynb")) for path in tree.paths)))


def _yaml(source: SourceFile) -> Iterator[Entry]:
    for first_line, text in yamlnodes.split(source.text):
        if _OBJECT.search(text):
            return  # an object of a cluster: no parameters of code
        for root in yamlnodes.document(source, text, first_line):
            yield from _flat(root, "")
        return


def _flat(node: Node, prefix: str) -> Iterator[Entry]:
    stack: list[tuple[Node, str, tuple[int, int]]] = [(node, prefix, (node.line, node.column))]
    while stack:
        one, dotted, place = stack.pop()
        if isinstance(one, Mapping):
            inner = [
                (value, f"{dotted}.{key}" if dotted else str(key), one.places.get(key, (value.line, value.column)))
                for key, value in one.items()
            ]
            stack += reversed([entry for entry in inner if len(entry[1]) < bounds.FACT_TEXT])
        elif isinstance(one, Scalar) and dotted and len(one) < bounds.FACT_TEXT:
            yield dotted, yamlnodes.typed(one), place
        elif isinstance(one, Sequence) and dotted:
            plain = [yamlnodes.plain(item) for item in list(one)[:20]]
            yield dotted, plain, place


def _toml(text: str) -> Iterator[Entry]:
    document = tomllines.read(text)
    for path, place in document.places.items():
        value: Any = document.data
        for part in path:
            value = value[part] if isinstance(part, str) and isinstance(value, dict) else None
        if isinstance(value, (str, int, float, bool)):
            yield ".".join(str(part) for part in path), value, place
