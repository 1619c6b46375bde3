"""infrastructure-as-code: declared cloud resources, charts and kustomizations; raw manifests are none."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence

_PLATFORMS = frozenset(("terraform", "cloudformation", "bicep", "arm", "databricks"))
_CODE = ("python", "sdk")  # of which the libraries speak for themselves; a call of a cloud's API declares nothing
_SETTINGS = frozenset(("terraform", "provider"))


class InfrastructureAsCode(Derivation):
    capability = "infrastructure-as-code"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        seen: set[tuple[str, str]] = set()
        for resource in graph.facts("resource"):
            platform = str(resource.get("platform") or "")
            if (
                platform in _PLATFORMS
                and resource.get("origin") not in _CODE
                and resource.get("type") not in _SETTINGS
                and (platform, resource.at.path) not in seen
            ):
                seen.add((platform, resource.at.path))
                yield self.evidence(platform, resource.at, f"{resource.get('type')} '{resource.name}'", state(resource))
        for module in graph.facts("terraform-module"):
            if ("terraform", module.at.path) not in seen:
                seen.add(("terraform", module.at.path))
                yield self.evidence("terraform", module.at, f"module '{module.name}'")
        for chart in graph.facts("chart"):
            yield self.evidence("helm", chart.at, f"chart '{chart.name}'")
        for kustomization in graph.facts("kustomization"):
            yield self.evidence("kustomize", kustomization.at, "kustomization")
