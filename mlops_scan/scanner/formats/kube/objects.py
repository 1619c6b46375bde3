"""One Kubernetes object as facts: the resource it is, the workload and containers it runs, the alerts it holds."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import credentials, prometheus, yamlnodes
from mlops_scan.scanner.formats.kube import containers, pods, workflows
from mlops_scan.scanner.formats.kube.data import Locate, Scene, brief, key_places, spot, text_map
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Fact

_IDENTITY = frozenset(("apiVersion", "kind", "metadata", "status"))
_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")
_SECRET_KEYS = frozenset(("data", "stringData"))
_SCHEDULES = (("schedule",), ("schedules",), ("trigger", "cronSchedule", "cron"))


def is_object(node: Node | None) -> bool:
    """Whether `node` is a Kubernetes object: `apiVersion` and `kind` are texts."""
    return bool(yamlnodes.text(node, "apiVersion") and yamlnodes.text(node, "kind"))


def objects(node: Node | None) -> Iterator[Mapping]:
    """The objects of a document: itself, or the items of a `List` (or of a bare sequence)."""
    if isinstance(node, Sequence):
        for item in node:
            if isinstance(item, Mapping) and is_object(item) and not _is_list(item):
                yield item
    elif isinstance(node, Mapping) and is_object(node):
        if _is_list(node):
            yield from objects(node["items"])
        else:
            yield node


def _is_list(document: Mapping) -> bool:
    return yamlnodes.text(document, "kind").endswith("List") and isinstance(document.get("items"), Sequence)


def workload_id(path: str, document: Mapping) -> str:
    """The identity of an object: the file (or chart) it comes from, its kind and its name; no line."""
    return f"{path}#{yamlnodes.text(document, 'kind')}/{_name(document)}"


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
    at, _ = locate(document.line, document.column)
    scene = Scene(locate, identity or workload_id(anchor or at.path, document), origin, chart, common)
    yield _resource(scene, document, at.path)
    if origin == "helm" or not _runs_jobs(document):  # those have a parser of their own
        yield from _workload_facts(scene, document, at.path)
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


def _name(document: Mapping) -> str:
    return yamlnodes.text(document, "metadata", "name") or yamlnodes.text(document, "metadata", "generateName")


def _type(document: Mapping) -> str:
    group, slash, _ = yamlnodes.text(document, "apiVersion").rpartition("/")
    return f"{group if slash else 'core'}/{yamlnodes.text(document, 'kind')}"


def _resource(scene: Scene, document: Mapping, path: str) -> Fact:
    lines = {dotted: scene.line(place, path) for dotted, place in key_places(document)}
    says = {
        "platform": "kubernetes",
        "type": _type(document),
        "namespace": yamlnodes.text(document, "metadata", "namespace"),
        "labels": text_map(yamlnodes.child(document, "metadata", "labels")),
        "annotations": text_map(yamlnodes.child(document, "metadata", "annotations")),
        "data": _data(document),
        "lines": {dotted: line for dotted, line in lines.items() if line},
        "origin": scene.origin,
        "chart": scene.chart,
        "id": scene.id,
    }
    return scene.fact("resource", _name(document), (document.line, document.column), says)


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


def _workload_facts(scene: Scene, document: Mapping, path: str) -> Iterator[Fact]:
    found = pods.find(document)
    if not found and not _predicts(document):
        if isinstance(yamlnodes.child(document, "spec", "workflowSpec"), Mapping):  # the template says the pods
            yield from _schedule_facts(scene, document)
        return
    yield _workload(scene, document, found, path)
    for pod in found:
        for container, init in pods.containers(pod.spec):
            yield from containers.facts(scene, pod.spec, container, init=init)
    yield from workflows.facts(scene, document, path)
    yield from _schedule_facts(scene, document)


def _schedule_facts(scene: Scene, document: Mapping) -> Iterator[Fact]:
    says = {"owner": scene.id, "where": "kubernetes"}
    if _is_suspended(document):
        says["state"] = "disabled"
    for text, place in _schedules(document):
        yield scene.fact("schedule", text, place, says)


def _is_suspended(document: Mapping) -> bool:
    return yamlnodes.text(document, "spec", "suspend") == "true"


def _predicts(document: Mapping) -> bool:
    """A model server that names a model and leaves the pod to its operator."""
    spec = document.get("spec")
    return isinstance(spec, Mapping) and any(
        isinstance(spec.get(key), (Mapping, Sequence)) for key in ("predictor", "predictors")
    )


def _workload(scene: Scene, document: Mapping, found: list[pods.Pod], path: str) -> Fact:
    template = next((pod.template for pod in found if pod.template is not None), None)
    says = {
        "id": scene.id,
        "type": _type(document),
        "kind": yamlnodes.text(document, "kind"),
        "namespace": yamlnodes.text(document, "metadata", "namespace"),
        **_replicas(scene, document, found, path),
        "kind_line": scene.line(spot(document, "kind"), path),
        "labels": text_map(yamlnodes.child(template, "metadata", "labels")),
        "selector": _selector(document),
        "annotations": _annotations(document, template),
        "origin": scene.origin,
        "chart": scene.chart,
        "schedule": next((text for text, _ in _schedules(document)), ""),
        "suspend": _is_suspended(document),
        "volumes": [volume for pod in found for volume in _volumes(pod.spec)],
        "hook": next((text for text in (_annotations(document, None).get(key) for key in _HOOKS) if text), ""),
        "path": path,
        "resource_claims": [name for pod in found for name in _claims(pod.spec)],
    }
    return scene.fact("workload", _name(document), (document.line, document.column), says)


def _annotations(document: Mapping, template: Mapping | None) -> dict[str, str]:
    return {
        **text_map(yamlnodes.child(template, "metadata", "annotations")),
        **text_map(yamlnodes.child(document, "metadata", "annotations")),
    }


def _replicas(scene: Scene, document: Mapping, found: list[pods.Pod], path: str) -> dict[str, Any]:
    """How many pods the object asks for; None with a line when the number is a placeholder."""
    spec = document.get("spec")
    holder = next((pod.scaler for pod in found if pod.scaler is not None), None)
    if holder is None:
        holder = next((one for one in _own_scalers(spec) if "replicas" in one), None)
    if holder is None:
        return {"replicas": None}
    at, _ = scene.locate(*spot(holder, "replicas"))
    value = holder["replicas"]
    number = yamlnodes.typed(value) if isinstance(value, Scalar) else None
    says: dict[str, Any] = {"replicas": number if isinstance(number, int) else None, "replicas_line": at.line}
    return says if at.path == path else {**says, "replicas_path": at.path}


def _own_scalers(spec: Node | None) -> Iterator[Mapping]:
    for one in (spec, *yamlnodes.items(spec, "predictors"), yamlnodes.child(spec, "predictor")):
        if isinstance(one, Mapping):
            yield one


def _selector(document: Mapping) -> dict[str, str]:
    selector = yamlnodes.child(document, "spec", "selector")
    matched = yamlnodes.child(selector, "matchLabels")
    return text_map(matched if matched is not None else selector)


def _volumes(spec: Mapping) -> Iterator[dict[str, str]]:
    for volume in yamlnodes.items(spec, "volumes"):
        if isinstance(volume, Mapping):
            kind = next((key for key in volume if key != "name"), "")
            yield {"name": yamlnodes.text(volume, "name"), "type": kind, "source": _volume_source(volume.get(kind))}


def _claims(spec: Mapping) -> list[str]:
    return [yamlnodes.text(claim, "name") for claim in yamlnodes.items(spec, "resourceClaims")]


def _volume_source(node: Node | None) -> str:
    keys = ("name", "secretName", "claimName", "path", "reference", "driver", "server", "medium")
    return next((text for text in (yamlnodes.text(node, key) for key in keys) if text), "")


def _schedules(document: Mapping) -> Iterator[tuple[str, tuple[int, int]]]:
    for keys in _SCHEDULES:
        holder = yamlnodes.child(document, "spec", *keys[:-1])
        value = yamlnodes.child(holder, keys[-1])
        if isinstance(value, Scalar) and value.strip():
            yield str(value), spot(holder, keys[-1])
        elif isinstance(value, Sequence):
            yield from ((str(one), (one.line, one.column)) for one in value if isinstance(one, Scalar))


def _configuration(scene: Scene, document: Mapping) -> Iterator[Fact]:
    """Alert rules, receivers and scrape jobs: of an operator's object, or as text in a ConfigMap."""
    yield from prometheus.facts(document.get("spec"), scene.fact, where="kubernetes")
    data = document.get("data") if yamlnodes.text(document, "kind") == "ConfigMap" else None
    for value in data.values() if isinstance(data, Mapping) else ():
        if isinstance(value, Scalar) and prometheus.worth_reading(value):
            yield from prometheus.embedded(value, scene.fact, where="configmap")
