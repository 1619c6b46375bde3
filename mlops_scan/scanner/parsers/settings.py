"""Single keys of configuration files: those that the catalogue names a tool by, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate
from functools import cache
from typing import Any, ClassVar

from mlops_scan.scanner import bounds, catalog
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import prototext, tomllines, yamlnodes
from mlops_scan.scanner.formats.kube.data import brief
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Fact, Location, Note
from mlops_scan.scanner.parsers.base import Parser

_KEY = re.compile(r"[\w.*/-]+\Z")
_WORD = re.compile(r"[A-Za-z_]\w{2,}")
_PROPERTY = re.compile(r"[ \t]*([\w.-]+)[ \t]*[=:][ \t]*(.*)")
_BYTES = 2**20  # larger files are data
_VALUE_NODES = 50


class Settings(Parser):
    """Flattens YAML, JSON, TOML, protocol-buffer text and properties to dotted keys (lists have no index)."""

    patterns: ClassVar[tuple[str, ...]] = (
        "*.yaml",
        "*.yml",
        "*.json",
        "*.toml",
        "*.pbtxt",
        "*.config",
        "*.properties",
    )

    def reads(self, source: SourceFile, tree: Tree) -> bool:
        return super().reads(source, tree) and bool(_wanted(source)) and len(source.data) <= _BYTES

    def parse(self, source: SourceFile, tree: Tree) -> Iterator[Fact | Note]:
        wanted = [(key, re.compile(translate(key))) for key in _wanted(source)]
        file_format = source.name.rpartition(".")[2]
        try:
            for dotted, value, place in _entries(source, file_format, wanted):
                says = {"value": value, "file_format": file_format}
                yield Fact("setting", dotted, Location(source.path, *place), says)
        except tomllines.TomlError:
            return  # the parser of the manifest says so
        except prototext.ProtoTextError as error:
            yield Note(Location(source.path, error.line), f"not readable as {file_format}: {error.reason}")


Wanted = list[tuple[str, "re.Pattern[str]"]]
Entry = tuple[str, Any, tuple[int, int]]


def _wanted(source: SourceFile) -> tuple[str, ...]:
    """The catalogue's keys for this file of which every word stands in it."""
    keys = catalog.load().setting_keys(source.path)
    data = source.data if keys else b""
    return tuple(key for key in keys if (words := _words(key)) is not None and all(word in data for word in words))


@cache
def _words(key: str) -> tuple[bytes, ...] | None:
    """The words of a key that stand in every file that has it, the longest first; None for what is no key."""
    found = sorted(_WORD.findall(key), key=len, reverse=True)
    return tuple(word.encode() for word in found) if _KEY.match(key) else None


def _entries(source: SourceFile, file_format: str, wanted: Wanted) -> Iterator[Entry]:
    if file_format == "properties":
        yield from (one for one in _lines(source.text) if _fitting(one[0], wanted))
    elif file_format == "toml":
        yield from _toml(tomllines.read(source.text), wanted)
    elif file_format in ("pbtxt", "config"):
        yield from _flat(prototext.read(source.text), "", frozenset(), wanted)
    else:
        yield from _documents(source, wanted)


def _documents(source: SourceFile, wanted: Wanted) -> Iterator[Entry]:
    """The entries of each document, of which only those are parsed that hold all words of a key."""
    for first_line, text in yamlnodes.split(source.text):
        inside = [(key, pattern) for key, pattern in wanted if all(word in text for word in _WORD.findall(key))]
        if not inside or yamlnodes.is_definition(text):
            continue
        try:
            roots = yamlnodes.document(source, text, first_line)
        except yamlnodes.YamlError:
            continue  # the parser of what the file is says so
        for root in roots:
            yield from _flat(root, "", frozenset(), inside)


def _fitting(dotted: str, wanted: Wanted) -> frozenset[str]:
    return frozenset(key for key, pattern in wanted if pattern.match(dotted))


def _flat(node: Node, prefix: str, above: frozenset[str], wanted: Wanted) -> Iterator[Entry]:
    """Each key that fits a wanted glob which the key around it does not fit already."""
    if isinstance(node, Sequence):
        for item in node:
            yield from _flat(item, prefix, above, wanted)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            dotted = f"{prefix}.{key}" if prefix else key
            if len(dotted) > 500:
                continue
            fitting = _fitting(dotted, wanted)
            if fitting - above:
                yield dotted, _value(value), node.places.get(key, (node.line, node.column))
            yield from _flat(value, dotted, fitting | above, wanted)


def _value(node: Node) -> Any:
    return (
        yamlnodes.typed(node)
        if isinstance(node, Scalar) and len(node) < bounds.FACT_TEXT
        else brief(node, _VALUE_NODES)
    )


def _toml(document: tomllines.Toml, wanted: Wanted) -> Iterator[Entry]:
    for path, place in document.places.items():
        names = [str(part) for part in path if isinstance(part, str)]
        fitting = _fitting(".".join(names), wanted)
        if fitting - (_fitting(".".join(names[:-1]), wanted) if len(names) > 1 else frozenset()):
            value = _at(document.data, path)
            yield ".".join(names), value if isinstance(value, (str, int, float, bool)) else None, place


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        fits = isinstance(value, dict) if isinstance(part, str) else isinstance(value, list)
        value = value[part] if fits else None
    return value


def _lines(text: str) -> Iterator[Entry]:
    for number, line in enumerate(text.split("\n"), start=1):
        found = _PROPERTY.match(line) if len(line) < bounds.LINE_CHARS else None
        if found is not None:
            yield found[1], found[2].strip(), (number, found.start(1) + 1)
