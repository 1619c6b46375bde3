"""Values of the parameters of Azure Pipelines by the names that placeholders give them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar

from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence

_WHOLE = re.compile(r"\$\{\{[ \t]*([\w.-]+)[ \t]*\}\}\Z")
_MOST_VALUES = 8  # of one parameter
_MOST_KEYS = 400  # of one parameter
_DEEP = 4  # mappings in mappings of a parameter

Values = dict[str, tuple[str, ...]]
S = TypeVar("S")
Nodes = dict[str, tuple[S, Node]]


def whole(node: Node | None) -> str:
    """The name, where a scalar is `${{ name }}` and nothing else."""
    found = _WHOLE.match(node.strip()) if isinstance(node, Scalar) and "${{" in node else None
    return found[1] if found else ""


def below(nodes: Nodes[S], name: str) -> tuple[S, Node] | None:
    """The list or mapping behind a dotted name, of which the longest known beginning counts."""
    first, rest = name, ""
    while first and first not in nodes:
        first, _, last = first.rpartition(".")
        rest = f"{last}.{rest}" if rest else last
    if first not in nodes:
        return None
    scope, node = nodes[first]
    found = yamlnodes.child(node, *rest.split(".")) if rest else node
    return (scope, found) if isinstance(found, Mapping | Sequence) else None


def values(key: str, node: Node | None, outer: Known, deep: int = 0) -> Values:
    """`key` for a plain value, `key.name` for what a mapping holds."""
    if isinstance(node, Scalar):
        texts = [text for (text,) in placeholders.variants([str(node)], outer) if text and "${{" not in text]
        return {key: tuple(dict.fromkeys(texts))[:_MOST_VALUES]} if texts else {}
    found: Values = {}
    if isinstance(node, Mapping) and deep < _DEEP:
        for name, inner in node.items():
            if len(found) < _MOST_KEYS:
                found |= values(f"{key}.{name}", inner, outer, deep + 1)
    return found


def certain(key: str, node: Node | None, settled: Known) -> Values:
    """Those values that nothing decides only when the pipeline runs."""
    found = values(key, node, settled)
    if isinstance(node, Scalar) and not node:
        found[key] = ("",)
    return {name: texts for name, texts in found.items() if "$(" not in "".join(texts) and "$[" not in "".join(texts)}


def declared(document: Mapping) -> Iterator[tuple[str, Node | None]]:
    """(name, default) of the parameters of a file."""
    parameters = document.get("parameters")
    if isinstance(parameters, Mapping):
        yield from parameters.items()
    for one in parameters if isinstance(parameters, Sequence) else ():
        if name := yamlnodes.text(one, "name"):
            yield name, yamlnodes.child(one, "default")


def allowed(document: Mapping, name: str) -> tuple[str, ...]:
    """The values that a parameter of a pipeline may have, where it says so."""
    parameters = document.get("parameters")
    for one in parameters if isinstance(parameters, Sequence) else ():
        if yamlnodes.text(one, "name") == name:
            return tuple(str(value) for value in yamlnodes.items(one, "values"))
    return ()


def pairs(mapping: Mapping) -> Sequence:
    """`NAME: value` as a list of `{name: NAME, value: value}`."""
    found = Sequence(mapping.line, mapping.column)
    for name, value in mapping.items():
        one = Mapping(value.line, value.column)
        one["name"], one["value"] = yamlnodes.scalar(name, value.line, value.column), value
        one.places = dict.fromkeys(("name", "value"), mapping.places.get(name, (value.line, value.column)))
        found.append(one)
    return found
