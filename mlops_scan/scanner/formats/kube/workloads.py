"""An object that runs pods, as facts: the workload and its containers, and the clock it runs by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.kube import containers, operators, parameters, pods, workflows
from mlops_scan.scanner.formats.kube.data import Scene, spot, text_map
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence
from mlops_scan.scanner.model import Fact

_HOOKS = ("helm.sh/hook", "argocd.argoproj.io/hook")
_SCHEDULES = (("schedule",), ("schedules",), ("trigger", "cronSchedule", "cron"))


def name_of(document: Mapping) -> str:
    return yamlnodes.text(document, "metadata", "name") or yamlnodes.text(document, "metadata", "generateName")


def type_of(document: Mapping) -> str:
    group, slash, _ = yamlnodes.text(document, "apiVersion").rpartition("/")
    return f"{group if slash else 'core'}/{yamlnodes.text(document, 'kind')}"


def facts_of(scene: Scene, document: Mapping, path: str) -> Iterator[Fact]:
    found = pods.find(document)
    if not found and not _predicts(document) and not operators.runs_programs(document):
        if isinstance(yamlnodes.child(document, "spec", "workflowSpec"), Mapping) or _listens(
            document
        ):  # the template says the pods
            yield from _schedule_facts(scene, document)
        return
    if operators.only_matches(document):
        return
    yield _workload(scene, document, found, path)
    given = parameters.of_templates(document)
    for pod in found:
        known = given.get(yamlnodes.text(pod.spec, "name"), {}) if given else {}
        for container, init in pods.containers(pod.spec):
            yield from containers.facts(scene, pod.spec, container, init=init, known=known)
    yield from operators.facts(scene, document)
    yield from workflows.facts(scene, document, path)
    yield from _schedule_facts(scene, document)


def _schedule_facts(scene: Scene, document: Mapping) -> Iterator[Fact]:
    says = {"owner": scene.id, "where": "kubernetes"}
    if _is_suspended(document):
        says["state"] = "disabled"
    yield from workflows.events(scene, document) if _listens(document) else ()
    for text, place in _schedules(document):
        yield scene.fact("schedule", text, place, says)


def _listens(document: Mapping) -> bool:
    return yamlnodes.text(document, "kind") == "Sensor"


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
        "type": type_of(document),
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
        "ends": operators.ends(document) or None,
        "resource_claims": [name for pod in found for name in _claims(pod.spec)],
    }
    return scene.fact("workload", name_of(document), (document.line, document.column), says)


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
