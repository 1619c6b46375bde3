"""One Kubernetes object as facts: the resource it is, the workload and containers it runs, the alerts it holds."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import credentials, prometheus, yamlnodes
from mlops_scan.scanner.formats.kube import operators, playbooks
from mlops_scan.scanner.formats.kube.data import Locate, Scene, brief, key_places, spot, text_map
from mlops_scan.scanner.formats.kube.workloads import facts_of, name_of, type_of
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Fact

_IDENTITY = frozenset(("apiVersion", "kind", "metadata", "status"))
_SECRET_KEYS = frozenset(("data", "stringData"))


def is_object(node: Node | None) -> bool:
    """Whether `node` is a Kubernetes object: `apiVersion` and `kind` are texts."""
    return bool(yamlnodes.text(node, "apiVersion") and yamlnodes.text(node, "kind"))


def objects(node: Node | None) -> Iterator[Mapping]:
    """The objects of a document: itself, the items of a `List` or a bare sequence, what the tasks of a play apply."""
    if isinstance(node, Sequence):
        for item in node:
            if isinstance(item, Mapping) and is_object(item) and not _is_list(item):
                yield item
            elif isinstance(item, Mapping):
                yield from (one for one in playbooks.applied(item) if is_object(one))
    elif isinstance(node, Mapping) and is_object(node):
        if _is_list(node):
            yield from objects(node["items"])
        else:
            yield node


def held(document: Mapping) -> Iterator[Mapping]:
    """The objects that a ConfigMap keeps as text, for whatever applies them; their lines are those of the file."""
    data = document.get("data") if yamlnodes.text(document, "kind") == "ConfigMap" else None
    for value in data.values() if isinstance(data, Mapping) else ():
        if not isinstance(value, Scalar) or not value.block or "apiVersion:" not in value or "kind:" not in value:
            continue
        if "CustomResourceDefinition" in value:  # the index of a catalogue of operators
            continue
        try:
            found = yamlnodes.parse(str(value), first_line=value.line + 1)
        except yamlnodes.YamlError:
            continue
        for one in found:
            yield from objects(one)


def _is_list(document: Mapping) -> bool:
    return yamlnodes.text(document, "kind").endswith("List") and isinstance(document.get("items"), Sequence)


def workload_id(path: str, document: Mapping) -> str:
    """The identity of an object: the file (or chart) it comes from, its kind and its name; no line."""
    return f"{path}#{yamlnodes.text(document, 'kind')}/{name_of(document)}"


def distinct(identity: str, seen: Counter[str]) -> str:
    """`identity`, told apart by its order from an equal one before it (other namespaces, variants of one base)."""
    seen[identity] += 1
    return identity if seen[identity] == 1 else f"{identity}~{seen[identity]}"


def facts(
    document: Mapping,
    locate: Locate,
    *,
    origin: str,
    chart: str = "",
    environment: str = "",
    state: str = "",
    anchor: str = "",
    identity: str = "",
) -> Iterator[Fact]:
    """What one object says.

    Its `resource`; `workload`, `container`, `image`, `command`, `env` and `schedule` where it runs pods; `alert`,
    `receiver` and `scrape` where it holds such configuration. A `List` is opened; anything else yields nothing.

    `anchor` is the path of which the identity is made (default: the file the object stands in); `identity` is the whole
    identity, for a caller that must keep two objects of one name apart.
    """
    common = {key: value for key, value in (("environment", environment), ("state", state)) if value}
    if not is_object(document):
        return
    if _is_list(document):
        for item in objects(document):
            yield from facts(item, locate, origin=origin, chart=chart, anchor=anchor, **common)
        return
    document = operators.opened(document)
    at, _ = locate(document.line, document.column)
    scene = Scene(locate, identity or workload_id(anchor or at.path, document), origin, chart, common)
    yield _resource(scene, document, at.path)
    if origin == "helm" or not _runs_jobs(document):  # those have a parser of their own
        yield from facts_of(scene, document, at.path)
    yield from _configuration(scene, document)
    if yamlnodes.text(document, "kind") == "Secret" and origin != "helm":  # a chart gets its values later
        yield from _credentials(scene, document)


def _runs_jobs(document: Mapping) -> bool:
    """Whether the object is a pipeline's or task's of a CI service in the cluster: a job, not a workload."""
    return yamlnodes.text(document, "apiVersion").startswith("tekton.dev/")


def _credentials(scene: Scene, document: Mapping) -> Iterator[Fact]:
    """What a Secret object holds in plain text or in base64, where it is no placeholder."""
    for key in sorted(_SECRET_KEYS):
        held = document.get(key)
        for name, value in held.items() if isinstance(held, Mapping) else ():
            text = _decoded(value) if key == "data" else str(value) if isinstance(value, Scalar) else ""
            if text and credentials.names_secret(name) and credentials.looks_real(name, text):
                says = {"redacted": credentials.redact(text), "how": "key"}
                yield scene.fact("secret", f"value of '{name}'", spot(held, name), says)


def _decoded(value: Node) -> str:
    """The text behind base64, or ''."""
    if not isinstance(value, Scalar) or len(value) > bounds.FACT_TEXT:
        return ""
    try:
        return base64.b64decode(str(value), validate=True).decode("ascii").strip()
    except ValueError:
        return ""


def _resource(scene: Scene, document: Mapping, path: str) -> Fact:
    lines = {dotted: scene.line(place, path) for dotted, place in key_places(document)}
    says = {
        "platform": "kubernetes",
        "type": type_of(document),
        "namespace": yamlnodes.text(document, "metadata", "namespace"),
        "labels": text_map(yamlnodes.child(document, "metadata", "labels")),
        "annotations": text_map(yamlnodes.child(document, "metadata", "annotations")),
        "data": _data(document),
        "lines": {dotted: line for dotted, line in lines.items() if line},
        "origin": scene.origin,
        "chart": scene.chart,
        "id": scene.id,
    }
    return scene.fact("resource", name_of(document), (document.line, document.column), says)


def _data(document: Mapping) -> dict[str, Any]:
    """Everything but the identity; of a Secret only the names of its keys."""
    secret = yamlnodes.text(document, "kind") == "Secret"
    return {
        key: _keys_only(value) if secret and key in _SECRET_KEYS else brief(value)
        for key, value in document.items()
        if key not in _IDENTITY
    }


def _keys_only(node: Node) -> Any:
    return dict.fromkeys(node) if isinstance(node, Mapping) else None


def _configuration(scene: Scene, document: Mapping) -> Iterator[Fact]:
    """Alert rules, receivers and scrape jobs: of an operator's object, or as text in a ConfigMap."""
    yield from prometheus.facts(document.get("spec"), scene.fact, where="kubernetes")
    data = document.get("data") if yamlnodes.text(document, "kind") == "ConfigMap" else None
    for value in data.values() if isinstance(data, Mapping) else ():
        if isinstance(value, Scalar) and prometheus.worth_reading(value):
            yield from prometheus.embedded(value, scene.fact, where="configmap")
