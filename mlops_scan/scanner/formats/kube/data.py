"""What the readers of one object share: where its nodes stand, and its content cut to a bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Fact, Location, Place

# (line, column) in the parsed text -> the place in the repository, and the places that fed it
Locate = Callable[[int, int], tuple[Location, tuple[Place, ...]]]

_LINES_DEPTH = 3
_END_NODES = 5_000


@dataclass(frozen=True, slots=True)
class Scene:
    """One object on its way to facts: how to find its lines, who it is, and what every fact about it also says."""

    locate: Locate
    id: str
    origin: str
    chart: str = ""
    common: dict[str, str] = field(default_factory=dict)

    def fact(self, kind: str, name: str, place: tuple[int, int], says: dict[str, Any]) -> Fact:
        """A fact at `place` (line and column of the parsed text); unknown and empty values are left out."""
        at, also = self.locate(*place)
        kept = {key: value for key, value in says.items() if value not in (None, "", [], {}) or key in _KEPT}
        return Fact(kind, name, at, {**kept, **self.common}, also)

    def line(self, place: tuple[int, int], path: str) -> int | None:
        """The line behind `place` when it stands in the file `path`."""
        at, _ = self.locate(*place)
        return at.line if at.path == path else None


_KEPT = frozenset(("replicas", "readiness", "liveness", "startup", "value", "init", "configs", "empty"))


def spot(holder: Node | None, key: str) -> tuple[int, int]:
    """Where the value of `key` was written: at the key when both share a line, else at the value."""
    if not isinstance(holder, Mapping):
        return (1, 1)
    value = holder.get(key)
    place = holder.places.get(key, (holder.line, holder.column))
    if isinstance(value, Scalar) and value.line and value.line != place[0]:
        return (value.line, value.column)
    return place


def brief(node: Node | None, nodes: int = bounds.FACT_NODES) -> Any:
    """Plain data in which strings and the number of nodes are bounded: what a fact may carry."""
    return _Brief(nodes).convert(node, 0)


class _Brief:
    def __init__(self, nodes: int) -> None:
        self.left = nodes

    def convert(self, node: Node | None, depth: int) -> Any:
        self.left -= 1
        if node is None or self.left < 0 or depth > bounds.YAML_DEPTH:
            return None
        if isinstance(node, Mapping):
            return {key: self.convert(value, depth + 1) for key, value in node.items() if self.left > 0}
        if isinstance(node, Sequence):
            return [self.convert(value, depth + 1) for value in node if self.left > 0]
        value = yamlnodes.typed(node)
        return value[: bounds.FACT_TEXT] if isinstance(value, str) else value


def key_places(node: Mapping, prefix: str = "", depth: int = 1) -> Iterator[tuple[str, tuple[int, int]]]:
    """(dotted path, place) of each key down to depth 3; lists are not entered."""
    for key, value in node.items():
        dotted = intern(f"{prefix}{key}")
        yield dotted, spot(node, key)
        if isinstance(value, Mapping) and depth < _LINES_DEPTH:
            yield from key_places(value, f"{dotted}.", depth + 1)


def last_lines(node: Node) -> list[int]:
    """The lines of the parsed text on which something of `node` stands, the last one first."""
    found, stack, left = {node.line}, [node], _END_NODES
    while stack and left:
        current = stack.pop()
        left -= 1
        if isinstance(current, Mapping):
            stack.extend(current.values())
            found.update(line for line, _ in current.places.values())
        elif isinstance(current, Sequence):
            stack.extend(current)
        else:
            found.add(current.line + (current.rstrip("\n").count("\n") + 1 if current.block else 0))
    return sorted(found, reverse=True)


def texts(node: Node | None) -> list[str]:
    """A sequence of scalars as texts (a lone scalar is a list of one); anything else in it is left out."""
    if isinstance(node, Scalar):
        return [str(node)]
    return [str(item) for item in node if isinstance(item, Scalar)] if isinstance(node, Sequence) else []


def text_map(node: Node | None) -> dict[str, str]:
    """The scalar entries of a mapping as texts, cut to the bound."""
    if not isinstance(node, Mapping):
        return {}
    return {key: str(value)[: bounds.FACT_TEXT] for key, value in node.items() if isinstance(value, Scalar)}
