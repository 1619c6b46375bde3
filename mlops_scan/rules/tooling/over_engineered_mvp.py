"""over-engineered-mvp"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import PROJECTS, Rule
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Confidence, Finding, Place, Severity

_HEAVY = {  # family -> capabilities or roles that show it
    "a service mesh or progressive delivery": ("gradual-rollout", "ab-testing"),
    "a feature store": ("feature-store",),
    "a pipeline platform": ("pipeline-platform",),
    "an event stream": ("event-streaming",),
    "distributed training": ("distributed-training",),
    "an LLM gateway": ("llm-gateway",),
}
_SMALL_LINES = 1500  # lines of Python; rules.md T13
_FAMILIES = 3


class OverEngineeredMvp(Rule):
    """One small model carries the platform of a large team

    ## Why is this bad?
    Every part has to be run, upgraded and understood. Three platform families around one model cost more than the model
    earns, and hide the parts that are missing.

    ## Example
    ```python title="train.py"
    import mlflow
    from feast import FeatureStore
    from sklearn.linear_model import Ridge
    import torch

    store = FeatureStore(repo_path=".")
    torch.distributed.init_process_group("nccl")
    model = Ridge().fit([[0.0]], [0.0])
    ```
    ```yaml title="k8s/rollout.yaml"
    apiVersion: argoproj.io/v1alpha1
    kind: Rollout
    metadata: {name: api}
    spec:
      replicas: 1
      strategy: {canary: {steps: [{setWeight: 10}]}}
      template:
        spec:
          containers:
            - {name: api, image: "acme/api:1.0"}
    ```

    ## Use instead
    ```python title="train.py"
    import mlflow
    from sklearn.linear_model import Ridge

    with mlflow.start_run():
        model = Ridge().fit([[0.0]], [0.0])
    ```

    ## When to ignore
    The repository teaches or offers the platform, or the load is known to come.

    ## References
    Sculley et al. 2015, Hidden technical debt in machine learning systems.
    """

    severity = Severity.NOTE
    confidence = Confidence.LOW
    kinds = PROJECTS
    references = ("https://papers.nips.cc/paper/5656-hidden-technical-debt-in-machine-learning-systems",)
    remedy = "Drop what the present load does not need, and write down when each part is to come back."

    def check(self, graph: Graph) -> Iterator[Finding]:
        code = sum(int(fact.get("lines") or 0) for fact in graph.facts("module"))
        models = {use.tool for use in graph.training}
        if not models or code > _SMALL_LINES or len({use.at.path for use in graph.training}) > 1:
            return
        heavy = {family: places for family, keys in _HEAVY.items() if (places := _places(graph, keys))}
        if len(heavy) < _FAMILIES:
            return
        places = [Place(found[0].at, family) for family, found in sorted(heavy.items())]
        yield self.finding(
            f"One model in {code} lines of Python stands on {len(heavy)} platform families: "
            f"{', '.join(sorted(heavy))}.",
            places[0].at,
            subject="repository",
            note=places[0].note,
            related=places[1:],
        )


def _places(graph: Graph, keys: tuple[str, ...]) -> list[Place]:
    found = [Place(one.at, one.what) for key in keys for one in graph.evidence(key)]
    return found or [Place(use.at, use.tool) for use in graph.uses(*keys, strengths=("strong",)) if not use.disabled]
