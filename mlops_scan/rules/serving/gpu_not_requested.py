"""gpu-not-requested"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.rules.base import OPERATED, Rule
from mlops_scan.scanner.graph import Container, Graph, Use, Workload
from mlops_scan.scanner.model import Finding, Location, Place, Severity

_CPU = re.compile(r"(?:^|[-_.:/])(?:cpu|xeon|arm64)(?:$|[-_.:/])|VLLM_TARGET_DEVICE=cpu", re.IGNORECASE)
_ACCELERATOR = re.compile(r"gpu|gaudi|neuron|tpu|npu|mig-|xpu|habana|kfd|dri", re.IGNORECASE)


class GpuNotRequested(Rule):
    """A runtime that needs a GPU asks for none

    ## Why is this bad?
    The pod is scheduled on a node without a GPU and crashes, or shares one that the scheduler believes to be free.

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
              resources:
                limits: {memory: 24Gi}
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
    A device plugin or a mutating webhook gives every pod of the namespace its share.

    ## References
    Kubernetes documentation, schedule GPUs.
    """

    severity = Severity.ERROR
    kinds = OPERATED
    references = ("https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/",)
    remedy = "Request the accelerator under resources.limits (for NVIDIA: nvidia.com/gpu)."

    def check(self, graph: Graph) -> Iterator[Finding]:
        needing: dict[str, list[Use]] = {}
        for use in graph.uses("gpu-runtime"):
            needing.setdefault(str(use.fact.get("owner") or ""), []).append(use)
        for workload, container in graph.long_running():
            reasons = [use for use in needing.get(workload.id, ()) if _inside(use.at, container)]
            if reasons and not _on_cpu(container) and not _has_accelerator(workload, container):
                yield self.finding(
                    f"{container.title} of {workload.title} runs '{reasons[0].tool}', "
                    "which needs a GPU, and requests none.",
                    container.at,
                    subject=f"{workload.id}/{container.name}",
                    related=[Place(reasons[0].at, "this needs a GPU")],
                )


def _inside(at: Location, container: Container) -> bool:
    last = int(container.fact.get("end_line") or 0)
    return at.path == container.at.path and at.line >= container.at.line and (not last or at.line <= last)


def _on_cpu(container: Container) -> bool:
    words = [container.image, *(container.fact.get("command") or ()), *(container.fact.get("args") or ())]
    environment = [f"{key}={value}" for key, value in (container.fact.get("env") or {}).items()]
    text = " ".join(str(word) for word in (*words, *environment))
    return bool(_CPU.search(text)) or "--device cpu" in text or "--device=cpu" in text


def _has_accelerator(workload: Workload, container: Container) -> bool:
    for variant in container.variants:
        keys = [
            *(variant.get("limits") or {}),
            *(variant.get("requests") or {}),
            *map(str, variant.get("devices") or ()),
        ]
        if any(_ACCELERATOR.search(str(key)) for key in keys):
            return True
    return bool(workload.fact.get("resource_claims"))
