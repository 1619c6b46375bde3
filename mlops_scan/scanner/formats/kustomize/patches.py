"""Patches: strategic merge (lists of named things merge by name) and JSON patch (RFC 6902)."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.ledger import Ledger
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence

# list -> the key by which its items are told apart (Kubernetes API conventions: patchMergeKey)
_MERGE_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "imagePullSecrets": ("name",),
    "secrets": ("name",),
    "ports": ("containerPort", "port"),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "webhooks": ("name",),
    "hostAliases": ("ip",),
    "topologySpreadConstraints": ("topologyKey",),
}
_DIRECTIVE = "$patch"


def merge(target: Mapping, patch: Mapping, ledger: Ledger, *, by_name: bool) -> bool:
    """Merge `patch` into `target`; False when the patch deletes it. `by_name`: the type's lists merge by their key."""
    directive = yamlnodes.text(patch, _DIRECTIVE)
    if directive == "delete":
        return False
    if directive == "replace":
        target.clear()
        target.places.clear()
    for key, value in patch.items():
        if not key.startswith("$"):
            _merge_key(target, key, value, patch, ledger, by_name)
    return True


def _merge_key(target: Mapping, key: str, value: Node, patch: Mapping, ledger: Ledger, by_name: bool) -> None:
    old = target.get(key)
    if isinstance(value, Scalar) and yamlnodes.typed(value) is None:
        target.pop(key, None)
    elif isinstance(value, Mapping) and (old is None or isinstance(old, Mapping)):
        if old is None:
            old = Mapping(value.line, value.column, value.tag)
            put(target, key, old, patch.places.get(key, (value.line, value.column)))
        if not merge(old, value, ledger, by_name=by_name):
            target.pop(key, None)
    elif isinstance(old, Sequence) and isinstance(value, Sequence) and by_name and _is_keyed(key, value):
        _merge_list(old, value, _MERGE_KEYS[key], ledger)
    else:
        put(target, key, ledger.again(value), patch.places.get(key, (value.line, value.column)))


def _is_keyed(key: str, patch: Sequence) -> bool:
    return key in _MERGE_KEYS and all(isinstance(item, Mapping) for item in patch)


def put(target: Mapping, key: str, value: Node, place: tuple[int, int]) -> None:
    """Set a key and where it now stands."""
    target[key] = value
    target.places[key] = place


def _merge_list(old: Sequence, patch: Sequence, keys: tuple[str, ...], ledger: Ledger) -> None:
    if any(yamlnodes.text(item, _DIRECTIVE) == "replace" for item in patch):
        old.clear()
    first: list[Node] = []  # kustomize puts what the patch names first, in the patch's order
    for item in patch:
        if not isinstance(item, Mapping) or yamlnodes.text(item, _DIRECTIVE) == "replace":
            continue
        index = _same(old, item, keys)
        found = old.pop(index) if index is not None else None
        if isinstance(found, Mapping):
            if merge(found, item, ledger, by_name=True):
                first.append(found)
        elif _DIRECTIVE not in item:
            first.append(ledger.again(item))
    old[:0] = first


def _same(old: Sequence, item: Mapping, keys: tuple[str, ...]) -> int | None:
    for key in keys:
        wanted = yamlnodes.text(item, key)
        if wanted:
            return next((i for i, one in enumerate(old) if yamlnodes.text(one, key) == wanted), None)
    return None
