"""missing-gradual-rollout"""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.rules.base import PROJECTS, Absence
from mlops_scan.scanner.graph import Graph, answering, answering_of_kinds
from mlops_scan.scanner.model import Place, Severity

# compose runs things locally; jobs serve nobody
ONLINE_KINDS = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "InferenceService",
    "SeldonDeployment",
    "RayService",
    "Pod",
)


class MissingGradualRollout(Absence):
    """Every change reaches all users of the model at once

    ## Why is this bad?
    Offline scores do not show what a new model does to real traffic. A canary, a shadow or a split shows it on a few
    requests first; without one, the first sign of a bad model is all of its answers.

    ## Example
    ```python title="train.py"
    import joblib
    from sklearn.linear_model import Ridge

    joblib.dump(Ridge().fit([[0.0]], [0.0]), "model.joblib")
    ```
    ```python title="app.py"
    import joblib
    from fastapi import FastAPI

    app = FastAPI()
    model = joblib.load("model.joblib")

    @app.post("/predict")
    def predict(x: float) -> float:
        return model.predict([[x]])[0]
    ```
    ```yaml title="k8s/deploy.yaml"
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: api}
    spec:
      replicas: 2
      selector: {matchLabels: {app: api}}
      template:
        metadata: {labels: {app: api}}
        spec:
          containers:
            - {name: api, image: "acme/api:1.0"}
    ```

    ## Use instead
    ```python title="train.py"
    import joblib
    from sklearn.linear_model import Ridge

    joblib.dump(Ridge().fit([[0.0]], [0.0]), "model.joblib")
    ```
    ```python title="app.py"
    import joblib
    from fastapi import FastAPI

    app = FastAPI()
    model = joblib.load("model.joblib")

    @app.post("/predict")
    def predict(x: float) -> float:
        return model.predict([[x]])[0]
    ```
    ```yaml title="k8s/deploy.yaml"
    apiVersion: argoproj.io/v1alpha1
    kind: Rollout
    metadata: {name: api}
    spec:
      replicas: 10
      strategy:
        canary:
          steps: [{setWeight: 10}, {pause: {duration: 1h}}]
      selector: {matchLabels: {app: api}}
      template:
        metadata: {labels: {app: api}}
        spec:
          containers:
            - {name: api, image: "acme/api:1.0"}
    ```

    ## When to ignore
    The service is internal, and a bad hour costs nothing.

    ## References
    ML Test Score, test Infra 6 (models are tested via a canary process), Breck et al. 2017.
    """

    severity = Severity.NOTE
    capability = "gradual-rollout"
    kinds = PROJECTS
    references = ("https://research.google/pubs/pub46555/",)
    remedy = "Shift traffic in steps (canary, blue-green or a weighted split) and stop on errors."

    def needed(self, graph: Graph) -> Iterator[Place]:
        if graph.profile.serves_model not in ("online", "both"):
            return
        for workload in answering_of_kinds(graph, *ONLINE_KINDS):
            yield Place(workload.at, f"a new version of '{workload.called}' takes all traffic")
        told = {use.fact.get("id") for use in graph.uses("takes-all-traffic") if not use.disabled}
        for workload in answering(graph) if told else ():
            if workload.fact.get("id") in told:
                yield Place(workload.at, f"a new version of '{workload.called}' takes all traffic, as is said here")
        served = {use.fact.order for use in graph.online}
        for use in graph.uses("deploys"):
            if not use.disabled and use.fact.order in served and not use.at.path.endswith(".ipynb"):
                yield Place(use.at, "a new version takes all traffic")
        for use in graph.online:
            declared = use.fact.kind == "call" and not use.at.path.endswith((".py", ".ipynb"))  # a construct
            if use.fact.kind == "resource" or declared:
                yield Place(use.at, f"a new version of '{use.fact.name}' takes all traffic")

    def present(self, graph: Graph) -> bool:
        return graph.has("gradual-rollout", "ab-testing")

    def message(self, graph: Graph) -> str:
        return "The online service is deployed all at once: no canary, shadow or traffic split stands before all users."
