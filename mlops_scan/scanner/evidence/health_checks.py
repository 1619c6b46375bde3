"""health-checks: probes, container health checks, health routes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.bystanders import is_controller
from mlops_scan.scanner.model import Evidence, Status

_ROUTE = re.compile(
    r"/_{0,2}(?:health|healthz|healthcheck|health[-_]check|ready|readyz|readiness|live|livez|liveness|ping)/?$"
)


_PROBES = ("readiness", "liveness", "startup", "healthcheck")


class HealthChecks(Derivation):
    capability = "health-checks"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        taken = dict(_taken(graph))
        controllers = {one.id for one in graph.workloads() if is_controller(one)}  # of the cluster: not the system's
        for container in graph.facts("container"):
            for probe in _PROBES:
                if container.get(probe) and container.get("workload") not in controllers:
                    what = f"{probe} probe of container '{container.name}'"
                    why = taken.get((str(container.get("workload")), container.name), "")
                    status = Status.DISABLED if why else state(container)
                    yield self.evidence("container-probe", container.at, what, status, why)
                    break
        for stage in graph.facts("stage"):
            if stage.get("final") and stage.get("healthcheck"):
                yield self.evidence("dockerfile-healthcheck", stage.at, "HEALTHCHECK")
        for use in graph.uses("web-route"):
            path = next((one for one in use.fact.get("args") or () if isinstance(one, str)), "")
            if _ROUTE.search(path):
                yield self.evidence(use.tool, use.at, f"route {path}")


def _taken(graph: Graph) -> Iterator[tuple[tuple[str, str], str]]:
    """Containers that have a probe elsewhere and none in production, each with where that is."""
    for workload in graph.workloads():
        for one in workload.containers:
            if one.production and all(one.lacks(probe) for probe in _PROBES):
                where = next((found for probe in _PROBES if (found := one.taken(probe))), "")
                if where:
                    yield (workload.id, one.name), f"it has none{where}"
