"""secrets-management: workloads that take secrets from a secret object."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.evidence.base import Derivation, state
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Evidence


class SecretsManagement(Derivation):
    capability = "secrets-management"

    def find(self, graph: Graph) -> Iterator[Evidence]:
        hosted = {one.get("id") for one in graph.facts("workload") if one.get("origin") == "cloud"}
        for env in graph.facts("env"):
            if env.get("secret_ref") and env.get("where") == "container":
                tool, what = (
                    ("secret-store", "secret store") if env.get("owner") in hosted else ("kubernetes-secret", "Secret")
                )
                yield self.evidence(tool, env.at, f"'{env.name}' from a {what}", state(env))
            elif env.get("secret_store"):
                yield self.evidence("secret-store", env.at, f"'{env.name}' from a secret store", state(env))
