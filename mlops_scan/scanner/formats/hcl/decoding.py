"""Data of JSON and YAML texts: objects know their places where the text does."""

from __future__ import annotations

from typing import Any

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.hcl.values import (
    MAX_ITEMS,
    Object,
    Text,
    Value,
)
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Sequence

_DECODED_DEPTH = 40


def bounded(items: Any) -> list[Value]:
    made: list[Value] = []
    for item in items:
        made.append(item)
        if len(made) > MAX_ITEMS:
            raise OverflowError
    return made


def from_text(text: str) -> Value:
    """The data of a JSON or YAML text; objects know their places when the text does."""
    found = yamlnodes.parse(str(text))  # libyaml takes no subclass
    return _from_node(found[0], text if isinstance(text, Text) else None, 0) if found else None


def _from_node(node: Node, text: Text | None, depth: int) -> Value:
    if depth > _DECODED_DEPTH:
        raise OverflowError
    if isinstance(node, Sequence):
        return bounded(_from_node(item, text, depth + 1) for item in node)
    if not isinstance(node, Mapping):
        return yamlnodes.typed(node)
    made = Object(place=(text.path, text.line(node.line), node.column) if text is not None else None)
    for key, item in node.items():
        made[key] = _from_node(item, text, depth + 1)
        if text is not None and key in node.places:
            line, column = node.places[key]
            made.places[key] = (text.path, text.line(line), column)
    return made
