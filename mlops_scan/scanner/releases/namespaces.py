"""The namespace into which a GitOps controller puts all that it applies, whatever the manifests themselves say."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from mlops_scan.scanner.model import Fact

_KINDS = ("resource", "workload")
_CLUSTER_WIDE = frozenset(
    ("core/Namespace", "rbac.authorization.k8s.io/ClusterRole", "rbac.authorization.k8s.io/ClusterRoleBinding")
)


def put(facts: Sequence[Fact], controller: str) -> None:
    """Say of the objects in folders that objects of `controller` apply where they go, if all of these agree on it."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        if fact.kind == "resource" and fact.get("type") == controller:
            spec = _spec(fact)
            folder = posixpath.normpath(str(spec.get("path") or ".").lstrip("/"))
            if folder != "." and not folder.startswith(".."):
                wanted[folder].add(str(spec.get("targetNamespace") or ""))
    told = {folder: next(iter(names)) for folder, names in wanted.items() if len(names) == 1 and "" not in names}
    for fact in facts if told else ():
        if fact.kind in _KINDS and fact.get("type") not in _CLUSTER_WIDE and isinstance(fact.says, dict):
            name = told.get(_innermost(fact.at.path, wanted))
            if name:
                fact.says["namespace"] = name


def _spec(fact: Fact) -> Mapping[str, Any]:
    data = fact.get("data")
    spec = data.get("spec") if isinstance(data, Mapping) else None
    return spec if isinstance(spec, Mapping) else {}


def _innermost(path: str, folders: Mapping[str, object]) -> str:
    """The nearest folder around a file that anything applies; '' for none."""
    while path:
        path = posixpath.dirname(path)
        if path in folders:
            return path
    return ""
