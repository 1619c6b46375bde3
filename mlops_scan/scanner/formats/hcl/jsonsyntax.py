"""The JSON syntax of the same language (`.tf.json`): the same blocks, attributes and expressions.

Only a type's schema tells which object is a block and which a map; here an object is a block unless its key is known
for maps (https://developer.hashicorp.com/terraform/language/syntax/json, read 2026-08).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.hcl.nodes import (
    Attribute,
    Block,
    Body,
    Expression,
    For,
    If,
    Literal,
    ObjectItem,
    ObjectLiteral,
    Template,
    Tuple,
)
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence

SUFFIXES = (".tf.json", ".tofu.json")
Embedded = Callable[[str, int], "Expression | None"]  # a template's text, and the line it stands on

_LABELS = {"resource": 2, "data": 2, "variable": 1, "output": 1, "module": 1, "provider": 1}
_PLAIN = ("variable", "output", "module", "locals")  # whose attributes are values, never blocks
_LABELLED = ("provisioner", "dynamic", "backend")
_MAPS = frozenset(
    (
        "tags", "labels", "annotations", "match_labels", "limits", "requests", "data", "string_data", "binary_data",
        "node_selector", "manifest", "variables", "parameters", "triggers", "inputs", "required_providers", "for_each",
        "providers",
    )
)  # fmt: skip


def body(node: Node | None, path: str, embedded: Embedded) -> Body:
    """The blocks of a file."""
    made = _Maker(path, embedded)
    blocks = [
        block
        for one in (node if isinstance(node, Sequence) else [node])
        if isinstance(one, Mapping)
        for kind, content in one.items()
        for block in made.top(kind, content)
    ]
    return Body({}, tuple(blocks))


class _Maker:
    def __init__(self, path: str, embedded: Embedded) -> None:
        self.path, self.embedded = path, embedded

    def top(self, kind: str, content: Node) -> Iterator[Block]:
        """The blocks of one kind: below as many names as it has labels."""
        for labels, inner in _labelled(content, _LABELS.get(kind, 0)):
            yield Block(kind, labels, self._body(kind, inner, 0), self.path, (inner.line, inner.column), _end(inner))

    def _body(self, kind: str, content: Mapping, depth: int) -> Body:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for key, value in content.items():
            place = content.places.get(key, (value.line, value.column))
            if key == "//":
                continue
            if kind not in _PLAIN and depth < bounds.HCL_DEPTH and _is_block(key, value):
                blocks += self._blocks(key, value, depth)
            elif kind == "variable" and key == "type" and isinstance(value, Scalar):
                typed = self.embedded(f"${{{value}}}", value.line)
                inner = typed.parts[0] if isinstance(typed, Template) and typed.wraps else None
                known = inner if not isinstance(inner, (str, If, For)) else None
                attributes[key] = Attribute(key, known or self.expression(value, depth), place)
            else:
                attributes[key] = Attribute(key, self.expression(value, depth), place)
        return Body(attributes, tuple(blocks))

    def _blocks(self, key: str, value: Node, depth: int) -> Iterator[Block]:
        for labels, inner in _labelled(value, int(key in _LABELLED)):
            place = (inner.line, inner.column)
            yield Block(key, labels, self._body(key, inner, depth + 1), self.path, place, _end(inner))

    def expression(self, node: Node, depth: int) -> Expression:
        """A value: a string is a template."""
        spot = (node.line, node.column)
        if isinstance(node, Mapping) and depth < bounds.HCL_DEPTH:
            items = (
                ObjectItem(Literal(key, node.places.get(key, spot), key), self.expression(value, depth + 1), spot)
                for key, value in node.items()
            )
            return ObjectLiteral(tuple(items), spot, "{}")
        if isinstance(node, Sequence) and depth < bounds.HCL_DEPTH:
            return Tuple(tuple(self.expression(value, depth + 1) for value in node), spot, "[]")
        if not isinstance(node, Scalar):
            return Literal(None, spot, "")
        if node.bare:
            return Literal(yamlnodes.typed(node), spot, str(node))
        found = self.embedded(str(node), node.line) if "${" in node or "%{" in node else None
        return found if found is not None else Literal(str(node), spot, str(node))


def _labelled(content: Node, count: int) -> Iterator[tuple[tuple[str, ...], Mapping]]:
    """(labels, body) of each block below `count` names; several bodies stand in a list."""
    if isinstance(content, Sequence):
        for one in content:
            yield from _labelled(one, count)
    elif isinstance(content, Mapping) and count:
        for name, inner in content.items():
            yield from (((name, *labels), found) for labels, found in _labelled(inner, count - 1))
    elif isinstance(content, Mapping):
        yield (), content


def _is_block(key: str, value: Node) -> bool:
    if key == "selector" and isinstance(value, Mapping):
        return "match_labels" in value or "match_expressions" in value
    if isinstance(value, Sequence):
        return bool(value) and all(isinstance(one, Mapping) for one in value)
    return isinstance(value, Mapping) and key not in _MAPS


def _end(node: Mapping) -> int:
    """The last line on which a key of the block stands."""
    last, stack = node.line, [node]
    while stack:
        one = stack.pop()
        last = max(last, one.line, *(line for line, _ in one.places.values()), 0)
        stack.extend(value for value in one.values() if isinstance(value, Mapping))
    return last


def unwrapped(found: Expression | None) -> Expression | None:
    """A template of nothing but one interpolation: the value itself, as in a quoted string."""
    if not isinstance(found, Template):
        return found
    parts = tuple(part for part in found.parts if not (isinstance(part, str) and not part))
    whole = len(parts) == 1 and not isinstance(parts[0], (str, If, For))
    return Template(parts, found.spot, found.source, 0, whole)
