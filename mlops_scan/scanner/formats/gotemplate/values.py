"""Values that know where they were written: mappings and lists with the place of each key and item."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from typing import NamedTuple

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.gotemplate.gotypes import scalar
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, Value

_COPIES = 200_000  # nodes one value may have: an alias bomb or a list doubled in a loop ends here


class Origin(NamedTuple):
    """Where a value stands: file, line, column, and its dotted path in that file."""

    path: str
    line: int
    column: int
    trail: str


class Values(dict[str, Value]):
    """A mapping read from a values file; `places` holds the origin of every key that was written in one."""

    __slots__ = ("places",)

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, Origin] = {}


class Items(list[Value]):
    """A list read from a values file; `places` holds the origin of each item."""

    __slots__ = ("places",)

    def __init__(self) -> None:
        super().__init__()
        self.places: list[Origin] = []


Read = tuple[Values, str] | tuple[Items, int]


def origin(read: Read) -> Origin | None:
    """Where the value that was read is written, or None when a template made it."""
    holder, key = read
    if isinstance(holder, Values):
        return holder.places.get(str(key))
    index = int(key)
    return holder.places[index] if index < len(holder.places) else None


def current(read: Read) -> Value:
    """The value that was read."""
    holder, key = read
    if isinstance(holder, Values):
        return holder.get(str(key))
    return holder[int(key)] if int(key) < len(holder) else None


class _Budget:
    """Counts the nodes of a copy."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = _COPIES

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise BoundError(f"a value of more than {_COPIES} nodes")


def from_node(node: yamlnodes.Node | None, path: str) -> Value:
    """A YAML node as Go reads it, with origins in the file at `path`."""
    return _from_node(node, path, "", _Budget(), 0)


def _from_node(node: yamlnodes.Node | None, path: str, trail: str, budget: _Budget, depth: int) -> Value:
    budget.take()
    if depth > bounds.YAML_DEPTH:
        raise BoundError(f"values nested deeper than {bounds.YAML_DEPTH} levels")
    if isinstance(node, yamlnodes.Mapping):
        made = Values()
        for key, child in node.items():
            below = f"{trail}.{key}" if trail else key
            line, column = node.places.get(key, (node.line, node.column))
            made.places[key] = Origin(path, line, column, below)
            made[key] = _from_node(child, path, below, budget, depth + 1)
        return made
    if isinstance(node, yamlnodes.Sequence):
        items = Items()
        for index, child in enumerate(node):
            below = f"{trail}[{index}]"
            items.places.append(Origin(path, child.line, child.column, below))
            items.append(_from_node(child, path, below, budget, depth + 1))
        return items
    return None if node is None else scalar(node)


def from_plain(data: object, at: Origin, depth: int = 0) -> Value:
    """JSON data as Go reads it, everything standing at the one place; what is no JSON is null."""
    if depth > bounds.YAML_DEPTH:
        raise BoundError(f"values nested deeper than {bounds.YAML_DEPTH} levels")
    if isinstance(data, dict):
        made = Values()
        for key, child in data.items():
            here = at._replace(trail=f"{at.trail}.{key}" if at.trail else str(key))
            made.places[str(key)] = here
            made[str(key)] = from_plain(child, here, depth + 1)
        return made
    if isinstance(data, list):
        items = Items()
        items.extend(from_plain(child, at, depth + 1) for child in data)
        items.places.extend(at for _ in data)
        return items
    if isinstance(data, (bool, str)):
        return data
    return float(data) if isinstance(data, (int, float)) else None


def copy(value: Value) -> Value:
    """A deep copy that keeps origins. Raises BoundError for a value too big to copy."""
    return _copy(value, _Budget(), 0)


def _copy(value: Value, budget: _Budget, depth: int) -> Value:
    budget.take()
    if depth > bounds.YAML_DEPTH:
        raise BoundError(f"a value nested deeper than {bounds.YAML_DEPTH} levels")
    if isinstance(value, dict):
        made: dict[str, Value] = Values() if isinstance(value, Values) else {}
        if isinstance(value, Values) and isinstance(made, Values):
            made.places.update(value.places)
        for key, child in value.items():
            plain = child is None or isinstance(child, (str, int, float))
            made[key] = child if plain else _copy(child, budget, depth + 1)
        return made
    if isinstance(value, list):
        items: list[Value] = Items() if isinstance(value, Items) else []
        if isinstance(value, Items) and isinstance(items, Items):
            items.places = value.places
        items.extend(_copy(child, budget, depth + 1) for child in value)
        return items
    return value


def size(value: Value) -> int:
    """How many nodes a value has, shared ones counted each time. Raises BoundError past what one value may have."""
    found, stack = 0, [value]
    while stack:
        one = stack.pop()
        found += 1
        if found > _COPIES:
            raise BoundError(f"a value of more than {_COPIES} nodes")
        if isinstance(one, dict):
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)
    return found


def put(holder: dict[str, Value], key: str, source: AnyMapping[str, Value]) -> None:
    """Set `holder[key]` from `source`, with its origin."""
    holder[key] = source[key]
    if isinstance(holder, Values) and isinstance(source, Values) and key in source.places:
        holder.places[key] = source.places[key]


def table(holder: AnyMapping[str, Value], *keys: str) -> dict[str, Value] | None:
    """The mapping below `holder` at `keys`, or None."""
    found: Value = holder
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None
