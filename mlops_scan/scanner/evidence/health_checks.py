"""health-checks: probes, container health checks, health routes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence

_ROUTE = re.compile(
    r"/_{0,2}(?:health|healthz|healthcheck|health[-_]check|ready|readyz|readiness|live|livez|liveness|ping)/?$"
)


class HealthChecks(Derivation):
    capability = "health-checks"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        for container in graph.facts("container"):
            for probe in ("readiness", "liveness", "startup", "healthcheck"):
                if container.get(probe):
                    what = f"{probe} probe of container '{container.name}'"
                    yield self.evidence("container-probe", container.at, what, state(container))
                    break
        for stage in graph.facts("stage"):
            if stage.get("final") and stage.get("healthcheck"):
                yield self.evidence("dockerfile-healthcheck", stage.at, "HEALTHCHECK")
        for use in graph.uses("web-route"):
            path = next((one for one in use.fact.get("args") or () if isinstance(one, str)), "")
            if _ROUTE.search(path):
                yield self.evidence(use.tool, use.at, f"route {path}")
