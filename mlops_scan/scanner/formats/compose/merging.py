"""How one definition of a service is laid over another (the merge rules of the Compose specification)."""

from __future__ import annotations

from mlops_scan.scanner.formats.ledger import Ledger
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence

_REPLACED = frozenset(("command", "entrypoint", "test", "extends"))
_NAMED_LISTS = frozenset(("environment", "labels", "annotations", "args"))  # NAME=value lists and maps are one


def merged(below: Mapping, above: Mapping, ledger: Ledger) -> Mapping:
    """`below` with `above` laid over it; changes and returns `below`."""
    for key, value in above.items():
        old = below.get(key)
        if value.tag.endswith("!reset"):
            below.pop(key, None)
            continue
        if key in _NAMED_LISTS:
            old, value = as_mapping(old), as_mapping(value)
        if isinstance(old, Mapping) and isinstance(value, Mapping) and not value.tag.endswith("!override"):
            below[key] = merged(old, value, ledger)
        elif isinstance(old, Sequence) and isinstance(value, Sequence) and key not in _REPLACED and not value.tag:
            old.extend(value)
        else:
            below[key] = value
            below.places[key] = above.places.get(key, (value.line, value.column))
    return below


def as_mapping(node: Node | None) -> Node:
    """A list of NAME=value as a mapping (a name alone has no value: it comes from the caller's environment)."""
    if isinstance(node, Mapping):
        return node
    made = Mapping(node.line if node is not None else 0, node.column if node is not None else 1)
    for one in node if isinstance(node, Sequence) else ():
        if isinstance(one, Scalar):
            name, equals, value = one.partition("=")
            part = Scalar(value)
            part.line, part.column, part.tag, part.block = one.line, one.column, "", False
            part.bare = not equals
            made[name] = part
            made.places[name] = (one.line, one.column)
    return made
