"""What a kustomization does to every object it has: names, namespace, labels, replicas, images."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.formats import images, yamlnodes
from mlops_scan.scanner.formats.kustomize.patches import put
from mlops_scan.scanner.formats.kustomize.variant import Variant
from mlops_scan.scanner.formats.ledger import Ledger
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence, scalar

_CONTAINER_LISTS = ("containers", "initContainers", "container")
_CLUSTER_WIDE = frozenset(
    (
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "PersistentVolume",
        "StorageClass",
        "PriorityClass",
        "RuntimeClass",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "APIService",
    )
)
_NEVER_RENAMED = frozenset(("Namespace", "CustomResourceDefinition", "APIService"))
_SCALABLE = frozenset(("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"))
_TEMPLATED = _SCALABLE | {"DaemonSet", "Job"}  # kinds whose pods carry the labels too
_SELECTING = {
    **dict.fromkeys(("Deployment", "StatefulSet", "ReplicaSet", "DaemonSet"), ("selector", "matchLabels")),
    **dict.fromkeys(("Service", "ReplicationController"), ("selector",)),
}
# key of a mapping that names another object -> (kind of that object, key of the name)
_REFERENCES = {
    "configMap": ("ConfigMap", "name"),
    "configMapRef": ("ConfigMap", "name"),
    "configMapKeyRef": ("ConfigMap", "name"),
    "secret": ("Secret", "secretName"),
    "secretRef": ("Secret", "name"),
    "secretKeyRef": ("Secret", "name"),
    "persistentVolumeClaim": ("PersistentVolumeClaim", "claimName"),
    "service": ("Service", "name"),
    "scaleTargetRef": ("", "name"),
    "targetRef": ("", "name"),
}


def apply(node: Mapping, variants: list[Variant], ledger: Ledger) -> None:
    """The transformers of the kustomization `node` that stand after its patches, in kustomize's order."""
    _namespace(node, variants)
    _rename(yamlnodes.text(node, "namePrefix"), yamlnodes.text(node, "nameSuffix"), variants)
    _labels(node, variants, ledger)
    for entry in yamlnodes.items(node, "replicas"):
        _replicas(entry, variants, ledger)
    _images([entry for entry in yamlnodes.items(node, "images") if isinstance(entry, Mapping)], variants)


def _namespace(node: Mapping, variants: list[Variant]) -> None:
    namespace = node.get("namespace")
    if not isinstance(namespace, Scalar) or not namespace:
        return
    for variant in variants:
        metadata = variant.node.get("metadata")
        key = "name" if variant.kind == "Namespace" else "namespace"
        if isinstance(metadata, Mapping) and (key == "name" or variant.kind not in _CLUSTER_WIDE):
            put(metadata, key, namespace, metadata.places.get(key, (metadata.line, metadata.column)))


def _rename(prefix: str, suffix: str, variants: list[Variant]) -> None:
    if not prefix and not suffix:
        return
    renamed: dict[tuple[str, str], str] = {}
    for variant in variants:
        metadata = variant.node.get("metadata")
        old = yamlnodes.child(metadata, "name")
        if not isinstance(metadata, Mapping) or not isinstance(old, Scalar) or variant.kind in _NEVER_RENAMED:
            continue
        new = scalar(f"{prefix}{old}{suffix}"[:300], old.line, old.column, bare=False)
        metadata["name"] = new
        variant.names.add(str(new))
        renamed[(variant.kind, str(old))] = str(new)
    for variant in variants:
        _follow(variant.node, renamed)


def _follow(node: Node, renamed: dict[tuple[str, str], str]) -> None:
    """Names of other objects inside `node` follow their objects' new names."""
    for holder in _mappings(node):
        for key, (kind, name_key) in _REFERENCES.items():
            one = holder.get(key)
            old = yamlnodes.child(one, name_key)
            new = renamed.get((kind or yamlnodes.text(one, "kind"), str(old)))
            if isinstance(one, Mapping) and isinstance(old, Scalar) and new:
                one[name_key] = scalar(new, old.line, old.column, bare=False)


def _mappings(node: Node) -> Iterator[Mapping]:
    stack: list[Node] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, Mapping):
            yield current
            stack.extend(current.values())
        elif isinstance(current, Sequence):
            stack.extend(current)


