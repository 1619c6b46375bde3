"""missing-readiness-probe"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import PLAIN_KINDS, Graph
from mlops_scan.scanner.model import Finding


class MissingReadinessProbe(Rule):
    """A container takes requests before it is known to be ready

    ## Why is this bad?
    A model takes seconds to minutes to load. Without a readiness probe the Service sends requests at once,
    and every rollout and scale-up answers some of them with errors.

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
              readinessProbe: {httpGet: {path: /health, port: 8000}}
    ```

    ## When to ignore
    A mesh or gateway in front checks the model itself before it routes.

    ## References
    Kubernetes documentation, configure liveness, readiness and startup probes.
    """

    kinds = OPERATED
    references = (
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
    )
    remedy = "Add a readinessProbe on the path that answers once the model is loaded."

    def check(self, graph: Graph) -> Iterator[Finding]:
        for workload, container in graph.long_running():
            if workload.kind in PLAIN_KINDS and container.lacks("readiness") and graph.exposes(workload, container):
                yield self.finding(
                    f"{container.title} of {workload.title} has no readiness probe{container.taken('readiness')}.",
                    container.at,
                    subject=f"{workload.id}/{container.name}",
                )
