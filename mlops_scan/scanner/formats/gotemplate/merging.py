"""How Helm merges values: a user's over a chart's, a parent's over a sub-chart's, with globals passed down."""

from __future__ import annotations

from collections.abc import Mapping

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, Value
from mlops_scan.scanner.formats.gotemplate.values import Values, copy, put

_GLOBAL = "global"


def under(target: dict[str, Value], defaults: Mapping[str, Value], depth: int = 0) -> None:
    """Put `defaults` under `target`: what the target has wins, and a null of the target deletes the key."""
    if depth > bounds.YAML_DEPTH:
        raise BoundError(f"values nested deeper than {bounds.YAML_DEPTH} levels")
    for key, value in defaults.items():
        if key not in target:
            put(target, key, defaults)
            target[key] = copy(value)
        elif target[key] is None:
            del target[key]
        elif isinstance(value, dict) and isinstance(target[key], dict):
            under(target[key], value, depth + 1)


def over(target: dict[str, Value], later: Mapping[str, Value], depth: int = 0) -> None:
    """Put `later` over `target`, as one values file after another: tables merge, anything else replaces."""
    if depth > bounds.YAML_DEPTH:
        raise BoundError(f"values nested deeper than {bounds.YAML_DEPTH} levels")
    for key, value in later.items():
        mine = target.get(key)
        if isinstance(value, dict) and isinstance(mine, dict):
            over(mine, value, depth + 1)
        else:
            put(target, key, later)
            target[key] = copy(value)


def pass_globals(source: Mapping[str, Value], target: dict[str, Value]) -> None:
    """`global` of a parent's values into those of its sub-chart: the parent's win."""
    given = source.get(_GLOBAL)
    mine = target.get(_GLOBAL)
    made: dict[str, Value] = copy(given) if isinstance(given, dict) else Values()
    if isinstance(mine, dict):
        under(made, mine)
    target[_GLOBAL] = made


def without_nulls(values: dict[str, Value], depth: int = 0) -> None:
    """Drop keys that are null: a chart's own null default is as good as none."""
    for key in [key for key, value in values.items() if value is None]:
        del values[key]
    for value in values.values():
        if isinstance(value, dict) and depth < bounds.YAML_DEPTH:
            without_nulls(value, depth + 1)


def nested(path: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """`values` below the dotted path ('' and '.' are the top)."""
    made: dict[str, Value] = copy(dict(values)) if not isinstance(values, Values) else copy(values)
    for key in reversed([part for part in path.split(".") if part]):
        holder = Values()
        holder[key] = made
        made = holder
    return made
