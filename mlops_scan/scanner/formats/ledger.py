"""Nodes of many files in one object: every file gets its own range of line numbers, so each node keeps its place."""

from __future__ import annotations

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Location, Place

_STRIDE = 1 << 24  # more lines than a file of bounds.FILE_BYTES can have


class TooLargeError(ValueError):
    """Files put together to more nodes than the bound."""


class Ledger:
    """Which range of lines belongs to which file."""

    def __init__(self) -> None:
        self._paths: list[str] = []
        self._shifts: dict[str, int] = {}
        self._left = bounds.MERGED_NODES
        self._fed: dict[int, tuple[Place, ...]] = {}

    def copy(self, node: Node, path: str, base_line: int = 0) -> Node:
        """A copy of `node` of the file `path`, free to be changed; `base_line` is added to its lines."""
        return self._copy(node, self.shift(path) + base_line)

    def shift(self, path: str) -> int:
        """What is added to the lines of the file `path`."""
        if path not in self._shifts:
            self._shifts[path] = len(self._paths) * _STRIDE
            self._paths.append(path)
        return self._shifts[path]

    def feed(self, line: int, places: tuple[Place, ...]) -> None:
        """Say what fed a line (as numbered here): values behind a template."""
        if places:
            self._fed[line] = places

    def again(self, node: Node) -> Node:
        """A copy of a node that already has its place here: one patch changes many objects."""
        return self._copy(node, 0)

    def _copy(self, node: Node, shift: int) -> Node:
        self._left -= 1
        if self._left < 0:
            raise TooLargeError(f"renders to more than {bounds.MERGED_NODES} nodes")
        made: Node
        if isinstance(node, Mapping):
            made = Mapping(node.line + shift, node.column, node.tag)
            for key, value in node.items():
                made[key] = self._copy(value, shift)
                line, column = node.places.get(key, (node.line, node.column))
                made.places[key] = (line + shift, column)
        elif isinstance(node, Sequence):
            made = Sequence(node.line + shift, node.column, node.tag)
            made.extend(self._copy(value, shift) for value in node)
        else:
            made = Scalar(node)
            made.line, made.column = node.line + shift, node.column
            made.bare, made.block, made.tag = node.bare, node.block, node.tag
        return made

    def locate(self, line: int, column: int) -> tuple[Location, tuple[Place, ...]]:
        """The place in the repository; see kube.Locate."""
        number, own = divmod(line, _STRIDE)
        path = self._paths[number] if number < len(self._paths) else ""
        return Location(path, own, column), self._fed.get(line, ())
