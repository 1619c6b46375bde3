"""Functions on mappings. Origins of values travel with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats.gotemplate.goprint import show
from mlops_scan.scanner.formats.gotemplate.gotypes import truth
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, TemplateError, Value
from mlops_scan.scanner.formats.gotemplate.values import Values, copy, put


def _dict(*pairs: Value) -> dict[str, Value]:
    return {show(pairs[index]): pairs[index + 1] if index + 1 < len(pairs) else "" for index in range(0, len(pairs), 2)}


def _mapping(value: Value) -> dict[str, Value]:
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    raise TemplateError("wrong type for value; expected map[string]interface {}")


def _set(holder: Value, key: Value, value: Value) -> Value:
    target = _mapping(holder)
    target[show(key)] = value
    if isinstance(target, Values):
        target.places.pop(show(key), None)
    return target


def _unset(holder: Value, key: Value) -> Value:
    _mapping(holder).pop(show(key), None)
    return holder


def _chosen(holder: dict[str, Value], keys: list[str]) -> dict[str, Value]:
    made: dict[str, Value] = Values() if isinstance(holder, Values) else {}
    for key in keys:
        put(made, key, holder)
    return made


def _pick(holder: Value, *keys: Value) -> dict[str, Value]:
    given = _mapping(holder)
    return _chosen(given, [show(key) for key in keys if show(key) in given])


def _omit(holder: Value, *keys: Value) -> dict[str, Value]:
    given, drop = _mapping(holder), {show(key) for key in keys}
    return _chosen(given, [key for key in given if key not in drop])


def _merge(target: Value, *sources: Value) -> Value:
    """What the target lacks, or has empty, is filled from the sources."""
    for source in sources:
        _fill(_mapping(target), _mapping(source), False, 0)
    return target


def _overwrite(target: Value, *sources: Value) -> Value:
    """What a source has wins, empty or not; two mappings merge."""
    for source in sources:
        _fill(_mapping(target), _mapping(source), True, 0)
    return target


def _fill(target: dict[str, Value], source: dict[str, Value], wins: bool, depth: int) -> None:
    if depth > bounds.YAML_DEPTH:
        raise BoundError("a mapping nested too deeply to merge")
    if target is source:
        return
    for key, value in list(source.items()):
        mine = target.get(key)
        if isinstance(value, dict) and isinstance(mine, dict):
            _fill(mine, value, wins, depth + 1)
        elif wins or key not in target or not truth(mine):
            put(target, key, source)


def _dig(*arguments: Value) -> Value:
    """`dig "a" "b" default holder`."""
    if len(arguments) < 3:
        raise TemplateError("dig needs at least three arguments")
    *keys, fallback, found = arguments
    for key in keys:
        if not isinstance(found, dict) or show(key) not in found:
            return fallback
        found = found[show(key)]
    return found


def _has_key(holder: Value, key: Value) -> bool:
    return show(key) in _mapping(holder)


def _pluck(key: Value, *holders: Value) -> list[Value]:
    return [holder[show(key)] for holder in holders if isinstance(holder, dict) and show(key) in holder]


DICTS: Mapping[str, Callable[..., Value]] = {
    "dict": _dict,
    "get": lambda holder, key: _mapping(holder).get(show(key), ""),
    "set": _set,
    "unset": _unset,
    "hasKey": _has_key,
    "pluck": _pluck,
    "keys": lambda *holders: [key for holder in holders for key in _mapping(holder)],
    "values": lambda holder: list(_mapping(holder).values()),
    "pick": _pick,
    "omit": _omit,
    "merge": _merge,
    "mustMerge": _merge,
    "mergeOverwrite": _overwrite,
    "mustMergeOverwrite": _overwrite,
    "deepCopy": copy,
    "mustDeepCopy": copy,
    "dig": _dig,
}
