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


def own_target(patch: Mapping) -> Mapping:
    """What a strategic merge patch without `target` is about: its own kind, group and name."""
    group = yamlnodes.text(patch, "apiVersion").rpartition("/")[0]
    names = {"kind": yamlnodes.text(patch, "kind"), "group": group, "name": yamlnodes.text(patch, "metadata", "name")}
    target = yamlnodes.made(names, patch.line, patch.column)
    return target if isinstance(target, Mapping) else patch


def without_identity(patch: Mapping) -> Mapping:
    """The patch without the keys that only say what it is about."""
    content = Mapping(patch.line, patch.column, patch.tag)
    for key, value in patch.items():
        if key not in ("apiVersion", "kind"):
            content[key] = _nameless(value) if key == "metadata" and isinstance(value, Mapping) else value
            content.places[key] = patch.places.get(key, (value.line, value.column))
    return content


def _nameless(metadata: Mapping) -> Mapping:
    content = Mapping(metadata.line, metadata.column, metadata.tag)
    for key, value in metadata.items():
        if key not in ("name", "namespace"):
            content[key] = value
            content.places[key] = metadata.places.get(key, (value.line, value.column))
    return content


def json_patch(target: Mapping, operations: Sequence, ledger: Ledger) -> Iterator[str]:
    """Apply RFC 6902 operations to `target`; yields a complaint for each that does not fit."""
    for operation in operations:
        if isinstance(operation, Mapping):
            kind, path = yamlnodes.text(operation, "op"), yamlnodes.text(operation, "path")
            if kind in ("copy", "move"):
                value = _get(target, yamlnodes.text(operation, "from"))
                done = value is not None and _set(target, path, ledger.again(value), operation, replace=False)
                if kind == "move" and done:
                    _remove(target, yamlnodes.text(operation, "from"))
            elif kind in ("add", "replace") and "value" in operation:
                value = ledger.again(operation["value"])
                done = _set(target, path, value, operation, replace=kind == "replace")
            elif kind == "remove":
                done = _remove(target, path)
            else:
                done = kind == "test"
            if not done:
                yield f"patch operation '{kind}' at '{path}' does not fit"


def _parts(pointer: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def _get(node: Node | None, pointer: str) -> Node | None:
    for part in _parts(pointer):
        node = _step(node, part)
    return node


def _step(node: Node | None, part: str) -> Node | None:
    if isinstance(node, Mapping):
        return node.get(part)
    if isinstance(node, Sequence) and part.isdecimal() and int(part) < len(node):
        return node[int(part)]
    return None


def _holder(target: Node, pointer: str) -> tuple[Node | None, str]:
    parts = _parts(pointer)
    node: Node | None = target if parts else None
    for part in parts[:-1]:
        node = _step(node, part)
    return node, parts[-1] if parts else ""


def _set(target: Mapping, pointer: str, value: Node, operation: Mapping, *, replace: bool) -> bool:
    holder, last = _holder(target, pointer)
    place = operation.places.get("value", (operation.line, operation.column))
    if isinstance(holder, Mapping) and (not replace or last in holder):
        put(holder, last, value, place)
        return True
    if not isinstance(holder, Sequence):
        return False
    if last == "-" and not replace:
        holder.append(value)
        return True
    if not last.isdecimal() or int(last) > len(holder) - replace:
        return False
    if replace:
        holder[int(last)] = value
    else:
        holder.insert(int(last), value)
    return True


def _remove(target: Mapping, pointer: str) -> bool:
    holder, last = _holder(target, pointer)
    if isinstance(holder, Mapping):
        return holder.pop(last, None) is not None
    if isinstance(holder, Sequence) and last.isdecimal() and int(last) < len(holder):
        del holder[int(last)]
        return True
    return False
