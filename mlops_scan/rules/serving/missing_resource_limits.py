"""missing-resource-limits"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Finding


class MissingResourceLimits(Rule):
    """A container may take all memory of its node

    ## Why is this bad?
    Models are the largest tenants of a node. Without limits one of them starves or evicts its neighbours, and the
    scheduler packs pods by guess.

    ## Example
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
              resources:
                limits: {memory: 24Gi, nvidia.com/gpu: 1}
    ```

    ## When to ignore
    A LimitRange of the namespace, kept elsewhere, sets them.

    ## References
    Kubernetes documentation, resource management for pods and containers.
    """

    kinds = OPERATED
    references = ("https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",)
    remedy = "Set a memory request and limit from what the model needs at peak."

    def check(self, graph: Graph) -> Iterator[Finding]:
        if any(str(fact.get("type", "")).endswith("/LimitRange") for fact in graph.facts("resource")):
            return
        for workload, container in graph.long_running():
            if container.lacks("limits"):
                yield self.finding(
                    f"{container.title} of {workload.title} has no resource limits{container.taken('limits')}.",
                    container.at,
                    subject=f"{workload.id}/{container.name}",
                )
