"""single-replica"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import Graph, Workload
from mlops_scan.scanner.graph.withheld import scaled
from mlops_scan.scanner.model import Finding

_ONE_COUNTS = frozenset(("Deployment", "StatefulSet", "ReplicaSet", "Rollout", "DeploymentConfig", "SeldonDeployment"))


class SingleReplica(Rule):
    """The service has one replica

    ## Why is this bad?
    Every node drain, crash and rollout is an outage for as long as the model takes to load.

    ## Example
    ```yaml title="k8s/llm.yaml"
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: llm}
    spec:
      replicas: 1
      template:
        spec:
          containers:
            - name: vllm
              image: vllm/vllm-openai:v0.10.0
              ports: [{containerPort: 8000}]
    ```

    ## Use instead
    ```yaml title="k8s/llm.yaml"
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: llm}
    spec:
      replicas: 2
      template:
        spec:
          containers:
            - name: vllm
              image: vllm/vllm-openai:v0.10.0
              ports: [{containerPort: 8000}]
    ```

    ## When to ignore
    An outage of some minutes is agreed, or the cost of a second GPU is not.

    ## References
    Kubernetes documentation, run a replicated stateless application.
    """

    kinds = OPERATED
    references = ("https://kubernetes.io/docs/concepts/workloads/controllers/deployment/",)
    remedy = "Run at least two replicas, on different nodes, or let an autoscaler keep a minimum of two."

    def check(self, graph: Graph) -> Iterator[Finding]:
        judged: set[str] = set()
        for workload, container in graph.long_running():
            if (
                workload.id in judged
                or not _is_single(graph, workload)
                or graph.bystanders.keeps_data(workload, container)
            ):
                continue
            if graph.exposes(workload, container) or workload.kind == "SeldonDeployment":
                judged.add(workload.id)
                yield self.finding(
                    f"{workload.title} runs one replica{workload.shrunk}.",
                    workload.replicas_at,
                    subject=workload.id,
                )


def _is_single(graph: Graph, workload: Workload) -> bool:
    """One in every environment; written by hand: a chart's default of one is its user's to change."""
    if workload.kind not in _ONE_COUNTS or scaled(graph, workload.node, "scales")[0]:
        return False
    enabled = [variant for variant in workload.variants if variant.get("state") != "disabled"]
    counts = [variant.get("replicas") for variant in workload.production or enabled]
    if any(isinstance(count, int) and count > 1 for count in counts):
        return False
    from_values = workload.origin == "helm" and any("replica" in place.note.lower() for place in workload.fact.also)
    return not from_values and all(count in (None, 1) for count in counts)
