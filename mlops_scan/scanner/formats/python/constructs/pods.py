"""Workloads of platforms that are no Kubernetes, as the manifest that would say the same."""

from __future__ import annotations

from typing import Any

from mlops_scan.scanner.formats.python.constructs.declared import Declared
from mlops_scan.scanner.formats.python.constructs.nodes import Unknown
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, child, made, scalar
from mlops_scan.scanner.formats.yamlnodes import Sequence as Listed

_DEPTH = 30


def build(node: Node | None, depth: int = 0) -> dict[str, Any]:
    """Where an image inside is built from."""
    if isinstance(node, Mapping):
        told = node.get("build")
        if isinstance(told, Mapping):
            context, dockerfile = child(told, "context"), child(told, "dockerfile")
            return {"build_context": str(context or "."), "dockerfile": str(dockerfile or "Dockerfile")}
    inner = node.values() if isinstance(node, Mapping) else node if isinstance(node, Listed) else ()
    found = (build(one, depth + 1) for one in inner) if depth < _DEPTH else iter(())
    return next((one for one in found if one), {})


def is_dark(node: Scalar) -> bool:
    """Whether nothing of a text is known."""
    return isinstance(node, Unknown) and "parts" not in node.value


def pod(one: Declared) -> Mapping:
    """The manifest that would say the same; its kind is no Kubernetes kind."""
    group, _, kind = one.type.rpartition("/")
    place = (one.data.line, one.data.column)
    spec = made({"template": {"spec": {}}}, *place)
    assert isinstance(spec, Mapping)
    for key, value in one.data.items():
        if key in ("replicas", "schedule"):
            spec[key] = value
            spec.places[key] = one.data.places[key]
    inner = child(spec, "template", "spec")
    containers = one.data.get("containers")
    if isinstance(inner, Mapping) and isinstance(containers, Listed):
        for number, item in enumerate(containers):
            if isinstance(item, Mapping) and isinstance(image := item.get("image"), Unknown) and is_dark(image):
                del item["image"]
            if isinstance(item, Mapping) and not isinstance(item.get("name"), Scalar):
                item["name"] = scalar(one.name if not number else f"{one.name}-{number}", *place, bare=False)
        inner["containers"] = containers
    document = made({"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": one.name}}, *place)
    assert isinstance(document, Mapping)
    document["spec"] = spec
    return document
