"""privileged-container"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Finding, Severity


class PrivilegedContainer(Rule):
    """A container of the ML system runs privileged

    ## Why is this bad?
    A privileged container owns its node: a poisoned model file or a prompt that reaches a shell owns it too. A GPU
    needs a device, not privileges.

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
              securityContext: {privileged: true}
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
              securityContext: {allowPrivilegeEscalation: false}
    ```

    ## When to ignore
    The container is a driver or device plugin.

    ## References
    Kubernetes documentation, pod security standards.
    """

    severity = Severity.ERROR
    kinds = OPERATED
    references = ("https://kubernetes.io/docs/concepts/security/pod-security-standards/",)
    remedy = "Drop 'privileged: true'; request the device as a resource."

    def check(self, graph: Graph) -> Iterator[Finding]:
        for workload in graph.workloads():
            if (
                workload.disabled
                or workload.fact.get("namespace") == "kube-system"
                or graph.bystanders.includes(workload)
            ):
                continue
            for container in workload.containers:
                privileged = any(variant.get("privileged") is True for variant in container.variants)
                if privileged and not graph.is_agent(workload, container):
                    yield self.finding(
                        f"{container.title} of {workload.title} is privileged.",
                        container.at,
                        subject=f"{workload.id}/{container.name}",
                    )
