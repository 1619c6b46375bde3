"""Workloads of platforms that are no Kubernetes, as the manifest that would say the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.formats.python.constructs.codenodes import Unknown
from mlops_scan.scanner.formats.python.constructs.declared import Declared
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, child, made, scalar
from mlops_scan.scanner.formats.yamlnodes import Sequence as Listed

_DEPTH = 30


def build(node: Node | None) -> dict[str, Any]:
    """Where the image inside is built from."""
    found = next(builds(node), None)
    return {"build_context": found["context"], "dockerfile": found["dockerfile"]} if found else {}


def builds(node: Node | None, depth: int = 0) -> Iterator[dict[str, str]]:
    """Where each of the images inside is built from."""
    told = (node.get("build") or node.get("Build")) if isinstance(node, Mapping) else None
    if isinstance(told, Mapping):
        own = {key.lower(): str(value) for key, value in told.items() if isinstance(value, Scalar)}
        yield {"context": own.get("context", "."), "dockerfile": own.get("dockerfile", "Dockerfile")}
        return
    inner = node.values() if isinstance(node, Mapping) else node if isinstance(node, Listed) else ()
    for one in inner if depth < _DEPTH else ():
        yield from builds(one, depth + 1)


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
