"""The nodes of a YAML document, which know their line and column, and how to make some that no file wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Scalar(str):
    """A scalar's text; `bare` when it was written without quotes, `block` when as a block (`|`, `>`) below its key."""

    __slots__ = ("bare", "block", "column", "line", "tag")
    line: int
    column: int
    bare: bool
    block: bool
    tag: str


class Mapping(dict[str, "Node"]):
    """A mapping; `places` gives (line, column) of each key, `repeated` the keys that were written twice."""

    __slots__ = ("column", "line", "places", "repeated", "tag")

    def __init__(self, line: int, column: int, tag: str = "") -> None:
        super().__init__()
        self.line, self.column, self.tag = line, column, tag
        self.places: dict[str, tuple[int, int]] = {}
        self.repeated: list[str] = []


class Sequence(list["Node"]):
    """A sequence and where it begins."""

    __slots__ = ("column", "line", "tag")

    def __init__(self, line: int, column: int, tag: str = "") -> None:
        super().__init__()
        self.line, self.column, self.tag = line, column, tag


Node = Scalar | Mapping | Sequence


def made(value: Any, line: int = 1, column: int = 1) -> Node:
    """Nodes for plain data (None, bool, int, float, str, list, dict) that all stand at one place."""
    if isinstance(value, dict):
        mapping = Mapping(line, column)
        for key, item in value.items():
            mapping[str(key)] = made(item, line, column)
            mapping.places[str(key)] = (line, column)
        return mapping
    if isinstance(value, (list, tuple)):
        sequence = Sequence(line, column)
        sequence.extend(made(item, line, column) for item in value)
        return sequence
    return scalar(_written(value), line, column, bare=not isinstance(value, str))


def scalar(text: str, line: int = 1, column: int = 1, *, bare: bool = True) -> Scalar:
    """A scalar that no file wrote."""
    one = Scalar(text)
    one.line, one.column, one.bare, one.block, one.tag = line, column, bare, False, ""
    return one


def rewritten(node: Node, make: Callable[[Scalar], Scalar], depth: int) -> Node:
    """A copy whose scalars are what `make` makes of them, as deep as `depth`; below that it is the node itself."""
    if depth < 0:
        return node
    if isinstance(node, Mapping):
        mapping = Mapping(node.line, node.column, node.tag)
        mapping.places = node.places
        mapping.update((key, rewritten(value, make, depth - 1)) for key, value in node.items())
        return mapping
    if isinstance(node, Sequence):
        sequence = Sequence(node.line, node.column, node.tag)
        sequence.extend(rewritten(value, make, depth - 1) for value in node)
        return sequence
    return make(node)


def _written(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
