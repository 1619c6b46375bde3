"""Questions to nodes: typed values, plain data, what stands at a path and where."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.yamlnodes.nodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Location

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_PLAIN_NODES = 200_000  # an alias bomb is cut here when it is turned into plain data


def plain(node: Node | None) -> Any:
    """The node as JSON-like data (None, bool, int, float, str, list, dict), typed as Go's YAML readers do.

    Anything past 200,000 nodes becomes None.
    """
    return _Plain().convert(node, 0)


class _Plain:
    def __init__(self) -> None:
        self.left = _PLAIN_NODES

    def convert(self, node: Node | None, depth: int) -> Any:
        self.left -= 1
        if node is None or self.left < 0 or depth > bounds.YAML_DEPTH:
            return None
        if isinstance(node, Mapping):
            return {key: self.convert(value, depth + 1) for key, value in node.items()}
        if isinstance(node, Sequence):
            return [self.convert(value, depth + 1) for value in node]
        return typed(node)


def typed(one: Scalar) -> Any:
    """The scalar as None, bool, int, float or str. Quoted text stays text, as do 0755, 1.2.3 and dates."""
    text = str(one)
    if not one.bare or one.tag.endswith(":str"):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text) and len(text) < 25:
        return int(text)
    if _FLOAT.match(text) and len(text) < 40:
        number = float(text)
        return number if isfinite(number) else text
    return text


def child(node: Node | None, *path: str | int) -> Node | None:
    """The node below `node` at `path` (keys and indices), or None."""
    for step in path:
        if isinstance(node, Mapping):
            node = node.get(step)  # type: ignore[arg-type]
        elif isinstance(node, Sequence) and isinstance(step, int) and -len(node) <= step < len(node):
            node = node[step]
        else:
            return None
    return node


def text(node: Node | None, *path: str | int, default: str = "") -> str:
    """The scalar text at `path`, or `default`."""
    found = child(node, *path)
    return str(found) if isinstance(found, Scalar) else default


def items(node: Node | None, *path: str | int) -> list[Node]:
    """The sequence at `path`; a lone scalar or mapping counts as a sequence of one; [] when absent."""
    found = child(node, *path)
    if found is None:
        return []
    return list(found) if isinstance(found, Sequence) else [found]


def at(path: str, node: Node | None, key: str | None = None) -> Location:
    """Where `node` (or its key `key`) stands in the file at `path`."""
    if node is None:
        return Location(path)
    if key is not None and isinstance(node, Mapping) and key in node.places:
        line, column = node.places[key]
        return Location(path, line, column)
    return Location(path, node.line, node.column)
