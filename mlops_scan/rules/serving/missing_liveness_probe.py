"""missing-liveness-probe"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import PLAIN_KINDS, Graph
from mlops_scan.scanner.model import Finding, Severity


class MissingLivenessProbe(Rule):
    """A container that hangs is never restarted

    ## Why is this bad?
    A model server that is stuck (a lost GPU, a deadlock) keeps its pod and serves nothing until a person looks.

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
              livenessProbe: {httpGet: {path: /health, port: 8000}, initialDelaySeconds: 600}
    ```

    ## When to ignore
    The process ends by itself when it cannot serve. A liveness probe that is too eager kills a model that is still
    loading: give a slow start a startupProbe.

    ## References
    Kubernetes documentation, configure liveness, readiness and startup probes.
    """

    severity = Severity.NOTE
    kinds = OPERATED
    references = (
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
    )
    remedy = "Add a livenessProbe, and a startupProbe where loading takes long."

    def check(self, graph: Graph) -> Iterator[Finding]:
        for workload, container in graph.long_running():
            if workload.kind in PLAIN_KINDS and container.lacks("liveness") and graph.exposes(workload, container):
                yield self.finding(
                    f"{container.title} of {workload.title} has no liveness probe{container.taken('liveness')}.",
                    container.at,
                    subject=f"{workload.id}/{container.name}",
                )
