"""Configuration files that Python code reads its parameters from: every plain value by its dotted key."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import credentials, inifile, tomllines, yamlnodes
from mlops_scan.scanner.formats.composition import PACKAGE
from mlops_scan.scanner.formats.entrytexts import asks
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar
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
_FILES = 100  # of other names that code reads
_SECRET = re.compile(r"passw|secret|token|api_?key|credential", re.IGNORECASE)  # never the value
_PACKAGE = re.compile(rb"(?:#[^\n]*\n|[ \t\r]*\n){0,20}#[ \t]*@package[ \t]+([\w.]+)")
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
        yield from _facts(source)


def followed(tree: Tree, facts: Iterable[Fact]) -> tuple[list[Fact], list[Note]]:
    """What stands in files of any name that code reads as its configuration, and notes on entries in circles."""
    wanted: dict[str, list[Fact]] = {}
    known: list[Fact] = []
    for fact in facts:
        if fact.kind == "parameter":
            known.append(fact)
        elif fact.kind == "config-file":
            wanted.setdefault(fact.name.rpartition("/")[2], []).append(fact)
    found = list(_named(tree, wanted, {fact.at.path for fact in known})) if wanted else []
    return found, list(_circles([*known, *found]))


def _named(tree: Tree, wanted: dict[str, list[Fact]], read: set[str]) -> Iterator[Fact]:
    """What stands in the files that code names, where no parser looked into them."""
    fitting: dict[str, list[str]] = {name: [] for name in wanted}
    for path in tree.paths:
        if path.rpartition("/")[2] in fitting:
            fitting[path.rpartition("/")[2]].append(path)
    found = {_nearest(fact, fitting[name]) for name, told in wanted.items() for fact in told}
    for path in sorted(found - read - {""})[:_FILES]:
        source = tree.get(path)
        if source is not None and source.own and not source.binary and len(source.data) <= _BYTES:
            yield from _facts(source)
            source.release()


def _circles(known: Sequence[Fact]) -> Iterator[Note]:
    """A note where an entry comes to name itself, or a file to choose itself."""
    if any(fact.name == "defaults" or asks(fact.get("value")) for fact in known):
        from mlops_scan.scanner.formats import entrycircles

        files: dict[str, dict[str, Fact]] = {}
        for fact in known:
            files.setdefault(fact.at.path, {}).setdefault(fact.name, fact)
        yield from entrycircles.notes(files)


def _nearest(fact: Fact, fitting: Sequence[str]) -> str:
    """The file that a path as code writes it most likely means, seen from that code."""
    wanted = posixpath.normpath(fact.name).lstrip("./")
    able = [path for path in fitting if f"/{path}".endswith(f"/{wanted}")]
    return max(
        able, key=lambda path: (len(posixpath.commonprefix([path, fact.at.path])), -path.count("/"), path), default=""
    )


def _facts(source: SourceFile) -> Iterator[Fact]:
    if header := _PACKAGE.match(source.data):
        name = header[1].decode(errors="replace")
        yield Fact("parameter", PACKAGE, Location(source.path), {"value": name})
    entries = _toml if source.name.endswith(".toml") else _ini if source.name.endswith((".ini", ".cfg")) else _yaml
    try:
        for number, (dotted, value, place) in enumerate(entries(source)):
            if number >= _KEYS:
                break
            if not _SECRET.search(dotted):
                yield Fact("parameter", dotted, Location(source.path, *place), {"value": value})
            elif isinstance(value, str) and _is_credential(dotted, value):
                says = {"redacted": credentials.redact(value), "how": "name", "first": place[0]}
                yield Fact("secret", dotted, Location(source.path, *place), says)
    except (tomllines.TomlError, yamlnodes.YamlError):
        return  # the parser of what the file is says so


def _is_credential(dotted: str, value: str) -> bool:
    name = dotted.rpartition(".")[2]
    return credentials.names_secret(name) and credentials.looks_real(name, value)


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
        elif isinstance(one, yamlnodes.Sequence) and dotted:
            plain = [yamlnodes.plain(item) for item in list(one)[:20]]
            yield dotted, plain, place


def _ini(source: SourceFile) -> Iterator[Entry]:
    for option in inifile.options(source.text):
        if option.text and len(option.text) < bounds.FACT_TEXT:
            yield f"{option.section}.{option.key}", option.text, (option.line, 1)


def _toml(source: SourceFile) -> Iterator[Entry]:
    document = tomllines.read(source.text)
    for path, place in document.places.items():
        value: Any = document.data
        for part in path:
            value = value[part] if isinstance(part, str) and isinstance(value, dict) else None
        if isinstance(value, (str, int, float, bool)):
            yield ".".join(str(part) for part in path), value, place
