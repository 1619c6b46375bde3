"""missing-autoscaler"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.graph.withheld import scaled
from mlops_scan.scanner.model import Finding, Severity

_SCALABLE = frozenset(("Deployment", "StatefulSet", "Rollout", "DeploymentConfig"))


class MissingAutoscaler(Rule):
    """The service cannot grow with its load

    ## Why is this bad?
    A fixed number of replicas is too many at night and too few at the peak, and for GPUs both are dear.

    ## Example
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

    ## Use instead
    ```yaml title="k8s/llm.yaml"
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: llm}
    spec:
      template:
        spec:
          containers:
            - name: vllm
              image: vllm/vllm-openai:v0.10.0
              ports: [{containerPort: 8000}]
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: llm}
    spec:
      minReplicas: 2
      maxReplicas: 6
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: llm}
    ```

    ## When to ignore
    The load is constant and known, or a queue in front evens it out.

    ## References
    Kubernetes documentation, horizontal pod autoscaling; GKE documentation, autoscale LLM inference workloads on GPUs.
    """

    severity = Severity.NOTE
    kinds = OPERATED
    references = (
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
        "https://cloud.google.com/kubernetes-engine/docs/best-practices/machine-learning/inference/autoscaling",
    )
    remedy = "Add an autoscaler on queue length or concurrency (for GPU servers not on CPU)."

    def check(self, graph: Graph) -> Iterator[Finding]:
        judged: set[str] = set()
        for workload, container in graph.long_running():
            if (
                workload.id in judged
                or workload.kind not in _SCALABLE
                or (told := scaled(graph, workload.node, "scales", "steers"))[0]
            ):
                continue
            if graph.exposes(workload, container) and not graph.bystanders.keeps_data(workload, container):
                judged.add(workload.id)
                yield self.finding(
                    f"Nothing scales {workload.title}: {told[1] or 'no autoscaler names it'}.",
                    workload.kind_at,
                    subject=workload.id,
                )
