"""Fields of objects by path, as `replacements` and `vars` name them: `spec.template.spec.containers.[name=a].image`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.formats.kustomize.patches import put
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence

_STEP = re.compile(r"\[([^\[\]]*)\]|((?:\\.|[^.\[\]\\])+)")
_STEPS = 40
Holder = Mapping | Sequence


def steps(path: str) -> list[str]:
    """The steps of a path; one in brackets keeps them when it chooses by a field."""
    made: list[str] = []
    for bracket, plain in _STEP.findall(path):
        if bracket or not plain:
            made.append(f"[{bracket}]" if "=" in bracket else bracket)
        else:
            made.append(re.sub(r"\\(.)", r"\1", plain))
    return made[:_STEPS]


def found(node: Node, path: str) -> Node | None:
    """The first field at the path."""
    return next((_get(holder, key) for holder, key in places(node, steps(path)) if _has(holder, key)), None)


def places(node: Node | None, way: list[str], *, create: Mapping | None = None) -> Iterator[tuple[Holder, str]]:
    """(holder, key) of each field that the steps lead to; with `create`, mappings on the way are made where it is."""
    if not way or node is None:
        return
    step, rest = way[0], way[1:]
    for holder, key in _here(node, step):
        if not rest:
            yield holder, key
            continue
        if create is not None and isinstance(holder, Mapping) and key not in holder:
            put(holder, key, Mapping(create.line, create.column), (create.line, create.column))
        yield from places(_get(holder, key), rest, create=create)


def _here(node: Node, step: str) -> Iterator[tuple[Holder, str]]:
    """What one step means at a node: a key, an index, each item, or the items with a field of some value."""
    if isinstance(node, Mapping):
        keys = list(node) if step == "*" else [step]
        yield from ((node, key) for key in keys)
    elif isinstance(node, Sequence):
        for index, item in enumerate(node):
            if step in ("*", str(index)) or (step.startswith("[") and _chosen(item, step[1:-1])):
                yield node, str(index)


def _chosen(item: Node, condition: str) -> bool:
    name, _, value = condition.partition("=")
    held = item.get(name) if isinstance(item, Mapping) else item
    return isinstance(held, Scalar) and str(held) == value


def _has(holder: Holder, key: str) -> bool:
    return key in holder if isinstance(holder, Mapping) else True


def _get(holder: Holder, key: str) -> Node | None:
    return holder.get(key) if isinstance(holder, Mapping) else holder[int(key)]


def value_at(holder: Holder, key: str) -> Node | None:
    """What stands in a field, if anything."""
    return _get(holder, key)


def set_field(holder: Holder, key: str, value: Scalar) -> None:
    """Put a value into a field; it stands where it was written."""
    if isinstance(holder, Mapping):
        put(holder, key, value, (value.line, value.column))
    else:
        holder[int(key)] = value