def _labels(node: Mapping, variants: list[Variant], ledger: Ledger) -> None:
    everywhere = yamlnodes.child(node, "commonLabels")
    annotations = yamlnodes.child(node, "commonAnnotations")
    for variant in variants:
        _add(variant.node, everywhere, "labels", ledger, templates=True, selectors=True)
        _add(variant.node, annotations, "annotations", ledger, templates=True, selectors=False)
        for entry in yamlnodes.items(node, "labels"):
            selectors = yamlnodes.text(entry, "includeSelectors") == "true"
            templates = selectors or yamlnodes.text(entry, "includeTemplates") == "true"
            pairs = yamlnodes.child(entry, "pairs")
            _add(variant.node, pairs, "labels", ledger, templates=templates, selectors=selectors)


def _add(node: Mapping, pairs: Node | None, key: str, ledger: Ledger, *, templates: bool, selectors: bool) -> None:
    if not isinstance(pairs, Mapping):
        return
    kind, spec = yamlnodes.text(node, "kind"), node.get("spec")
    holders = [_below(node, pairs, "metadata", key)]
    if templates and kind in _TEMPLATED and isinstance(spec, Mapping):
        holders.append(_below(spec, pairs, "template", "metadata", key))
    if templates and kind == "CronJob" and isinstance(spec, Mapping):
        holders.append(_below(spec, pairs, "jobTemplate", "metadata", key))
        holders.append(_below(spec, pairs, "jobTemplate", "spec", "template", "metadata", key))
    if selectors and kind in _SELECTING and isinstance(spec, Mapping):
        holders.append(_below(spec, pairs, *_SELECTING[kind]))
    for holder in holders:
        for name, value in pairs.items():
            put(holder, name, ledger.again(value), pairs.places.get(name, (value.line, value.column)))


def _below(node: Mapping, pairs: Mapping, *keys: str) -> Mapping:
    """The mapping at `keys`, made where it is missing."""
    for key in keys:
        found = node.get(key)
        if not isinstance(found, Mapping):
            found = Mapping(pairs.line, pairs.column)
            put(node, key, found, (pairs.line, pairs.column))
        node = found
    return node


def _replicas(entry: Node, variants: list[Variant], ledger: Ledger) -> None:
    count = yamlnodes.child(entry, "count")
    if not isinstance(entry, Mapping) or not isinstance(count, Scalar):
        return
    for variant in variants:
        spec = variant.node.get("spec")
        if yamlnodes.text(entry, "name") in variant.names and variant.kind in _SCALABLE and isinstance(spec, Mapping):
            put(spec, "replicas", ledger.again(count), entry.places["count"])


def _images(entries: list[Mapping], variants: list[Variant]) -> None:
    by_name: dict[str, list[tuple[int, Mapping]]] = {}
    for index, entry in enumerate(entries):
        by_name.setdefault(yamlnodes.text(entry, "name"), []).append((index, entry))
    by_name.pop("", None)
    for variant in variants if by_name else ():
        for holder in _mappings(variant.node):
            for key in _CONTAINER_LISTS:
                for container in yamlnodes.items(holder, key) if key in holder else ():
                    if isinstance(container, Mapping):
                        _replace_images(container, by_name)


def _replace_images(container: Mapping, by_name: dict[str, list[tuple[int, Mapping]]]) -> None:
    """Apply the entries in their order: one may rename what a later one looks for."""
    done = -1
    while isinstance(old := yamlnodes.child(container, "image"), Scalar):
        ref = images.parse(str(old))
        fitting = ((index, entry) for index, entry in by_name.get(ref.repository, ()) if index > done)
        done, entry = next(fitting, (done, None))
        if entry is None:
            return
        _replace_image(container, ref, entry)


def _replace_image(container: Mapping, ref: images.ImageRef, entry: Mapping) -> None:
    name = ref.repository
    new_name, new_tag, digest = (yamlnodes.text(entry, key) for key in ("newName", "newTag", "digest"))
    tag, pin = (new_tag, digest) if new_tag or digest else (ref.tag, ref.digest)
    text = f"{new_name or name}{':' + tag if tag else ''}{'@' + pin if pin else ''}"
    deciding = next((key for key in ("digest", "newTag", "newName") if key in entry), "name")
    line, column = entry.places[deciding]
    put(container, "image", scalar(text[:500], line, column, bare=False), (line, column))
